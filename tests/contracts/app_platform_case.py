"""An environment that is an app of App Platform, on loopback."""

from odoo.addons.ops_center_deployment.tests.common import NEXT_REVISION, REVISION, ExecutorCase

from tests.fakes.digitalocean import FakeDigitalOcean

#: The image that was made of each revision.
DIGESTS = {
    revision: f"sha256:{revision[0] * 64}" for revision in (REVISION, NEXT_REVISION, "c" * 40)
}


class AppPlatformCase(ExecutorCase):
    """Deployments that the fake of App Platform carries out, as fast as the test says."""

    def setUp(self):
        super().setUp()
        self.cloud = self.enterContext(FakeDigitalOcean(phase_seconds=60))
        self.addCleanup(lambda: self.assertFalse(self.cloud.violations))
        self.account = self.env["ops.digitalocean.account"].create(
            {"name": "Team", "api_url": self.cloud.url, "token": self.cloud.token}
        )
        identifier = self.cloud.add_app()
        self.poll()
        self.app = self.account.app_ids
        self.assertEqual(self.app.identifier, identifier)
        self.connect()

    def connect(self):
        """Make the app the environment, as a manager does."""
        self.production.write({"provider": "digitalocean", "digitalocean_app_id": self.app.id})
        self.poll()

    def poll(self):
        """Have the account be looked at now."""
        with self.worker_transactions():
            self.account.write({"looked_at": False, "polled_at": False})
            self.account.flush_recordset()
            self.env["ops.digitalocean.account"]._run_poll()

    def work(self):
        super().work()
        self.poll()
        super().work()

    def deploy(self, revision=REVISION, **values):
        values = {"image_digest": DIGESTS.get(revision), **values}
        return super().deploy(revision=revision, **values)

    def succeed(self, deployment):
        self.cloud.pass_phases(5)
        self.poll()
        self.assertEqual(deployment.state, "verifying", deployment.problem)
