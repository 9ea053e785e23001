from odoo import SUPERUSER_ID
from odoo.http import Controller, Response, request, route

from odoo.addons.ops_center_base.models.ops_worker import GONE_AFTER

from ..metrics import OPEN_METRICS, PLAIN, exposition
from ..storage import metrics

MAX_CHECKS = 5000


class Metrics(Controller):
    """Where Prometheus fetches how the checks of a company do."""

    @route("/ops/metrics", type="http", auth="none", methods=["GET"], save_session=False)
    def metrics(self):
        """Answer what is in the database, so that it is right with any number of processes."""
        scheme, _space, token = request.httprequest.headers.get("Authorization", "").partition(" ")
        company = None
        if request.db and scheme.lower() == "bearer":
            # Who asks isn't known here; the token opens the metrics of its company.
            env = request.env(user=SUPERUSER_ID)
            company = env["res.company"]._of_metrics_token(token.strip())
        if not company:
            return Response(
                "Unauthorized\n",
                status=401,
                content_type="text/plain; charset=utf-8",
                headers={"Cache-Control": "no-store", "WWW-Authenticate": "Bearer"},
            )
        measured = metrics.read(company.env.cr, company.id, MAX_CHECKS, GONE_AFTER)
        accepted = request.httprequest.headers.get("Accept", "")
        return Response(
            exposition(measured),
            content_type=OPEN_METRICS if "application/openmetrics-text" in accepted else PLAIN,
            headers={"Cache-Control": "no-store"},
        )
