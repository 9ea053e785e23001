from odoo.tests import BaseCase, tagged

from odoo.addons.ops_center_deployment.snapshot import difference, same_revision, shorten


@tagged("post_install", "-at_install")
class TestSnapshot(BaseCase):
    def test_difference_names_every_change(self):
        before = {"release": "a", "modules": {"sale": "1", "stock": "1", "crm": "1"}}
        after = {"release": "b", "modules": {"sale": "2", "stock": "1", "hr": "1"}}
        self.assertEqual(
            difference(before, after),
            {
                "release": ["a", "b"],
                "added": {"hr": "1"},
                "updated": {"sale": ["1", "2"]},
                "removed": {"crm": "1"},
            },
        )

    def test_no_difference(self):
        look = {"release": "a", "modules": {"sale": "1"}}
        self.assertEqual(difference(look, dict(look)), {"added": {}, "updated": {}, "removed": {}})

    def test_same_revision(self):
        self.assertTrue(same_revision("3f6c1d9b8a7e", "3f6c1d9"))
        self.assertTrue(same_revision("3f6c1d9", "3f6c1d9b8a7e"))
        self.assertFalse(same_revision("3f6c1d9", "3f6c1d8"))
        self.assertFalse(same_revision("", "3f6c1d9"))

    def test_only_commits_are_shortened(self):
        self.assertEqual(shorten("3f6c1d9b8a7e5f40213c6d7e8f9a0b1c2d3e4f50"), "3f6c1d9b")
        self.assertEqual(shorten("odoo-19.0-20260101"), "odoo-19.0-20260101")
