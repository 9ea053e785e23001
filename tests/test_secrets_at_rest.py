"""A secret that was typed into a real server: neither its dump nor its logs hold it."""

import subprocess

import pytest
from cryptography.fernet import Fernet

from tests.harness.processes import RemoteError

CHANNEL = "ops.notification.channel"
CANARY = "canary-5b1fe0d2"


# The call that fails on purpose: its traceback must not hold the secret either.
@pytest.mark.expected_log_errors("Exception during request handling")
def test_dump_and_logs_hold_no_secret(database, start_server):
    server = start_server(
        database,
        environment={"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""},
        arguments=["--log-level=debug", "--log-handler=odoo.sql_db:DEBUG"],
    )
    call = server.session()
    values = {
        "name": "plain-name",
        "kind": "webhook",
        "webhook_url": "http://127.0.0.1:9/",
        "webhook_secret": CANARY,
    }
    [channel] = call(CHANNEL, "create", [values])
    call(CHANNEL, "web_save", [channel], {"webhook_secret": CANARY}, {"webhook_secret": {}})
    [environment] = call("ops.environment", "search", [["is_self", "=", True]])
    values = {
        "name": "Database",
        "environment_id": environment,
        "kind": "postgresql",
        "url": "postgresql://monitor@db.example/shop",
        "pg_password": CANARY,
    }
    call("ops.health.check", "create", [values])
    values = {"provider": "webhook", "deploy_url": "http://127.0.0.1:9/", "deploy_secret": CANARY}
    call("ops.environment", "write", [environment], values)
    with pytest.raises(RemoteError, match="kind"):
        call(CHANNEL, "write", [channel], {"webhook_secret": CANARY, "kind": "no such kind"})

    dump = subprocess.run(["pg_dump", database], check=True, capture_output=True, text=True).stdout
    log = server.log.read_text(encoding="utf-8")
    for text in (dump, log):
        assert "plain-name" in text
        assert CANARY not in text
    [answer] = call(CHANNEL, "read", [channel], ["webhook_secret", "webhook_secret_hint"])
    assert (answer["webhook_secret"], answer["webhook_secret_hint"]) == (False, "…e0d2")
