"""Ops Center comes into a database that is in use, works there, and leaves it as it was."""

from collections import Counter
from pathlib import Path

from tests.installation import catalogue, usage

INSTALLED = ("ops_center", "ops_center_agent", "ops_center_digitalocean")
# Tables whose rows may differ, and why that is no leftover of ours.
ANYBODYS = {
    "bus_bus": "messages to open browsers, which Odoo forgets after a day",
    "ir_cron_trigger": "wakes Odoo's own scheduled actions once",
    "orm_signaling_registry": "counts how often Odoo's processes were told of changes",
}


def is_left_by_odoo(table, row):
    """Tell whether Odoo leaves the row behind each addon that uses mixins of other ones.

    What mail's mixins bring to a model is named as mail's, which stays.
    """
    return (
        table == "ir_model_data"
        and row["model"] in {"ir.model.fields.selection", "ir.model.inherit"}
        and row["module"] in {"mail", "portal"}
    )


def snapshot(name):
    """Return what database ``name`` consists of: equal databases have equal snapshots."""
    objects = Counter(catalogue.schema(name))
    for table, rows in catalogue.rows(name).items():
        if table not in ANYBODYS:
            objects.update(
                (table, str(sorted(row.items()))) for row in rows if not is_left_by_odoo(table, row)
            )
    return objects


def add_users(call):
    names = ["group_user", "group_sale_salesman", "group_portal"]
    groups = call("ir.model.data", "search_read", [["name", "in", names]], ["name", "res_id"])
    assert len(groups) == len(names)
    for group in groups:
        values = {"name": group["name"], "login": group["name"], "email": "user@example.com"}
        call("res.users", "create", [{**values, "group_ids": [[6, 0, [group["res_id"]]]]}])


def press(call, button, *modules):
    found = call("ir.module.module", "search", [["name", "in", modules]])
    call("ir.module.module", button, found)


def test_nothing_remains(existing_database, start_server, start_worker, odoo_config):
    # Odoo's own scheduled actions would change rows, too.
    server = start_server(existing_database, arguments=["--max-cron-threads=0"])
    call = server.session(timeout=600)
    add_users(call)
    before = snapshot(existing_database)
    press(call, "button_immediate_install", *INSTALLED)
    worker = start_worker(existing_database)
    usage.use(call)
    usage.publish(call)
    usage.deliver(call)
    usage.report(call)
    usage.wait_for_results(existing_database)
    press(call, "button_immediate_uninstall", "ops_center_base", "ops_center_agent")
    assert worker.running()
    after = snapshot(existing_database)
    assert sorted((after - before).elements()) == [], "left over"
    assert sorted((before - after).elements()) == [], "lost"
    assert not Path(odoo_config["data_dir"], "ops_center", f"{existing_database}.instance").exists()
