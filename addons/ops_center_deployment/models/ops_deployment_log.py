from odoo import api, fields, models

from odoo.addons.ops_center_base.transport import mask

from ..log import clean, plain

MAX_LOG = 1_000_000  # characters; what came first goes when there is more
MAX_SHOWN = 300_000  # characters that one look brings at most


class OpsDeployment(models.Model):
    """What the log of a deployment says, as it comes."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    log_part_ids = fields.One2many("ops.deployment.log.part", "deployment_id", readonly=True)
    log_received = fields.Integer(
        readonly=True, copy=False, help="How much of the log was told so far, in characters."
    )
    log_in_key = fields.Boolean(readonly=True, copy=False)

    # === CRUD METHODS === #

    @api.model
    def _initial_values(self):
        return {
            **super()._initial_values(),
            "log_part_ids": False,
            "log_received": False,
            "log_in_key": False,
        }

    # === ACTION METHODS === #

    @api.readonly
    def read_log(self, after=0):
        """Return what the log says, for screens that follow it; callable over RPC.

        :param int after: the id of the last part that is known already
        :return: ``{"text": …, "last": id, "skipped": whether there is more before it}``
        """
        self.ensure_one()
        self.check_access("read")
        parts = self.env["ops.deployment.log.part"].search(
            [("deployment_id", "=", self.id), ("id", ">", after)], order="id desc"
        )
        shown, size = parts.browse(), 0
        for part in parts:
            size += part.size
            if shown and size > MAX_SHOWN:
                break
            shown |= part
        return {
            "text": "\n".join(reversed(shown.mapped("text"))),
            "last": parts[:1].id or after,
            "skipped": len(shown) < len(parts),
        }

    def _whole_log(self):
        """Return the log as a text without colours, to be kept by who downloads it."""
        self.check_access("read")
        return plain("\n".join(self.log_part_ids.mapped("text"))) + "\n"

    # === BUSINESS METHODS === #

    def _append_log(self, text, offset=None):
        """Keep what the log says next. What came before is left out, so it may be told again.

        :param str text: the end of it counts when a whole line is there
        :param int offset: how much of the log comes before it, in characters; None: all so far
        """
        self.check_access("write")
        if offset is not None:
            text = text[max(self.log_received - offset, 0) :]
        whole_lines, newline, _rest = text.rpartition("\n")
        if not newline:
            return
        received = max(offset or 0, self.log_received)
        cleaned = clean(whole_lines, mask, self.log_in_key)
        # Nobody writes logs by hand; who calls this knows what was logged.
        self.sudo().write(
            {
                "log_received": received + len(whole_lines) + 1,
                "log_in_key": cleaned.in_key,
            }
        )
        parts = self.env["ops.deployment.log.part"].sudo()
        parts.create(
            {"deployment_id": self.id, "text": cleaned.text, "size": len(cleaned.text) + 1}
        )
        self._drop_oldest_log()
        self.env["ops.event"]._broadcast(self._name, self.ids)

    def _drop_oldest_log(self):
        parts = self.sudo().log_part_ids.sorted("id", reverse=True)
        size = 0
        for part in parts:
            size += part.size
            if size > MAX_LOG and part != parts[0]:
                part.unlink()
