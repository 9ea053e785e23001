"""A configuration that can't be used is refused in one line that says what to mend."""

import json
from dataclasses import replace

import pytest
from probes import Target
from probes.address_policy import AddressPolicy
from probes.http_expectation import HttpExpectation
from probes.http_request import HttpRequest
from probes.json_condition import JsonCondition
from probes.sentinel import checks
from probes.sentinel.configuration import Timing, parse
from probes.sentinel.secrets import Secrets
from probes.sentinel.section import ConfigurationError

LEAST = {"format": 2, "name": "shop.example.com", "odoo": {"url": "https://shop.example.com/"}}
EMAIL = {
    "host": "mail.example.com",
    "encryption": "starttls",
    "sender": "odoo@example.com",
    "recipients": ["ann@example.com"],
}
CHECK = {"name": "Shop", "kind": "http", "url": "https://shop.example.com/"}


def read(**values):
    return parse(json.dumps({**LEAST, **values}))


def test_the_least():
    configuration = read()
    assert configuration.odoo_url == "https://shop.example.com"
    assert configuration.timing == Timing()
    assert (configuration.email, configuration.webhooks, configuration.checks) == (None, (), ())
    assert (configuration.postgresql, configuration.heartbeat) == ("", "")


def test_everything():
    configuration = read(
        odoo={"url": "http://[::1]:8069", "database": "shop"},
        heartbeat="/ops/ping/x",
        postgresql={"host": "::1", "port": 5433},
        checks=[{**CHECK, "timeout": 3, "verify": False, "networks": ["10.0.0.0/8"]}],
        email=EMAIL,
        webhooks=[{"url": "https://chat.example.com/x", "signed": True}],
        timing={"interval": 1, "failures": 2},
    )
    assert configuration.database == "shop"
    assert configuration.postgresql == "tcp://[::1]:5433"
    [check] = configuration.checks
    assert (check.key, check.timeout, check.verify) == ("Shop", 3, False)
    assert check.allow("10.1.1.1")
    assert not check.allow("192.168.1.1")
    assert (configuration.email.port, configuration.email.user) == (25, "")
    assert configuration.webhooks[0].signed
    assert configuration.timing == Timing(interval=1, failures=2)


def test_a_check_arrives_as_it_left():
    target = Target(
        key="Shop",
        kind="http",
        url="https://shop.example.com/",
        expected_status="204",
        body_contains="x",
        timeout=3,
        family="ipv6",
        verify=False,
        max_latency_ms=500,
        request=HttpRequest(
            method="POST",
            headers={"Accept": "text/html"},
            body="y",
            redirects="any",
            proxy="http://proxy.example.com:3128",
            authorities="PEM",
        ),
        expectation=HttpExpectation(
            headers=(("Server", "nginx"),),
            body_excludes="z",
            body_pattern="a+",
            json=(JsonCondition.parse("$.a == 1"),),
            min_size=1,
            max_size=100,
        ),
    )
    [arrived] = read(checks=[checks.write("Shop", ("10.0.0.0/8",), target)]).checks
    assert arrived == replace(target, allow=AddressPolicy(("10.0.0.0/8",)))


def test_the_least_of_a_check_arrives_as_it_left():
    target = Target(key="Mail", kind="tls", url="tls://mail.example.com:465", allow=AddressPolicy())
    [arrived] = read(checks=[checks.write("Mail", (), target)]).checks
    assert arrived == target


def test_the_defaults_page_within_three_minutes():
    """The trouble begins right after a look, and every look takes as long as it may."""
    timing = Timing()
    for failures in (timing.failures, 2 * timing.failures):
        assert timing.interval * failures + 2 * timing.timeout < 180


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": 1}, '"format" must be 2'),
        ({"name": None}, '"name" of the configuration must be a text'),
        ({"name": 1}, '"name" of the configuration must be a text'),
        ({"odoo": None}, '"odoo" of the configuration must be an object'),
        ({"odoo": {"url": "ftp://x"}}, '"odoo.url" of the configuration must be an address'),
        ({"odoo": {"url": "http://"}}, '"odoo.url" of the configuration must be an address'),
        ({"odoo": {"url": "http://x:y"}}, '"odoo.url" of the configuration must be an address'),
        ({"checks": {}}, '"checks" of the configuration must be a list'),
        ({"checks": ["x"]}, '"checks[0]" of the configuration must be an object'),
        ({"checks": [CHECK, {}]}, '"checks[1].name" of the configuration must be a text'),
        ({"checks": [{**CHECK, "kind": "icmp"}]}, '"checks[0].kind" of the configuration must be'),
        (
            {"checks": [CHECK, CHECK]},
            '"checks[1].name" of the configuration is the name of another',
        ),
        ({"checks": [{**CHECK, "url": "ftp://x"}]}, "must start with http:// or https://"),
        ({"checks": [{**CHECK, "family": "ipv5"}]}, "must be one of any, ipv4, ipv6"),
        ({"checks": [{**CHECK, "request": []}]}, '"checks[0].request" of the configuration'),
        ({"checks": [{**CHECK, "request": {"method": "EAT"}}]}, "'EAT' is not a method"),
        ({"checks": [{**CHECK, "request": {"headers": [["x"]]}}]}, "names with their values"),
        ({"checks": [{**CHECK, "expectation": {"json": ["x"]}}]}, "'x' is not a condition"),
        ({"checks": [{**CHECK, "expectation": {"body_pattern": "("}}]}, "can't be probed"),
        ({"checks": [{**CHECK, "expectation": {"min_size": -1}}]}, "must be a number from 0."),
        ({"checks": [{**CHECK, "timeout": True}]}, '"checks[0].timeout" of the configuration'),
        ({"checks": [{**CHECK, "verify": 1}]}, "must be true or false"),
        ({"checks": [{**CHECK, "networks": ["x"]}]}, '"checks[0].networks" of the configuration'),
        ({"postgresql": {"host": "a b"}}, '"postgresql" of the configuration can\'t be probed'),
        ({"postgresql": {"host": "x", "port": 0}}, "must be a number from 1 to 65535"),
        ({"email": {**EMAIL, "encryption": "rot13"}}, "must be one of none, starttls, ssl"),
        ({"email": {**EMAIL, "recipients": [1]}}, "must be a list of texts"),
        ({"webhooks": [{}]}, '"webhooks[0].url" of the configuration must be a text'),
        ({"timing": {"interval": 0}}, "must be a number from 0.1 to 60"),
        ({"timing": {"failures": 11}}, "must be a number from 1 to 10"),
    ],
)
def test_refused(values, message):
    with pytest.raises(ConfigurationError) as caught:
        read(**values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1"])
def test_not_even_an_object(text):
    with pytest.raises(ConfigurationError, match=r"not JSON|not of format 2"):
        parse(text)


def test_secrets_from_variables_and_files(tmp_path):
    path = tmp_path / "password"
    path.write_text("swordfish\n", encoding="utf-8")
    path.chmod(0o600)
    environment = {
        "OPS_SENTINEL_TOKEN": "sesame",
        "OPS_SENTINEL_SMTP_PASSWORD_FILE": str(path),
    }
    assert Secrets.from_environment(environment) == Secrets(
        token="sesame",
        smtp_password="swordfish",
    )


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_that_others_may_read_is_refused(tmp_path, mode):
    path = tmp_path / "token"
    path.write_text("sesame", encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="OPS_SENTINEL_TOKEN_FILE, can be read by others"):
        Secrets.from_environment({"OPS_SENTINEL_TOKEN_FILE": str(path)})


def test_a_secret_that_is_not_there_is_named():
    with pytest.raises(ConfigurationError, match="/nowhere/token, named by OPS_SENTINEL_TOKEN"):
        Secrets.from_environment({"OPS_SENTINEL_TOKEN_FILE": "/nowhere/token"})
