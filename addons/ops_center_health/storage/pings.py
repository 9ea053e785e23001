"""What watched jobs said last, one row a check."""

import hashlib
from collections import defaultdict
from datetime import datetime

from odoo.tools import SQL
from odoo.tools.sql import column_exists

from ..heartbeat import Pings
from .clock import NOW

MAX_LOG = 10_000  # characters of what a job said during a run


def create_table(cr):
    """Create the table of what watched jobs said last, one row each; harmless if it exists."""
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_ping (
            check_id integer PRIMARY KEY REFERENCES ops_health_check ON DELETE CASCADE,
            started_at timestamp,
            run_id varchar,
            ended_at timestamp,
            failed boolean NOT NULL DEFAULT false,
            exit_code smallint,
            duration_ms real,
            note varchar NOT NULL DEFAULT '',
            log varchar NOT NULL DEFAULT ''
        ) WITH (fillfactor = 70)
    """)
    if not column_exists(cr, "ops_health_ping", "unjudged_at"):
        # A failure that was followed by a success before anybody looked.
        cr.execute("""
            ALTER TABLE ops_health_ping
                ADD COLUMN unjudged_at timestamp,
                ADD COLUMN unjudged_code smallint,
                ADD COLUMN unjudged_note varchar
        """)


def find(cr, token):
    """The heartbeat check that this token pings: its id and its grace, None if there is none.

    The index holds hashes: how long the search takes tells nothing about the tokens.
    """
    cr.execute(
        """
        SELECT id, grace
          FROM ops_health_check
         WHERE sha256(ping_token::bytea) = %s AND active AND kind = 'heartbeat'
        """,
        [hashlib.sha256(token.encode()).digest()],
    )
    return cr.fetchone()


def add_start(cr, check_id, run_id, log):
    """Take down that a run of a job began."""
    _write_ping(
        cr,
        check_id,
        SQL("started_at = %s, run_id = %s, log = %s", NOW, run_id, log),
    )


def add_log(cr, check_id, log):
    """Take down what a job said during a run, below what it said before."""
    _write_ping(
        cr,
        check_id,
        SQL(r"log = right(concat_ws(E'\n', nullif(log, ''), %s), %s)", log, MAX_LOG),
    )


def add_end(cr, check_id, run_id, note, failed, exit_code):
    """Take down that a run of a job ended.

    Without a run id, and with a failure, whatever is under way has ended. The end of one run says
    nothing about another one.

    :param str note: what the job sent along; without it, what it said during the run
    """
    is_this_run = SQL("run_id IS NOT DISTINCT FROM %s", run_id)
    is_unjudged = SQL(
        """
        failed AND EXISTS (
            SELECT 1
              FROM ops_health_check_state AS state
              JOIN ops_health_check AS checks ON checks.id = state.check_id
             WHERE state.check_id = ops_health_ping.check_id AND checks.state != 'paused'
                   AND state.last_at < ops_health_ping.ended_at
        )
        """
    )
    _write_ping(
        cr,
        check_id,
        SQL(
            """
            unjudged_at = CASE WHEN %(is_unjudged)s THEN ended_at ELSE unjudged_at END,
            unjudged_code = CASE WHEN %(is_unjudged)s THEN exit_code ELSE unjudged_code END,
            unjudged_note = CASE WHEN %(is_unjudged)s THEN note ELSE unjudged_note END,
            duration_ms = CASE WHEN %(is_this_run)s
                               THEN extract(epoch FROM %(now)s - started_at) * 1000 END,
            started_at = CASE WHEN %(is_this_run)s OR %(ends_all)s THEN NULL ELSE started_at END,
            ended_at = %(now)s,
            failed = %(failed)s,
            exit_code = %(exit_code)s,
            note = coalesce(nullif(%(note)s, ''), log),
            log = ''
            """,
            is_this_run=is_this_run,
            is_unjudged=is_unjudged,
            now=NOW,
            ends_all=failed or run_id is None,
            failed=failed,
            exit_code=exit_code,
            note=note,
        ),
    )


def _write_ping(cr, check_id, values):
    # A race lost to another ping is ordinary, and Odoo repeats the request: no line in the log.
    cr.execute(
        SQL(
            "INSERT INTO ops_health_ping (check_id) VALUES (%s) ON CONFLICT DO NOTHING",
            check_id,
        ),
        log_exceptions=False,
    )
    cr.execute(
        SQL("UPDATE ops_health_ping SET %s WHERE check_id = %s", values, check_id),
        log_exceptions=False,
    )


def latest(cr, check_ids):
    """What the jobs behind the checks said last.

    :return: the time, and a `Pings` for each check
    """
    cr.execute(SQL("SELECT %s", NOW))
    [now] = cr.fetchone()
    cr.execute(
        """
        SELECT ping.check_id, started_at, ended_at, failed, exit_code, duration_ms, note, log,
               CASE WHEN unjudged_at > state.last_at
                    THEN json_build_array(unjudged_at, unjudged_code, unjudged_note) END
          FROM ops_health_ping AS ping
          JOIN ops_health_check_state AS state ON state.check_id = ping.check_id
         WHERE ping.check_id = ANY(%s)
        """,
        [list(check_ids)],
    )
    said = defaultdict(Pings)
    for check_id, *values, unjudged in cr.fetchall():
        said[check_id] = Pings(*values, unjudged=unjudged and _failure(*unjudged))
    return now, said


def _failure(ended_at, exit_code, note):
    return Pings(
        ended_at=datetime.fromisoformat(ended_at), failed=True, exit_code=exit_code, note=note
    )
