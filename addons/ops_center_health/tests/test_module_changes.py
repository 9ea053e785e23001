from unittest import TestCase

from ..module_changes import changes


class TestModuleChanges(TestCase):
    def test_changes_in_the_order_of_the_names(self):
        former = {"stock": "1.0", "sale": "1.0", "base": "1.3"}
        modules = {"base": "1.3", "website": "1.0", "sale": "1.1"}
        self.assertEqual(
            changes(former, modules), ["sale 1.0 → 1.1", "- stock 1.0", "+ website 1.0"]
        )

    def test_nothing_changed(self):
        self.assertEqual(changes({"base": "1"}, {"base": "1"}), [])
