"""A browser in front of a real server with a real worker."""

import pytest

from tests.browser.console import Console, chromium
from tests.fakes.http_target import HttpTarget


@pytest.fixture(scope="module")
def browser():
    # Ends with its file: Playwright's event loop would be in the way of Odoo's own tests.
    with chromium() as browser:
        yield browser


@pytest.fixture
def target():
    with HttpTarget() as target:
        yield target


@pytest.fixture
def server(database, start_server, start_worker):
    """A server with a worker beside it that finds it."""
    server = start_server(database)
    start_worker(database, arguments=["--http-port", str(server.port)])
    return server


@pytest.fixture
def console(browser, server, tmp_path):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        yield Console(page, server.url)
    finally:
        # Whoever looks for the reason of a failure wants to see what was there.
        page.screenshot(path=tmp_path / "last-view.png")
        page.close()
