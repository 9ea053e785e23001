from datetime import datetime

import pytz
from lxml import etree

from odoo.tests import BaseCase

from ..badge import svg, text_width
from ..public import ATOM, atom_feed, public_state, worst, worst_day

DAY = 86400


class TestPublic(BaseCase):
    def test_public_state(self):
        for state, is_unseen, expected in (
            ("up", False, "up"),
            ("up", True, "unknown"),
            ("down", True, "unknown"),
            ("paused", True, "paused"),
            ("maintenance", False, "maintenance"),
            ("suppressed", False, "down"),
        ):
            with self.subTest(state=state, is_unseen=is_unseen):
                self.assertEqual(public_state(state, is_unseen), expected)

    def test_the_worst_state_counts_and_pauses_count_least(self):
        self.assertEqual(worst(["up", "degraded", "down"]), "down")
        self.assertEqual(worst(["up", "unknown"]), "unknown")
        self.assertEqual(worst(["paused", "up"]), "up")
        self.assertEqual(worst([]), "paused")

    def test_a_day_is_that_of_the_worst_check(self):
        day = worst_day([{"up": DAY}, {"up": DAY * 0.9, "down": DAY * 0.1}, {"paused": DAY}])
        self.assertEqual((day["state"], day["down"]), ("down", DAY * 0.1))
        self.assertAlmostEqual(day["share"], 0.9)

    def test_states_of_a_day(self):
        for seconds, state in (
            ({}, "unknown"),
            ({"unknown": DAY}, "unknown"),
            ({"maintenance": 60, "paused": 60}, "maintenance"),
            ({"up": DAY}, "up"),
            ({"up": DAY, "degraded": 1}, "degraded"),
            ({"up": DAY - 60, "down": 60}, "degraded"),
            ({"up": DAY * 0.99, "down": DAY * 0.01}, "down"),
        ):
            with self.subTest(seconds=seconds):
                self.assertEqual(worst_day([seconds])["state"], state)
        self.assertEqual(worst_day([])["state"], "unknown")

    def test_feed_tells_each_incident_with_its_last_change(self):
        began = pytz.utc.localize(datetime(2026, 11, 20, 10))
        note = {"at": began.replace(hour=11), "text": "<b>\x0b & more"}
        incident = {
            "id": 7,
            "title": "Shop is down",
            "state": "Ongoing",
            "began": began,
            "ended": None,
            "notes": [note],
        }
        url = "https://ops.example.com/status/shop"
        feed = etree.fromstring(atom_feed(url, "Shop", "Northwind", [incident]).encode())
        [entry] = feed.findall(f"{{{ATOM}}}entry")
        self.assertEqual(feed.findtext(f"{{{ATOM}}}updated"), "2026-11-20T11:00:00+00:00")
        self.assertEqual(entry.findtext(f"{{{ATOM}}}updated"), "2026-11-20T11:00:00+00:00")
        self.assertEqual(entry.findtext(f"{{{ATOM}}}published"), "2026-11-20T10:00:00+00:00")
        self.assertEqual(entry.findtext(f"{{{ATOM}}}content"), "Ongoing.\n<b> & more")
        ids = {each.text for each in feed.iter(f"{{{ATOM}}}id")}
        self.assertEqual(len(ids), 2)

    def test_badge_escapes_and_is_as_wide_as_its_texts(self):
        badge = etree.fromstring(svg('<a> & "b"', "99.9%", "good"))
        texts = badge.findall("{*}g/{*}text")
        self.assertEqual([text.text for text in texts], ['<a> & "b"', "99.9%"])
        widths = [text_width(text.text) for text in texts]
        self.assertEqual([int(text.get("textLength")) for text in texts], widths)
        self.assertEqual(int(badge.get("width")), sum(widths) + 24)

    def test_wide_letters_take_more_room_than_narrow_ones(self):
        self.assertLess(text_width("iii"), text_width("aaa"))
        self.assertLess(text_width("aaa"), text_width("mmm"))
        self.assertLess(text_width("mmm"), text_width("界界界"))
