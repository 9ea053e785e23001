from collections import defaultdict
from contextlib import contextmanager
from difflib import get_close_matches

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from .. import checks_as_code
from ..checks_as_code import CodeError, Key, Problem
from .ops_health_check_group import GROUP_FIELDS

# What YAML has for the types of fields. Others aren't written down.
KINDS = {
    "boolean": "boolean",
    "char": "text",
    "float": "number",
    "integer": "integer",
    "selection": "choice",
    "text": "text",
}
# The lists of other checks, and the fields they are in.
REFERENCES = {"depends_on": "depends_on_ids", "members": "member_ids"}
# Written down besides what makes the probes of a check.
RULES = {"failure_threshold", "failure_window", "success_threshold", "runbook_url"}
# What a file says of the window when the failures that count are consecutive.
IN_A_ROW = 0
MAX_TOLD = 20  # problems in one message


class OpsHealthCheck(models.Model):
    """Checks written down as YAML, and applied from it."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    # === ACTIONS === #

    def action_export_yaml(self):
        """Download these checks as a file."""
        checks = self.filtered(lambda check: check.kind != "self")
        if not checks:
            raise UserError(
                self.env._(
                    "The checks of the Odoo that Ops Center lives in aren't written down. Select"
                    " other checks."
                )
            )
        return self.env["ops.health.check.code"]._download(checks._to_yaml())

    # === BUSINESS METHODS === #

    @api.model
    def apply_yaml(self, text, dry_run=False):
        """Create and change checks so that they are as a file has them; for the CI of managers.

        :param str text: see docs/checks.md
        :param bool dry_run: only tell what would be done
        :return: a dictionary for each check of the file: ``action`` (``create``, ``change`` or
            ``leave``), ``environment``, ``name`` and ``changes``, one a line
        :raise UserError: with all that is wrong; nothing was applied
        """
        self._check_may_apply()
        try:
            planned = self._plan(text)
            self._carry_out(planned, dry_run)
        except CodeError as error:
            told = [str(problem) for problem in error.problems[:MAX_TOLD]]
            if len(error.problems) > MAX_TOLD:
                told.append(self.env._("And %s more.", len(error.problems) - MAX_TOLD))
            raise UserError("\n".join(told)) from error
        return [
            {
                "action": step.action,
                "environment": step.entry.environment,
                "name": step.entry.name,
                "changes": str(step),
            }
            for step, _environment, _check in planned
        ]

    @api.model
    def _check_may_apply(self):
        if not self.env.user.has_group("ops_center_base.group_manager"):
            raise AccessError(
                self.env._("Only managers apply checks from a file. Ask one of them.")
            )

    @api.model
    def _code_keys(self):
        """What is written down of a check besides its identity."""
        wanted = {*self._probe_fields(), *RULES, *GROUP_FIELDS, "mute_members"}
        secrets = {cipher: name for name, cipher in self._secret_fields.items()}
        keys = {}
        for name, field in self._fields.items():
            if name not in wanted or name == "active":
                continue
            if name in secrets:
                keys[secrets[name]] = Key("secret")
            elif kind := KINDS.get(field.type):
                choices = tuple(field.get_values(self.env)) if kind == "choice" else ()
                default = field.default(self) if field.default else None
                keys[name] = Key(kind, _plain(kind, default), choices)
        return keys | dict.fromkeys(REFERENCES, Key("checks", ()))

    def _code_values(self, keys):
        """What there is to write down of a check."""
        values = {"environment": self.environment_id.display_name, "name": self.name}
        for name, key in keys.items():
            if key.kind == "secret":
                values[name] = bool(self[f"{name}_hint"])
            elif name == "failure_window" and self.failure_window == self.failure_threshold:
                values[name] = IN_A_ROW
            elif key.kind == "checks":
                values[name] = self[REFERENCES[name]]._references(self.environment_id)
            elif name != "url" or self.kind != "dns":
                values[name] = _plain(key.kind, self[name])
        return values

    def _references(self, environment):
        """How these checks are named in the lists of one that is in the environment."""
        place = environment.display_name
        return tuple(sorted(checks_as_code.reference(each, place) for each in self._identified()))

    def _identified(self):
        """These checks by their identity: the names of environment and check."""
        return self.grouped(lambda check: (check.environment_id.display_name, check.name))

    def _to_yaml(self):
        keys = self._code_keys()
        return checks_as_code.dump([check._code_values(keys) for check in self], keys)

    # === PLAN === #

    @api.model
    def _plan(self, text):
        """What is to be done so that checks are as a file has them.

        :return: each step with its environment and the check that there is
        :raise CodeError: with all that is wrong
        """
        keys = self._code_keys()
        entries = checks_as_code.parse(text, keys)
        environments = self._environments_of(entries)
        present = self._present_checks(entries, environments)
        problems = []
        for entry in entries:
            if entry.values["kind"] == "self" or "self" in present[entry.identity].mapped("kind"):
                sentence = self.env._(
                    "Ops Center itself makes the checks of the Odoo it lives in. Remove this one."
                )
                problems.append(Problem(entry.line, sentence))
            elif len(present[entry.identity]) > 1:
                sentence = self.env._(
                    "There are several checks “%(name)s” in “%(environment)s”. Rename all but one"
                    " of them.",
                    name=entry.name,
                    environment=entry.environment,
                )
                problems.append(Problem(entry.line, sentence))
            if entry.values["kind"] == "dns" and entry.values.pop("url"):
                sentence = self.env._(
                    "“url” of a DNS check follows from “dns_name” and “dns_server”. Remove it."
                )
                problems.append(Problem(entry.lines["url"], sentence))
        problems += self._resolve_references(entries)
        if problems:
            raise CodeError(problems)
        values = {
            identity: check._code_values(keys) for identity, check in present.items() if check
        }
        return [
            (step, environments[step.entry.environment], present[step.entry.identity])
            for step in checks_as_code.plan(entries, values)
        ]

    @api.model
    def _environments_of(self, entries):
        """The environments that a file names, by name.

        :raise CodeError: for those that there are not
        """
        ours = [("company_id", "in", self.env.companies.ids)]
        environments = self.env["ops.environment"].search(ours).grouped("display_name")
        problems = []
        for entry in entries:
            found = environments.get(entry.environment, ())
            if len(found) == 1:
                continue
            if found:
                sentence = self.env._(
                    "There are several environments “%s”. Rename all but one of them.",
                    entry.environment,
                )
            elif close := get_close_matches(entry.environment, environments, 1):
                sentence = self.env._(
                    "There is no environment “%(name)s”. Did you mean “%(close)s”?",
                    name=entry.environment,
                    close=close[0],
                )
            else:
                sentence = self.env._(
                    "There is no environment “%s”. Write the names of its application and its own,"
                    " such as “Shop / Production”.",
                    entry.environment,
                )
            problems.append(Problem(entry.lines["environment"], sentence))
        if problems:
            raise CodeError(problems)
        return environments

    @api.model
    def _present_checks(self, entries, environments):
        """The checks that have the identity of an entry."""
        present = defaultdict(self.browse)
        for check in self.search(
            [
                ("environment_id", "in", [environments[each.environment].id for each in entries]),
                ("name", "in", [entry.name for entry in entries]),
            ]
        ):
            present[check.environment_id.display_name, check.name] |= check
        return present

    @api.model
    def _referable_checks(self):
        """All checks that a file may refer to, by identity."""
        return self.search([("company_id", "in", self.env.companies.ids)])._identified()

    @api.model
    def _resolve_references(self, entries):
        """Name other checks in the entries as an export would; return what is wrong with that."""
        problems = []
        if not any(entry.values[key] for entry in entries for key in REFERENCES):
            return problems
        present = self._referable_checks()
        known = {*present, *(entry.identity for entry in entries)}
        for entry in entries:
            called = checks_as_code.referred(entry, known)
            for key in REFERENCES:
                found = []
                for name in entry.values[key]:
                    identity = called.get(name)
                    if identity and len(present.get(identity, ())) <= 1:
                        found.append(checks_as_code.reference(identity, entry.environment))
                        continue
                    sentence = self._unresolved(name, identity, called)
                    problems.append(Problem(entry.lines[key], sentence))
                entry.values[key] = tuple(sorted(set(found)))
        return problems

    @api.model
    def _unresolved(self, name, identity, called):
        """What to do about the name of a check that can't be found."""
        if identity:
            return self.env._("There are several checks “%s”. Rename all but one of them.", name)
        if close := get_close_matches(name, called, 1):
            return self.env._(
                "There is no check “%(name)s”. Did you mean “%(close)s”?",
                name=name,
                close=close[0],
            )
        return self.env._(
            "There is no check “%s”. Write its name, behind that of its environment if that is"
            " another one.",
            name,
        )

    # === CARRY OUT === #

    @api.model
    def _carry_out(self, planned, dry_run):
        """Create and change checks, all or none.

        :raise CodeError: for what can't be
        """
        # What is only tried leaves no trace.
        model = self.with_context(tracking_disable=True) if dry_run else self
        places = {step.entry.identity: place for step, *place in planned}
        steps = checks_as_code.members_first(step for step, *_place in planned)
        steps = [step for step in steps if step.action != "leave"]
        problems = []
        savepoint = self.env.cr.savepoint(flush=True)
        try:
            for step in steps:
                environment, check = places[step.entry.identity]
                with model._noting(problems, step):
                    model.browse(check.id)._carry_out_step(step, environment)
            # A check may depend on one that comes later.
            present = {} if problems else model._referable_checks()
            for step in steps if present else ():
                if "depends_on" in step.values:
                    with model._noting(problems, step):
                        parents = model._referred(step, "depends_on", present)
                        present[step.entry.identity].depends_on_ids = parents
        finally:
            savepoint.close(rollback=bool(dry_run or problems))
        if problems:
            raise CodeError(problems)

    def _carry_out_step(self, step, environment):
        values = {key: value for key, value in step.values.items() if key not in REFERENCES}
        if values.get("failure_window") == IN_A_ROW:
            values["failure_window"] = step.entry.values["failure_threshold"]
        if "members" in step.values:
            members = self._referred(step, "members", self._referable_checks())
            values["member_ids"] = [Command.set(members.ids)]
        if self:
            self.write(values)
        else:
            self.create({"environment_id": environment.id, "name": step.entry.name, **values})

    @api.model
    def _referred(self, step, key, present):
        """The checks that a list of the step's entry names; those that failed to come are not."""
        called = checks_as_code.referred(step.entry, present)
        found = (present[called[name]] for name in step.values[key] if name in called)
        return self.union(*found)

    @contextmanager
    def _noting(self, problems, step):
        """Try something about a step; note why it can't be."""
        try:
            # What users write is no error of the server.
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                yield
        except UserError as error:
            problems.append(Problem(step.entry.line, str(error)))
        except psycopg2.IntegrityError as error:
            problems.append(Problem(step.entry.line, self._sql_error_to_message(error)))


def _plain(kind, value):
    """A value as it is compared and written down."""
    if kind == "text":
        return (value or "").strip("\n")
    if kind == "integer":
        return int(value or 0)
    if kind == "number":
        return float(value or 0)
    if kind == "boolean":
        return bool(value)
    return value or None
