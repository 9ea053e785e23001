import base64
import os
import textwrap
from datetime import timedelta
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, TransactionCase, new_test_user, tagged

from ..checks_as_code import CodeError, Key, dump, parse, plan
from .common import HealthCase

KEYS = {
    "kind": Key("choice", "http", ("http", "tcp")),
    "url": Key("text", ""),
    "interval": Key("integer", 60),
    "timeout": Key("number", 10.0),
    "verify_tls": Key("boolean", True),
    "auth_secret": Key("secret"),
    "members": Key("checks", ()),
}
CHECK = "checks:\n- environment: Shop / Production\n  name: Front page\n"


@tagged("post_install", "-at_install")
class TestFormat(TransactionCase):
    def assertProblems(self, text, *problems):
        """Each problem begins so, in their order."""
        with self.assertRaises(CodeError) as caught:
            parse(text, KEYS)
        told = [str(problem) for problem in caught.exception.problems]
        self.assertEqual(len(told), len(problems), told)
        for sentence, expected in zip(told, problems, strict=True):
            self.assertTrue(sentence.startswith(expected), sentence)
            self.assertRegex(sentence, r"[.?]$")

    def test_left_out_means_default(self):
        [entry] = parse(CHECK, KEYS)
        self.assertEqual(entry.identity, ("Shop / Production", "Front page"))
        defaults = {
            "kind": "http",
            "url": "",
            "interval": 60,
            "timeout": 10,
            "verify_tls": True,
            "members": (),
        }
        self.assertEqual(entry.values, defaults)
        [entry] = parse(CHECK + "  interval:\n  url: null\n", KEYS)
        self.assertEqual(entry.values, defaults)

    def test_values(self):
        [entry] = parse(
            CHECK + "  url: 2026-01-01\n  interval: 30\n  timeout: 2\n  verify_tls: no\n"
            "  members: [b, a, 1, b]\n",
            KEYS,
        )
        self.assertEqual(
            entry.values,
            {
                "kind": "http",
                "url": "2026-01-01",
                "interval": 30,
                "timeout": 2.0,
                "verify_tls": False,
                "members": ("1", "a", "b"),
            },
        )

    def test_what_is_written_is_read(self):
        values = {
            "environment": "Shop / Production",
            "name": "true",
            "kind": "tcp",
            "url": "a: b\n# c\n“d”",
            "interval": 60,
            "timeout": 2.5,
            "verify_tls": False,
            "auth_secret": True,
            "members": ("Page", "Shop / Test / Page"),
        }
        text = dump([values], KEYS)
        self.assertNotIn("interval", text)
        self.assertIn("auth_secret: kept", text)
        [entry] = parse(text, KEYS)
        self.assertEqual(entry.identity, ("Shop / Production", "true"))
        self.assertEqual({**values, **entry.values}, values)

    def test_files_that_are_none(self):
        for text in ("", "checks", "[]", "checks:", "checks: []", "checks: {a: b}"):
            self.assertProblems(text, "Line 1: ")
        self.assertProblems("check: []", "Line 1: “check” isn't known")
        self.assertProblems("checks:\n- a: [", "Line 2: This is no YAML")
        self.assertProblems("checks:\n- a\n---\n- b", "Line 3: This is no YAML")
        self.assertProblems("checks:\n- \x07", "Line 2: A character")
        self.assertProblems("checks:\n- a\nchecks:\n- b", "Line 3: “checks” is there already")

    def test_files_that_would_be_dangerous_to_load(self):
        self.assertProblems("checks:\n- &a [x]\n- [*a, *a]", "Line 2: References")
        self.assertProblems("#" * 300_000, "Line 1: The file is larger than 256 KiB")
        self.assertProblems("[" * 200_000, "Line 1: Too many brackets")
        self.assertProblems(CHECK + "  url: !!python/name:os.system x", "Line 4: “url” has a tag")
        self.assertProblems(CHECK + '  url: "\\0"', "Line 4: “url” holds a character")
        self.assertProblems(CHECK + f"  interval: {'9' * 5000}", "Line 4: “interval” must be")

    def test_all_problems_are_told_with_their_lines(self):
        self.assertProblems(
            CHECK + "  interva: 5\n  interval: 1.5\n  timeout: .inf\n  verify_tls: 1\n  kind: ftp\n"
            "  url: [a]\n  auth_secret: secret\n  timeout: 3\n  members: a\n"
            "- name: Second\n- third\n",
            "Line 4: “interva” is no key of a check. Did you mean “interval”?",
            "Line 5: “interval” must be a whole number",
            "Line 6: “timeout” must be a number",
            "Line 7: “verify_tls” must be true or false",
            "Line 8: “kind” must be one of http, tcp",
            "Line 9: “url” takes a single value",
            "Line 10: “auth_secret” is a secret",
            "Line 11: “timeout” is there already, in line 6",
            "Line 12: “members” takes a list of checks",
            "Line 13: The check needs “environment”",
            "Line 14: A check is a mapping",
        )

    def test_two_checks_of_one_name(self):
        self.assertProblems(
            CHECK + CHECK.removeprefix("checks:\n"),
            "Line 4: “Front page” in “Shop / Production” is there already, in line 2",
        )

    def test_plan(self):
        entries = parse(CHECK + "  interval: 30\n", KEYS)
        [step] = plan(entries, {})
        self.assertEqual((step.action, step.values["interval"]), ("create", 30))
        present = {**entries[0].values, "interval": 60}
        [step] = plan(entries, {entries[0].identity: present})
        self.assertEqual((step.action, step.values), ("change", {"interval": 30}))
        self.assertEqual(str(step), "interval: 60 → 30")
        [step] = plan(entries, {entries[0].identity: entries[0].values})
        self.assertEqual((step.action, step.values), ("leave", {}))


@tagged("post_install", "-at_install")
class TestApply(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "managing", "ops_center_base.group_manager")
        cls.operator = new_test_user(cls.env, "acting", "ops_center_base.group_operator")

    def apply(self, text, user=None, **options):
        """What was done: an action for each check."""
        checks = self.env["ops.health.check"].with_user(user or self.manager)
        done = checks.apply_yaml(textwrap.dedent(text), **options)
        return [step["action"] for step in done]

    def find(self, name):
        return self.environment.check_ids.filtered(lambda check: check.name == name)

    def file(self, **keys):
        lines = [f"  {key}: {value}" for key, value in keys.items()]
        return "\n".join([CHECK.rstrip("\n"), *lines])

    def test_create_change_leave(self):
        text = self.file(url=f"{self.url}/status", interval=30)
        self.assertEqual(self.apply(text), ["create"])
        check = self.find("Front page")
        self.assertEqual(
            (check.interval, check.kind, check.url), (30, "http", f"{self.url}/status")
        )
        self.run_due()
        self.assertEqual(check.state, "up")
        self.env.cr.execute("SELECT max(revision) FROM ops_health_check_state")
        [revision] = self.env.cr.fetchone()
        self.assertEqual(self.apply(text), ["leave"])
        self.env.cr.execute("SELECT max(revision) FROM ops_health_check_state")
        self.assertEqual(self.env.cr.fetchone(), (revision,))
        self.assertEqual(self.apply(self.file(url=f"{self.url}/status")), ["change"])
        self.assertEqual(check.interval, 60)

    def test_other_checks_are_left_alone(self):
        other = self.create_check(name="Other", interval=45)
        self.apply(self.file(url=f"{self.url}/status"))
        self.assertEqual((other.interval, other.active), (45, True))

    def test_dry_run_does_nothing(self):
        text = self.file(url=f"{self.url}/status")
        self.assertEqual(self.apply(text, dry_run=True), ["create"])
        self.assertFalse(self.find("Front page"))
        check = self.create_check(interval=30)
        self.assertEqual(self.apply(text, dry_run=True), ["change"])
        self.assertEqual(check.interval, 30)

    def test_with_any_error_nothing_is_applied(self):
        good = self.file(url=f"{self.url}/status")
        bad = """
        - environment: Shop / Production
          name: Too often
          url: https://example.com
          interval: 1
        - environment: Shop / Production
          name: Nowhere
          url: ftp://example.com
        """
        for options in ({}, {"dry_run": True}):
            with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
                self.apply(good + textwrap.dedent(bad), **options)
            [first, second] = str(caught.exception).splitlines()
            self.assertRegex(first, "^Line 5: “(Every|Timeout)”")
            self.assertRegex(second, "^Line 9: “Address”")
            self.assertFalse(self.environment.check_ids)

    def test_unknown_environment(self):
        text = self.file(url="https://example.com").replace("Shop", "Shopp")
        with self.assertRaisesRegex(UserError, "Line 2: .* mean “Shop / Production”"):
            self.apply(text)

    def test_environments_of_other_companies_are_unknown(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "ops_center_base.group_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        with self.assertRaisesRegex(UserError, "There is no environment"):
            self.apply(self.file(url="https://example.com"), user=stranger)

    def test_two_checks_that_could_be_meant(self):
        self.create_check()
        self.create_check()
        with self.assertRaisesRegex(UserError, "Line 2: There are several checks “Front page”"):
            self.apply(self.file(url="https://example.com"))

    def test_checks_of_this_odoo_are_its_own(self):
        with self.assertRaisesRegex(UserError, "Line 2: Ops Center itself"):
            self.apply(self.file(kind="self"))
        check = self.env.ref("ops_center_health.ops_health_check_self_disk")
        text = f"""
        checks:
        - environment: {check.environment_id.display_name}
          name: {check.name}
        """
        with self.assertRaisesRegex(UserError, "Line 3: Ops Center itself"):
            self.apply(text)
        with self.assertRaisesRegex(UserError, "Select other checks"):
            check.action_export_yaml()

    def test_only_managers_apply(self):
        with self.assertRaisesRegex(AccessError, "Only managers"):
            self.apply(self.file(url="https://example.com"), user=self.operator)

    # === EXPORT === #

    def export(self, checks):
        return checks.with_user(self.operator)._to_yaml()

    def test_every_kind_comes_back_as_it_is(self):
        checks = self.create_check(
            name="Page",
            interval=30,
            expected_json='$.status == "ok"\n$.n < 3\n',
            max_latency_ms=900,
        )
        checks |= self.create_check(name="Port", kind="tcp", url="tcp://127.0.0.1:22")
        checks |= self.create_check(name="Certificate", kind="tls", url="tls://127.0.0.1:443")
        checks |= self.create_check(name="Backup", kind="heartbeat", url=False, interval=86400)
        checks |= self.create_check(
            name="Name", kind="dns", url=False, dns_name="example.com", dns_server="127.0.0.1"
        )
        checks |= self.create_check(
            name="Base", kind="postgresql", url="postgresql://a@127.0.0.1/b", pg_lag_down=2.5
        )
        text = self.export(checks)
        self.assertEqual(self.apply(text), ["leave"] * 6)
        checks.unlink()
        self.assertEqual(self.apply(text), ["create"] * 6)
        self.assertEqual(self.export(self.environment.check_ids), text)

    def test_groups_and_dependencies_come_back_as_they_are(self):
        other = self.environment.copy(
            {"name": "Network", "application_id": self.environment.application_id.id}
        )
        router = self.create_check(name="Router", environment_id=other.id)
        page = self.create_check(name="Page", depends_on_ids=router.ids, failure_window=5)
        inner = self.create_check(name="A", kind="group", url=False, member_ids=page.ids)
        rules = {"group_rule": "minimum", "group_minimum": 2, "mute_members": True}
        outer = self.create_check(
            name="B", kind="group", url=False, member_ids=(inner + router).ids, **rules
        )
        checks = outer + inner + page + router
        text = self.export(checks)
        self.assertIn("depends_on:\n  - Shop / Network / Router", text)
        self.assertIn("failure_window: 5", text)
        self.assertEqual(self.apply(text), ["leave"] * 4)
        checks.unlink()
        self.assertEqual(self.apply(text), ["create"] * 4)
        self.assertEqual(
            self.export(self.find("B") + self.find("A") + self.find("Page") + other.check_ids), text
        )
        self.assertEqual(self.find("B").member_ids, self.find("A") + other.check_ids)
        without = text.replace("  depends_on:\n  - Shop / Network / Router\n", "")
        self.assertEqual(self.apply(without).count("change"), 1)
        self.assertFalse(self.find("Page").depends_on_ids)

    def test_checks_that_are_referred_to(self):
        self.create_check(name="Router")
        text = self.file(url=f"{self.url}/status", depends_on="[Ruter]")
        with self.assertRaisesRegex(UserError, "Line 5: There is no check “Ruter”.*“Router”"):
            self.apply(text)
        with self.assertRaisesRegex(UserError, "Line 2: “Depends On” .* leads back to itself"):
            self.apply(self.file(url=f"{self.url}/status", depends_on="[Front page]"))
        with self.assertRaisesRegex(UserError, "Line 5: “members” .* leads back to itself"):
            self.apply(self.file(kind="group", members="[Front page]"))
        self.create_check(name="Router")
        with self.assertRaisesRegex(UserError, "There are several checks “Router”"):
            self.apply(text.replace("Ruter", "Router"))

    def test_address_of_a_name_server_follows(self):
        with self.assertRaisesRegex(UserError, "Line 5: “url” of a DNS check follows"):
            self.apply(self.file(kind="dns", url="dns:///example.com", dns_name="example.com"))

    def test_kind_changes(self):
        check = self.create_check()
        self.assertEqual(self.apply(self.file(kind="dns", dns_name="example.com")), ["change"])
        self.assertEqual(check.url, "dns:///example.com?type=A")
        self.assertEqual(self.apply(self.file(url=f"{self.url}/status")), ["change"])
        self.assertEqual((check.kind, check.url), ("http", f"{self.url}/status"))

    def test_secrets_stay_and_are_never_written_down(self):
        key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
        self.enterContext(patch.dict(os.environ, key))
        secret = "not-for-any-file"
        check = self.create_check(authentication="bearer", auth_secret=secret)
        cipher = check.sudo().auth_secret_cipher
        text = self.export(check)
        self.assertIn("auth_secret: kept", text)
        self.assertNotIn(secret, text)
        self.assertNotIn(cipher, text)
        self.assertEqual(self.apply(text), ["leave"])
        self.assertEqual(self.apply(f"{text}  interval: 30\n"), ["change"])
        self.assertEqual(check.sudo().auth_secret_cipher, cipher)
        moved = text.replace(self.url, "https://example.com")
        with self.assertRaisesRegex(UserError, "Line 3: The password or token"):
            self.apply(moved)
        with self.assertRaisesRegex(UserError, "“auth_secret” is a secret"):
            self.apply(text.replace("kept", secret))

    # === WIZARD === #

    def test_plan_is_shown_before_it_is_applied(self):
        self.create_check(name="Stays", interval=60)
        text = self.export(self.find("Stays")) + textwrap.dedent("""\
            - environment: Shop / Production
              name: Comes
              url: https://example.com
        """).replace("    ", "")
        form = Form(self.env["ops.health.check.code"].with_user(self.manager))
        form.file = base64.b64encode(text.encode())
        self.assertEqual(form.text, text)
        code = form.save()
        self.assertEqual(code.action_plan()["res_id"], code.id)
        self.assertEqual(code.line_ids.mapped("action"), ["create", "leave"])
        self.assertIn("url: “https://example.com”", code.line_ids[0].changes)
        self.assertEqual(code.summary, "To create: 1. To change: 0. To leave as they are: 1.")
        self.assertFalse(self.find("Comes"))
        self.assertIn("Created: 1.", code.action_apply()["params"]["message"])
        self.assertTrue(self.find("Comes"))

    def test_file_that_is_no_text(self):
        form = Form(self.env["ops.health.check.code"].with_user(self.manager))
        with self.assertRaisesRegex(UserError, "no text in UTF-8"):
            form.file = base64.b64encode(b"\xff\xfe")


@tagged("post_install", "-at_install")
class TestOverHttp(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        application = cls.env["ops.application"].create({"name": "Shop"})
        cls.environment = cls.env["ops.environment"].create(
            {"name": "Production", "application_id": application.id}
        )

    def test_ci_applies_a_file(self):
        manager = new_test_user(self.env, "ci", "ops_center_base.group_manager")
        key = (
            self.env["res.users.apikeys"]
            .with_user(manager)
            ._generate("rpc", "CI", fields.Datetime.now() + timedelta(days=1))
        )
        answer = self.url_open(
            "/json/2/ops.health.check/apply_yaml",
            json={"text": CHECK + "  url: https://example.com\n"},
            headers={"Authorization": f"bearer {key}"},
        )
        [done] = answer.json()
        self.assertEqual((done["action"], done["name"]), ("create", "Front page"))
        self.assertEqual(self.environment.check_ids.url, "https://example.com")

    def test_file_is_downloaded_by_whom_it_was_made_for(self):
        check = self.env["ops.health.check"].create(
            {"name": "Page", "environment_id": self.environment.id, "url": "https://example.com"}
        )
        operator = new_test_user(self.env, "acting", "ops_center_base.group_operator")
        new_test_user(self.env, "other", "ops_center_base.group_operator")
        action = check.with_user(operator).action_export_yaml()
        self.authenticate("acting", "acting")
        answer = self.url_open(action["url"])
        self.assertIn("checks.yaml", answer.headers["Content-Disposition"])
        self.assertIn("  name: Page\n", answer.text)
        self.authenticate("other", "other")
        self.assertEqual(self.url_open(action["url"]).status_code, 404)
