# `self.env._` came with 18.
# pylint: disable=prefer-env-translation

import hashlib
import hmac
import json
import logging
import time

import requests

from odoo import _, api, fields, models, release
from odoo.tools import config

from ..facts import collect

_logger = logging.getLogger(__name__)

TIMEOUT = 15  # seconds
MAX_ANSWER = 300  # characters


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
        with self.env.registry.cursor() as cr:
            facts = collect(cr, release.version, config["data_dir"], self.backup_path)
        body = json.dumps(facts).encode()
        timestamp = str(int(time.time()))
        try:
            response = requests.post(
                self.url,
                data=body,
                headers={
                    "Content-Type": "application/json",
                    "X-Ops-Center-Timestamp": timestamp,
                    "X-Ops-Center-Signature": signature(key, timestamp, body),
                },
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            _logger.debug("Ops Center can't be reached: %s", error)
            return _(
                "Ops Center can't be reached. Verify the address, and that this machine may open"
                " connections to it."
            )
        if response.status_code == requests.codes.ok:
            return None
        reason = response.text[:MAX_ANSWER].strip() or response.reason
        return f"{response.status_code}: {reason}"


def signature(secret, timestamp, body):
    """Return ``sha256=<hex>``: the HMAC-SHA256 of the time, a dot and the raw body."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
