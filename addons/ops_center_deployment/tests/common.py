from odoo.tests import new_test_user

REVISION = "3f6c1d9b8a7e5f40213c6d7e8f9a0b1c2d3e4f50"
NEXT_REVISION = "a91be07754c2d3f68e0b1a2c3d4e5f6071829304"


class DeploymentCommon:
    """People and environments to deploy to; mix into a test case."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.viewer, cls.operator, cls.manager = (
            new_test_user(cls.env, f"deployment_{role}", f"ops_center_base.group_{role}")
            for role in ("viewer", "operator", "manager")
        )
        cls.application = cls.env["ops.application"].create({"name": "Webshop"})
        cls.production, cls.staging = cls.env["ops.environment"].create(
            [
                {"name": "Production", "application_id": cls.application.id},
                {"name": "Staging", "application_id": cls.application.id, "kind": "staging"},
            ]
        )
        foreign_application = cls.env["ops.application"].create(
            {"name": "Foreign", "company_id": cls.other_company.id}
        )
        cls.foreign = cls.env["ops.environment"].create(
            {
                "name": "Foreign",
                "application_id": foreign_application.id,
                "company_id": cls.other_company.id,
            }
        )

    def _draft(self, environment=None, user=None, **values):
        """Return a draft as the given user (default: the operator) records it."""
        return (
            self.env["ops.deployment"]
            .with_user(user or self.operator)
            .create(
                {
                    "environment_id": (environment or self.production).id,
                    "revision": REVISION,
                    **values,
                }
            )
        )
