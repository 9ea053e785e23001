"""What came of looking at a check, whether it was probed over the network or measured here."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from odoo.addons.ops_center_base.transport import mask

from .own_network import OWN_NETWORK, explain

BODY_EXCERPT = 2048  # bytes of the answer that are kept as evidence


@dataclass(frozen=True)
class Outcome:
    """The part of a result that is stored. All texts may come from strangers: plain text only.

    :param verdict: ``up``, ``degraded``, ``down`` or ``unknown``
    :param message: one English sentence
    :param error: machine code, empty when up
    :param at: UTC, naive as everywhere in Odoo
    :param latency_ms: milliseconds, of probes and connections
    :param value: what was measured here, in the unit of the check
    :param status: HTTP status
    :param evidence: what a human would look at next
    :param certificate: what the server showed, see `probes.Result`
    :param odoo: what an Odoo told of itself, see `probes.Result`
    :param facts: what an Odoo told to whom it knows, see `odoo_facts.clean`
    :param due_in: seconds until the verdict may be another one; by default the check's interval
    :param phases: milliseconds that each phase of a probe took, in their order
    """

    verdict: str
    message: str
    error: str
    at: datetime
    latency_ms: float | None = None
    value: float | None = None
    status: int | None = None
    evidence: str = ""
    certificate: dict | None = None
    odoo: dict | None = None
    facts: dict | None = None
    due_in: float | None = None
    phases: dict | None = None

    @classmethod
    def from_result(cls, result, target):
        """:param result: a `probes.Result`, :param target: the `probes.Target` it came of."""
        return cls(
            verdict=result.verdict,
            # What is said of success repeats nothing of the target's.
            message=mask(plain_text(result.message)) if result.error else result.message,
            error=result.error,
            at=datetime.fromtimestamp(result.started_at, UTC).replace(tzinfo=None),
            latency_ms=result.latency_ms,
            status=result.status,
            # Nobody looks for the evidence of success.
            evidence="" if result.verdict == "up" else describe(result, target),
            certificate=result.certificate and _plain_values(result.certificate),
            odoo=result.odoo,
            phases=_without_total(result.phases),
        )

    @classmethod
    def from_problem(cls, message):
        """:param message: why a check can't be looked at, a sentence for the user."""
        return cls(
            verdict="unknown",
            message=mask(plain_text(message)),
            error="definition",
            at=datetime.now(UTC).replace(tzinfo=None),
        )

    @classmethod
    def from_measure(cls, measure, code, started_at):
        """:param measure: a `self_checks.Measure`, :param started_at: seconds since 1970, UTC."""
        return cls(
            verdict=measure.verdict,
            message=mask(plain_text(measure.message)),
            error="" if measure.verdict == "up" else code,
            at=datetime.fromtimestamp(started_at, UTC).replace(tzinfo=None),
            latency_ms=measure.latency_ms,
            value=measure.value,
            evidence=mask(plain_text(measure.evidence)),
            due_in=measure.due_in,
        )

    def joined(self, measure, code):
        """The same look together with what is known from elsewhere: the worse of both counts.

        :param measure: a `self_checks.Measure`, :param code: the error if the measure is worse
        """
        # What can't be looked at, and what our own network hides, stays unknown.
        if measure.verdict == "up" or self.verdict == "unknown":
            return self
        evidence = mask(plain_text(measure.evidence))
        message = mask(plain_text(measure.message))
        if self.verdict == "up":
            return replace(
                self, verdict=measure.verdict, error=code, message=message, evidence=evidence
            )
        is_worse = (self.verdict, measure.verdict) == ("degraded", "down")
        return replace(
            self,
            verdict=measure.verdict if is_worse else self.verdict,
            error=code if is_worse else self.error,
            message=f"{message} {self.message}" if is_worse else f"{self.message} {message}",
            evidence="\n".join(filter(None, [self.evidence, evidence])),
        )

    def acquitted(self, silence):
        """The same look, which tells nothing as no canary answered either.

        :param silence: what was seen of the canaries, see `own_network.Canaries`
        """
        return replace(
            self,
            verdict="unknown",
            error=OWN_NETWORK,
            message=explain(silence),
            evidence=mask(plain_text("\n".join([self.message, *silence]))),
        )


def describe(result, target) -> str:
    """All that a probe saw, for a human to read, secrets masked."""
    lines = [f"{target.request.method} {target.url}" if target.kind == "http" else target.url]
    if result.address:
        lines.append(f"Address: {result.address}")
    if result.status:
        lines.append(f"Status: {result.status}")
    if result.phases:
        phases = ", ".join(f"{name} {ms:.1f} ms" for name, ms in result.phases.items())
        lines.append(f"Time: {phases}")
    if result.certificate:
        lines.append("Certificate:")
        lines += [f"  {name}: {value}" for name, value in result.certificate.items()]
    if result.odoo:
        lines += [f"{name.capitalize()}: {value}" for name, value in result.odoo.items()]
    if result.headers:
        lines.append("Headers:")
        lines += [f"  {name}: {value}" for name, value in result.headers.items()]
    if result.body:
        lines += ["Answer:", result.body[:BODY_EXCERPT].decode("utf-8", "replace")]
    return mask(plain_text("\n".join(lines)))


def plain_text(text: str) -> str:
    """The text without control characters, which no screen shows and PostgreSQL may refuse."""
    if text.isprintable():
        return text
    return "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"}
    )


def _without_total(phases):
    return {name: ms for name, ms in phases.items() if name != "total"} if phases else None


def _plain_values(certificate):
    """The certificate with plain texts only."""
    return {
        name: list(map(plain_text, value))
        if isinstance(value, list)
        else plain_text(value)
        if isinstance(value, str)
        else value
        for name, value in certificate.items()
    }
