from odoo import SUPERUSER_ID
from odoo.http import Controller, request

from odoo.addons.ops_center_base.controllers.raw import answer, report_route, take_report


class DeploymentReport(Controller):
    """Where who carries out a deployment reports how it goes."""

    @report_route("/ops/deployment/<string:marker>/report")
    def report(self, marker):
        """Take a report, or say why not."""
        signature = request.httprequest.headers.get("X-Ops-Center-Signature", "")
        # Who reports is known by the signature, may do nothing else, and is no user: the chatter
        # tells of OdooBot.
        deployments = request.env["ops.deployment"].with_user(SUPERUSER_ID)
        return answer(*take_report(lambda body: deployments._take_report(marker, signature, body)))
