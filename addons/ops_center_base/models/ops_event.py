from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

LEVEL_ICONS = {
    "info": "fa-info-circle",
    "success": "fa-check-circle",
    "warning": "fa-exclamation-triangle",
    "danger": "fa-times-circle",
}


class OpsEvent(models.Model):
    _name = "ops.event"
    _description = "Event"
    _order = "date desc, id desc"
    _check_company_auto = True

    date = fields.Datetime(required=True, index=True, readonly=True, default=fields.Datetime.now)
    kind = fields.Char(required=True, index=True, readonly=True)
    level = fields.Selection(
        [
            ("info", "Information"),
            ("success", "Success"),
            ("warning", "Warning"),
            ("danger", "Failure"),
        ],
        required=True,
        readonly=True,
        default="info",
    )
    icon = fields.Char(compute="_compute_icon")
    name = fields.Char(string="Title", required=True, readonly=True)
    detail = fields.Text(readonly=True)
    environment_id = fields.Many2one(
        "ops.environment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
    application_id = fields.Many2one(
        related="environment_id.application_id", store=True, index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", readonly=True, default=lambda self: self.env.user)
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("level")
    def _compute_icon(self):
        for event in self:
            event.icon = LEVEL_ICONS.get(event.level)

    # === CRUD METHODS === #

    def write(self, vals):
        if not self.env.context.get(MODULE_UNINSTALL_FLAG):
            raise UserError(self.env._("The timeline is append-only: an event can't be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The timeline is append-only: an event can't be deleted."))

    # === ACTION METHODS === #

    def action_open_document(self):
        self.ensure_one()
        document = self.env[self.res_model].browse(self.res_id).exists()
        if not document:
            raise UserError(self.env._("What this event is about was deleted since."))
        return document.get_formview_action()

    # === BUSINESS METHODS === #

    @api.model
    def _record(
        self, kind, name, *, environment=None, company=None, record=None, level="info", detail=None
    ):
        """Append one line to the timeline and tell the open screens.

        :param str kind: technical name, such as ``incident.opened``
        :param str name: the title, plain text
        :param environment: the `ops.environment` it happened in
        :param company: the company it belongs to; default: that of the environment or record
        :param record: the document that it is about
        :param str level: info, success, warning or danger
        :param str detail: more plain text
        :return: the new event
        """
        company = (
            company
            or (environment and environment.company_id)
            or (record and record.company_id)
            or self.env.company
        )
        # Nobody has the right to create events by hand; the code that records them may.
        event = self.sudo().create(
            {
                "kind": kind,
                "name": name,
                "level": level,
                "detail": detail,
                "environment_id": environment and environment.id,
                "company_id": company.id,
                "res_model": record and record._name,
                "res_id": record and record.id,
            }
        )
        self._broadcast(event._name, event.ids)
        if record:
            self._broadcast(record._name, record.ids)
        return event

    @api.model
    def _broadcast(self, model, ids):
        """Tell the open screens of all viewers that records changed (ids only, at commit)."""
        # The group is only the address of the message; nothing of it is read.
        viewers = self.env.ref("ops_center_base.group_viewer").sudo()
        viewers._bus_send("ops_center/changed", {"model": model, "ids": list(ids)})
