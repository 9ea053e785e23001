from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

from .ops_health_incident import LEVEL


class OpsHealthIncident(models.Model):
    """What follows while nobody takes care of an incident."""

    _inherit = "ops.health.incident"

    escalated_step_ids = fields.Many2many(
        "ops.escalation.step", string="Escalated", readonly=True, copy=False
    )
    prompted_at = fields.Datetime(
        string="Last Reminder",
        readonly=True,
        copy=False,
        help="When somebody was last told again that nobody takes care of the incident.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _run_escalation(self):
        """Escalate the incidents, and remind of those, that nobody has acknowledged in time."""
        for incident_id in run_in_new_transaction(self.env, _neglected):
            run_in_new_transaction(self.env, _prompt, incident_id)

    def _prompt(self):
        """Tell who is to be told by now, once."""
        # Another worker that is at it tells them; the next pass looks whether it did.
        if not self.try_lock_for_update(allow_referencing=True):
            return
        steps, reminders = self._due_steps(), self._due_reminders()
        if not (steps or reminders):
            return
        # With it, whoever does the same at the same time loses the race and looks again.
        self.prompted_at = fields.Datetime.now()
        self.escalated_step_ids |= steps
        for step in steps:
            self._tell(step.channel_ids, f"{self.id}-step-{step.id}")
            self.env["ops.event"]._record(
                "incident.escalated",
                self.env._(
                    "Nobody took care of it for %(minutes)s minutes: %(incident)s",
                    minutes=step.delay,
                    incident=self.name,
                ),
                environment=self.environment_id,
                record=self,
                level=LEVEL[self.severity],
                detail=", ".join(step.channel_ids.mapped("name")),
            )
        for channel, last_id in reminders:
            self._tell(channel - steps.channel_ids, f"{self.id}-reminder-{last_id}")

    def _tell(self, channels, key):
        channels.filtered("active")._enqueue(
            self.env._(
                "%(environment)s: still open, nobody takes care of it: %(incident)s",
                environment=self.environment_id.display_name,
                incident=self.name,
            ),
            level=LEVEL[self.severity],
            body=self._alarm_text(),
            record=self,
            key=key,
        )

    def _is_silent(self):
        """Whether nobody is told any more, or not before it is known that it still lasts."""
        return self.state != "open" or self.check_id.state in {"maintenance", "unknown"}

    def _due_steps(self):
        """Return the steps of the escalation whose time has come and that were not taken yet."""
        if self._is_silent():
            return self.env["ops.escalation.step"]
        minutes = (fields.Datetime.now() - self.opened_at) / timedelta(minutes=1)
        steps = self.env["ops.escalation.policy"]._of(self.environment_id).step_ids
        return steps.filtered(lambda step: step.delay <= minutes) - self.escalated_step_ids

    def _due_reminders(self):
        """Return the channels to remind, each with the last message that it got of this."""
        if self._is_silent():
            return []
        reminding = self.env["ops.notification.channel"].search(
            [("company_id", "=", self.company_id.id), ("reminder_minutes", ">", 0)]
        )
        last = self.env["ops.notification"]._read_group(
            [
                ("channel_id", "in", reminding.ids),
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
            ],
            ["channel_id"],
            ["create_date:max", "id:max"],
        )
        now = fields.Datetime.now()
        return [
            (channel, last_id)
            for channel, told_at, last_id in last
            if told_at + timedelta(minutes=channel.reminder_minutes) <= now
            # In quiet hours reminders would only pile up.
            and not channel._held_until(LEVEL[self.severity])
        ]


def _neglected(env):
    incidents = env["ops.health.incident"].search([("state", "=", "open")])
    return incidents.filtered(lambda one: one._due_steps() or one._due_reminders()).ids


def _prompt(env, incident_id):
    env["ops.health.incident"].browse(incident_id)._prompt()
