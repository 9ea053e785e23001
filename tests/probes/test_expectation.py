"""What answers must look like."""

import json
import time

import pytest
from probes import HttpExpectation
from probes.body_pattern import compile_pattern
from probes.json_condition import JsonCondition, parse_conditions

from .support import probe

HEADERS = b"Content-Type: application/json; charset=utf-8\r\nX-A: one\r\nX-A: two\r\nETag:\r\n"
DOCUMENT = {
    "status": "ok",
    "queue": {"length": 12, "names": ["a", "b", "größer"]},
    "ready": True,
    "load": 1.5,
    "none": None,
    "a-b": 1,
    "odd name": {"]": 2},
}


def answering(web, body, head=HEADERS):
    content = body if isinstance(body, bytes) else body.encode()
    answer = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + content
    return web.url(f"/raw?hex={answer.hex()}")


def judged(web, body="", **expectation):
    return probe(answering(web, body), expectation=HttpExpectation(**expectation))


# === HEADERS === #


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("content-type", "application/JSON", ""),
        ("X-A", "one", ""),
        ("X-A", "two", ""),
        ("ETag", "", ""),
        ("X-A", "three", "header_value"),
        ("X-B", "", "header"),
        ("ETag", "x", "header_value"),
    ],
)
def test_header(web, name, text, error):
    result = judged(web, headers=((name, text),))
    assert result.error == error, result.message
    assert result.verdict == ("down" if error else "up")


def test_every_header_must_be_there(web):
    result = judged(web, headers=(("X-A", "one"), ("X-A", "two"), ("X-B", "there")))
    assert result.message == "No header X-B contains there."


def test_headers_of_redirects_and_early_hints_do_not_count(web):
    answer = "HTTP/1.1 103 Early Hints\r\nX-B: there\r\n\r\nHTTP/1.1 200 OK\r\nX-C: grüße\r\n\r\n"
    url = web.url(f"/raw?hex={answer.encode().hex()}")
    assert probe(url, expectation=HttpExpectation(headers=(("X-B", ""),))).error == "header"
    assert probe(url, expectation=HttpExpectation(headers=(("X-C", "Grüße"),))).error == ""


def test_header_may_lie_behind_what_is_shown(web):
    head = b"X-Long: " + b"x" * 5000 + b"\r\nX-Last: here\r\n"
    result = probe(
        answering(web, "", head), expectation=HttpExpectation(headers=(("X-Last", "here"),))
    )
    assert (result.verdict, "x-last" in result.headers) == ("up", False)


# === TEXT === #


def test_excluded_text(web):
    assert judged(web, "all is well", body_excludes="error").verdict == "up"
    assert judged(web, "größerer error", body_excludes="größer").error == "body_excluded"


def test_excluded_text_is_looked_for_in_what_is_read(web):
    expectation = HttpExpectation(body_excludes="hello")
    assert probe(web.url("/huge"), expectation=expectation).verdict == "up"
    expectation = HttpExpectation(body_excludes="xx")
    assert probe(web.url("/huge"), expectation=expectation).verdict == "down"


@pytest.mark.parametrize(
    ("pattern", "body", "good"),
    [
        ("version: 1[0-9]", "version: 19.0", True),
        ("version: 1[0-9]", "version: 2", False),
        ("^gr.ße$", "grüße", True),
        ("(?i)OK", "it is ok", True),
        ("(?m)^ok$", "is\nok\n", True),
        ("x", b"\xff\xfex", True),
    ],
)
def test_pattern(web, pattern, body, good):
    result = judged(web, body, body_pattern=pattern)
    assert result.error == ("" if good else "body_pattern")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){20}$", "(a*)*b"])
def test_pattern_that_takes_others_for_ever(pattern):
    started = time.monotonic()
    compile_pattern(pattern).search(b"a" * 65_535 + b"!")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "missing"),
        ("a(?=b)", "Look-around"),
        (r"(a)\1", "references back"),
        ("(a{1000}){1000}", "repetition"),
        ("a" * 201, "longer than 200"),
    ],
)
def test_impossible_pattern_is_refused_in_words(pattern, words):
    with pytest.raises(ValueError, match=words):
        HttpExpectation(body_pattern=pattern)


def test_longest_pattern():
    assert compile_pattern("a" * 200).search(b"a" * 200)


def test_pattern_that_takes_too_much_memory_is_refused():
    compile_pattern(r"(\pL{9}){6}")
    with pytest.raises(ValueError, match="cannot be read"):
        compile_pattern(r"(\pL{10}){6}")


def test_what_may_come_later_is_told_apart(web):
    for expectation in ({"body_pattern": "hello"}, {"json": parse_conditions("$.a")}):
        result = probe(web.url("/huge"), expectation=HttpExpectation(**expectation))
        assert result.error == "too_large"


# === JSON === #


@pytest.mark.parametrize(
    "condition",
    [
        '$.status == "ok"',
        '$.status != "down"',
        "$.status",
        "$.queue.length < 13",
        "$.queue.length<=12",
        "$.queue.length >= 12.0",
        "$.queue.length > 11",
        "$['queue'][\"length\"] == 12",
        '$.queue.names[0] == "a"',
        '$.queue.names[-1] == "größer"',
        '$.queue.names == ["a", "b", "größer"]',
        "$.ready == true",
        "$.ready != 1",
        "$.load == 1.5",
        "$.none == null",
        "$.none",
        "$.a-b == 1",
        "$['odd name'][']'] == 2",
        '$.status < "p"',
        "$",
    ],
)
def test_json_condition_holds(web, condition):
    result = judged(web, json.dumps(DOCUMENT), json=parse_conditions(condition))
    assert result.verdict == "up", result.message


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('$.status == "down"', '"ok"'),
        ('$.status == "OK"', '"ok"'),
        ('$.status != "ok"', '"ok"'),
        ("$.queue.length > 12", "12"),
        ("$.queue.length < 12", "12"),
        ('$.queue.length < "13"', "12"),
        ("$.ready == 1", "true"),
        ("$.ready < 2", "true"),
        ("$.none < 1", "null"),
        ("$.missing", "nothing"),
        ("$.missing != 1", "nothing"),
        ("$.queue.names[3]", "nothing"),
        ("$.queue.names[-4]", "nothing"),
        ("$.queue[0]", "nothing"),
        ("$.queue.names.length", "nothing"),
        ("$.status[0]", "nothing"),
    ],
)
def test_json_condition_does_not_hold(web, condition, found):
    result = judged(web, json.dumps(DOCUMENT), json=parse_conditions(f"$.status\n{condition}"))
    assert (result.verdict, result.error) == ("down", "json_value")
    assert result.message == f"The answer has {found}, expected {condition}."


@pytest.mark.parametrize(
    "body",
    ["", "<html>", '{"a": 1', '{"a": NaN}', b"\xff\xfe\xff", "[" * 60_000, "1" * 60_000 + "x"],
)
def test_what_is_no_json_is_down(web, body):
    web.set_status(200, body)
    result = probe(web.url("/switch"), expectation=HttpExpectation(json=parse_conditions("$")))
    assert (result.verdict, result.error) == ("down", "json"), result.message


@pytest.mark.parametrize(
    "text",
    [
        'status == "ok"',
        "$.status = 1",
        "$.status == ok",
        "$.status ==",
        "$..status",
        "$.*",
        "$[*]",
        "$[0:2]",
        "$[?@.a]",
        "$.a b",
        "$[",
    ],
)
def test_unreadable_condition_is_refused_in_words(text):
    with pytest.raises(ValueError, match=r"for instance \$\.status == "):
        JsonCondition.parse(text)


def test_long_value_is_cut_in_the_message(web):
    result = judged(web, json.dumps({"a": "x" * 500}), json=parse_conditions("$.a == 1"))
    assert len(result.message) < 150


# === SIZE AND LATENCY === #


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ({"min_size": 5, "max_size": 5}, ""),
        ({"min_size": 6}, "too_small"),
        ({"max_size": 4}, "too_big"),
        ({"max_size": 0}, "too_big"),
    ],
)
def test_size(web, limits, error):
    assert judged(web, "12345", **limits).error == error


def test_size_of_what_is_not_read_to_its_end(web):
    assert probe(web.url("/huge"), expectation=HttpExpectation(max_size=65_536)).error == "too_big"
    assert probe(web.url("/gzip-bomb"), expectation=HttpExpectation(min_size=65_536)).error == ""


@pytest.mark.parametrize("limits", [{"min_size": -1}, {"min_size": 2, "max_size": 1}])
def test_impossible_size_is_refused_in_words(limits):
    with pytest.raises(ValueError, match="size must"):
        HttpExpectation(**limits)


def test_answer_slower_than_allowed_is_down(web):
    result = probe(web.url("/slow/0.2"), degraded_ms=50, max_latency_ms=100)
    assert (result.verdict, result.error) == ("down", "too_slow")
    assert result.message.endswith("more than 100 ms count as down.")
    assert probe(web.url("/slow/0.2"), degraded_ms=50, max_latency_ms=5000).verdict == "degraded"
