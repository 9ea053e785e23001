"""Long-running processes, each known by a file that it keeps locked while it lives."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import failure
import file_lock
import layout


class Service:
    """A process that runs once per checkout.

    The process inherits its locked pid file, so that the kernel itself says whether the number
    in it is still that process: no other can be mistaken for it, and ended instead of it.
    """

    def __init__(self, name: str):
        self.name = name
        self.pid_file = layout.RUN / f"{name}.pid"
        self.log = layout.LOGS / f"{name}.log"
        self.process: subprocess.Popen | None = None
        self._own_lock = None

    def pid(self) -> int | None:
        """Return the id of the running process, or None."""
        file = file_lock.try_lock(self.pid_file)
        if file is None:
            # Its starter locks the file a moment before it writes the number.
            while not (text := self.pid_file.read_text()):
                time.sleep(0.01)
            return int(text)
        file.close()
        return None

    def claim(self) -> bool:
        """Make this very process the service until it ends; False when another is it."""
        self._own_lock = file_lock.try_lock(self.pid_file)
        if self._own_lock is None:
            return False
        self._write_pid(self._own_lock, os.getpid())
        return True

    def start(self, arguments: Sequence[str | Path], variables: dict[str, str], **options) -> None:
        """Start the process, in a session of its own so that Ctrl-C reaches only its starter.

        :param options: more arguments of ``subprocess.Popen``
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        lock = file_lock.try_lock(self.pid_file)
        if lock is None:
            raise failure.Failure(f"{self.name} runs already: `make stop` ends it.")
        with lock, self.log.open("w") as log:
            self.process = subprocess.Popen(
                arguments,
                cwd="/",
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock.fileno()],
                start_new_session=True,
                **options,
            )
            self._write_pid(lock, self.process.pid)

    def died(self) -> bool:
        """Tell whether the process that ``start`` started has ended."""
        return self.process is not None and self.process.poll() is not None

    def stop(self, *, request: signal.Signals = signal.SIGTERM, patience: float = 30) -> bool:
        """Ask the process to end and wait for it; kill it after ``patience`` seconds.

        :return: whether there was one
        """
        pid = self.pid()
        if pid is None:
            return False
        os.kill(pid, request)
        deadline = time.monotonic() + patience
        while self._alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._alive():
            os.kill(pid, signal.SIGKILL)
            while self._alive():
                time.sleep(0.05)
        return True

    def _alive(self) -> bool:
        if self.process is not None:
            self.process.poll()  # a dead child keeps its locks until it is waited for
        return self.pid() is not None

    @staticmethod
    def _write_pid(file, pid: int) -> None:
        file.truncate(0)
        file.write(str(pid))
        file.flush()
