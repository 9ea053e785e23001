"""Every rule about a running Odoo fires on the fact it is about, and on nothing else."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ops_center_audit.auditor import instance
from ops_center_audit.auditor.facts import Facts, ScheduledAction, UnknownOption

NOW = datetime(2026, 5, 1, 12)
HEALTHY = Facts(
    now=NOW,
    config_name="odoo.conf",
    master_password="set",
    default_logins=(),
    database_list=False,
    database_filter="^production$",
    database_names=(),
    proxy_mode=True,
    base_url="https://example.com",
    workers=4,
    cron_threads=1,
    time_limit=120,
    memory_limit=2**31,
    internal_users=50,
    pdf_engine=True,
    backup_at=NOW - timedelta(hours=20),
    unknown_options=(),
    scheduled_actions=(),
    missing_addons=(),
    release="19.0-20260401",
    released_at=NOW - timedelta(days=30),
)
ACTION = ScheduledAction(
    reference="mail.ir_cron_mail",
    name="Mail",
    active=True,
    interval=3600,
    last_call=NOW,
    next_call=NOW,
    failures=0,
)


def found(**facts):
    return [(o.rule, o.severity) for o in instance.audit(replace(HEALTHY, **facts))]


def action(**changes):
    return (replace(ACTION, **changes),)


def test_healthy_odoo_has_no_findings():
    assert found(scheduled_actions=(ACTION,)) == []


@pytest.mark.parametrize(
    ("facts", "rule", "severity"),
    [
        ({"default_logins": ("admin",)}, "admin-password", "critical"),
        ({"master_password": "missing"}, "master-password", "medium"),
        ({"master_password": "default"}, "master-password", "medium"),
        ({"database_list": True}, "database-list", "high"),
        ({"database_filter": ""}, "database-filter", "medium"),
        ({"proxy_mode": False}, "proxy-mode", "medium"),
        ({"workers": 0}, "workers", "medium"),
        ({"workers": 0, "internal_users": 2}, "workers", "low"),
        ({"time_limit": 0}, "limits", "medium"),
        ({"memory_limit": 0}, "limits", "medium"),
        ({"pdf_engine": False}, "pdf-engine", "medium"),
        ({"backup_at": None}, "backup", "high"),
        ({"backup_at": NOW - timedelta(days=3)}, "backup", "high"),
        ({"unknown_options": (UnknownOption("db_filter", 3),)}, "unknown-option", "low"),
        ({"scheduled_actions": action(failures=1)}, "cron-failing", "high"),
        ({"scheduled_actions": action(next_call=NOW - timedelta(hours=4))}, "cron-late", "high"),
        ({"scheduled_actions": action(active=False)}, "cron-off", "low"),
        ({"cron_threads": 0}, "cron-threads", "high"),
        ({"missing_addons": ("ours",)}, "missing-addon", "high"),
        ({"released_at": NOW - timedelta(days=91)}, "release-age", "medium"),
    ],
)
def test_rule_fires_on_its_fact(facts, rule, severity):
    assert found(**facts) == [(rule, severity)]


@pytest.mark.parametrize(
    "facts",
    [
        {"database_filter": "", "database_names": ("production",)},
        {"proxy_mode": False, "base_url": "http://localhost:8069"},
        {"workers": 4, "time_limit": 120},
        {"scheduled_actions": action(next_call=NOW - timedelta(hours=2))},
        {"scheduled_actions": action(interval=60, next_call=NOW - timedelta(minutes=50))},
        {"scheduled_actions": action(active=False, last_call=None)},
        {"released_at": None},
    ],
)
def test_rule_keeps_quiet_where_all_is_well(facts):
    assert found(**facts) == []


def test_open_database_manager_makes_the_master_password_critical():
    assert ("master-password", "critical") in found(master_password="default", database_list=True)


def test_every_problem_of_one_rule_is_told_apart():
    actions = (*action(failures=1), *action(failures=1, reference="base.other"))
    observations = instance.audit(replace(HEALTHY, scheduled_actions=actions))
    assert [observation.path for observation in observations] == [
        "mail.ir_cron_mail",
        "base.other",
    ]


def test_unknown_option_shows_its_place_and_what_was_meant():
    option = UnknownOption("longpolling_port", 7, "gevent_port")
    (observation,) = instance.audit(replace(HEALTHY, unknown_options=(option,)))
    assert (observation.path, observation.line) == ("odoo.conf: longpolling_port", 7)
    assert "probably meant: gevent_port" in observation.evidence


def test_evidence_does_not_age():
    facts = replace(
        HEALTHY, backup_at=NOW - timedelta(days=3), scheduled_actions=action(failures=2)
    )
    later = replace(
        facts,
        now=NOW + timedelta(hours=1),
        internal_users=51,
        scheduled_actions=action(failures=3, last_call=NOW + timedelta(hours=1)),
    )
    assert instance.audit(facts) == instance.audit(later)
