"""Metrics in the text format of Prometheus, which OpenMetrics has made a standard.

Sources: the exposition formats of Prometheus (version 0.0.4) and OpenMetrics 1.0. There are gauges
only, which both write in the same way.
"""

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What the exporter of Prometheus calls the phases of a request.
HTTP_PHASES = {
    "dns": "resolve",
    "connect": "connect",
    "tls": "tls",
    "first_byte": "processing",
    "transfer": "transfer",
}
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def exposition(measured: dict) -> str:
    """Return all metrics.

    :param measured: as of `storage.metrics.read`
    """
    lines = []
    for name, text, samples in _gauges(measured):
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in samples]
    return "\n".join([*lines, "# EOF", ""])


def _gauges(measured):
    """Yield the name, the explanation and the samples (labels, value) of each metric."""
    checks = measured["checks"]
    # A paused check has seen nothing that still holds.
    seen = [check for check in checks if check["state"] != "paused" and check["verdict"]]
    yield (
        "probe_success",
        "Whether the last look at the check was good.",
        [
            (_identity(check), check["verdict"] in {"up", "degraded"})
            for check in seen
            if check["verdict"] != "unknown"
        ],
    )
    yield (
        "probe_duration_seconds",
        "How long the last look took.",
        [
            (_identity(check), check["latency_ms"] / 1000)
            for check in seen
            if check["latency_ms"] is not None
        ],
    )
    yield (
        "probe_http_status_code",
        "The HTTP status that was answered last.",
        [(_identity(check), check["status"]) for check in seen if check["status"] is not None],
    )
    phases = [(check, check["phases"]) for check in seen if check["phases"]]
    yield (
        "probe_dns_lookup_time_seconds",
        "How long the last look waited for the addresses of the name.",
        [(_identity(check), times["dns"] / 1000) for check, times in phases if "dns" in times],
    )
    yield (
        "probe_http_duration_seconds",
        "How long each phase of the last request took, as far as it came.",
        [
            ({**_identity(check), "phase": HTTP_PHASES[phase]}, milliseconds / 1000)
            for check, times in phases
            for phase, milliseconds in times.items()
            if check["kind"] == "http" and phase in HTTP_PHASES
        ],
    )
    yield (
        "probe_http_ssl",
        "Whether the last request went over TLS.",
        [(_identity(check), "tls" in times) for check, times in phases if check["kind"] == "http"],
    )
    yield (
        "probe_ssl_earliest_cert_expiry",
        "When the first certificate of the chain expires, in seconds since 1970.",
        [(_identity(check), check["expires"]) for check in seen if check["expires"] is not None],
    )
    yield (
        "ops_health_check_state",
        "1 for the state that the check is in.",
        [({**_identity(check), "state": check["state"]}, 1) for check in checks],
    )
    yield (
        "ops_health_lateness_seconds",
        "For how long the check should have been looked at.",
        [
            (_identity(check), check["lateness"])
            for check in checks
            if check["lateness"] is not None
        ],
    )
    yield (
        "ops_health_incidents_open",
        "Incidents that are not resolved.",
        [
            ({"severity": severity}, measured["incidents"].get(severity, 0))
            for severity in ("critical", "warning")
        ],
    )
    yield "ops_health_checks", "Checks of the company.", [({}, measured["total"])]
    yield (
        "ops_health_checks_left_out",
        "Checks of which no series is told, because they are too many.",
        [({}, measured["total"] - len(checks))],
    )
    yield "ops_worker_up", "Whether a worker is alive.", [({}, measured["workers"] > 0)]
    yield (
        "ops_notifications_waiting",
        "Notifications that are not sent yet.",
        [({}, measured["notifications"])],
    )


def _identity(check):
    # Names alone need not be unique, and two series of the same name are refused.
    return {
        "check": check["name"],
        "environment": check["environment"],
        "kind": check["kind"],
        "id": str(check["id"]),
    }


def _labels(labels):
    if not labels:
        return ""
    pairs = (f'{name}="{value.translate(ESCAPED)}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}"


def _number(value):
    return repr(float(value)) if isinstance(value, float) else str(int(value))
