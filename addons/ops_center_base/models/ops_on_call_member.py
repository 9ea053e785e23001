from odoo import api, fields, models


class OpsOnCallMember(models.Model):
    """The place of a person in the order of a rota."""

    _name = "ops.on.call.member"
    _description = "Person of an On-Call Rota"
    _order = "sequence, id"
    _check_company_auto = True

    rota_id = fields.Many2one("ops.on.call.rota", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="rota_id.company_id", store=True, precompute=True, index=True
    )
    sequence = fields.Integer(default=10)
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        ondelete="cascade",
        check_company=True,
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("ops_center_base.group_viewer").ids)
        ],
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members.rota_id._plan()
        return members

    def write(self, vals):
        result = super().write(vals)
        self.rota_id._plan()
        return result

    def unlink(self):
        rotas = self.rota_id
        result = super().unlink()
        rotas.exists()._plan()
        return result
