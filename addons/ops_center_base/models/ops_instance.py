import json
import os
import uuid
from pathlib import Path

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.modules import Manifest
from odoo.tools import config

from ..release import running_release

BINDING = "ops_center.binding"


class OpsInstance(models.AbstractModel):
    """The Odoo that this code runs in: is it the original, is it ready, what does it run."""

    _name = "ops.instance"
    _description = "Running Instance"

    # === ACTION METHODS === #

    def action_bind(self):
        """Declare this database the original: what is held goes out again."""
        if not self.env.user.has_group("ops_center_base.group_manager"):
            raise AccessError(
                self.env._("Only a manager of Ops Center may declare this database the original.")
            )
        if self._is_neutralized():
            raise UserError(
                self.env._(
                    "This database was neutralised for testing, so it stays a copy. "
                    "Restore the original to work with the outside."
                )
            )
        self._bind()
        self.env["ops.event"]._record(
            "binding.bound",
            self.env._("This database was declared the original"),
            environment=self.env.ref("ops_center_base.environment_self"),
            level="warning",
        )
        for loop in ("dispatch", "notify"):
            self.env["ops.worker"]._notify(loop)

    # === BUSINESS METHODS === #

    @api.model
    def _binding(self):
        """Return what the database is bound to: its identity and a marker outside of it."""
        # A fact about the installation, not about records of the user.
        parameters = self.env["ir.config_parameter"].sudo()
        return {
            "uuid": parameters.get_param("database.uuid"),
            "dbname": self.env.cr.dbname,
            "marker": self._marker(),
        }

    @api.model
    def _bind(self):
        """Bind the database to where it is now, making the marker if there is none."""
        if not self._marker():
            path = self._marker_path()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(uuid.uuid4().hex)
        # Who may do this was checked by the caller; users can't write parameters.
        self.env["ir.config_parameter"].sudo().set_param(BINDING, json.dumps(self._binding()))

    @api.model
    def _unbind(self):
        """Forget the binding, in the database and outside of it."""
        # Called when the addon is uninstalled, as superuser.
        self.env["ir.config_parameter"].sudo().search([("key", "=", BINDING)]).unlink()
        self._marker_path().unlink(missing_ok=True)

    @api.model
    def _outward_blocker(self):
        """Return why nothing may be sent to the outside, or False.

        A copy of the database holds the same intents as the original, and would deploy, pay and
        page a second time.
        """
        if self._is_neutralized():
            return self.env._(
                "This database was neutralised for testing: nothing is sent to the outside."
            )
        # A fact about the installation, not about records of the user.
        bound = self.env["ir.config_parameter"].sudo().get_param(BINDING)
        if not bound:
            return self.env._(
                "Nothing is sent to the outside until a manager declares this database the "
                "original."
            )
        if json.loads(bound) != self._binding():
            return self.env._(
                "This database looks like a copy of another one: nothing is sent to the outside "
                "until a manager declares it the original."
            )
        return False

    @api.model
    def _is_neutralized(self):
        # A fact about the installation, not about records of the user.
        return bool(self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized"))

    @api.model
    def _marker(self):
        """Return what marks the installation outside of the database, or None."""
        if marker := os.environ.get("OPS_CENTER_INSTANCE"):
            return marker
        path = self._marker_path()
        return path.read_text() if path.exists() else None

    @api.model
    def _marker_path(self):
        return Path(config["data_dir"], "ops_center", f"{self.env.cr.dbname}.instance")

    @api.model
    def _release(self):
        """Return the revision of the running code."""
        return running_release()

    @api.model
    def _installed_versions(self):
        """Return the version of each installed module, as the database knows it."""
        # A fact about the installation, not about records of the user.
        modules = self.env["ir.module.module"].sudo()
        installed = modules.search_fetch([("state", "=", "installed")], ["name", "latest_version"])
        return {module.name: module.latest_version for module in installed}

    @api.model
    def _readiness(self, expected_release=None):
        """Examine whether this Odoo can do its work.

        :param str expected_release: the revision that the asker wants to see running
        :return: one dict(name, ok, message) for each condition
        """
        checks = [
            self._check_writable(),
            self._check_module_states(),
            self._check_versions(),
            self._check_worker(),
            self._check_release(expected_release),
        ]
        return [
            {"name": name, "ok": not problem, "message": problem or self.env._("In order.")}
            for name, problem in checks
        ]

    @api.model
    def _check_writable(self):
        """Write for real and take it back: full disks and standbys answer reads."""
        try:
            with self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(
                    "UPDATE ir_config_parameter SET write_date = write_date "
                    "WHERE key = 'database.uuid'",
                    log_exceptions=False,
                )
                savepoint.rollback()
        except psycopg2.Error as error:
            reason = (error.diag.message_primary or str(error)).strip()
            return "database", self.env._("The database can't be written: %s", reason)
        return "database", False

    @api.model
    def _check_module_states(self):
        # A fact about the installation, not about records of the user.
        waiting = self.env["ir.module.module"].sudo().search([("state", "=like", "to %")])
        if not waiting:
            return "modules", False
        return "modules", self.env._(
            "Modules wait to be installed, upgraded or removed: %s. Scheduled actions stand still "
            "until that is done.",
            ", ".join(f"{module.name} ({module.state})" for module in waiting),
        )

    @api.model
    def _check_versions(self):
        problems = []
        for name, version in sorted(self._installed_versions().items()):
            manifest = Manifest.for_addon(name, display_warning=False)
            if not manifest:
                problems.append(self.env._("%s is installed, but its code is missing", name))
            elif manifest.version != version:
                problems.append(
                    self.env._(
                        "%(name)s is %(installed)s in the database, %(code)s in the code",
                        name=name,
                        installed=version,
                        code=manifest.version,
                    )
                )
        return "versions", "; ".join(problems)

    @api.model
    def _check_worker(self):
        if self.env["ops.worker"]._work_mode() != "none":
            return "worker", False
        return "worker", self.env._(
            "Neither a worker nor scheduled actions are at work: start the worker, or Odoo with "
            "max_cron_threads above 0."
        )

    @api.model
    def _check_release(self, expected):
        running = self._release()
        if not expected or expected == running:
            return "release", False
        return "release", self.env._(
            "%(running)s is running, %(expected)s is expected.", running=running, expected=expected
        )
