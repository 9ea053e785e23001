import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** The modules that an Odoo elsewhere has, with their versions, to search in. */
export class ModulesField extends Component {
    static template = "ops_center_health.ModulesField";
    static props = { ...standardFieldProps };

    setup() {
        this.state = useState({ wanted: "" });
    }

    get modules() {
        return Object.entries(this.props.record.data[this.props.name] || {})
            .map(([name, version]) => ({ name, version }))
            .sort((one, other) => one.name.localeCompare(other.name));
    }

    get found() {
        const wanted = this.state.wanted.trim().toLowerCase();
        return this.modules.filter(({ name }) => name.toLowerCase().includes(wanted));
    }

    get title() {
        return _t("%s installed modules", this.modules.length);
    }
}

registry.category("fields").add("ops_modules", {
    component: ModulesField,
    displayName: _t("Modules"),
    supportedTypes: ["json"],
});
