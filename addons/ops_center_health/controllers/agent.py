from werkzeug.exceptions import RequestEntityTooLarge

from odoo.http import Controller, Response, request, route

from ..models.ops_health_check_facts import PAUSE
from .heartbeat import PingDispatcher

MAX_REPORT = 256 * 1024  # bytes


class Agent(Controller):
    """Where the agents of Odoos elsewhere report how these do."""

    @route(
        "/ops/agent/<string:token>",
        type=PingDispatcher.routing_type,
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_REPORT,
    )
    def report(self, token):
        """Take a report, or say why not."""
        headers = request.httprequest.headers
        try:
            # Read in this way, it is still there when Odoo repeats a request that lost a race.
            body = request.httprequest.get_data()
        except RequestEntityTooLarge:
            status, sentence = 413, "The report is larger than 256 KiB."
        else:
            # Who reports is known by the signature, and may do nothing else.
            checks = request.env["ops.health.check"].sudo()
            status, sentence = checks._take_report(
                token,
                headers.get("X-Ops-Center-Timestamp", ""),
                headers.get("X-Ops-Center-Signature", ""),
                body,
            )
        return Response(
            f"{sentence}\n",
            status=status,
            content_type="text/plain; charset=utf-8",
            headers={"Cache-Control": "no-store"}
            | ({"Retry-After": str(PAUSE)} if status == 429 else {}),  # noqa: PLR2004
        )
