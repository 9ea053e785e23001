import re
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .common import HealthCase

RUNBOOK = "https://wiki.example.com/front-page"
NONCE = "nonce-4b7f02"
LINK = re.compile(r"http://[^\s\"<]+/ops/acknowledge/[\w-]+")


@tagged("post_install", "-at_install")
class TestIncidentLink(HealthCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "ops_center_base.group_operator"
        cls.operator = new_test_user(cls.env, "ann", group, name="Ann", email="ann@example.com")
        cls.other = new_test_user(cls.env, "bob", group, name="Bob", email="bob@example.com")
        cls.viewer = new_test_user(
            cls.env, "vic", "ops_center_base.group_viewer", name="Vic", email="vic@example.com"
        )
        cls.customer = cls.env["res.partner"].create({"name": "Cus", "email": "cus@example.com"})
        cls.channel = cls.env["ops.notification.channel"].create(
            {
                "name": "On duty",
                "kind": "email",
                "partner_ids": (cls.operator | cls.other | cls.viewer).partner_id.ids
                + cls.customer.ids,
            }
        )

    def setUp(self):
        super().setUp()
        self.patch(self.registry["ops.instance"], "_outward_blocker", lambda _self: False)
        self.check = self.create_check(runbook_url=RUNBOOK, failure_threshold=1)
        self.break_target(NONCE.encode())
        self.run_now(self.check)
        self.incident = self.check.incident_ids

    def link(self, recipient=None, days=7):
        self.env.flush_all()
        until = fields.Datetime.now() + timedelta(days=days)
        return self.incident._acknowledge_url(recipient or self.operator, until)

    def open_page(self, link, status=200, language="en-US"):
        self.env.flush_all()
        answer = self.opener.get(link, timeout=30, headers={"Accept-Language": language})
        self.assertEqual(answer.status_code, status)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        return answer.text

    def press(self, link, status=200):
        self.env.flush_all()
        answer = self.opener.post(link, timeout=30)
        self.assertEqual(answer.status_code, status)
        self.env.invalidate_all()
        return answer

    def send(self):
        """Have the worker send what waits; return the mails by their recipients' names."""
        with self.worker_transactions():
            self.env["ops.notification"]._dispatch()
        mails = self.env["mail.mail"].search([("subject", "like", "Front page: down")])
        return {tuple(sorted(mail.recipient_ids.mapped("name"))): mail for mail in mails}

    # === PAGE === #

    def test_page_says_what_is_wrong_and_changes_nothing(self):
        page = self.open_page(self.link())
        self.open_page(self.link())
        self.assertEqual(self.incident.state, "open")
        for text in ("Front page: down", "Production", "status 500", RUNBOOK, "Ann"):
            self.assertIn(text, page)
        self.assertIn('<form method="post"', page)
        # What the target answered may be confidential.
        self.assertNotIn(NONCE, page)

    def test_pressing_the_button_takes_care_of_it(self):
        link = self.link()
        answer = self.press(link)
        self.assertEqual(self.incident.state, "acknowledged")
        self.assertEqual(self.incident.acknowledged_by_id, self.operator)
        self.assertEqual(self.incident.user_id, self.operator)
        self.assertIn("Ann takes care of", self.events("incident.acknowledged").name)
        # The browser was sent on, so that loading the page anew presses nothing.
        self.assertEqual(answer.history[0].status_code, 303)
        self.assertIn("You take care of it", answer.text)
        self.assertNotIn("<form", answer.text)

    def test_no_session_begins(self):
        answer = self.press(self.link())
        self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""))
        self.assertEqual(
            self.opener.get(
                f"{self.base_url()}/odoo", allow_redirects=False, timeout=30
            ).status_code,
            303,
        )

    def test_who_comes_late_is_told_who_was_first(self):
        self.press(self.link())
        late = self.link(self.other)
        self.assertIn("<b>Ann</b> takes care of it", self.open_page(late))
        self.press(late, 409)
        self.assertEqual(self.incident.acknowledged_by_id, self.operator)

    def test_it_is_over_meanwhile(self):
        link = self.link()
        self.mend_target()
        self.run_now(self.check, 2)
        self.assertIn("It is over", self.open_page(link))
        self.press(link, 409)
        self.assertFalse(self.incident.acknowledged_by_id)

    # === SIGNATURE === #

    def test_forged_links_lead_nowhere(self):
        link = self.link()
        other = self.create_check(name="Other", failure_threshold=1)
        self.run_now(other)
        path, _slash, token = link.rpartition("/")
        incident, kind, recipient, until, digest = token.split("-")
        for forged in (
            f"{other.incident_ids.id}-{kind}-{recipient}-{until}-{digest}",
            f"{incident}-{kind}-{self.other.id}-{until}-{digest}",
            f"{incident}-channel-{recipient}-{until}-{digest}",
            f"{incident}-{kind}-{recipient}-{int(until) + 1}-{digest}",
            f"{incident}-{kind}-{recipient}-{until}-{digest[:-1]}g",
            token[:-1],
            "nonsense",
        ):
            with self.subTest(forged):
                page = self.open_page(f"{path}/{forged}", 404)
                self.assertNotIn("Front page", page)
                self.press(f"{path}/{forged}", 404)
        self.assertEqual(set((self.incident | other.incident_ids).mapped("state")), {"open"})

    def test_link_expires(self):
        link = self.link()
        # Odoo's own clock, which sessions and time-outs go by, goes on.
        with freeze_time(fields.Datetime.now() + timedelta(days=7, minutes=1)):
            found = self.incident._follow_link(link.rpartition("/")[2])
        self.assertEqual(found.situation, "expired")
        page = self.open_page(self.link(days=0), 410)
        self.assertIn("expired", page)
        self.assertNotIn("Front page", page)
        self.press(self.link(days=0), 410)
        self.assertEqual(self.incident.state, "open")

    def test_link_of_somebody_who_lost_the_right_is_refused(self):
        link = self.link()
        for change in (
            {"group_ids": [Command.set(self.viewer.group_ids.ids)]},
            {"active": False},
        ):
            with self.subTest(change):
                self.operator.write(change)
                page = self.open_page(link, 403)
                self.assertNotIn("Front page", page)
                self.press(link, 403)
        self.assertEqual(self.incident.state, "open")

    def test_link_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.operator.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        self.open_page(self.link(), 403)

    def test_deleted_incident_leads_nowhere(self):
        link = self.link()
        self.check.unlink()
        self.open_page(link, 404)

    # === MESSAGES === #

    def test_only_those_who_may_are_mailed_a_link_each_their_own(self):
        mails = self.send()
        self.assertEqual(set(mails), {("Ann",), ("Bob",), ("Cus", "Vic")})
        for names, user in ((("Ann",), self.operator), (("Bob",), self.other)):
            [link] = LINK.findall(mails[names].body_html)
            found = self.incident._follow_link(link.rpartition("/")[2])
            self.assertEqual((found.situation, found.recipient), ("open", user))
        self.assertFalse(LINK.findall(mails["Cus", "Vic"].body_html))
        for mail in mails.values():
            self.assertIn(RUNBOOK, mail.body_html)
        [link] = LINK.findall(mails[("Ann",)].body_html)
        self.press(link)
        self.assertEqual(self.incident.acknowledged_by_id, self.operator)

    def test_what_is_taken_care_of_asks_nobody(self):
        self.incident.with_user(self.operator).action_acknowledge()
        [mail] = self.send().values()
        self.assertFalse(LINK.findall(mail.body_html))

    def test_message_of_the_end_names_no_runbook_and_asks_nobody(self):
        self.mend_target()
        self.run_now(self.check, 2)
        self.send()
        [mail] = self.env["mail.mail"].search([("subject", "like", "resolved")])
        self.assertNotIn(RUNBOOK, mail.body_html)
        self.assertFalse(LINK.findall(mail.body_html))

    def test_link_in_a_chat_stands_for_the_channel(self):
        channel = self.env["ops.notification.channel"].create(
            {"name": "Duty chat", "kind": "webhook", "webhook_url": "https://example.com/hook"}
        )
        self.env["ops.notification"]._notify(
            "Again", company=self.env.company, level="danger", record=self.incident, key="again"
        )
        notification = self.env["ops.notification"].search([("channel_id", "=", channel.id)])
        payload = channel._webhook_payload(notification)
        [link] = set(LINK.findall(payload["text"]))
        self.assertEqual(payload["action"]["address"], link)
        self.assertIn("somebody in <b>Duty chat</b>", self.open_page(link))
        self.press(link)
        self.assertEqual(self.incident.state, "acknowledged")
        self.assertEqual(self.incident.acknowledged_through, "Duty chat")
        self.assertFalse(self.incident.user_id)
        self.assertIn("Somebody in Duty chat", self.events("incident.acknowledged").name)
        channel.active = False
        self.open_page(link, 403)

    def test_page_speaks_the_language_of_the_recipient(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.operator.lang = "fr_FR"
        self.assertIn('lang="fr-FR"', self.open_page(self.link()))
