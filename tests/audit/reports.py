"""SARIF written by hand, as small as the point it makes."""

import io
import json
from typing import Any

from ops_center_audit.importers import sarif


def result(text: str = "A problem", **changes: Any) -> dict:
    """One result of the rule R1 in src/a.py, line 10."""
    location = {
        "artifactLocation": {"uri": changes.pop("uri", "src/a.py")},
        "region": {"startLine": changes.pop("line", 10)},
    }
    if "snippet" in changes:
        location["region"]["snippet"] = {"text": changes.pop("snippet")}
    return {
        "ruleId": "R1",
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    } | changes


def report(*results: dict, driver: dict | None = None, **run: Any) -> dict:
    """One run of the tool "Scanner" with these results."""
    return {
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": {"name": "Scanner"} | (driver or {})}, "results": list(results)}
            | run
        ],
    }


def read(document: dict | bytes) -> sarif.Report:
    """Read a document as the importer does."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return sarif.read(io.BytesIO(content))


def observe(document: dict | bytes) -> list:
    """The observations of a document."""
    return [observation for _position, observation in read(document).observations()]
