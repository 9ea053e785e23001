"""The way of a new user through the console, from the first look to the mended finding."""

import re
from pathlib import Path

from playwright.sync_api import expect

REPORT = Path(__file__).parent / "report.sarif"
NONCE = "nonce-7c1f0a94"
PHONE = {"width": 390, "height": 844}
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
    look_at_the_check(console)
    look_at_it_on_the_phone(console)
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


def look_at_the_check(console):
    page = console.page
    console.choose("Monitoring", "Checks")
    page.locator(".o_kanban_record").filter(has_text="Front page").click()
    expect(console.field("last_phases").get_by_role("row")).not_to_have_count(0)
    expect(console.field("uptimes")).to_contain_text("%")
    expect(console.field("failure_message")).to_contain_text("Answered status 500")
    expect(console.field("failure_evidence")).to_contain_text(NONCE)
    bar = page.locator(".o_ops_history_bar")
    expect(bar.locator(".o_ops_beat_down")).not_to_have_count(0)
    results = bar.get_by_role("img").get_attribute("aria-label")
    bar.get_by_role("button", name="Days").click()
    expect(bar.get_by_role("img")).not_to_have_attribute("aria-label", results)
    expect(bar.locator(".o_ops_beat")).to_have_count(90)
    chart = page.locator(".o_ops_latency_chart")
    expect(chart.get_by_role("img")).to_be_visible()
    expect(chart.locator(".o_ops_changes")).to_contain_text("Settings were changed")
    console.stay()
    former = console.field("last_at").inner_text()
    console.press("Run Now")
    expect(console.field("last_at")).not_to_have_text(former, timeout=MINUTE)
    assert console.stayed()


def look_at_it_on_the_phone(console):
    page = console.page
    desk = page.viewport_size
    page.set_viewport_size(PHONE)
    for shown in (
        page.locator(".o_ops_history_bar").get_by_role("img"),
        page.locator(".o_ops_latency_chart").get_by_role("img"),
        console.field("last_phases"),
        console.field("failure_evidence"),
    ):
        shown.scroll_into_view_if_needed()
        box = shown.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"], box
    width = page.evaluate("document.querySelector('.o_content').scrollWidth")
    assert width <= PHONE["width"], "nothing is wider than the screen"
    page.set_viewport_size(desk)
    # The menu is that of a phone until the page is loaded anew.
    page.reload()


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
