import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ops_center_record_deployment", {
    steps: () => [
        {
            content: "Record a deployment of the environment",
            trigger: 'button[name="action_record_deployment"]',
            run: "click",
        },
        {
            content: "Say which revision",
            trigger: '.o_field_widget[name="revision"] input',
            run: "edit 4f2a9c1d07",
        },
        {
            content: "Say what is new",
            trigger: '.o_field_widget[name="summary"] input',
            run: "edit Faster search",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Start it",
            trigger: 'button[name="action_start"]',
            run: "click",
        },
        {
            content: "It is live",
            trigger: 'button[name="action_mark_live"]:contains(Mark Live)',
            run: "click",
        },
        {
            content: "The state says so",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Live)",
        },
    ],
});
