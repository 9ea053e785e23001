"""Lock files pin by hash and name no place that packages come from."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path.name for path in ROOT.glob("requirements*.in"))
ADDRESS = re.compile(r"https?://|file:|--index-url|--extra-index-url|--find-links|(^|\s)/")


def requirements(name):
    """Return the requirements of a lock file, each with its hashes, comments left out."""
    text = re.sub(r"\s#.*$|^#.*$", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("source", SOURCES)
def test_python_packages(source):
    lock = Path(source).with_suffix(".txt").name
    locked = requirements(lock)
    assert locked
    for line in locked:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+ ", line.strip()), line
        assert "--hash=sha256:" in line, line
        assert not ADDRESS.search(line), line
    names = {re.split(r"[=\[]", line.strip())[0].lower().replace("_", "-") for line in locked}
    for wanted in (ROOT / source).read_text().splitlines():
        if wanted and not wanted.startswith(("#", "-c ")):
            assert re.split(r"[<>=\[ ]", wanted)[0].lower() in names, wanted


def test_node_packages():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert len(packages) > 1
    for path, package in packages.items():
        assert "resolved" not in package, path
        assert not path or package["integrity"].startswith("sha512-"), path
