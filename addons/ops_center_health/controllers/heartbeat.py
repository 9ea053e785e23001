import logging
import re

from odoo.http import Controller, HttpDispatcher, Response, request, route

MAX_BODY = 10 * 1024 * 1024  # bytes that are accepted
MAX_NOTE = 10_000  # bytes of them that are kept

PING = "/ops/ping/<string:token>"
SECRET_ADDRESS = re.compile(r"(/ops/(?:ping|acknowledge)/)[^/\s?]+")


class PingDispatcher(HttpDispatcher):
    """Leaves the body alone: curl calls whatever it sends a form, and Odoo would take it apart."""

    routing_type = "ops_ping"

    def dispatch(self, endpoint, args):
        self.request.params = args
        return self.request.registry["ir.http"]._dispatch(endpoint)


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
        type="ops_ping",
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
        return Response(
            "OK\n" if known else "Not Found\n",
            status=200 if known else 404,
            content_type="text/plain; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )
