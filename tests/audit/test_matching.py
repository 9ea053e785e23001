"""The same problem is found again; two problems never become one."""

import random

import pytest
from ops_center_audit.importers.identity import identity
from ops_center_audit.importers.matching import Key, key, match
from ops_center_audit.importers.observation import Observation

from .reports import observe, report, result


def make(**changes):
    values = {
        "source_id": "",
        "fingerprint": "",
        "identity": "i",
        "rule": "R1",
        "path": "a.py",
        "line": 10,
        "snippet": "",
    }
    return Key(**values | changes)


def pairs(observed, known):
    return sorted((pair.observed, pair.known) for pair in match(observed, known))


def same(one, other):
    """Is the second result the same problem as the first?"""
    observed = [key(observation) for observation in observe(report(other))]
    known = [key(observation) for observation in observe(report(one))]
    return bool(match(observed, known))


# --- Identity ---


@pytest.mark.parametrize(
    "changes",
    [
        {"line": 500},
        {"uri": "./src/a.py"},
        {"uri": "src/%61.py"},
        {"level": "error"},
        {"snippet": "x = eval( y )\n"},
        {"text": "another wording"},
    ],
)
def test_identity_survives_what_changes_by_itself(changes):
    before = result(snippet="x = eval( y )")
    after = result(**{"snippet": "    x = eval( y )"} | changes)
    (one, other) = observe(report(before, after))
    assert identity(one) == identity(other)


@pytest.mark.parametrize("changes", [{"ruleId": "R2"}, {"uri": "b.py"}, {"snippet": "z"}])
def test_identity_tells_problems_apart(changes):
    (one, other) = observe(report(result(snippet="x"), result(**{"snippet": "x"} | changes)))
    assert identity(one) != identity(other)


def test_numbers_in_the_message_are_no_identity():
    (one, other) = observe(report(result("line 3 of 10 is long"), result("line 4 of 11 is long")))
    assert identity(one) == identity(other)


def test_identity_is_a_promise_to_the_database():
    # Whoever changes it makes all stored findings new: raise VERSION and match both.
    observation = Observation("R1", "t", "high", path="src/a.py", line=3, snippet="x = 1")
    assert identity(observation) == (
        "860201e82118161e394a8896d5ca74431e85c276f87dea8dc24ddc67dd008108"
    )


# --- The ladder ---


def test_source_id_beats_all():
    known = [make(source_id="alert-1", identity="x", path="b.py"), make(identity="i")]
    assert pairs([make(source_id="alert-1", identity="i")], known) == [(0, 0)]


def test_fingerprint_finds_a_moved_and_renamed_problem():
    known = [make(fingerprint="c0ffee00c0ffee00", identity="x")]
    observed = [make(fingerprint="c0ffee00c0ffee00", identity="y", path="b.py", line=900)]
    assert pairs(observed, known) == [(0, 0)]


@pytest.mark.parametrize("placeholder", ["requires login", "0", "deadbeefdeadbeef"])
def test_placeholder_on_every_result_is_no_fingerprint(placeholder):
    results = [
        result(f"problem {chr(97 + i)}", uri=f"src/{i % 5}.py", line=i + 1, ruleId=f"R{i % 3}",
               snippet=f"code {i}", fingerprints={"matchBasedId/v1": placeholder})
        for i in range(48)
    ]  # fmt: skip
    known = [key(observation) for observation in observe(report(*results))]
    shuffled = results[:]
    random.Random(1).shuffle(shuffled)
    observed = [key(observation) for observation in observe(report(*shuffled))]
    found = match(observed, known)
    assert len(found) == 48
    assert all(observed[pair.observed] == known[pair.known] for pair in found)


def test_lone_result_does_not_trust_what_many_had():
    known = [make(fingerprint="deadbeefdeadbeef", identity=str(i), path=f"{i}") for i in range(3)]
    observed = [make(fingerprint="deadbeefdeadbeef", identity="2", path="2")]
    assert pairs(observed, known) == [(0, 2)]


def test_equal_problems_keep_their_lines():
    known = [make(line=10), make(line=20), make(line=30)]
    assert pairs([make(line=20), make(line=30)], known) == [(0, 1), (1, 2)]


def test_equal_problems_that_all_moved_keep_their_order():
    known = [make(line=10), make(line=20), make(line=30)]
    assert pairs([make(line=37), make(line=17), make(line=27)], known) == [(0, 2), (1, 0), (2, 1)]


def test_pairs_are_one_to_one():
    assert len(match([make()] * 3, [make()] * 2)) == 2
    assert len(match([make()] * 2, [make()] * 3)) == 2


@pytest.mark.parametrize(("distance", "found"), [(30, True), (31, False)])
def test_changed_code_nearby_is_likely_the_same(distance, found):
    matches = match([make(identity="new", line=100 + distance)], [make(line=100)])
    assert [pair.likely for pair in matches] == ([True] if found else [])


def test_nearest_lines_pair_first():
    known = [make(identity="a", line=10), make(identity="b", line=36)]
    observed = [make(identity="x", line=35)]
    assert pairs(observed, known) == [(0, 1)]


def test_renamed_file_keeps_its_problems():
    assert same(result(snippet="eval(x)"), result(snippet="eval(x)", uri="lib/b.py", line=700))
    assert not same(result(snippet="eval(x)"), result(snippet="eval(y)", uri="lib/b.py"))


def test_resolved_problem_comes_back_only_for_sure():
    assert match([make()], [make(closed=True)])
    assert not match([make(identity="new", line=11)], [make(closed=True)])


def test_open_one_goes_before_the_resolved_one():
    assert pairs([make(line=10)], [make(line=10, closed=True), make(line=90)]) == [(0, 1)]


def test_sure_matches_go_before_likely_ones():
    known = [make(identity="a", line=10), make(identity="b", line=12)]
    observed = [make(identity="new", line=10), make(identity="a", line=11)]
    assert pairs(observed, known) == [(0, 1), (1, 0)]


def test_thousands_on_one_line_end_in_time():
    observed = [make(identity=f"o{i}") for i in range(25_000)]
    known = [make(identity=f"k{i}") for i in range(25_000)]
    assert match(observed, known)
