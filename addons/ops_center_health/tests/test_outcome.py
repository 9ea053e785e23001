from odoo.tests import BaseCase, tagged

from ..outcome import BODY_EXCERPT, Outcome
from ..own_network import OWN_NETWORK
from ..probes import Result, Target
from ..self_checks import Measure

TARGET = Target(key=1, url="https://shop.example.com/status")


@tagged("post_install", "-at_install")
class TestOutcome(BaseCase):
    def outcome(self, **values):
        result = Result(
            **{
                "key": 1,
                "verdict": "down",
                "message": "Answered status 500, expected 200-399.",
                "error": "status",
                "status": 500,
                "started_at": 1_700_000_000.5,
                **values,
            }
        )
        return Outcome.from_result(result, TARGET)

    def test_evidence_shows_all_that_was_seen(self):
        evidence = self.outcome(
            body="Störung 4711".encode(),
            headers={"content-type": "text/plain"},
            address="192.0.2.1",
            phases={"dns": 1.5, "connect": 20.25},
            certificate={"subject": "shop.example.com"},
        ).evidence
        for text in (
            "GET https://shop.example.com/status",
            "Status: 500",
            "Störung 4711",
            "content-type: text/plain",
            "192.0.2.1",
            "dns 1.5 ms, connect 20.2 ms",
            "subject: shop.example.com",
        ):
            self.assertIn(text, evidence)

    def test_secrets_are_masked(self):
        outcome = self.outcome(
            body=b'{"api_token": "s3cr3t-canary"}', message="Redirects to https://u:canary@x.test/"
        )
        self.assertNotIn("canary", outcome.evidence + outcome.message)

    def test_excerpt_is_short(self):
        evidence = self.outcome(body=b"x" * 4096).evidence
        self.assertEqual(evidence.count("x"), BODY_EXCERPT + "https://shop.example.com".count("x"))

    def test_excerpt_is_of_two_kilobytes(self):
        self.assertEqual(
            self.outcome(body=b"\xff" * 4096).evidence.count("\N{REPLACEMENT CHARACTER}"), 2048
        )

    def test_evidence_of_little_is_the_address(self):
        for kind, url in (("http", "http://x.test/"), ("tcp", "tcp://x.test:22")):
            result = Result(key=1, verdict="down", message="No.", started_at=0)
            outcome = Outcome.from_result(result, Target(key=1, kind=kind, url=url))
            self.assertEqual(outcome.evidence, f"GET {url}" if kind == "http" else url)

    def test_evidence_tells_what_an_odoo_told(self):
        evidence = self.outcome(odoo={"version": "19.0", "selector": "open"}).evidence
        self.assertIn("Version: 19.0\nSelector: open", evidence)

    # === TWO LOOKS AT ONE CHECK === #

    def join(self, verdict, measured):
        """A look, and the same together with what is known from elsewhere."""
        look = self.outcome(
            verdict=verdict, message="Slow.", error=(verdict != "up" and "slow") or ""
        )
        measure = Measure(measured, "Mail is stuck.", evidence="3 mails")
        return look, look.joined(measure, "facts")

    def test_what_is_well_elsewhere_changes_nothing(self):
        for verdict in ("up", "degraded", "down", "unknown"):
            look, joined = self.join(verdict, "up")
            self.assertIs(joined, look)

    def test_what_is_unknown_stays_unknown(self):
        look, joined = self.join("unknown", "down")
        self.assertIs(joined, look)

    def test_trouble_elsewhere_is_that_of_the_check(self):
        for measured in ("degraded", "down"):
            _look, joined = self.join("up", measured)
            self.assertEqual(
                (joined.verdict, joined.error, joined.message, joined.evidence),
                (measured, "facts", "Mail is stuck.", "3 mails"),
            )

    def test_the_worse_of_two_troubles_comes_first(self):
        for verdict, measured, expected, error, message in (
            ("degraded", "down", "down", "facts", "Mail is stuck. Slow."),
            ("degraded", "degraded", "degraded", "slow", "Slow. Mail is stuck."),
            ("down", "degraded", "down", "slow", "Slow. Mail is stuck."),
            ("down", "down", "down", "slow", "Slow. Mail is stuck."),
        ):
            look, joined = self.join(verdict, measured)
            self.assertEqual(
                (joined.verdict, joined.error, joined.message), (expected, error, message)
            )
            self.assertEqual(joined.evidence, f"{look.evidence}\n3 mails")

    def test_nobody_is_blamed_for_our_own_network(self):
        outcome = self.outcome().acquitted(["a: silent", "b: silent"])
        self.assertEqual((outcome.verdict, outcome.error), ("unknown", OWN_NETWORK))
        self.assertEqual(
            outcome.evidence, "Answered status 500, expected 200-399.\na: silent\nb: silent"
        )

    # === WHAT IS KEPT === #

    def test_what_can_not_be_looked_at_is_unknown(self):
        outcome = Outcome.from_problem("Enter the password=canary again.\x00")
        self.assertEqual((outcome.verdict, outcome.error), ("unknown", "definition"))
        self.assertEqual(outcome.message, "Enter the password=*** again.")

    def test_what_is_said_of_success_is_taken_as_it_is(self):
        outcome = self.outcome(verdict="up", error="", message="token=abc")
        self.assertEqual(outcome.message, "token=abc")

    def test_what_postgresql_refuses_is_left_out(self):
        outcome = self.outcome(body=b"a\x00b\x1b[31mc\r\nd\xff", message="bad \x00 byte")
        self.assertIn("ab[31mc\nd\N{REPLACEMENT CHARACTER}", outcome.evidence)
        self.assertEqual(outcome.message, "bad  byte")

    def test_success_needs_no_evidence(self):
        self.assertFalse(self.outcome(verdict="up", error="", body=b"fine").evidence)

    def test_times_are_naive_utc(self):
        self.assertEqual(str(self.outcome().at), "2023-11-14 22:13:20.500000")

    def test_measure_in_trouble_names_its_check_as_the_error(self):
        outcome = Outcome.from_measure(Measure("down", "Full.", 99.0), "disk", 1_700_000_000)
        self.assertEqual((outcome.error, outcome.value), ("disk", 99.0))
        self.assertFalse(Outcome.from_measure(Measure("up", "Fine."), "disk", 0).error)

    def test_phases_are_kept_without_their_total(self):
        phases = {"dns": 1.5, "connect": 2.0, "total": 3.5, "wait": 0.0}
        outcome = self.outcome(phases=phases)
        self.assertEqual(outcome.phases, {"dns": 1.5, "connect": 2.0, "wait": 0.0})
        self.assertIsNone(self.outcome(phases={}).phases)

    def test_certificate_is_plain_text(self):
        certificate = {"subject": "a\x00b", "names": ["c\x1bd"], "days": 3}
        self.assertEqual(
            self.outcome(certificate=certificate).certificate,
            {"subject": "ab", "names": ["cd"], "days": 3},
        )
