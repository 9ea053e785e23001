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
        known = {step.name: step for step in self.step_ids}
        for sequence, told in enumerate(steps):
            name = mask(told.name)
            known[name] = self._show_step(
                known.get(name), name, told.state, sequence, told.started_at, told.finished_at
            )

    def _set_step(self, name, state):
        """Show one step: after the others, if it is new."""
        steps = self.step_ids
        known = steps.filtered(lambda step: step.name == name)[:1]
        sequence = known.sequence if known else max(steps.mapped("sequence"), default=-1) + 1
        self._show_step(known, name, state, sequence)
        self.env["ops.event"]._broadcast(self._name, self.ids)

    def _show_step(self, step, name, state, sequence, started_at=None, finished_at=None):
        """Show how a step is, with the times at which we heard that it began and ended."""
        now = fields.Datetime.now()
        step = step or self.step_ids.create({"deployment_id": self.id, "name": name})
        values = {"sequence": sequence, "state": state}
        if state != "pending" and not step.started_at:
            values["started_at"] = started_at or now
        if state in {"done", "failed", "skipped"} and not step.finished_at:
            values["finished_at"] = finished_at or now
        step.write(values)
        return step
