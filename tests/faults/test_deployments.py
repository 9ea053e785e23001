"""Deployments by a pipeline are carried out once each and one at a time, whenever who dies."""

import pytest
from cryptography.fernet import Fernet

from tests.fakes.pipeline import FakePipeline
from tests.faults.test_outbox import kill_workers
from tests.harness import databases
from tests.harness.processes import OdooServer, wait_until

DEPLOYMENTS = 8
SECRET = "shared with the pipeline"


@pytest.fixture
def pipeline():
    with FakePipeline(SECRET, lost=0.1) as fake:
        yield fake


def test_kills_and_lost_answers(start, pipeline, database):
    key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
    call = start(OdooServer, **key).wait_until_serving().session()
    [application] = call("ops.application", "create", [{"name": "Shop"}])
    [environment] = call(
        "ops.environment",
        "create",
        [
            {
                "name": "Production",
                "application_id": application,
                "provider": "webhook",
                "deploy_url": f"{pipeline.url}/hook",
                "deploy_secret": SECRET,
            }
        ],
    )
    deployments = call(
        "ops.deployment",
        "create",
        [
            {"environment_id": environment, "revision": f"{number:040x}"}
            for number in range(DEPLOYMENTS)
        ],
    )
    call("ops.deployment", "action_deploy", deployments)
    kill_workers(lambda **variables: start(**variables, **key))
    start(**key)

    def states():
        return [
            state
            for (state,) in databases.execute(
                database,
                "SELECT state FROM ops_deployment WHERE environment_id = %s ORDER BY id",
                [environment],
            )
        ]

    wait_until(
        lambda: states() == ["superseded"] * (DEPLOYMENTS - 1) + ["live"],
        120,
        "the end of all deployments",
    )
    query = "SELECT uuid FROM ops_operation WHERE kind = 'deploy'"
    assert pipeline.runs.keys() == {uuid for (uuid,) in databases.execute(database, query)}
    assert len(pipeline.runs) == DEPLOYMENTS, "none was lost, none asked for twice"
    assert pipeline.most_at_once() == 1
    assert not pipeline.refused, "who reports needs not know who else is at it"
