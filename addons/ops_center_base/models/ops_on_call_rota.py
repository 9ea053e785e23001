from datetime import UTC, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..on_call import Absence, Turns, shifts
from ..quiet_hours import time_of_day

UNITS = {"days": 1, "weeks": 7}
PLAN = timedelta(weeks=13)  # how far ahead shifts are in the calendar
KEEP = timedelta(days=365)  # how long past shifts stay there


class OpsOnCallRota(models.Model):
    """Who is called when something breaks: people who take turns."""

    _name = "ops.on.call.rota"
    _description = "On-Call Rota"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    tz = fields.Selection(
        _tz_get, string="Time Zone", required=True, default=lambda self: self.env.user.tz or "UTC"
    )
    start_date = fields.Date(
        string="First Hand-Over",
        required=True,
        default=fields.Date.context_today,
        help="On this day the first person's turn begins. With turns of weeks, this day of the week"
        " is that of every hand-over.",
    )
    handover_hour = fields.Float(string="Hand-Over At", required=True, default=9)
    turn_length = fields.Integer(string="Each Turn Lasts", required=True, default=1)
    turn_unit = fields.Selection(
        [("days", "Days"), ("weeks", "Weeks")], required=True, default="weeks"
    )
    member_ids = fields.One2many("ops.on.call.member", "rota_id", string="People", copy=True)
    shift_ids = fields.One2many("ops.on.call.shift", "rota_id", readonly=True)
    on_call_user_id = fields.Many2one(
        "res.users", string="On Call Now", compute="_compute_on_call", compute_sudo=True
    )
    on_call_until = fields.Datetime(string="Until", compute="_compute_on_call", compute_sudo=True)
    next_user_id = fields.Many2one(
        "res.users", string="Next", compute="_compute_on_call", compute_sudo=True
    )

    _turn_length_min = models.Constraint(
        "CHECK(turn_length >= 1)", "“Each Turn Lasts”: enter at least one day or week."
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("handover_hour")
    def _check_handover_hour(self):
        if any(not 0 <= round(rota.handover_hour * 60) < 24 * 60 for rota in self):
            raise ValidationError(
                self.env._("“Hand-Over At” is a time of day: enter 00:00 to 23:59.")
            )

    # === COMPUTE METHODS === #

    @api.depends(
        "tz", "start_date", "handover_hour", "turn_length", "turn_unit",
        "member_ids.user_id", "member_ids.sequence",
    )  # fmt: skip
    def _compute_on_call(self):
        now = fields.Datetime.now()
        for rota in self:
            present, following = (*islice(rota._shifts(now, now + PLAN), 2), None, None)[:2]
            rota.on_call_user_id = present and present.person
            rota.on_call_until = following and following.begin.replace(tzinfo=None)
            rota.next_user_id = following and following.person

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rotas = super().create(vals_list)
        rotas._plan()
        return rotas

    def write(self, vals):
        result = super().write(vals)
        self._plan()
        return result

    # === ACTIONS === #

    def action_view_shifts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ops_center_base.ops_on_call_shift_action"
        )
        return {**action, "domain": [("rota_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    def _on_call(self):
        """Return the user who is on call now, none if nobody takes part in the rota."""
        return self.on_call_user_id

    def _shifts(self, begin, end):
        """Return an iterator of `on_call.Shift` with users, for a span of naive UTC."""
        members = self.member_ids.sorted("sequence")
        people = [member.user_id._origin for member in members if member.user_id.active]
        if not (people and self.start_date and self.turn_length > 0):
            return iter(())
        turns = Turns(
            self.start_date,
            time_of_day(self.handover_hour),
            self.turn_length * UNITS[self.turn_unit],
            ZoneInfo(self.tz),
        )
        absences = self.env["ops.on.call.absence"].search(
            [("user_id", "in", [user.id for user in people])]
        )
        return shifts(
            turns,
            people,
            [
                Absence(
                    absence.user_id,
                    absence.date_from.replace(tzinfo=UTC),
                    absence.date_to.replace(tzinfo=UTC),
                )
                for absence in absences
            ],
            begin.replace(tzinfo=UTC),
            end.replace(tzinfo=UTC),
        )

    def _plan(self):
        """Write down the coming shifts, for the calendar, as the rota says now."""
        now = fields.Datetime.now()
        # Nobody has the right to write shifts; who may change the rota changes them with it.
        for rota in self.sudo():
            present = rota.shift_ids.filtered(lambda shift: shift.date_from < now < shift.date_to)
            rota.shift_ids.filtered(lambda shift: shift.date_from >= now).unlink()
            present.date_to = now
            for shift in rota._shifts(now, now + PLAN) if rota.active else ():
                begin, end = (moment.replace(tzinfo=None) for moment in shift[1:])
                if begin <= now and shift.person == present.user_id:
                    present.date_to = end
                else:
                    rota.shift_ids.create(
                        {
                            "rota_id": rota.id,
                            "user_id": shift.person.id,
                            "date_from": max(begin, now),
                            "date_to": end,
                        }
                    )

    @api.autovacuum
    def _extend_plans(self):
        """Plan another day ahead, and forget what was long ago."""
        self.env["ops.on.call.shift"].search(
            [("date_to", "<", fields.Datetime.now() - KEEP)]
        ).unlink()
        self.search([("member_ids", "!=", False)])._plan()
