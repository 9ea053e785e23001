"""Processes that are known by a locked file: found when they live, never confused with others."""

import subprocess
import time

import pytest

START = """
import sys
from service import Service
service = Service("sleeper")
service.start(["sleep", "300"], {})
print(service.process.pid)
"""
STOP = """
from service import Service
print(Service("sleeper").stop())
"""
CLAIM = """
import time
from service import Service
service = Service("claimed")
print(service.claim(), flush=True)
time.sleep(300)
"""


def alive(pid: int) -> bool:
    return subprocess.run(["ps", "-p", str(pid)], capture_output=True, check=False).returncode == 0


@pytest.fixture
def foreign_process():
    process = subprocess.Popen(["sleep", "300"])
    yield process
    process.kill()
    process.wait()


def test_outlives_its_starter_and_is_found_and_stopped(checkout):
    pid = int(checkout.run(checkout.script(START)).stdout)
    assert alive(pid)
    second = checkout.run(checkout.script(START))
    assert "sleeper runs already" in second.stderr
    assert checkout.run(checkout.script(STOP)).stdout == "True\n"
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)
    assert checkout.run(checkout.script(STOP)).stdout == "False\n"


def test_pid_of_another_process_is_left_alone(checkout, foreign_process):
    """A pid file that outlived a crash may hold a number that somebody else has by now."""
    pid_file = checkout.local / "run" / "sleeper.pid"
    pid_file.parent.mkdir(parents=True)
    pid_file.write_text(str(foreign_process.pid))
    assert checkout.run(checkout.script(STOP)).stdout == "False\n"
    assert foreign_process.poll() is None


def test_claimed_once(checkout):
    script = checkout.script(CLAIM)
    first = subprocess.Popen(**checkout.command(script), stdout=subprocess.PIPE)
    try:
        assert first.stdout.readline() == "True\n"
        second = subprocess.Popen(**checkout.command(script), stdout=subprocess.PIPE)
        assert second.stdout.readline() == "False\n"
        second.kill()
        second.wait()
    finally:
        first.kill()
        first.wait()
    third = subprocess.Popen(**checkout.command(script), stdout=subprocess.PIPE)
    assert third.stdout.readline() == "True\n"
    third.kill()
    third.wait()
