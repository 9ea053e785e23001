"""What visitors of a status page cost, beside those of Odoo's login page, in one run.

They are fetched in turn, with a page that holds a single word: it takes what Odoo takes for any
request. How many queries a request made, and how long the server took for it, is what Odoo's own
log of requests says.
"""

import re
import statistics

import requests

ROUNDS = 300
WARM_UP = 5
SERVICES = 20

# The queries that a page from memory makes are those that Odoo makes for every request.
MAX_QUERIES = 3
MAX_LOGIN_RATIO = 0.8
MAX_LEAST_RATIO = 1.3

PAGE, LOGIN, LEAST = "/status/shop", "/web/login", "/ops/live"
LINE = re.compile(r'"GET (\S+) HTTP/1\.1" 200 - (\d+) (\S+) (\S+)')


def test_visitors(database, start_server):
    server = start_server(database)
    call = server.session()
    [check, *_others] = call("ops.health.check", "search", [])
    services = [
        [0, 0, {"name": f"Service {number}", "check_ids": [[6, 0, [check]]]}]
        for number in range(SERVICES)
    ]
    page = {"name": "Shop", "access": "public", "published": True, "service_ids": services}
    call("ops.status.page", "create", [page])
    # Before the measuring, so that its lines can be told from those of others.
    begin = len(server.log.read_text(encoding="utf-8"))
    with requests.Session() as visitor:
        for _round in range(ROUNDS):
            for path in (PAGE, LOGIN, LEAST):
                visitor.cookies.clear()
                assert visitor.get(server.url + path, timeout=30).ok
    log = server.log.read_text(encoding="utf-8")[begin:]
    visits = {PAGE: [], LOGIN: [], LEAST: []}
    for path, queries, query_time, other_time in LINE.findall(log):
        visits[path].append((int(queries), (float(query_time) + float(other_time)) * 1000))
    times, queries = {}, {}
    print(f"\n\n{ROUNDS} visits each, median    ms  queries")
    for path, measured in visits.items():
        queries[path] = statistics.median(count for count, _time in measured[WARM_UP:])
        times[path] = statistics.median(time for _count, time in measured[WARM_UP:])
        print(f"{path:<20} {times[path]:>9.1f} {queries[path]:>8.0f}")
    login_ratio, least_ratio = times[PAGE] / times[LOGIN], times[PAGE] / times[LEAST]
    print(f"Page to login page   {login_ratio:>9.2f}")
    print(f"Page to a word       {least_ratio:>9.2f}")
    assert queries[PAGE] <= MAX_QUERIES
    assert login_ratio <= MAX_LOGIN_RATIO
    assert least_ratio <= MAX_LEAST_RATIO
