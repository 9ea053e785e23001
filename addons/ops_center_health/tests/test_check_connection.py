from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import HealthCase


@tagged("post_install", "-at_install")
class TestCheckConnection(HealthCase):
    """What several kinds of checks have."""

    def setUp(self):
        super().setUp()
        self.env.company.ops_allowed_networks = "127.0.0.0/8, ::1"
        self.place = self.url.partition("://")[2].replace("127.0.0.1", "localhost")

    def look(self, kind, scheme, **values):
        check = self.create_check(kind=kind, url=f"{scheme}://{self.place}", **values)
        self.run_now(check)
        return check.last_error

    def test_addresses_of_one_family(self):
        for kind, scheme in (("http", "http"), ("tcp", "tcp")):
            self.assertFalse(self.look(kind, scheme, ip_family="ipv4"), kind)
        # Nobody listens there.
        for kind, scheme in (("http", "http"), ("tcp", "tcp"), ("tls", "tls"), ("odoo", "http")):
            error = self.look(kind, scheme, ip_family="ipv6")
            self.assertIn(error, ("connect_refused", "dns"), kind)

    def test_address_of_the_other_family_is_refused(self):
        check = self.create_check(kind="tcp", url="tcp://127.0.0.1:22")
        with self.assertRaisesRegex(ValidationError, "not an IPv6 address"):
            check.ip_family = "ipv6"

    def test_most_milliseconds_are_those_of_every_kind_that_is_timed(self):
        for values in (
            {"kind": "tcp", "url": f"tcp://{self.place}"},
            {"kind": "tls", "url": f"tls://{self.place}"},
            {"kind": "odoo", "url": self.url},
            {"kind": "postgresql", "url": f"postgresql://odoo@{self.place}/shop"},
            {"kind": "dns", "url": False, "dns_name": "shop.example.com"},
        ):
            check = self.create_check(max_latency_ms=20, **values)
            self.assertEqual(check._watch().target.max_latency_ms, 20, values)
