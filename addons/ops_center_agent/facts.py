"""What an Odoo can tell about itself, by plain SQL that fits the databases of 16 to 19."""

import os
import shutil

PERIOD = 300  # seconds between two reports
LATE_MINUTES = 15
STUCK_MINUTES = 60
FAILED_HOURS = 24
ONLINE_MINUTES = 3  # a browser says every minute that it is there

MODULES = "SELECT name, latest_version FROM ir_module_module WHERE state = 'installed'"

# What reports is itself a scheduled action, and no longer late when it does.
LATE_ACTIONS = """
    SELECT cron_name, extract(epoch FROM nextcall)::bigint
      FROM ir_cron
     WHERE active AND nextcall < (now() AT TIME ZONE 'UTC') - %s * interval '1 minute'
           AND NOT EXISTS (
               SELECT 1
                 FROM ir_model_data
                WHERE module = 'ops_center_agent' AND model = 'ir.cron' AND res_id = ir_cron.id
           )
  ORDER BY nextcall, id
"""

FAILING_ACTIONS = """
    SELECT cron_name, failure_count
      FROM ir_cron
     WHERE active AND failure_count > 0
  ORDER BY failure_count DESC, id
"""

MAIL = """
    SELECT count(*) FILTER (WHERE state = 'outgoing'),
           count(*) FILTER (WHERE state = 'exception'),
           min(failure_reason) FILTER (WHERE state = 'exception')
      FROM mail_mail
     WHERE state = 'outgoing'
           AND (scheduled_date IS NULL OR scheduled_date < (now() AT TIME ZONE 'UTC'))
           AND write_date < (now() AT TIME ZONE 'UTC') - %s * interval '1 minute'
        OR state = 'exception'
           AND write_date > (now() AT TIME ZONE 'UTC') - %s * interval '1 hour'
"""

FAILED_JOBS = """
    SELECT count(*)
      FROM queue_job
     WHERE state = 'failed'
           AND coalesce(date_started, date_created)
               > (now() AT TIME ZONE 'UTC') - %s * interval '1 hour'
"""

# The table has another name since 19.
ONLINE_USERS = {
    "bus_presence": """
        SELECT count(*)
          FROM bus_presence
         WHERE user_id IS NOT NULL AND status = 'online'
               AND last_poll > (now() AT TIME ZONE 'UTC') - %s * interval '1 minute'
    """,
    "mail_presence": """
        SELECT count(*)
          FROM mail_presence
         WHERE user_id IS NOT NULL AND status = 'online'
               AND last_poll > (now() AT TIME ZONE 'UTC') - %s * interval '1 minute'
    """,
}


def collect(cr, version, data_dir, backup_path):
    """Return what is known; what is missing in it is unknown. It only reads.

    :param cr: a cursor of the database that is told about
    :param str version: of Odoo
    :param str data_dir: where Odoo keeps its files
    :param str backup_path: a backup, or the folder of the backups; empty where none is watched
    """
    cr.execute(MODULES)
    modules = {name: installed or "" for name, installed in cr.fetchall()}
    facts = {
        "format": 1,
        "period": PERIOD,
        "odoo": {
            "version": version,
            "edition": "enterprise" if "web_enterprise" in modules else "community",
        },
        "modules": modules,
        "crons": _scheduled_actions(cr),
        "disk": _disk(data_dir),
        "database": _database(cr),
    }
    if _has(cr, "mail_mail", "scheduled_date", "failure_reason"):
        cr.execute(MAIL, [STUCK_MINUTES, FAILED_HOURS])
        stuck, failed, reason = cr.fetchone()
        facts["mail"] = {"stuck": stuck, "failed": failed, "reason": (reason or "")[:1000]}
    if _has(cr, "queue_job", "state", "date_started", "date_created"):
        cr.execute(FAILED_JOBS, [FAILED_HOURS])
        facts["jobs"] = {"failed": cr.fetchone()[0]}
    for table, query in ONLINE_USERS.items():
        if _has(cr, table, "user_id", "status", "last_poll"):
            cr.execute(query, [ONLINE_MINUTES])
            facts["users_online"] = cr.fetchone()[0]
    if backup_path:
        facts["backup"] = {"newest_at": newest(backup_path)}
    return facts


def newest(path):
    """When the newest file of a folder was written, or that file itself; None if there is none."""
    try:
        if not os.path.isdir(path):
            return int(os.stat(path).st_mtime)
        with os.scandir(path) as entries:
            times = [entry.stat().st_mtime for entry in entries if entry.is_file()]
    except OSError:
        return None
    return int(max(times)) if times else None


def _scheduled_actions(cr):
    cr.execute("SELECT count(*) FROM ir_cron WHERE active")
    actions = {"active": cr.fetchone()[0]}
    cr.execute(LATE_ACTIONS, [LATE_MINUTES])
    actions["late"] = [{"name": name, "due_at": due_at} for name, due_at in cr.fetchall()]
    # Before 18 nothing but the log tells of failures.
    if _has(cr, "ir_cron", "failure_count"):
        cr.execute(FAILING_ACTIONS)
        rows = cr.fetchall()
        actions["failing"] = [{"name": name, "failures": count} for name, count in rows]
    return actions


def _disk(data_dir):
    usage = shutil.disk_usage(data_dir)
    # What is reserved for root is of no use to Odoo.
    return {"total": usage.used + usage.free, "free": usage.free}


def _database(cr):
    cr.execute("SELECT pg_database_size(current_database())")
    return {"size": cr.fetchone()[0]}


def _has(cr, table, *columns):
    """Whether the database has a table with such columns; other addons bring some of them."""
    cr.execute(
        """
        SELECT count(*)
          FROM pg_attribute
         WHERE attrelid = to_regclass(%s) AND attname = ANY(%s) AND NOT attisdropped
        """,
        [table, list(columns)],
    )
    return cr.fetchone()[0] == len(columns)
