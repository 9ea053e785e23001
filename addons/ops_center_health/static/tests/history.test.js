import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
    preloadBundle,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { formatSeconds, formatShare } from "@ops_center_health/history/formats";

class Check extends models.Model {
    _name = "check";

    last_at = fields.Datetime();
    uptimes = fields.Json({ help: "What it means." });

    _records = [
        {
            id: 1,
            last_at: "2026-01-01 10:02:00",
            uptimes: [
                { days: 1, share: 0.9999999 },
                { days: 7, share: 1 },
                { days: 30, share: null },
            ],
        },
    ];
}

defineModels([Check]);
defineMailModels();
preloadBundle("web.chartjs_lib");

const BARS = {
    result: [{ at: "2026-01-01 10:00:00", state: "up", latency_ms: 12.4 }],
    hour: [
        { at: "2026-01-01 08:00:00", seconds: {} },
        { at: "2026-01-01 09:00:00", seconds: { up: 3540, down: 60 } },
        { at: "2026-01-01 10:00:00", seconds: { maintenance: 3600 } },
        { at: "2026-01-01 11:00:00", seconds: { up: 3420, suppressed: 180 } },
    ],
};
const POINT = { at: "2026-01-01 09:00:00", p50: 9, p95: 20, max: 31, mean: 10, results: 4, up: 4 };
const CHART = {
    begin: "2025-12-31 10:00:00",
    end: "2026-01-01 10:00:00",
    width: 900,
    points: [POINT],
    changes: [{ at: "2026-01-01 08:30:00", name: "Front page: Live" }],
};

async function mountForm(content) {
    await mountView({
        type: "form",
        resModel: "check",
        resId: 1,
        arch: `<form>${content}</form>`,
    });
    await animationFrame();
}

test("shows uptimes, whole only what is whole, with their definition", async () => {
    await mountForm(`<field name="uptimes" widget="ops_uptimes"/>`);
    expect(".o_ops_uptime:nth-child(1)").toHaveText("99.999%\n24 hours");
    expect(".o_ops_uptime:nth-child(2)").toHaveText("100%\n7 days");
    expect(".o_ops_uptime:nth-child(3)").toHaveText("–\n30 days");
    expect(".o_field_widget[name=uptimes]").toHaveText(/What it means\.$/);
});

test("shows results, and hours when they are chosen", async () => {
    onRpc("ops.health.check", "retrieve_bars", ({ args: [ids, unit] }) => {
        expect.step([...ids, unit].join());
        return BARS[unit];
    });
    await mountForm(`<widget name="ops_history_bar"/>`);
    expect.verifySteps(["1,result"]);
    expect(".o_ops_beat").toHaveCount(90);
    expect(".o_ops_beat:last-child").toHaveAttribute("data-tooltip", /Up · 12 ms$/);
    await contains(".o_ops_history_bar .btn:contains(Hours)").click();
    expect.verifySteps(["1,hour"]);
    expect(".btn:contains(Hours)").toHaveAttribute("aria-pressed", "true");
    expect(".o_ops_beat").toHaveCount(4);
    expect(".o_ops_beat:nth-child(1)").toHaveAttribute("data-tooltip", /No results yet$/);
    expect(".o_ops_beat:nth-child(2)").toHaveClass("o_ops_beat_down");
    expect(".o_ops_beat:nth-child(2)").toHaveAttribute(
        "data-tooltip",
        /Uptime 98.33% · Down 1 min$/,
    );
    expect(".o_ops_beat:nth-child(3)").toHaveAttribute("data-tooltip", /Maintenance 1 hr$/);
    expect(".o_ops_beat:nth-child(4)").toHaveClass("o_ops_beat_suppressed");
    expect(".o_ops_beat:nth-child(4)").toHaveAttribute(
        "data-tooltip",
        /Uptime 95% · Suppressed 3 min$/,
    );
    expect(".o_ops_heartbeat_bar").toHaveAttribute("aria-label", /^2 of 4 hold trouble/);
});

test("draws latencies and tells what was changed", async () => {
    onRpc("ops.health.check", "retrieve_latency", ({ args: [, days] }) => {
        expect.step(days);
        return CHART;
    });
    await mountForm(`<widget name="ops_latency_chart"/>`);
    expect.verifySteps([1]);
    expect(".o_ops_latency_chart canvas").toHaveAttribute(
        "aria-label",
        /half are faster than 9.0 ms, 95% than 20 ms, the slowest took 31 ms$/,
    );
    expect(".o_ops_changes li").toHaveText(/Front page: Live$/);
    await contains(".btn:contains(30 d)").click();
    expect.verifySteps([30]);
});

test("says that there are no latencies", async () => {
    onRpc("ops.health.check", "retrieve_latency", () => ({ ...CHART, points: [], changes: [] }));
    await mountForm(`<widget name="ops_latency_chart"/>`);
    expect("canvas").toHaveCount(0);
    expect(".o_ops_latency_empty").toHaveText("No latency was measured in the last 24 hours.");
    await contains(".btn:contains(7 d)").click();
    expect(".o_ops_latency_empty").toHaveText(/of the last 7 days\. Each hour is added/);
});

test("writes shares and durations", () => {
    expect(formatShare(0)).toBe("0%");
    expect(formatShare(0.5)).toBe("50%");
    expect(formatSeconds(0.4)).toBe("1 sec");
    expect(formatSeconds(3605)).toBe("1 hr");
    expect(formatSeconds(93784)).toBe("1 day, 2 hr");
});
