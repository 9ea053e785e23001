# `self.env._` came with 18.
# pylint: disable=prefer-env-translation

import hashlib
import hmac
import json
import logging
import threading
import time

import requests
import urllib3

from odoo import _, api, fields, models, release
from odoo.tools import config

from ..facts import collect

_logger = logging.getLogger(__name__)

TIMEOUT = 15  # seconds
MAX_ANSWER = 300  # bytes
THREAD = "ops-agent"


class OpsAgent(models.Model):
    """Reports how this Odoo does. Runs on 16, 17, 18 and 19: stands on nothing but what all have.

    There is one record. It is a model of its own, not settings: what it stores goes when the addon
    does, and no report empties the caches that a written setting does.
    """

    _name = "ops.agent"
    _description = "Ops Center Agent"

    name = fields.Char(required=True)
    url = fields.Char(
        string="Address",
        help="The form of the check in Ops Center shows it after “Connect the Agent”.",
    )
    secret = fields.Char(
        compute="_compute_secret",
        inverse="_inverse_secret",
        groups="base.group_system",
        help="Signs the reports. It permits to report on this Odoo, and nothing else. It is shown"
        " nowhere again: enter another one to replace it.",
    )
    signing_key = fields.Char(groups=fields.NO_ACCESS, copy=False)
    backup_path = fields.Char(
        string="Path",
        help="The folder where backups are put, or one file that is written again each time, on the"
        " machine of Odoo. The time of the newest file is reported. Leave it empty if backups are"
        " watched in another way.",
    )
    database = fields.Char(
        readonly=True, help="The database that was connected. A copy of it does not report."
    )
    accepted_at = fields.Datetime(readonly=True)
    answer = fields.Char(readonly=True)

    # === COMPUTE METHODS === #

    def _compute_secret(self):
        for agent in self:
            agent.secret = False

    def _inverse_secret(self):
        for agent in self:
            # What nobody may read, whoever may write the agent may replace.
            agent.sudo().signing_key = agent.secret

    # === ACTIONS === #

    def action_report(self):
        """Report now, for this database from now on."""
        self.ensure_one()
        answer = self._post()
        self._keep(answer)
        if answer is None:
            self.database = self.env.cr.dbname
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _repeat_for_ever(self):
        """Have the scheduled action run more than once, which 16 and 17 need to be told."""
        cron = self.env.ref("ops_center_agent.ops_agent_cron")
        if "numbercall" in cron._fields:
            cron.write({"numbercall": -1})

    @api.model
    def _run_reports(self):
        """Scheduled action: report, if this is the database that was connected."""
        for agent in self.search([("database", "=", self.env.cr.dbname), ("url", "!=", False)]):
            answer = agent._post()
            if answer is not None:
                _logger.warning("Ops Center took no report: %s", answer)
            agent._keep(answer)

    def _keep(self, answer):
        """Store what came of a report: None if it was accepted, otherwise a sentence."""
        if answer is None:
            self.write({"accepted_at": fields.Datetime.now(), "answer": _("Accepted.")})
        else:
            self.write({"answer": answer})

    def _post(self):
        """Send a report. Nothing may have been written before, for this waits for others.

        :return: None if it was accepted, otherwise why it was not, a sentence
        """
        # It leaves this method as a signature only.
        key = self.sudo().signing_key
        if not (self.url or "").startswith(("https://", "http://")) or not key:
            return _("Enter the address and the secret that Ops Center shows, then try again.")
        # What is read goes with a transaction of its own, which ends before anybody is waited for.
        # It is not called `cr`, by which the translation of texts would find it, closed.
        with self.env.registry.cursor() as reading:
            facts = collect(reading, release.version, config["data_dir"], self.backup_path)
        body = json.dumps(facts).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Ops-Center-Timestamp": timestamp,
            "X-Ops-Center-Signature": signature(key, timestamp, body),
        }
        status, answer = post_in_time(self.url, body, headers)
        if status is None:
            _logger.debug("Ops Center can't be reached: %s", answer)
            return _(
                "Ops Center can't be reached. Verify the address, and that this machine may open"
                " connections to it."
            )
        return None if status == requests.codes.ok else f"{status}: {answer}"


def post_in_time(url, body, headers):
    """Send a report and wait for the answer, for `TIMEOUT` seconds in all.

    The timeout of `requests` is one for each piece of an answer, of which somebody else may send
    any number. A scheduled action doesn't wait for that; one thread at most does.

    :return: the status and the beginning of the answer, or None and what went wrong
    """
    seen = []

    def post():
        try:
            with requests.post(
                url,
                data=body,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                start = response.raw.read(MAX_ANSWER, decode_content=True)
                text = start.decode("utf-8", "replace").strip()
                seen.append((response.status_code, text or response.reason))
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            seen.append((None, str(error)))

    if any(thread.name == THREAD for thread in threading.enumerate()):
        return None, "the last report is not answered yet"
    thread = threading.Thread(target=post, name=THREAD, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    return seen[0] if seen else (None, "no answer in time")


def signature(secret, timestamp, body):
    """Return ``sha256=<hex>``: the HMAC-SHA256 of the time, a dot and the raw body."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
