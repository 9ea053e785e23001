"""What a process, and the PostgreSQL backends that work for it, cost: read from ``/proc``."""

import os
from contextlib import suppress
from pathlib import Path

from tests.harness import databases

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """Return the processor time of process ``pid`` with all its threads, in seconds."""
    # The name, in parentheses, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / TICKS


def peak_memory(pid):
    """Return the most memory that process ``pid`` ever held, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [line for line in status if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


class Meter:
    """Adds up the processor time of an Odoo process and of its backends, which come and go."""

    def __init__(self, pid, database):
        self._pid = pid
        self._database = database
        self._seconds = {}
        self.read()
        self._first = dict(self._seconds)

    def read(self):
        """Look at all processes; to be called often enough to meet each backend."""
        # Odoo tells PostgreSQL its process id by the name of the connection.
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
        backends = databases.execute(self._database, query, [f"odoo-{self._pid}"])
        self._seconds[self._pid] = cpu_seconds(self._pid)
        for (backend,) in backends:
            with suppress(FileNotFoundError, ProcessLookupError):
                self._seconds[backend] = cpu_seconds(backend)

    def own(self):
        """Return the processor seconds of the process itself since the meter was made."""
        return self._seconds[self._pid] - self._first[self._pid]

    def backends(self):
        """Return the processor seconds of its backends since the meter was made."""
        total = sum(self._seconds.values()) - sum(self._first.values())
        return total - self.own()
