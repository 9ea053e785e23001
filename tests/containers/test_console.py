"""The console that `docker compose up --wait` starts."""

import re

import pytest

from .console import wait_until

MANIFEST = "/mnt/extra-addons/ops_center_base/__manifest__.py"
LIVING = {"database", "odoo", "sentinel", "worker"}


@pytest.fixture(scope="module")
def admin(console):
    """The browser of the administrator."""
    return console.log_in("admin", "admin")


def test_services_are_healthy_and_one_shots_are_done(console):
    containers = console.containers()
    assert {name: containers[name]["Health"] for name in LIVING} == dict.fromkeys(LIVING, "healthy")
    done = {name: state["ExitCode"] for name, state in containers.items() if name not in LIVING}
    assert done == {"migrate": 0, "secrets": 0}


def test_ready_names_the_release(console):
    status, answer = console.ask("/ops/ready")
    assert (status, answer["status"], answer["release"]) == (200, "pass", console.release)
    assert answer["database"] == "ops_center"


def test_administrator_logs_in(admin):
    assert "odoo.__session_info__" in admin.open("/odoo")
    assert admin.call("res.users", "has_group", [2], "ops_center_base.group_manager")


def test_wrong_password_does_not_log_in(console):
    session = console.log_in("admin", "wrong")
    assert 'name="csrf_token"' in session.open("/odoo")


def test_every_self_check_is_up(admin):
    def states():
        checks = admin.call(
            "ops.health.check", "search_read", [("kind", "=", "self")], ["name", "state"]
        )
        return {check["name"]: check["state"] for check in checks}

    wait_until(lambda: set(states().values()) == {"up"}, seconds=90)
    assert len(states()) > 5
    assert set(states().values()) == {"up"}, states()


def test_worker_is_known(admin):
    workers = admin.call("ops.worker", "search_read", [], ["state", "release"])
    assert [worker["state"] for worker in workers] == ["alive"]


def test_sentinel_is_heard(admin):
    def sentinel():
        [check] = admin.call(
            "ops.health.check", "search_read", [("name", "=", "Sentinel")],
            ["state", "needs_sentinel"],
        )  # fmt: skip
        return check

    wait_until(lambda: sentinel()["state"] == "up", seconds=120)
    assert (sentinel()["state"], sentinel()["needs_sentinel"]) == ("up", False)


def test_console_is_reached_from_this_machine_only(console):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", console.url)


def test_secrets_are_made_for_their_users_only(console):
    listed = console.execute(
        "odoo", "find", "/var/lib/ops-center/key", "/var/lib/ops-center/database",
        "/var/lib/ops-center/sentinel-access", "-type", "f", "-printf", "%f %m\n",
    )  # fmt: skip
    assert sorted(listed.split("\n")) == ["", "key 600", "password 600", "pgpass 600", "token 600"]
    assert "key" not in console.execute("sentinel", "find", "/var/lib/ops-center", "-type", "f")
    assert "key" not in console.execute("database", "ls", "/run/database-secret")


def test_secrets_can_be_stored(admin):
    channel = {
        "name": "Pager",
        "kind": "webhook",
        "webhook_url": "http://127.0.0.1/",
        "webhook_secret": "correct horse",
        "active": False,
    }
    (channel_id,) = admin.call("ops.notification.channel", "create", [channel])
    (read,) = admin.call(
        "ops.notification.channel", "read", [channel_id], ["webhook_secret", "webhook_secret_hint"]
    )
    assert not read["webhook_secret"]
    assert read["webhook_secret_hint"].endswith("orse")


def test_no_service_logs_an_error(console):
    lines = console.logs("secrets", "migrate", "odoo", "worker", "sentinel").splitlines()
    suspicious = [
        line for line in lines if re.search(r" (ERROR|CRITICAL) |unknown option|Traceback", line)
    ]
    assert suspicious == []


def test_a_worker_that_stands_still_is_noticed(console):
    """The check of the worker's health bites: in a container without a worker it fails."""
    with pytest.raises(AssertionError, match="No worker of this container"):
        console.execute("odoo", "worker-beats")


def test_addons_of_an_old_container_cannot_win(console):
    """An anonymous volume of the base image goes from a container to its successor."""
    console.execute(
        "odoo", "sh", "-c",
        "cp --recursive /opt/ops/addons/ops_center_base /mnt/extra-addons/"
        f" && sed --in-place 's/\"version\": .*/\"version\": \"19.0.0.0.1\",/' {MANIFEST}",
        user="odoo",
    )  # fmt: skip
    console.recreate("odoo")
    assert '"version": "19.0.0.0.1"' in console.execute("odoo", "cat", MANIFEST)
    status, answer = console.ask("/ops/ready")
    assert (status, answer["checks"]["versions"]["status"]) == (200, "pass")


def test_unfinished_update_makes_it_unhealthy(console):
    """What Odoo's own `/web/health` does not notice."""
    health_check = console.inspect()["Config"]["Healthcheck"]["Test"][1:]
    mark = "UPDATE ir_module_module SET state = '{}' WHERE name = 'bus'"
    console.execute("odoo", "psql", "--command", mark.format("to upgrade"))
    try:
        status, answer = console.ask("/ops/ready")
        assert (status, answer["checks"]["modules"]["status"]) == (503, "fail")
        with pytest.raises(AssertionError, match=r"bus \(to upgrade\)"):
            console.execute("odoo", *health_check)
        assert console.ask("/web/health") == (200, {"status": "pass"})
    finally:
        console.execute("odoo", "psql", "--command", mark.format("installed"))
    console.execute("odoo", *health_check)
