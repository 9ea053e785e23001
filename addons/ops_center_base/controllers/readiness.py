from odoo import SUPERUSER_ID
from odoo.http import Controller, request, route

from ..readiness import reason_without_database
from ..release import running_release


class Readiness(Controller):
    """Two answers for whoever starts, watches or replaces this Odoo.

    Loaded server-wide (``server_wide_modules``), both routes answer without a database too.
    """

    @route("/ops/live", type="http", auth="none", methods=["GET"], save_session=False)
    def live(self):
        """The process serves requests; nothing is said about its database."""
        return self._answer(200, {"status": "pass"})

    @route(
        "/ops/ready",
        type="http",
        auth="none",
        methods=["GET"],
        save_session=False,
        readonly=False,
    )
    def ready(self, release=None, **_others):
        """Whether this Odoo can do its work, and what is in the way if not.

        :param release: the revision that has to be running, for who waits for a new one
        """
        work = None
        if request.db and "ops.instance" in request.env:
            # Whoever asks is not known here; nothing but states and names is answered.
            env = request.env(user=SUPERUSER_ID)
            checks = env["ops.instance"]._readiness(expected_release=release)
            work = env["ops.worker"]._work_mode()
        else:
            checks = [{"name": "database", "ok": False, "message": reason_without_database()}]
        passed = all(check["ok"] for check in checks)
        return self._answer(
            200 if passed else 503,
            {
                "status": "pass" if passed else "fail",
                "release": running_release(),
                "database": request.db or None,
                "work": work,
                "checks": {
                    check["name"]: {
                        "status": "pass" if check["ok"] else "fail",
                        "message": check["message"],
                    }
                    for check in checks
                },
            },
        )

    def _answer(self, status, content):
        return request.make_json_response(
            content, headers={"Cache-Control": "no-store"}, status=status
        )
