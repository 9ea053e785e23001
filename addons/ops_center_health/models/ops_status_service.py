import math
from datetime import timedelta

from babel.dates import format_date, format_timedelta
from babel.numbers import format_percent

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import get_lang

from ..public import LEVELS, PAST, local, public_state, worst, worst_day
from ..storage import intervals


class OpsStatusService(models.Model):
    """One line of a status page: a name for the public, and the checks behind it."""

    _name = "ops.status.service"
    _description = "Service on a Status Page"
    _order = "sequence, id"
    _check_company_auto = True

    page_id = fields.Many2one("ops.status.page", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="page_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(
        string="Public Name",
        required=True,
        translate=True,
        help="What visitors call it. They see neither the names of checks nor what they look at.",
    )
    environment_id = fields.Many2one(
        "ops.environment",
        string="All Checks Of",
        check_company=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    check_ids = fields.Many2many("ops.health.check", string="Checks", check_company=True)

    # === CONSTRAINT METHODS === #

    @api.constrains("environment_id", "check_ids", "page_id")
    def _check_customer(self):
        for service in self:
            if not service.environment_id and not service.check_ids:
                raise ValidationError(
                    self.env._(
                        "“%s” shows nothing yet: choose “Checks”, or an environment in “All Checks"
                        " Of”.",
                        service.name,
                    )
                )
            customer = service.page_id.partner_id.commercial_partner_id
            shown = service.environment_id | service.check_ids.environment_id
            owners = shown.partner_id.commercial_partner_id
            if customer and owners - customer:
                raise ValidationError(
                    self.env._(
                        "“%(service)s” belongs to %(owner)s, and this page is for %(customer)s."
                        " Choose other checks, or another customer.",
                        service=service.name,
                        owner=(owners - customer)[0].display_name,
                        customer=customer.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    def _checks(self):
        """The checks behind these services."""
        return self.check_ids | self.environment_id.check_ids

    def _public_values(self, with_history=True):
        """What visitors are shown of the services.

        :param bool with_history: with the uptime and the bar of 90 days as well
        """
        cr, checks = self.env.cr, self._checks()
        unseen = intervals.unseen_since(cr, checks.ids)
        states = {check.id: public_state(check.state, check.id in unseen) for check in checks}
        shares, periods, bounds = {}, {}, []
        if with_history:
            bounds = checks._period_bounds("day")
            shares = intervals.uptime(cr, checks.ids, PAST)
            periods = intervals.seconds_by_state(cr, checks.ids, bounds)
        values = []
        for service in self:
            ids = service._checks().ids
            state = worst(states[check_id] for check_id in ids)
            known = [shares[check_id] for check_id in ids if check_id in shares]
            days = zip(*(periods[check_id] for check_id in ids), strict=True) if periods else ()
            values.append(
                {
                    "name": service.name,
                    "state": state,
                    "level": LEVELS[state],
                    "word": self._word(state),
                    # The worst of its checks speaks for the service.
                    "uptime": self._percent(min(known)) if known else False,
                    "days": [
                        self._day_values(at, worst_day(seconds))
                        for at, seconds in zip(bounds, days, strict=False)
                    ],
                }
            )
        return values

    @api.model
    def _word(self, state):
        """A state as the public calls it."""
        return {
            "down": self.env._("Down"),
            "degraded": self.env._("Limited"),
            "maintenance": self.env._("Maintenance"),
            "unknown": self.env._("Unknown"),
            "up": self.env._("Operational"),
            "paused": self.env._("Not watched"),
        }[state]

    @api.model
    def _day_values(self, at, day):
        locale = get_lang(self.env).code
        date = format_date(local(at, self.env.tz), "medium", locale=locale)
        if day["share"] is None:
            what = self._word(day["state"])
        elif day["down"]:
            what = self.env._(
                "%(share)s, down for %(time)s",
                share=self._percent(day["share"]),
                time=self._duration(day["down"]),
            )
        elif day["degraded"]:
            what = self.env._("limited for %s", self._duration(day["degraded"]))
        else:
            what = self._percent(day["share"])
        return {"state": day["state"], "title": f"{date}: {what}"}

    @api.model
    def _percent(self, share):
        # Rounded down: what was down for a moment wasn't up all the time.
        return format_percent(
            math.floor(share * 10_000) / 10_000,
            locale=get_lang(self.env).code,
            decimal_quantization=False,
        )

    @api.model
    def _duration(self, seconds):
        return format_timedelta(
            timedelta(seconds=seconds), threshold=1.5, locale=get_lang(self.env).code
        )
