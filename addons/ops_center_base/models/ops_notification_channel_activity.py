from odoo import fields, models
from odoo.tools import SQL, plaintext2html


class OpsNotificationChannel(models.Model):
    # Each kind has a file of its own.
    _inherit = "ops.notification.channel"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("activity", "Activity")], ondelete={"activity": "cascade"}
    )
    user_ids = fields.Many2many(
        "res.users",
        string="Users",
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("ops_center_base.group_viewer").ids)
        ],
        check_company=True,
    )

    # === BUSINESS METHODS === #

    def _target_problem(self):
        if self.kind != "activity":
            return super()._target_problem()
        if self._assignees():
            return None
        return self.env._("Choose at least one user, or a rota with people in it.")

    def _deliver_as_record(self, notification):
        if self.kind != "activity":
            return super()._deliver_as_record(notification)
        document = notification._document()
        if not isinstance(document, self.pool["mail.activity.mixin"]):
            document = self
        # Assignees become followers, which two workers must not make them at the same time: whoever
        # updates the row later loses the race, and begins again with the followers in sight.
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET write_date = write_date WHERE id = %s",
                SQL.identifier(document._table),
                document.id,
            ),
            log_exceptions=False,
        )
        for user in self._assignees():
            document.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=notification.name,
                note=plaintext2html(notification.body or ""),
                user_id=user.id,
            )
        return None

    def _assignees(self):
        """Return who gets the activities now."""
        return self.user_ids
