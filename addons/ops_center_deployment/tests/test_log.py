from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ops_center_base.transport import mask

from ..log import clean, plain
from ..models import ops_deployment_log
from .common import WebhookCase

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\nAgEAAo\n-----END PRIVATE KEY-----"


@tagged("post_install", "-at_install")
class TestLog(WebhookCase):
    def log(self, deployment, text, state="building", **told):
        answer = self.report(deployment, state, log=text, **told)
        self.assertEqual(answer.status_code, 200, answer.text)

    def shown(self, deployment, after=0):
        return deployment.with_user(self.viewer).read_log(after)

    def test_comes_in_parts(self):
        deployment = self.deploy()
        self.log(deployment, "one\ntwo\n")
        first = self.shown(deployment)
        self.assertEqual((first["text"], first["skipped"]), ("one\ntwo", False))
        self.log(deployment, "three\n")
        self.assertEqual(self.shown(deployment, first["last"])["text"], "three")
        self.assertEqual(self.shown(deployment)["text"], "one\ntwo\nthree")

    def test_told_twice_is_kept_once(self):
        deployment = self.deploy()
        self.log(deployment, "one\ntwo\n", log_from=0)
        self.log(deployment, "one\ntwo\n", log_from=0)
        self.log(deployment, "two\nthree\nhal", log_from=4)
        self.log(deployment, "half\n", log_from=14)
        self.assertEqual(self.shown(deployment)["text"], "one\ntwo\nthree\nhalf")

    def test_secrets_are_masked(self):
        deployment = self.deploy()
        self.log(deployment, "export API_TOKEN=hush-hush\n" + KEY[:40] + "\n")
        self.log(deployment, KEY[40:] + "\nafter\n")
        text = self.shown(deployment)["text"]
        for secret in ("hush", "MIIEvQ", "AgEAAo"):
            self.assertNotIn(secret, text)
        self.assertIn("after", text)

    def test_what_came_first_goes(self):
        self.patch(ops_deployment_log, "MAX_LOG", 100)
        self.patch(ops_deployment_log, "MAX_SHOWN", 40)
        deployment = self.deploy()
        for number in range(10):
            self.log(deployment, f"line {number} {'x' * 20}\n")
        self.assertEqual(len(deployment.log_part_ids), 3)
        told = self.shown(deployment)
        self.assertTrue(told["text"].startswith("line 9"))
        self.assertTrue(told["skipped"])

    def test_also_after_the_end(self):
        deployment = self.deploy()
        self.report(deployment, "failed")
        self.log(deployment, "why it failed\n", state="failed")
        self.assertEqual(self.shown(deployment)["text"], "why it failed")

    def test_wrong_values_are_refused(self):
        deployment = self.deploy()
        for told, sentence in (
            ({"log": 7}, "Log must be text."),
            ({"log": "a\n", "log_from": -1}, "Log_from must be a number"),
            ({"log": "a\n", "log_from": "1"}, "Log_from must be a number"),
        ):
            with self.subTest(told=told):
                answer = self.report(deployment, "building", **told)
                self.assertEqual(answer.status_code, 422)
                self.assertIn(sentence, answer.text)

    def test_nobody_writes_or_reads_what_is_not_theirs(self):
        deployment = self.deploy()
        self.log(deployment, "one\n")
        with self.assertRaises(AccessError):
            deployment.log_part_ids.with_user(self.operator).text = "nothing happened"
        stranger = self.env["res.users"].create({"name": "Stranger", "login": "stranger"})
        with self.assertRaises(AccessError):
            deployment.with_user(stranger).read_log()

    def test_download(self):
        deployment = self.deploy()
        self.log(deployment, "\x1b[31mvermilion\x1b[0m\n")
        address = f"/ops/deployment/{deployment.id}/log"
        self.authenticate(self.viewer.login, self.viewer.login)
        answer = self.url_open(address)
        self.assertEqual(answer.text, "vermilion\n")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.authenticate(None, None)
        self.assertNotIn("vermilion", self.url_open(address).text)

    def test_cleaned(self):
        for raw, kept in (
            ("a\r\nb", "a\nb"),
            ("10 %\r50 %\r100 %", "100 %"),
            ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
            ("\x1b[2J\x1b[1;1Hclear\x1b[K", "clear"),
            ("\x1b]0;title\x07here\x1b]8;;http://evil\x1b\\link", "herelink"),
            ("bell\x07 null\x00 half\ud800", "bell null half?"),
            ("x" * 5000, "x" * 4000 + "…"),
            (f"before {KEY} after", "before ***\n after"),
        ):
            with self.subTest(raw=raw[:40]):
                self.assertEqual(clean(raw, mask).text, kept)
        self.assertEqual(plain("\x1b[1;31mred\x1b[0m"), "red")
