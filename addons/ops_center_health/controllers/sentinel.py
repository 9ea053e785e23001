from odoo import SUPERUSER_ID
from odoo.http import Controller, Response, request, route


class Sentinel(Controller):
    """Where the sentinel fetches what it watches by."""

    @route(
        "/ops/sentinel/configuration",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
    )
    def configuration(self):
        """Hand out the configuration to who shows the token of the sentinel."""
        scheme, _space, token = request.httprequest.headers.get("Authorization", "").partition(" ")
        # The token was made for this; it opens nothing else.
        sentinel = request.env(user=SUPERUSER_ID)["ops.health.sentinel"]
        known = scheme.lower() == "bearer" and sentinel._knows_token(token.strip())
        return Response(
            sentinel._configuration() if known else "Unauthorized\n",
            status=200 if known else 401,
            content_type=f"{'application/json' if known else 'text/plain'}; charset=utf-8",
            headers={"Cache-Control": "no-store"}
            | ({} if known else {"WWW-Authenticate": "Bearer"}),
        )
