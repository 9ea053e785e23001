import socketserver
import threading
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rrset

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import HealthCase

NAME = "shop.example."


@contextmanager
def name_server(addresses):
    """Serve these addresses of `NAME` on loopback, and nothing else; yields ``host:port``."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            data, wire = self.request
            query = dns.message.from_wire(data)
            response = dns.message.make_response(query)
            [question] = query.question
            if question.name.to_text() == NAME:
                response.answer.append(dns.rrset.from_text(NAME, 60, "IN", "A", *addresses))
            else:
                response.set_rcode(dns.rcode.NXDOMAIN)
            wire.sendto(response.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield "{}:{}".format(*server.server_address)
        finally:
            server.shutdown()
            thread.join()


@tagged("post_install", "-at_install")
class TestDnsCheck(HealthCase):
    def setUp(self):
        super().setUp()
        self.addresses = ["192.0.2.1"]
        self.server = self.enterContext(name_server(self.addresses))

    def create_dns_check(self, **values):
        values = {"kind": "dns", "dns_name": "shop.example", "dns_server": self.server, **values}
        return self.create_check(**{"failure_threshold": 1, **values})

    def test_check_made_in_the_form(self):
        form = Form(self.env["ops.health.check"])
        form.name, form.environment_id, form.kind = "Address", self.environment, "dns"
        form.dns_name, form.dns_server = "shop.example", self.server
        form.dns_values = "192.0.2.1\n192.0.2.2"
        check = form.save()
        self.assertEqual(check.url, f"dns://{self.server}/shop.example?type=A")
        self.addresses.append("192.0.2.2")
        self.run_due()
        self.assertEqual(check.state, "up", check.last_message)

    def test_wrong_record_is_down_until_it_is_right(self):
        check = self.create_dns_check(dns_values="192.0.2.2")
        self.run_due()
        self.assertEqual((check.state, check.last_error), ("down", "dns_value"))
        self.assertIn("192.0.2.1", check.incident_ids.evidence)
        check.write({"dns_values": "192.0.2.1\n192.0.2.9", "dns_match": "any"})
        self.run_now(check, 2)
        self.assertEqual(check.state, "up")

    def test_name_that_does_not_exist(self):
        check = self.create_dns_check(dns_name="gone.example")
        self.run_due()
        self.assertEqual((check.state, check.last_error), ("down", "dns_nxdomain"))

    def test_server_must_be_allowed(self):
        self.env.company.ops_allowed_networks = False
        with self.assertRaisesRegex(ValidationError, "internal network"):
            self.create_dns_check()

    def test_what_cannot_be_asked_is_refused_in_words(self):
        with self.assertRaisesRegex(ValidationError, "Asked For.*check its dots"):
            self.create_dns_check(dns_name="shop..example")
        with self.assertRaisesRegex(ValidationError, "Name Server.*its port"):
            self.create_dns_check(dns_server="ns.example:port")

    def test_address_follows_what_is_asked(self):
        check = self.create_dns_check(dns_server="2001:4860:4860::8888", dns_type="MX")
        self.assertEqual(check.url, "dns://[2001:4860:4860::8888]/shop.example?type=MX")
        check.dns_server = False
        self.assertEqual(check.url, "dns:///shop.example?type=MX")
        check.write({"kind": "tcp", "url": "tcp://127.0.0.1:9"})
        self.assertEqual(check.url, "tcp://127.0.0.1:9")
