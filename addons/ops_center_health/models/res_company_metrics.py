import secrets
from hashlib import sha256

from odoo import api, fields, models


class ResCompany(models.Model):
    """Who may fetch the metrics of a company: whoever shows its token."""

    # Each theme of this model has a file of its own.
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    # The digest is enough to recognise the token, which is long and random.
    ops_metrics_digest = fields.Char(groups=fields.NO_ACCESS, copy=False)

    # === BUSINESS METHODS === #

    def _renew_metrics_token(self):
        """Return a new token for the metrics; the former one no longer works."""
        self.ensure_one()
        token = secrets.token_urlsafe(32)
        # Called for managers of the company only.
        self.sudo().ops_metrics_digest = _digest(token)
        return token

    @api.model
    def _of_metrics_token(self, token):
        """Return the company whose metrics the token opens, empty if there is none."""
        # Looked up by its digest, whose comparison tells nothing about the token.
        return self.sudo().search([("ops_metrics_digest", "=", _digest(token))], limit=1)


def _digest(token):
    return sha256(token.encode()).hexdigest()
