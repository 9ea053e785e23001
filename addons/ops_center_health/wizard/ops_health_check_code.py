import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..checks_as_code import MAX_BYTES


class OpsHealthCheckCode(models.TransientModel):
    """A file of checks: to be downloaded, or looked through and applied."""

    _name = "ops.health.check.code"
    _description = "Checks as YAML"

    text = fields.Text(string="YAML")
    file = fields.Binary(attachment=False)
    file_name = fields.Char()
    line_ids = fields.One2many("ops.health.check.code.line", "code_id", readonly=True)
    summary = fields.Char(compute="_compute_summary")

    # === COMPUTE METHODS === #

    @api.depends("line_ids.action")
    def _compute_summary(self):
        for code in self:
            actions = code.line_ids.mapped("action")
            code.summary = self.env._(
                "To create: %(create)s. To change: %(change)s. To leave as they are: %(leave)s.",
                create=actions.count("create"),
                change=actions.count("change"),
                leave=actions.count("leave"),
            )

    @api.onchange("file")
    def _onchange_file(self):
        if not self.file:
            return
        try:
            content = base64.b64decode(self.file)
            if len(content) > MAX_BYTES:
                raise UserError(self.env._("The file is larger than 256 KiB. Split it."))
            self.text = content.decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise UserError(
                self.env._("This file is no text in UTF-8. Choose a YAML file.")
            ) from error

    # === ACTIONS === #

    def action_plan(self):
        """Show what applying the text would do."""
        self.ensure_one()
        planned = self.env["ops.health.check"].apply_yaml(self.text or "", dry_run=True)
        order = ["create", "change", "leave"]
        planned.sort(key=lambda step: order.index(step["action"]))
        self.line_ids = [fields.Command.clear(), *map(fields.Command.create, planned)]
        return self._reopen()

    def action_edit(self):
        """Go back to the text."""
        self.ensure_one()
        self.line_ids = [fields.Command.clear()]
        return self._reopen()

    def action_apply(self):
        self.ensure_one()
        done = self.env["ops.health.check"].apply_yaml(self.text or "")
        actions = [step["action"] for step in done]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Created: %(create)s. Changed: %(change)s. Left as they were: %(leave)s.",
                    create=actions.count("create"),
                    change=actions.count("change"),
                    leave=actions.count("leave"),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS METHODS === #

    @api.model
    def _download(self, text):
        """Have the browser download a text."""
        code = self.create({"file": base64.b64encode(text.encode()), "file_name": "checks.yaml"})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{code.id}/file/{code.file_name}?download=true",
            "target": "download",
        }

    def _reopen(self):
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_health.ops_health_check_code_action"
            ),
            "res_id": self.id,
        }
