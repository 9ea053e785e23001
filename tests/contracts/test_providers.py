"""The contract of providers, for each that there is."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.ops_center_deployment.tests.common import DeploymentCommon, WebhookCase

from tests.contracts.app_platform_case import AppPlatformCase
from tests.contracts.provider_case import ProviderContract


@tagged("post_install", "-at_install")
class TestManual(ProviderContract, DeploymentCommon, TransactionCase):
    """People carry it out, and record how it goes."""

    def begin(self, **values):
        deployment = self._draft(**values)
        deployment.action_start()
        return deployment

    def let_succeed(self, deployment):
        deployment.action_mark_live()

    def let_fail(self, deployment):
        deployment.action_mark_failed()

    def let_cancel(self, deployment):
        deployment.action_cancel()

    def take_back(self, deployment):
        return self.env["ops.deployment"].browse(deployment.action_roll_back()["res_id"])


class ExecutorContract(ProviderContract):
    """Somebody else carries it out, and the checks have to find it good."""

    def begin(self, **values):
        return self.deploy(**values)

    def let_succeed(self, deployment):
        self.prove(deployment)

    def take_back(self, deployment):
        return self.roll_back_well(deployment)


@tagged("post_install", "-at_install")
class TestWebhook(ExecutorContract, WebhookCase):
    def let_fail(self, deployment):
        self.report(deployment, "failed")

    def let_cancel(self, deployment):
        deployment.action_cancel()
        self.work()
        self.report(deployment, "cancelled")


@tagged("post_install", "-at_install")
class TestAppPlatform(ExecutorContract, AppPlatformCase):
    def let_fail(self, deployment):
        self.cloud.fail(self.app.identifier)
        self.cloud.pass_phases(5)
        self.work()

    def let_cancel(self, deployment):
        deployment.action_cancel()
        self.work()
