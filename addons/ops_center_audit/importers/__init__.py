"""Readers of scanner reports and the matching of what they say; they know nothing of Odoo."""
