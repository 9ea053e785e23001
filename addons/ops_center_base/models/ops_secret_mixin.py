import logging

from odoo import api, models
from odoo.exceptions import UserError

from ..encryption import EncryptionError, decrypt, encrypt
from ..transport.masking import MaskingFilter

HINT_MIN_LENGTH = 12

# At their debug levels these write down what a form sends and what the database is told.
for name in ("odoo.service.model", "odoo.sql_db"):
    logging.getLogger(name).addFilter(MaskingFilter())


class OpsSecretMixin(models.AbstractModel):
    """Secrets that can be written but never read back.

    A model declares three fields for each secret::

        token = fields.Char(
            compute="_compute_secrets", inverse="_inverse_secrets", exportable=False, copy=False
        )
        token_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
        token_hint = fields.Char(readonly=True, copy=False)
    """

    _name = "ops.secret.mixin"
    _description = "Write-only Secrets"

    # === COMPUTE METHODS === #

    def _compute_secrets(self):
        for name in self._secret_fields:
            self[name] = False

    def _inverse_secrets(self):
        for record in self:
            for name, cipher in self._secret_fields.items():
                # Forms send the empty value that they were given: it means "keep".
                if secret := record[name]:
                    # The cipher is closed to everybody; who may write the record may set it.
                    record.sudo().write(
                        {
                            cipher: self._encrypt(secret),
                            f"{name}_hint": self._secret_hint(secret),
                        }
                    )
        # `web_save` answers with the cached values, which still hold what was typed.
        self.invalidate_recordset(list(self._secret_fields))

    # === ACTIONS === #

    def action_remove_secret(self):
        """Forget the secret that the context's `secret_field` names."""
        name = self.env.context.get("secret_field")
        if name not in self._secret_fields:
            raise UserError(self.env._("There is no such secret to remove."))
        self._forget_secret(name)

    # === BUSINESS METHODS === #

    def _forget_secret(self, name):
        self.check_access("write")
        # The access was checked above; the cipher is closed to everybody.
        self.sudo().write({self._secret_fields[name]: False, f"{name}_hint": False})

    @property
    def _secret_fields(self):
        """The names of the secrets, with those of the fields that keep them."""
        return {
            name: f"{name}_cipher"
            for name, field in self._fields.items()
            if field.compute == "_compute_secrets"
        }

    def _reveal(self, name):
        """Return the secret in clear text, for the code that sends it.

        :param str name: one of `_secret_fields`
        :return: the secret, False if there is none
        :raise UserError: no key, or not the key that it was encrypted with
        """
        self.ensure_one()
        # Only code gets here: the name keeps the method out of the remote interface.
        token = self.sudo()[self._secret_fields[name]]
        if not token:
            return False
        try:
            return decrypt(token)
        except EncryptionError as error:
            raise UserError(self._encryption_remedy(error.reason)) from error

    @api.model
    def _encrypt(self, secret):
        try:
            return encrypt(secret)
        except EncryptionError as error:
            raise UserError(self._encryption_remedy(error.reason)) from error

    @api.model
    def _secret_hint(self, secret):
        """The last characters, unless they would be a good part of it."""
        return f"…{secret[-4:]}" if len(secret) >= HINT_MIN_LENGTH else "…"

    @api.model
    def _encryption_remedy(self, reason):
        return {
            "no_key": self.env._(
                "Secrets are stored encrypted only, and there is no key yet. Set"
                " OPS_CENTER_KEY_FILE to a file that holds a Fernet key and restart Odoo."
            ),
            "unreadable_file": self.env._(
                "The file that OPS_CENTER_KEY_FILE names can't be read. Check its path and"
                " that the user Odoo runs as may read it."
            ),
            "malformed_key": self.env._(
                "The encryption key is malformed. OPS_CENTER_KEY_FILE must hold Fernet keys: 32"
                " random bytes in URL-safe base64, one a line."
            ),
            "wrong_key": self.env._(
                "This secret was encrypted with another key. Add that key to the file that"
                " OPS_CENTER_KEY_FILE names, or enter the secret again."
            ),
        }[reason]
