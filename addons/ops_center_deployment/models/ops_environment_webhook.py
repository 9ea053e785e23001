import json
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.ops_center_base.outbox import outbox_errors
from odoo.addons.ops_center_base.transport import (
    HttpClient,
    is_http_url,
    is_metadata_address,
    mask,
    sign,
)

from ..report import storable

TIMEOUT = 20.0  # seconds
MAX_ANSWER = 64 * 1024  # bytes
REPORT_PATH = "/ops/deployment/{}/report"


class OpsEnvironment(models.Model):
    """The provider that is a webhook: of Jenkins, GitLab, Coolify, Dokploy or a script.

    It is told what to deploy by a signed request, and tells by signed reports how that goes. The
    marker of a request is its idempotency key: who gets it twice does it once.
    """

    # Each provider has a file of its own.
    _name = "ops.environment"
    _inherit = ["ops.environment", "ops.secret.mixin"]

    provider = fields.Selection(
        selection_add=[("webhook", "Webhook")], ondelete={"webhook": "set default"}
    )
    # Whoever knows the address of a pipeline's webhook may well start it.
    deploy_url = fields.Char(string="Address to Call", groups="ops_center_base.group_manager")
    deploy_secret = fields.Char(
        string="Signing Secret",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
        groups="ops_center_base.group_manager",
        help="Requests are signed with it, and so must be the reports that come back.",
    )
    deploy_secret_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    deploy_secret_hint = fields.Char(string="Signing Secret Ends In", readonly=True, copy=False)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        environments = super().create(vals_list)
        environments._check_webhook()
        return environments

    def write(self, vals):
        result = super().write(vals)
        self._check_webhook()
        return result

    def _check_webhook(self):
        # No constraint of the ORM: those are checked before secrets are stored.
        # The address and the secret are a manager's; only what is wrong with them gets out.
        for environment in self.sudo().filtered(lambda each: each.provider == "webhook"):
            address = environment.deploy_url or ""
            if not is_http_url(address):
                raise ValidationError(
                    self.env._(
                        "Address to Call: enter all of the webhook's address, such as"
                        " https://ci.example.com/hooks/deploy."
                    )
                )
            if urlsplit(address).username is not None:
                raise ValidationError(
                    self.env._(
                        "Address to Call: take user and password out of it. Requests are signed"
                        " with the signing secret instead."
                    )
                )
            if not environment.deploy_secret_cipher:
                raise ValidationError(
                    self.env._(
                        "Signing Secret: enter the one that the receiver verifies requests with,"
                        " and signs its reports with."
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _executing_providers(self):
        return super()._executing_providers() | {"webhook"}

    def _provider_deploy(self, operation):
        if self.provider != "webhook":
            return super()._provider_deploy(operation)
        return self._call_webhook("deploy", operation, operation.params)

    def _provider_cancel(self, operation):
        if self.provider != "webhook":
            return super()._provider_cancel(operation)
        return self._call_webhook("cancel", operation, operation.params)

    def _provider_find(self, operation):
        if self.provider != "webhook" or operation.kind != "deploy":
            return super()._provider_find(operation)
        # Nobody can be asked, but who reports of a request has got it.
        deployment = self.env["ops.deployment"].browse(operation.res_id)
        if not deployment.reported_at:
            return None
        return deployment.provider_reference or operation.uuid

    def _call_webhook(self, event, operation, params):
        """Send a signed request.

        :return: what the answer calls it (``{"reference": …}``), if it says so
        """
        body = json.dumps(
            {
                "event": event,
                "id": operation.uuid,
                "application": self.application_id.name,
                "environment": self.name,
                "report_url": self.get_base_url() + REPORT_PATH.format(operation.uuid),
                **params,
            },
            ensure_ascii=False,
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": operation.uuid,
            "X-Ops-Center-Signature": sign(self._reveal("deploy_secret"), body),
        }
        client = HttpClient(
            timeout=TIMEOUT, max_bytes=MAX_ANSWER, refuse_address=is_metadata_address
        )
        with outbox_errors():
            answer = client.request("POST", self.deploy_url, headers=headers, data=body)
        return _reference(answer.body)


def _reference(body):
    """Return what an answer calls the deployment; answers need not say anything."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    reference = told.get("reference") if isinstance(told, dict) else None
    return mask(storable(reference)) if isinstance(reference, str) else None
