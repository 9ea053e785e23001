"""The sentinel itself: looks, judges, pages, and says that it is alive."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ..engine import run
from ..http_request import HttpRequest
from ..target import Target
from . import files
from .configuration import Configuration, parse
from .paging import PagingError, channels, title_of
from .secrets import Secrets
from .section import ConfigurationError
from .troubles import Troubles
from .verdict import judge, works
from .web import Answer, request

_logger = logging.getLogger(__name__)

SAY_EVERY = 60.0  # seconds between two signs of life, each with a look for a newer configuration
TRY_MAIL_EVERY = 3600.0  # seconds between two looks whether the mail server lets the sentinel in
CHECKS_EVERY = 60.0  # seconds between two looks at what Ops Center watches else
WORKER_EXPECTED = 86_400.0  # seconds; who does without a worker for longer wants it so
# Updates take their time, and Odoo waits with its scheduled actions meanwhile.
PATIENCE_FACTOR = {"modules": 2}
CHECK = "check:"
OK = 200
UNAUTHORIZED = 401
EXPORT = "/ops/sentinel/configuration"


class Sentinel:
    """Watches by a configuration, which is fetched anew while Odoo answers.

    :param path: of the configuration; what has to outlive a restart is kept beside it
    :param odoo_url: where the sentinel reaches Odoo, if not where the configuration says
    :param clock: tells the seconds since 1970
    """

    def __init__(
        self,
        path: Path,
        secrets: Secrets,
        odoo_url: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._state_path = path.with_name(f"{path.stem}.state.json")
        self._secrets = secrets
        self._odoo_url = odoo_url.rstrip("/")
        self._clock = clock
        self._configuration: Configuration | None = None
        self._read_at: tuple[int, int] | None = None
        self._said_at = self._mail_tried_at = self._checks_at = float("-inf")
        self._said_problem: str | None = None
        self._file_problem = self._fetch_problem = self._mail_problem = ""
        self._delivery_problems: list[str] = []
        state = self._read_state()
        self._troubles = Troubles(state["troubles"])
        self._worker_seen_at: float = state["worker_seen_at"]

    @property
    def interval(self) -> float:
        """Seconds from the start of one look to the next."""
        return self._configuration.timing.interval if self._configuration else SAY_EVERY / 6

    def run(self, stopping: threading.Event) -> None:
        """Look again and again until the event is set."""
        while not stopping.is_set():
            began = time.monotonic()
            self.look()
            stopping.wait(max(0.0, began + self.interval - time.monotonic()))

    def look(self) -> None:
        """Do everything once."""
        self._read_configuration()
        if not self._configuration:
            self._fetch()
            self._read_configuration()
        if not self._configuration:
            _logger.warning("Nothing to watch yet: %s", self._fetch_problem or self._file_problem)
            return
        ready = self._watch_odoo()
        self._stand_in()
        self._tell()
        self._troubles.forget_ended(now=self._clock())
        self._write_state()
        if ready.status:
            self._say_alive()

    # === LOOKING === #

    def _watch_odoo(self) -> Answer:
        configuration = self._configuration
        timeout = configuration.timing.timeout
        ready = request(f"{self._base()}/ops/ready", timeout=timeout, headers=self._headers())
        targets = [self._login_target()]
        if configuration.postgresql:
            targets.append(
                Target(key="postgresql", kind="tcp", url=configuration.postgresql, timeout=timeout)
            )
        results = {result.key: result for result in run(targets)}
        now = self._clock()
        if works(ready):
            self._worker_seen_at = now
        expected = now - self._worker_seen_at < WORKER_EXPECTED
        verdicts = judge(ready, results["login"], results.get("postgresql"), expected)
        for key, problem in verdicts.items():
            self._observe(key, problem)
        return ready

    def _login_target(self) -> Target:
        return Target(
            key="login",
            url=f"{self._base()}/web/login",
            request=HttpRequest(headers=self._headers()),
            timeout=self._configuration.timing.timeout,
        )

    def _stand_in(self) -> None:
        """Watch what Ops Center can't watch while it is in trouble itself."""
        keys = self._troubles.open_keys()
        checks = {key for key in keys if key.startswith(CHECK)}
        now = self._clock()
        if keys == checks:
            self._troubles.close(checks, "Ops Center watches this again.", now=now)
        elif now - self._checks_at >= min(CHECKS_EVERY, self.interval * 3):
            self._checks_at = now
            for result in run(self._configuration.checks):
                problem = result.message if result.verdict == "down" else None
                if result.verdict != "unknown":
                    self._observe(f"{CHECK}{result.key}", problem)

    def _observe(self, key: str, problem: str | None) -> None:
        patience = self._configuration.timing.failures * PATIENCE_FACTOR.get(key, 1)
        self._troubles.observe(key, problem, now=self._clock(), patience=patience)

    # === TELLING === #

    def _tell(self) -> None:
        """Page whoever has to be paged; what fails is tried again at the next look."""
        configuration = self._configuration
        targets = channels(configuration, self._secrets)
        now = self._clock()
        self._delivery_problems = []
        due = self._troubles.due(targets, now=now, reminder=configuration.timing.reminder)
        for notice in list(due):
            title = title_of(notice, configuration.name)
            try:
                targets[notice.channel].send(notice, title, now)
            except PagingError as error:
                _logger.warning("%s was not told “%s”: %s", notice.channel, title, error)
                self._delivery_problems.append(str(error))
                continue
            _logger.info("%s was told “%s”", notice.channel, title)
            self._troubles.mark_told(notice, now=now)
            # At once, so that a crash between two of them does not repeat the first.
            self._write_state()

    def _say_alive(self) -> None:
        """Fetch a newer configuration, and call the heartbeat."""
        now = self._clock()
        if 0 <= now - self._said_at < SAY_EVERY:
            return
        self._said_at = now
        self._fetch()
        self._read_configuration()
        if not self._configuration.heartbeat:
            return
        problem = self._problem()
        if problem != self._said_problem:
            _logger.log(
                logging.WARNING if problem else logging.INFO, "%s", problem or "All is well"
            )
            self._said_problem = problem
        answer = request(
            f"{self._base()}{self._configuration.heartbeat}{'/fail' if problem else ''}",
            timeout=self._configuration.timing.timeout,
            headers=self._headers(),
            data=(problem or self._well()).encode(),
        )
        if answer.status != OK:
            self._said_at = float("-inf")
            _logger.warning(
                "Odoo does not take the sign of life: %s", answer.problem or answer.status
            )

    def _well(self) -> str:
        """What to say if there is no problem."""
        if channels(self._configuration, self._secrets):
            return "The sentinel watches."
        return "The sentinel watches, but has nobody to page: add an e-mail or webhook channel."

    def _problem(self) -> str:
        """Why nobody should rely on this sentinel, or nothing."""
        targets = channels(self._configuration, self._secrets)
        now = self._clock()
        if self._mail_problem or not 0 <= now - self._mail_tried_at < TRY_MAIL_EVERY:
            self._mail_tried_at = now
            self._mail_problem = ""
            for target in targets.values():
                try:
                    target.check()
                except PagingError as error:
                    self._mail_problem = str(error)
        problems = (self._file_problem, self._fetch_problem, self._mail_problem)
        return " ".join(filter(None, dict.fromkeys((*problems, *self._delivery_problems))))

    # === CONFIGURATION === #

    def _read_configuration(self) -> None:
        """Read the file if it changed; what can't be used does not replace what can."""
        try:
            stat = self._path.stat()
            read_at = (stat.st_mtime_ns, stat.st_ino)
            if read_at == self._read_at:
                return
            self._read_at = read_at
            self._configuration = parse(self._path.read_text(encoding="utf-8"))
        except (OSError, UnicodeError) as error:
            self._file_problem = f"{self._path} can't be read: {error}."
        except ConfigurationError as error:
            self._file_problem = f"{self._path} is not used: {error}"
            _logger.warning("%s", self._file_problem)
        else:
            self._file_problem = ""
            self._mail_tried_at = float("-inf")
            _logger.info("Watching by %s", self._path)

    def _fetch(self) -> None:
        """Fetch the configuration from Odoo, if there is a token for it."""
        if not self._secrets.token or not self._base():
            return
        answer = request(
            f"{self._base()}{EXPORT}",
            timeout=10.0,
            headers={**self._headers(), "Authorization": f"Bearer {self._secrets.token}"},
        )
        self._fetch_problem = ""
        if answer.status == UNAUTHORIZED:
            self._fetch_problem = (
                "Odoo refuses the token of the sentinel: make a new one in Ops Center."
            )
        elif answer.status != OK:
            reason = answer.problem or f"Odoo answered with status {answer.status}."
            self._fetch_problem = f"The configuration can't be fetched: {reason}"
        else:
            self._keep(answer.body)

    def _keep(self, body: bytes) -> None:
        """Write the configuration down, if it is another one that can be used."""
        try:
            text = body.decode()
            parse(text)
            known = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
            if text != known:
                files.write(self._path, text)
        except (OSError, ValueError) as error:
            self._fetch_problem = f"What Odoo exported is not used: {error}"

    def _base(self) -> str:
        return self._odoo_url or (self._configuration.odoo_url if self._configuration else "")

    def _headers(self) -> Mapping[str, str]:
        database = self._configuration.database if self._configuration else ""
        return {"X-Odoo-Database": database} if database else {}

    # === STATE === #

    def _read_state(self) -> dict:
        state = {"troubles": [], "worker_seen_at": 0.0}
        try:
            state |= json.loads(self._state_path.read_text(encoding="utf-8"))
            Troubles(state["troubles"])
        except FileNotFoundError:
            _logger.info("Nothing is known from before")
        except (OSError, TypeError, ValueError) as error:
            _logger.warning("%s can't be read and is not used: %s", self._state_path, error)
            state["troubles"] = []
        return state

    def _write_state(self) -> None:
        state = {"troubles": self._troubles.entries(), "worker_seen_at": self._worker_seen_at}
        files.write(self._state_path, json.dumps(state))
