import base64
import json

from odoo.tests import TransactionCase, new_test_user


class AuditCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.manager = new_test_user(cls.env, "manager", "ops_center_base.group_manager")
        cls.application = cls.env["ops.application"].create({"name": "Shop"})
        cls.environment = cls.env["ops.environment"].create(
            {"name": "Live", "application_id": cls.application.id}
        )

    def setUp(self):
        super().setUp()
        # Imports run in transactions of their own.
        self.enterContext(self.enter_registry_test_mode())

    def result(self, snippet="eval(x)", **changes):
        return {
            "ruleId": changes.pop("rule", "R1"),
            "level": changes.pop("level", "error"),
            "message": {"text": changes.pop("text", "Don't evaluate input")},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": changes.pop("path", "src/a.py")},
                        "region": {
                            "startLine": changes.pop("line", 10),
                            "snippet": {"text": snippet},
                        },
                    }
                }
            ],
            **changes,
        }

    def report(self, *results, tool="Scanner", **run):
        return {
            "version": "2.1.0",
            "runs": [{"tool": {"driver": {"name": tool}}, "results": list(results), **run}],
        }

    def upload(self, report, user=None, **values):
        """Upload and import a report, as the form does."""
        content = report if isinstance(report, bytes) else json.dumps(report).encode()
        scan = (
            self.env["ops.scan"]
            .with_user(user or self.operator)
            .create(
                {
                    "environment_id": self.environment.id,
                    "report": base64.b64encode(content),
                    "report_name": "report.sarif",
                    **values,
                }
            )
        )
        self.env.flush_all()
        scan.action_import()
        self.env.invalidate_all()  # the next request
        return scan

    def findings(self):
        return self.env["ops.finding"].search([("application_id", "=", self.application.id)])

    def counters(self, scan):
        return (
            scan.new_count,
            scan.unchanged_count,
            scan.reopened_count,
            scan.resolved_count,
        )
