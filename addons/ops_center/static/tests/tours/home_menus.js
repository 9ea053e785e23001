import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** The menus of Ops Center: the name of the section, and of what opens from it. */
const MENUS = {
    Monitoring: ["Checks", "Incidents", "Samples", "Timeline"],
    Delivery: ["Deployments", "Environments", "Applications"],
    Audit: ["Findings", "Scans", "Rules"],
    Configuration: ["Settings", "Notification Channels", "Notifications", "Operations", "Workers"],
};

const openMenu = (section, item) => [
    {
        content: `Open the section ${section}`,
        trigger: `.o_menu_sections button:contains(${section})`,
        run: "click",
    },
    {
        content: `Choose ${item}`,
        trigger: `.o-dropdown--menu .dropdown-item:text(${item})`,
        run: "click",
    },
    {
        content: `${item} is there`,
        trigger: `.o_breadcrumb .active:contains(${item})`,
    },
];

registry.category("web_tour.tours").add("ops_center_menus", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app",
            trigger: '.o_app[data-menu-xmlid="ops_center_base.menu_root"]',
            run: "click",
        },
        {
            content: "The home screen says how this Odoo is",
            trigger: ".o_ops_home_headline:contains(This Odoo)",
        },
        ...Object.entries(MENUS).flatMap(([section, items]) =>
            items.flatMap((item) => openMenu(section, item)),
        ),
    ],
});
