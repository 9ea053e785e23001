"""What the list and the kanban of 50,000 deployments cost, beside those of 500, in one run."""

import resource
import statistics
import time

from odoo.tests import TransactionCase, tagged

from odoo.addons.ops_center_deployment.tests.common import DeploymentCommon

FEW, MANY = 500, 50_000
ENVIRONMENTS = 50
REPETITIONS = 9
PAGE = 80
MAX_SLOWER = 10  # times; a hundred times as many rows

ROWS = """
    INSERT INTO ops_deployment (environment_id, application_id, company_id, state, kind, source,
                                revision, summary, user_id, create_uid, create_date)
         SELECT (%(environments)s)[1 + number %% cardinality(%(environments)s)], %(application)s,
                %(company)s, 'superseded', 'deploy', 'user', md5(number::text),
                'Release ' || number, %(user)s, %(user)s,
                (now() AT TIME ZONE 'UTC') - number * interval '1 minute'
           FROM generate_series(%(first)s, %(last)s) AS number
"""


@tagged("post_install", "-at_install")
class BenchDeployments(DeploymentCommon, TransactionCase):
    def test_list_and_kanban(self):
        environments = self.env["ops.environment"].create(
            [
                {"name": f"Production {number}", "application_id": self.application.id}
                for number in range(ENVIRONMENTS)
            ]
        )
        rows = {
            "environments": environments.ids,
            "application": self.application.id,
            "company": self.company.id,
            "user": self.operator.id,
        }
        looks = {"List": self.look_at_list, "Kanban": self.look_at_kanban}
        measured = {}
        first = 1
        for last in (FEW, MANY):
            self.env.cr.execute(ROWS, {**rows, "first": first, "last": last})
            self.env.cr.execute("ANALYZE ops_deployment")
            first = last + 1
            for name, look in looks.items():
                measured[name, last] = self.measure(look)
        print(f"\n\nmedian of {REPETITIONS}        queries       ms")
        for (name, count), (queries, milliseconds) in measured.items():
            print(f"{name:<8} of {count:>6}  {queries:>10} {milliseconds:>10.1f}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"Most memory of the process, MiB {peak:>6.0f}")
        for name in looks:
            (few_queries, few_ms), (many_queries, many_ms) = (
                measured[name, count] for count in (FEW, MANY)
            )
            self.assertEqual(few_queries, many_queries)
            self.assertLess(many_ms, few_ms * MAX_SLOWER)

    def look_at_list(self, deployments):
        specification = {name: {} for name in self.names("list")}
        deployments.web_search_read([], specification, limit=PAGE)

    def look_at_kanban(self, deployments):
        deployments.formatted_read_group([], ["environment_id"], ["__count"], limit=PAGE)
        deployments.read_progress_bar(
            [], "environment_id", {"field": "state", "colors": {"live": "success"}}
        )
        specification = {name: {} for name in self.names("kanban")}
        deployments.web_search_read([], specification, limit=PAGE)

    def names(self, kind):
        """Return the fields that a view shows."""
        view = self.env["ops.deployment"].with_user(self.operator).get_view(view_type=kind)
        return view["models"]["ops.deployment"]

    def measure(self, look):
        """Return how many queries a look takes, and how many milliseconds."""
        queries, milliseconds = [], []
        for _repetition in range(REPETITIONS):
            self.env.invalidate_all()
            deployments = self.env["ops.deployment"].with_user(self.operator)
            before, begin = self.env.cr.sql_log_count, time.perf_counter()
            look(deployments)
            milliseconds.append((time.perf_counter() - begin) * 1000)
            queries.append(self.env.cr.sql_log_count - before)
        return statistics.median(queries), statistics.median(milliseconds)
