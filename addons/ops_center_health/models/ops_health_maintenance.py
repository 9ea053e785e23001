from datetime import UTC, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, ValidationError
from odoo.fields import Domain

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

PLAN = timedelta(weeks=13)  # how far ahead windows are in the calendar
KEEP = timedelta(days=365)  # how long past windows stay there
LONGEST_WAIT = 300.0  # seconds, should somebody set the clock
STATES_TO_KEEP = ("paused", "maintenance")


class OpsHealthMaintenance(models.Model):
    """A time in which what is looked at may fail: it is told nobody."""

    _name = "ops.health.maintenance"
    _description = "Maintenance"
    _inherit = ["ops.schedule.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    environment_ids = fields.Many2many(
        "ops.environment",
        string="Environments",
        check_company=True,
        tracking=True,
        help="With all their checks.",
    )
    check_ids = fields.Many2many(
        "ops.health.check", string="Checks", check_company=True, tracking=True
    )
    window_ids = fields.One2many("ops.health.maintenance.window", "maintenance_id", readonly=True)
    state = fields.Selection(
        [("planned", "Planned"), ("ongoing", "Ongoing"), ("over", "Over")], compute="_compute_state"
    )
    next_date_from = fields.Datetime(string="Next", compute="_compute_state")
    next_date_to = fields.Datetime(string="Until", compute="_compute_state")

    # === CONSTRAINT METHODS === #

    @api.constrains("environment_ids", "check_ids")
    def _check_subject(self):
        if any(not (one.environment_ids or one.check_ids) for one in self):
            raise ValidationError(
                self.env._("Choose in “Environments” or “Checks” what is under maintenance.")
            )

    # === COMPUTE METHODS === #

    @api.depends("window_ids.date_from", "window_ids.date_to")
    def _compute_state(self):
        now = fields.Datetime.now()
        for maintenance in self:
            window = maintenance.window_ids.filtered(lambda window: window.date_to > now)[:1]
            maintenance.next_date_from = window.date_from
            maintenance.next_date_to = window.date_to
            if not window:
                maintenance.state = "over"
            else:
                maintenance.state = "ongoing" if window.date_from <= now else "planned"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._plan()
        return records

    def write(self, vals):
        result = super().write(vals)
        self._plan()
        return result

    def unlink(self):
        result = super().unlink()
        self._apply()
        return result

    # === ACTIONS === #

    def action_end(self):
        """End what is ongoing; repetitions take place as before."""
        self.check_access("write")
        now = fields.Datetime.now()
        for maintenance in self:
            ongoing = maintenance.window_ids.filtered_domain(
                self.env["ops.health.maintenance.window"]._ongoing_domain(now)
            )
            if maintenance.recurrence == "once" and maintenance.date_from < now:
                maintenance.date_to = now
            else:
                # Nobody has the right to write windows; the one to change this was verified.
                ongoing.sudo().date_to = now
                maintenance._apply()

    # === BUSINESS METHODS === #

    @api.model
    def _begin_for(self, records, hours):
        """Begin a maintenance of checks or environments now.

        :param records: of the model `ops.health.check` or `ops.environment`
        """
        field = "check_ids" if records._name == "ops.health.check" else "environment_ids"
        return self.create(
            [
                {
                    "name": self.env._(
                        "Maintenance of %s", ", ".join(those.mapped("display_name"))
                    ),
                    "company_id": company.id,
                    field: those.ids,
                    "duration": hours,
                }
                for company, those in records.grouped("company_id").items()
            ]
        )

    @api.model
    def _end_for(self, records, covering):
        """End the maintenance of checks or environments, if it is that of nothing else.

        :param records: of the model `ops.health.check` or `ops.environment`
        :param covering: which windows are theirs, a domain
        """
        self.check_access("write")
        windows = self.env["ops.health.maintenance.window"]
        ongoing = windows.search(covering & windows._ongoing_domain(fields.Datetime.now()))
        for maintenance in ongoing.maintenance_id:
            if maintenance._subjects(records._name) - records:
                raise RedirectWarning(
                    self.env._(
                        "“%(maintenance)s” is a maintenance of more than that: end it as a whole,"
                        " or take something out of it.",
                        maintenance=maintenance.name,
                    ),
                    maintenance.get_formview_action(),
                    self.env._("Open the Maintenance"),
                )
        ongoing.maintenance_id.action_end()

    def _subjects(self, model):
        """What is under maintenance, as checks or as environments."""
        if model == "ops.environment":
            return self._environments()
        return self.check_ids | self.environment_ids.check_ids

    def _environments(self):
        """Whose checks are under maintenance, all or some."""
        return self.environment_ids | self.check_ids.environment_id

    def _plan(self):
        """Write down the coming windows as the maintenance says now, and obey those of now."""
        now = fields.Datetime.now()
        # Nobody has the right to write windows; who may change the maintenance changes them too.
        for maintenance in self.sudo():
            coming = maintenance._schedule().windows(now, now + PLAN)
            wanted = dict(coming if maintenance.active else ())
            over = maintenance.window_ids.filtered(lambda window: window.date_to <= now)
            if maintenance.recurrence == "once":
                # Who puts off its end has it go on.
                over = over.filtered_domain([("date_from", "not in", list(wanted))])
            for window in maintenance.window_ids - over:
                if end := wanted.pop(window.date_from, None):
                    window.date_to = end
                elif window.date_from > now:
                    window.unlink()
                else:
                    window.date_to = now
            # What was ended before its time does not begin again.
            last_end = max(over.mapped("date_to"), default=datetime.min)
            maintenance.window_ids.create(
                [
                    {"maintenance_id": maintenance.id, "date_from": begin, "date_to": end}
                    for begin, end in wanted.items()
                    if begin >= last_end or maintenance.recurrence == "once"
                ]
            )
        self._apply()

    @api.autovacuum
    def _extend_plans(self):
        """Plan another day ahead, and forget what was long ago."""
        self.env["ops.health.maintenance.window"].search(
            [("date_to", "<", fields.Datetime.now() - KEEP)]
        ).unlink()
        self.search([("recurrence", "!=", "once")])._plan()

    @api.model
    def _run_windows(self):
        """Loop: have checks enter and leave maintenance.

        :return: seconds until the next window begins or ends
        """
        return run_in_new_transaction(self.env, _run)

    @api.model
    def _apply(self):
        """Have checks enter and leave maintenance as the windows say now."""
        self._change_checks()
        # Whoever waits for the next beginning or end may wait for another one.
        self.env["ops.worker"]._notify("maintenance")

    @api.model
    def _change_checks(self):
        now = fields.Datetime.now()
        # Windows rule over checks, whoever changed them.
        windows = self.env["ops.health.maintenance.window"].sudo()
        checks = self.env["ops.health.check"].sudo().with_context(active_test=False)
        ongoing = windows.search(windows._ongoing_domain(now))
        covered = Domain("id", "in", ongoing.maintenance_id.check_ids.ids) | Domain(
            "environment_id", "in", ongoing.maintenance_id.environment_ids.ids
        )
        checks.search(
            covered & Domain("active", "=", True) & Domain("state", "not in", STATES_TO_KEEP)
        )._enter_maintenance()
        checks.search(Domain("state", "=", "maintenance") & ~covered)._leave_maintenance()
        ongoing.filtered(lambda window: window.state != "ongoing")._enter("ongoing")
        past = windows.search([("state", "!=", "over"), ("date_to", "<=", now)])
        past.filtered(lambda window: window.state == "ongoing")._enter("over")
        # While nobody was at work, nobody was told anything that maintenance would keep back.
        past.state = "over"

    @api.model
    def _seconds_to_next(self):
        """Seconds until the next window begins or ends."""
        now = datetime.now(UTC).replace(tzinfo=None)
        windows = self.env["ops.health.maintenance.window"]
        [[begin]] = windows._read_group([("date_from", ">", now)], [], ["date_from:min"])
        [[end]] = windows._read_group([("date_to", ">", now)], [], ["date_to:min"])
        moments = [moment for moment in (begin, end) if moment]
        return min([LONGEST_WAIT, *((moment - now).total_seconds() for moment in moments)])


def _run(env):
    maintenance = env["ops.health.maintenance"]
    maintenance._change_checks()
    return maintenance._seconds_to_next()
