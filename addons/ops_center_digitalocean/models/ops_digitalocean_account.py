import logging
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.ops_center_base.transaction import (
    attempt_in_new_transaction,
    run_in_new_transaction,
)
from odoo.addons.ops_center_base.transport import (
    HttpClient,
    TransportError,
    is_http_url,
    is_metadata_address,
)
from odoo.addons.ops_center_deployment import states

from ..app_platform import AnswerError, AppPlatform
from ..app_platform.client import BASE_URL

_logger = logging.getLogger(__name__)

LOOP = "digitalocean"
IDLE = 60.0  # seconds: one request for all apps
BUSY = 5.0  # seconds, while a deployment of ours is under way
# So many are asked for one by one; beyond that, asking for all apps costs less.
MOST_ASKED_SINGLY = 3
PAUSE = timedelta(minutes=1)  # after an answer that says to wait, but not for how long
# The rest of the hour's requests is for deploying, not for looking.
RESERVE = 0.1
TIMEOUT = 12.0  # seconds; a request of an operation makes two calls within half of its lease
MAX_LOG = 4 * 1024 * 1024  # bytes
MAX_ANSWER = 32 * 1024 * 1024  # bytes; apps come with the specs of all their deployments


class Look(NamedTuple):
    """What is to be asked for, as the database says before anybody is asked."""

    api: AppPlatform
    #: Of which app ours are that are under way, here and there, by their names there.
    awaited: dict
    seen: dict  #: what was seen last of each app
    at_everything: bool  #: not only at what is awaited


class OpsDigitaloceanAccount(models.Model):
    """A token of DigitalOcean, and the look at what it shows: every minute, all apps at once."""

    _name = "ops.digitalocean.account"
    _description = "DigitalOcean Account"
    _inherit = ["mail.thread", "ops.secret.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    api_url = fields.Char(
        string="API Address",
        required=True,
        default=BASE_URL,
        help="Another one than DigitalOcean's is for tests. Changing it forgets the token.",
    )
    token = fields.Char(
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
        help="A personal access token with the scopes app:read and app:update.",
    )
    token_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    token_hint = fields.Char(string="Token Ends In", readonly=True, copy=False)
    token_set_at = fields.Datetime(string="Token Entered", readonly=True, copy=False)
    token_age = fields.Integer(
        compute="_compute_token_age", help="In days. Replace it once a year."
    )
    problem = fields.Char(readonly=True, copy=False, help="Why nothing can be seen there.")
    polled_at = fields.Datetime(string="Last Seen", readonly=True, copy=False)
    looked_at = fields.Datetime(readonly=True, copy=False, help="When the last look began.")
    paused_until = fields.Datetime(readonly=True, copy=False)
    budget_limit = fields.Integer(string="Requests an Hour", readonly=True, copy=False)
    budget_remaining = fields.Integer(string="Requests Left", readonly=True, copy=False)
    budget_reset_at = fields.Datetime(string="More Requests From", readonly=True, copy=False)
    app_ids = fields.One2many("ops.digitalocean.app", "account_id", string="Apps")
    app_count = fields.Integer(compute="_compute_app_count")

    # === CONSTRAINT METHODS === #

    @api.constrains("api_url")
    def _check_api_url(self):
        for account in self:
            if not is_http_url(account.api_url):
                raise ValidationError(
                    self.env._("API Address: enter all of it, such as %s.", BASE_URL)
                )

    # === COMPUTE METHODS === #

    @api.depends("token_set_at")
    def _compute_token_age(self):
        for account in self:
            entered = account.token_set_at
            account.token_age = (fields.Datetime.now() - entered).days if entered else 0

    @api.depends("app_ids")
    def _compute_app_count(self):
        counts = dict(
            self.env["ops.digitalocean.app"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.app_count = counts.get(account, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        accounts.filtered("token_hint").token_set_at = fields.Datetime.now()
        self.env["ops.worker"]._notify(LOOP)
        return accounts

    def write(self, vals):
        if "api_url" in vals and not vals.get("token"):
            moved = self.filtered(lambda account: account.api_url != vals["api_url"])
            # A token is for where it was entered, and not for whoever's address comes next.
            moved._forget_secret("token")
        result = super().write(vals)
        if vals.get("token"):
            super().write({"token_set_at": fields.Datetime.now(), "looked_at": False})
            self._look_anew()
        return result

    # === ACTION METHODS === #

    def action_test(self):
        """See whether the token is taken, and which scopes it lacks."""
        self.ensure_one()
        self.check_access("write")
        api = self._api()
        try:
            missing = self._missing_scopes(api)
        except (TransportError, AnswerError) as error:
            raise UserError(
                self.env._("There is no connection. %s", getattr(error, "message", error))
            ) from error
        if missing:
            raise UserError(
                self.env._(
                    "The token is taken, but it lacks these scopes: %s. Make a new one with them,"
                    " and enter it here.",
                    ", ".join(missing),
                )
            )
        self.problem = False
        self._look_anew()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The token is taken, and has the scopes it needs."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_view_apps(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ops_center_digitalocean.ops_digitalocean_app_action"
        )
        return {**action, "domain": [("account_id", "=", self.id)]}

    def _missing_scopes(self, api):
        """Return the scopes that the token lacks, as far as it can be seen without a change."""
        try:
            apps = api.apps()
        except TransportError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return ["app:read", "app:update"]
        deployment = next((app.active for app in apps if app.active), None)
        if not deployment:
            return []
        app = next(app for app in apps if app.active)
        try:
            # Only looks, but needs the scope to change apps.
            api.rollback_problem(app.id, deployment.id)
        except TransportError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return ["app:update"]
        return []

    # === BUSINESS METHODS === #

    def _api(self):
        """Return the API, to be called in no transaction that holds locks.

        :raise UserError: there is no token, or it can't be decrypted
        """
        token = self._reveal("token")
        if not token:
            raise UserError(
                self.env._("Enter a token into the DigitalOcean account “%s”.", self.name)
            )
        return AppPlatform(HttpClient(timeout=TIMEOUT, max_bytes=MAX_ANSWER), token, self.api_url)

    def _look_anew(self):
        """Have all of it be looked at at once."""
        self.write({"polled_at": False, "looked_at": False, "paused_until": False})
        self.env["ops.worker"]._notify(LOOP)

    @api.model
    def _run_poll(self):
        """Loop of the worker: look at what is due.

        :return: seconds until the next account is due
        """
        due = run_in_new_transaction(self.env, lambda env: env[self._name]._claim_due())
        for account_id in due:
            self._poll(account_id)
        return run_in_new_transaction(self.env, lambda env: env[self._name]._seconds_until_due())

    @api.model
    def _claim_due(self):
        """Return the accounts that are due, so that no other worker looks at them as well."""
        # A copy of the database uses up nobody's requests.
        if self.env["ops.instance"]._outward_blocker():
            return []
        now = fields.Datetime.now()
        accounts = self.search([("token_hint", "!=", False)])
        due = accounts.filtered(lambda account: account._due_at() <= now).try_lock_for_update()
        due.looked_at = now
        return due.ids

    @api.model
    def _seconds_until_due(self):
        accounts = self.search([("token_hint", "!=", False)])
        if not accounts:
            return None
        wait = min(account._due_at() for account in accounts) - fields.Datetime.now()
        return min(max(wait.total_seconds(), 1.0), IDLE)

    def _due_at(self):
        if not self.looked_at:
            return datetime.min
        pace = BUSY if self._deployments_under_way() or self._apps_to_look_at_anew() else IDLE
        due = self.looked_at + timedelta(seconds=pace)
        return max(due, self.paused_until or due)

    def _apps_to_look_at_anew(self):
        """Return the apps that somebody has just made an environment of."""
        return self.app_ids.filtered(lambda app: app.environment_ids and not app.seen_digest)

    def _deployments_under_way(self):
        return self.env["ops.deployment"].search(
            [
                ("environment_id.digitalocean_app_id.account_id", "in", self.ids),
                ("state", "in", [states.BUILDING, states.DEPLOYING]),
                ("provider_reference", "!=", False),
            ]
        )

    @api.model
    def _poll(self, account_id):
        """Look at an account, in no transaction, and take down what is new, app by app."""
        account = self.browse(account_id)
        try:
            look = run_in_new_transaction(
                self.env, lambda env: account.with_env(env)._prepare_look()
            )
        except UserError as error:
            attempt_in_new_transaction(account, "_note_problem", str(error))
            return
        try:
            awaited = dict(look.awaited)
            if look.at_everything:
                for app in look.api.apps():
                    if app.digest != look.seen.get(app.id):
                        attempt_in_new_transaction(account, "_note_app", app)
                    # Of what has ended badly, an app says nothing.
                    for deployment in filter(None, (app.active, app.pending, app.in_progress)):
                        awaited.pop(deployment.id, None)
                attempt_in_new_transaction(account, "_note_seen", look.api.budget)
            for reference, (app_id, identifier) in awaited.items():
                deployment = look.api.deployment(identifier, reference)
                attempt_in_new_transaction(account, "_note_deployment", app_id, deployment)
            for reference, (_app_id, identifier) in [*look.awaited.items()][:MOST_ASKED_SINGLY]:
                log = _fetch_log(look.api, identifier, reference)
                attempt_in_new_transaction(account, "_note_log", reference, log)
        except (TransportError, AnswerError) as error:
            attempt_in_new_transaction(account, "_note_error", error)

    def _prepare_look(self):
        """Return the `Look` that is due; raises UserError where there is no token to look with."""
        awaited = {
            deployment.provider_reference: (app.id, app.identifier)
            for deployment in self._deployments_under_way()
            for app in deployment.environment_id.digitalocean_app_id
        }
        return Look(
            self._api(),
            awaited,
            seen={app.identifier: app.seen_digest for app in self.app_ids},
            at_everything=bool(
                self._is_time_for_all()
                or self._apps_to_look_at_anew()
                or len(awaited) > MOST_ASKED_SINGLY
            ),
        )

    def _is_time_for_all(self):
        seen = self.polled_at
        return not seen or fields.Datetime.now() - seen >= timedelta(seconds=IDLE)

    def _note_app(self, told):
        self.env["ops.digitalocean.app"]._take(self, told)

    def _note_deployment(self, app_id, told):
        self.env["ops.digitalocean.app"].browse(app_id)._take_deployment(told)

    def _note_log(self, reference, log):
        deployments = self.env["ops.deployment"].search([("provider_reference", "=", reference)])
        for deployment in deployments:
            deployment._append_log(log, 0)

    def _note_seen(self, budget):
        values = {"polled_at": fields.Datetime.now(), "problem": False, "paused_until": False}
        if budget:
            values |= {
                "budget_limit": budget.limit,
                "budget_remaining": budget.remaining,
                "budget_reset_at": budget.reset_at,
            }
            if budget.remaining < RESERVE * budget.limit:
                values["paused_until"] = fields.Datetime.now() + PAUSE
        self.write(values)

    def _note_problem(self, message):
        self.problem = message

    def _note_error(self, error):
        self.problem = getattr(error, "message", str(error))
        retry_after = getattr(error, "retry_after", None)
        if retry_after or getattr(error, "kind", "") == "rate_limited":
            pause = timedelta(seconds=retry_after) if retry_after else PAUSE
            self.paused_until = fields.Datetime.now() + pause


def _fetch_log(api, identifier, reference):
    """Return all of a deployment's log so far; as much of it as can be had."""
    # Where logs are is App Platform's to say, and none of our network's business.
    http = HttpClient(timeout=TIMEOUT, max_bytes=MAX_LOG, refuse_address=is_metadata_address)
    log = ""
    for kind in ("BUILD", "DEPLOY"):
        for address in api.log_addresses(identifier, reference, kind):
            try:
                log += http.request("GET", address).body.decode(errors="replace")
            except TransportError as error:
                # The deployment goes on without its log.
                _logger.info("The log of deployment %s can't be had: %s", reference, error)
                return log
    return log
