{
    "name": "Ops Center Deployments",
    "summary": "What is live where, since when, and how it got there",
    "version": "19.0.1.0.0",
    "category": "Operations",
    "author": "Ops Center",
    "website": "https://github.com/ops-center/ops-center",
    "license": "LGPL-3",
    "depends": ["ops_center_health"],
    "data": [
        "security/ir.model.access.csv",
        "security/ops_center_deployment_security.xml",
        "views/ops_deployment_templates.xml",
        "views/ops_deployment_views.xml",
        "views/ops_environment_views.xml",
        "views/ops_center_deployment_menus.xml",
    ],
    "demo": ["demo/ops_deployment_demo.xml"],
}
