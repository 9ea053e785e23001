"""The engine in a process of its own, so that its cost can be told: a round for each line read.

Reads one JSON object with the ``urls`` and the expected ``word``, then a line for each round, and
answers each with ``cpu`` (seconds), ``seconds`` and the number of each ``verdict``.
"""

import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "addons" / "ops_center_health"))

from probes import Target, run

CONCURRENCY = 100


def main():
    job = json.loads(sys.stdin.readline())
    # A worker reads a check once, and again only after it was changed.
    targets = [
        Target(key=number, url=url, body_contains=job["word"])
        for number, url in enumerate(job["urls"])
    ]
    for _line in sys.stdin:
        before, began = _usage(), time.monotonic()
        results = list(run(targets, concurrency=CONCURRENCY, per_host=CONCURRENCY))
        answer = {
            "cpu": _usage() - before,
            "seconds": time.monotonic() - began,
            "verdicts": Counter(result.verdict for result in results),
            "certificates": sum(1 for result in results if result.certificate),
        }
        print(json.dumps(answer), flush=True)


def _usage():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
