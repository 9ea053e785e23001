from odoo.tests import BaseCase, tagged

from ..news import News


@tagged("post_install", "-at_install")
class TestNews(BaseCase):
    def test_results_in_turn_are_told_of_together(self):
        news = News(pause=20)
        self.assertEqual(news.add([1], awaited=False, now=100), {1})
        self.assertEqual(news.add([2], awaited=False, now=103), set())
        self.assertEqual(news.add([3], awaited=False, now=119), set())
        self.assertEqual(news.add([1], awaited=False, now=120), {1, 2, 3})
        self.assertEqual(news.add([2], awaited=False, now=121), set())

    def test_awaited_results_are_told_of_at_once(self):
        news = News(pause=20)
        news.add([1], awaited=False, now=100)
        self.assertEqual(news.add([2], awaited=True, now=101), {2})
        self.assertEqual(news.add([3], awaited=True, now=102), {3})
