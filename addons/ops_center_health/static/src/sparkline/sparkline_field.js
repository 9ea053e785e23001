import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { formatLatency } from "../history/formats";

const WIDTH = 100;
const HEIGHT = 20;

/** The latencies of the last results of a check as a small line, the newest on the right. */
export class SparklineField extends Component {
    static template = "ops_center_health.SparklineField";
    static props = { ...standardFieldProps };

    viewBox = `0 0 ${WIDTH} ${HEIGHT}`;

    get latencies() {
        const heartbeats = this.props.record.data[this.props.name] || [];
        return heartbeats.map((beat) => beat.latency_ms);
    }

    get measured() {
        return this.latencies.filter((latency) => latency !== null);
    }

    /** The line from 0 to the slowest, which breaks where nothing was measured. */
    get path() {
        const steps = Math.max(this.latencies.length - 1, 1);
        const slowest = Math.max(...this.measured) || 1;
        let command = "M";
        const drawn = [];
        this.latencies.forEach((latency, index) => {
            if (latency === null) {
                command = "M";
                return;
            }
            const x = (WIDTH * index) / steps;
            const y = HEIGHT - (HEIGHT * latency) / slowest;
            // A line of no length makes a point visible that stands alone.
            drawn.push(`${command}${x.toFixed(1)} ${y.toFixed(1)}h0`);
            command = "L";
        });
        return drawn.join("");
    }

    get latest() {
        return _t("%s ms", formatLatency(this.measured.at(-1)));
    }

    get summary() {
        return _t("%(count)s latencies from %(min)s to %(max)s ms, the latest %(latest)s ms", {
            count: this.measured.length,
            min: formatLatency(Math.min(...this.measured)),
            max: formatLatency(Math.max(...this.measured)),
            latest: formatLatency(this.measured.at(-1)),
        });
    }
}

registry.category("fields").add("ops_sparkline", {
    component: SparklineField,
    displayName: _t("Latencies"),
    supportedTypes: ["json"],
});
