import { expect, test } from "@odoo/hoot";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class Check extends models.Model {
    _name = "check";

    heartbeats = fields.Json();

    _records = [
        {
            id: 1,
            heartbeats: [
                { at: "2026-01-01 10:00:00", state: "up", latency_ms: 12.4 },
                { at: "2026-01-01 10:01:00", state: "degraded", latency_ms: null },
                { at: "2026-01-01 10:02:00", state: "down", latency_ms: 3000 },
            ],
        },
        { id: 2, heartbeats: false },
    ];
}

defineModels([Check]);
defineMailModels();

async function mountBar(resId) {
    await mountView({
        type: "form",
        resModel: "check",
        resId,
        arch: `<form><field name="heartbeats" widget="ops_heartbeat_bar"/></form>`,
    });
}

test("shows the results in their order, after free places", async () => {
    await mountBar(1);
    expect(".o_ops_beat").toHaveCount(40);
    expect(".o_ops_beat:nth-child(38)").toHaveClass("bg-success");
    expect(".o_ops_beat:nth-child(39)").toHaveClass("bg-warning");
    expect(".o_ops_beat:nth-child(40)").toHaveClass("bg-danger");
    expect(".o_ops_beat:nth-child(37)").toHaveClass("opacity-25");
});

test("tells of each result in words", async () => {
    await mountBar(1);
    expect(".o_ops_beat:nth-child(38)").toHaveAttribute("data-tooltip", /Up · 12 ms$/);
    expect(".o_ops_beat:nth-child(39)").toHaveAttribute("data-tooltip", /Degraded$/);
});

test("tells the whole to those who cannot see it", async () => {
    await mountBar(1);
    expect(".o_ops_heartbeat_bar").toHaveAttribute(
        "aria-label",
        /^1 of the last 3 results are up, the latest: .*Down · 3000 ms$/,
    );
});

test("says that there are no results yet", async () => {
    await mountBar(2);
    expect(".o_ops_heartbeat_bar").toHaveAttribute("aria-label", "No results yet");
    expect(".o_ops_beat.opacity-25").toHaveCount(40);
});
