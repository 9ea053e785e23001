import { Component } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { STATES } from "./states";

/**
 * The last results of a check as a row of bars, the newest on the right. Worse results stand
 * higher, so that they are not told by colour alone.
 */
export class HeartbeatBar extends Component {
    static template = "ops_center_health.HeartbeatBar";
    static props = {
        heartbeats: { type: Array },
        /** Places for results; those that are not taken yet are pale. */
        length: { type: Number, optional: true },
    };
    static defaultProps = { length: 40 };

    get bars() {
        const bars = this.props.heartbeats.map((beat) => ({
            class: `o_ops_beat_${beat.state} ${STATES[beat.state].color}`,
            tooltip: this.describe(beat),
        }));
        const free = { class: "bg-secondary opacity-25" };
        return [...Array(Math.max(this.props.length - bars.length, 0)).fill(free), ...bars];
    }

    get summary() {
        const beats = this.props.heartbeats;
        if (!beats.length) {
            return _t("No results yet");
        }
        return _t("%(up)s of the last %(count)s results are up, the latest: %(latest)s", {
            up: beats.filter((beat) => beat.state === "up").length,
            count: beats.length,
            latest: this.describe(beats.at(-1)),
        });
    }

    describe({ at, state, latency_ms: latency }) {
        const parts = [formatDateTime(deserializeDateTime(at)), STATES[state].label];
        if (latency !== null) {
            parts.push(_t("%s ms", Math.round(latency)));
        }
        return parts.join(" · ");
    }
}
