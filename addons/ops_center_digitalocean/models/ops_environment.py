from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.ops_center_base.outbox import OutboxFatal, OutboxRetry, outbox_errors
from odoo.addons.ops_center_base.transport import TransportError

from ..app_platform import AnswerError, SpecError, read_marker, with_revision

# Their clock and ours may differ by so much, and lists are looked through further than needed.
CLOCK_SKEW = timedelta(minutes=10)
OTHERS_PATIENCE = 60  # seconds until it is looked again whether somebody else's deployment ended


class OpsEnvironment(models.Model):
    """The provider that is DigitalOcean's App Platform.

    A revision is deployed by an update of the app's spec: the only way to name an image's digest,
    and to leave a marker by which the deployment is found again. Rollbacks are App Platform's own,
    which pin the app.
    """

    _inherit = "ops.environment"

    provider = fields.Selection(
        selection_add=[("digitalocean", "DigitalOcean App Platform")],
        ondelete={"digitalocean": "set default"},
    )
    digitalocean_app_id = fields.Many2one(
        "ops.digitalocean.app",
        string="App",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        copy=False,
    )
    digitalocean_deploys_on_push = fields.Boolean(related="digitalocean_app_id.deploys_on_push")

    # Two queues for one app would overwrite each other's specs.
    _digitalocean_app_uniq = models.UniqueIndex(
        "(digitalocean_app_id) WHERE digitalocean_app_id IS NOT NULL",
        "This app is another environment already. Choose that one, or another app.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("provider", "digitalocean_app_id")
    def _check_digitalocean_app(self):
        for environment in self:
            if environment.provider == "digitalocean" and not environment.digitalocean_app_id:
                raise ValidationError(
                    self.env._("App: choose which app of DigitalOcean %s is.", environment.name)
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        environments = super().create(vals_list)
        # What runs there already is the first thing to go back to.
        environments.digitalocean_app_id._look_anew()
        return environments

    def write(self, vals):
        result = super().write(vals)
        if vals.get("digitalocean_app_id"):
            self.digitalocean_app_id._look_anew()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _executing_providers(self):
        return super()._executing_providers() | {"digitalocean"}

    def _provider_deploy(self, operation):
        if self.provider != "digitalocean":
            return super()._provider_deploy(operation)
        api, identifier = self._app_platform()
        params = operation.params
        with _read_errors():
            app = api.app(identifier)
        if app.under_way:
            # A new one would call that off.
            raise OutboxRetry(
                self.env._(
                    "App Platform is deploying something else there: %s.", app.under_way.cause
                ),
                OTHERS_PATIENCE,
            )
        if params.get("reverts") and app.pinned:
            with outbox_errors():
                return api.revert_rollback(identifier).id
        if params.get("brings_back"):
            problem = self._rollback_problem(api, identifier, params["brings_back"])
            if not problem:
                with outbox_errors():
                    return api.roll_back(identifier, params["brings_back"]).id
            if not params["image_digest"]:
                raise OutboxFatal(
                    self.env._("App Platform can't roll back to it: %s.", problem.rstrip("."))
                )
            # Too old for App Platform, perhaps, but the image itself may well be there.
        try:
            spec = with_revision(
                app.spec,
                operation.uuid,
                params["revision"],
                params["image_digest"] or "",
                self.digitalocean_app_id.image_repository or "",
            )
        except SpecError as error:
            raise OutboxFatal(str(error)) from error
        with outbox_errors():
            return api.update(identifier, spec).id

    @staticmethod
    def _rollback_problem(api, identifier, reference):
        """Return why App Platform can't roll back to a deployment, empty if it can."""
        with _read_errors():
            try:
                return api.rollback_problem(identifier, reference)
            except TransportError as error:
                if error.kind != "not_found":
                    raise
                return error.message

    def _provider_cancel(self, operation):
        if self.provider != "digitalocean":
            return super()._provider_cancel(operation)
        api, identifier = self._app_platform()
        reference = self._cancelled_reference(api, identifier, operation)
        if not reference:
            raise OutboxRetry(self.env._("App Platform does not know of the deployment yet."))
        with outbox_errors(repeatable=True):
            return api.cancel(identifier, reference).id

    def _provider_commit(self, operation):
        if self.provider != "digitalocean":
            return super()._provider_commit(operation)
        api, identifier = self._app_platform()
        with outbox_errors():
            api.commit_rollback(identifier)
        return identifier

    def _provider_find(self, operation):
        if self.provider != "digitalocean":
            return super()._provider_find(operation)
        api, identifier = self._app_platform()
        with _read_errors():
            if operation.kind == "deploy":
                return self._find_deployment(api, identifier, operation)
            if operation.kind == "commit":
                return None if api.app(identifier).pinned else identifier
            reference = self._cancelled_reference(api, identifier, operation)
            # What has ended can't be called off any more; how it ended is seen by looking.
            if reference and api.deployment(identifier, reference).has_ended:
                return reference
        return None

    def _find_deployment(self, api, identifier, operation):
        """Return the id of the deployment that a request has made, None if there is none."""
        params = operation.params
        others = self.env["ops.deployment"].search(
            [("environment_id", "=", self.id), ("id", "!=", operation.res_id)]
        )
        known = set(others.filtered("provider_reference").mapped("provider_reference"))
        found = None
        for deployment in api.deployments(identifier, operation.create_date - CLOCK_SKEW):
            if deployment.id == params.get("reverts"):
                # While it was pinned to this, there was nothing new but the revert.
                return found
            # What others deploy carries the marker on: the first that has it is the one.
            is_ours = (
                params.get("reverts")
                or read_marker(deployment.spec) == operation.uuid
                or (params.get("brings_back") and deployment.cloned_from == params["brings_back"])
            )
            if is_ours and deployment.id not in known:
                found = deployment.id
        return None if params.get("reverts") else found

    def _app_platform(self):
        """Return the API and the identifier of the app there."""
        app = self.digitalocean_app_id
        try:
            return app.account_id._api(), app.identifier
        except UserError as error:
            raise OutboxFatal(str(error)) from error

    def _cancelled_reference(self, api, identifier, operation):
        """Return how App Platform calls the deployment that is to be called off."""
        deployment = self.env["ops.deployment"].browse(operation.res_id)
        return deployment.provider_reference or self._find_deployment(
            api, identifier, deployment.operation_id
        )


@contextmanager
def _read_errors():
    """Have whatever goes wrong while nothing is changed be tried again, unless it is refused."""
    try:
        with outbox_errors(repeatable=True):
            yield
    except AnswerError as error:
        raise OutboxRetry(str(error)) from error
