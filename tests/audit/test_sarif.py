"""What SARIF says, and what hostile files may not do."""

import gzip
import json

import pytest
from ops_center_audit.importers import sarif

from .reports import observe, read, report, result


def severity(level=None, driver=None, **changes):
    changes |= {"level": level} if level else {}
    (observation,) = observe(report(result(**changes), driver=driver))
    return observation.severity


def rule(**changes):
    return {"rules": [{"id": "R1"} | changes]}


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("error", "high"),
        ("warning", "medium"),
        ("note", "info"),
        ("none", "info"),
        (None, "medium"),
    ],
)
def test_level_is_the_severity(level, expected):
    assert severity(level) == expected


def test_level_of_the_rule_stands_for_that_of_the_result():
    driver = rule(defaultConfiguration={"level": "error"})
    assert severity(driver=driver) == "high"
    assert severity("note", driver=driver) == "info"


@pytest.mark.parametrize(
    ("score", "expected"),
    [("9.8", "critical"), ("9.0", "critical"), ("7.0", "high"), (4.2, "medium"), ("0.1", "low"),
     ("0.0", "info")],
)  # fmt: skip
def test_security_severity_wins_over_the_level(score, expected):
    assert severity("error", rule(properties={"security-severity": score})) == expected


@pytest.mark.parametrize("nonsense", ["critical", "NaN", "1e999", "-3", None, [], {}])
def test_nonsense_for_a_score_is_no_score(nonsense):
    assert severity("error", rule(properties={"security-severity": nonsense})) == "high"


@pytest.mark.parametrize("kind", ["fail", "review", "open", "informational"])
def test_kinds_that_state_a_problem_arrive(kind):
    assert len(observe(report(result(kind=kind)))) == 1


@pytest.mark.parametrize("kind", ["pass", "notApplicable"])
def test_kinds_that_state_no_problem_do_not(kind):
    assert not observe(report(result(kind=kind)))


def test_absent_results_are_gone():
    assert not observe(report(result(baselineState="absent")))


def test_rule_is_found_by_index_in_an_extension():
    document = report(
        {"rule": {"index": 0, "toolComponent": {"index": 0}}, "message": {"text": "x"}}
    )
    extension = {
        "name": "pack",
        "rules": [{"id": "EXT", "defaultConfiguration": {"level": "error"}}],
    }
    document["runs"][0]["tool"]["extensions"] = [extension]
    (observation,) = observe(document)
    assert (observation.rule, observation.severity) == ("EXT", "high")


def test_wrong_rule_index_lends_nothing():
    driver = {"rules": [{"id": "OTHER", "defaultConfiguration": {"level": "error"}}, {"id": "R1"}]}
    assert severity(driver=driver, ruleIndex=0) == "medium"


def test_rule_texts_arrive():
    text = (
        read(
            report(
                driver=rule(
                    shortDescription={"text": "Short"},
                    fullDescription={"text": "Full"},
                    help={"text": "Help"},
                    helpUri="javascript:alert(1)",
                    properties={"tags": ["external/cwe/cwe-079"]},
                )
            )
        )
        .runs[0]
        .rules["R1"]
    )
    assert (text.name, text.description, text.remediation) == ("Short", "Full", "Help")
    assert (text.url, text.cwe) == ("", "CWE-79")


@pytest.mark.parametrize(
    ("suppression", "suppressed"),
    [
        ({"kind": "inSource"}, "inSource"),
        ({"kind": "external", "status": "accepted", "justification": "Checked"}, "Checked"),
        ({"kind": "external", "status": "underReview"}, ""),
        ({"kind": "external", "status": "rejected"}, ""),
    ],
)
def test_only_effective_suppressions_count(suppression, suppressed):
    (observation,) = observe(report(result(suppressions=[suppression])))
    assert observation.suppressed == suppressed


@pytest.mark.parametrize(
    ("run", "complete"),
    [
        ({}, True),
        ({"invocations": [{"executionSuccessful": True}]}, True),
        ({"invocations": [{"executionSuccessful": False}]}, False),
        ({"results": None}, False),
        (
            {
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": "Rule disabled"}}
                        ],
                    }
                ]
            },
            False,
        ),
    ],
)
def test_only_a_whole_scan_is_complete(run, complete):
    assert read(report(**run)).runs[0].complete is complete


def test_tool_says_why_the_scan_is_incomplete():
    notification = {"level": "error", "message": {"text": "Out of memory"}}
    document = report(invocations=[{"toolExecutionNotifications": [notification]}])
    assert read(document).runs[0].problem == "Out of memory"


@pytest.mark.parametrize(
    ("uri", "run", "path"),
    [
        ("./src/a%20b.py", {}, "src/a b.py"),
        ("src\\win\\a.py", {}, "src/win/a.py"),
        ("../../etc/passwd", {}, "etc/passwd"),
        ("file:///srv/app/src/a%2Bb.py",
         {"originalUriBaseIds": {"ROOT": {"uri": "file:///srv/app/"}}}, "src/a+b.py"),
        ("file:///srv/app/src/a.py",
         {"invocations": [{"workingDirectory": {"uri": "file:///srv/app"}}]}, "src/a.py"),
        ("file:///C:/code/a.c", {}, "code/a.c"),
        ("/srv/application/a.py",
         {"invocations": [{"workingDirectory": {"uri": "/srv/app"}}]}, "srv/application/a.py"),
    ],
)  # fmt: skip
def test_path_is_that_in_the_sources(uri, run, path):
    (observation,) = observe(report(result(uri=uri), **run))
    assert observation.path == path


def test_relative_base_is_part_of_the_path():
    document = report(result(), originalUriBaseIds={"SRC": {"uri": "lib/", "uriBaseId": "SRC"}})
    location = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    location["artifactLocation"] = {"uri": "a.py", "uriBaseId": "SRC"}
    (observation,) = observe(document)  # a base that stands on itself ends
    assert observation.path.endswith("lib/a.py")


def test_path_stands_in_the_list_of_artifacts():
    document = report(result(), artifacts=[{"location": {"uri": "src/b.py"}}])
    location = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    location["artifactLocation"] = {"index": 0}
    (observation,) = observe(document)
    assert observation.path == "src/b.py"


def test_message_of_the_rule_takes_the_arguments():
    driver = rule(messageStrings={"default": {"text": "{0} is not {1}."}})
    message = {"id": "default", "arguments": ["a", "b"]}
    (observation,) = observe(report(result(message=message), driver=driver))
    assert observation.message == "a is not b."


def test_links_of_the_message_are_plain_words():
    (observation,) = observe(report(result("Depends on [a value](1), see [docs](https://x).")))
    assert observation.message == "Depends on a value, see [docs](https://x)."


def test_code_of_a_secret_is_never_kept():
    (observation,) = observe(
        report(result(snippet="password = 'x'"), driver=rule(properties={"tags": ["secret"]}))
    )
    assert observation.kind == "secret"
    assert not observation.snippet
    assert not observation.evidence


def test_order_of_the_keys_does_not_matter():
    document = report(result(), driver=rule(defaultConfiguration={"level": "error"}))
    run = document["runs"][0]
    swapped = {"runs": [{"results": run["results"], "tool": run["tool"]}], "version": "2.1.0"}
    assert observe(swapped) == observe(document)


def test_results_belong_to_their_runs():
    document = report(result(), result())
    document["runs"] += [
        {"tool": {"driver": {"name": "Silent"}}},
        {"tool": {"driver": {"name": "Other"}}, "results": [result()]},
    ]
    parsed = read(document)
    assert [position for position, _observation in parsed.observations()] == [0, 0, 2]
    assert [run.tool for run in parsed.runs] == ["Scanner", "Silent", "Other"]


@pytest.mark.parametrize(
    ("automation_id", "category"), [("lint/main/", "lint/main"), ("lint/run 7", "lint"), ("x", "x")]
)
def test_category_leaves_out_the_number_of_the_run(automation_id, category):
    assert read(report(automationDetails={"id": automation_id})).runs[0].category == category


# --- Hostile files ---


def refusal(document):
    with pytest.raises(sarif.ReportError) as refused:
        observe(document)
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"hello", "json"),
        (b'{"version": "2.1.0", "runs": [', "json"),
        (b'{"version": "2.1.0", "runs": []} trailing', "json"),
        (b'{"version": "2.1.0", "runs": [], "x": "\xff\xfe"}', "json"),
        (b"\xff\xfe{\x00}\x00", "encoding"),
        (gzip.compress(b"{}"), "packed"),
        (b"[]", "format"),
        (b"{}", "format"),
        (b'{"version": "2.1.0", "runs": {"a": {}}}', "format"),
        (b'{"version": "2.1.0", "runs": [1]}', "format"),
        (b'{"version": "2.1.0", "runs": [{"results": [1]}]}', "format"),
        (b'{"version": "2.1.0", "runs": [{"results.item": 1, "results": [{}]}]}', "format"),
        (b'{"runs": []}', "version"),
        (b'{"version": "2.0.0", "runs": []}', "version"),
    ],
)
def test_no_report_is_told_from_a_report(content, code):
    assert refusal(content) == code


def test_byte_order_mark_is_no_obstacle():
    assert len(observe(b"\xef\xbb\xbf" + json.dumps(report(result())).encode())) == 1


@pytest.mark.parametrize("place", [b'{"x": %s}', b'{"runs": [{"results": [{"x": %s}]}]}'])
def test_deep_nesting_ends_early(place):
    assert refusal(place % (b"[" * 1_000_000)) == "depth"


@pytest.mark.parametrize("place", [b'{"x": %s}', b'{"runs": [{"results": [{"x": %s}]}]}'])
def test_endless_values_end_early(place, monkeypatch):
    monkeypatch.setattr(sarif, "MAX_VALUES", 1000)
    monkeypatch.setattr(sarif, "MAX_RESULT_VALUES", 1000)
    assert refusal(place % (b"[" + b"1," * 1000 + b"1]")) == "values"


def test_too_many_results_are_refused():
    assert refusal(report(*[{}] * (sarif.MAX_RESULTS + 1))) == "results"


def test_too_many_runs_are_refused():
    document = report()
    document["runs"] *= sarif.MAX_RUNS + 1
    assert refusal(document) == "runs"


def test_too_large_a_file_is_refused(monkeypatch):
    monkeypatch.setattr(sarif, "MAX_BYTES", 100)
    assert refusal(report(result())) == "size"


def test_huge_number_is_refused():
    content = json.dumps(report(result())).replace("10", "9" * 5000)
    assert refusal(content.encode()) == "json"


@pytest.mark.parametrize("line", [2**31, -1, 0, "7", None, 1.5, True])
def test_impossible_line_is_no_line(line):
    (observation,) = observe(report(result(line=line)))
    assert observation.line in (0, 1)


def test_texts_are_cut_and_cleaned():
    (observation,) = observe(report(result("\x1b[31mred\x00\ud800" + "x" * 100_000)))
    assert observation.message.startswith("red")
    assert observation.message.isprintable()
    observation.message.encode()
    assert len(observation.message) <= 64 * 1024


def test_markup_stays_text():
    (observation,) = observe(report(result("<script>alert(1)</script>")))
    assert observation.message == "<script>alert(1)</script>"


@pytest.mark.parametrize("nonsense", [None, 1, "x", [], [[]], {"a": 1}])
@pytest.mark.parametrize(
    "key",
    ["message", "locations", "ruleId", "rule", "ruleIndex", "level", "kind", "suppressions",
     "fingerprints", "partialFingerprints", "properties", "correlationGuid"],
)  # fmt: skip
def test_result_of_nonsense_is_a_result(key, nonsense):
    assert len(observe(report(result(**{key: nonsense})))) == 1


@pytest.mark.parametrize("nonsense", [None, 1, "x", [], [1], {"a": 1}])
@pytest.mark.parametrize(
    "key",
    ["tool", "invocations", "originalUriBaseIds", "artifacts", "automationDetails",
     "versionControlProvenance"],
)  # fmt: skip
def test_run_of_nonsense_is_a_run(key, nonsense):
    assert len(observe(report(result(), **{key: nonsense}))) == 1
