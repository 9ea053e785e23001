from odoo import SUPERUSER_ID
from odoo.http import Controller, request, route
from odoo.tools import format_datetime

STATUS = {"unknown": 404, "expired": 410, "refused": 403}
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    # The address is a secret: no page that is linked here may learn it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


class Incident(Controller):
    """Where who got a message takes care of an incident, on the phone and without a login.

    Only pressing the button does so, for the programs that scan mail follow each link.
    """

    @route(
        "/ops/acknowledge/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        # The token in the address proves what one in the form would.
        csrf=False,
        save_session=False,
        max_content_length=1024,
    )
    def acknowledge(self, token):
        """Show the incident that the token stands for; a POST takes care of it."""
        # The token opens one incident, in the name of who got it, and nothing else.
        incidents = request.env(user=SUPERUSER_ID)["ops.health.incident"]
        link = incidents._follow_link(token)
        status = STATUS.get(link.situation, 200)
        if request.httprequest.method == "POST":
            if link.situation == "open":
                link.incident._acknowledge_as(link.recipient)
                # Loading the page anew must not send the form anew.
                return request.redirect(request.httprequest.path)
            if link.situation in {"acknowledged", "resolved"}:
                status = 409
        page = incidents.env["ir.qweb"]._render(
            "ops_center_health.incident_link_page", self._values(link), **self._language(link)
        )
        return request.make_response(page, headers=list(HEADERS.items()), status=status)

    def _language(self, link):
        return {"lang": link.incident.env.lang} if link.incident else {}

    def _values(self, link):
        incident = link.incident
        if not incident:
            return {"situation": link.situation, "lang": request.env.lang}
        env = incident.env
        tz = env.user.tz or "UTC"
        return {
            "situation": link.situation,
            "lang": env.lang,
            "incident": incident,
            "recipient": link.recipient,
            "is_user": link.recipient._name == "res.users",
            "since": format_datetime(env, incident.opened_at, tz=tz, dt_format="medium"),
            "tz": tz,
            "record_url": f"/odoo/{incident._name}/{incident.id}",
        }
