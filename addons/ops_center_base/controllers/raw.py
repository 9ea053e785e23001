"""Routes for programs: they send a body that is taken as it is, and read one sentence."""

from werkzeug.exceptions import RequestEntityTooLarge

from odoo.exceptions import ConcurrencyError, LockError
from odoo.http import HttpDispatcher, Response, request, route

from ..transaction import unlogged_lost_races

MAX_REPORT = 256 * 1024  # bytes


class RawDispatcher(HttpDispatcher):
    """Leaves the body alone: curl calls whatever it sends a form, and Odoo would take it apart."""

    routing_type = "ops_raw"

    def dispatch(self, endpoint, args):
        self.request.params = args
        return self.request.registry["ir.http"]._dispatch(endpoint)


def report_route(address):
    """Let programs without a session post reports to an address; they have to be signed."""
    return route(
        address,
        type=RawDispatcher.routing_type,
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_REPORT,
    )


def answer(status, sentence, headers=()):
    """Return what a program reads: a sentence, which nobody on the way keeps."""
    return Response(
        f"{sentence}\n",
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store", **dict(headers)},
    )


def take_report(take):
    """Take the body of a request to a `report_route`, and say how that went.

    :param take: called with the bytes of the body, it returns the HTTP status and a sentence
    :return: the same
    """
    try:
        # Read in this way, it is still there when Odoo repeats a request that lost a race.
        body = request.httprequest.get_data()
    except RequestEntityTooLarge:
        return 413, f"The report is larger than {MAX_REPORT // 1024} KiB."
    try:
        with unlogged_lost_races():
            answered = take(body)
            request.env.flush_all()
            return answered
    except LockError as error:
        # Odoo begins anew after other lost races, too; who reports would have to know of it.
        raise ConcurrencyError(str(error)) from error
