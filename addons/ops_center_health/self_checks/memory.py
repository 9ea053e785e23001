"""Memory of the machine, or of the container if it has a limit of its own."""

from pathlib import Path

from .measure import Measure, Surroundings, grade, size

DEGRADED_PERCENT = 90
DOWN_PERCENT = 97


def measure(_surroundings: Surroundings) -> Measure:
    """Take whichever is fuller: the machine or the container."""
    readings = [reading for reading in (machine(), container()) if reading]
    return judge(*max(readings, key=lambda reading: reading[0] / reading[1]))


def machine(meminfo: Path = Path("/proc/meminfo")) -> tuple[int, int]:
    """Bytes used and bytes there are, of the machine (proc(5); its kB are KiB)."""
    facts = dict(line.split(":") for line in meminfo.read_text().splitlines())
    total, available = (int(facts[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    return total - available, total


def container(root: Path = Path("/sys/fs/cgroup")) -> tuple[int, int] | None:
    """Bytes used and bytes allowed in this container, None without a limit.

    Pages of files that the kernel can drop at any time are not counted as used. Source: the
    kernel's documentation of control groups, versions 2 and 1.
    """
    for used, limit, statistics in (
        ("memory.current", "memory.max", "memory.stat"),
        (
            "memory/memory.usage_in_bytes",
            "memory/memory.limit_in_bytes",
            "memory/memory.stat",
        ),
    ):
        if not (root / limit).is_file():
            continue
        allowed = (root / limit).read_text().strip()
        # Version 1 writes a number larger than any memory where there is no limit.
        if allowed == "max" or int(allowed) >= 2**60:
            return None
        facts = dict(line.split() for line in (root / statistics).read_text().splitlines())
        droppable = int(facts.get("total_inactive_file") or facts["inactive_file"])
        return int((root / used).read_text()) - droppable, int(allowed)
    return None


def judge(used: int, total: int) -> Measure:
    """:param used, total: bytes"""
    percent = 100 * used / total
    return Measure(
        grade(percent, degraded=DEGRADED_PERCENT, down=DOWN_PERCENT),
        f"{percent:.0f} % of the memory is in use, {size(total - used)} of {size(total)} are free.",
        percent,
        f"Used: {size(used)}\nThere is: {size(total)}",
    )
