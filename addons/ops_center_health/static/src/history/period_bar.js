import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { HeartbeatBar } from "../heartbeat_bar/heartbeat_bar";
import { STATES } from "../heartbeat_bar/states";
import { formatSeconds, formatShare } from "./formats";

const GOOD = ["up", "degraded"];
const BAD = ["down", "suppressed"];

function add(seconds, states) {
    return states.reduce((sum, state) => sum + (seconds[state] || 0), 0);
}

/** Hours or days of a check as a row of bars, each as bad as the worst that it held. */
export class PeriodBar extends HeartbeatBar {
    static props = {
        periods: { type: Array },
        /** How luxon writes when a period began. */
        format: { type: Object },
    };
    static defaultProps = {};

    get bars() {
        return this.props.periods.map((period) => {
            const [worst] = this.states(period);
            if (!worst) {
                return { class: "bg-secondary opacity-25", tooltip: this.describe(period) };
            }
            return {
                class: `o_ops_beat_${worst} ${STATES[worst].color}`,
                tooltip: this.describe(period),
            };
        });
    }

    get summary() {
        return _t("%(bad)s of %(count)s hold trouble, the latest: %(latest)s", {
            bad: this.props.periods.filter(({ seconds }) => add(seconds, BAD) || seconds.degraded)
                .length,
            count: this.props.periods.length,
            latest: this.describe(this.props.periods.at(-1)),
        });
    }

    states({ seconds }) {
        return Object.keys(STATES).filter((state) => seconds[state]);
    }

    describe(period) {
        const { at, seconds } = period;
        const parts = [deserializeDateTime(at).toLocaleString(this.props.format)];
        const good = add(seconds, GOOD);
        const known = good + add(seconds, BAD);
        if (known) {
            parts.push(_t("Uptime %s", formatShare(good / known)));
        }
        for (const state of this.states(period)) {
            if (state !== "up") {
                parts.push(`${STATES[state].label} ${formatSeconds(seconds[state])}`);
            }
        }
        return parts.length > 1 ? parts.join(" · ") : _t("%s · No results yet", parts[0]);
    }
}
