"""Changes of app specs, and how people are shown them.

A spec is sent back as it came, secrets included: those come encrypted, and stay as they are only
if they are returned unchanged.
Source: app_spec of resources/apps in DigitalOcean's OpenAPI description.
"""

import copy
import difflib
from collections.abc import Iterator
from typing import Any

import yaml

#: Variables of an app that tell what runs there: the request that it follows, and its revision.
#: `OPS_CENTER_RELEASE` is what `/ops/ready` of an Ops Center answers with.
MARKER = "OPS_CENTER_DEPLOYMENT"
RELEASE = "OPS_CENTER_RELEASE"
IMAGE_KINDS = ("services", "workers", "jobs")
MASKED = "***"
# These name things or say how; the values of all other texts might be somebody's secrets.
HIDDEN = frozenset(
    {"value", "registry_credentials", "token", "api_key", "endpoint", "password", "user"}
)


class SpecError(ValueError):
    """A spec that can't be changed as wanted; the text is a sentence for the user."""


def with_revision(
    spec: dict[str, Any], marker: str, revision: str, digest: str = "", repository: str = ""
) -> dict[str, Any]:
    """Return a spec that deploys a revision.

    :param spec: of the app as it is now
    :param marker: of the request, by which the deployment is found again
    :param revision: the commit
    :param digest: of the image that was made of it; without one, App Platform builds the head of
        the branch that the spec names
    :param repository: of the image, where components use several ones
    :raise SpecError: no component, or nobody knows which, uses an image, or none is built
    """
    changed = copy.deepcopy(spec)
    images = [
        component["image"]
        for component in _components(changed)
        if isinstance(component.get("image"), dict)
    ]
    if digest:
        _set_digest(images, digest, repository)
    elif images:
        raise SpecError(
            "App Platform runs an image there, and deploys one by its digest. Enter “Image Digest”."
        )
    own = {MARKER: marker, RELEASE: revision}
    changed["envs"] = [each for each in _variables(changed) if each.get("key") not in own] + [
        {"key": key, "value": value, "scope": "RUN_TIME", "type": "GENERAL"}
        for key, value in own.items()
    ]
    return changed


def read_marker(spec: dict[str, Any]) -> str:
    """Return the marker of the request that a spec came with, empty if it has none."""
    return _variable(spec, MARKER)


def read_release(spec: dict[str, Any]) -> str:
    """Return the revision that a spec came with, empty if it has none."""
    return _variable(spec, RELEASE)


def read_digests(spec: dict[str, Any]) -> set[str]:
    """Return the digests of the images that a spec names."""
    return {
        image["digest"]
        for component in _components(spec)
        if isinstance(image := component.get("image"), dict)
        and isinstance(image.get("digest"), str)
    }


def as_yaml(spec: dict[str, Any]) -> str:
    """Return a spec as App Platform's own files have it, without the values of variables."""
    return yaml.safe_dump(_masked(spec), sort_keys=False, allow_unicode=True, width=100)


def difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return how two specs differ, as a unified diff of their YAML."""
    old, new = (as_yaml(spec).splitlines() for spec in (before, after))
    return "\n".join(list(difflib.unified_diff(old, new, n=3, lineterm=""))[2:])


def _set_digest(images: list[dict[str, Any]], digest: str, repository: str) -> None:
    repositories = {image.get("repository") for image in images}
    if not images:
        raise SpecError(
            "App Platform builds this app from a repository, so no image can be chosen. Leave"
            " “Image Digest” empty."
        )
    if repository:
        if repository not in repositories:
            raise SpecError(f"No component of the app uses the image “{repository}”.")
        repositories = {repository}
    if len(repositories) > 1:
        names = ", ".join(sorted(map(str, repositories)))
        raise SpecError(
            f"The components use several images ({names}). Say on the app which one is deployed."
        )
    for image in images:
        if image.get("repository") in repositories:
            image["digest"] = digest
            # Either a tag or a digest; and what moves with a tag can't be deployed on a push.
            image.pop("tag", None)
            image.pop("deploy_on_push", None)


def _components(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in IMAGE_KINDS:
        components = spec.get(kind)
        if isinstance(components, list):
            yield from (component for component in components if isinstance(component, dict))


def _variables(spec: dict[str, Any]) -> list[dict[str, Any]]:
    variables = spec.get("envs")
    if not isinstance(variables, list):
        return []
    return [each for each in variables if isinstance(each, dict)]


def _variable(spec: dict[str, Any], key: str) -> str:
    for variable in _variables(spec):
        if variable.get("key") == key:
            value = variable.get("value")
            return value if isinstance(value, str) else ""
    return ""


def _masked(value: Any, name: str = "", key: str = "") -> Any:
    if isinstance(value, dict):
        own = str(value.get("key", ""))
        return {inner: _masked(each, str(inner), own) for inner, each in value.items()}
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if name in HIDDEN and key not in {MARKER, RELEASE}:
        return MASKED
    return value
