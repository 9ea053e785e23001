"""People upload the same report at the same moment: real requests, one truth."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

from .reports import report, result

PEOPLE = 4


def test_simultaneous_imports_find_every_problem_once(database, start_server):
    server = start_server(database)
    sessions = [server.session() for _person in range(PEOPLE)]
    content = json.dumps(report(*[result(snippet=f"eval({i})", line=i + 1) for i in range(200)]))
    call = sessions[0]
    (application,) = call("ops.application", "create", [{"name": "Shop"}])
    scans = call(
        "ops.scan",
        "create",
        [
            # Different bytes, so that none is skipped as the same file.
            {
                "application_id": application,
                "report": base64.b64encode((content + " " * number).encode()).decode(),
            }
            for number in range(PEOPLE)
        ],
    )
    with ThreadPoolExecutor(PEOPLE) as pool:
        list(
            pool.map(
                lambda session, scan: session("ops.scan", "action_import", [scan]), sessions, scans
            )
        )

    imported = call("ops.scan", "read", scans, ["state", "new_count"])
    assert {scan["state"] for scan in imported} == {"done"}
    assert sorted(scan["new_count"] for scan in imported) == [0, 0, 0, 200]
    domain = [("application_id", "=", application), ("state", "=", "new")]
    assert call("ops.finding", "search_count", domain) == 200
