"""Ports, rights, disk and network: one clear line with the remedy each, never a traceback."""

import os
import shutil
import socket
import subprocess

import pytest

WRITE = """
import failure, layout
failure.report(lambda: layout.LOCAL.mkdir())
"""
FILL = """
import failure
failure.report(lambda: open("/dev/full", "w", buffering=1).write("x\\n"))
"""
FILL_IN_A_PROGRAM = """
import command, failure
arguments = ["dd", "if=/dev/zero", "of=/dev/full", "count=1"]
failure.report(lambda: command.run(arguments, "fill the disk", "check the network"))
"""
DOWNLOAD = """
import pathlib
import debian_archive, failure
failure.report(lambda: debian_archive.unpack(pathlib.Path("unpacked")))
"""
INSTALL = """
import failure, system_packages
failure.report(lambda: system_packages.install("chromium", "test in a browser"))
"""


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_port_in_use(checkout, one_line, taken_port):
    result = checkout.run("server.py", "run", HTTP_PORT=str(taken_port))
    one_line(result, f"port {taken_port} is in use", f"HTTP_PORT={taken_port + 1}")


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_no_port(checkout, one_line, port):
    one_line(checkout.run("server.py", "run", HTTP_PORT=port), f"HTTP_PORT={port} is no port")


@pytest.mark.parametrize("name", ["a b", "-x", "a;drop", "x" * 64])
def test_no_database_name(checkout, one_line, name):
    one_line(checkout.run("server.py", "run", DB_NAME=name), f"DB_NAME={name} is no name")


def test_no_right_to_write(checkout, one_line):
    command = checkout.command(checkout.script(WRITE))
    checkout.folder.chmod(0o555)
    if not os.geteuid():
        # What lets root write wherever it likes.
        powers = "-dac_override,-dac_read_search"
        command["args"] = ["setpriv", f"--bounding-set={powers}", *command["args"]]
    result = subprocess.run(**command, capture_output=True, check=False)
    one_line(result, str(checkout.local), "no right", "chown")


@pytest.mark.parametrize("script", [FILL, FILL_IN_A_PROGRAM])
def test_disk_full(checkout, one_line, script):
    one_line(checkout.run(checkout.script(script)), "disk is full", "free some space")


def test_no_network(checkout, one_line, tmp_path):
    """A mirror at a port where nobody answers, named by an apt configuration of the test's own."""
    if not shutil.which("apt-get"):
        pytest.skip("no apt")
    (tmp_path / "sources.list").write_text("deb http://127.0.0.1:9/debian stable main\n")
    (tmp_path / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{tmp_path}/sources.list";\n'
        'Dir::Etc::SourceParts "/dev/null";\nAcquire::Retries "0";\n'
    )
    result = checkout.run(checkout.script(DOWNLOAD), APT_CONFIG=str(tmp_path / "apt.conf"))
    one_line(result, "http://127.0.0.1:9/debian", "check the network", "ODOO_HOME")


def test_package_missing_without_debian(checkout, one_line, tmp_path):
    result = checkout.run(checkout.script(INSTALL), PATH=str(tmp_path))
    one_line(result, "chromium is needed to test in a browser", "install it")
