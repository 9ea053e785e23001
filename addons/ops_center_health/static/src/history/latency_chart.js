import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getCustomColor } from "@web/core/colors/colors";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { useCheckHistory } from "./check_history_hook";
import { ChoiceButtons } from "./choice_buttons";
import { formatLatency } from "./formats";

/** What is drawn of each time, told apart by strokes as well as by colours. */
const LINES = [
    { key: "p50", label: _t("Half are faster"), colors: ["#1b7f4b", "#4fd08a"], dash: [] },
    { key: "p95", label: _t("95% are faster"), colors: ["#b45f06", "#f0ad4e"], dash: [6, 3] },
    { key: "max", label: _t("Slowest"), colors: ["#6c757d", "#adb5bd"], dash: [2, 2] },
];

/** How latencies went, with what was changed meanwhile. */
export class LatencyChart extends Component {
    static template = "ops_center_health.LatencyChart";
    static components = { ChoiceButtons };
    static props = { ...standardWidgetProps };

    windows = [
        { value: 1, label: _t("24 h") },
        { value: 7, label: _t("7 d") },
        { value: 30, label: _t("30 d") },
        { value: 90, label: _t("90 d") },
    ];
    label = _t("How far the chart looks back");

    setup() {
        this.history = useCheckHistory("retrieve_latency", 1);
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            (canvas) => {
                if (canvas) {
                    const chart = new Chart(canvas, this.config);
                    return () => chart.destroy();
                }
            },
            () => [this.canvas.el, this.history.loaded],
        );
    }

    get data() {
        return this.history.loaded.data;
    }

    get emptySentence() {
        const { choice } = this.history.loaded;
        return choice === 1
            ? _t("No latency was measured in the last 24 hours.")
            : _t(
                  "No latency is known of the last %s days. Each hour is added when it is over.",
                  choice,
              );
    }

    get summary() {
        const { p50, p95, max } = this.data.points.at(-1);
        return _t(
            "Latency, most recently: half are faster than %(p50)s ms, 95% than %(p95)s ms, the slowest took %(max)s ms",
            { p50: formatLatency(p50), p95: formatLatency(p95), max: formatLatency(max) },
        );
    }

    get changes() {
        return this.data.changes
            .map(({ at, name }) => ({
                at: formatDateTime(deserializeDateTime(at), { showSeconds: false }),
                name,
            }))
            .reverse();
    }

    get config() {
        const { begin, end, width, points, changes } = this.data;
        const gridColor = themed("#d8dadd", "#3c3e4b");
        const textColor = themed("#111827", "#e4e4e4");
        const scale = { grid: { color: gridColor }, ticks: { color: textColor } };
        return {
            type: "line",
            data: {
                datasets: LINES.map(({ key, label, colors, dash }) => ({
                    label,
                    data: withGaps(points, width, key),
                    borderColor: themed(...colors),
                    backgroundColor: themed(...colors),
                    borderDash: dash,
                    borderWidth: 1.5,
                    pointRadius: 2,
                })),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                scales: {
                    x: {
                        ...scale,
                        type: "time",
                        min: millis(begin),
                        max: millis(end),
                        ticks: { ...scale.ticks, maxRotation: 0, autoSkipPadding: 16 },
                    },
                    y: {
                        ...scale,
                        beginAtZero: true,
                        title: { display: true, text: _t("ms"), color: textColor },
                    },
                },
                plugins: {
                    legend: { labels: { color: textColor, boxHeight: 0 } },
                    tooltip: {
                        callbacks: {
                            title: ([{ raw }]) => formatDateTime(deserializeDateTime(raw.point.at)),
                            label: ({ dataset, parsed }) =>
                                _t("%(line)s: %(latency)s ms", {
                                    line: dataset.label,
                                    latency: formatLatency(parsed.y),
                                }),
                            footer: ([{ raw }]) =>
                                _t("Mean: %(mean)s ms. Up: %(up)s of %(results)s results", {
                                    ...raw.point,
                                    mean: formatLatency(raw.point.mean),
                                }),
                        },
                    },
                },
            },
            plugins: [
                {
                    id: "ops_changes",
                    afterDatasetsDraw: (chart) => drawChanges(chart, changes, textColor),
                },
            ],
        };
    }
}

function themed(bright, dark) {
    return getCustomColor(cookie.get("color_scheme"), bright, dark);
}

function millis(at) {
    return deserializeDateTime(at).toMillis();
}

/** The points of a line, which breaks where nothing was measured. */
function withGaps(points, width, key) {
    return points.flatMap((point, index) => {
        const x = millis(point.at);
        const shown = { x, y: point[key], point };
        const next = points[index + 1];
        const isLastBeforeGap = next && millis(next.at) - x > 1500 * width;
        return isLastBeforeGap ? [shown, { x: x + 1000 * width, y: null }] : [shown];
    });
}

function drawChanges({ ctx, chartArea: { top, bottom }, scales }, changes, color) {
    ctx.save();
    ctx.strokeStyle = color;
    ctx.fillStyle = color;
    ctx.setLineDash([4, 4]);
    for (const { at } of changes) {
        const x = scales.x.getPixelForValue(millis(at));
        ctx.beginPath();
        ctx.moveTo(x, top);
        ctx.lineTo(x, bottom);
        ctx.stroke();
        ctx.beginPath();
        ctx.moveTo(x - 4, top);
        ctx.lineTo(x + 4, top);
        ctx.lineTo(x, top + 6);
        ctx.fill();
    }
    ctx.restore();
}

registry.category("view_widgets").add("ops_latency_chart", {
    component: LatencyChart,
    fieldDependencies: [{ name: "last_at", type: "datetime" }],
});
