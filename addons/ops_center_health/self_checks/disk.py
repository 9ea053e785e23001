"""Room on the disk that holds Odoo's files."""

import os

from .measure import Measure, Surroundings, grade, size

DEGRADED_PERCENT = 90
DOWN_PERCENT = 97


def measure(surroundings: Surroundings) -> Measure:
    """Look at the file system of the data directory."""
    path = surroundings.data_dir
    facts = os.statvfs(path)
    # What is reserved for root is of no use to Odoo.
    usable = facts.f_blocks - facts.f_bfree + facts.f_bavail
    bytes_used = _percent(usable - facts.f_bavail, usable)
    # Some file systems have no fixed number of files and say 0.
    files_used = _percent(facts.f_files - facts.f_favail, facts.f_files)
    return judge(path, bytes_used, files_used, facts.f_bavail * facts.f_frsize)


def judge(path: str, bytes_used: float, files_used: float, bytes_free: int) -> Measure:
    """:param bytes_used, files_used: percent of the space and of the possible number of files."""
    value = max(bytes_used, files_used)
    verdict = grade(value, degraded=DEGRADED_PERCENT, down=DOWN_PERCENT)
    if files_used > bytes_used:
        message = f"The disk of {path} has used {files_used:.0f} % of the files it can hold."
    else:
        message = f"The disk of {path} is {bytes_used:.0f} % full, {size(bytes_free)} are free."
    return Measure(
        verdict,
        message,
        value,
        f"Space used: {bytes_used:.1f} %\nFiles used: {files_used:.1f} %\nFree: {size(bytes_free)}",
    )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
