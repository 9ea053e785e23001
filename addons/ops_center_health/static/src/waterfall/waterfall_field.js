import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { formatLatency } from "../history/formats";

const PHASES = {
    dns: _t("Name look-up"),
    connect: _t("Connection"),
    tls: _t("Encryption"),
    first_byte: _t("Wait for the answer"),
    transfer: _t("Transfer"),
};

/** What the last look at a check spent its time on, each phase where the former one ended. */
export class WaterfallField extends Component {
    static template = "ops_center_health.WaterfallField";
    static props = { ...standardFieldProps };

    get phases() {
        const phases = Object.entries(this.props.record.data[this.props.name] || {});
        const total = phases.reduce((sum, [, latency]) => sum + latency, 0) || 1;
        let before = 0;
        return phases.map(([name, latency]) => {
            const left = (100 * before) / total;
            before += latency;
            return {
                name,
                label: PHASES[name],
                latency: _t("%s ms", formatLatency(latency)),
                style: `margin-left: ${left}%; width: ${(100 * latency) / total}%`,
            };
        });
    }
}

registry.category("fields").add("ops_waterfall", {
    component: WaterfallField,
    displayName: _t("Phases"),
    supportedTypes: ["json"],
});
