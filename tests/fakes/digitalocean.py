"""App Platform on loopback, as DigitalOcean's description says it behaves, with a ledger.

Deployments advance with time, a rollback pins its app, tokens have scopes and limits. What it
answers can be spoilt: answers lost, errors after the deed, lists that lag, bodies that are no
JSON. The ledger keeps what really happened, and `violations` judges it: whatever our code asked
for that is documented nowhere, or must not be asked for, stands there.

Source: resources/apps of DigitalOcean's OpenAPI description.
"""

import collections
import contextlib
import copy
import json
import random
import re
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from .loopback import LoopbackServer, QuietHandler

MARKER = "OPS_CENTER_DEPLOYMENT"
PHASES = ("PENDING_BUILD", "BUILDING", "PENDING_DEPLOY", "DEPLOYING", "ACTIVE")
UNDER_WAY = PHASES[:-1]
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
COMPONENTS = ("services", "workers", "jobs", "static_sites")
# What the description knows of each object that our code sends; anything else is a violation.
SPEC_FIELDS = frozenset(
    "name region services workers jobs static_sites functions databases domains envs ingress egress"
    " alerts maintenance features vpc disable_edge_cache disable_email_obfuscation"
    " enhanced_threat_control_enabled".split()
)
COMPONENT_FIELDS = frozenset(
    "name git github gitlab bitbucket image dockerfile_path build_command run_command source_dir"
    " envs environment_slug log_destinations instance_count instance_size_slug autoscaling cors"
    " health_check liveness_health_check protocol http_port internal_ports routes termination kind"
    " index_document error_document catchall_document output_dir schedule".split()
)
IMAGE_FIELDS = frozenset(
    "registry registry_type registry_credentials repository tag digest deploy_on_push".split()
)
VARIABLE_FIELDS = frozenset({"key", "value", "scope", "type"})
BODY_FIELDS = {
    "update": frozenset({"spec", "update_all_source_versions"}),
    "propose": frozenset({"spec", "app_id"}),
    "deploy": frozenset({"force_build"}),
    "validate": frozenset({"deployment_id", "skip_pin"}),
    "rollback": frozenset({"deployment_id", "skip_pin"}),
    "restart": frozenset({"components"}),
    "cancel": frozenset(),
    "commit": frozenset(),
    "revert": frozenset(),
}
SIZES = [
    ("apps-s-1vcpu-0.5gb", "5.00", 512),
    ("apps-s-1vcpu-1gb", "12.00", 1024),
    ("apps-d-1vcpu-2gb", "39.00", 2048),
]


class FakeDigitalOcean(LoopbackServer):
    """App Platform of one account.

    :param token: the one that is taken
    :param scopes: what it may do
    :param phase_seconds: how long each phase of a deployment takes
    :param lost: share of writes that are carried out, and then the connection is closed
    :param errors: share of writes that are carried out, and then answered by 500
    :param seed: of the choice which answers are spoilt
    """

    def __init__(
        self,
        token="dop_v1_" + "7" * 64,
        scopes=("app:read", "app:update"),
        *,
        phase_seconds=0.05,
        lost=0.0,
        errors=0.0,
        seed=19,
    ):
        self.token, self.scopes = token, set(scopes)
        self.phase_seconds, self.lost, self.errors = phase_seconds, lost, errors
        self.delay = 0.0  # seconds that a write takes, before and after it takes place
        self.lag = 0.0  # seconds after which a new deployment turns up in lists
        self.limit = 5000  # requests an hour
        self.revision_limit = 10  # deployments back that a rollback may go
        self._random = random.Random(seed)
        self._lock = threading.RLock()
        self.apps = {}
        self.requests = []  # (method, path) of each
        self.writes = []  # (what, app id, deployment id or None), of those carried out
        self.violations = []
        self.spoilt = {}  # "METHOD path" or "*": what is answered there instead
        self.bad_digests = set()  # images that can't serve their sites
        self.unbuildable = set()  # images that can't even be started
        self._ahead = 0.0  # seconds that tests let pass at once

        class Handler(QuietHandler):
            protocol_version = "HTTP/1.1"
            cloud = self

            def do_GET(self):
                self.cloud._take(self, None)

            def do_POST(self):
                self.cloud._take(self, self.rfile.read(int(self.headers["Content-Length"] or 0)))

            do_PUT = do_POST

        super().__init__(Handler)

    # --- what tests arrange and ask ---

    def add_app(self, name="shop", app_id=None, **spec):
        """Create an app that was deployed once, and return its id."""
        spec = {
            "name": name,
            "region": "fra",
            "services": [
                {
                    "name": "odoo",
                    "image": {
                        "registry_type": "GHCR",
                        "registry": "example",
                        "repository": "shop",
                        "tag": "latest",
                    },
                    "instance_count": 2,
                    "instance_size_slug": "apps-s-1vcpu-1gb",
                    "http_port": 8069,
                    "envs": [{"key": "PASSWORD", "type": "SECRET", "value": "EV[1:c2VjcmV0]"}],
                }
            ],
            "envs": [{"key": "MODE", "value": "production", "scope": "RUN_TIME"}],
            **spec,
        }
        app_id = app_id or str(uuid.uuid4())
        now = self._now()
        with self._lock:
            self.apps[app_id] = {
                "id": app_id,
                "spec": spec,
                "created_at": now,
                "updated_at": now,
                "deployments": [],
                "pinned": None,
                "before": None,
                "commits": "3f6c1d9b8a7e5f40213c6d7e8f9a0b1c2d3e4f50",
            }
            first = self._create(self.apps[app_id], "initial deployment")
            first["begun"] -= 1000 * (self.phase_seconds + 1)
        return app_id

    def push(self, app_id, commit, author="mia"):
        """Have somebody push a commit that App Platform deploys by itself; return the id."""
        with self._lock:
            app = self.apps[app_id]
            app["commits"] = commit
            cause = f"commit {commit[:7]} pushed to github/{author}/shop"
            return self._create(app, cause)["id"]

    def fail(self, app_id, phase="BUILDING"):
        """Have what an app deploys fail in a phase."""
        with self._lock:
            self.apps[app_id]["deployments"][-1]["fails_in"] = phase

    def pass_phases(self, count=1):
        """Let the time pass that so many phases take."""
        self._ahead += count * self.phase_seconds

    def deployments(self, app_id):
        """Return what an app has deployed, the oldest first, as the API shows it."""
        with self._lock:
            app = self.apps[app_id]
            return [self._show(app, deployment) for deployment in app["deployments"]]

    def live(self, app_id):
        """Return the deployment that an app runs, as the API shows it."""
        with self._lock:
            app = self.apps[app_id]
            active = self._active(app)
            return active and self._show(app, active)

    def _log(self, deployment_id, kind):
        """Return as many lines as the time since a deployment began allows for."""
        with self._lock:
            app, deployment = next(
                (app, each)
                for app in self.apps.values()
                for each in app["deployments"]
                if each["id"] == deployment_id
            )
            phase, passed = self._phase(app, deployment), self._phases_passed(deployment)
        if kind == "DEPLOY":
            return "\x1b[32mdeploying\x1b[0m\n" if passed >= PHASES.index("DEPLOYING") else ""
        count = 4 * min(passed, PHASES.index("PENDING_DEPLOY"))
        lines = [f"\x1b[36mlayer {number}\x1b[0m pulled" for number in range(count)]
        if phase == "ERROR":
            lines = [*lines[:4], "\x1b[31mthe command failed\x1b[0m: PASSWORD=hush-hush"]
        return "".join(f"{line}\n" for line in lines)

    def _serves_well(self, app_id):
        with self._lock:
            active = self._active(self.apps[app_id])
            return bool(active) and not self.bad_digests & set(_digests(active["spec"]))

    def created_by_marker(self):
        """Return how many deployments were created by updates with each of our markers."""
        with self._lock:
            return collections.Counter(
                _marker(deployment["spec"])
                for app in self.apps.values()
                for deployment in app["deployments"]
                if deployment["by_update"]
            )

    # --- one request ---

    def _take(self, handler, body):
        parts = urlsplit(handler.path)
        method, path = handler.command, parts.path
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self._lock:
            self.requests.append((method, path))
            spoilt = self.spoilt.get(f"{method} {path}") or self.spoilt.get("*")
            remaining = self.limit - len(self.requests)
        if spoilt:
            self._send_spoilt(handler, spoilt)
            return
        if path.startswith("/logs/"):
            if "Authorization" in handler.headers:
                self.violations.append(f"the token was sent to {path}")
            text = self._log(path.removeprefix("/logs/"), query.get("type"))
            self._send(handler, 200, text.encode(), {"Content-Type": "text/plain"})
            return
        if path.startswith("/sites/"):
            good = self._serves_well(path.removeprefix("/sites/"))
            self._send(handler, 200 if good else 500, b"hello" if good else b"broken", {})
            return
        headers = {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(max(remaining, 0)),
            "ratelimit-reset": str(int(time.time()) + 3600),
        }
        if handler.headers.get("Authorization") != f"Bearer {self.token}":
            answered = _problem(401, "unauthorized", "Unable to authenticate you")
        elif remaining < 0:
            answered = _problem(429, "too_many_requests", "API rate limit exceeded.")
        else:
            answered = self._carry_out(method, path.removeprefix("/v2/apps"), query, body)
        status, told = answered
        if _is_write(method, path) and status < 300:
            luck = self._random.random()
            if luck < self.lost:
                handler.close_connection = True
                return
            if luck < self.lost + self.errors:
                status, told = _problem(500, "server_error", "Unexpected server-side error")
        self._send(handler, status, b"" if told is None else json.dumps(told).encode(), headers)

    def _carry_out(self, method, path, query, body):
        delay = self.delay if _is_write(method, path) else 0
        time.sleep(delay)
        with self._lock:
            answered = self._route(method, path, query, body)
        time.sleep(delay)
        return answered

    def _send(self, handler, status, body, headers):
        with contextlib.suppress(ConnectionError):  # the client was killed meanwhile
            handler.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

    def _send_spoilt(self, handler, spoilt):
        status, body, headers = {
            "html": (200, b"<html><script>alert(1)</script>Sorry</html>", {}),
            "truncated": (200, b'{"apps": [{"id": "4f6c', {}),
            "wrong": (200, b'{"apps": {"id": 7}, "app": [], "deployments": 5}', {}),
            "huge": (200, b'{"apps": [' + b'"x",' * 8_000_000 + b'""]}', {}),
            "500": (500, b'{"id": "server_error", "message": "Unexpected"}', {}),
            "403": (403, b'{"id": "forbidden", "message": "You are not authorized"}', {}),
            "429": (429, b'{"id": "too_many_requests", "message": "Slow"}', {"Retry-After": "30"}),
        }[spoilt]
        self._send(handler, status, body, headers)

    def _route(self, method, path, query, body):
        what = "update" if method == "PUT" else path.rsplit("/", 1)[-1]
        what = "deploy" if what == "deployments" else what
        told = {} if method == "GET" else self._read_body(f"{method} {path}", what, body)
        if told is None:
            return _problem(400, "bad_request", "invalid request body")
        scope = "app:read" if method == "GET" or what == "propose" else "app:update"
        if scope not in self.scopes:
            return _problem(403, "forbidden", f"You are missing the required permission {scope}")
        general = {
            ("GET", ""): lambda: self._list_apps(query),
            ("GET", "/tiers/instance_sizes"): _sizes,
            ("POST", "/propose"): lambda: self._propose(told),
        }
        if action := general.get((method, path)):
            return action()
        app_id, _slash, rest = path.removeprefix("/").partition("/")
        app = self.apps.get(app_id)
        if app is None:
            return _problem(404, "not_found", "The resource you requested could not be found.")
        return self._route_app(app, method, rest, told, query)

    def _read_body(self, request, what, body):
        with contextlib.suppress(ValueError):
            told = json.loads(body)
            if isinstance(told, dict):
                if unknown := told.keys() - BODY_FIELDS.get(what, frozenset()):
                    self.violations.append(f"{request} has unknown fields {sorted(unknown)}")
                return told
        self.violations.append(f"{request} has no JSON object as its body")
        return None

    def _route_app(self, app, method, rest, told, query):
        actions = {
            ("GET", ""): lambda: (200, {"app": self._show_app(app)}),
            ("PUT", ""): lambda: self._update(app, told),
            ("GET", "deployments"): lambda: self._list_deployments(app, query),
            ("POST", "deployments"): lambda: self._deploy(app, "deploy"),
            ("POST", "restart"): lambda: self._deploy(app, "restart"),
            ("POST", "rollback/validate"): lambda: self._roll_back(app, told, only_check=True),
            ("POST", "rollback"): lambda: self._roll_back(app, told, only_check=False),
            ("POST", "rollback/commit"): lambda: self._settle(app, "commit"),
            ("POST", "rollback/revert"): lambda: self._settle(app, "revert"),
            ("GET", "alerts"): lambda: (200, {"alerts": []}),
        }
        if action := actions.get((method, rest)):
            return action()
        kind, _slash, rest = rest.partition("/")
        deployment_id, _slash, action = rest.partition("/")
        deployment = next((d for d in app["deployments"] if d["id"] == deployment_id), None)
        if kind != "deployments" or deployment is None:
            return _problem(404, "not_found", "The resource you requested could not be found.")
        return self._route_deployment(app, deployment, method, action, query)

    def _route_deployment(self, app, deployment, method, action, query):
        if method == "GET" and not action:
            return 200, {"deployment": self._show(app, deployment)}
        if method == "GET" and action == "logs":
            url = f"{self.url}/logs/{deployment['id']}?type={query.get('type')}"
            # The example of the description calls it so, its schema `historic_urls`.
            return 200, {"live_url": "", "url": url, "historic_logs": [url]}
        if method == "POST" and action == "cancel":
            if self._phase(app, deployment) not in UNDER_WAY:
                return _problem(400, "bad_request", "deployment can't be canceled")
            deployment["ended"] = "CANCELED"
            deployment["updated_at"] = self._now()
            self.writes.append(("cancel", app["id"], deployment["id"]))
            return 200, {"deployment": self._show(app, deployment)}
        return _problem(404, "not_found", "The resource you requested could not be found.")

    def _list_apps(self, query):
        return self._list("apps", [self._show_app(app) for app in self.apps.values()], query)

    def _list_deployments(self, app, query):
        fresh = _moment(self._now()) - timedelta(seconds=self.lag)
        shown = [self._show(app, each) for each in reversed(app["deployments"])]
        visible = [each for each in shown if _moment(each["created_at"]) <= fresh]
        return self._list("deployments", visible, query)

    def _list(self, name, items, query):
        page, per_page = int(query.get("page", 1)), int(query.get("per_page", 20))
        if not 1 <= per_page <= 200:
            self.violations.append(f"per_page is {per_page}")
        chosen = items[(page - 1) * per_page : page * per_page]
        told = {name: chosen, "meta": {"total": len(items)}}
        if len(items) > page * per_page:
            told["links"] = {"pages": {"next": f"{self.url}/v2/apps?page={page + 1}"}}
        return 200, told

    # --- what it does ---

    def _deploy(self, app, what):
        if app["pinned"]:
            return self._refuse_pinned()
        return 200, {"deployment": self._show(app, self._write(app, what, "manual"))}

    def _propose(self, told):
        problem = self._check_spec(told.get("spec"))
        if problem:
            return problem
        cost = sum(
            float(price) * component.get("instance_count", 1)
            for component in told["spec"].get("services", [])
            for slug, price, _memory in SIZES
            if slug == component.get("instance_size_slug")
        )
        return 200, {"app_name_available": True, "app_cost": cost, "spec": told["spec"]}

    def _update(self, app, told):
        problem = self._check_spec(told.get("spec"))
        if problem:
            return problem
        if app["pinned"]:
            return self._refuse_pinned()
        for name, value in _secrets(app["spec"]).items():
            if _secrets(told["spec"]).get(name) != value:
                self.violations.append(f"the secret {name} was not sent back unchanged")
        app["spec"] = copy.deepcopy(told["spec"])
        deployment = self._write(app, "update", "app spec updated")
        deployment["by_update"] = True
        return 200, {"app": self._show_app(app)}

    def _check_spec(self, spec):
        if not isinstance(spec, dict) or not NAME.fullmatch(spec.get("name", "")):
            return _problem(422, "unprocessable_entity", "spec.name is invalid")
        unknown = set(spec.keys() - SPEC_FIELDS)
        for component in _components(spec):
            unknown |= component.keys() - COMPONENT_FIELDS
            image = component.get("image", {})
            unknown |= image.keys() - IMAGE_FIELDS
            if "tag" in image and "digest" in image:
                return _problem(422, "unprocessable_entity", "specify either tag or digest")
            if "digest" in image and image.get("deploy_on_push"):
                return _problem(422, "unprocessable_entity", "deploy_on_push needs a tag")
        for variable in _variables(spec):
            unknown |= variable.keys() - VARIABLE_FIELDS
        if unknown:
            self.violations.append(f"the spec has unknown fields {sorted(unknown)}")
        return None

    def _roll_back(self, app, told, only_check):
        target = next((d for d in app["deployments"] if d["id"] == told.get("deployment_id")), None)
        if target is None:
            return _problem(404, "not_found", "The resource you requested could not be found.")
        succeeded = [
            d for d in app["deployments"] if self._phase(app, d) in {"ACTIVE", "SUPERSEDED"}
        ]
        error = None
        if app["pinned"]:
            error = ("app_pinned", "the app is pinned by a rollback")
        elif target not in succeeded:
            error = ("incompatible_result", "the deployment did not succeed")
        elif len(succeeded) - succeeded.index(target) - 1 > self.revision_limit:
            error = (
                "exceeded_revision_limit",
                "the deployment is past the maximum historical revision limit of"
                f' {self.revision_limit} for the "starter" app tier',
            )
        warnings = []
        if any("tag" in each.get("image", {}) for each in _components(target["spec"])):
            warnings = [
                {"code": "image_source_missing_digest", "message": "an image has no digest"}
            ]
        if only_check:
            told = {"valid": error is None, "warnings": warnings}
            if error:
                told["error"] = {"code": error[0], "message": error[1]}
            return 200, told
        if error:
            return _problem(400, "bad_request", error[1])
        app["before"], app["spec"] = app["spec"], copy.deepcopy(target["spec"])
        deployment = self._write(app, "rollback", "rollback", cloned_from=target["id"])
        if not told.get("skip_pin"):
            app["pinned"] = deployment["id"]
        return 200, {"deployment": self._show(app, deployment)}

    def _settle(self, app, what):
        if not app["pinned"]:
            return _problem(400, "bad_request", "the app has no rollback to settle")
        app["pinned"] = None
        if what == "commit":
            self.writes.append(("commit", app["id"], None))
            return 200, None
        app["spec"] = app["before"]
        return 200, {"deployment": self._show(app, self._write(app, "revert", "revert"))}

    def _refuse_pinned(self):
        return _problem(400, "bad_request", "the app is pinned: commit or revert the rollback")

    def _write(self, app, what, cause, cloned_from=""):
        deployment = self._create(app, cause, cloned_from)
        self.writes.append((what, app["id"], deployment["id"]))
        return deployment

    def _create(self, app, cause, cloned_from=""):
        for other in app["deployments"]:
            if self._phase(app, other) in UNDER_WAY:
                other["ended"] = "SUPERSEDED"
        now = self._now()
        deployment = {
            "id": str(uuid.uuid4()),
            "spec": copy.deepcopy(app["spec"]),
            "cause": cause,
            "cloned_from": cloned_from,
            "created_at": now,
            "updated_at": now,
            "begun": self._clock(),
            "ended": None,
            "fails_in": "BUILDING" if self.unbuildable & set(_digests(app["spec"])) else None,
            "commit": app["commits"],
            "by_update": False,
        }
        app["updated_at"] = now
        app["deployments"].append(deployment)
        return deployment

    # --- what it shows ---

    def _active(self, app):
        done = [d for d in app["deployments"] if self._raw_phase(app, d) == "ACTIVE"]
        return done[-1] if done else None

    def _phase(self, app, deployment):
        phase = self._raw_phase(app, deployment)
        if phase == "ACTIVE" and self._active(app) is not deployment:
            return "SUPERSEDED"
        return phase

    def _raw_phase(self, app, deployment):
        if deployment["ended"]:
            return deployment["ended"]
        phase = PHASES[self._phases_passed(deployment)]
        fails_in = deployment["fails_in"]
        if fails_in and PHASES.index(phase) > PHASES.index(fails_in):
            return "ERROR"
        return phase

    def _phases_passed(self, deployment):
        passed = (self._clock() - deployment["begun"]) / self.phase_seconds
        return min(int(passed), len(PHASES) - 1)

    def _show(self, app, deployment):
        phase = self._phase(app, deployment)
        reached = {"SUPERSEDED": 4, "ACTIVE": 4}.get(phase)
        if reached is None:
            reached = self._phases_passed(deployment)
            if phase == "ERROR":
                reached = PHASES.index(deployment["fails_in"])
        built = "SUCCESS" if reached > 1 else "RUNNING" if reached == 1 else "PENDING"
        deployed = "SUCCESS" if reached > 3 else "RUNNING" if reached == 3 else "PENDING"
        if phase == "ERROR":
            built, deployed = ("ERROR", "PENDING") if reached <= 1 else ("SUCCESS", "ERROR")
        names = [component["name"] for component in _components(deployment["spec"])]
        steps = [
            {
                "name": kind,
                "status": status,
                "steps": [
                    {
                        "name": name,
                        "component_name": name,
                        "message_base": message,
                        "status": status,
                        **({"started_at": deployment["created_at"]} if reached else {}),
                        **(
                            {"reason": {"code": "BuildFailed", "message": "the command failed"}}
                            if status == "ERROR"
                            else {}
                        ),
                    }
                    for name in names
                ],
            }
            for kind, message, status in (
                ("build", "Building service", built),
                ("deploy", "Deploying service", deployed),
            )
        ]
        shown = {
            name: deployment[name]
            for name in ("id", "spec", "cause", "cloned_from", "created_at", "updated_at")
        }
        services = [
            {"name": name, "source_commit_hash": deployment["commit"]}
            for name in names
            if not any("image" in each for each in _components(deployment["spec"]))
        ]
        return {
            **shown,
            "phase": phase,
            "phase_last_updated_at": deployment["updated_at"],
            "tier_slug": "basic",
            "services": services or [{"name": name} for name in names],
            "progress": {"total_steps": 2 * len(names), "steps": steps, "summary_steps": []},
        }

    def _show_app(self, app):
        newest = app["deployments"][-1]
        phase = self._phase(app, newest)
        shown = {name: app[name] for name in ("id", "spec", "created_at", "updated_at")}
        shown |= {
            "default_ingress": f"https://{app['spec']['name']}-abcde.ondigitalocean.app",
            "live_url": f"https://{app['spec']['name']}-abcde.ondigitalocean.app",
            "region": {"slug": app["spec"].get("region", "")},
            "tier_slug": "basic",
            "domains": [],
        }
        if active := self._active(app):
            shown["active_deployment"] = self._show(app, active)
        if phase in UNDER_WAY:
            name = "pending_deployment" if phase.startswith("PENDING") else "in_progress_deployment"
            shown[name] = self._show(app, newest)
        pinned = next((d for d in app["deployments"] if d["id"] == app["pinned"]), None)
        if pinned:
            shown["pinned_deployment"] = self._show(app, pinned)
        return shown

    def _clock(self):
        return _real_time(time.CLOCK_MONOTONIC) + self._ahead

    def _now(self):
        now = datetime.fromtimestamp(_real_time(time.CLOCK_REALTIME), UTC)
        return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _is_write(method, path):
    return method != "GET" and not path.endswith(("/propose", "/validate"))


def _real_time(clock):
    # Tests that set the clock of ours don't set that of others.
    return time.clock_gettime(clock)


def _moment(text):
    return datetime.fromisoformat(text)


def _digests(spec):
    return [component.get("image", {}).get("digest") for component in _components(spec)]


def _components(spec):
    return [component for kind in COMPONENTS for component in spec.get(kind, [])]


def _variables(spec):
    return [
        variable for holder in (spec, *_components(spec)) for variable in holder.get("envs", [])
    ]


def _secrets(spec):
    """Return the values that the API tells encrypted only, by where they are."""
    found = {
        (holder["name"], variable["key"]): variable.get("value")
        for holder in (spec, *_components(spec))
        for variable in holder.get("envs", [])
        if variable.get("type") == "SECRET"
    }
    found |= {
        (component["name"], "registry_credentials"): component["image"]["registry_credentials"]
        for component in _components(spec)
        if "registry_credentials" in component.get("image", {})
    }
    return found


def _marker(spec):
    return next((v.get("value") for v in spec.get("envs", []) if v["key"] == MARKER), None)


def _sizes():
    sizes = [
        {
            "slug": slug,
            "name": slug,
            "cpu_type": "SHARED",
            "cpus": "1",
            "memory_bytes": str(memory * 2**20),
            "usd_per_month": price,
            "usd_per_second": "0.000002",
        }
        for slug, price, memory in SIZES
    ]
    return 200, {"instance_sizes": sizes}


def _problem(status, code, message):
    return status, {"id": code, "message": message, "request_id": str(uuid.uuid4())}
