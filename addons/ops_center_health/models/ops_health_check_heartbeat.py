import secrets
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.ops_center_base.transport import mask

from ..heartbeat import Rhythm
from ..outcome import plain_text
from ..storage import pings, states

MIN_RHYTHM = 60  # seconds, so that jobs don't keep the server busy with their pings
MAX_RUN_ID = 64  # characters; a UUID has 36
DAY = 86400  # seconds
HOUR = 3600  # seconds


class OpsHealthCheck(models.Model):
    """The kind of check that listens: somebody else pings, and silence is the failure."""

    # Each kind has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("heartbeat", "Heartbeat"), ("self",)], ondelete={"heartbeat": "cascade"}
    )
    grace = fields.Integer(
        required=True,
        default=HOUR,
        help="Seconds that a heartbeat may be late, and that a run may take which told when it"
        " started.",
    )
    ping_token = fields.Char(
        compute="_compute_ping_token",
        store=True,
        groups="ops_center_base.group_operator",
    )
    ping_url = fields.Char(
        string="Address to Call",
        compute="_compute_ping_url",
        groups="ops_center_base.group_operator",
        help="Whoever knows it can say that all is well. Keep it as secret as a password.",
    )
    needs_sentinel = fields.Boolean(
        compute="_compute_needs_sentinel",
        help="This is the heartbeat of the sentinel, which was never heard of.",
    )
    is_sentinel_mute = fields.Boolean(
        compute="_compute_needs_sentinel",
        help="This is the heartbeat of the sentinel, which has nobody to page.",
    )

    _rhythm_min = models.Constraint(
        f"CHECK(kind != 'heartbeat' OR (\"interval\" >= {MIN_RHYTHM} AND grace >= {MIN_RHYTHM}))",
        "“Every” and “Grace” of a heartbeat are in seconds: enter at least 60 each.",
    )
    _ping_token_uniq = models.UniqueIndex(
        "(sha256(ping_token::bytea))",
        "Another check has this address to call already. Let Ops Center choose it.",
    )

    # === COMPUTE METHODS === #

    @api.onchange("kind")
    def _onchange_kind(self):
        # Most jobs that are watched so are backups.
        if self.kind == "heartbeat":
            self.interval = DAY

    @api.depends("kind")
    def _compute_ping_token(self):
        for check in self:
            if check.kind != "heartbeat":
                check.ping_token = False
            elif not check.ping_token:
                check.ping_token = secrets.token_urlsafe(32)

    @api.depends("ping_token")
    def _compute_ping_url(self):
        for check in self:
            token = check.ping_token
            check.ping_url = token and f"{check.get_base_url()}/ops/ping/{token}"

    def _compute_needs_sentinel(self):
        sentinel = self.env["ops.health.sentinel"]
        missing, mute = sentinel._missing(), sentinel._mute()
        for check in self:
            check.needs_sentinel = check._origin in missing
            check.is_sentinel_mute = check._origin in mute

    # === CRUD METHODS === #

    def init(self):
        pings.create_table(self.env.cr)
        return super().init()

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_token_is_ours(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_token_is_ours(vals)
        return super().write(vals)

    def _check_token_is_ours(self, vals):
        if "ping_token" in vals and not self.env.su:
            raise UserError(
                self.env._(
                    "Ops Center chooses the address to call, so that nobody can guess it. A manager"
                    " gets another one with “New Address”."
                )
            )

    # === ACTIONS === #

    def action_renew_ping_url(self):
        """Have the job call another address, because somebody else knows this one."""
        self.check_access("write")
        if not self.env.user.has_group("ops_center_base.group_manager"):
            raise AccessError(
                self.env._("Only managers replace the address that a job calls. Ask one of them.")
            )
        for check in self.filtered(lambda check: check.kind == "heartbeat"):
            # The right was verified; only this way may the address change.
            check.sudo().ping_token = secrets.token_urlsafe(32)
            check._message_log(
                body=self.env._("The address to call was replaced. The former one no longer works.")
            )

    # === BUSINESS METHODS === #

    @api.model
    def _ping(self, token, signal, exit_code=None, run_id=None, body=""):
        """Take down what a job said. The worker judges it.

        :param str token: which job
        :param str signal: ``success``, ``start``, ``fail`` or ``log``
        :param int exit_code: of the run that ended, if the job told it
        :param str run_id: pairs the end of a run with its start
        :param str body: what the job sent along
        :return: whether the token is known
        """
        cr = self.env.cr
        if not (pinged := pings.find(cr, token)):
            return False
        check_id, grace = pinged
        text = mask(plain_text(body))
        run_id = plain_text(run_id)[:MAX_RUN_ID] if run_id else None
        if signal == "log":
            pings.add_log(cr, check_id, text)
        elif signal == "start":
            pings.add_start(cr, check_id, run_id, text)
            states.schedule_within(cr, [check_id], grace)
        else:
            pings.add_end(cr, check_id, run_id, text, signal == "fail", exit_code)
            states.schedule_now(cr, [check_id])
            self.env["ops.worker"]._notify("probe")
        return True

    def _probe_fields(self):
        return super()._probe_fields() | {"grace"}

    def _target(self):
        return None if self.kind == "heartbeat" else super()._target()

    def _watch(self):
        watch = super()._watch()
        if self.kind != "heartbeat":
            return watch
        # One missing ping is no accident of the network, whose repetition would tell more.
        return replace(
            watch,
            failure_threshold=1,
            failure_window=1,
            success_threshold=1,
            rhythm=self._rhythm(),
        )

    def _succeeded_at(self):
        """When the job told that it worked, None if its last run failed or it never told."""
        self.ensure_one()
        _now, said = pings.latest(self.env.cr, self.ids)
        last = said[self.id]
        return None if last.failed else last.ended_at

    def _rhythm(self):
        """What is expected of the job."""
        return Rhythm(self.interval, self.grace)
