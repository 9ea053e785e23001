from hashlib import sha256

from odoo import SUPERUSER_ID
from odoo.http import Controller, Response, request, route
from odoo.tools.misc import get_lang

from ..remembered import Remembered

MAX_AGE = 30  # seconds
MOST = 200  # answers that a process keeps, each up to some hundred kilobytes

PAGE = "/status/<string:key>"
SVG = "image/svg+xml"
# A badge that is opened by itself is a document of this server. Pages have a policy of their own.
NO_CONTENT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

remembered = Remembered(MAX_AGE, MOST)


class StatusPage(Controller):
    """What people outside see, whoever they are: the address is all that they need."""

    @route(PAGE, type="http", auth="none", methods=["GET"], save_session=False)
    def page(self, key):
        """Show how the services of a page do."""
        return self._answer_page(key, "page", "text/html; charset=utf-8")

    @route(f"{PAGE}/feed.atom", type="http", auth="none", methods=["GET"], save_session=False)
    def feed(self, key):
        """List the incidents of a page."""
        return self._answer_page(key, "feed", "application/atom+xml; charset=utf-8")

    @route(f"{PAGE}/badge.svg", type="http", auth="none", methods=["GET"], save_session=False)
    def page_badge(self, key):
        """Draw how the services of a page do altogether."""
        return self._answer_page(key, "badge", SVG)

    @route(
        "/ops/badge/<string:token>.svg",
        type="http",
        auth="none",
        methods=["GET"],
        save_session=False,
    )
    def check_badge(self, token, show="uptime", period="30d"):
        """Draw the uptime (of 24h, 7d, 30d or 90d) or the state of one check."""
        return self._answer(
            (token, show, period),
            lambda env: env["ops.health.check"]._badge(token, show, period),
            SVG,
        )

    def _answer_page(self, key, form, mimetype):
        return self._answer(
            (key, form), lambda env: env["ops.status.page"]._answer(key, form), mimetype
        )

    def _answer(self, key, make, mimetype):
        """Answer from memory if possible, and not at all if the browser has it already.

        :param make: a function of an environment that returns the text and whether it is public,
            None for what doesn't exist
        """
        if not request.db:
            return self._not_found()
        # Visitors aren't known here; the address decides what they are shown.
        env = request.env(user=SUPERUSER_ID)
        lang = _visitors_lang(env)
        answer = remembered.get(
            (env.cr.dbname, lang, *key), lambda: _make(make, env(context={"lang": lang}))
        )
        if not answer:
            return self._not_found()
        content, is_public, etag = answer
        response = Response(content, content_type=mimetype)
        response.headers.update(
            {
                "Cache-Control": f"{'public' if is_public else 'private'}, max-age={MAX_AGE}",
                "Vary": "Accept-Language",
                "X-Content-Type-Options": "nosniff",
                # An address may be a secret; it isn't passed on.
                "Referrer-Policy": "no-referrer",
            }
        )
        if mimetype == SVG:
            response.headers["Content-Security-Policy"] = NO_CONTENT
        if not is_public:
            response.headers["X-Robots-Tag"] = "noindex"
        response.set_etag(etag)
        return response.make_conditional(request.httprequest)

    def _not_found(self):
        return Response(
            "Not Found\n",
            status=404,
            content_type="text/plain; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )


def _make(make, env):
    if not (made := make(env)):
        return None
    text, is_public = made
    content = text.encode()
    return content, is_public, sha256(content).hexdigest()[:32]


def _visitors_lang(env):
    """The installed language that the browser likes best."""
    installed = [code for code, _name in env["res.lang"].get_installed()]
    for wanted, _quality in request.httprequest.accept_languages:
        code = wanted.replace("-", "_")
        for known in (code, f"{code}_", f"{code.partition('_')[0]}_"):
            if match := next((each for each in installed if each.startswith(known)), None):
                return match
    return get_lang(env).code
