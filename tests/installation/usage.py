"""A company at work with Ops Center, as far as installations and upgrades can tell."""

from tests.harness import databases
from tests.harness.processes import wait_until

# What a worker leaves behind of it.
RESULTS = ("ops_health_incident", "ops_health_sample", "ops_finding", "ops_deployment")


def use(call):
    """Store a bit of everything; a worker does the rest."""
    call("res.company", "write", [1], {"ops_allowed_networks": "127.0.0.0/8"})
    [admin] = call("res.users", "search", [["login", "=", "admin"]])
    channel = {"name": "Team", "kind": "activity", "user_ids": [[6, 0, [admin]]]}
    [channel] = call("ops.notification.channel", "create", [channel])
    call("ops.notification.channel", "action_test", [channel])
    [application] = call("ops.application", "create", [{"name": "Shop"}])
    values = {"name": "Production", "application_id": application}
    [environment] = call("ops.environment", "create", [values])
    call("ops.environment", "message_post", [environment], body="Moved to another host")
    values = {"name": "Closed port", "kind": "tcp", "url": "tcp://127.0.0.1:9"}
    call("ops.health.check", "create", [{**values, "environment_id": environment}])


def publish(call):
    """Let people outside see something."""
    checks = call("ops.health.check", "search", [])
    call("ops.health.check", "action_make_badge", checks[:1])
    service = {"name": "Shop", "check_ids": [[6, 0, checks]]}
    page = {"name": "Status", "published": True, "service_ids": [[0, 0, service]]}
    call("ops.status.page", "create", [page])
    setup = call("ops.health.metrics.setup", "create", [{}])
    call("ops.health.metrics.setup", "action_make_token", setup)


def deliver(call):
    """Say when nothing is deployed, let a pipeline in, and have it deploy."""
    call("ops.freeze.window", "create", [{"name": "Closing", "duration": 1}])
    [environment, *_others] = call("ops.environment", "search", [["is_self", "=", False]])
    [key] = call("ops.environment.key", "create", [{"environment_id": environment}])
    call("ops.environment.key", "action_make_key", [key])
    told = {"environment_id": environment, "revision": "3f6c1d9b", "external_reference": "run 7"}
    call("ops.deployment", "record", {**told, "state": "live"})


def report(call):
    """Have the agent try to tell an Ops Center that nobody started."""
    [agent] = call("ops.agent", "search", [])
    call("ops.agent", "write", [agent], {"url": "http://127.0.0.1:9/ops/agent/x", "secret": "x"})
    call("ops.agent", "action_report", [agent])


def wait_for_results(database):
    """Return when a worker has dealt with what `use` stored."""
    for table in RESULTS:
        query = f"SELECT 1 FROM {table} LIMIT 1"  # noqa: S608 - names from above
        wait_until(lambda query=query: databases.execute(database, query), 90, f"rows of {table}")
    done = "SELECT 1 FROM ops_notification HAVING bool_and(state = 'done')"
    wait_until(lambda: databases.execute(database, done), 60, "the notifications")
