import socket
from contextlib import contextmanager

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.ops_center_base.tests.common import loopback_server

from .. import own_network
from .common import HealthCase


@tagged("post_install", "-at_install")
class TestOwnNetwork(HealthCase):
    """The canaries of these tests are ports of this machine that are open or not."""

    def setUp(self):
        super().setUp()
        self.clock = 1000.0
        self.patch(own_network, "monotonic", lambda: self.clock)
        self.ports = [self.free_port(), self.free_port()]
        self.env.company.ops_canaries = ", ".join(f"tcp://127.0.0.1:{port}" for port in self.ports)
        self.network = self.env["ops.health.check"]._own_network_check()

    def free_port(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            return server.getsockname()[1]

    @contextmanager
    def network_there(self):
        """One canary answers, the other doesn't."""
        with socket.create_server(("127.0.0.1", self.ports[1])):
            yield
        self.clock += own_network.FRESH

    def create_broken_check(self, **values):
        return self.create_check(url=f"http://127.0.0.1:{self.free_port()}/", **values)

    def test_silent_canaries_make_checks_unknown_and_open_one_incident(self):
        with self.network_there():
            self.run_now(self.network)
            self.assertEqual(self.network.state, "up")
        checks = self.create_broken_check() | self.create_broken_check(name="Back office")
        self.run_now(checks, 4)
        self.assertEqual(checks.mapped("state"), ["unknown"] * 2)
        self.assertIn("Our own network is gone: none of 2 canaries", checks[0].last_message)
        self.assertFalse(checks.incident_ids)
        self.run_now(self.network)
        self.assertEqual(self.network.state, "down")
        incident = self.network.incident_ids
        self.assertEqual(incident.name, "Own network: down")
        self.assertIn(f"tcp://127.0.0.1:{self.ports[0]}", incident.evidence)

    def test_incident_opens_at_once_and_all_are_looked_at_when_it_ends(self):
        with self.network_there():
            self.run_now(self.network)
        check = self.create_check()
        self.run_due()
        self.assertEqual(check.state, "up")
        check.url = f"http://127.0.0.1:{self.free_port()}/"
        self.run_due()
        self.assertEqual(check.state, "unknown")
        # The check of our own network became due by that.
        self.run_due()
        self.assertEqual(self.network.incident_ids.state, "open")
        check.url = self.url
        with self.network_there():
            self.clock += own_network.FRESH
            self.env.cr.execute(
                "UPDATE ops_health_check_state SET last_error = 'own_network',"
                " next_run = now() + interval '1 day' WHERE check_id = %s",
                [check.id],
            )
            self.run_now(self.network)
            self.assertEqual(self.network.incident_ids.state, "resolved")
            self.run_due()
        self.assertEqual(check.state, "up")

    def test_answering_canaries_leave_the_blame(self):
        with self.network_there():
            check = self.create_broken_check()
            self.run_now(check, 3)
            self.assertEqual(check.state, "down")
            self.assertEqual(check.incident_ids.state, "open")

    def test_incident_that_was_open_before_stays_open(self):
        with self.network_there():
            check = self.create_broken_check()
            self.run_now(check, 3)
        self.run_now(check)
        self.assertEqual(check.state, "unknown")
        self.assertEqual(check.incident_ids.state, "open")
        with self.network_there():
            # One failure after it proves nothing yet.
            self.clock += own_network.FRESH
            self.run_now(check, 2)
            self.assertEqual(check.state, "unknown")
            self.run_now(check)
            self.assertEqual(check.state, "down")

    def test_canaries_are_asked_every_ten_seconds_at_most(self):
        asked = []

        def serve(exchange):
            asked.append(exchange.path)
            exchange.answer("500 Internal Server Error")

        with loopback_server(serve) as (url, _exchanges):
            self.env.company.ops_canaries = f"{url}/canary, tcp://127.0.0.1:{self.ports[0]}"
            checks = self.create_broken_check() | self.create_broken_check()
            self.run_now(checks, 3)
            self.assertEqual(asked, ["/canary"])
            self.clock += own_network.FRESH
            self.run_now(checks)
            self.assertEqual(asked, ["/canary"] * 2)
        # Whatever it answers, it is there.
        self.assertEqual(checks.mapped("state"), ["down"] * 2)

    def test_self_checks_are_not_affected(self):
        check = self.env.ref("ops_center_health.ops_health_check_self_web")
        check.write({"failure_threshold": 1, "state": "up"})
        self.patch(
            type(self.env["ops.health.self"]),
            "_server_url",
            lambda _self: f"http://127.0.0.1:{self.ports[0]}",
        )
        self.env["ir.config_parameter"].set_param("web.base.url", "http://localhost")
        self.run_now(check)
        self.assertEqual(check.state, "down")

    def test_late_heartbeat_is_unknown_but_a_failed_run_is_not(self):
        checks = self.env["ops.health.check"].create(
            [
                {
                    "name": name,
                    "environment_id": self.environment.id,
                    "kind": "heartbeat",
                    "interval": 60,
                    "grace": 60,
                }
                for name in ("Late", "Failed")
            ]
        )
        late, failed = checks
        checks._ping(late.ping_token, "success")
        checks._ping(failed.ping_token, "fail")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ops_health_ping SET ended_at = ended_at - interval '1 hour'"
            " WHERE check_id = %s",
            [late.id],
        )
        self.run_now(checks)
        self.assertEqual(checks.mapped("state"), ["unknown", "down"])
        self.assertIn("Our own network is gone", late.last_message)
        self.assertEqual(failed.incident_ids.state, "open")

    def test_check_of_our_network_is_there_with_canaries_only(self):
        self.assertEqual(self.network.name, "Own network")
        self.assertEqual(self.network.environment_id.is_self, True)
        self.env.company.ops_canaries = False
        self.assertFalse(self.network.active)
        check = self.create_broken_check()
        self.run_now(check, 3)
        self.assertEqual(check.state, "down")
        self.env.company.ops_canaries = "tcp://127.0.0.1:1, tcp://127.0.0.1:2"
        self.assertTrue(self.network.active)
        self.assertEqual(self.env["ops.health.check"]._own_network_check(), self.network)

    def test_errors_name_the_field(self):
        for canaries, reason in (
            ("tcp://192.0.2.1:53", "two addresses at least"),
            ("192.0.2.1, tcp://127.0.0.1:1", "Write addresses such as"),
            ("tcp://127.0.0.1, tcp://127.0.0.1:1", "must end with a port"),
            ("tcp://127.0.0.1:1, tcp://10.0.0.1:1", "tcp://10.0.0.1:1 leads into a network"),
        ):
            with (
                self.subTest(canaries=canaries),
                self.assertRaisesRegex(ValidationError, f"“Our Network Is There If”.*{reason}"),
            ):
                self.env.company.ops_canaries = canaries
