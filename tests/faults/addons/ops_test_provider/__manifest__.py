{
    "name": "Ops Center: provider for tests",
    "summary": "Sends operations to the fake provider of the crash tests",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Ops Center",
    "website": "https://github.com/ops-center/ops-center",
    "license": "LGPL-3",
    "depends": ["ops_center_digitalocean"],
    "data": ["security/ir.model.access.csv"],
}
