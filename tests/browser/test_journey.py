"""The way of a new user through the console, from the first look to the mended finding."""

import re
from pathlib import Path

from playwright.sync_api import expect

REPORT = Path(__file__).parent / "report.sarif"
NONCE = "nonce-7c1f0a94"
# Three failures in a row, five seconds apart at most, on a busy machine.
OUTAGE = 90_000  # milliseconds
MINUTE = 60_000


def test_journey(console, target, server):
    console.log_in()
    see_heartbeats(console)
    decide_that_this_is_the_original(console)
    allow_the_loopback_network(console)
    watch(console, target)
    break_and_mend(console, target)
    upload_a_report(console)
    mend_a_finding_about_this_odoo(console, server)


def see_heartbeats(console):
    page = console.page
    expect(page.locator(".o_ops_home_headline")).to_contain_text("This Odoo")
    check = page.locator(".o_ops_home_check").filter(has_text="Readiness")
    expect(check).to_have_attribute("data-state", "up", timeout=MINUTE)
    beats = check.locator(".o_ops_beat[class*=o_ops_beat_]")
    seen = beats.count()
    console.stay()
    expect(beats.nth(seen)).to_be_attached(timeout=2 * MINUTE)
    assert console.stayed()


def decide_that_this_is_the_original(console):
    page = console.page
    held = page.locator(".o_ops_home_need").filter(has_text="Everything outward is held")
    held.click()
    page.get_by_role("dialog").get_by_role("button", name="This is the original").click()
    expect(held).to_have_count(0)


def allow_the_loopback_network(console):
    console.choose("Configuration", "Settings")
    console.fill("ops_allowed_networks", "127.0.0.0/8")
    with console.page.expect_event("load"):
        console.press("Save")


def watch(console, target):
    page = console.page
    target.set_status(200)
    console.choose("Delivery", "Environments")
    console.press("New")
    console.fill("name", "Production")
    console.choose_record("application_id", "Shop", create=True)
    console.save()
    page.locator(".oe_stat_button").filter(has_text="Checks").click()
    console.press("New")
    console.fill("name", "Front page")
    console.fill("url", target.url("/switch"))
    console.fill("interval", "5")
    console.fill("timeout", "2")
    console.save()
    console.press("Run Now")
    expect(console.field("state")).to_have_text("Up", timeout=OUTAGE)


def break_and_mend(console, target):
    page = console.page
    console.choose("Monitoring", "Incidents")
    console.stay()
    target.set_status(500, NONCE)
    incident = page.locator(".o_kanban_record").filter(has_text="Front page: down")
    expect(incident).to_be_visible(timeout=OUTAGE)
    incident.click()
    expect(console.field("evidence")).to_contain_text(NONCE)
    status = page.locator(".o_statusbar_status .o_arrow_button_current")
    expect(status).to_have_text("Open")
    target.set_status(200)
    expect(status).to_have_text("Resolved", timeout=OUTAGE)
    assert console.stayed()


def upload_a_report(console):
    page = console.page
    console.choose("Audit", "Scans")
    console.press("New")
    page.locator(".o_field_widget[name=report] input[type=file]").set_input_files(REPORT)
    console.choose_record("application_id", "Shop")
    console.press("Import")
    page.locator(".oe_stat_button").filter(has_text=re.compile(r"4\s*Findings")).click()
    finding = page.locator(".o_data_row").filter(has_text="src/shop/login.py:41")
    expect(finding).to_contain_text("The password is written into the log.")


def mend_a_finding_about_this_odoo(console, server):
    page = console.page
    password = "no longer the one that everybody knows"
    server.session()("res.users", "change_password", "admin", password)
    # The new password ended the browser's session too.
    console.log_in(password)
    console.choose("Audit", "Findings")
    page.locator(".o_data_row").filter(has_text="password").filter(has_text="Critical").click()
    expect(page.locator(".o_form_view")).to_contain_text("login admin")
    console.press("Check Again")
    status = page.locator(".o_statusbar_status .o_arrow_button_current")
    expect(status).to_have_text("Resolved")
