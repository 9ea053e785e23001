"""`make clean` removes what the tools made, and asks first."""

import pytest


@pytest.fixture
def used_checkout(checkout, tmp_path):
    elsewhere = tmp_path / "cluster"
    elsewhere.mkdir()
    checkout.local.mkdir()
    (checkout.local / "postgresql").symlink_to(elsewhere)
    return checkout, elsewhere


def test_asks(used_checkout, one_line):
    checkout, elsewhere = used_checkout
    one_line(checkout.run("clean.py"), "make clean YES=1")
    assert checkout.local.exists()
    assert elsewhere.exists()


def test_removes(used_checkout):
    checkout, elsewhere = used_checkout
    assert checkout.run("clean.py", YES="1").returncode == 0
    assert not checkout.local.exists()
    assert not elsewhere.exists()
    assert "nothing to remove" in checkout.run("clean.py").stdout
