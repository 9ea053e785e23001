from odoo import api, fields, models

from odoo.addons.ops_center_base.encryption import EncryptionError, encrypt


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ops_allowed_networks = fields.Char(related="company_id.ops_allowed_networks", readonly=False)
    ops_canaries = fields.Char(related="company_id.ops_canaries", readonly=False)
    ops_sample_retention_days = fields.Integer(
        string="Keep Results For",
        default=5,
        config_parameter="ops_center_health.sample_retention_days",
    )
    ops_work_mode = fields.Selection(
        [("worker", "Worker"), ("cron", "Scheduled actions"), ("none", "Nobody")],
        string="Who Does the Work",
        compute="_compute_ops_instance",
    )
    ops_outward_blocker = fields.Char(string="Outward Actions", compute="_compute_ops_instance")
    ops_has_key = fields.Boolean(string="Encryption Key", compute="_compute_ops_instance")

    _ops_sample_retention_days_range = models.Constraint(
        "CHECK(ops_sample_retention_days BETWEEN 1 AND 90)",
        "“Keep Results For” takes from 1 to 90 days.",
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_ops_instance(self):
        for settings in self:
            settings.ops_work_mode = self.env["ops.worker"]._work_mode()
            settings.ops_outward_blocker = self.env["ops.instance"]._outward_blocker()
            settings.ops_has_key = self._ops_has_key()

    # === ACTION METHODS === #

    def action_ops_bind(self):
        self.env["ops.instance"].action_bind()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_ops_dead_man(self):
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_health.res_company_dead_man_action"
            ),
            "res_id": self.env.company.id,
        }

    # === BUSINESS METHODS === #

    @api.model
    def _ops_has_key(self):
        try:
            encrypt("")
        except EncryptionError:
            return False
        return True
