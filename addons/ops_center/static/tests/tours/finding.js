import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ops_center_triage_finding", {
    url: "/odoo/ops-findings",
    steps: () => [
        {
            content: "Open the finding",
            trigger: ".o_data_row:contains(SQL is put together from text) .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "There is no problem",
            trigger: 'button[name="action_decide"]:contains(False Positive)',
            run: "click",
        },
        {
            content: "Say why",
            trigger: '.modal .o_field_widget[name="reason"] textarea',
            run: "edit The term comes from our own list.",
        },
        {
            content: "Decide",
            trigger: '.modal button[name="action_apply"]',
            run: "click",
        },
        {
            content: "The finding says what was decided",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(False Positive)",
        },
        {
            content: "And why",
            trigger:
                '.o_field_widget[name="decision_reason"]:contains(The term comes from our own list.)',
        },
    ],
});
