"""Deployments as people see them go: well, badly, with a second pair of eyes, past a freeze."""

import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import expect

from tests.browser.console import Console
from tests.fakes.digitalocean import FakeDigitalOcean
from tests.harness.processes import wait_until

KEY = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
PHONE = {"width": 390, "height": 844}
# A look at App Platform every five seconds, and checks that have to find it good twice.
PATIENCE = 90_000  # milliseconds
GOOD, BAD, URGENT, CAREFUL = (f"sha256:{digit * 64}" for digit in "1234")
RELEASES = {
    "Vouchers": GOOD,
    "Faster search": BAD,
    "Payments work again": URGENT,
    "New terms": CAREFUL,
}


@pytest.fixture
def cloud():
    with FakeDigitalOcean(phase_seconds=1) as fake:
        fake.bad_digests.add(BAD)
        yield fake


@pytest.fixture
def server(database, start_server, start_worker):
    server = start_server(database, environment=KEY)
    start_worker(database, arguments=["--http-port", str(server.port)], environment=KEY)
    return server


@pytest.fixture
def shop(server, cloud):
    """Make an app of App Platform an environment with a check, and releases to deploy there."""
    call = server.session()
    call("ops.instance", "action_bind", [])
    app_id = cloud.add_app()
    [company] = call("res.company", "search", [], limit=1)
    call("res.company", "write", [company], {"ops_allowed_networks": "127.0.0.0/8"})
    call(
        "ops.digitalocean.account",
        "create",
        [{"name": "Team", "api_url": cloud.url, "token": cloud.token}],
    )
    find_app = {"domain": [["identifier", "=", app_id]]}
    app = wait_until(lambda: call("ops.digitalocean.app", "search", **find_app), 90, "the app")
    environment = call("ops.digitalocean.app", "action_create_environment", app)["res_id"]
    settings = {"name": "Production", "verification_successes": 2, "verification_timeout": 15}
    call("ops.environment", "write", [environment], settings)
    call(
        "ops.health.check",
        "create",
        [
            {
                "name": "Front page",
                "environment_id": environment,
                "url": f"{cloud.url}/sites/{app_id}",
                "interval": 5,
                "timeout": 3,
            }
        ],
    )
    call(
        "ops.deployment",
        "create",
        [
            {
                "environment_id": environment,
                "revision": digest[-40:],
                "image_digest": digest,
                "summary": summary,
            }
            for summary, digest in RELEASES.items()
        ],
    )
    verified = [["environment_id", "=", environment], ["verified_at", "!=", False]]
    wait_until(
        lambda: call("ops.deployment", "search_count", verified), 90, "what runs there is good"
    )
    return call, environment


def test_deployments(console, shop):
    call, environment = shop
    console.log_in(path="/odoo/ops-deployments")
    deploy_and_watch(console)
    see_a_bad_one_taken_back(console)
    keep_the_rollback(console, call, environment)
    break_the_glass(console, call)
    have_it_approved_on_the_phone(console, call, environment)


def open_release(console, summary):
    console.page.goto(f"{console.url}/odoo/ops-deployments")
    row = console.page.locator(".o_data_row").filter(has_text=summary)
    row.filter(has_text="Draft").get_by_text(summary).click()
    expect(console.field("display_name").first).to_contain_text("Production")


def expect_state(console, state):
    current = console.page.locator(".o_statusbar_status .o_arrow_button_current").first
    expect(current).to_have_text(state, timeout=PATIENCE)


def deploy_and_watch(console):
    open_release(console, "Vouchers")
    console.stay()
    console.press("Deploy")
    page = console.page
    page.get_by_role("tab", name="Log").click(timeout=PATIENCE)
    expect(page.get_by_role("log")).to_contain_text("layer 0 pulled", timeout=PATIENCE)
    expect_state(console, "Live")
    expect(page.get_by_role("log")).to_contain_text("deploying", timeout=PATIENCE)
    page.get_by_placeholder("Search in the log").fill("layer 3")
    expect(page.get_by_role("log").locator("> div")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert "layer 7 pulled\n" in download.value.path().read_text()
    page.get_by_role("tab", name="Steps").click()
    expect(page.locator(".o_field_one2many").get_by_text("Done")).to_have_count(2)
    assert console.stayed()


def see_a_bad_one_taken_back(console):
    open_release(console, "Faster search")
    console.stay()
    console.press("Deploy")
    expect_state(console, "Rolled Back")
    expect(console.page.locator(".alert-danger")).to_contain_text(
        "Not found good in time by: Front page. Taken back by"
    )
    assert console.stayed()


def keep_the_rollback(console, call, environment):
    def is_pinned():
        [read] = call("ops.environment", "read", [environment], ["pinned_deployment_id"])
        return bool(read["pinned_deployment_id"])

    wait_until(is_pinned, 90, "the rollback")
    page = console.page
    page.goto(f"{console.url}/odoo/ops-environments/{environment}")
    pinned = page.locator(".alert-warning").filter(has_text="Pinned to")
    expect(pinned).to_contain_text("Nothing else begins here until you keep it")
    pinned.get_by_role("button", name="Keep It").click()
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    wait_until(lambda: not is_pinned(), 30, "that it is kept")


def break_the_glass(console, call):
    call("ops.freeze.window", "create", [{"name": "Month-end closing", "duration": 1}])
    open_release(console, "Payments work again")
    console.press("Deploy")
    waits = console.page.locator(".alert-warning").filter(has_text="It can't begin yet")
    expect(waits).to_contain_text("Frozen by “Month-end closing” until")
    expect_state(console, "Queued")
    console.press("Break the Glass…")
    dialog = console.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Frozen by “Month-end closing”")
    dialog.get_by_label("Reason").fill("Nobody can pay")
    dialog.get_by_role("button", name="Break the Glass").click()
    expect_state(console, "Live")
    expect(console.page.locator(".alert-danger")).to_contain_text("broke the glass")
    [window] = call("ops.freeze.window", "search", [])
    call("ops.freeze.window", "write", [window], {"active": False})


def have_it_approved_on_the_phone(console, call, environment):
    [group] = call("res.groups", "search", [["full_name", "=", "Ops Center / Operator"]])
    second = {"name": "Bo", "login": "bo", "password": "second eyes", "group_ids": [[4, group]]}
    [approver] = call("res.users", "create", [second])
    protection = {"protected": True, "approver_ids": [[4, approver]]}
    call("ops.environment", "write", [environment], protection)
    open_release(console, "New terms")
    console.press("Deploy")
    expect_state(console, "Waiting")
    page = console.page.context.browser.new_page(viewport=PHONE)
    try:
        phone = Console(page, console.url)
        phone.log_in("second eyes", login="bo")
        page.locator(".o_ops_home_need").filter(has_text="needs your approval").click()
        page.get_by_role("button", name="Approve", exact=True).click()
        expect(page.get_by_role("button", name="Approve", exact=True)).to_be_hidden()
    finally:
        page.close()
    expect_state(console, "Live")
