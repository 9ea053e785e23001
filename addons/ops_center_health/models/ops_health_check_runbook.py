from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.ops_center_base.transport import is_http_url


class OpsHealthCheck(models.Model):
    """What to do when a check fails, written elsewhere."""

    # Each theme has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    runbook_url = fields.Char(
        string="Runbook",
        tracking=True,
        help="The page that tells what to do when this check fails. It is shown on the incident"
        " and in every message about it.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("runbook_url")
    def _check_runbook_url(self):
        for check in self:
            # Whoever clicks it has to arrive at a web page, and at nothing else.
            if check.runbook_url and not is_http_url(check.runbook_url):
                raise ValidationError(
                    self.env._(
                        "“Runbook” of %s is no complete address. Enter one such as"
                        " https://wiki.example.com/shop-is-down.",
                        check.name,
                    )
                )
