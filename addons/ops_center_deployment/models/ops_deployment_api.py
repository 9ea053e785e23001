from http import HTTPStatus

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.ops_center_base.transport import mask

from .. import states
from ..api_requests import LOG, START, Problem, read_body, read_end, read_key, read_step

#: One key is for one environment, and for nothing else that Odoo offers.
SCOPE = "ops.deployment.{}"
MAX_IDEMPOTENCY_KEY = 200  # characters


class OpsDeployment(models.Model):
    """The door for pipelines that deploy by themselves: `/ops/api/v1/deployments`."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    # === BUSINESS METHODS === #

    @api.model
    def _api_start(self, authorization, idempotency_key, body):
        """Record that a pipeline has begun to deploy.

        :param str authorization: the header of this name
        :param str idempotency_key: as well; the same one again is the same deployment
        :param bytes body: see `api_requests.START`
        :return: what the pipeline is told
        :raise Problem: it is refused
        """
        key = read_key(authorization)
        told = read_body(body, START, ("environment_id", "revision"))
        if not 0 < len(idempotency_key) <= MAX_IDEMPOTENCY_KEY:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "Send the header Idempotency-Key, such as the number of the run:"
                f" {MAX_IDEMPOTENCY_KEY} characters at most.",
            )
        deployments = self._api_as_owner(key, told["environment_id"])
        values = {
            **{
                name: mask(value) if isinstance(value, str) else value
                for name, value in told.items()
            },
            "external_reference": idempotency_key,
            "state": states.DEPLOYING,
        }
        return self._api_answer(lambda: deployments.browse(deployments.record(values)["id"]))

    @api.model
    def _api_step(self, authorization, deployment_id, body):
        """Show a step of a deployment; see `_api_start`."""
        deployment = self._api_deployment(authorization, deployment_id)
        name, state = read_step(body)
        return self._api_answer(lambda: deployment._set_step(mask(name), state), deployment)

    @api.model
    def _api_log(self, authorization, deployment_id, body):
        """Keep what the log says next; see `_api_start`."""
        deployment = self._api_deployment(authorization, deployment_id)
        told = read_body(body, LOG, ("text",))
        return self._api_answer(
            lambda: deployment._append_log(told["text"], told.get("from")), deployment
        )

    @api.model
    def _api_finish(self, authorization, deployment_id, body):
        """Record how a deployment ended; see `_api_start`."""
        deployment = self._api_deployment(authorization, deployment_id)
        state, message = read_end(body)

        def finish():
            # Nobody here brings it back if it is bad: what the pipeline calls good is live.
            reached = states.LIVE if state == states.VERIFYING else state
            if reached in states.TRANSITIONS[deployment.state]:
                # Only the code says why it failed; who reports may write the deployment.
                deployment.sudo().problem = reached in states.ENDS and mask(message)
                deployment._transition(reached)

        return self._api_answer(finish, deployment)

    def _api_deployment(self, authorization, deployment_id):
        """Return the deployment of who shows a key for its environment."""
        key = read_key(authorization)
        # The key decides who may know whether there is one.
        environment = self.sudo().browse(deployment_id).exists().environment_id
        deployment = self._api_as_owner(key, environment.id or 0).browse(deployment_id)
        if deployment.source != "api" or deployment.operation_id:
            raise Problem(
                HTTPStatus.CONFLICT, "This deployment is not one that a pipeline reports here."
            )
        return deployment

    @api.model
    def _api_as_owner(self, key, environment_id):
        """Return this model as whoever made the key may use it.

        :raise Problem: the key is not one of this environment
        """
        user_id = self.env["res.users.apikeys"]._check_credentials(
            scope=SCOPE.format(environment_id), key=key
        )
        if not user_id:
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "The key is not one of this environment, or it has expired. Make a new one there.",
            )
        user = self.env["res.users"].sudo().browse(user_id)
        context = {"allowed_company_ids": user.company_ids.ids, "lang": user.lang}
        return self.with_user(user).with_context(**context)

    def _api_answer(self, act, deployment=None):
        """Do something completely or not at all, and return what the pipeline is told of it."""
        try:
            with self.env.cr.savepoint():
                deployment = act() or deployment
                self.env.flush_all()
        except AccessError as error:
            raise Problem(HTTPStatus.FORBIDDEN, str(error)) from error
        except UserError as error:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        return {
            "id": deployment.id,
            "name": deployment.display_name,
            "state": deployment.state,
            "url": f"{self.get_base_url()}/odoo/ops-deployments/{deployment.id}",
        }
