"""`make demo`: Ops Center with an App Platform of its own, to click through without any account.

The database is one of its own and stays; App Platform begins anew each time.
"""

import json
import os
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import environment
import failure
import layout
import server

DATABASE = "ops_center_demo"
ACCOUNT = "Demo (nothing leaves this machine)"
APP = "webshop"
PATIENCE = 60  # seconds
PHASE_SECONDS = 4
TELL = """
Deployments of {app} are carried out by an App Platform on this machine. In Delivery / Deployments:

1. Open “Vouchers in the new checkout” and press Deploy: watch its steps, until it is live.
2. Open “Faster search” and press Deploy: the check finds it broken, and it is taken back.
   The environment is pinned then: keep the rollback there.
3. Open “Broken build” and press Deploy: it fails, and says why.
4. Redeploy what is live, and Cancel it on the way.

Ctrl-C ends all of it.
"""

#: What there is to deploy: summary, version, author, and what App Platform makes of its image.
RELEASES = (
    ("Vouchers in the new checkout", "2.4.0", "Jonas Brandt", None),
    ("Faster search", "2.5.0", "Mia Keller", "bad_digests"),
    ("Broken build", "2.5.1", "Mia Keller", "unbuildable"),
)


def main() -> None:
    """Run the server and the fake until Ctrl-C."""
    os.environ["DB_NAME"] = DATABASE
    sys.path.insert(0, str(layout.ROOT))
    from tests.fakes.digitalocean import FakeDigitalOcean  # noqa: PLC0415 - needs the path

    with FakeDigitalOcean(phase_seconds=PHASE_SECONDS) as cloud:
        server.start()
        try:
            with server.ending_on_signals():
                _arrange(_client(), cloud)
                print(TELL.format(app=APP), flush=True)
                while True:
                    time.sleep(1)
        finally:
            server.stop()


def _client() -> Callable[..., Any]:
    """Return ``call(model, method, *arguments)`` as the administrator."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(service: str, method: str, *arguments: Any) -> Any:
        params = {"service": service, "method": method, "args": [DATABASE, *arguments]}
        request = urllib.request.Request(
            f"http://127.0.0.1:{environment.http_port()}/jsonrpc",
            json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
            {"Content-Type": "application/json"},
        )
        with direct.open(request, timeout=300) as answer:
            told = json.load(answer)
        if "error" in told:
            raise failure.Failure(f"Odoo refused {arguments[2:]}: {told['error']['data']}")
        return told.get("result")

    user = ask("common", "authenticate", "admin", "admin", {})
    if not user:
        raise failure.Failure(
            f"the password of admin in {DATABASE} is not admin any more: change it back."
        )
    return lambda model, method, *arguments: ask(
        "object", "execute_kw", user, "admin", model, method, arguments
    )


def _arrange(call: Callable[..., Any], cloud: Any) -> None:
    """Have everything there that the demonstration needs."""
    # The same app each time, whatever was deployed before.
    app_id = cloud.add_app(APP, str(uuid.uuid5(uuid.NAMESPACE_DNS, APP)))
    for summary, *_facts, trouble in RELEASES:
        if trouble:
            getattr(cloud, trouble).add(_digest(summary))
    modules = call("ir.module.module", "search", [["name", "=", "ops_center_digitalocean"]])
    call("ir.module.module", "button_immediate_install", modules)
    [company] = call("res.company", "search", [], 0, 1)
    call("res.company", "write", [company], {"ops_allowed_networks": "127.0.0.0/8"})
    access = {"api_url": cloud.url, "token": cloud.token}
    if accounts := call("ops.digitalocean.account", "search", [["name", "=", ACCOUNT]]):
        call("ops.digitalocean.account", "write", accounts, access)
    else:
        call("ops.digitalocean.account", "create", [{"name": ACCOUNT, **access}])
    app = _wait_for(
        lambda: call("ops.digitalocean.app", "search", [["identifier", "=", app_id]]), "the app"
    )
    environments = call("ops.environment", "search", [["digitalocean_app_id", "in", app]])
    if not environments:
        action = call("ops.digitalocean.app", "action_create_environment", app)
        environments = [action["res_id"]]
    [place] = environments
    # What an earlier demonstration has left behind.
    left = [["environment_id", "=", place], ["state", "in", ["draft", "queued"]]]
    if drafts := call("ops.deployment", "search", left):
        call("ops.deployment", "action_cancel", drafts)
    call("ops.environment", "action_commit_rollback", [place])
    site = f"{cloud.url}/sites/{app_id}"
    call(
        "ops.environment",
        "write",
        [place],
        {"name": "Production", "verification_successes": 2, "verification_timeout": 30},
    )
    check = {"name": "Front page", "url": site, "interval": 5, "timeout": 3}
    if checks := call("ops.health.check", "search", [["environment_id", "=", place]]):
        call("ops.health.check", "write", checks, check)
    else:
        call("ops.health.check", "create", [{**check, "environment_id": place}])
    call(
        "ops.deployment",
        "create",
        [
            {
                "environment_id": place,
                "revision": uuid.uuid5(uuid.NAMESPACE_URL, summary).hex,
                "image_digest": _digest(summary),
                "summary": summary,
                "version": version,
                "author": author,
                "reason": "To show how it goes",
            }
            for summary, version, author, _trouble in RELEASES
        ],
    )


def _digest(summary: str) -> str:
    return f"sha256:{uuid.uuid5(uuid.NAMESPACE_OID, summary).hex * 2}"


def _wait_for(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            raise failure.Failure(f"{what} was not seen within {PATIENCE} seconds.")
        time.sleep(0.5)
    return found


if __name__ == "__main__":
    failure.report(main)
