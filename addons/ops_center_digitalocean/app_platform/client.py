"""The calls of App Platform's API that Ops Center makes.

Source: resources/apps of DigitalOcean's OpenAPI description. There is no idempotency key: who
gets no answer to a write looks with `AppPlatform.deployments` before repeating it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from .answers import AnswerError, App, Budget, Deployment, read_size

BASE_URL = "https://api.digitalocean.com"
PER_PAGE = 200  # the most that the API gives
MAX_PAGES = 50


class Answer(Protocol):
    """What an HTTP client returns."""

    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body."""


class HttpClient(Protocol):
    """What sends requests, and raises an exception for everything but a complete answer."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: bytes | None,
        params: Mapping[str, str] | None,
    ) -> Answer:
        """Send one request."""


class AppPlatform:
    """The API, with one token. All methods raise what the HTTP client raises, and `AnswerError`.

    :param http: sends the requests
    :param token: needs the scopes ``app:read`` and, to change anything, ``app:update``
    :param base_url: where the API is
    """

    def __init__(self, http: HttpClient, token: str, base_url: str = BASE_URL):
        self._http = http
        self._token = token
        self._base_url = base_url.rstrip("/")
        #: What the last answer said of the token's limits.
        self.budget: Budget | None = None

    # --- reading: scope app:read ---

    def apps(self) -> list[App]:
        """Return all apps, with their deployments: one request for 200 of them."""
        return [App.parse(told) for told in self._pages("/v2/apps", "apps")]

    def has_apps_readable(self) -> bool:
        """Say whether there is any app, to see whether the token may read them."""
        return bool(self._items(self._call("GET", "/v2/apps", params={"per_page": "1"}), "apps"))

    def app(self, app_id: str) -> App:
        """Return one app."""
        return App.parse(self._call("GET", f"/v2/apps/{app_id}").get("app"))

    def deployments(self, app_id: str, since: datetime | None = None) -> Iterator[Deployment]:
        """Yield the deployments of an app, the newest first.

        :param since: the oldest creation of interest, naive UTC
        """
        for told in self._pages(f"/v2/apps/{app_id}/deployments", "deployments"):
            deployment = Deployment.parse(told)
            if since and deployment.created_at and deployment.created_at < since:
                return
            yield deployment

    def deployment(self, app_id: str, deployment_id: str) -> Deployment:
        """Return one deployment."""
        return self._deployment("GET", f"/v2/apps/{app_id}/deployments/{deployment_id}")

    def log_addresses(self, app_id: str, deployment_id: str, kind: str) -> list[str]:
        """Return where the log of a deployment is, by now; soon it is there no more.

        The addresses carry their own permission: they are fetched without the token.

        :param kind: ``BUILD`` or ``DEPLOY``
        """
        path = f"/v2/apps/{app_id}/deployments/{deployment_id}/logs"
        told = self._call("GET", path, params={"type": kind})
        # The schema calls them `historic_urls`, the description's own example otherwise.
        addresses = told.get("historic_urls") or told.get("historic_logs") or [told.get("url")]
        return [each for each in addresses if isinstance(each, str) and each]

    def monthly_prices(self) -> dict[str, float]:
        """Return what one instance of each size costs, in US dollars a month."""
        told = self._call("GET", "/v2/apps/tiers/instance_sizes")
        return dict(filter(None, map(read_size, self._items(told, "instance_sizes"))))

    def monthly_cost(self, spec: dict[str, Any], app_id: str) -> float | None:
        """Have a spec checked, and return what it would cost in US dollars a month."""
        told = self._call("POST", "/v2/apps/propose", body={"spec": spec, "app_id": app_id})
        cost = told.get("app_cost")
        return float(cost) if isinstance(cost, int | float) else None

    # --- writing: scope app:update ---

    def update(self, app_id: str, spec: dict[str, Any]) -> Deployment:
        """Replace the whole spec, pulling what its sources have by now; return what deploys it."""
        body = {"spec": spec, "update_all_source_versions": True}
        app = App.parse(self._call("PUT", f"/v2/apps/{app_id}", body=body).get("app"))
        # Guaranteed to be that of this update; another one may be in progress still.
        if deployment := app.pending or app.in_progress:
            return deployment
        raise AnswerError("App Platform took the new spec, but did not say what deploys it.")

    def cancel(self, app_id: str, deployment_id: str) -> Deployment:
        """Call a deployment off that is under way."""
        path = f"/v2/apps/{app_id}/deployments/{deployment_id}/cancel"
        return self._deployment("POST", path, body={})

    def rollback_problem(self, app_id: str, deployment_id: str) -> str:
        """Return why an app can't be rolled back to a deployment, empty if it can."""
        path = f"/v2/apps/{app_id}/rollback/validate"
        told = self._call("POST", path, body={"deployment_id": deployment_id, "skip_pin": False})
        if told.get("valid") is True:
            return ""
        error = told.get("error")
        message = error.get("message") if isinstance(error, dict) else None
        return str(message or "App Platform does not say why.")[:200]

    def roll_back(self, app_id: str, deployment_id: str) -> Deployment:
        """Roll back and pin the app: it refuses anything new until `commit` or `revert`."""
        body = {"deployment_id": deployment_id, "skip_pin": False}
        return self._deployment("POST", f"/v2/apps/{app_id}/rollback", body=body)

    def commit_rollback(self, app_id: str) -> None:
        """Keep what an app was rolled back to."""
        self._call("POST", f"/v2/apps/{app_id}/rollback/commit", body={})

    def revert_rollback(self, app_id: str) -> Deployment:
        """Deploy what was there before the rollback."""
        return self._deployment("POST", f"/v2/apps/{app_id}/rollback/revert", body={})

    # --- one request ---

    def _deployment(self, method: str, path: str, body: Any = None) -> Deployment:
        return Deployment.parse(self._call(method, path, body=body).get("deployment"))

    def _pages(self, path: str, name: str) -> Iterator[Any]:
        for page in range(1, MAX_PAGES + 1):
            params = {"page": str(page), "per_page": str(PER_PAGE)}
            told = self._call("GET", path, params=params)
            yield from self._items(told, name)
            # The address of the next page is not followed: the token goes where it belongs.
            links = told.get("links")
            pages = links.get("pages") if isinstance(links, dict) else None
            if not (isinstance(pages, dict) and pages.get("next")):
                return

    @staticmethod
    def _items(told: dict[str, Any], name: str) -> list[Any]:
        # An empty list may be left out, or null.
        items = told.get(name) or []
        if not isinstance(items, list):
            raise AnswerError(f"App Platform answered with {name} that are no list.")
        return items

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> dict[str, Any]:
        answer = self._http.request(
            method,
            self._base_url + path,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
            data=None if body is None else json.dumps(body).encode(),
            params=params,
        )
        self.budget = Budget.parse(answer.headers) or self.budget
        # Some answers have no body at all.
        told = answer.json() if answer.body else {}
        if not isinstance(told, dict):
            raise AnswerError("App Platform answered with something that is no JSON object.")
        return told
