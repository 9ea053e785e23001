"""Pictures of every screen for the documentation; `make screenshots` runs this.

It is no test, and named so that no test run collects it: pytest lends it the processes.
"""

import io
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urljoin

import pytest
from cryptography.fernet import Fernet
from PIL import Image
from playwright.sync_api import expect

from tests.browser.console import PATIENCE, Console
from tests.browser.showcase import Showcase
from tests.fakes.http_target import HttpTarget

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PALETTE = Path(__file__).parent / "dark.scss"
PALETTE_URL = "/_custom/dark.scss"
MAX_BYTES = 150_000
COLORS = 256
LIGHT_STYLES = "**/web.assets_web.min.css"
DARK_STYLES = "/web/assets/any/web.assets_web_dark.min.css"
VIEWPORTS = {1440: 900, 390: 844}
# Picture: its address (below /odoo/), with the record it shows; what has to be there first.
PAGES = {
    "home": ("ops-center", ".o_ops_home_next_step, .o_ops_home_changes"),
    "checks": ("ops-checks", ".o_ops_heartbeat_bar"),
    "checks-list": ("ops-checks?view_type=list", ".o_ops_heartbeat_bar"),
    "check": ("ops-checks/{check}", ".o_form_view .o_ops_heartbeat_bar"),
    "check-odoo": ("ops-checks/{odoo}", ".o_form_view .o_ops_heartbeat_bar"),
    "incidents": ("ops-incidents", ".o_kanban_record"),
    "incident": ("ops-incidents/{incident}", ".o_form_view [name=evidence]"),
    "samples": ("ops-samples", ".o_data_row, .o_graph_renderer"),
    "maintenance": ("ops-maintenance", ".o_data_row, .o_kanban_record"),
    "maintenance-calendar": ("ops-maintenance-calendar", ".fc-event"),
    "status-pages": ("ops-status-pages", ".o_data_row, .o_kanban_record"),
    "status-page": ("/status/northwind", "main"),
    "on-call-calendar": ("ops-on-call-calendar", ".fc-event"),
    "on-call-absences": ("ops-on-call-absences", ".o_data_row, .o_kanban_record"),
    "timeline": ("ops-timeline", ".o_data_row, .o_kanban_record"),
    "deployments": ("ops-deployments", ".o_data_row, .o_kanban_record"),
    "deployment": ("ops-deployments/{deployment}", ".o_form_view"),
    "deployment-approval": ("ops-deployments/{approval}", ".o_form_view"),
    "environments": ("ops-environments", ".o_kanban_record"),
    "environment": ("ops-environments/{environment}", ".o_form_view"),
    "applications": ("ops-applications", ".o_data_row, .o_kanban_record"),
    "findings": ("ops-findings", ".o_data_row, .o_kanban_record"),
    "finding": ("ops-findings/{finding}", ".o_form_view"),
    "scans": ("ops-scans", ".o_data_row, .o_kanban_record"),
    "scan": ("ops-scans/{scan}", ".o_form_view"),
    "rules": ("ops-rules", ".o_data_row, .o_kanban_record"),
    "channels": ("ops-notification-channels", ".o_data_row, .o_kanban_record"),
    "escalation-policies": ("ops-escalation-policies", ".o_data_row, .o_kanban_record"),
    "on-call-rotas": ("ops-on-call-rotas", ".o_data_row, .o_kanban_record"),
    "checks-as-yaml": ("action-ops_center_health.ops_health_check_code_action", ".o_form_view"),
    "notifications": ("ops-notifications", ".o_data_row, .o_kanban_record"),
    "operations": ("ops-operations", ".o_view_nocontent"),
    "workers": ("ops-workers", ".o_data_row, .o_kanban_record"),
    "agent": ("action-ops_center_agent.ops_agent_action", ".o_form_view"),
    "settings": ("ops-settings", "#ops_work_mode"),
}


@pytest.fixture
def data_dir(database, odoo_config):
    """A copy of Odoo's files in a folder that says nothing of this machine: a check shows it."""
    with tempfile.TemporaryDirectory(prefix="odoo-") as folder:
        files = Path("filestore", database)
        shutil.copytree(Path(odoo_config["data_dir"], files), Path(folder, files))
        yield Path(folder)


@pytest.fixture
def server(database, data_dir, start_server, start_worker):
    environment = {
        "OPS_CENTER_INSTANCE": "the installation that is photographed",
        "OPS_CENTER_KEY": Fernet.generate_key().decode(),
        "OPS_CENTER_RELEASE": "4c1d9e20a7b35f68d2e4b90c17a6f3528e0d4b71",
    }
    files = ["--data-dir", str(data_dir)]
    server = start_server(database, environment=environment, arguments=files)
    port = ["--http-port", str(server.port)]
    start_worker(database, environment=environment, arguments=files + port)
    return server


# Core logs a lost race before it repeats the request.
@pytest.mark.expected_log_errors(r"odoo\.sql_db: bad query")
def test_screenshots(browser, server):
    with HttpTarget() as shop, HttpTarget() as search:
        call = server.session()
        paint_dark(call)
        records = Showcase(call, server.session, shop, search).prepare()
        IMAGES.mkdir(parents=True, exist_ok=True)
        for width in VIEWPORTS:
            for scheme in ("light", "dark"):
                take_all(browser, server.url, records, IMAGES, width, scheme)


def paint_dark(call):
    """Add our dark palette to the dark styles."""
    call(
        "ir.attachment",
        "create",
        [
            {
                "name": PALETTE.name,
                "url": PALETTE_URL,
                "mimetype": "text/scss",
                "raw": PALETTE.read_text(encoding="utf-8"),
            }
        ],
    )
    call(
        "ir.asset",
        "create",
        [
            {
                "name": PALETTE.name,
                "bundle": "web.assets_web_dark",
                "directive": "before",
                "target": "web/static/src/scss/primary_variables.scss",
                "path": PALETTE_URL,
            }
        ],
    )


def take_all(browser, url, records, folder, width, scheme, names=tuple(PAGES)):
    """Take the pictures of these pages in one width and one colour scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": VIEWPORTS[width]},
        color_scheme=scheme,
        locale="en-US",
        timezone_id="UTC",
    )
    if scheme == "dark":
        # Community builds the dark styles but has no switch for them; its scripts read the cookie.
        context.add_cookies([{"name": "color_scheme", "value": scheme, "url": url}])
        context.route(LIGHT_STYLES, lambda route: route.continue_(url=url + DARK_STYLES))
    console = Console(context.new_page(), url)
    console.log_in()
    for name in names:
        address, content = PAGES[name]
        path = folder / f"{name}-{width}-{scheme}.png"
        take(console.page, urljoin(f"{url}/odoo/", address.format(**records)), content, path)
    context.close()


def take(page, url, content, path):
    """Write what is seen at ``url`` as a small picture."""
    page.goto(url)
    expect(page.locator(content).first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".o-mail-Chatter .fa-spin")).to_have_count(0)
    # Not an idle network: heartbeats come in all the time.
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    page.evaluate("document.fonts.ready")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # A third of the size. The usual method turns the few pixels of an icon into another colour.
    small = picture.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    assert path.stat().st_size < MAX_BYTES, f"{path.name} is too large for a repository"
