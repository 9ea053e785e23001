import re
from datetime import timedelta
from unittest.mock import patch

from lxml import etree, html
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..controllers import status_page
from ..remembered import Remembered
from .common import HealthCase

ATOM = "{http://www.w3.org/2005/Atom}"
SECRET = "nonce-5e1f"


@tagged("post_install", "-at_install")
class TestStatusPage(HealthCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.manager = new_test_user(cls.env, "manager", "ops_center_base.group_manager")

    def setUp(self):
        super().setUp()
        self.now = 0.0
        remembered = Remembered(status_page.MAX_AGE, status_page.MOST, clock=lambda: self.now)
        self.patch(status_page, "remembered", remembered)
        self.check = self.create_check(name=f"Host {SECRET}", url=f"{self.url}/{SECRET}")
        self.run_now(self.check)
        self.page = self.create_page()

    def create_page(self, **values):
        service = {"name": "Web shop", "check_ids": self.check.ids}
        return (
            self.env["ops.status.page"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Status of Northwind",
                    "published": True,
                    "service_ids": [fields.Command.create(service)],
                    **values,
                }
            )
        )

    def fetch(self, suffix="", page=None, **headers):
        """What a visitor is answered who comes a minute after the last one."""
        self.now += 60
        return self.fetch_again(suffix, page, **headers)

    def fetch_again(self, suffix="", page=None, **headers):
        self.env.flush_all()
        path = (page or self.page).url.partition("/status/")[2]
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.url_open(f"/status/{path}{suffix}", headers=headers)

    def document(self, **headers):
        answer = self.fetch(**headers)
        self.assertEqual(answer.status_code, 200)
        return html.fromstring(answer.content)

    def text(self, **headers):
        return re.sub(r"\s+", " ", self.document(**headers).find("body").text_content())

    def break_down(self):
        self.break_target(SECRET.encode())
        self.run_now(self.check, 3)
        return self.check.incident_ids

    def set_history(self, seconds_down):
        """Let the check have been down for a time ten days ago, and otherwise up."""
        begin = fields.Datetime.now().replace(hour=12) - timedelta(days=10)
        end = begin + timedelta(seconds=seconds_down)
        self.env.cr.execute("DELETE FROM ops_health_interval WHERE check_id = %s", [self.check.id])
        self.env.cr.executemany(
            "INSERT INTO ops_health_interval VALUES (%s, %s, %s, %s)",
            [
                (self.check.id, "up", begin - timedelta(days=30), begin),
                (self.check.id, "down", begin, end),
                (self.check.id, "up", end, None),
            ],
        )

    # === WHAT IT SHOWS === #

    def test_shows_how_the_services_do(self):
        text = self.text()
        self.assertIn("All services are operational.", text)
        self.assertIn("Web shop Operational", text)
        self.break_down()
        text = self.text()
        self.assertIn("Some services are down.", text)
        self.assertIn("What is wrong now", text)
        self.assertIn("Web shop is down Ongoing", text)

    def test_shows_nothing_that_is_not_public(self):
        self.break_down()
        for suffix in ("", "/feed.atom", "/badge.svg"):
            content = self.fetch(suffix).text
            for private in (SECRET, self.url, self.environment.name):
                self.assertNotIn(private, content, suffix)

    def test_shows_90_days(self):
        self.set_history(3600)
        document = self.document()
        days = document.xpath("//div[@class='bar']/span")
        self.assertEqual(len(days), 90)
        self.assertEqual([day.get("class") for day in days[-12:]], ["up", "down", *["up"] * 10])
        self.assertIn("down for 60 minutes", days[-11].get("title"))
        self.assertIn("95.83%", days[-11].get("title"))
        self.assertEqual(days[0].get("class"), "unknown")
        self.assertIn("99.89% available", document.text_content().replace("\n", " "))

    def test_nobody_looking_is_not_up(self):
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET last_at = last_at - interval '1 hour'"
            " WHERE check_id = %s",
            [self.check.id],
        )
        self.assertIn("Web shop Unknown", self.text())

    def test_the_worst_check_speaks_for_its_service(self):
        other = self.create_check(name="Other", url=f"{self.url}/other")
        self.page.service_ids.write({"check_ids": False, "environment_id": self.environment.id})
        self.assertIn("Web shop Unknown", self.text())
        self.run_now(other)
        self.assertIn("Web shop Operational", self.text())
        self.break_down()
        self.assertIn("Web shop Down", self.text())

    def test_a_paused_check_is_not_watched(self):
        self.check.action_pause()
        text = self.text()
        self.assertIn("Web shop Not watched", text)
        self.assertIn("Nothing is watched right now.", text)

    def test_notes_are_shown_and_past_incidents_told_by_day(self):
        incident = self.break_down()
        note = {"incident_id": incident.id, "text": "We <know> of it"}
        self.env["ops.status.note"].with_user(self.operator).create(note)
        incident.with_user(self.operator).action_acknowledge()
        self.assertIn("We work on it", self.text())
        self.assertIn("We <know> of it", self.text())
        self.mend_target()
        self.run_now(self.check, 2)
        text = self.text()
        self.assertNotIn("What is wrong now", text)
        self.assertIn("Web shop was down Over", text)
        self.assertIn("We <know> of it", text)

    def test_history_may_be_left_out_and_ends_after_90_days(self):
        incident = self.break_down()
        self.mend_target()
        self.run_now(self.check, 2)
        self.assertIn("Web shop was down", self.text())
        self.page.show_history = False
        self.assertNotIn("was down", self.text())
        self.page.show_history = True
        incident.opened_at -= timedelta(days=91)
        self.assertNotIn("was down", self.text())

    def test_speaks_the_language_of_the_visitor(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.page.with_context(lang="fr_FR").name = "État de Northwind"
        french = self.document(Accept_Language="fr-CA,fr;q=0.9,en;q=0.1")
        self.assertEqual(french.get("lang"), "fr-FR")
        self.assertEqual(french.findtext(".//h1"), "État de Northwind")
        english = self.fetch_again(Accept_Language="ja, en;q=0.5")
        self.assertIn("Status of Northwind", english.text)
        self.assertEqual(english.headers["Vary"], "Accept-Language")

    def test_wears_the_color_of_the_company_if_it_is_one(self):
        self.env.company.primary_color = "#0a7f42"
        self.assertIn("--accent: #0a7f42;", self.document().findtext(".//style"))
        self.env.company.primary_color = "red;} body {display: none"
        self.assertNotIn("display: none", self.document().findtext(".//style"))

    # === WHO SEES IT === #

    def test_every_address_that_opens_nothing_is_answered_alike(self):
        hidden = self.create_page(name="Hidden", published=False)
        public = self.create_page(name="Shop", access="public")
        self.assertEqual(public.slug, "shop")
        self.assertEqual(self.fetch(page=public).status_code, 200)
        answers = [self.fetch(page=hidden)]
        answers += [
            self.url_open(f"/status/{key}")
            for key in ("unknown", public.token, "status-of-northwind", "False")
        ]
        answers += [self.url_open("/status/unknown/feed.atom"), self.url_open("/ops/badge/x.svg")]
        self.page.active = False
        answers.append(self.fetch())
        self.assertEqual({answer.status_code for answer in answers}, {404})
        self.assertEqual({answer.text for answer in answers}, {"Not Found\n"})

    def test_a_new_link_ends_the_former_one(self):
        former = self.page.url
        self.page.action_renew_link()
        self.assertNotEqual(self.page.url, former)
        self.assertEqual(self.fetch().status_code, 200)
        self.now += 60
        self.assertEqual(self.url_open(former).status_code, 404)

    def test_only_public_pages_are_for_search_engines_and_shared_caches(self):
        answer = self.fetch()
        self.assertEqual(answer.headers["Cache-Control"], "private, max-age=30")
        self.assertEqual(answer.headers["X-Robots-Tag"], "noindex")
        self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""))
        self.page.access = "public"
        answer = self.fetch()
        self.assertEqual(answer.headers["Cache-Control"], "public, max-age=30")
        self.assertNotIn("X-Robots-Tag", answer.headers)

    def test_roles(self):
        for user in (self.viewer, self.operator):
            page = self.page.with_user(user)
            self.assertEqual(page.name, "Status of Northwind")
            for refused in (
                lambda page=page: page.write({"published": False}),
                page.action_renew_link,
                lambda page=page: page.service_ids.write({"name": "Mine"}),
            ):
                with self.assertRaises(AccessError):
                    refused()
        incident = self.break_down()
        with self.assertRaises(AccessError):
            self.env["ops.status.note"].with_user(self.viewer).create(
                {"incident_id": incident.id, "text": "Not by me"}
            )

    def test_other_companies_neither_see_it_nor_show_our_checks(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "ops_center_base.group_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        pages = self.env["ops.status.page"].with_user(stranger)
        self.assertFalse(pages.search([("id", "=", self.page.id)]))
        with self.assertRaises(AccessError):
            self.page.with_user(stranger).read(["url"])
        with self.assertRaises(AccessError):
            service = {"name": "Theirs", "check_ids": self.check.ids}
            pages.create({"name": "X", "service_ids": [fields.Command.create(service)]})

    # === MISTAKES === #

    def test_a_customer_is_not_shown_what_belongs_to_another(self):
        customer, other = self.env["res.partner"].create([{"name": "Ours"}, {"name": "Theirs"}])
        self.page.partner_id = customer
        self.environment.partner_id = other
        with self.assertRaisesRegex(ValidationError, "belongs to Theirs"):
            self.create_page(partner_id=customer.id)
        self.environment.partner_id = customer
        self.create_page(partner_id=customer.id)

    def test_mistakes_are_told(self):
        for values, sentence in (
            ({"access": "public", "slug": "My Shop"}, "small letters"),
            ({"access": "public", "slug": "a" * 41}, "small letters"),
            ({"footer_url": "javascript:alert(1)"}, "Link at the End"),
            ({"service_ids": [fields.Command.create({"name": "Empty"})]}, "shows nothing yet"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(ValidationError, sentence):
                self.create_page(**values)
        with mute_logger("odoo.sql_db"):
            with self.assertRaises(CheckViolation), self.env.cr.savepoint():
                self.page.write({"access": "public", "slug": False})
                self.page.flush_recordset()
        self.create_page(name="Shop", access="public")
        with mute_logger("odoo.sql_db"):
            with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
                self.create_page(name="Shop", access="public")

    def test_form(self):
        form = Form(self.env["ops.status.page"].with_user(self.manager))
        form.name = "Café Zürich"
        form.access = "public"
        self.assertEqual(form.slug, "cafe-zurich")
        with form.service_ids.new() as service:
            service.name = "Shop"
            service.environment_id = self.environment
        page = form.save()
        self.assertEqual(page.action_open()["url"], page.url)

    def test_the_incident_knows_where_it_is_shown(self):
        incident = self.break_down().with_user(self.operator)
        self.assertEqual(incident.status_page_ids.ids, self.page.ids)
        with Form(incident) as form, form.public_note_ids.new() as note:
            note.text = "We know of it"
        self.assertEqual(incident.public_note_ids.text, "We know of it")
        self.page.published = False
        incident.invalidate_recordset()
        self.assertFalse(incident.status_page_ids)

    # === CACHING === #

    def test_a_crowd_costs_no_more_than_one_visitor(self):
        with patch.object(type(self.env["ops.status.page"]), "_find") as find:
            find.return_value = self.page
            self.fetch()
            self.fetch_again()
            self.fetch_again()
            self.assertEqual(find.call_count, 1)
            self.fetch()
            self.assertEqual(find.call_count, 2)

    def test_who_has_it_already_is_not_sent_it_again(self):
        for suffix in ("", "/feed.atom", "/badge.svg"):
            with self.subTest(suffix=suffix):
                first = self.fetch(suffix)
                again = self.fetch(suffix, If_None_Match=first.headers["ETag"])
                self.assertEqual((again.status_code, again.content), (304, b""))
        self.break_down()
        changed = self.fetch("/badge.svg", If_None_Match=first.headers["ETag"])
        self.assertEqual(changed.status_code, 200)

    # === FEED AND BADGES === #

    def test_feed(self):
        self.break_down()
        answer = self.fetch("/feed.atom")
        self.assertEqual(answer.headers["Content-Type"], "application/atom+xml; charset=utf-8")
        feed = etree.fromstring(answer.content)
        self.assertEqual(feed.findtext(f"{ATOM}title"), "Status of Northwind")
        self.assertEqual(
            [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")],
            ["Web shop is down"],
        )

    def test_badge_of_a_page(self):
        self.assertIn("status: Operational", self.fetch("/badge.svg").text)
        self.break_down()
        answer = self.fetch("/badge.svg")
        self.assertEqual(answer.headers["Content-Type"], "image/svg+xml")
        self.assertIn("status: Down", answer.text)

    def fetch_badge(self, query=""):
        self.now += 60
        self.env.flush_all()
        return self.url_open(f"/ops/badge/{self.check.badge_token}.svg{query}")

    def test_badge_of_a_check(self):
        check = self.check.with_user(self.manager)
        check.action_make_badge()
        self.assertIn(f"/ops/badge/{check.badge_token}.svg)", check.badge_markdown)
        self.set_history(3600)
        self.assertIn("uptime 30d: 99.86%", self.fetch_badge().text)
        self.assertIn("uptime 7d: 100%", self.fetch_badge("?period=7d").text)
        self.assertIn("status: Operational", self.fetch_badge("?show=state").text)
        for query in ("?period=2d", "?show=url"):
            self.assertEqual(self.fetch_badge(query).status_code, 404)
        former = check.badge_token
        check.action_make_badge()
        self.assertEqual(self.fetch_badge().status_code, 200)
        check.action_remove_badge()
        self.assertFalse(check.badge_markdown)
        self.env.flush_all()
        self.assertEqual(self.url_open(f"/ops/badge/{former}.svg").status_code, 404)
        self.assertEqual(self.url_open("/ops/badge/False.svg").status_code, 404)

    def test_only_managers_make_badges(self):
        check = self.check.with_user(self.operator)
        for refused in (check.action_make_badge, check.action_remove_badge):
            with self.assertRaises(AccessError):
                refused()
        with self.assertRaises(AccessError):
            check.read(["badge_token"])
        with self.assertRaises(AccessError):
            check.write({"badge_token": "mine"})
