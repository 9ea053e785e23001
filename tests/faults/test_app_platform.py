"""Deployments to App Platform happen once each, whenever who dies and whatever is lost."""

import itertools
import json
import os
import random
import time
import uuid

import pytest
from cryptography.fernet import Fernet

from tests.fakes.digitalocean import FakeDigitalOcean
from tests.harness import databases
from tests.harness.processes import OdooServer, wait_until

#: Kills of both workers at once; `make faults` has ten times as many.
ROUNDS = int(os.environ.get("OPS_FAULT_ROUNDS", "20"))
APPS = 8
SHARE_WHILE_SENDING = 0.3
KEY = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
CALLING = (
    "SELECT id, fence FROM ops_operation"
    " WHERE state = 'sending' AND kind = 'deploy' AND last_error IS NULL AND lookups = 0"
)


@pytest.fixture
def cloud():
    with FakeDigitalOcean(phase_seconds=0.1, lost=0.05, errors=0.05) as fake:
        fake.delay, fake.lag, fake.limit = 0.15, 0.5, 10**6
        yield fake


def connect(start, cloud):
    """Connect an account with some apps, and make each an environment.

    :return: the server, ``call`` as its administrator, and the ids of the environments
    """
    for number in range(APPS):
        cloud.add_app(f"shop-{number}")
    server = start(OdooServer, **KEY).wait_until_serving()
    call = server.session()
    worker = start(**KEY)
    call(
        "ops.digitalocean.account",
        "create",
        [{"name": "Team", "api_url": cloud.url, "token": cloud.token}],
    )
    wait_until(
        lambda: call("ops.digitalocean.app", "search_count", []) == APPS,
        60,
        "the first look at the account",
    )
    for app in call("ops.digitalocean.app", "search", []):
        call("ops.digitalocean.app", "action_create_environment", [app])
    worker.terminate()
    ids = call("ops.environment", "search", [["provider", "=", "digitalocean"]])
    assert len(ids) == APPS
    return server, call, ids


def queue(call, environments, number):
    """Have one more revision of each environment be deployed, and return the deployments."""
    deployments = call(
        "ops.deployment",
        "create",
        [
            {
                "environment_id": environment,
                "revision": f"{number:08x}{environment:032x}",
                "image_digest": f"sha256:{number:032x}{environment:032x}",
            }
            for environment in environments
        ],
    )
    call("ops.deployment", "action_deploy", deployments)
    return deployments


def test_kills_while_sending(start, cloud, database):
    _server, call, ids = connect(start, cloud)
    moments = random.Random(19)

    def calling():
        return set(databases.execute(database, CALLING))

    numbers = itertools.count()
    deployments = queue(call, ids, next(numbers))
    while_sending = 0
    cut_off = set()
    for round_ in range(ROUNDS):
        workers = [start(**KEY), start(**KEY)]
        wait_until(
            lambda: all("Registry loaded" in worker.tail(200) for worker in workers),  # noqa: B023
            60,
            "the workers' start",
        )
        if round_ % 2:
            time.sleep(moments.uniform(0, 2))
        else:
            deadline = time.monotonic() + 15
            while calling() <= cut_off and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(moments.uniform(0, 0.3))
        for worker in workers:
            worker.kill()
        while_sending += bool(calling() - cut_off)
        cut_off |= calling()
        unfinished = call(
            "ops.deployment",
            "search_count",
            [["state", "in", ["queued", "building", "deploying"]]],
        )
        if unfinished <= len(ids):
            deployments += queue(call, ids, next(numbers))
    start(**KEY)
    start(**KEY)

    def open_ones():
        query = (
            "SELECT id FROM ops_deployment WHERE id = ANY(%s)"
            " AND state NOT IN ('live', 'superseded')"
        )
        return databases.execute(database, query, [deployments])

    wait_until(lambda: not open_ones(), 300, "the end of all deployments", pause=1)
    print(f"{ROUNDS} rounds, {while_sending} of them while sending, {len(deployments)} deployments")
    assert while_sending >= SHARE_WHILE_SENDING * ROUNDS
    operations = databases.execute(
        database, "SELECT uuid FROM ops_operation WHERE kind = 'deploy' AND state = 'done'"
    )
    created = cloud.created_by_marker()
    assert len(operations) == len(deployments)
    assert created.keys() == {marker for (marker,) in operations}, "lost, or made up"
    assert not [marker for marker, count in created.items() if count > 1], "duplicates"
    assert not cloud.violations


@pytest.mark.expected_log_errors("Loop naive failed")
def test_the_crash_test_bites(start, cloud, database):
    """The usual way, call and then write, fails the same test."""
    cloud.add_app()
    for _index in range(12):
        databases.execute(
            database, "INSERT INTO ops_test_naive (marker) VALUES (%s)", [uuid.uuid4().hex]
        )
    access = {"OPS_TEST_CLOUD": json.dumps({"token": cloud.token, "base_url": cloud.url})}
    assert start(OPS_CRASHPOINT="called", **access).process.wait(60) == 9
    start(**access)
    wait_until(lambda: max(cloud.created_by_marker().values(), default=0) > 1, 60, "a duplicate")
