import hmac

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.ops_center_base.transport import mask, sign

from .. import states
from ..report import parse


class OpsDeployment(models.Model):
    """How a deployment goes, as whoever carries it out reports."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    reported_at = fields.Datetime(string="Last Heard Of", readonly=True, copy=False)

    progress = fields.Float(
        compute="_compute_progress", store=True, aggregator=None, help="Steps that are done, in %."
    )

    # === COMPUTE METHODS === #

    @api.depends("step_ids.state")
    def _compute_progress(self):
        for deployment in self:
            steps = deployment.step_ids
            done = steps.filtered(lambda step: step.state in {"done", "skipped"})
            deployment.progress = 100 * len(done) / len(steps) if steps else 0

    # === CRUD METHODS === #

    @api.model
    def _initial_values(self):
        return {**super()._initial_values(), "reported_at": False}

    # === BUSINESS METHODS === #

    @api.model
    def _take_report(self, marker, signature, body):
        """Take what was reported, if it is signed by who was asked to deploy.

        Reports may come twice, or in another order: none moves a deployment back.

        :param str marker: of the request
        :param str signature: of the body, as `transport.sign` makes it
        :param bytes body: the report
        :return: the HTTP status and a sentence
        """
        operation = self.env["ops.operation"].search(
            [("uuid", "=", marker.replace("\0", "")), ("kind", "=", "deploy")]
        )
        environment = operation.environment_id
        if environment.provider != "webhook":
            return 404, "No deployment takes reports at this address."
        try:
            secret = environment._reveal("deploy_secret")
        except UserError:
            return 503, "Ops Center can't read the signing secret. Enter it there again."
        expected = sign(secret, body)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return 401, "The signature is wrong. Sign the body with the secret of the environment."
        try:
            report = parse(body)
        except ValueError as error:
            return 422, f"{error}.".capitalize()
        if report.id != marker:
            return 422, "Id must be that of the request."
        self.browse(operation.res_id)._apply_report(report)
        return 200, "OK"

    def _apply_report(self, report):
        self.lock_for_update(allow_referencing=True)
        self.reported_at = fields.Datetime.now()
        if report.reference:
            self.provider_reference = mask(report.reference)
        if report.steps is not None and self.state in states.ACTIVE:
            self._set_steps(report.steps)
            self.env["ops.event"]._broadcast(self._name, self.ids)
        if report.log:
            self._append_log(report.log, report.log_from)
        if report.state in states.TRANSITIONS[self.state]:
            if report.state in states.ENDS:
                self.problem = mask(report.message)
            self._transition(report.state)

    def _set_steps(self, steps):
        """Show these steps, in this order, with the times at which each began and ended."""
        now = fields.Datetime.now()
        known = {step.name: step for step in self.step_ids}
        for sequence, told in enumerate(steps):
            name = mask(told.name)
            step = known.get(name) or self.step_ids.create({"deployment_id": self.id, "name": name})
            known[name] = step
            values = {"sequence": sequence, "state": told.state}
            if told.state != "pending" and not step.started_at:
                values["started_at"] = told.started_at or now
            if told.state in {"done", "failed", "skipped"} and not step.finished_at:
                values["finished_at"] = told.finished_at or now
            step.write(values)
