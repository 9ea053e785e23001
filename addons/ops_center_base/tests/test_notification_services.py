import importlib.util
import json
import logging
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import requests

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tests.common import _super_send

from .. import relay
from .common import loopback_server
from .test_notification import NotificationCase

CANARY = "c4nary-0d9f2b"


@tagged("post_install", "-at_install")
class TestDiscuss(NotificationCase):
    def test_odoobot_writes_into_the_conversation(self):
        conversation = self.env["discuss.channel"].create({"name": "Operations"})
        self.channel("discuss", discuss_channel_id=conversation.id)
        notification = self.notify()
        before = conversation.message_ids
        self.dispatch()
        self.assertEqual(notification.state, "done")
        [message] = conversation.message_ids - before
        self.assertEqual(message.author_id, self.env.ref("base.partner_root"))
        self.assertIn("Shop is down", message.body)
        self.assertIn("&lt;b&gt;Status 500", message.body, "Remote text must stay text.")
        self.assertIn(f"/odoo/ops.environment/{self.environment.id}", message.body)
        self.dispatch()
        self.assertEqual(conversation.message_ids - before, message)

    def test_conversation_that_is_gone_needs_a_person(self):
        conversation = self.env["discuss.channel"].create({"name": "Operations"})
        self.channel("discuss", discuss_channel_id=conversation.id)
        conversation.active = False
        notification = self.notify()
        self.dispatch()
        self.assertEqual(notification.state, "needs_attention")
        self.assertIn("conversation", notification.last_error)


class ServiceCase(NotificationCase):
    def deliver(self, script, kind, path="", **values):
        """Notify by a channel of the kind, with that script as the service."""
        field = f"{kind}_url"
        with loopback_server(script) as (url, exchanges):
            address = url.replace("http:", "json:") if kind == "apprise" else url
            self.channel(kind, **{field: f"{address}/{path}"})
            notification = self.notify(**values)
            self.dispatch()
        return notification, exchanges


@tagged("post_install", "-at_install")
class TestSlack(ServiceCase):
    def test_message_with_a_colour_and_a_link(self):
        notification, [exchange] = self.deliver(lambda exchange: exchange.answer(b"ok"), "slack")
        self.assertEqual(notification.state, "done")
        message = json.loads(exchange.body)
        self.assertEqual(message["text"], "Shop is down")
        [attachment] = message["attachments"]
        self.assertEqual(attachment["color"], "#dc3545")
        self.assertIn("since noon", attachment["text"])
        self.assertIn(f"/ops.environment/{self.environment.id}", attachment["text"])

    def test_remote_text_calls_nobody(self):
        _notification, [exchange] = self.deliver(
            lambda exchange: exchange.answer(b"ok"),
            "slack",
            body="<!channel> @channel <https://evil.example|look>",
        )
        text = json.loads(exchange.body)["attachments"][0]["text"]
        self.assertNotRegex(text, "<|@channel")
        self.assertIn("&lt;!channel&gt;", text)

    def test_google_gets_text_only(self):
        self.channel("slack", slack_url="https://chat.googleapis.com/v1/spaces/x/messages")
        self.notify()
        posts = []

        def answer(_session, request, **_options):
            posts.append(json.loads(request.body))
            raise requests.ConnectionError

        # No test can reach it; what would be sent is seen where `requests` sends it.
        with patch.object(requests.Session, "send", answer):
            self.dispatch()
        [message] = posts
        self.assertEqual(list(message), ["text"])
        self.assertIn("since noon", message["text"])

    def test_address_is_a_secret(self):
        manager = new_test_user(self.env, "ops_manager", "ops_center_base.group_manager")
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())
        loggers = [logging.getLogger(name) for name in ("", "urllib3", "odoo.sql_db")]
        levels = [logger.level for logger in loggers]
        loggers[0].addHandler(handler)
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        try:
            notification, [exchange] = self.deliver(
                lambda exchange: exchange.answer(b"no", "403 Forbidden"), "slack", CANARY
            )
        finally:
            loggers[0].removeHandler(handler)
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
        self.assertEqual(exchange.path, f"/{CANARY}")
        self.assertEqual(notification.state, "needs_attention")
        self.assertNotIn(CANARY, notification.last_error)
        self.assertIn("ops_notification", "".join(lines), "The log is as talkative as can be.")
        self.assertNotIn(CANARY, "".join(lines))
        channel = notification.channel_id.with_user(manager)
        [values] = channel.read()
        self.assertNotIn(CANARY, str(values))
        self.assertEqual(channel.slack_url_hint, f"…{CANARY[-4:]}")

    def test_metadata_service_of_a_cloud_gets_no_message(self):
        self.channel("slack", slack_url="http://169.254.169.254/latest/meta-data")
        notification = self.notify()
        with patch.object(requests.Session, "send", _super_send):
            self.dispatch()
        self.assertEqual(notification.state, "needs_attention")
        self.assertIn("must not go", notification.last_error)

    def test_kind_changes_with_its_address(self):
        channel = self.channel("email")
        with self.assertRaisesRegex(ValidationError, "Webhook Address"):
            channel.kind = "slack"
        channel.write({"kind": "slack", "slack_url": "http://127.0.0.1:1/hook"})
        self.assertEqual(channel._reveal("slack_url"), "http://127.0.0.1:1/hook")


@tagged("post_install", "-at_install")
class TestApprise(ServiceCase):
    def test_service_takes_the_message(self):
        notification, [exchange] = self.deliver(lambda exchange: exchange.answer(), "apprise")
        self.assertEqual(notification.state, "done")
        message = json.loads(exchange.body)
        self.assertEqual((message["title"], message["type"]), ("Shop is down", "failure"))
        self.assertIn("since noon", message["message"])
        self.assertIn(f"/ops.environment/{self.environment.id}", message["message"])

    def test_failure_is_retried_and_tells_no_secret(self):
        notification, [exchange] = self.deliver(
            lambda exchange: exchange.answer(b"no", "500 Internal Server Error"), "apprise", CANARY
        )
        self.assertIn(CANARY, exchange.path)
        self.assertEqual(notification.state, "retry")
        self.assertIn("error=500", notification.last_error)
        self.assertNotIn(CANARY, notification.last_error)

    def test_library_that_nobody_compiled(self):
        """Python would store what it compiles, where services may write nothing."""
        library = Path(importlib.util.find_spec("apprise").origin).parent
        with TemporaryDirectory() as folder:
            fresh = Path(folder, "apprise")
            shutil.copytree(library, fresh, ignore=shutil.ignore_patterns("__pycache__"))
            spec = importlib.util.spec_from_file_location("apprise", fresh / "__init__.py")
            with patch.object(importlib.util, "find_spec", return_value=spec):
                notification, [_exchange] = self.deliver(
                    lambda exchange: exchange.answer(b"no", "500 Internal Server Error"), "apprise"
                )
            self.assertEqual(notification.state, "retry")
            self.assertFalse(list(fresh.rglob("__pycache__")))

    def test_unknown_service_needs_a_person(self):
        self.channel("apprise", apprise_url=f"nosuchservice://{CANARY}/x")
        notification = self.notify()
        self.dispatch()
        self.assertEqual(notification.state, "needs_attention")
        self.assertIn("doesn't understand", notification.last_error)

    def test_time_limit(self):
        with patch.object(relay, "TIMEOUT", 0.2):
            notification, _exchanges = self.deliver(lambda exchange: exchange.answer(), "apprise")
        self.assertEqual(notification.state, "retry")
        self.assertIn("0.2 seconds", notification.last_error)

    def test_stays_out_of_forbidden_places(self):
        """Also when a service redirects there."""
        notification, exchanges = self.deliver(
            lambda exchange: exchange.answer(
                status="307 Temporary Redirect", Location="http://169.254.169.254/latest"
            ),
            "apprise",
        )
        self.assertEqual(len(exchanges), 1)
        self.assertEqual(notification.state, "needs_attention")
        self.assertIn("169.254.169.254", notification.last_error)

    def test_reads_no_file_of_the_machine(self):
        """Templates of messages are named by their path in the address."""
        with loopback_server(lambda exchange: exchange.answer()) as (url, exchanges):
            address = url.replace("http:", "workflows:")
            self.channel(
                "apprise", apprise_url=f"{address}/Workflow1/Signature1/?template=/etc/passwd"
            )
            notification = self.notify()
            self.dispatch()
        self.assertFalse(exchanges)
        self.assertEqual(notification.state, "needs_attention")
        self.assertIn("/etc/passwd", notification.last_error)
