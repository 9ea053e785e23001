from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import is_html_empty

ACTIVITY = "ops_center_health.mail_activity_type_post_mortem"
TEXTS = ("impact", "root_cause", "lessons")


class OpsHealthIncident(models.Model):
    """What was learned from an incident, once it is over."""

    # Each theme has a file of its own.
    _inherit = "ops.health.incident"  # pylint: disable=consider-merging-classes-inherited

    post_mortem_state = fields.Selection(
        [("not_needed", "Not Needed"), ("to_write", "To Write"), ("written", "Written")],
        string="Post-mortem",
        required=True,
        default="not_needed",
        copy=False,
        tracking=True,
    )
    impact = fields.Html(copy=False, help="Who noticed what, and for how long.")
    root_cause = fields.Html(copy=False, help="Why it broke, and why nobody noticed before.")
    lessons = fields.Html(copy=False, help="What will be done, by whom and until when.")

    # === CONSTRAINT METHODS === #

    @api.constrains("post_mortem_state", *TEXTS)
    def _check_post_mortem(self):
        for incident in self.filtered(lambda one: one.post_mortem_state == "written"):
            if empty := [name for name in TEXTS if is_html_empty(incident[name])]:
                labels = incident.fields_get(empty, ["string"])
                raise ValidationError(
                    self.env._(
                        "The post-mortem is not complete. Fill in: %s.",
                        ", ".join(labels[name]["string"] for name in empty),
                    )
                )

    # === ACTIONS === #

    def action_write_post_mortem(self):
        """Have the post-mortem written by who took care of the incident, else by the user."""
        self.post_mortem_state = "to_write"
        for incident in self:
            incident.activity_schedule(ACTIVITY, user_id=(incident.user_id or self.env.user).id)

    def action_finish_post_mortem(self):
        self.post_mortem_state = "written"
        self.activity_feedback([ACTIVITY])

    def action_drop_post_mortem(self):
        """Go without a post-mortem; what was written so far stays."""
        self.post_mortem_state = "not_needed"
        self.activity_unlink([ACTIVITY])
