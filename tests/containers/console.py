"""A console that `docker compose` runs, and a browser's way into it."""

import http.cookiejar
import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OVERRIDE = Path(__file__).with_name("compose.yaml")


class Console:
    """One project of `docker compose`.

    :param project: its name, which its containers and volumes carry
    :param release: the revision that its image says it is made of
    :param environment: the variables for `docker compose`
    """

    def __init__(self, project: str, release: str, environment: dict[str, str]):
        self.project = project
        self.release = release
        self.image = f"ops-center:{release}"
        self._environment = environment

    # === THE ENGINE'S SIDE === #

    def start(self) -> None:
        """Build and start everything as the README says, and wait until all is healthy."""
        started = self._compose("up", "--wait", "--quiet-pull", check=False)
        if started.returncode:
            raise AssertionError(f"{started.stderr[-2000:]}\n{self.logs()[-6000:]}")

    def remove(self) -> None:
        """Remove every trace of it."""
        self._compose("down", "--volumes", "--remove-orphans", "--timeout=60", check=False)
        self._docker("image", "rm", self.image, check=False)

    def recreate(self, service: str) -> None:
        """Replace the container of a service by a new one, as an update does."""
        self._compose("up", "--wait", "--no-deps", "--force-recreate", service)

    def execute(self, service: str, *command: str, user: str | None = None, stdin: str = "") -> str:
        """Return what a command says inside a running container."""
        as_user = [f"--user={user}"] if user else []
        return self._compose("exec", "-T", *as_user, service, *command, stdin=stdin).stdout

    def run(self, *command: str, stdin: str = "", **environment: str) -> tuple[str, str]:
        """Return what a command says in a container of its own, without network and volumes."""
        variables = [f"--env={name}={value}" for name, value in environment.items()]
        done = self._docker(
            "run", "--rm", "--interactive", "--network=none", *variables, self.image, *command,
            stdin=stdin,
        )  # fmt: skip
        return done.stdout, done.stderr

    def inspect(self) -> dict:
        """Return what the engine knows about the image."""
        return json.loads(self._docker("image", "inspect", self.image).stdout)[0]

    def history(self) -> str:
        """Return the commands that made the image."""
        return self._docker("history", "--no-trunc", self.image).stdout

    def containers(self) -> dict[str, dict]:
        """Return the state of each service."""
        listed = self._compose("ps", "--all", "--format=json").stdout
        return {state["Service"]: state for state in map(json.loads, listed.splitlines())}

    def logs(self, *services: str) -> str:
        """Return what the services have said so far."""
        return self._compose("logs", "--no-color", *services, check=False).stdout

    def _compose(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        files = [f"--file={ROOT / 'docker-compose.yml'}", f"--file={OVERRIDE}"]
        return self._docker(
            "compose", *files, f"--project-name={self.project}", *arguments, **options
        )

    def _docker(self, *arguments: str, stdin: str = "", check: bool = True):
        done = subprocess.run(
            ["docker", *arguments],
            cwd=ROOT,
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"docker {' '.join(arguments)}: {done.stderr}\n{done.stdout}")
        return done

    # === THE BROWSER'S SIDE === #

    @property
    def url(self) -> str:
        """The address on this machine."""
        return f"http://{self._compose('port', 'odoo', '8069').stdout.strip()}"

    def log_in(self, login: str, password: str) -> "Session":
        """Log in by the form of the login page."""
        session = Session(self.url)
        page = session.open("/web/login")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        form = {"csrf_token": token, "login": login, "password": password}
        session.open("/web/login", urllib.parse.urlencode(form).encode())
        return session

    def ask(self, path: str) -> tuple[int, dict]:
        """Return status and content of an answer in JSON, whatever the status."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)


class Session:
    """Somebody's browser: keeps cookies."""

    def __init__(self, url: str):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def open(self, path: str, body: bytes | None = None, content_type: str | None = None) -> str:
        """Return the content of a page, redirections followed."""
        request = urllib.request.Request(f"{self.url}{path}", body)  # noqa: S310 - ours
        if content_type:
            request.add_header("Content-Type", content_type)
        with self._opener.open(request, timeout=60) as answer:
            return answer.read().decode()

    def call(self, model: str, method: str, *args, **kwargs):
        """Call a method of a model as the web client does, and return its result."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        answer = json.loads(self.open("/web/dataset/call_kw", body, "application/json"))
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["result"]


def wait_until(condition, seconds: float):
    """Return what ``condition`` returns as soon as that is true, or its last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return answer
