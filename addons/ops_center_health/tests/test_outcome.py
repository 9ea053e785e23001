from odoo.tests import BaseCase, tagged

from ..outcome import BODY_EXCERPT, Outcome
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
