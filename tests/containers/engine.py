"""The container engine that the tests talk to."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import debian_packages
import failure
import system_packages
from service import Service

# Outside the checkout, so that another clone finds the images too.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "ops-center", "containers")
# Static programs, which run on any Debian; older ones lack the packages.
PLUGINS = {"docker-compose": "sid", "docker-buildx": "sid"}
# What a run leaves behind that is killed: how to list it, and how to remove it.
LEFTOVERS = (
    (("container", "ls", "--all"), ("container", "rm", "--force")),
    (("volume", "ls"), ("volume", "rm")),
    (("network", "ls", "--filter=type=custom"), ("network", "rm")),
    (("image", "ls", "--filter=reference=ops-center"), ("image", "rm", "--force")),
    (("image", "ls", "--filter=dangling=true"), ("image", "rm")),
)
PLUGINS_FOLDER = Path("usr/libexec/docker/cli-plugins")
PURPOSE = "test the containers"
OTHERWISE = "start a Docker engine with the compose plugin"
# Bytes that the images take, with those of our own and a margin.
SPACE = 8e9


def answers() -> bool:
    """Tell whether an engine runs and lets us in."""
    return bool(shutil.which("docker")) and _succeeds("docker", "info")


def has_plugins() -> bool:
    """Tell whether the engine's command line can compose and build."""
    return _succeeds("docker", "compose", "version") and _succeeds("docker", "buildx", "version")


@contextlib.contextmanager
def private() -> Iterator[None]:
    """Run an engine for the block that touches no other, and point the environment to it.

    :raise failure.Failure: when it cannot be had
    """
    _install()
    service = Service("container-engine")
    # Known to every clone, because they share the data: one that was killed may have left it.
    service.pid_file = CACHE / "engine.pid"
    service.stop(patience=60)
    # The path of a socket must be short. The engine's helpers end a moment after it does, and may
    # still write there while the folder is removed.
    with tempfile.TemporaryDirectory(
        prefix="ops-center-engine-", ignore_cleanup_errors=True
    ) as state:
        os.environ["DOCKER_HOST"] = f"unix://{state}/docker.sock"
        print("Starting a private container engine", flush=True)
        service.start(
            [
                "dockerd",
                f"--host={os.environ['DOCKER_HOST']}",
                f"--data-root={CACHE / 'data'}",
                f"--exec-root={state}/exec",
                f"--pidfile={state}/pid",
                # Its own default is more than a machine may allow that is a container itself.
                "--default-ulimit=nofile=1024:1024",
            ],
            {},
        )
        try:
            _wait_for(service)
            _remove_leftovers()
            yield
        finally:
            service.stop(patience=60)


def _install() -> None:
    if os.geteuid():
        raise failure.Failure(
            f"no container engine answers, and starting one needs root: {OTHERWISE}, or run "
            "`sudo make containers-test`."
        )
    if not shutil.which("dockerd"):
        system_packages.install("docker.io", PURPOSE)
    CACHE.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(CACHE).free) < SPACE and not (CACHE / "data").exists():
        raise failure.Failure(
            f"{CACHE} has {free / 1e9:.1f} GB free, the images need {SPACE / 1e9:.0f} GB: free "
            "some space, or name another folder by XDG_CACHE_HOME."
        )
    if has_plugins():
        return
    plugins = CACHE / "cli-plugins"
    if not plugins.exists():
        if not debian_packages.usable():
            raise failure.Failure(f"Docker's compose plugin is missing: {OTHERWISE}.")
        print("Downloading Docker's plugins", flush=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            unpacked = Path(work, "unpacked")
            debian_packages.unpack(PLUGINS, unpacked, "Docker's plugins", OTHERWISE)
            (unpacked / PLUGINS_FOLDER).rename(plugins)
    os.environ["DOCKER_CONFIG"] = str(CACHE)


def _wait_for(service: Service) -> None:
    deadline = time.monotonic() + 60
    while not answers():
        if service.died() or time.monotonic() > deadline:
            reason = failure.last_line(service.log, ("failed to start", "level=fatal"))
            raise failure.Failure(
                f"the container engine does not start ({reason}): {OTHERWISE}, or run this where "
                f"containers may be started. All it said: {service.log}"
            )
        time.sleep(0.2)


def _remove_leftovers() -> None:
    """Remove all but images: nobody else uses this engine, and it starts old containers again."""
    for listing, removal in LEFTOVERS:
        found = subprocess.run(
            ["docker", *listing, "--quiet"], capture_output=True, text=True, check=True
        ).stdout.split()
        if found:
            subprocess.run(["docker", *removal, *found], capture_output=True, check=True)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
