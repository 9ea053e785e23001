from odoo import api, fields, models

from odoo.addons.ops_center_base.transport import mask

from ..app_platform import as_yaml
from .ops_digitalocean_account import LOOP


class OpsDigitaloceanApp(models.Model):
    """An app as it was last seen. Nobody changes it here; App Platform's word is the truth."""

    _name = "ops.digitalocean.app"
    _description = "DigitalOcean App"
    _order = "name, id"

    account_id = fields.Many2one(
        "ops.digitalocean.account", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    identifier = fields.Char(string="ID", required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    region = fields.Char(readonly=True)
    tier = fields.Char(readonly=True)
    url = fields.Char(string="URL", readonly=True)
    phase = fields.Selection(
        [
            ("PENDING_BUILD", "Waiting to Build"),
            ("BUILDING", "Building"),
            ("PENDING_DEPLOY", "Waiting to Deploy"),
            ("DEPLOYING", "Deploying"),
            ("ACTIVE", "Live"),
            ("UNKNOWN", "Unknown"),
        ],
        string="State",
        readonly=True,
        help="What App Platform deploys, or runs.",
    )
    spec = fields.Text(readonly=True, help="Without the values of variables, which may be secrets.")
    is_pinned = fields.Boolean(
        string="Pinned", readonly=True, help="It refuses anything new since a rollback."
    )
    image_repository = fields.Char(
        string="Image to Deploy",
        help="Which of the images is deployed, if components use several ones.",
    )
    deploys_on_push = fields.Boolean(
        string="Deploys on Push",
        compute="_compute_deploys_on_push",
        help="App Platform deploys by itself when a source changes; nothing here can stop that.",
    )
    domains = fields.Char(readonly=True)
    component_ids = fields.One2many("ops.digitalocean.component", "app_id", readonly=True)
    environment_ids = fields.One2many("ops.environment", "digitalocean_app_id")
    environment_id = fields.Many2one("ops.environment", compute="_compute_environment_id")
    seen_digest = fields.Char(readonly=True, help="Of what was told of it, to see what is new.")

    _identifier_uniq = models.UniqueIndex(
        "(account_id, identifier)", "This app is already known in its account."
    )

    # === COMPUTE METHODS === #

    @api.depends("component_ids.deploys_on_push")
    def _compute_deploys_on_push(self):
        for app in self:
            app.deploys_on_push = any(app.component_ids.mapped("deploys_on_push"))

    @api.depends("environment_ids")
    def _compute_environment_id(self):
        for app in self:
            app.environment_id = app.environment_ids[:1]

    # === ACTION METHODS === #

    def action_create_environment(self):
        """Make this app an environment of Ops Center, as far as that can be told from here."""
        self.ensure_one()
        application = self.env["ops.application"].search(
            [("name", "=", self.name), ("company_id", "=", self.company_id.id)], limit=1
        )
        if not application:
            application = application.create({"name": self.name, "company_id": self.company_id.id})
        environment = self.env["ops.environment"].create(
            {
                "name": self.name,
                "application_id": application.id,
                "company_id": self.company_id.id,
                "url": self.url,
                "provider": "digitalocean",
                "digitalocean_app_id": self.id,
            }
        )
        return environment.get_formview_action()

    # === BUSINESS METHODS === #

    @api.model
    def _take(self, account, told):
        """Take down what is new of an app.

        :param account: the `ops.digitalocean.account` that it was seen in
        :param App told: as it is now
        """
        app = self.search([("account_id", "=", account.id), ("identifier", "=", told.id)])
        deployment = told.under_way or told.active
        values = {
            "name": told.name or told.id,
            "region": told.region,
            "tier": told.tier,
            "url": told.url,
            "phase": deployment and self._known_phase(deployment.phase),
            "spec": mask(as_yaml(told.spec)),
            "is_pinned": bool(told.pinned),
            "domains": ", ".join(f"{name} ({phase.lower()})" for name, phase in told.domains),
            "seen_digest": told.digest,
        }
        if app:
            app.write(values)
        else:
            app = self.create({**values, "account_id": account.id, "identifier": told.id})
        app._take_components(told.components)
        for deployment in (told.active, told.pending, told.in_progress):
            if deployment and not app._take_deployment(deployment):
                app.seen_digest = False

    @api.model
    def _known_phase(self, phase):
        return phase if phase in dict(self._fields["phase"].selection) else "UNKNOWN"

    def _look_anew(self):
        """Have what runs there be taken down, also what was seen before."""
        # Whoever may say which app an environment is may have it looked at.
        self.sudo().seen_digest = False
        self.env["ops.worker"]._notify(LOOP)

    def _take_components(self, components):
        self.component_ids.unlink()
        self.component_ids.create(
            [
                {
                    "app_id": self.id,
                    "sequence": sequence,
                    "name": component.name or self.name,
                    "kind": component.kind,
                    "size": component.size,
                    "instance_count": component.count,
                    "source": component.source,
                    "deploys_on_push": component.deploys_on_push,
                }
                for sequence, component in enumerate(components)
            ]
        )

    def _take_deployment(self, told):
        """Take down how a deployment goes; return whether that is settled until it changes."""
        deployments = self.env["ops.deployment"]
        environment = self.environment_id
        return not environment or deployments._take_from_app_platform(environment, told)
