"""Rules about how an Odoo is run. Pure: facts in, observations out."""
