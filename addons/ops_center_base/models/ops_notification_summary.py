from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

MOST_SINGLE = 3  # held messages that come one by one
MOST_LINES = 50
SEVERITY = ["success", "info", "warning", "danger"]


class OpsNotification(models.Model):
    """After quiet hours, many held messages go out as one."""

    _inherit = "ops.notification"

    summary_id = fields.Many2one(
        "ops.notification",
        string="Sent Within",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The summary that this message went out with, after quiet hours.",
    )
    part_ids = fields.One2many(
        "ops.notification", "summary_id", string="Held Messages", readonly=True
    )

    # === ACTION METHODS === #

    def action_cancel(self):
        return super(OpsNotification, self | self.part_ids).action_cancel()

    # === BUSINESS METHODS === #

    @api.model
    def _run_dispatch(self):
        self._in_new_transaction("_summarise_held")
        return super()._run_dispatch()

    @api.model
    def _summarise_held(self):
        """Put messages whose quiet hours are over into one for each channel, if they are many."""
        # Only what was held is due at a certain time before its first attempt.
        self.env.cr.execute(
            SQL(
                "SELECT id FROM ops_notification WHERE state = 'pending' AND not_before <= %s"
                " AND summary_id IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                self.env.cr.now(),
            ),
            log_exceptions=False,
        )
        held = self.browse(id_ for (id_,) in self.env.cr.fetchall())
        for channel, parts in held.grouped("channel_id").items():
            if len(parts) > MOST_SINGLE:
                parts.summary_id = parts._create_summary(channel)

    def _create_summary(self, channel):
        lines = [
            f"{format_datetime(self.env, part.create_date, channel.quiet_tz)} {part.name}"
            for part in self[-MOST_LINES:]
        ]
        if len(self) > MOST_LINES:
            lines.insert(0, self.env._("%s earlier ones, and:", len(self) - MOST_LINES))
        return self.create(
            {
                "channel_id": channel.id,
                "name": self.env._("%s messages of the quiet hours", len(self)),
                "level": max(self.mapped("level"), key=SEVERITY.index),
                "body": "\n".join(lines),
                "idempotency_key": f"summary-{self[0].id}",
            }
        )

    @api.model
    def _is_due(self):
        return SQL("summary_id IS NULL AND (%s)", super()._is_due())

    def _on_outcome(self):
        if self.state == "done":
            self.part_ids.write({"state": "done", "not_before": False})
        return super()._on_outcome()
