"""Fifty people press the same button at the same moment, on a server with two processes."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from cryptography.fernet import Fernet

from tests.fakes.pipeline import FakePipeline
from tests.harness import databases
from tests.harness.processes import OdooServer, RemoteError, free_port, wait_until

CLICKS = 50
SECRET = "shared with the pipeline"
KEY = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}


@pytest.fixture
def pipeline():
    with FakePipeline(SECRET) as fake:
        yield fake


@pytest.mark.expected_log_errors("odoo.sql_db: bad query")
def test_one_deployment_and_coherent_answers(start, pipeline, database):
    arguments = ["--workers=2", f"--gevent-port={free_port()}", "--max-cron-threads=0"]
    server = start(OdooServer, arguments=arguments, **KEY).wait_until_serving()
    call = server.session()
    [application] = call("ops.application", "create", [{"name": "Shop"}])
    environment = {
        "name": "Production",
        "application_id": application,
        "provider": "webhook",
        "deploy_url": f"{pipeline.url}/hook",
        "deploy_secret": SECRET,
    }
    [place] = call("ops.environment", "create", [environment])
    deployment = call(
        "ops.deployment", "create", [{"environment_id": place, "revision": f"{7:040x}"}]
    )
    # As many at a time as the server has processes.
    with ThreadPoolExecutor(2) as people:
        sessions = list(people.map(lambda _number: server.session(timeout=120), range(CLICKS)))

    def click(method):
        """Have everybody press a button; return the answers and the refusals."""

        def press(session):
            while True:
                try:
                    return session("ops.deployment", method, deployment)
                except RemoteError as refusal:
                    return refusal
                except requests.ConnectionError:
                    # The queue of the server's socket is short: who gets no answer presses again.
                    time.sleep(0.1)

        with ThreadPoolExecutor(CLICKS) as people:
            answers = list(people.map(press, sessions))
        refusals = [each for each in answers if isinstance(each, RemoteError)]
        return [each for each in answers if each not in refusals], refusals

    _taken, refusals = click("action_deploy")
    assert len(refusals) < CLICKS
    for refusal in refusals:
        assert "Somebody else is changing this deployment right now. Try again." in str(refusal)
    worker = start(**KEY)
    state = "SELECT state FROM ops_deployment WHERE id = %s"
    wait_until(
        lambda: databases.execute(database, state, deployment) == [("live",)], 60, "the deployment"
    )
    assert len(pipeline.runs) == 1
    # Otherwise it is done before everybody has pressed.
    worker.terminate()

    shown, refusals = click("action_redeploy")
    assert not refusals
    assert len({action["res_id"] for action in shown}) == 1, "everybody sees the same one"
    count = "SELECT COUNT(*) FROM ops_deployment WHERE kind = 'redeploy'"
    assert databases.execute(database, count) == [(1,)]
