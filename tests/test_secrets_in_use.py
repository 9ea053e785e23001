"""A secret that messages are signed with shows up nowhere, also when sending them fails."""

import hashlib
import hmac
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.harness import databases
from tests.harness.processes import wait_until

CHANNEL = "ops.notification.channel"
CANARY = "canary-93d1a7c4"
# In addresses that are secrets as a whole.
PATHS = {"slack": "canary-slack-2b7e", "apprise": "canary-apprise-a9d0"}


@pytest.fixture
def receiver():
    """A receiver that fails and tells back all that it was told, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.received.append((self.path, self.headers, body))
            self.send_response(500)
            self.end_headers()
            self.wfile.write(bytes(self.headers) + body)

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.received = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_no_trace_of_a_signing_secret(database, receiver, start_server, start_worker, odoo_config):
    key = Fernet.generate_key().decode()
    options = {
        "environment": {"OPS_CENTER_KEY": key, "OPS_CENTER_KEY_FILE": ""},
        "arguments": ["--log-level=debug_sql", "--max-cron-threads=0"],
    }
    # The template's marker of the original belongs to another database name.
    server = start_server(database, **options)
    call = server.session()
    call("ops.instance", "action_bind", [])
    values = {
        "name": "Chat",
        "kind": "webhook",
        "webhook_url": f"http://127.0.0.1:{receiver.server_port}/",
        "webhook_secret": CANARY,
    }
    [channel] = call(CHANNEL, "create", [values])
    address = f"//127.0.0.1:{receiver.server_port}"
    addresses = {"slack_url": f"http:{address}", "apprise_url": f"json:{address}"}
    for kind, path in PATHS.items():
        field = f"{kind}_url"
        values = {"name": kind, "kind": kind, field: f"{addresses[field]}/{path}"}
        channel_ids = call(CHANNEL, "create", [values])
        call(CHANNEL, "action_test", channel_ids)
    call(CHANNEL, "action_test", [channel])
    worker = start_worker(database, **options)
    failed = "SELECT last_error FROM ops_notification WHERE state = 'retry'"
    wait_until(lambda: len(databases.execute(database, failed)) == 3, 60, "the failures to send")

    received = {path.strip("/"): (headers, body) for path, headers, body in receiver.received}
    assert received.keys() == {"", *PATHS.values()}
    headers, body = received[""]
    signature = hmac.new(CANARY.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Ops-Center-Signature"] == f"sha256={signature}", "the secret is not in use"

    names = list(call(CHANNEL, "fields_get", [], ["type"]))
    read = call(CHANNEL, "read", [channel], names)
    exported = call(CHANNEL, "export_data", [channel], names)
    traces = {
        "the log of the server": server.log.read_bytes(),
        "the log of the worker": worker.log.read_bytes(),
        "a dump": subprocess.run(["pg_dump", database], check=True, capture_output=True).stdout,
        "what can be read and exported": json.dumps([read, exported]).encode(),
    }
    for file in Path(odoo_config["data_dir"], "filestore", database).glob("[0-9a-f][0-9a-f]/*"):
        traces[f"attachment {file.name}"] = file.read_bytes()
    # Where the secret could have been: the row was written, read and logged.
    assert b"ops_notification_channel" in traces["the log of the server"]
    assert b"ops_notification_channel" in traces["the log of the worker"]
    for secret in (CANARY, key, *PATHS.values()):
        assert [place for place, text in traces.items() if secret.encode() in text] == []
