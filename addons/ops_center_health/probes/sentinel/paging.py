"""The ways in which people are told: e-mail and webhooks, without anybody's help."""

import hashlib
import hmac
import json
import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from .configuration import Configuration, Email, Webhook
from .secrets import Secrets
from .troubles import Notice
from .web import request

TIMEOUT = 10.0  # seconds
ACCEPTED = range(200, 300)
LEVELS = {"trouble": "danger", "reminder": "danger", "end": "success"}
TITLES = {
    "trouble": "{name}: {subject}",
    "reminder": "{name}: still: {subject}",
    "end": "{name}: over: {subject}",
}
SUBJECTS = {
    "postgresql": "the database is dead",
    "odoo": "Odoo is dead",
    "modules": "scheduled actions stand still",
    "worker": "the worker is dead",
}


class PagingError(Exception):
    """A notice could not be handed over; the message says why, in one sentence."""


@dataclass(frozen=True)
class Mailer:
    """Writes to everybody at once, through the mail server that Odoo uses."""

    email: Email
    password: str

    def send(self, notice: Notice, title: str, now: float) -> None:
        message = EmailMessage()
        message["Subject"] = title
        message["From"] = self.email.sender
        message["To"] = ", ".join(self.email.recipients)
        message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
        # The same for the same notice: mail servers and readers drop what comes twice.
        message["Message-ID"] = f"<{_digest(notice.identity)}@ops-center-sentinel>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(f"{notice.text}\n\n{_signature()}\n")
        with self._session() as session:
            self._translated(session.send_message, message)

    def check(self) -> None:
        """Make sure that the mail server lets the sentinel in; raises PagingError."""
        with self._session():
            pass

    def _session(self) -> smtplib.SMTP:
        return self._translated(self._open)

    def _open(self) -> smtplib.SMTP:
        email = self.email
        context = ssl.create_default_context()
        if email.encryption == "ssl":
            session = smtplib.SMTP_SSL(email.host, email.port, timeout=TIMEOUT, context=context)
        else:
            session = smtplib.SMTP(email.host, email.port, timeout=TIMEOUT)
        try:
            if email.encryption == "starttls":
                session.starttls(context=context)
            if email.user:
                session.login(email.user, self.password)
        except BaseException:
            session.close()
            raise
        return session

    def _translated(self, action, *arguments):
        try:
            return action(*arguments)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            reason = " ".join(str(error).split())
            raise PagingError(
                f"The mail server {self.email.host}:{self.email.port} does not take messages of the"
                f" sentinel: {reason}."
            ) from error


@dataclass(frozen=True)
class Hook:
    """Posts the same JSON that Ops Center itself posts, which chats understand as well."""

    webhook: Webhook
    secret: str

    def send(self, notice: Notice, title: str, now: float) -> None:
        identity = _digest(notice.identity)
        payload = {
            "id": identity,
            "date": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
            "level": LEVELS[notice.kind],
            "title": title,
            "body": notice.text,
            "text": f"{title}\n{notice.text}\n{_signature()}",
        }
        body = json.dumps(payload, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": identity,
            "X-Ops-Center-Delivery": identity,
        }
        if self.webhook.signed:
            self.check()
            digest = hmac.new(self.secret.encode(), body, "sha256").hexdigest()
            headers["X-Ops-Center-Signature"] = f"sha256={digest}"
        answer = request(self.webhook.url, timeout=TIMEOUT, headers=headers, data=body)
        if answer.status not in ACCEPTED:
            reason = answer.problem or f"it answered with status {answer.status}."
            raise PagingError(f"A webhook does not take messages: {reason}")

    def check(self) -> None:
        """Make sure that what is sent can be signed; raises PagingError."""
        if self.webhook.signed and not self.secret:
            raise PagingError(
                "A webhook expects signed messages: give the sentinel OPS_SENTINEL_WEBHOOK_SECRET."
            )


def channels(configuration: Configuration, secrets: Secrets) -> Mapping[str, Mailer | Hook]:
    """Return whom to page, by names that stay the same."""
    found: dict[str, Mailer | Hook] = {}
    if configuration.email and configuration.email.recipients:
        found["email"] = Mailer(configuration.email, secrets.smtp_password)
    for webhook in configuration.webhooks:
        # The address may be a secret, so it stays out of the state file and the log.
        found[f"webhook-{_digest(webhook.url)[:12]}"] = Hook(webhook, secrets.webhook_secret)
    return found


def title_of(notice: Notice, name: str) -> str:
    """Return the subject of a notice.

    :param name: of the Odoo that is watched
    """
    key = notice.trouble.key
    subject = SUBJECTS.get(key) or f"{key.removeprefix('check:')} is down"
    return TITLES[notice.kind].format(
        name=" ".join(name.split()), subject=" ".join(subject.split())
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _signature() -> str:
    return f"The sentinel of Ops Center on {socket.gethostname()}"
