"""Ops Center as somebody in front of a browser has it."""

import re
import resource
import shutil
from contextlib import contextmanager

from playwright.sync_api import Page, expect, sync_playwright

# The first page of a fresh database waits for its scripts and styles to be put together.
PATIENCE = 120_000  # milliseconds
HOME = "/odoo/ops-center"


@contextmanager
def chromium():
    """Yield the installed Chromium, driven by Playwright."""
    expect.set_options(timeout=30_000)
    # Odoo limits the memory of the process that runs the tests; for a browser that is not enough.
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            # Tests run as root, where Chromium's sandbox does not.
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        try:
            yield browser
        finally:
            browser.close()


class Console:
    """One page of a browser on one server.

    :param page: the browser's page
    :param url: address of the server
    """

    def __init__(self, page: Page, url: str):
        self.page = page
        self.url = url
        page.set_default_timeout(30_000)
        page.set_default_navigation_timeout(PATIENCE)

    def log_in(self, password="admin", path=HOME, login="admin"):  # noqa: S107 - a test database's
        """Log a user in, the administrator by default, and go to ``path``."""
        # A page that is still open would renew the old session, and with it the form's token.
        self.page.goto("about:blank")
        self.page.context.clear_cookies(name="session_id")
        self.page.goto(f"{self.url}/web/login?redirect={path}")
        self.page.get_by_label("Email").fill(login)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_selector(".o_main_navbar", timeout=PATIENCE)

    def choose(self, section, item):
        """Choose a menu item, as in Monitoring, Checks."""
        sections = self.page.locator(".o_menu_sections")
        sections.get_by_role("button", name=section, exact=True).click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()
        expect(self.page.locator(".o_breadcrumb").last).to_contain_text(item)

    def press(self, name):
        """Press the button of this name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def field(self, name):
        """Return the widget of a field."""
        return self.page.locator(f".o_field_widget[name={name}]")

    def fill(self, name, value):
        """Type a value into a field."""
        self.field(name).locator("input, textarea").first.fill(str(value))

    def choose_record(self, name, value, create=False):
        """Choose a record in a field, or create it there."""
        field = self.field(name)
        field.locator("input").fill(value)
        label = f'Create "{value}"' if create else value
        field.locator(".o-autocomplete--dropdown-item").filter(has_text=label).first.click()
        expect(field.locator("input")).to_have_value(re.compile(re.escape(value)))

    def save(self):
        """Save the form."""
        self.page.locator(".o_form_button_save").click()
        expect(self.page.locator(".o_form_button_save")).to_be_hidden()

    def stay(self):
        """Mark the page; ``stayed`` tells whether it is still the same one, never loaded anew."""
        self.page.evaluate("window.opsStayed = true")

    def stayed(self):
        return self.page.evaluate("window.opsStayed === true")
