"""A shop and the Odoo beside it, with all that happens to them: what the pictures show.

Nothing here is made up in the database: checks run, targets break and are mended, reports are
imported, each through the methods that the buttons call.
"""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.harness.processes import wait_until

REPORT = Path(__file__).parent / "report.sarif"
BEATS = 20
LOOKING = [["kind", "!=", "heartbeat"]]  # the others wait
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
FAILURE = """<h1>502 Bad Gateway</h1>
PaymentProviderError: POST https://api.pay.example/v1/intents: connection reset by peer
  at Checkout.authorise (checkout.py:218)
  order S00417, attempt 3 of 3"""


class Showcase:
    """Fills the console of one server, and waits until it is worth a picture.

    :param call: calls methods of the server's models
    :param log_in: returns the same for somebody else, by login and password
    :param shop: the fake web server that breaks and stays broken
    :param search: one that breaks and is mended
    """

    def __init__(self, call, log_in, shop, search):
        self.call = call
        self.log_in = log_in
        self.shop = shop
        self.search = search
        self.records = {}

    def prepare(self):
        """Return the ids of the records that have a picture of their own."""
        self._introduce()
        self._watch()
        self._deploy()
        self._ask_for_approval()
        self._scan()
        self._stand_by()
        self._publish()
        self._listen()
        wait_until(self._many_beats, 400, f"{BEATS} heartbeats of every check")
        self._break_and_mend()
        self._pace(60)
        return self.records

    def _create(self, model, **values):
        [record] = self.call(model, "create", [values])
        return record

    def _find(self, model, *domain):
        return self.call(model, "search", list(domain), limit=1)

    def _introduce(self):
        self.call("ops.instance", "action_bind", [])
        company = {"name": "Northwind", "ops_allowed_networks": "127.0.0.0/8"}
        self.call("res.company", "write", [1], company)
        # No mail server is there to take e-mails.
        self.call("res.users", "write", [2], {"name": "Ada Byron", "notification_type": "inbox"})
        self.channel = self._create(
            "ops.notification.channel", name="On call", kind="activity", user_ids=[2]
        )
        application = self._create(
            "ops.application", name="Shop", repository_url="https://git.example.com/northwind/shop"
        )
        for key, values in {
            "environment": {"name": "Production", "protected": True, "sequence": 20},
            "staging": {"name": "Staging", "kind": "staging", "sequence": 30},
        }.items():
            self.records[key] = self._create(
                "ops.environment",
                application_id=application,
                url=f"https://{'www' if key == 'environment' else key}.northwind.example",
                **values,
            )
        self.application = application

    def _watch(self):
        self.shop.set_status(200)
        self.search.set_status(200)
        self._pace(5)
        checks = {
            "Front page": ("environment", self.shop.url("/status/200"), {}),
            "Checkout": ("environment", self.shop.url("/switch"), {}),
            "Search": ("environment", self.search.url("/switch"), {}),
            "Product images": ("environment", self.shop.url("/slow/0.4"), {"degraded_ms": 300}),
            "Front page (staging)": ("staging", self.shop.url("/status/200"), {}),
        }
        for name, (environment, url, values) in checks.items():
            self.records[name] = self._create(
                "ops.health.check",
                name=name,
                environment_id=self.records[environment],
                url=url,
                interval=5,
                timeout=4,
                **values,
            )
        self.records["check"] = self.records["Checkout"]

    def _stand_by(self):
        """Plan who is woken, and when what fails is no news."""
        [operators] = self.call(
            "ir.model.data",
            "search_read",
            [["module", "=", "ops_center_base"], ["name", "=", "group_operator"]],
            ["res_id"],
        )
        grace = self._create(
            "res.users",
            name="Grace Hopper",
            login="grace",
            group_ids=[[4, operators["res_id"]]],
        )
        members = [[0, 0, {"user_id": user}] for user in (2, grace)]
        self._create("ops.on.call.rota", name="Shop, day and night", member_ids=members)
        now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
        self._create(
            "ops.on.call.absence",
            user_id=grace,
            date_from=str(now + timedelta(days=20)),
            date_to=str(now + timedelta(days=34)),
            reason="Holidays",
        )
        self._create(
            "ops.escalation.policy",
            name="Nobody answers",
            is_default=True,
            step_ids=[[0, 0, {"delay": 15, "channel_ids": [[6, 0, [self.channel]]]}]],
        )
        self._create(
            "ops.health.maintenance",
            name="Import of prices",
            environment_ids=[[6, 0, [self.records["staging"]]]],
            recurrence="weekly",
            **dict.fromkeys(WEEKDAYS, True),
            date_from=str(now.replace(hour=6, minute=30, second=0) + timedelta(days=1)),
            tz="UTC",
        )

    def _publish(self):
        """Show customers how the shop does."""
        services = {"Shop": ["Front page", "Product images"], "Checkout": ["Checkout"]}
        page = self._create(
            "ops.status.page",
            name="Northwind",
            access="public",
            slug="northwind",
            intro="How our shop does at the moment.",
            service_ids=[
                [0, 0, {"name": name, "check_ids": [[6, 0, [self.records[one] for one in checks]]]}]
                for name, checks in services.items()
            ],
        )
        self.call("ops.status.page", "write", [page], {"published": True})

    def _listen(self):
        """Look at an Odoo of a customer, which is this one, and have its agent report."""
        here = self.call("ir.config_parameter", "get_param", "web.base.url")
        check = self._create(
            "ops.health.check",
            name="ERP of Contoso",
            environment_id=self.records["environment"],
            kind="odoo",
            url=here,
            interval=5,
            timeout=4,
        )
        setup = self._create("ops.health.agent.setup", check_id=check)
        action = self.call("ops.health.agent.setup", "action_connect", [setup])
        [told] = self.call(
            "ops.health.agent.setup",
            "read",
            [setup],
            ["url", "secret"],
            context=action["context"],
        )
        agent = self._find("ops.agent")
        self.call("ops.agent", "write", agent, {"url": told["url"], "secret": told["secret"]})
        self.call("ops.agent", "action_report", agent)
        self.records["odoo"] = check

    def _pace(self, interval):
        """Look each so many seconds: often to fill the screens, then calmly."""
        checks = self.call("ops.health.check", "search", LOOKING)
        self.call("ops.health.check", "write", checks, {"interval": interval, "timeout": 4})

    def _deploy(self):
        deployments = (
            ("environment", "2.4.0", "9c1f03e7b2a84d55", "Gift cards", ("live",)),
            ("environment", "2.4.1", "b7702ad1c94e6f38", "Rounding of discounts", ("live",)),
            ("staging", "2.5.0", "4f2a9c1d0786be13", "Faster search", ("deploying", "failed")),
            ("staging", "2.5.1", "e08d5b61f7239ac4", "Faster search", ("deploying", "live")),
            ("environment", "2.5.1", "e08d5b61f7239ac4", "Faster search", ("deploying",)),
        )
        for number, deployment in enumerate(deployments, 312):
            environment, version, revision, summary, states = deployment
            for state in states:
                recorded = self.call(
                    "ops.deployment",
                    "record",
                    {
                        "environment_id": self.records[environment],
                        "external_reference": f"https://ci.example.com/northwind/shop/runs/{number}",
                        "revision": revision,
                        "version": version,
                        "summary": summary,
                        "author": "Grace Hopper",
                        "state": state,
                    },
                )
        self.records["deployment"] = recorded["id"]

    def _ask_for_approval(self):
        """A colleague wants something deployed by a pipeline to where that takes two."""
        operators = self._find("ir.model.data", ["name", "=", "group_operator"])
        [group] = self.call("ir.model.data", "read", operators, ["res_id"])
        password = secrets.token_hex()
        self._create(
            "res.users",
            name="Mary Jackson",
            login="mary",
            password=password,
            notification_type="inbox",
            group_ids=[[4, group["res_id"]]],
        )
        self.call(
            "ops.environment",
            "write",
            [self.records["staging"]],
            {
                "provider": "webhook",
                "deploy_url": self.shop.url("/text?say=ok"),
                "deploy_secret": secrets.token_hex(),
                "protected": True,
                "approver_ids": [[4, 2]],
            },
        )
        colleague = self.log_in("mary", password)
        [deployment] = colleague(
            "ops.deployment",
            "create",
            [
                {
                    "environment_id": self.records["staging"],
                    "revision": "1d7be0a95c3f4286",
                    "version": "2.6.0",
                    "summary": "Checkout in one step",
                    "author": "Grace Hopper",
                }
            ],
        )
        colleague("ops.deployment", "action_deploy", [deployment])
        self.records["approval"] = deployment

    def _scan(self):
        self.records["scan"] = self._create(
            "ops.scan",
            application_id=self.application,
            report=base64.b64encode(REPORT.read_bytes()).decode(),
            report_name=REPORT.name,
        )
        self.call("ops.scan", "action_import", [self.records["scan"]])
        findings = self.call("ops.finding", "search", [["tool", "=", "Semgrep"]])
        self.records["finding"] = findings[0]
        self.call("ops.finding", "write", findings[:2], {"user_id": 2})
        self.call("ops.finding", "action_confirm", findings[:1])

    def _break_and_mend(self):
        self.search.set_status(503, "<h1>503 Service Unavailable</h1>\nThe index is being rebuilt.")
        self._wait_for_state("Search", "down")
        self.search.set_status(200)
        self._wait_for_state("Search", "up")
        self._wait_for_state("Product images", "degraded")
        slow = self._find("ops.health.incident", ["check_id", "=", self.records["Product images"]])
        self.call("ops.health.incident", "action_acknowledge", slow)
        self.shop.set_status(502, FAILURE)
        self._wait_for_state("Checkout", "down")
        [self.records["incident"]] = self._find(
            "ops.health.incident", ["check_id", "=", self.records["Checkout"]]
        )

    def _wait_for_state(self, check, state):
        domain = (["id", "=", self.records[check]], ["state", "=", state])
        wait_until(lambda: self._find("ops.health.check", *domain), 120, f"{check} being {state}")

    def _many_beats(self):
        checks = self.call("ops.health.check", "search_read", LOOKING, ["heartbeats"])
        return all(len(check["heartbeats"] or ()) >= BEATS for check in checks)
