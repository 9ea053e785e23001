import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { HeartbeatBar } from "../heartbeat_bar/heartbeat_bar";
import { useCheckHistory } from "./check_history_hook";
import { ChoiceButtons } from "./choice_buttons";
import { PeriodBar } from "./period_bar";

const { DateTime } = luxon;

/** The last results, hours or days of a check. */
export class HistoryBar extends Component {
    static template = "ops_center_health.HistoryBar";
    static components = { ChoiceButtons, HeartbeatBar, PeriodBar };
    static props = { ...standardWidgetProps };

    label = _t("What a bar stands for");
    /** As many as the server sends at most. */
    length = 90;
    formats = { hour: DateTime.DATETIME_MED, day: DateTime.DATE_MED_WITH_WEEKDAY };

    setup() {
        this.units = [
            { value: "result", label: _t("Results") },
            { value: "hour", label: _t("Hours") },
            { value: "day", label: _t("Days") },
        ];
        // A group never looks, so it has no results.
        if (this.props.record.data.kind === "group") {
            this.units.shift();
        }
        this.history = useCheckHistory("retrieve_bars", this.units[0].value);
    }
}

registry.category("view_widgets").add("ops_history_bar", {
    component: HistoryBar,
    fieldDependencies: [{ name: "last_at", type: "datetime" }],
});
