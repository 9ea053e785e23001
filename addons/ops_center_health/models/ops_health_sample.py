import logging
import time
from datetime import timedelta

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.tools import drop_view_if_exists

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

from ..storage import log_errors, rollups, samples

_logger = logging.getLogger(__name__)

RETENTION_DAYS = 5  # by default, so that twenty checks take less than 20 MB
HOURS_RETENTION = timedelta(days=400)
PASS = 15  # seconds
TRY_AGAIN = timedelta(hours=1)


class OpsHealthSample(models.Model):
    """One result of one check, read from a view on a partitioned table.

    Only the prober writes samples, by SQL.
    """

    _name = "ops.health.sample"
    _description = "Health Sample"
    _table = "ops_health_sample_view"
    _auto = False
    _log_access = False
    _order = "at desc, id desc"
    _rec_name = "check_id"

    check_id = fields.Many2one("ops.health.check", readonly=True)
    environment_id = fields.Many2one("ops.environment", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    at = fields.Datetime(string="Time", readonly=True)
    verdict = fields.Selection(
        [("up", "Up"), ("degraded", "Degraded"), ("down", "Down"), ("unknown", "Unknown")],
        string="Result",
        readonly=True,
    )
    error = fields.Char(string="Error Code", readonly=True)
    status = fields.Integer(string="HTTP Status", readonly=True, aggregator=None)
    latency_ms = fields.Float(
        string="Latency (ms)", readonly=True, aggregator="avg", digits=(16, 1)
    )
    value = fields.Float(string="Measured Value", readonly=True, aggregator="avg", digits=(16, 1))

    def init(self):
        cr = self.env.cr
        samples.create_table(cr)
        log_errors.create_table(cr)
        rollups.create_tables(cr)
        drop_view_if_exists(cr, self._table)
        cr.execute("""
            CREATE VIEW ops_health_sample_view AS
                SELECT sample.id, sample.check_id, checks.environment_id, checks.company_id,
                       sample.at, sample.verdict, sample.error, sample.status, sample.latency_ms,
                       sample.value
                  FROM ops_health_sample AS sample
                  JOIN ops_health_check AS checks ON checks.id = sample.check_id
        """)

    # === BUSINESS METHODS === #

    @api.model
    def _roll_up(self):
        """Loop: put together the samples of the hours that are over."""
        end = time.monotonic() + PASS
        while run_in_new_transaction(self.env, lambda env: rollups.close_hours(env.cr)):
            if time.monotonic() > end:
                return 0.0
        return None

    # The steps are methods of their own: when one of them fails, Odoo's upkeep tells of it and goes
    # on with the next.

    @api.autovacuum
    def _gc_add_partitions(self):
        """Make the partitions of the coming days."""
        run_in_new_transaction(self.env, lambda env: samples.add_coming_partitions(env.cr))

    @api.autovacuum
    def _gc_samples(self):
        retention = self._retention()
        try:
            run_in_new_transaction(
                self.env, lambda env: samples.drop_old_partitions(env.cr, retention)
            )
        except LockNotAvailable:
            # A dump at the time of each upkeep would keep all samples for ever.
            _logger.warning(
                "Old health samples can't be dropped while somebody reads them all, such as"
                " pg_dump. Odoo's upkeep will run again in an hour."
            )
            self.env.ref("base.autovacuum_job")._trigger(fields.Datetime.now() + TRY_AGAIN)

    @api.autovacuum
    def _gc_log_errors(self):
        retention = self._retention()
        run_in_new_transaction(self.env, lambda env: log_errors.delete_old(env.cr, retention))

    @api.autovacuum
    def _gc_rollups(self):
        run_in_new_transaction(
            self.env, lambda env: rollups.delete_old_hours(env.cr, HOURS_RETENTION)
        )

    @api.model
    def _retention(self):
        # A setting of the installation, which users can't read from the parameters.
        parameters = self.env["ir.config_parameter"].sudo()
        days = parameters.get_param("ops_center_health.sample_retention_days", RETENTION_DAYS)
        return timedelta(days=int(days))
