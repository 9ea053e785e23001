"""Which Odoo is used, and what is said about one that cannot be."""

import hashlib
import http.server
import io
import tarfile
import threading

import pytest

FIND = """
import failure, odoo_source

def main():
    odoo = odoo_source.find()
    print(odoo.version, *odoo.addons, sep="\\n")

failure.report(main)
"""
NIGHTLY = """
import pathlib, sys
import failure, nightly_archive
nightly_archive.ADDRESS, nightly_archive.SHA1 = sys.argv[1:]
failure.report(lambda: nightly_archive.unpack(pathlib.Path("unpacked")))
"""


@pytest.fixture
def source_tree(tmp_path):
    """Return ``source_tree(series)``: the least that counts as Odoo."""

    def make(series):
        home = tmp_path / "odoo-tree"
        (home / "odoo").mkdir(parents=True)
        (home / "odoo" / "release.py").write_text(f"series = version = {series!r}\n")
        return home

    return make


@pytest.fixture
def serve():
    """Return ``serve(content)``: an address that answers with it."""
    servers = []

    def start(content):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments):
                """Say nothing."""

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/odoo.deb"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def debian_package(name, content):
    """Return a package with one file: an ``ar`` archive with a compressed tar in it."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    archive = b"!<arch>\n"
    members = (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), ("data.tar.xz", data))
    for member, body in members:
        raw = body if isinstance(body, bytes) else body.getvalue()
        archive += f"{member:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(raw):<10}`\n".encode()
        archive += raw + b"\n" * (len(raw) % 2)
    return archive


def test_named_tree(checkout, source_tree):
    home = source_tree("19.0")
    found = checkout.run(checkout.script(FIND), ODOO_HOME=str(home))
    assert found.stdout.splitlines() == ["19.0", str(home / "odoo" / "addons")], found.stderr


def test_named_tree_with_addons_beside_it(checkout, source_tree):
    home = source_tree("19.0")
    (home / "addons" / "web" / "static").mkdir(parents=True)
    found = checkout.run(checkout.script(FIND), ODOO_HOME=str(home))
    assert found.stdout.splitlines()[1:] == [str(home / "odoo" / "addons"), str(home / "addons")]


def test_importable(checkout, source_tree):
    home = source_tree("19.0")
    found = checkout.run(checkout.script(FIND), PYTHONPATH=str(home))
    assert found.stdout.splitlines() == ["19.0", str(home / "odoo" / "addons")], found.stderr


def test_named_tree_of_another_series(checkout, one_line, source_tree):
    result = checkout.run(checkout.script(FIND), ODOO_HOME=str(source_tree("18.0")))
    one_line(result, "holds Odoo 18.0", "name a source tree of Odoo 19.0")


def test_named_folder_without_odoo(checkout, one_line, tmp_path):
    result = checkout.run(checkout.script(FIND), ODOO_HOME=str(tmp_path))
    one_line(result, "holds no Odoo", "odoo/release.py")


def test_nightly_build(checkout, serve):
    package = debian_package("usr/lib/odoo.txt", b"here")
    digest = hashlib.sha1(package, usedforsecurity=False).hexdigest()
    result = checkout.run(checkout.script(NIGHTLY), serve(package), digest)
    assert result.returncode == 0, result.stderr
    assert (checkout.folder / "unpacked/usr/lib/odoo.txt").read_bytes() == b"here"


def test_nightly_build_that_was_replaced(checkout, one_line, serve):
    result = checkout.run(checkout.script(NIGHTLY), serve(b"something else"), "0" * 40)
    one_line(result, "is not the build that was pinned", "ODOO_HOME")
    assert not (checkout.folder / "unpacked").exists()


def test_nightly_build_out_of_reach(checkout, one_line):
    result = checkout.run(checkout.script(NIGHTLY), "http://127.0.0.1:9/odoo.deb", "0" * 40)
    one_line(result, "cannot download", "check the network", "ODOO_HOME")
