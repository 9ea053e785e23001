import json
from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from ..odoo_facts import Expectation, Facts, parse
from ..outcome import Outcome
from ..self_checks import Measure

NOW = datetime(2026, 11, 23, 12, 0)
NOW_SECONDS = 1795435200
HOUR = 3600
GIB = 2**30


def document(**values):
    return {"format": 1, "period": 300, **values}


def judged(age=0, backup_hours=26, **values):
    facts = Facts(parse(json.dumps(document(**values)).encode()), NOW - timedelta(seconds=age))
    return Expectation(backup_hours).judge(facts, NOW)


@tagged("post_install", "-at_install")
class TestOdooFacts(BaseCase):
    # === VERDICTS === #

    def test_nothing_known_is_no_trouble(self):
        for values in ({}, {"crons": {}, "mail": {}, "jobs": {}, "disk": {}, "backup": {}}):
            self.assertEqual(judged(**values).verdict, "up")

    def test_three_missing_reports_are_silence(self):
        self.assertEqual(judged(age=900).verdict, "up")
        measure = judged(age=901)
        self.assertEqual(measure.verdict, "degraded")
        self.assertEqual(measure.message, "The agent has been silent since 2026-11-23 11:44 UTC.")
        self.assertEqual(judged(age=901, period=600).verdict, "up")

    def test_what_a_silent_agent_said_is_no_longer_counted(self):
        self.assertEqual(judged(age=901, disk={"total": 100, "free": 0}).verdict, "degraded")

    def test_scheduled_actions(self):
        late = [{"name": "Mail queue", "due_at": NOW_SECONDS - HOUR}]
        measure = judged(crons={"active": 9, "late": late, "failing": []})
        self.assertEqual(measure.verdict, "degraded")
        self.assertIn("1 scheduled action more than 15 minutes late (Mail queue)", measure.message)
        self.assertEqual(measure.evidence, "Late: Mail queue, due 2026-11-23 11:00 UTC")
        failing = [{"name": "Sync", "failures": 4}]
        measure = judged(crons={"active": 9, "late": [], "failing": failing})
        self.assertEqual(measure.verdict, "degraded")
        self.assertEqual(measure.evidence, "Failed 4 times: Sync")
        self.assertEqual(judged(crons={"active": 1, "late": late}).verdict, "down")
        self.assertEqual(judged(crons={"active": 9, "late": [], "failing": []}).verdict, "up")

    def test_mail_and_jobs(self):
        self.assertEqual(judged(mail={"stuck": 1, "failed": 0, "reason": ""}).verdict, "degraded")
        measure = judged(mail={"stuck": 0, "failed": 2, "reason": "550 no such user"})
        self.assertEqual(measure.verdict, "degraded")
        self.assertEqual(measure.evidence, "550 no such user")
        self.assertEqual(judged(jobs={"failed": 3}).message, "3 jobs failed in the last 24 hours.")
        self.assertEqual(judged(mail={"stuck": 0, "failed": 0}, jobs={"failed": 0}).verdict, "up")

    def test_disk(self):
        for free, verdict in ((11, "up"), (10, "degraded"), (3, "down")):
            measure = judged(disk={"total": 100 * GIB, "free": free * GIB})
            self.assertEqual(measure.verdict, verdict, free)
        self.assertIn("97 % full, 3.0 GiB are free", measure.message)

    def test_backup(self):
        fresh, old = NOW_SECONDS - 26 * HOUR, NOW_SECONDS - 26 * HOUR - 1
        self.assertEqual(judged(backup={"newest_at": fresh}).verdict, "up")
        measure = judged(backup={"newest_at": old})
        self.assertEqual(measure.verdict, "degraded")
        self.assertIn("2026-11-22 09:59 UTC", measure.message)
        self.assertEqual(judged(backup={"newest_at": None}).verdict, "degraded")
        self.assertEqual(judged(backup_hours=None, backup={"newest_at": old}).verdict, "up")

    def test_the_worst_comes_first(self):
        measure = judged(jobs={"failed": 1}, disk={"total": 100, "free": 1})
        self.assertEqual((measure.verdict, measure.value), ("down", 2))
        self.assertLess(measure.message.index("disk"), measure.message.index("job"))

    # === TOGETHER WITH A LOOK FROM OUTSIDE === #

    def joined(self, verdict, measured):
        error = "" if verdict == "up" else "status"
        look = Outcome(verdict, "Seen.", error, NOW, evidence="")
        outcome = look.joined(Measure(measured, "Told.", evidence="pwd: password=x"), "facts")
        return outcome.verdict, outcome.error, outcome.message, outcome.evidence

    def test_the_worse_of_both_counts(self):
        told = "pwd: password=***"
        for verdict, measured, expected in (
            ("up", "up", ("up", "", "Seen.", "")),
            ("up", "degraded", ("degraded", "facts", "Told.", told)),
            ("up", "down", ("down", "facts", "Told.", told)),
            ("degraded", "up", ("degraded", "status", "Seen.", "")),
            ("degraded", "degraded", ("degraded", "status", "Seen. Told.", told)),
            ("degraded", "down", ("down", "facts", "Told. Seen.", told)),
            ("down", "degraded", ("down", "status", "Seen. Told.", told)),
            ("unknown", "down", ("unknown", "status", "Seen.", "")),
        ):
            self.assertEqual(self.joined(verdict, measured), expected, (verdict, measured))

    # === PARSING === #

    def test_a_whole_report(self):
        known = document(
            odoo={"version": "19.0", "edition": "community"},
            modules={"sale": "19.0.1.2"},
            crons={"active": 2, "late": [], "failing": [{"name": "x", "failures": 1}]},
            mail={"stuck": 0, "failed": 1, "reason": "y"},
            jobs={"failed": 0},
            users_online=3,
            disk={"total": 2, "free": 1},
            database={"size": 9},
            backup={"newest_at": None},
        )
        sent = {**known, "of tomorrow": 1, "disk": {**known["disk"], "inodes": 7}}
        self.assertEqual(parse(json.dumps(sent).encode()), known)

    def test_texts_are_plain_and_short(self):
        odoo = {"version": "19.0\u0000\x1b[31m\ud800", "edition": "x" * 999}
        report = parse(json.dumps(document(odoo=odoo, modules={"a\u0000": "1\u0007"})).encode())
        self.assertEqual(report["odoo"], {"version": "19.0[31m", "edition": "x" * 200})
        self.assertEqual(report["modules"], {"a": "1"})

    def test_garbage_is_refused_with_its_name(self):
        for body, words in (
            (b"", "not JSON"),
            (b"\xff\xfe", "not JSON"),
            (b"[" * 100_000, "not JSON"),
            (b"9" * 5000, "not JSON"),
            (b'{"format": 1, "period": NaN}', "not JSON"),
            (b"[]", "not a JSON object"),
            (b"{}", "“format” is not 1"),
            (b'{"format": 2}', "“format” is not 1"),
            (b'{"format": 1}', "“period” is missing"),
        ):
            with self.assertRaisesRegex(ValueError, words):
                parse(body)
        for name, value in (
            ("period", 59),
            ("period", 86401),
            ("users_online", True),
            ("users_online", -1),
            ("users_online", 1.5),
            ("users_online", 2**60),
            ("users_online", "3"),
            ("modules", ["sale"]),
            ("modules", {"sale": None}),
            ("modules", {str(number): "" for number in range(5001)}),
            ("crons", {"late": {}}),
            ("crons", {"late": [{"name": "x"}]}),
            ("crons", {"late": ["x"]}),
            ("crons", {"late": [{"name": "x", "due_at": 10**15}]}),
            ("odoo", {"version": 19}),
            ("backup", {"newest_at": "today"}),
            ("disk", 5),
        ):
            with self.subTest(name=name, value=value), self.assertRaisesRegex(ValueError, name):
                parse(json.dumps(document(**{name: value})).encode())
