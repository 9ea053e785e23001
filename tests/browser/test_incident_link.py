"""Somebody who is woken takes care of an incident by the link in the mail, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.fakes.smtp_server import SmtpServer
from tests.harness.processes import wait_until

PHONE = {"width": 390, "height": 844}
LINK = re.compile(r"/ops/acknowledge/[\w-]+")
RUNBOOK = "https://wiki.example.com/runbooks/shop/the-front-page-does-not-answer-any-more"


@pytest.fixture
def mailbox():
    with SmtpServer() as mailbox:
        yield mailbox


@pytest.fixture
def woken(server, target, mailbox):
    """The incident, and the address in the mail that tells the administrator of it."""
    call = server.session()
    call("ops.instance", "action_bind", [])
    mail_server = {"name": "Ours", "smtp_host": "127.0.0.1", "smtp_port": mailbox.port}
    call("ir.mail_server", "create", [{**mail_server, "smtp_encryption": "none"}])
    call("res.users", "write", [2], {"email": "admin@example.com"})
    call("res.company", "write", [1], {"ops_allowed_networks": "127.0.0.0/8"})
    [partner] = call("res.users", "read", [2], ["partner_id"])
    channel = {"name": "On duty", "kind": "email", "partner_ids": [partner["partner_id"][0]]}
    call("ops.notification.channel", "create", [channel])
    [application] = call("ops.application", "create", [{"name": "Shop"}])
    environment = {"name": "Production", "application_id": application}
    [environment] = call("ops.environment", "create", [environment])
    target.set_status(500)
    check = {
        "name": "Front page",
        "environment_id": environment,
        "url": target.url("/switch"),
        "failure_threshold": 1,
        "runbook_url": RUNBOOK,
    }
    [check] = call("ops.health.check", "create", [check])

    def incident():
        return call("ops.health.incident", "search", [("check_id", "=", check)])

    [incident] = wait_until(incident, 60, "the incident")
    wait_until(lambda: mailbox.messages, 60, "the mail about it")
    html = mailbox.messages[0].get_body(("html",)).get_content()
    return incident, LINK.search(html)[0]


def test_taking_care_of_it_on_the_phone(browser, server, woken):
    incident, address = woken
    # A phone that never logged in, in the dark, where no script runs.
    context = browser.new_context(
        viewport=PHONE, color_scheme="dark", java_script_enabled=False, has_touch=True
    )
    page = context.new_page()
    try:
        page.goto(f"{server.url}{address}")
        expect(page.get_by_role("heading")).to_have_text("Front page: down")
        expect(page.get_by_role("main")).to_contain_text("status 500")
        expect(page.get_by_role("link", name=RUNBOOK)).to_have_attribute("href", RUNBOOK)
        button = page.get_by_role("button", name="I take care of it")
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"], "nobody should have to look for it"
        assert box["height"] >= 44, "a finger needs that much"
        page.set_viewport_size({"width": 320, "height": 640})
        content = page.locator("html").bounding_box()
        assert content["width"] <= 320, "nothing is wider than the screen"
        page.set_viewport_size(PHONE)
        button.tap()
        expect(page.get_by_role("main")).to_contain_text("You take care of it.")
        expect(button).to_have_count(0)
        page.reload()
        expect(page.get_by_role("main")).to_contain_text("You take care of it.")
    finally:
        context.close()
    [found] = server.session()(
        "ops.health.incident", "read", [incident], ["state", "acknowledged_by_id"]
    )
    assert found["state"] == "acknowledged"
    assert found["acknowledged_by_id"][0] == 2
    assert address not in server.log.read_text(encoding="utf-8")
