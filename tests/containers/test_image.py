"""What is in the image, and what is not."""

import json
import re
import subprocess
from pathlib import PurePosixPath

import pytest

from .console import ROOT

# Prints what Odoo says about a configuration while it reads it, through warnings or its log.
PARSE = """
import logging, warnings
logging.basicConfig(level=logging.INFO)
logging.captureWarnings(True)
warnings.simplefilter("always")
from odoo.tools import config
config.parse_config([], setup_logging=False)
print(config["dbfilter"], config["addons_path"], config["data_dir"])
"""


@pytest.fixture(scope="module")
def expected_files():
    """The files of the repository that belong into the image."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--",
         "addons", "deploy/bin"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    paths = [PurePosixPath(name) for name in listed.split("\0") if (ROOT / name).is_file()]
    return {
        str(path.relative_to("deploy") if path.parts[0] == "deploy" else path)
        for path in paths
        if "tests" not in path.parts[2:4]
    }


def test_files_are_exactly_those_of_the_repository(console, expected_files):
    listed, _log = console.run("find", "/opt/ops", "-not", "-type", "d", "-printf", "%P\\n")
    files = {name for name in listed.splitlines() if not name.startswith("python/")}
    assert files == expected_files


def test_packages_are_exactly_the_locked_ones(console):
    lock = (ROOT / "requirements.txt").read_text()
    # A line that goes on with a marker is for another system.
    locked = {
        (name.lower(), version)
        for name, version in re.findall(r"^(\S+)==(\S+) \\$", lock, re.MULTILINE)
    }
    listed, _log = console.run("pip3", "list", "--path=/opt/ops/python", "--format=json")
    installed = {(package["name"].lower(), package["version"]) for package in json.loads(listed)}
    assert installed == locked


def test_nothing_of_ours_can_be_written_by_the_user(console):
    writable, _log = console.run("find", "/opt/ops", "/etc/odoo", "-writable")
    assert writable == ""


def test_user_is_a_number_and_not_root(console):
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", console.inspect()["Config"]["User"])


def test_image_says_what_it_is_and_how_it_is(console):
    configuration = console.inspect()["Config"]
    assert configuration["Labels"]["org.opencontainers.image.revision"] == console.release
    assert f"OPS_CENTER_RELEASE={console.release}" in configuration["Env"]
    assert configuration["StopSignal"] == "SIGTERM"
    assert configuration["Healthcheck"]["Test"][-1].endswith("/ops/ready")


def test_image_holds_no_secret(console, canary):
    image = json.dumps(console.inspect()) + console.history()
    assert canary not in image
    assert not re.search(r"PASSWORD|TOKEN|KEY=|\bPORT=", image, re.IGNORECASE)
    places = ("/etc", "/opt", "/root", "/run", "/srv", "/tmp", "/var")  # noqa: S108
    search = 'grep --recursive --files-with-matches "$@" 2>/dev/null || true'
    found, _log = console.run("sh", "-c", search, "search", canary, *places)
    assert found == ""
    left, _log = console.run("find", "/var/lib/ops-center", "-type", "f")
    assert left == ""


def test_odoo_knows_every_option_of_the_configuration(console):
    answer, log = console.run("python3", "-c", PARSE)
    assert answer.split() == ["^ops_center$", "['/opt/ops/addons']", "/var/lib/ops-center/data"]
    assert log == ""


def test_an_unknown_option_would_be_noticed(console):
    content = "printf '[options]\\ndb_filter = x\\n' >/tmp/odoo.conf && python3 -c \"$0\""
    _answer, log = console.run("sh", "-c", content, PARSE, ODOO_RC="/tmp/odoo.conf")  # noqa: S108
    assert "unknown option" in log
