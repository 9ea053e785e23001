"""What an Odoo tells a user of its own, who needs no more rights than to read.

Asked over JSON-2 where there is such a thing, from 19 on, and over XML-RPC before. The document is
the one that ``ops_center_agent`` reports, as far as models tell it. All texts in it are strangers'.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .http_request import HttpRequest
from .odoo_rpc import Json2, Question, Refusal, Unanswered, Unreadable, XmlRpc
from .odoo_target import OdooAccess
from .result import Result

Requests = Mapping[str, tuple[str, HttpRequest]]  # path and request by name
Ask = Callable[[Requests], Mapping[str, Result]]

MAX_ANSWER = 1024 * 1024  # bytes
MAX_ROWS = 5000
JSON2_FROM = 19  # series
COUNTS_FAILURES_FROM = 18  # series
LATE = timedelta(minutes=15)
STUCK = timedelta(minutes=60)
RECENT = timedelta(hours=24)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

MODULES = "ir.module.module"
ACTIONS = "ir.cron"
MAIL = "mail.mail"
JOBS = "queue.job"


def pull(access: OdooAccess, version: str | None, edition: str | None, ask: Ask) -> dict[str, Any]:
    """The facts, with what kept them from being told: ``problem``, and ``note`` if that is meant.

    :param version: the series, None if it isn't known
    :param edition: the same
    :param ask: sends requests and returns what they were answered
    """
    facts = {"format": 1, "period": access.period}
    if not version:
        return facts | {
            "problem": "Nothing is fetched with the API key, for that Odoo does not tell its"
            " version. Connect the agent instead."
        }
    facts["odoo"] = {"version": version, "edition": edition or ""}
    try:
        series = int(version.removeprefix("saas~").partition(".")[0])
        return facts | _Pull(access, series, ask).document()
    except Refusal as refusal:
        return facts | {"problem": str(refusal)}


class _Pull:
    def __init__(self, access: OdooAccess, series: int, ask: Ask) -> None:
        self._series = series
        self._ask = ask
        self._now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        self._hidden: list[str] = []
        self._unanswered: dict[str, str] = {}  # reason by model
        self._protocol = Json2(access) if series >= JSON2_FROM else XmlRpc(access, ask)

    def document(self) -> dict[str, Any]:
        """What can be told."""
        answers = self._answers(
            {
                MODULES: Question(
                    MODULES,
                    "search_read",
                    [["state", "=", "installed"]],
                    {"fields": ["name", "latest_version"], "limit": MAX_ROWS},
                )
            }
        )
        facts = {}
        if MODULES in answers:
            facts["modules"] = self._part(_modules, answers[MODULES], model=MODULES)
        answers = self._answers(self._further_questions(facts.get("modules")))
        if ACTIONS in answers:
            facts["crons"] = self._part(self._actions, answers[ACTIONS], model=ACTIONS)
        if {"stuck", "failed", "reason"} <= answers.keys():
            facts["mail"] = self._part(
                _mail, answers["stuck"], answers["failed"], answers["reason"], model=MAIL
            )
        if JOBS in answers:
            facts["jobs"] = self._part(_jobs, answers[JOBS], model=JOBS)
        facts = {name: part for name, part in facts.items() if part is not None}
        if self._hidden:
            facts["note"] = (
                f"The user of the API key may not read {', '.join(self._hidden)}: nothing is known"
                " of that."
            )
        if self._unanswered:
            facts["problem"] = " ".join(
                f"{', '.join(models)} can't be read with the API key: {reason}"
                for reason, models in _by_value(self._unanswered).items()
            )
        return facts

    def _further_questions(self, modules: Mapping[str, str] | None) -> dict[str, Question]:
        fields = ["cron_name", "nextcall"]
        if self._series >= COUNTS_FAILURES_FROM:
            fields.append("failure_count")
        questions = {
            ACTIONS: Question(
                ACTIONS,
                "search_read",
                [["active", "=", True]],
                {"fields": fields, "limit": MAX_ROWS, "order": "nextcall, id"},
            )
        }
        # Without their addons there are no such models.
        if modules is None or "mail" in modules:
            questions |= self._mail_questions()
        if modules and "queue_job" in modules:
            since = self._ago(RECENT)
            questions[JOBS] = Question(
                JOBS,
                "search_count",
                [
                    ["state", "=", "failed"],
                    "|",
                    ["date_started", ">", since],
                    "&",
                    ["date_started", "=", False],
                    ["date_created", ">", since],
                ],
            )
        return questions

    def _mail_questions(self) -> dict[str, Question]:
        stuck = [
            ["state", "=", "outgoing"],
            ["write_date", "<", self._ago(STUCK)],
            "|",
            ["scheduled_date", "=", False],
            ["scheduled_date", "<", self._ago(timedelta())],
        ]
        failed = [["state", "=", "exception"], ["write_date", ">", self._ago(RECENT)]]
        one = {"fields": ["failure_reason"], "limit": 1, "order": "id"}
        return {
            "stuck": Question(MAIL, "search_count", stuck),
            "failed": Question(MAIL, "search_count", failed),
            "reason": Question(MAIL, "search_read", failed, one),
        }

    def _answers(self, questions: Mapping[str, Question]) -> dict[str, Any]:
        """What was answered; what was not is noted."""
        requests = {name: self._protocol.request(item) for name, item in questions.items()}
        pages = self._ask(requests)
        answers = {}
        for name, question in questions.items():
            try:
                answers[name] = self._protocol.answer(pages[name])
            except Unreadable:
                if question.model not in self._hidden:
                    self._hidden.append(question.model)
            except Unanswered as error:
                self._unanswered[question.model] = str(error)
        return answers

    def _part(self, read: Callable[..., Any], *answers: Any, model: str) -> Any:
        try:
            return read(*answers)
        except (AttributeError, KeyError, TypeError, ValueError):
            self._unanswered[model] = "the answer is not as Odoo's are."
            return None

    def _actions(self, rows: Any) -> dict[str, Any]:
        due = [(row, datetime.strptime(row["nextcall"], TIME_FORMAT)) for row in rows]
        actions = {
            "active": len(rows),
            "late": [
                {"name": _text(row["cron_name"]), "due_at": _seconds(due_at)}
                for row, due_at in due
                if due_at < self._now - LATE
            ],
        }
        if self._series >= COUNTS_FAILURES_FROM:
            failing = [row for row in rows if row["failure_count"]]
            actions["failing"] = [
                {"name": _text(row["cron_name"]), "failures": row["failure_count"]}
                for row in sorted(failing, key=lambda row: -row["failure_count"])
            ]
        return actions

    def _ago(self, time: timedelta) -> str:
        return (self._now - time).strftime(TIME_FORMAT)


def _by_value(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    models: dict[str, list[str]] = {}
    for model, reason in reasons.items():
        models.setdefault(reason, []).append(model)
    return models


def _modules(rows: Any) -> dict[str, str]:
    return {row["name"]: _text(row["latest_version"]) for row in rows}


def _mail(stuck: Any, failed: Any, rows: Any) -> dict[str, Any]:
    reason = rows[0]["failure_reason"] if rows else ""
    return {"stuck": stuck, "failed": failed, "reason": _text(reason)}


def _jobs(failed: Any) -> dict[str, Any]:
    return {"failed": failed}


def _text(value: Any) -> str:
    # Of an empty text Odoo says that it is false.
    return value or ""


def _seconds(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp())
