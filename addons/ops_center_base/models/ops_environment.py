from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..transport import is_http_url


class OpsEnvironment(models.Model):
    _name = "ops.environment"
    _description = "Environment"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, application_id, id"
    _rec_names_search = ["name", "application_id.name"]
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    application_id = fields.Many2one(
        "ops.application",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    kind = fields.Selection(
        [
            ("production", "Production"),
            ("staging", "Staging"),
            ("preview", "Preview"),
            ("development", "Development"),
        ],
        required=True,
        default="production",
        tracking=True,
    )
    provider = fields.Selection(
        [("manual", "Manual")],
        required=True,
        default="manual",
        tracking=True,
        help="Who carries out deployments. Manual: somebody else, Ops Center keeps the record.",
    )
    is_self = fields.Boolean(
        string="This Odoo",
        readonly=True,
        copy=False,
        help="The environment that Ops Center itself runs in.",
    )
    protected = fields.Boolean(
        tracking=True,
        help="Deployments to a protected environment need the approval of a second person.",
    )
    url = fields.Char(string="URL", tracking=True)
    release = fields.Char(readonly=True, copy=False, help="The revision that was last seen here.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one("res.partner", string="Customer", check_company=True)
    color = fields.Integer()
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)

    _self_uniq = models.UniqueIndex(
        "(is_self) WHERE is_self",
        "This database already has the environment it runs in.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("is_self", "active")
    def _check_self_active(self):
        if any(environment.is_self and not environment.active for environment in self):
            raise ValidationError(
                self.env._("Ops Center runs in this environment, so it can't be archived.")
            )

    @api.constrains("url")
    def _check_url(self):
        for environment in self.filtered("url"):
            if not is_http_url(environment.url):
                raise ValidationError(
                    self.env._(
                        "“%s” is no address that can be visited. Enter all of it, such as"
                        " https://shop.example.com.",
                        environment.url,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_self(self):
        if any(self.mapped("is_self")):
            raise UserError(
                self.env._("Ops Center runs in this environment, so it can't be deleted.")
            )

    # === COMPUTE METHODS === #

    @api.depends("name", "application_id.name")
    def _compute_display_name(self):
        for environment in self:
            environment.display_name = (
                f"{environment.application_id.name or ''} / {environment.name or ''}"
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_self_untouched(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_self_untouched(vals)
        return super().write(vals)

    # === ACTION METHODS === #

    def action_view_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ops_center_base.ops_event_action")
        return {**action, "domain": [("environment_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    def _check_self_untouched(self, vals):
        """Only the module's own data says which environment Ops Center runs in."""
        if "is_self" in vals and not self.env.su:
            raise UserError(
                self.env._("Which environment Ops Center runs in is not a matter of choice.")
            )
