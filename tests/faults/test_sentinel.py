"""The sentinel pages once for each way in which a real Odoo dies, and is silent otherwise."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import requests

from tests.fakes.odoo_target import OdooTarget
from tests.fakes.smtp_server import SmtpServer
from tests.harness.processes import REPOSITORY, OdooServer, OpsWorker, wait_until

# As by default, but for the pauses: three bad looks in a row. Shorter ones would page while the
# worker, which looks every two seconds, has not noticed yet that a module waits no more.
TIMING = {"interval": 2, "timeout": 2, "failures": 3, "reminder": 3600}
TOKEN = "chosen by the test"
SET_STATE = "UPDATE ir_module_module SET state = '{}' WHERE name = 'ops_center'"
# No trouble below comes to light later than this: the promise is three minutes at the default
# pauses, of which the worker's silence takes half a minute.
LIMIT = 60


class SentinelProcess:
    """The sentinel as a process of its own, which may be killed and started again."""

    def __init__(self, configuration, log):
        self._configuration = configuration
        self._log = log
        self.start()

    def start(self):
        command = [sys.executable, REPOSITORY / "addons/ops_center_health/probes", "sentinel"]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, self._configuration], env=environment, stdout=output, stderr=output
            )

    def restart(self):
        self._process.kill()
        self._process.wait()
        self.start()

    def terminate(self):
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)


class Scene:
    """An Odoo with its worker and its database server, the sentinel, and who is paged."""

    def __init__(self, cluster, server, mail, chat):
        self.cluster, self.server, self.mail, self.chat = cluster, server, mail, chat
        self.sentinel = None
        self.taken = 0

    def execute(self, statement):
        environment = {**os.environ, **self.cluster.variables}
        command = ["psql", "--quiet", "--dbname", self.cluster.database, "--command", statement]
        subprocess.run(command, env=environment, check=True)

    def titles(self):
        """What was told since the last look, which mail and chat agree upon.

        Killed between a page and the note of it, the sentinel pages again, with the same identity.
        """
        taken = self.taken
        subjects = {message["Message-ID"]: message["Subject"] for message in self.mail.messages}
        payloads = map(json.loads, self.chat.posts("/hook"))
        titles = {payload["id"]: payload["title"] for payload in payloads}
        mails, posts = (
            [text.partition(": ")[2] for text in told.values()] for told in (subjects, titles)
        )
        assert sorted(mails[: len(posts)]) == sorted(posts[: len(mails)])
        self.taken = min(len(mails), len(posts))
        return mails[taken : self.taken]

    def assert_silent(self, seconds=10):
        """Five looks, of which three would suffice."""
        time.sleep(seconds)
        assert self.titles() == []

    def assert_told(self, title):
        [*titles] = wait_until(self.titles, LIMIT, f"the message “{title}”")
        assert titles == [title]


@pytest.fixture
def scene(cluster, start_process, tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN, encoding="utf-8")
    variables = {**cluster.variables, "OPS_CENTER_SENTINEL_TOKEN_FILE": str(token)}
    arguments = ["--load", "base,web,ops_center_base"]
    server = start_process(OdooServer, cluster.database, environment=variables, arguments=arguments)
    server.wait_until_serving()
    with SmtpServer() as mail, OdooTarget() as chat:
        scene = Scene(cluster, server, mail, chat)
        path = tmp_path / "sentinel.json"
        path.write_text(json.dumps(exported(scene)), encoding="utf-8")
        scene.worker = start_process(OpsWorker, cluster.database, environment=variables)
        scene.start_worker = lambda: start_process(
            OpsWorker, cluster.database, environment=variables
        )
        wait_until(lambda: working(server), 60, "the worker being at work")
        scene.sentinel = SentinelProcess(path, tmp_path / "sentinel.log")
        yield scene
        assert scene.sentinel.terminate() == 0


def working(server):
    answer = requests.get(f"{server.url}/ops/ready", timeout=30)
    return answer.ok and answer.json()["work"] == "worker"


def exported(scene):
    """What the server exports once it knows whom to page, with shorter pauses."""
    call = scene.server.session()
    # The address is that of the browser that logged in last.
    [server] = call("ir.mail_server", "create", [
        {"name": "Fake", "smtp_host": "127.0.0.1", "smtp_port": scene.mail.port,
         "smtp_encryption": "none"},
    ])  # fmt: skip
    assert server
    [partner] = call("res.partner", "create", [{"name": "Ann", "email": "ann@example.com"}])
    channel = {"name": "On call", "minimum_level": "danger"}
    call("ops.notification.channel", "create", [
        {**channel, "kind": "email", "partner_ids": [partner]},
        {**channel, "kind": "webhook", "webhook_url": f"{scene.chat.url}/hook"},
    ])  # fmt: skip
    answer = requests.get(
        f"{scene.server.url}/ops/sentinel/configuration",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=30,
    )
    configuration = answer.json()
    assert configuration["odoo"]["url"] == scene.server.url
    return {**configuration, "timing": TIMING}


@pytest.mark.expected_log_errors("odoo.sql_db: bad query")  # under way as PostgreSQL ends
def test_one_page_for_each_death(scene):
    scene.assert_silent()

    scene.server.signal(signal.SIGSTOP)
    scene.assert_told("Odoo is dead")
    scene.sentinel.restart()
    scene.assert_silent()
    scene.server.signal(signal.SIGCONT)
    scene.assert_told("over: Odoo is dead")

    scene.execute(SET_STATE.format("to upgrade"))
    scene.assert_told("scheduled actions stand still")
    scene.sentinel.restart()
    scene.assert_silent()
    scene.execute(SET_STATE.format("installed"))
    scene.assert_told("over: scheduled actions stand still")

    scene.cluster.stop()
    scene.assert_told("the database is dead")
    scene.sentinel.restart()
    scene.assert_silent()
    scene.cluster.start()
    scene.assert_told("over: the database is dead")

    scene.worker.kill()
    scene.assert_told("the worker is dead")
    scene.sentinel.restart()
    scene.assert_silent()
    scene.start_worker()
    scene.assert_told("over: the worker is dead")

    scene.assert_silent()
