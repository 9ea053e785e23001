"""A thousand addresses on loopback, answered by nginx because that costs next to nothing."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

from tests.harness.processes import free_ports, wait_until

PORTS = 20
ADDRESSES = 1000
WORD = "all is well"
PAGE = f"<html><body>{WORD}{'.' * 2000}</body></html>"


@contextmanager
def web_farm(nginx, folder, certificate=None):
    """Yield the addresses while the server runs.

    :param nginx: path of the program
    :param folder: for its configuration and what it writes
    :param certificate: path of a PEM file with key and certificate; without it, http
    """
    ports = free_ports(PORTS)
    configuration = folder / "nginx.conf"
    configuration.write_text(_configuration(folder, ports, certificate))
    command = [nginx, "-p", folder, "-c", configuration, "-e", folder / "error.log"]
    server = subprocess.Popen(command)
    try:
        wait_until((folder / "nginx.pid").exists, 10, "the start of nginx")
        scheme = "https" if certificate else "http"
        yield [
            f"{scheme}://127.0.0.1:{ports[number % PORTS]}/{number}" for number in range(ADDRESSES)
        ]
    finally:
        server.terminate()
        server.wait(10)


def _configuration(folder: Path, ports, certificate):
    tls = " ssl" if certificate else ""
    listen = "\n".join(f"    listen 127.0.0.1:{port}{tls} backlog=4096;" for port in ports)
    keys = f"    ssl_certificate {certificate};\n    ssl_certificate_key {certificate};"
    temporary = "\n".join(
        f"  {kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
daemon off;
pid {folder}/nginx.pid;
worker_processes 1;
events {{ worker_connections 8192; }}
http {{
{temporary}
  access_log off;
  server {{
{listen}
{keys if certificate else ""}
    ssl_session_tickets off;
    default_type text/html;
    return 200 "{PAGE}";
  }}
}}
"""
