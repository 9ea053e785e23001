"""The public status page on a phone that runs no JavaScript."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.harness.processes import wait_until

PHONE = {"width": 390, "height": 844}
NONCE = "nonce-3b8d17"


@pytest.fixture
def visit(browser, server):
    """Return ``visit(url, scheme)``, which opens a page as somebody who was never here."""
    contexts = []

    def visit(url, scheme="light"):
        context = browser.new_context(
            viewport=PHONE, java_script_enabled=False, color_scheme=scheme, locale="en-US"
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def address(server, target):
    """The address of a published page with a service that works and one that is down."""
    call = server.session()
    call("res.company", "write", [1], {"ops_allowed_networks": "127.0.0.0/8"})
    [application] = call("ops.application", "create", [{"name": "Shop"}])
    values = {"name": "Production", "application_id": application}
    [environment] = call("ops.environment", "create", [values])
    target.set_status(200)
    services = []
    for name, path in (("Front page", "/switch"), ("Checkout", f"/status/503?{NONCE}")):
        check = {"name": NONCE, "environment_id": environment, "url": target.url(path)}
        [check] = call("ops.health.check", "create", [check | {"interval": 5, "timeout": 2}])
        services.append([0, 0, {"name": name, "check_ids": [[6, 0, [check]]]}])
    page = {"name": "Status of Northwind", "published": True, "service_ids": services}
    [page] = call("ops.status.page", "create", [page])
    incident = wait_until(
        lambda: call("ops.health.incident", "search", []), 90, "the incident of the checkout"
    )
    note = {"incident_id": incident[0], "text": "A card company has trouble."}
    call("ops.status.note", "create", [note])
    [read] = call("ops.status.page", "read", [page], ["url"])
    return server.url + "/status/" + read["url"].partition("/status/")[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_without_javascript(visit, address, scheme):
    page = visit(address, scheme)
    expect(page.locator("h1")).to_have_text("Status of Northwind")
    expect(page.locator(".overall")).to_have_text("Some services are down.")
    services = page.locator(".service")
    expect(services.nth(0)).to_contain_text("Front page")
    expect(services.nth(0)).to_contain_text("Operational")
    expect(services.nth(1)).to_contain_text("Down")
    expect(services.nth(0).locator(".bar span")).to_have_count(90)
    incident = page.locator(".incident")
    expect(incident).to_contain_text("Checkout is down")
    expect(incident).to_contain_text("A card company has trouble.")
    assert NONCE not in page.content()
    # The style sheet is applied, though the page allows no other than this one.
    painted = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert painted == {"light": "rgb(246, 247, 249)", "dark": "rgb(22, 24, 27)"}[scheme]
    # Nothing is wider than the screen.
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    assert whole.width == PHONE["width"]
