import logging
import re

from odoo.http import Controller, request, route

from odoo.addons.ops_center_base.controllers.raw import answer

MAX_BODY = 10 * 1024 * 1024  # bytes that are accepted
MAX_NOTE = 10_000  # bytes of them that are kept

PING = "/ops/ping/<string:token>"
SECRET_ADDRESS = re.compile(r"(/ops/(?:ping|acknowledge)/)[^/\s?]+")


class TokenFilter(logging.Filter):
    """Keeps addresses that are secrets out of the log of requests."""

    def filter(self, record):
        message = record.getMessage()
        if SECRET_ADDRESS.search(message):
            record.msg, record.args = SECRET_ADDRESS.sub(r"\1***", message), None
        return True


logging.getLogger("werkzeug").addFilter(TokenFilter())


class Heartbeat(Controller):
    """Where jobs that are watched by their silence say that they are alive."""

    @route(
        [PING, f"{PING}/<any(start, fail, log):signal>", f"{PING}/<int(min=0,max=255):exit_code>"],
        type="ops_raw",
        auth="public",
        methods=["GET", "HEAD", "POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BODY,
    )
    def ping(self, token, signal="success", exit_code=None):
        """Take down what a job says.

        ``?rid=`` may name the run, so that its end is paired with its start.
        """
        if exit_code:
            signal = "fail"
        # Read in this way, it is still there when Odoo repeats a request that lost a race.
        body = request.httprequest.get_data()[:MAX_NOTE].decode("utf-8", "replace")
        # Who knows the address may ping, and nothing else.
        checks = request.env["ops.health.check"].sudo()
        run_id = request.httprequest.args.get("rid")
        known = checks._ping(token, signal, exit_code=exit_code, run_id=run_id, body=body)
        return answer(200, "OK") if known else answer(404, "Not Found")
