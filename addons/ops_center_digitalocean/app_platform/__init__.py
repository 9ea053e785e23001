"""DigitalOcean's App Platform: its API, what it answers, and its app specs. Free of Odoo."""

from .answers import AnswerError, App, Budget, Component, Deployment, Step
from .client import AppPlatform
from .spec import (
    SpecError,
    as_yaml,
    difference,
    read_digests,
    read_marker,
    read_release,
    with_revision,
)

__all__ = [
    "AnswerError",
    "App",
    "AppPlatform",
    "Budget",
    "Component",
    "Deployment",
    "SpecError",
    "Step",
    "as_yaml",
    "difference",
    "read_digests",
    "read_marker",
    "read_release",
    "with_revision",
]
