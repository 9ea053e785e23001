from odoo.http import Controller, request

from odoo.addons.ops_center_base.controllers.raw import answer, report_route, take_report

from ..models.ops_health_check_facts import PAUSE

TOO_MANY_REQUESTS = 429


class Agent(Controller):
    """Where the agents of Odoos elsewhere report how these do."""

    @report_route("/ops/agent/<string:token>")
    def report(self, token):
        """Take a report, or say why not."""
        headers = request.httprequest.headers
        timestamp = headers.get("X-Ops-Center-Timestamp", "")
        signature = headers.get("X-Ops-Center-Signature", "")
        # Who reports is known by the signature, and may do nothing else.
        checks = request.env["ops.health.check"].sudo()
        status, sentence = take_report(
            lambda body: checks._take_report(token, timestamp, signature, body)
        )
        waits = {"Retry-After": str(PAUSE)} if status == TOO_MANY_REQUESTS else {}
        return answer(status, sentence, waits)
