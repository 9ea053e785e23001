import hashlib
import json
import uuid

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import mute_logger


class OpsOperation(models.Model):
    """One intended write to the outside. Addons add a kind, `_send` and `_find` for it."""

    _name = "ops.operation"
    _description = "Operation"
    _inherit = ["ops.outbox.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    kind = fields.Selection([], required=True, readonly=True)
    environment_id = fields.Many2one(
        "ops.environment",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", readonly=True)
    params = fields.Json(string="Parameters", readonly=True, groups="ops_center_base.group_manager")
    params_text = fields.Text(
        string="Parameters as Text",
        compute="_compute_params_text",
        groups="ops_center_base.group_manager",
    )
    params_digest = fields.Char(
        readonly=True, required=True, help="SHA-256 of the parameters, to tell requests apart."
    )
    idempotency_key = fields.Char(readonly=True, required=True, copy=False)

    _idempotency_uniq = models.UniqueIndex(
        "(company_id, idempotency_key)", "This operation was already requested."
    )

    # === COMPUTE METHODS === #

    @api.depends("params")
    def _compute_params_text(self):
        for operation in self:
            operation.params_text = json.dumps(
                operation.params or {}, indent=2, sort_keys=True, ensure_ascii=False
            )

    # === ACTION METHODS === #

    def action_open_document(self):
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id).get_formview_action()

    # === BUSINESS METHODS === #

    @api.model
    def _enqueue(
        self, kind, *, environment=None, record=None, params=None, name=None, idempotency_key
    ):
        """Store what is to be done outside; the dispatcher does it after the commit.

        :param str kind: one of the selection of `kind`
        :param environment: the `ops.environment` that it concerns
        :param record: the document that it is done for
        :param dict params: JSON-serialisable
        :param str name: what the user reads; default: the kind and the document
        :param str idempotency_key: the same key again gives the same operation
        :return: the operation, new or not
        :raise UserError: when the key stands for another request already
        """
        company = (
            (environment and environment.company_id)
            or (record and record.company_id)
            or self.env.company
        )
        digest = self._digest(kind, environment, record, params)
        # Nobody has the right to write operations; who calls this has checked the role.
        operations = self.sudo().with_company(company)
        domain = [("company_id", "=", company.id), ("idempotency_key", "=", idempotency_key)]
        operation = operations.search(domain)
        if not operation:
            labels = dict(self._fields["kind"]._description_selection(self.env))
            subject = record or environment
            parts = [labels[kind], subject.display_name if subject else ""]
            values = {
                "name": name or " ".join(filter(None, parts)),
                "kind": kind,
                "environment_id": environment and environment.id,
                "company_id": company.id,
                "res_model": record and record._name,
                "res_id": record and record.id,
                "params": params,
                "params_digest": digest,
                "idempotency_key": idempotency_key,
                "uuid": self._marker(company, idempotency_key, digest),
            }
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    operation = operations.create(values)
            except psycopg2.errors.UniqueViolation as error:
                # Requested at the same moment: only a new snapshot shows the other one.
                raise ConcurrencyError(idempotency_key) from error
        if operation.params_digest != digest:
            raise UserError(
                self.env._(
                    "The key “%(key)s” was already used for another request (%(operation)s). "
                    "Use a new key.",
                    key=idempotency_key,
                    operation=operation.name,
                )
            )
        return operation.with_env(self.env)

    @api.model
    def _marker(self, company, idempotency_key, digest):
        """Return the marker of a request: the same one whenever it is asked for in this database.

        So what a restored database no longer knows to have sent is found on the other side.
        """
        # A fact about the installation, which users can't read.
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        request = f"{database}/{company.id}/{idempotency_key}/{digest}"
        return uuid.uuid5(uuid.NAMESPACE_OID, request).hex

    @api.model
    def _digest(self, kind, environment, record, params):
        """Return what two requests for the same thing have in common."""
        request = [
            kind,
            environment and environment.id,
            record and [record._name, record.id],
            params or {},
        ]
        return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
