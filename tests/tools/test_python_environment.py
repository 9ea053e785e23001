"""Virtual environments from lock files: made once, made anew for a new lock, hashes checked."""

import base64
import hashlib
import zipfile

import pytest

ENSURE = """
import pathlib, subprocess, sys
import failure, python_environment

def main():
    locks = [pathlib.Path(name) for name in sys.argv[1:]]
    python = python_environment.ensure("venv", locks) / "python"
    print(subprocess.run([python, "-c", "import gift; print(gift.VERSION)"],
          capture_output=True, text=True).stdout)

failure.report(main)
"""


@pytest.fixture
def lock_file(tmp_path):
    """Return ``lock_file(version)``: writes a package and the lock file that names it."""

    def write(version, digest=None):
        wheel = tmp_path / f"gift-{version}-py3-none-any.whl"
        files = {
            "gift.py": f"VERSION = {version!r}\n",
            f"gift-{version}.dist-info/METADATA": (
                f"Metadata-Version: 2.1\nName: gift\nVersion: {version}\n"
            ),
            f"gift-{version}.dist-info/WHEEL": (
                "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            ),
        }
        with zipfile.ZipFile(wheel, "w") as archive:
            record = ""
            for name, content in files.items():
                archive.writestr(name, content)
                value = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())
                record += f"{name},sha256={value.decode().rstrip('=')},{len(content)}\n"
            archive.writestr(f"gift-{version}.dist-info/RECORD", record)
        digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        lock = tmp_path / "requirements.txt"
        lock.write_text(f"gift=={version} --hash=sha256:{digest}\n")
        return lock

    return write


@pytest.fixture
def ensure(checkout, tmp_path):
    def run(*locks):
        # pip's own configuration, to take packages from nowhere but the folder.
        return checkout.run(
            checkout.script(ENSURE),
            *map(str, locks),
            PIP_NO_INDEX="1",
            PIP_FIND_LINKS=str(tmp_path),
            PIP_CONFIG_FILE="/dev/null",
        )

    return run


def test_installs_once_and_follows_the_lock(ensure, lock_file, one_line, tmp_path):
    lock = lock_file("1.0", digest="0" * 64)
    one_line(ensure(lock), "install the Python packages", "hash")
    lock = lock_file("1.0")
    wheel = tmp_path / "gift-1.0-py3-none-any.whl"
    wheel.rename(tmp_path / "away")
    one_line(ensure(lock), "gift==1.0", "check the network")
    (tmp_path / "away").rename(wheel)
    assert ensure(lock).stdout.endswith("\n1.0\n\n")
    assert ensure(lock).stdout == "1.0\n\n", "a second time there is nothing to do"
    changed = ensure(lock_file("2.0"))
    assert "Making the Python environment" in changed.stdout
    assert changed.stdout.endswith("\n2.0\n\n")
