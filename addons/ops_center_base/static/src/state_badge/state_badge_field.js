import { registry } from "@web/core/registry";
import { BadgeField, badgeField } from "@web/views/fields/badge/badge_field";

const ICONS = {
    "text-bg-danger": "fa-times-circle",
    "text-bg-warning": "fa-exclamation-triangle",
    "text-bg-success": "fa-check-circle",
    "text-bg-info": "fa-info-circle",
    "text-bg-primary": "fa-play-circle",
};
/** Icons of states that share their decoration with others. */
const STATE_ICONS = { maintenance: "fa-wrench" };

/**
 * A badge whose decoration also chooses an icon, so that no state is told by colour alone.
 */
export class StateBadgeField extends BadgeField {
    static template = "ops_center_base.StateBadgeField";

    get icon() {
        const state = this.props.record.data[this.props.name];
        return STATE_ICONS[state] || ICONS[this.badgeClass] || "fa-circle-o";
    }
}

registry.category("fields").add("ops_state_badge", {
    ...badgeField,
    component: StateBadgeField,
});
