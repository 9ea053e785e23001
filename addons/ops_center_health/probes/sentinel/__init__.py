"""The eyes outside Odoo: a small process that pages by itself when Odoo can't.

It lives by the last configuration that Odoo exported, watches Odoo, its database server and its
worker, and stands in for Odoo at the checks of others while Odoo is in trouble.
From a shell: ``python3 …/probes sentinel CONFIG``.
"""
