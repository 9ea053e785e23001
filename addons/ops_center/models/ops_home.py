from datetime import timedelta

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.tools.misc import babel_locale_parse, format_datetime

HEARTBEATS = 40
NEEDS = 8
CHANGES = 8
CHANGE_DOMAIN = ["!", "|", ("kind", "=like", "finding.%"), ("kind", "=like", "scan.%")]
OPEN_FINDING_STATES = ("new", "confirmed")
URGENT_SEVERITIES = ("critical", "high")


class OpsHome(models.AbstractModel):
    """What the home screen says: one sentence, the heartbeats, what needs somebody, what changed.

    It only reads, with the rights of the user who looks.
    """

    _name = "ops.home"
    _description = "Home Screen"

    # === BUSINESS METHODS === #

    @api.model
    @api.readonly
    def retrieve(self):
        """Return the home screen's content, ready to be shown.

        :return: dict of ``headline``, ``environments``, ``needs``, ``needs_count``, ``changes``
            and ``next_step``
        """
        environments = self.env["ops.environment"].search([("check_ids", "!=", False)])
        needs = self._needs()
        # Findings and scans stand among the needs already, or in their own lists.
        changes = self.env["ops.event"].search(CHANGE_DOMAIN, limit=CHANGES)
        return {
            "headline": self._headline(environments, len(needs)),
            "environments": self._environments(environments),
            "needs": needs[:NEEDS],
            "needs_count": len(needs),
            "changes": [self._change(event) for event in changes],
            "next_step": self._next_step(),
        }

    def _headline(self, environments, needs_count):
        """Return the one true sentence about the environment that the user stands in."""
        here = environments.filtered("is_self") or environments[:1]
        if not here:
            return {"state": "unknown", "text": self.env._("Nothing is watched yet.")}
        state = self._health(here)
        watched_since = min(here.check_ids.mapped("create_date"), default=fields.Datetime.now())
        values = {
            "environment": here.application_id.name,
            "duration": self._duration(fields.Datetime.now() - watched_since),
        }
        sentences = {
            "up": self.env._("%(environment)s works, watched for %(duration)s.", **values),
            "degraded": self.env._("%(environment)s works, but not as it should.", **values),
            "down": self.env._("%(environment)s has a problem.", **values),
            "maintenance": self.env._("%(environment)s is under maintenance.", **values),
        }
        parts = [
            sentences.get(state, self.env._("Nobody knows yet how %(environment)s is.", **values))
        ]
        if since := self._unseen_since(here):
            parts = [
                self.env._(
                    "Nobody has looked at %(environment)s since %(time)s: start the worker, or see"
                    " whether Odoo's scheduled actions run.",
                    time=format_datetime(self.env, since, dt_format="short"),
                    **values,
                )
            ]
        last_change = self.env["ops.event"].search(
            [("environment_id", "=", here.id), ("kind", "=like", "deployment.%")], limit=1
        )
        if last_change:
            parts.append(
                self.env._(
                    "Last change: %(change)s at %(time)s.",
                    change=last_change.name.rstrip("."),
                    time=format_datetime(self.env, last_change.date, dt_format="short"),
                )
            )
        if needs_count:
            parts.append(
                self.env._("One thing needs you.")
                if needs_count == 1
                else self.env._("%(count)s things need you.", count=needs_count)
            )
        else:
            parts.append(self.env._("Nothing needs you."))
        return {"state": state, "text": " ".join(parts)}

    def _health(self, environment):
        """What is known of an environment at present: nothing while nobody looks."""
        if self._unseen_since(environment):
            return "unknown"
        return environment.health_state or "unknown"

    def _unseen_since(self, environment):
        """Since when nobody has looked at any check of the environment, if that is so."""
        # Heartbeats are not looked at for as long as their jobs may take.
        looks = [
            check.unseen_since
            for check in environment.check_ids
            if check.kind != "heartbeat" and check.state in {"up", "degraded", "down", "suppressed"}
        ]
        return all(looks) and max(looks, default=None)

    def _environments(self, environments):
        """Return each environment with its checks and their heartbeats."""
        checks = self.env["ops.health.check"].search(
            [("environment_id", "in", environments.ids)], order="sequence, id"
        )
        heartbeats = checks._heartbeats(limit=HEARTBEATS)
        state_labels = dict(checks._fields["state"]._description_selection(self.env))
        return [
            {
                "id": environment.id,
                "name": environment.display_name,
                "state": self._health(environment),
                "state_label": state_labels[self._health(environment)],
                "release": environment.release or "",
                "checks": [
                    {
                        "id": check.id,
                        "name": check.name,
                        "state": "unknown" if check.unseen_since else check.state,
                        "state_label": state_labels[
                            "unknown" if check.unseen_since else check.state
                        ],
                        "heartbeats": heartbeats.get(check.id, []),
                    }
                    for check in checks
                    if check.environment_id == environment
                ],
            }
            for environment in environments
        ]

    def _needs(self):
        """Return what somebody has to look at, the most urgent first."""
        return [
            *self._held(),
            *self._incidents(),
            *self._deployments(),
            *self._operations(),
            *self._findings(),
            *self._sentinel(),
        ]

    def _held(self):
        blocker = self.env["ops.instance"]._outward_blocker()
        if not blocker:
            return []
        return [
            {
                "key": "held",
                "level": "danger",
                "title": self.env._("Everything outward is held"),
                "evidence": blocker,
                "fix": self.env._("A manager of Ops Center decides whether this is the original."),
                "decision": self.env.user.has_group("ops_center_base.group_manager"),
            }
        ]

    def _incidents(self):
        fix = self.env._("Look at the evidence, then acknowledge it or mend the cause.")
        return [
            self._need(
                incident,
                "danger" if incident.state == "open" else "warning",
                evidence=incident.cause,
                fix=fix,
            )
            for incident in self.env["ops.health.incident"].search([("state", "!=", "resolved")])
        ]

    def _deployments(self):
        unfreeze = self.env._("Look at the environment, then have a manager unfreeze it.")
        frozen = self.env["ops.environment"].search([("frozen_reason", "!=", False)])
        keep = self.env._("Keep the rollback, or revert it: nothing else begins until then.")
        pinned = self.env["ops.environment"].search([("pinned_deployment_id", "!=", False)])
        decide = self.env._("See what it brings, then approve or reject it.")
        waiting = self.env["ops.deployment"].search([("state", "=", "waiting")])
        return [
            *(
                {
                    **self._need(each, "danger", evidence=each.frozen_reason, fix=unfreeze),
                    "title": self.env._("%s is frozen", each.display_name),
                }
                for each in frozen
            ),
            *(
                {
                    **self._need(
                        each, "warning", evidence=each.pinned_deployment_id.reason, fix=keep
                    ),
                    "title": self.env._(
                        "%(environment)s is pinned to %(rollback)s",
                        environment=each.display_name,
                        rollback=each.pinned_deployment_id.display_name,
                    ),
                }
                for each in pinned
            ),
            *(
                {
                    **self._need(each, "warning", evidence=each.summary, fix=decide),
                    "title": self.env._("%s needs your approval", each.display_name),
                }
                for each in waiting.filtered("is_approver")
            ),
        ]

    def _operations(self):
        fix = self.env._("Find out whether it happened, then retry or cancel it.")
        return [
            self._need(operation, "warning", evidence=operation.last_error, fix=fix)
            for operation in self.env["ops.operation"].search([("state", "=", "needs_attention")])
        ]

    def _findings(self):
        urgent = [("state", "in", OPEN_FINDING_STATES), ("severity", "in", URGENT_SEVERITIES)]
        return [
            self._need(
                finding,
                "danger" if finding.severity == "critical" else "warning",
                evidence=finding.evidence,
                fix=finding.remediation,
            )
            for finding in self.env["ops.finding"].search(urgent)
        ]

    def _sentinel(self):
        sentinel = self.env["ops.health.sentinel"]
        evidence = self.env._("If Odoo, PostgreSQL or the worker dies, nobody is told.")
        missing = self.env._(
            "Set up the sentinel outside Odoo, or pause this check to do without it."
        )
        mute = self.env._("Add an email or webhook channel that wants failures.")
        return [
            {**self._need(check, "warning", evidence=evidence, fix=fix), "title": title}
            for check, title, fix in (
                (sentinel._missing(), self.env._("Nobody watches this Odoo from outside"), missing),
                (sentinel._mute(), self.env._("The sentinel has nobody to page"), mute),
            )
            if check
        ]

    def _need(self, record, level, evidence, fix):
        return {
            "key": f"{record._name}-{record.id}",
            "level": level,
            "title": record.display_name,
            "evidence": evidence or "",
            "fix": fix or "",
            "res_model": record._name,
            "res_id": record.id,
        }

    def _change(self, event):
        return {
            "id": event.id,
            "level": event.level,
            "icon": event.icon,
            "title": event.name,
            "environment": event.environment_id.display_name or "",
            "date": fields.Datetime.to_string(event.date),
            "res_model": event.res_model or False,
            "res_id": event.res_id or False,
        }

    def _next_step(self):
        """Return the one step that helps this installation most, or False when all are done."""
        steps = (
            (
                not self.env["ops.notification.channel"].search_count([], limit=1),
                self.env._("Say who is told when something breaks"),
                self.env._("Incidents open by themselves; nobody hears of them yet."),
                "ops_center_base.ops_notification_channel_action",
            ),
            (
                not self.env["ops.environment"].search_count([("is_self", "=", False)], limit=1),
                self.env._("Add the next environment to watch"),
                self.env._("A staging server, a customer's Odoo, a shop: anything with a URL."),
                "ops_center_base.ops_environment_action",
            ),
            (
                not self.env["ops.scan"].search_count([("source", "=", "upload")], limit=1),
                self.env._("Upload a scanner's report"),
                self.env._("Any SARIF file will do; what it found becomes findings to work on."),
                "ops_center_audit.ops_scan_action",
            ),
        )
        for missing, title, text, action in steps:
            if missing:
                return {"title": title, "text": text, "action": action}
        return False

    def _duration(self, delta: timedelta):
        return format_timedelta(delta, locale=babel_locale_parse(self.env.lang))
