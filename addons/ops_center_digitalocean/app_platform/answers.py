"""What App Platform answers, read with suspicion.

Every value may be missing or of another type than the description says: what identifies
something is required, everything else is left out when it can't be read.
Source: models of resources/apps in DigitalOcean's OpenAPI description.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

#: The kinds of components, by the name of their list in a spec.
COMPONENT_KINDS = ("services", "workers", "jobs", "static_sites", "functions", "databases")
GIT_SOURCES = ("github", "gitlab", "bitbucket", "git")
#: The phases in which a deployment makes no progress any more.
ENDS = frozenset({"ACTIVE", "SUPERSEDED", "ERROR", "CANCELED"})
MAX_STEPS = 100
MAX_TEXT = 500  # characters
MAX_INSTANCES = 1000
MAX_DIGITS = 10  # of a count, or of seconds since 1970


class AnswerError(ValueError):
    """An answer that is not what the API describes; the text is one sentence."""


@dataclass(frozen=True)
class Budget:
    """How many requests a token has left.

    :param limit: requests an hour
    :param remaining: of them
    :param reset_at: when the oldest request of the window expires, naive UTC
    """

    limit: int
    remaining: int
    reset_at: datetime | None

    @classmethod
    def parse(cls, headers: Mapping[str, str]) -> "Budget | None":
        """Read the headers of an answer; None if they don't tell."""
        values = [headers.get(f"ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
        if not all(
            value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS for value in values
        ):
            return None
        limit, remaining, reset = map(int, values)
        return cls(limit, remaining, datetime.fromtimestamp(reset, UTC).replace(tzinfo=None))


@dataclass(frozen=True)
class Step:
    """One step of a deployment.

    :param status: ``PENDING``, ``RUNNING``, ``SUCCESS``, ``ERROR`` or ``UNKNOWN``
    :param reason: why it failed
    """

    name: str
    status: str
    reason: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Deployment:
    """One deployment of an app; times are naive UTC.

    :param phase: as the API calls it, ``UNKNOWN`` if it tells nothing
    :param cloned_from: the deployment that a rollback brings back
    :param commits: what each component was built from that is built from a repository
    """

    id: str
    phase: str
    cause: str
    cloned_from: str
    created_at: datetime | None
    updated_at: datetime | None
    spec: dict[str, Any] = field(repr=False)
    commits: Mapping[str, str]
    steps: tuple[Step, ...]

    @property
    def has_ended(self) -> bool:
        """Whether it is neither waited for nor under way."""
        return self.phase in ENDS

    @classmethod
    def parse(cls, told: Any) -> "Deployment":
        """Read a deployment.

        :raise AnswerError: it has no id
        """
        told = _mapping(told)
        return cls(
            id=_identifier(told, "a deployment"),
            phase=_text(told, "phase") or "UNKNOWN",
            cause=_text(told, "cause"),
            cloned_from=_text(told, "cloned_from"),
            created_at=_moment(told.get("created_at")),
            updated_at=_moment(told.get("updated_at")),
            spec=_mapping(told.get("spec")),
            commits={
                _text(component, "name"): commit
                for kind in COMPONENT_KINDS
                for component in _list(told.get(kind))
                if (commit := _text(_mapping(component), "source_commit_hash"))
            },
            steps=tuple(_read_steps(_mapping(told.get("progress")))),
        )


@dataclass(frozen=True)
class Component:
    """One component of an app, as its spec has it.

    :param kind: one of `COMPONENT_KINDS`
    :param size: the slug of its instance size
    :param source: the image or the repository that it is made of
    :param deploys_on_push: App Platform deploys by itself when its source changes
    """

    name: str
    kind: str
    size: str
    count: int
    source: str
    deploys_on_push: bool


@dataclass(frozen=True)
class App:
    """An app with its deployments; all that is told of it in one answer."""

    id: str
    name: str
    region: str
    tier: str
    url: str
    updated_at: datetime | None
    spec: dict[str, Any] = field(repr=False)
    components: tuple[Component, ...]
    domains: tuple[tuple[str, str], ...]  #: names with their phases
    active: Deployment | None
    pending: Deployment | None
    in_progress: Deployment | None
    pinned: Deployment | None

    @classmethod
    def parse(cls, told: Any) -> "App":
        """Read an app.

        :raise AnswerError: it has no id or no spec, or a deployment of it has no id
        """
        told = _mapping(told)
        spec = told.get("spec")
        if not isinstance(spec, dict):
            raise AnswerError("App Platform answered with an app that has no spec.")
        deployments = {
            name: Deployment.parse(told[f"{name}_deployment"])
            for name in ("active", "pending", "in_progress", "pinned")
            if told.get(f"{name}_deployment")
        }
        return cls(
            id=_identifier(told, "an app"),
            name=_text(spec, "name"),
            region=_text(_mapping(told.get("region")), "slug") or _text(spec, "region"),
            tier=_text(told, "tier_slug"),
            url=_text(told, "live_url") or _text(told, "default_ingress"),
            updated_at=_moment(told.get("updated_at")),
            spec=spec,
            components=tuple(_read_components(spec)),
            domains=tuple(
                (name, _text(_mapping(domain), "phase") or "UNKNOWN")
                for domain in _list(told.get("domains"))
                if (name := _text(_mapping(_mapping(domain).get("spec")), "domain"))
            ),
            active=deployments.get("active"),
            pending=deployments.get("pending"),
            in_progress=deployments.get("in_progress"),
            pinned=deployments.get("pinned"),
        )

    @property
    def digest(self) -> str:
        """What changes when there is something new of an app."""
        deployments = [
            (each.id, each.phase, each.updated_at)
            for each in (self.active, self.pending, self.in_progress, self.pinned)
            if each
        ]
        told = repr((self.updated_at, deployments, self.domains))
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def under_way(self) -> Deployment | None:
        """What it is deploying, if anything."""
        return self.in_progress or self.pending


def read_size(told: Any) -> tuple[str, float] | None:
    """Read the slug of an instance size and its price in US dollars a month."""
    told = _mapping(told)
    slug, price = _text(told, "slug"), _text(told, "usd_per_month")
    try:
        return (slug, float(price)) if slug else None
    except ValueError:
        return None


def _read_components(spec: Mapping[str, Any]) -> Iterator[Component]:
    for kind in COMPONENT_KINDS:
        for told in map(_mapping, _list(spec.get(kind))):
            image = _mapping(told.get("image"))
            repositories = [_mapping(told[name]) for name in GIT_SOURCES if told.get(name)]
            source = "/".join(filter(None, (_text(image, "registry"), _text(image, "repository"))))
            if digest := _text(image, "digest"):
                source += f"@{digest}"
            elif source:
                source += f":{_text(image, 'tag') or 'latest'}"
            for repository in repositories:
                address = _text(repository, "repo") or _text(repository, "repo_clone_url")
                source = f"{address}#{_text(repository, 'branch')}"
            count = told.get("instance_count")
            yield Component(
                name=_text(told, "name"),
                kind=kind,
                size=_text(told, "instance_size_slug"),
                count=count if type(count) is int and 0 <= count <= MAX_INSTANCES else 1,
                source=source[:MAX_TEXT],
                deploys_on_push=any(
                    repository.get("deploy_on_push") is True for repository in repositories
                )
                or _mapping(image.get("deploy_on_push")).get("enabled") is True,
            )


def _read_steps(progress: Mapping[str, Any]) -> Iterator[Step]:
    """Read the steps that people are shown: the inner ones, with the component they are of."""
    seen = set()
    for outer in map(_mapping, _list(progress.get("steps"))[:MAX_STEPS]):
        inner = [_mapping(step) for step in _list(outer.get("steps"))]
        for told in inner or [outer]:
            base = _text(told, "message_base") or _text(outer, "name")
            component = _text(told, "component_name")
            name = " ".join(filter(None, (base, component))) or _text(told, "name")
            if not name or name in seen or len(seen) == MAX_STEPS:
                continue
            seen.add(name)
            reason = _mapping(told.get("reason"))
            yield Step(
                name=name,
                status=_text(told, "status") or "UNKNOWN",
                reason=_text(reason, "message") or _text(reason, "code"),
                started_at=_moment(told.get("started_at")),
                ended_at=_moment(told.get("ended_at")),
            )


def _identifier(told: Mapping[str, Any], what: str) -> str:
    identifier = _text(told, "id")
    # It becomes part of addresses.
    if not identifier or not all(char.isalnum() or char == "-" for char in identifier):
        raise AnswerError(f"App Platform answered with {what} that has no usable id.")
    return identifier


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(told: Any, name: str) -> str:
    value = _mapping(told).get(name)
    if not isinstance(value, str):
        return ""
    # JSON may hold halves of characters, and one that PostgreSQL has no text with.
    return value[:MAX_TEXT].encode("utf-8", "replace").decode().replace("\0", "")


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
