"""No answer, however malicious, takes the prober or the other probes down."""

import json
import random

import pytest
from probes import run

from tests.fakes.http_target import HttpTarget

from .support import FOLLOW, probe, target

LOCATIONS = [
    b"f\xff\xfe://x/",
    b"http://\xff\xfe.invalid/",
    "http://ⓐ℀.invalid:80/".encode(),
    b"http://[bad",
    b"http://[fe80::1%eth9",
    b"http://x\x01y/",
    b"http://" + b"a" * 5000,
    b"//",
    b"\x00",
    b"",
]
SEEDS = 400


def raw(web, answer):
    return web.url(f"/raw?hex={answer.hex()}")


def assert_presentable(result):
    """PostgreSQL, JSON and people can take it."""
    assert result.message
    json.dumps([result.message, result.headers, result.certificate], ensure_ascii=False).encode()


@pytest.mark.parametrize("location", LOCATIONS)
def test_redirect_to_nonsense(web, location):
    answer = b"HTTP/1.1 302 \xff\r\n\xff: \xff\r\nLocation: " + location + b"\r\n\r\n"
    result = probe(raw(web, answer), request=FOLLOW, timeout=1)
    assert_presentable(result)


def test_garbled_answers_harm_nobody(web):
    """Answers with bytes changed at random, the same in every run."""
    good = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"
        b"Location: http://127.0.0.1/\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )
    targets = []
    for seed in range(SEEDS):
        chance = random.Random(seed)
        answer = bytearray(good)
        for _change in range(chance.randint(1, 12)):
            answer[chance.randrange(len(answer))] = chance.randrange(256)
        targets.append(target(raw(web, bytes(answer)), key=seed, timeout=2))
    results = list(run(targets))
    assert sorted(result.key for result in results) == list(range(SEEDS))
    for result in results:
        assert_presentable(result)
        assert result.verdict in {"up", "down"}, result.message


@pytest.mark.parametrize(
    ("text", "tag", "forged_tag"),
    [
        # As a TeletexString (20) a name may hold any byte, as a UTF8String (12) not.
        (b"shop.example", 12, 20),
        (b"Authority of the tests", 12, 20),
        (b"shop.example", 0x82, 0x82),  # the alternative name
    ],
)
def test_certificate_full_of_nonsense(authority, text, tag, forged_tag):
    def forge(certificate):
        nonsense = b"<b>\xff\xfe\n\x80".ljust(len(text), b"\xc3")
        forged = certificate.replace(
            bytes([tag, len(text)]) + text, bytes([forged_tag, len(text)]) + nonsense
        )
        assert forged != certificate
        return forged

    with HttpTarget(tls=authority.server_context("shop.example", forge=forge)) as web:
        for verify in (True, False):
            result = probe(web.url(), verify=verify)
            assert_presentable(result)
            assert "<b>" in str(result.certificate)
