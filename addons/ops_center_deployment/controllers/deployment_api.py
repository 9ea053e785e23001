import json

from odoo.http import Controller, Response, request

from odoo.addons.ops_center_base.controllers.raw import report_route, take_report

from ..api_requests import Problem

ADDRESS = "/ops/api/v1/deployments"


class DeploymentApi(Controller):
    """The API that pipelines report to; see `docs/deployments.md`."""

    @report_route(ADDRESS)
    def start(self):
        """Take that a pipeline has begun to deploy."""
        key = request.httprequest.headers.get("Idempotency-Key", "")
        return _answer("_api_start", key, status=201)

    @report_route(f"{ADDRESS}/<int:deployment_id>/steps")
    def step(self, deployment_id):
        """Take how a step goes."""
        return _answer("_api_step", deployment_id)

    @report_route(f"{ADDRESS}/<int:deployment_id>/log")
    def log(self, deployment_id):
        """Take what the log says next."""
        return _answer("_api_log", deployment_id)

    @report_route(f"{ADDRESS}/<int:deployment_id>/finish")
    def finish(self, deployment_id):
        """Take how it ended."""
        return _answer("_api_finish", deployment_id)


def _answer(method, subject, status=200):
    authorization = request.httprequest.headers.get("Authorization", "")

    def take(body):
        try:
            take = getattr(request.env["ops.deployment"], method)
            return status, take(authorization, subject, body)
        except Problem as problem:
            return problem.status, problem.told()

    status, told = take_report(take)
    if isinstance(told, str):
        told = {"status": status, "detail": told}
    refused = status >= 400  # noqa: PLR2004 - where HTTP's errors begin
    headers = {"Cache-Control": "no-store"}
    if status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        json.dumps(told),
        status=int(status),
        content_type="application/problem+json" if refused else "application/json",
        headers=headers,
    )
