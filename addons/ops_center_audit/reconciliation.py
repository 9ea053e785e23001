"""What an import does to the findings of its scope."""

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from .importers.comparison import Comparison, KnownFinding
from .importers.matching import Key

BATCH = 1000
EVENT_LIMIT = 10  # lines of the timeline about single findings of one scan


class Reconciliation:
    """Brings the findings of a scan's scope in line with what a run saw.

    :param scan: the `ops.scan` that records it; as superuser, a report becomes findings whoever
        uploads it
    :param Run run: of which tool, category and completeness
    :param observe: called twice, each time returns an iterator of the same observations
    :param str digest: of the report; if it is the same as last time, nothing is done
    """

    def __init__(self, scan, run, observe, digest):
        self.env = scan.env
        self.scan = scan
        self.run = run
        self.observe = observe
        self.digest = digest
        self.Finding = self.env["ops.finding"].with_context(tracking_disable=True)

    def apply(self, confirmed=False):
        """Change the findings and say on the scan and in the timeline what changed.

        :param bool confirmed: a person said that a large drop is true
        """
        self.scan.write(
            {"tool": self.run.tool, "category": self.run.category, "sha256": self.digest}
        )
        previous = self.scan.search(
            [*self.scan._scope_domain(), ("state", "=", "done"), ("id", "!=", self.scan.id)],
            limit=1,
        )
        values = self._run_values(previous)
        if previous.sha256 == self.digest:
            self.scan.write(values | self._repeated_values(previous))
            return
        comparison = Comparison(self.observe(), self._known_findings(), values["complete"])
        values |= {
            "total_count": len(comparison.keys),
            "suppressed_count": comparison.suppressed_count,
        }
        if comparison.is_suspicious and not confirmed:
            self._park(values, comparison)
            return
        new, reopened = self._write_sightings(comparison)
        resolved = self._write_missing(comparison, previous.date)
        self.scan.write(
            values
            | {
                "new_count": len(new),
                "unchanged_count": len(comparison.keys) - len(new) - len(reopened),
                "reopened_count": len(reopened),
                "resolved_count": len(resolved),
            }
        )
        self._announce(new, reopened, resolved)

    def _run_values(self, previous):
        """What the scan records of the run."""
        run = self.run
        outdated = bool(
            run.ended_at and previous.reported_at and run.ended_at < previous.reported_at
        )
        return {
            "date": fields.Datetime.now(),
            "tool_version": run.version,
            "revision": run.revision,
            "reported_at": run.ended_at,
            "complete": run.complete and not outdated,
            "problem": run.problem
            or (outdated and self.env._("The report is older than the last one.")),
            "message": False,
            "state": "done",
        }

    def _repeated_values(self, previous):
        """What the scan records when its report is that of the previous one."""
        return {
            "total_count": previous.total_count,
            "unchanged_count": previous.total_count,
            "suppressed_count": previous.suppressed_count,
            "message": self.env._("The same report as last time: nothing changed."),
        }

    def _known_findings(self):
        """Read all findings of the scope, and of each only what a comparison needs."""
        self.Finding.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.id, f.state, f.digest, f.seen_until IS NOT NULL,
                       COALESCE(f.accepted_until >= CURRENT_DATE, FALSE), f.ordinal,
                       COALESCE(f.reopened_count, 0),
                       f.source_id, f.fingerprint, f.identity, r.code, f.path, f.line, f.snippet
                  FROM ops_finding f
                  JOIN ops_finding_rule r ON r.id = f.rule_id
                 WHERE f.application_id = %s
                   AND f.environment_id IS NOT DISTINCT FROM %s
                   AND f.tool = %s
                   AND f.category = %s
                """,
                self.scan.application_id.id,
                self.scan.environment_id.id or None,
                self.scan.tool,
                self.scan.category or "",
            )
        )
        return [KnownFinding(*row[:7], Key(*row[7:], closed=row[3])) for row in rows]

    def _park(self, values, comparison):
        """Change nothing until a person says whether so much was resolved."""
        self.scan.write(
            values
            | {
                "state": "parked",
                "message": self.env._(
                    "This report would resolve %(mended)s of %(total)s findings. If the scanner "
                    "looked at all of the code, confirm it. Otherwise discard it: nothing was "
                    "changed yet.",
                    mended=len(comparison.mended),
                    total=comparison.mendable_count,
                ),
            }
        )
        self.env["ops.event"]._record(
            "scan.parked",
            self.env._("A report of %s waits for confirmation", self.scan.tool),
            environment=self.scan.environment_id,
            record=self.scan,
            level="warning",
            detail=self.scan.message,
        )

    def _write_sightings(self, comparison):
        """Create what is new, write what changed, leave alone what did not.

        :return: the new and the reopened findings
        """
        rules = self.env["ops.finding.rule"]._of_report(
            self.run.tool,
            self.scan.company_id,
            sorted({key.rule for key in comparison.keys}),
            self.run.rules,
        )
        new, reopened, history = self.Finding, [], []
        for batch in split_every(BATCH, comparison.sightings(self.observe())):
            births = []
            for sighting in batch:
                values = self._sighting_values(sighting, rules[sighting.observation.rule])
                before = sighting.before
                if not before:
                    births.append(values | self._birth_values())
                    continue
                if sighting.reopens:
                    reopened.append(before.id)
                self.Finding.browse(before.id).write(values)
                history += [(before.id, *change) for change in sighting.history()]
            new += self.Finding.create(births)
        self._log(history)
        return new, self.Finding.browse(reopened)

    def _sighting_values(self, sighting, rule):
        """What a finding shows of a result, and what the next scan recognises it by."""
        observation, before = sighting.observation, sighting.before
        values = {
            "name": observation.title or rule.name,
            "kind": observation.kind,
            "severity": observation.severity,
            "state": sighting.state,
            "message": observation.message,
            "evidence": observation.evidence,
            "path": observation.path,
            "line": observation.line,
            "suppression": observation.suppressed,
            "source_id": observation.source_id,
            "fingerprint": observation.fingerprint,
            "snippet": sighting.key.snippet,
            "digest": sighting.digest,
            "identity": sighting.key.identity,
            "ordinal": sighting.ordinal,
            "seen_until": False,
        }
        # To write a many-to-one field reads its finding first, one by one.
        if not before or before.key.rule != observation.rule:
            values["rule_id"] = rule.id
        if sighting.reopens:
            values |= {"resolved_at": False, "reopened_count": before.reopened_count + 1}
        return values

    def _birth_values(self):
        """What a finding keeps from the scan that saw it first."""
        return {
            "tool": self.scan.tool,
            "category": self.scan.category or "",
            "application_id": self.scan.application_id.id,
            "environment_id": self.scan.environment_id.id,
            "company_id": self.scan.company_id.id,
            "first_scan_id": self.scan.id,
            "first_seen_at": self.scan.date,
        }

    def _write_missing(self, comparison, seen_until):
        """Resolve what is not seen any more, unless a person's decision outlives that.

        :return: the resolved findings
        """
        missing = self.Finding.browse([finding.id for finding in comparison.missing])
        missing.write({"seen_until": seen_until})
        resolved = self.Finding.browse([finding.id for finding in comparison.mended])
        resolved.write({"state": "resolved", "resolved_at": fields.Datetime.now()})
        self._log([(finding.id, "resolved", None) for finding in resolved])
        return resolved

    def _log(self, history):
        self.env["ops.finding.change"].create(
            [
                {"finding_id": finding_id, "scan_id": self.scan.id, "kind": kind, "detail": detail}
                for finding_id, kind, detail in history
            ]
        )

    def _announce(self, new, reopened, resolved):
        """Write what a scan changed into the timeline: one line, and one per grave finding."""
        opened = new.filtered("is_open") | reopened.filtered("is_open")
        grave = Domain("severity", "in", ("critical", "high"))
        if opened or resolved:
            self.env["ops.event"]._record(
                "scan.imported",
                self.env._(
                    "%(tool)s: %(new)s new findings, %(reopened)s reopened, %(resolved)s resolved",
                    tool=self.scan.tool,
                    new=len(new),
                    reopened=len(reopened),
                    resolved=len(resolved),
                ),
                environment=self.scan.environment_id,
                record=self.scan,
                level="warning" if opened else "success",
            )
        for kind, level, findings in (
            ("finding.opened", "danger", opened),
            ("finding.resolved", "success", resolved),
        ):
            for finding in findings.filtered_domain(grave).sorted("severity")[:EVENT_LIMIT]:
                self.env["ops.event"]._record(
                    kind,
                    finding.name,
                    environment=finding.environment_id,
                    record=finding,
                    level=level,
                    detail=finding.location,
                )
