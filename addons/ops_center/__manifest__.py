{
    "name": "Ops Center",
    "summary": "See what runs where, whether it is healthy, and what needs you",
    "version": "19.0.1.0.0",
    "category": "Operations",
    "author": "Ops Center",
    "website": "https://github.com/ops-center/ops-center",
    "license": "LGPL-3",
    "depends": ["ops_center_audit"],
    "data": [
        "views/ops_home_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["ops_center/static/src/**/*"],
        "web.assets_tests": ["ops_center/static/tests/tours/**/*"],
    },
    "application": True,
}
