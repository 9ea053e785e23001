"""The sentinel before a scripted Odoo, a mail server and a webhook: only the clock is a fake."""

import hmac
import json
import logging
import os
import signal
import subprocess
import sys
import time

import pytest
from probes.sentinel.secrets import Secrets
from probes.sentinel.watch import Sentinel

from tests.fakes.odoo_target import OdooTarget
from tests.fakes.smtp_server import SmtpServer

from .conftest import ADDON
from .support import closed_port

NAME = "shop.example.com"
HOUR = 3600
STEP = 20  # seconds from one look to the next
NO_DATABASE = "PostgreSQL does not answer: start it."


class Lookout:
    """A sentinel, what it watches, and who hears of it."""

    def __init__(self, folder, odoo, mail, web):
        self.folder = folder
        self.odoo, self.mail, self.web = odoo, mail, web
        self.path = folder / "sentinel.json"
        self.now = 1_000_000.0
        self.secrets = Secrets(webhook_secret="hush", token=odoo.token)
        self.content = {
            "format": 2,
            "name": NAME,
            "odoo": {"url": odoo.url, "database": "shop"},
            "heartbeat": "/ops/ping/x",
            "postgresql": {"host": "127.0.0.1", "port": web.port},
            "checks": [],
            "email": {
                "host": "127.0.0.1",
                "port": mail.port,
                "encryption": "none",
                "sender": "odoo@example.com",
                "recipients": ["ann@example.com", '"Bob" <bob@example.com>'],
            },
            "webhooks": [{"url": f"{odoo.url}/hook", "signed": True}],
            "timing": {"timeout": 2},
        }
        self.export()
        self.path.write_text(odoo.configuration, encoding="utf-8")
        self.restart()

    def export(self, **values):
        """Have Odoo export another configuration."""
        self.content.update(values)
        self.odoo.configuration = json.dumps(self.content)

    def configure(self, **values):
        """Change the configuration behind the back of both."""
        self.export(**values)
        self.path.write_text(self.odoo.configuration, encoding="utf-8")

    def restart(self):
        self.sentinel = Sentinel(self.path, self.secrets, clock=lambda: self.now)

    def look(self, times=1):
        for _time in range(times):
            self.now += STEP
            self.sentinel.look()

    def take(self):
        """The subjects of the mails since the last call; the webhook took the same."""
        subjects = [subject.removeprefix(f"{NAME}: ") for subject in self.mail.subjects]
        self.mail.messages.clear()
        return subjects

    def pages(self):
        """What the webhook took so far."""
        return [json.loads(body) for body in self.odoo.posts("/hook")]


@pytest.fixture
def odoo():
    with OdooTarget() as target:
        yield target


@pytest.fixture
def mail():
    with SmtpServer() as server:
        yield server


@pytest.fixture
def lookout(tmp_path, odoo, mail, web):
    return Lookout(tmp_path, odoo, mail, web)


# === WHAT IS PAGED ABOUT === #


def test_none_when_all_is_well(lookout):
    lookout.look(30)
    assert (lookout.take(), lookout.pages()) == ([], [])


@pytest.mark.parametrize(
    ("check", "message", "looks", "subject"),
    [
        ("database", NO_DATABASE, 3, "the database is dead"),
        ("modules", "sale (to upgrade)", 6, "scheduled actions stand still"),
        ("worker", "start the worker", 3, "the worker is dead"),
    ],
)
def test_one_page_one_end(lookout, check, message, looks, subject):
    lookout.odoo.failed = {check: message}
    lookout.look(looks - 1)
    assert lookout.take() == []
    lookout.look()
    assert lookout.take() == [subject]
    lookout.look(10)
    assert lookout.take() == []
    lookout.odoo.failed = {}
    lookout.look(3)
    assert lookout.take() == [f"over: {subject}"]
    page, end = lookout.pages()
    assert (page["level"], end["level"]) == ("danger", "success")
    assert page["title"] == f"{NAME}: {subject}"
    assert message in page["body"]
    assert message in page["text"]


def test_what_ops_center_sees_itself_is_left_to_it(lookout):
    lookout.odoo.failed = {"versions": "sale is 1.0 in the database, 1.1 in the code"}
    lookout.look(10)
    assert lookout.take() == []


def test_a_dead_odoo_is_not_three_troubles(lookout):
    lookout.odoo.stop()
    lookout.look(6)
    assert lookout.take() == ["Odoo is dead"]


def test_a_dead_database_is_not_a_dead_odoo(lookout):
    lookout.odoo.failed = {"database": NO_DATABASE}
    lookout.odoo.statuses = {"/web/login": 500}
    lookout.look(6)
    assert lookout.take() == ["the database is dead"]


def test_odoo_and_its_database_gone_at_once(lookout):
    lookout.configure(postgresql={"host": "127.0.0.1", "port": closed_port()})
    lookout.odoo.stop()
    lookout.look(6)
    assert lookout.take() == ["the database is dead"]


def test_a_port_that_only_odoo_reaches_is_no_trouble(lookout):
    lookout.configure(postgresql={"host": "127.0.0.1", "port": closed_port()})
    lookout.odoo.configuration = lookout.path.read_text()
    lookout.look(6)
    assert lookout.take() == []


def test_modules_that_wait_stop_the_worker_as_well(lookout):
    lookout.odoo.failed = {"modules": "sale (to upgrade)", "worker": "start the worker"}
    lookout.look(10)
    assert lookout.take() == ["scheduled actions stand still"]


def test_an_update_may_take_a_minute(lookout):
    lookout.odoo.failed = {"modules": "sale (to upgrade)"}
    lookout.look(4)
    lookout.odoo.failed = {}
    lookout.look(4)
    assert lookout.take() == []


def test_broken_login_page(lookout):
    lookout.odoo.statuses = {"/web/login": 500}
    lookout.look(3)
    assert lookout.take() == ["Odoo is dead"]
    assert "login page" in lookout.pages()[0]["body"]


def test_somebody_else_answers(lookout):
    lookout.odoo.statuses = {"/ops/ready": 200}
    lookout.look(3)
    assert lookout.take() == ["Odoo is dead"]


def test_scheduled_actions_in_the_place_of_a_dead_worker(lookout):
    lookout.look()
    lookout.odoo.work = "cron"
    lookout.restart()
    lookout.look(4)
    assert lookout.take() == ["the worker is dead"]
    lookout.odoo.work = "worker"
    lookout.look(2)
    assert lookout.take() == ["over: the worker is dead"]


def test_who_never_had_a_worker_misses_none(lookout):
    lookout.odoo.work = "cron"
    lookout.look(10)
    assert lookout.take() == []


def test_who_does_without_a_worker_for_a_day_wants_it_so(lookout):
    lookout.configure(timing={"reminder": 48 * HOUR})
    lookout.look()
    lookout.odoo.work = "cron"
    lookout.look(3)
    lookout.now += 24 * HOUR
    lookout.take()
    lookout.look(2)
    assert lookout.take() == ["over: the worker is dead"]


# === HOW IT IS TOLD === #


def test_reminded_every_hour(lookout):
    lookout.odoo.failed = {"database": NO_DATABASE}
    lookout.look(3)
    lookout.take()
    lookout.look(HOUR // STEP - 1)
    assert lookout.take() == []
    lookout.look()
    assert lookout.take() == ["still: the database is dead"]


def test_none_twice_across_restarts(lookout):
    lookout.odoo.failed = {"database": NO_DATABASE}
    for _time in range(8):
        lookout.restart()
        lookout.look()
    assert lookout.take() == ["the database is dead"]
    lookout.odoo.failed = {}
    for _time in range(5):
        lookout.restart()
        lookout.look()
    assert lookout.take() == ["over: the database is dead"]
    assert len(lookout.pages()) == 2


def test_the_page_is_signed_and_can_be_recognised(lookout):
    lookout.odoo.failed = {"database": NO_DATABASE}
    lookout.look(3)
    [(headers, body)] = [rest for path, *rest in lookout.odoo.requests if path == "/hook"]
    signature = hmac.new(b"hush", body, "sha256").hexdigest()
    assert headers["X-Ops-Center-Signature"] == f"sha256={signature}"
    assert headers["Idempotency-Key"] == json.loads(body)["id"]


def test_the_mail(lookout):
    lookout.odoo.failed = {"database": "Bad \u2192 worse"}
    lookout.look(3)
    [message] = lookout.mail.messages
    assert message["From"] == "odoo@example.com"
    assert [address.addr_spec for address in message["To"].addresses] == [
        "ann@example.com",
        "bob@example.com",
    ]
    assert "Bad \u2192 worse" in message.get_content()
    assert message["Message-ID"].endswith("@ops-center-sentinel>")


def test_a_channel_that_fails_is_tried_again_and_holds_nobody_up(lookout):
    lookout.mail.refusing = True
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look(5)
    assert (len(lookout.mail.messages), len(lookout.pages())) == (0, 1)
    lookout.mail.refusing = False
    lookout.look()
    assert lookout.take() == ["the worker is dead"]
    assert len(lookout.pages()) == 1


def test_a_webhook_that_refuses_is_tried_again(lookout):
    lookout.odoo.statuses = {"/hook": 500}
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look(4)
    lookout.odoo.statuses = {}
    lookout.look(3)
    identities = {page["id"] for page in lookout.pages()}
    assert (len(lookout.pages()), len(identities)) == (3, 1)
    assert lookout.take() == ["the worker is dead"]


# === STANDING IN === #


def test_stands_in_for_ops_center_only_while_that_is_in_trouble(lookout):
    shop = {"name": "Shop", "kind": "http", "networks": ["127.0.0.0/8"]}
    lookout.configure(checks=[{**shop, "url": f"http://127.0.0.1:{closed_port()}/"}])
    lookout.look(10)
    assert lookout.take() == []
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look(20)
    assert lookout.take() == ["the worker is dead", "Shop is down"]
    lookout.odoo.failed = {}
    lookout.look(5)
    assert lookout.take() == ["over: the worker is dead", "over: Shop is down"]
    assert "Ops Center watches this again" in lookout.pages()[-1]["body"]


def test_networks_that_checks_may_not_reach_stay_closed(lookout):
    check = {"name": "Inside", "kind": "http", "url": f"{lookout.odoo.url}/inside"}
    lookout.configure(checks=[check])
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look(20)
    assert lookout.take() == ["the worker is dead"]


def test_checks_are_made_as_ops_center_makes_them(lookout):
    url = f"{lookout.odoo.url}/submit"
    check = {"kind": "http", "url": url, "networks": ["127.0.0.0/8"]}
    lookout.odoo.statuses["/submit"] = 404
    request = {"method": "POST", "headers": [["X-Asked-By", "shop"]], "body": "ping"}
    lookout.configure(
        checks=[
            {**check, "name": "Good", "expected_status": "404", "request": request},
            {**check, "name": "Bad", "expectation": {"headers": [["X-Absent", ""]]}},
        ]
    )
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look(20)
    assert lookout.take() == ["the worker is dead", "Bad is down"]
    assert set(lookout.odoo.posts("/submit")) == {b"ping"}


# === SIGN OF LIFE === #


def test_says_that_it_has_nobody_to_page(lookout):
    lookout.configure(email=None, webhooks=[])
    lookout.look(9)
    [said] = set(lookout.odoo.posts("/ops/ping/x"))
    assert b"nobody to page: add" in said


def test_says_every_minute_that_it_is_alive(lookout):
    lookout.look(9)
    assert lookout.odoo.posts("/ops/ping/x") == [b"The sentinel watches."] * 3


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (
            lambda lookout: lookout.export(email={**lookout.content["email"], "port": 1}),
            "127.0.0.1:1",
        ),
        (lambda lookout: setattr(lookout.odoo, "token", "another"), "make a new one"),
        (lambda lookout: lookout.odoo.statuses.update({"/ops/sentinel/configuration": 500}), "500"),
        (lambda lookout: setattr(lookout.odoo, "configuration", "{"), "not JSON"),
        (lambda lookout: lookout.path.write_text("{"), "is not used"),
    ],
)
def test_says_why_nobody_should_rely_on_it(lookout, break_it, reason):
    lookout.look()
    lookout.odoo.requests.clear()
    break_it(lookout)
    if reason == "is not used":
        lookout.odoo.statuses["/ops/sentinel/configuration"] = 500
    lookout.look(3)
    [said] = lookout.odoo.posts("/ops/ping/x/fail")
    assert reason in said.decode()
    lookout.odoo.failed = {"database": NO_DATABASE}
    lookout.look(3)
    assert lookout.pages(), "what it knew before still serves"


def test_signing_without_a_secret_is_said_at_once(lookout):
    lookout.secrets = Secrets()
    lookout.restart()
    lookout.look()
    [said] = lookout.odoo.posts("/ops/ping/x/fail")
    assert b"OPS_SENTINEL_WEBHOOK_SECRET" in said


# === CONFIGURATION === #


def test_fetches_what_odoo_exports(lookout):
    lookout.look()
    lookout.export(name="new.example.com")
    lookout.look(3)
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look(3)
    assert lookout.mail.subjects == ["new.example.com: the worker is dead"]
    assert json.loads(lookout.path.read_text())["name"] == "new.example.com"
    assert lookout.path.stat().st_mode & 0o777 == 0o600


def test_reads_the_file_again_when_it_changes(lookout):
    lookout.look()
    lookout.configure(timing={"failures": 1, "timeout": 2})
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look()
    assert lookout.take() == ["the worker is dead"]


def test_begins_with_nothing_but_an_address_and_a_token(lookout):
    lookout.path.unlink()
    lookout.sentinel = Sentinel(
        lookout.path, lookout.secrets, lookout.odoo.url, clock=lambda: lookout.now
    )
    lookout.odoo.statuses = {"/ops/sentinel/configuration": 503}
    lookout.look(2)
    lookout.odoo.statuses = {}
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look(3)
    assert lookout.take() == ["the worker is dead"]


def test_a_broken_state_is_not_the_end(lookout, caplog):
    state = lookout.folder / "sentinel.state.json"
    state.write_text('{"troubles": [{"x": 1}]}', encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        lookout.restart()
    assert "can't be read and is not used" in caplog.text
    lookout.odoo.failed = {"worker": "start the worker"}
    lookout.look(3)
    assert lookout.take() == ["the worker is dead"]
    assert state.stat().st_mode & 0o777 == 0o600


# === THE PROCESS === #


def start(*arguments, **variables):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.Popen(
        [sys.executable, str(ADDON / "probes"), "sentinel", *map(str, arguments)],
        env={**environment, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_process_pages_and_ends_when_it_is_asked_to(lookout):
    lookout.configure(timing={"interval": 0.2, "timeout": 1, "failures": 2})
    lookout.odoo.failed = {"worker": "start the worker"}
    process = start(lookout.path, OPS_SENTINEL_WEBHOOK_SECRET="hush")
    end = time.monotonic() + 20
    while not lookout.mail.messages and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    output, _errors = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert lookout.take() == ["the worker is dead"]
    assert "was told" in output
    assert "/hook" not in output, "addresses of webhooks are secrets"


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "set OPS_SENTINEL_ODOO_URL and OPS_SENTINEL_TOKEN"), ("{", "not JSON")],
)
def test_process_says_in_one_line_why_it_can_not_begin(tmp_path, content, message):
    path = tmp_path / "sentinel.json"
    if content:
        path.write_text(content, encoding="utf-8")
    process = start(path)
    output, _errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert message in output.splitlines()[-1]
