"""What Ops Center measures of the Odoo it lives in, one file for each check. Free of Odoo.

Each has a function `measure` that looks, and pure functions that judge what it saw.
"""

from . import (
    connections,
    disk,
    log_errors,
    mail,
    memory,
    postgresql,
    punctuality,
    scheduled_actions,
)
from .measure import Measure, Surroundings

MEASURES = {
    "postgresql": postgresql.measure,
    "scheduled_actions": scheduled_actions.measure,
    "mail": mail.measure,
    "disk": disk.measure,
    "memory": memory.measure,
    "connections": connections.measure,
    "log_errors": log_errors.measure,
    "punctuality": punctuality.measure,
}

__all__ = ["MEASURES", "Measure", "Surroundings"]
