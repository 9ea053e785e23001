import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { formatShare } from "./formats";

/** The uptime of several windows of time, with what is meant by it. */
export class UptimesField extends Component {
    static template = "ops_center_health.UptimesField";
    static props = { ...standardFieldProps };

    get uptimes() {
        const uptimes = this.props.record.data[this.props.name] || [];
        return uptimes.map(({ days, share }) => ({
            days,
            window: days === 1 ? _t("24 hours") : _t("%s days", days),
            share: share === null ? "–" : formatShare(share),
            tooltip: share === null ? _t("Not known yet") : undefined,
        }));
    }

    get definition() {
        return this.props.record.fields[this.props.name].help;
    }
}

registry.category("fields").add("ops_uptimes", {
    component: UptimesField,
    displayName: _t("Uptimes"),
    supportedTypes: ["json"],
});
