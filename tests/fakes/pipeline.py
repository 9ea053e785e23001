"""A pipeline on loopback that deploys what its webhook is told to, and a ledger of when it did."""

import contextlib
import hmac
import json
import random
import threading
import time

import requests

from .loopback import LoopbackServer, QuietHandler


class FakePipeline(LoopbackServer):
    """Does what it is asked for once for each id, and reports each step twice, shuffled.

    :param secret: that requests and reports are signed with
    :param lost: share of requests after which the connection is closed without an answer
    :param duration: seconds that a deployment takes
    :param seed: of the choice which answers are lost, and of the order of reports
    """

    def __init__(self, secret, lost=0.0, duration=0.3, seed=19):
        self.secret, self.lost, self.duration = secret, lost, duration
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.requests = []  # what each request told
        self.runs = {}  # when the deployment of each id began and ended
        self.refused = []  # answers to reports that were not taken

        class Handler(QuietHandler):
            pipeline = self

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.pipeline._take(self, body)

        super().__init__(Handler)

    def most_at_once(self):
        """Return how many deployments were under way at the same time."""
        marks = sorted(
            mark for begin, end in self.runs.values() for mark in ((begin, 1), (end, -1))
        )
        under_way = [0]
        for _moment, change in marks:
            under_way.append(under_way[-1] + change)
        return max(under_way)

    def _sign(self, body):
        return "sha256=" + hmac.new(self.secret.encode(), body, "sha256").hexdigest()

    def _take(self, handler, body):
        if handler.headers["X-Ops-Center-Signature"] != self._sign(body):
            handler.send_error(401)
            return
        told = json.loads(body)
        with self._lock:
            self.requests.append(told)
            is_new = told["event"] == "deploy" and told["id"] not in self.runs
            if is_new:
                self.runs[told["id"]] = (time.monotonic(), float("inf"))
            is_lost = self._random.random() < self.lost
        if is_new:
            threading.Thread(target=self._deploy, args=(told,), daemon=True).start()
        if is_lost:
            handler.close_connection = True
            return
        with contextlib.suppress(ConnectionError):  # the client was killed meanwhile
            handler.send_response(202)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

    def _deploy(self, told):
        time.sleep(self.duration)
        begin, _open = self.runs[told["id"]]
        self.runs[told["id"]] = (begin, time.monotonic())
        reports = ["building", "deploying"] * 2
        self._random.shuffle(reports)
        for state in [*reports, "succeeded", "succeeded"]:
            self._report(told, state)

    def _report(self, told, state):
        body = json.dumps({"id": told["id"], "state": state}).encode()
        answer = requests.post(
            told["report_url"],
            data=body,
            headers={"X-Ops-Center-Signature": self._sign(body)},
            timeout=30,
        )
        if not answer.ok:
            self.refused.append(answer.text)
