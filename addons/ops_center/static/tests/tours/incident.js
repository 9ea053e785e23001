import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ops_center_acknowledge_incident", {
    url: "/odoo/ops-center",
    steps: () => [
        {
            content: "Open what needs me",
            trigger: ".o_ops_home_need:contains(Checkout: down)",
            run: "click",
        },
        {
            content: "Look at the evidence",
            trigger: '.o_field_widget[name="evidence"]:contains(502 Bad Gateway)',
        },
        {
            content: "Take care of it",
            trigger: 'button[name="action_acknowledge"]',
            run: "click",
        },
        {
            content: "Everybody sees that somebody does",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Acknowledged)",
        },
    ],
});
