import socket
from contextlib import ExitStack

from odoo.tests import BaseCase, tagged

from .. import own_network
from ..own_network import FRESH, Canaries, explain
from ..probes import AddressPolicy


@tagged("post_install", "-at_install")
class TestCanaries(BaseCase):
    """The canaries of these tests are ports of this machine that are open or not."""

    def setUp(self):
        super().setUp()
        self.clock = 1000.0
        self.patch(own_network, "monotonic", lambda: self.clock)
        self.patch(own_network, "_looks", {})
        self.open = self.enterContext(ExitStack())
        servers = [self.serve(), self.serve()]
        self.ports = [server.getsockname()[1] for server in servers]
        self.close()

    def serve(self, port=0):
        return self.open.enter_context(socket.create_server(("127.0.0.1", port)))

    def close(self):
        self.open.close()

    def canaries(self, *networks):
        return Canaries(
            tuple(f"tcp://127.0.0.1:{port}" for port in self.ports), AddressPolicy(networks)
        )

    def test_silence_tells_of_each_canary(self):
        [first, second] = self.canaries("127.0.0.0/8").silence()
        self.assertTrue(
            {first.split(": ")[0], second.split(": ")[0]} == set(self.canaries("127.0.0.0/8").urls)
        )

    def test_one_that_answers_is_enough(self):
        self.serve(self.ports[1])
        self.assertEqual(self.canaries("127.0.0.0/8").silence(), [])

    def test_young_looks_are_not_repeated(self):
        canaries = self.canaries("127.0.0.0/8")
        self.assertTrue(canaries.silence())
        self.serve(self.ports[0])
        self.clock += FRESH - 0.001
        self.assertTrue(canaries.silence())
        self.clock += 1
        self.assertFalse(canaries.silence())
        # That somebody answered is remembered as well.
        self.close()
        self.clock += FRESH / 2
        self.assertFalse(canaries.silence())

    def test_who_may_not_be_looked_at_says_nothing(self):
        self.assertEqual(self.canaries().silence(), [])

    def test_canary_is_asked_whether_somebody_is_there(self):
        [target] = Canaries(("https://192.0.2.1/",), AddressPolicy()).targets()
        self.assertEqual((target.kind, target.verify), ("http", False))
        self.assertEqual((target.expected_status, target.timeout), ("100-599", 3.0))

    def test_explanation_counts(self):
        self.assertIn("none of 2 canaries", explain(["a", "b"]))
