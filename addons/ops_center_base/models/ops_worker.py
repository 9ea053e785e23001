import logging
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..loop import Loop
from ..release import running_release

_logger = logging.getLogger(__name__)

CHANNEL = "ops_center"
LATE_AFTER = timedelta(seconds=15)
GONE_AFTER = timedelta(seconds=30)
LOOK_EVERY = 30  # seconds; whoever makes work wakes the loop
FALLBACK_EVERY = timedelta(minutes=1)
FALLBACK_PASS = 20  # seconds

# When the scheduled action last did each (database, loop), on the monotonic clock: a loop that
# is rarer than the scheduled action is not to be repeated at its pace.
_last_fallback_passes = {}


class OpsWorker(models.Model):
    """One running worker process. The processes write their rows themselves, by SQL."""

    _name = "ops.worker"
    _description = "Worker"
    _order = "beat_at desc, id desc"

    name = fields.Char(required=True, readonly=True)
    host = fields.Char(required=True, readonly=True)
    pid = fields.Integer(string="Process", required=True, readonly=True, aggregator=None)
    release = fields.Char(readonly=True, help="The revision of the code that the worker runs.")
    started_at = fields.Datetime(string="Started", required=True, readonly=True)
    beat_at = fields.Datetime(string="Last Heartbeat", required=True, readonly=True)
    state = fields.Selection(
        [("alive", "Alive"), ("late", "Late"), ("gone", "Gone")], compute="_compute_state"
    )

    _name_uniq = models.UniqueIndex("(name)", "This worker is already known.")

    # === COMPUTE METHODS === #

    @api.depends("beat_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for worker in self:
            silence = now - worker.beat_at
            if silence < LATE_AFTER:
                worker.state = "alive"
            else:
                worker.state = "late" if silence < GONE_AFTER else "gone"

    # === BUSINESS METHODS === #

    @api.model
    def _loops(self):
        """Return what workers do again and again. Addons add to it.

        :rtype: list[Loop]
        """
        return [
            Loop("dispatch", "ops.operation", "_run_dispatch", LOOK_EVERY),
            Loop("notify", "ops.notification", "_run_dispatch", LOOK_EVERY),
        ]

    @api.model
    def _notify(self, topic):
        """Have the work on something done soon after the commit instead of at the next look.

        :param str topic: the name of a loop, or the model that it works on
        """
        self.env.cr.execute(SQL("SELECT pg_notify(%s, %s)", CHANNEL, topic))
        if not self._alive():
            # Everybody may cause work; the scheduled action itself is not readable for users.
            self.sudo().env.ref("ops_center_base.ops_worker_cron")._trigger()

    @api.model
    def _alive(self):
        """Return whether a worker process is at work."""
        return bool(
            # A fact about the installation, not about records of the user.
            self.sudo().search_count(
                [("beat_at", ">", fields.Datetime.now() - GONE_AFTER)], limit=1
            )
        )

    @api.model
    def _work_mode(self):
        """Return who does the work: ``worker``, ``cron`` or ``none``."""
        if self._alive():
            return "worker"
        # A fact about the installation, which users could not read from the scheduled action.
        cron = self.sudo().env.ref("ops_center_base.ops_worker_cron")
        last = cron.lastcall or cron.create_date
        if cron.active and last > fields.Datetime.now() - 3 * FALLBACK_EVERY:
            return "cron"
        return "none"

    @api.model
    def _beat(self, name, host, pid):
        """Write that a worker is alive: by SQL, for it happens every few seconds."""
        now = self.env.cr.now()
        self.env.cr.execute(SQL("UPDATE ops_worker SET beat_at = %s WHERE name = %s", now, name))
        if not self.env.cr.rowcount:
            self.create(
                {
                    "name": name,
                    "host": host,
                    "pid": pid,
                    "release": running_release(),
                    "started_at": now,
                    "beat_at": now,
                }
            )

    @api.model
    def _run_fallback(self):
        """Do one pass of each loop if no worker is alive (scheduled action)."""
        self._report_gone()
        if self._alive():
            return
        deadline = time.monotonic() + FALLBACK_PASS
        for loop in self._loops():
            now = time.monotonic()
            if now > deadline:
                break
            key = (self.env.cr.dbname, loop.name)
            rare = loop.interval > FALLBACK_EVERY.total_seconds()
            if rare and now - _last_fallback_passes.get(key, -loop.interval) < loop.interval:
                continue
            _last_fallback_passes[key] = now
            try:
                getattr(self.env[loop.model], loop.method)()
                if loop.finish:
                    getattr(self.env[loop.model], loop.finish)()
            except Exception:
                # One loop that fails must not keep the others from their work.
                _logger.exception("Loop %s failed", loop.name)

    @api.model
    def _report_gone(self):
        """Put into the timeline which workers ended without signing off, and forget them."""
        gone = self.search([("beat_at", "<=", fields.Datetime.now() - GONE_AFTER)])
        for worker in gone:
            self.env["ops.event"]._record(
                "worker.gone",
                self.env._("Worker %s stopped answering", worker.name),
                environment=self.env.ref("ops_center_base.environment_self"),
                level="warning",
            )
        gone.unlink()
