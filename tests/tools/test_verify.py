"""`make verify` says of each step whether it passes, fails, or does not exist yet."""

SERVER = """
import sys
PAGES = {"/web/health": b'{"status": "pass"}', "/ops/ready": b'{"status": "fail"}'}

def fetch(address):
    return next(body for page, body in PAGES.items() if address.endswith(page))
"""


def test_each_step_has_its_verdict(checkout):
    tools = checkout.folder / "tools"
    (tools / "lint.py").write_text("")
    (tools / "test.py").write_text("raise SystemExit(3)")
    (tools / "server.py").write_text(SERVER)
    result = checkout.run("verify.py")
    assert result.returncode == 1, result.stderr
    build, lint, tests, security, local_run, workflow = result.stdout.splitlines()[-6:]
    assert "not yet: there is no image" in build
    assert lint.endswith("pass")
    assert "FAIL" in tests
    assert "code 3" in tests
    assert "not yet" in security
    assert "FAIL: /ops/ready says fail" in local_run
    assert "not yet: needs a push" in workflow
