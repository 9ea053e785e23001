{
    "name": "Ops Center Agent",
    "summary": "Tells an Ops Center elsewhere how this Odoo does",
    # Odoo puts its own series in front, so that the same files run on 16, 17, 18 and 19.
    "version": "1.0.0",  # pylint: disable=manifest-version-format
    "category": "Operations",
    "author": "Ops Center",
    "website": "https://github.com/ops-center/ops-center",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": [
        "security/ir.model.access.csv",
        "data/ops_agent_data.xml",
        "views/ops_agent_views.xml",
    ],
}
