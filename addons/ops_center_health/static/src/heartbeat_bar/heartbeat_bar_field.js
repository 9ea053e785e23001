import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { HeartbeatBar } from "./heartbeat_bar";

export class HeartbeatBarField extends Component {
    static template = xml`<HeartbeatBar heartbeats="heartbeats"/>`;
    static components = { HeartbeatBar };
    static props = { ...standardFieldProps };

    get heartbeats() {
        return this.props.record.data[this.props.name] || [];
    }
}

registry.category("fields").add("ops_heartbeat_bar", {
    component: HeartbeatBarField,
    displayName: _t("Heartbeats"),
    supportedTypes: ["json"],
});
