import logging
import os
import time
from urllib.parse import urlsplit

from odoo import api, models
from odoo.sql_db import connection_info_for
from odoo.tools import config

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

from .. import error_counter
from ..outcome import Outcome
from ..probes import HttpRequest, Target
from ..self_checks import MEASURES, Measure, Surroundings

_logger = logging.getLogger(__name__)

ANY_ADDRESS = {"", "0.0.0.0", "::"}  # noqa: S104
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


class OpsHealthSelf(models.AbstractModel):
    """How Ops Center looks at the Odoo it lives in.

    Self checks are resolved when they run, because the address of this Odoo changes (whenever an
    administrator logs in), and they are exempt from the address policy: nobody can aim them.
    """

    _name = "ops.health.self"
    _description = "Self Checks"

    def _register_hook(self):
        super()._register_hook()
        error_counter.start(self.env.cr.dbname)

    def _unregister_hook(self):
        super()._unregister_hook()
        error_counter.stop(self.env.cr.dbname)

    # === BUSINESS METHODS === #

    @api.model
    def _target(self, check):
        """What to probe over the network for a self check, None if it is measured here."""
        server = self._server_url()
        # Which database is meant, where several are served; and nobody needs a session for this.
        headers = {"X-Odoo-Database": self.env.cr.dbname}
        if check.self_check == "readiness":
            url = f"{server}/ops/ready"
        elif check.self_check == "web":
            public = self.env["ir.config_parameter"].get_param("web.base.url", server)
            # A name for this very machine may mean another one here, in a container for instance.
            if urlsplit(public).hostname in LOCAL_HOSTS:
                public = server
            else:
                headers = {}
            url = f"{public.rstrip('/')}/web/login"
        else:
            return None
        return Target(
            key=check.id,
            url=url,
            request=HttpRequest(headers=headers),
            expected_status=check.expected_status,
            timeout=check.timeout,
            degraded_ms=check.degraded_ms or None,
            verify=check.verify_tls,
            certificate_days=check.certificate_days,
        )

    @api.model
    def _server_url(self):
        """Where the web server of this Odoo listens, seen from the process that probes.

        The two share a configuration and usually a machine. Where they don't, OPS_CENTER_SELF_URL
        says how the one reaches the other.
        """
        host = config["http_interface"] or ""
        host = "127.0.0.1" if host in ANY_ADDRESS else host
        return os.environ.get("OPS_CENTER_SELF_URL") or f"http://{host}:{config['http_port']}"

    @api.model
    def _measure(self, code, window):
        """Measure something here, in a transaction of its own.

        :param str code: a key of `self_checks.MEASURES`
        :param float window: seconds since the last look
        :return: an `Outcome`
        """
        started_at = time.time()
        try:
            measure = run_in_new_transaction(self.env, _look, code, window)
        except Exception as error:
            _logger.warning("The self check %s could not look", code, exc_info=True)
            measure = Measure("unknown", "This could not be measured.", evidence=str(error))
        return Outcome.from_measure(measure, code, started_at)


def _look(env, code, window):
    _dbname, dsn = connection_info_for(env.cr.dbname)
    return MEASURES[code](
        Surroundings(cr=env.cr, dsn=dsn, data_dir=config["data_dir"], window=window)
    )
