import difflib
import re
from configparser import Error as ConfigParserError
from configparser import RawConfigParser
from datetime import UTC, datetime
from pathlib import Path

import odoo.release
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.modules import Manifest
from odoo.tools import SQL, config
from odoo.tools.config import crypt_context
from odoo.tools.misc import find_in_path

from ..auditor.facts import Facts, ScheduledAction, UnknownOption

BACKUP_CHECK = "ops_center_health.ops_health_check_backup"
DEFAULT_PASSWORD = "admin"  # noqa: S105 - the one that core creates, not one of ours
INTERVAL_SECONDS = {
    "minutes": 60,
    "hours": 3600,
    "days": 86400,
    "weeks": 7 * 86400,
    "months": 30 * 86400,
}
# Options of earlier versions, and what they are called now.
RENAMED_OPTIONS = {
    "longpolling_port": "gevent_port",
    "xmlrpc_port": "http_port",
    "xmlrpc_interface": "http_interface",
    "xmlrpc": "http_enable",
}


class OpsInstance(models.AbstractModel):
    _inherit = "ops.instance"

    # === BUSINESS METHODS === #

    @api.model
    def _audit_facts(self):
        """Return what the rules of `auditor.instance` look at. Needs superuser mode."""
        parameters = self.env["ir.config_parameter"]
        neutralized = parameters.get_param("database.is_neutralized")
        return Facts(
            now=fields.Datetime.now(),
            config_name=Path(config["config"] or "").name,
            master_password=self._audit_master_password(),
            default_logins=self._audit_default_logins(),
            database_list=bool(config["list_db"]),
            database_filter=config["dbfilter"] or "",
            database_names=tuple(config["db_name"]),
            proxy_mode=bool(config["proxy_mode"]),
            base_url=parameters.get_param("web.base.url", ""),
            workers=config["workers"] or 0,
            cron_threads=config["max_cron_threads"],
            time_limit=config["limit_time_real"],
            memory_limit=config["limit_memory_hard"] or 0,
            internal_users=self.env["res.users"].search_count([("share", "=", False)]),
            pdf_engine=self._audit_pdf_engine(),
            backup_at=self._audit_backup_at(),
            unknown_options=self._audit_unknown_options(),
            # A neutralized copy has all of them switched off, on purpose.
            scheduled_actions=() if neutralized else self._audit_scheduled_actions(),
            missing_addons=self._audit_missing_addons(),
            release=odoo.release.version,
            released_at=self._audit_released_at(),
        )

    @api.model
    def _audit_master_password(self):
        stored = config["admin_passwd"]
        if stored == DEFAULT_PASSWORD:
            return "missing"
        # An empty one locks the database manager.
        return "default" if stored and crypt_context.verify(DEFAULT_PASSWORD, stored) else "set"

    @api.model
    def _audit_default_logins(self):
        """Compare hashes: an attempt to log in would count, be logged and lock people out."""
        rows = self.env.execute_query(
            SQL(
                "SELECT login, password FROM res_users"
                " WHERE active AND password IS NOT NULL AND (login = %s OR id = %s)",
                DEFAULT_PASSWORD,
                self.env.ref("base.user_admin").id,
            )
        )
        context = self.env["res.users"]._crypt_context()
        return tuple(
            login for login, password in rows if context.verify(DEFAULT_PASSWORD, password)
        )

    @api.model
    def _audit_pdf_engine(self):
        # Not core's own answer, which is kept until the next start.
        try:
            return bool(find_in_path("wkhtmltopdf"))
        except OSError:
            return False

    @api.model
    def _audit_backup_at(self):
        """The latest sign of a backup: a file in the usual folder, an archived WAL segment, or the
        time at which a backup script pinged the heartbeat check for it.
        """
        folder = Path(config["data_dir"]) / "backups"
        signs = [
            datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
            for path in folder.rglob("*")
            if path.is_file()
        ]
        signs += [
            time
            for (time,) in self.env.execute_query(
                SQL("SELECT last_archived_time AT TIME ZONE 'UTC' FROM pg_stat_archiver")
            )
            if time
        ]
        if check := self.env.ref(BACKUP_CHECK, raise_if_not_found=False):
            signs.append(check._succeeded_at())
        return max(filter(None, signs), default=None)

    @api.model
    def _audit_unknown_options(self):
        known = {*config.options_index, *config.aliases, "without_demo"}
        path = Path(config["config"] or "")
        parser = RawConfigParser()
        try:
            text = path.read_text(encoding="utf-8")
            parser.read_string(text)
            names = parser.options("options")
        except (OSError, ValueError, ConfigParserError):
            # Odoo runs without a readable file too.
            return ()
        lines = [re.split(r"[=:]", line)[0].strip().lower() for line in text.splitlines()]
        return tuple(
            UnknownOption(
                name=name,
                line=lines.index(name) + 1 if name in lines else 0,
                meant=RENAMED_OPTIONS.get(name)
                or next(iter(difflib.get_close_matches(name, known, n=1)), ""),
            )
            for name in names
            if name not in known
        )

    @api.model
    def _audit_scheduled_actions(self):
        actions = self.env["ir.cron"].with_context(active_test=False, lang=None).search(Domain.TRUE)
        references = actions.get_external_id()
        return tuple(
            ScheduledAction(
                reference=references.get(action.id) or f"ir.cron,{action.id}",
                name=action.cron_name or "",
                active=action.active,
                interval=action.interval_number * INTERVAL_SECONDS[action.interval_type],
                last_call=action.lastcall or None,
                next_call=action.nextcall,
                failures=action.failure_count,
            )
            for action in actions.sorted("id")
        )

    @api.model
    def _audit_missing_addons(self):
        modules = self.env["ir.module.module"].search([("state", "=", "installed")], order="name")
        if "imported" in modules._fields:
            # Those live in the database only.
            modules = modules.filtered(lambda module: not module.imported)
        return tuple(
            module.name
            for module in modules
            if not Manifest.for_addon(module.name, display_warning=False)
        )

    @api.model
    def _audit_released_at(self):
        """The day in the version of a nightly build, else the age of the code's own file."""
        day = re.search(r"\d{8}", odoo.release.version)
        if day:
            return datetime.strptime(day.group(), "%Y%m%d")
        built = Path(odoo.release.__file__).stat().st_mtime
        return datetime.fromtimestamp(built, UTC).replace(tzinfo=None)
