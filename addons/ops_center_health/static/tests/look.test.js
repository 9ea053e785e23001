import { expect, test } from "@odoo/hoot";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

const beat = (latency) => ({ at: "2026-01-01 10:00:00", state: "up", latency_ms: latency });

class Check extends models.Model {
    _name = "check";

    heartbeats = fields.Json();
    last_phases = fields.Json();

    _records = [
        {
            id: 1,
            heartbeats: [beat(10), beat(20), beat(null), beat(5.25)],
            last_phases: { dns: 10, connect: 30, first_byte: 60 },
        },
        { id: 2, heartbeats: [beat(null)], last_phases: false },
    ];
}

defineModels([Check]);
defineMailModels();

async function mountField(name, widget, resId) {
    await mountView({
        type: "form",
        resModel: "check",
        resId,
        arch: `<form><field name="${name}" widget="${widget}"/></form>`,
    });
}

test("draws latencies, with a gap where there is none", async () => {
    await mountField("heartbeats", "ops_sparkline", 1);
    expect(".o_ops_sparkline path").toHaveAttribute("d", "M0.0 10.0h0L33.3 0.0h0M100.0 14.8h0");
    expect(".o_ops_sparkline").toHaveText("5.3 ms");
});

test("tells of latencies in words", async () => {
    await mountField("heartbeats", "ops_sparkline", 1);
    expect(".o_ops_sparkline svg").toHaveAttribute(
        "aria-label",
        "3 latencies from 5.3 to 20 ms, the latest 5.3 ms",
    );
});

test("draws nothing where nothing was measured", async () => {
    await mountField("heartbeats", "ops_sparkline", 2);
    expect(".o_ops_sparkline").toHaveCount(0);
});

test("shows each phase where the former one ended, as a table", async () => {
    await mountField("last_phases", "ops_waterfall", 1);
    expect(".o_ops_waterfall tbody tr").toHaveCount(3);
    expect(".o_ops_waterfall tbody tr:nth-child(2) th").toHaveText("Connection");
    expect(".o_ops_waterfall tbody tr:nth-child(2) td:nth-child(2)").toHaveText("30 ms");
    expect(".o_ops_waterfall tr:nth-child(2) .o_ops_waterfall_bar div").toHaveAttribute(
        "style",
        "margin-left: 10%; width: 30%",
    );
});
