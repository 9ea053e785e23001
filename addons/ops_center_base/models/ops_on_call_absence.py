from odoo import api, fields, models


class OpsOnCallAbsence(models.Model):
    """Holidays and the like, in which the next person of the rota stands in."""

    _name = "ops.on.call.absence"
    _description = "On-Call Absence"
    _order = "date_from desc, id desc"
    _rec_name = "user_id"
    _check_company_auto = True

    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        default=lambda self: self.env.user,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    date_from = fields.Datetime(string="From", required=True)
    date_to = fields.Datetime(string="To", required=True)
    reason = fields.Char()

    _span = models.Constraint(
        "CHECK(date_from < date_to)", "The absence ends before it begins: correct “To”."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        absences = super().create(vals_list)
        absences._plan_rotas(absences.user_id)
        return absences

    def write(self, vals):
        users = self.user_id
        result = super().write(vals)
        self._plan_rotas(users | self.user_id)
        return result

    def unlink(self):
        users = self.user_id
        result = super().unlink()
        self._plan_rotas(users)
        return result

    def _plan_rotas(self, users):
        # Also rotas of companies that the user doesn't see: the person is absent there as well.
        members = self.env["ops.on.call.member"].sudo().search([("user_id", "in", users.ids)])
        members.rota_id._plan()
