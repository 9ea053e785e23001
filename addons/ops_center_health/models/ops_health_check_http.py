import re
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..probes import HttpExpectation, HttpRequest
from ..probes.body_pattern import compile_pattern
from ..probes.http_request import METHODS, basic, bearer, check_proxy, parse_headers
from ..probes.json_condition import parse_conditions
from ..probes.pem import check_client_certificate

MAX_SIZE = 64 * 1024  # bytes, where reading stops
MAX_REQUEST_BODY = 64 * 1024  # characters

# Fields that are written in a language of their own, each with who reads it.
READERS = {
    "request_headers": parse_headers,
    "expected_headers": parse_headers,
    "expected_json": parse_conditions,
    "body_pattern": compile_pattern,
    "proxy": check_proxy,
}


class OpsHealthCheck(models.Model):
    """What only the kind ``http`` has: how it asks, and what else it expects."""

    _name = "ops.health.check"
    _inherit = ["ops.health.check", "ops.secret.mixin"]

    # What is sent
    method = fields.Selection(
        [(method, method) for method in METHODS],
        required=True,
        default="GET",
        tracking=True,
        help="A check is repeated day and night: choose one that changes nothing.",
    )
    request_headers = fields.Text(
        string="Headers",
        help="One a line, such as “Accept: application/json”. Everybody who sees this check can"
        " read them, and redirects take them along: no secrets here.",
    )
    request_body = fields.Text(string="Body", help="Name its type in the headers.")
    authentication = fields.Selection(
        [
            ("none", "None"),
            ("basic", "User and Password"),
            ("bearer", "Token (Bearer)"),
        ],
        required=True,
        default="none",
        tracking=True,
    )
    auth_user = fields.Char(string="User", tracking=True)
    auth_secret = fields.Char(
        string="Password or Token",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
    )
    auth_secret_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    auth_secret_hint = fields.Char(string="Password or Token Ends In", readonly=True, copy=False)
    # On which way
    redirects = fields.Selection(
        [
            ("none", "Not Followed"),
            ("same_origin", "Followed on the Same Server"),
            ("any", "Followed Anywhere"),
        ],
        required=True,
        default="none",
        tracking=True,
        help="Five at most, and never from https back to http. The same server means the same"
        " scheme, host and port.",
    )
    proxy = fields.Char(
        tracking=True,
        help="Such as http://proxy.example.com:3128. It connects to the address in place of Ops"
        " Center, which then can't tell where that leads: the networks that checks may reach are"
        " those the proxy may be in.",
    )
    # Who we are
    client_certificate = fields.Text(
        help="The certificate (PEM) that the check shows to a server that asks for one, followed by"
        " those between it and its authority."
    )
    client_key = fields.Text(
        string="Key of the Client Certificate",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
    )
    client_key_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    client_key_hint = fields.Char(string="Key Ends In", readonly=True, copy=False)
    # What is expected
    expected_headers = fields.Text(
        help="One a line, such as “Content-Type: application/json”: there must be such a header"
        " that contains this text. The name alone is enough: “ETag:”."
    )
    body_excludes = fields.Char(
        string="Forbidden Text",
        help="The answer must not contain this text within its first 64 KiB.",
    )
    body_pattern = fields.Char(
        string="Regular Expression",
        help="Must match somewhere in the first 64 KiB of the answer, such as “version: 1[0-9]”."
        " Syntax of RE2, which has no look-around and no references back.",
    )
    expected_json = fields.Text(
        string="JSON Conditions",
        help='One a line: a path and what must be there, such as $.status == "ok" or'
        " $.queue.length < 100. The path alone must lead somewhere.",
    )
    min_size = fields.Integer(string="Smallest Size", help="In bytes, unpacked.")
    max_size = fields.Integer(
        string="Largest Size", help="In bytes, unpacked; 0 means that any size will do."
    )

    _sizes_range = models.Constraint(
        f"CHECK(min_size BETWEEN 0 AND {MAX_SIZE} AND max_size BETWEEN 0 AND {MAX_SIZE}"
        " AND (max_size = 0 OR min_size <= max_size))",
        "“Smallest Size” and “Largest Size” are in bytes: enter at most 65536, the smaller first.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("kind", *READERS)
    def _check_http_fields(self):
        for check in self.filtered(lambda check: check.kind == "http"):
            for name, read in READERS.items():
                if not check[name]:
                    continue
                try:
                    read(check[name])
                except ValueError as error:
                    raise check._unusable(name, error) from error

    @api.constrains("kind", "url", "request_headers", "authentication", "auth_user")
    def _check_http_login(self):
        for check in self.filtered(lambda check: check.kind == "http"):
            if check.authentication == "basic" and not check.auth_user:
                raise ValidationError(
                    self.env._("Enter the user whose password %s sends along.", check.name)
                )
            if ":" in (check.auth_user or ""):
                raise ValidationError(
                    self.env._("The user that %s logs in as can't hold a colon.", check.name)
                )
            if "@" in _server(check.url)[1]:
                raise ValidationError(
                    self.env._(
                        "Take user and password out of the address of %s: everybody would see them."
                        " Enter them under “Request”.",
                        check.name,
                    )
                )
            names = {name.lower() for name, _value in parse_headers(check.request_headers or "")}
            if "authorization" in names:
                raise ValidationError(
                    self.env._(
                        "Take “Authorization” out of the headers of %s: everybody would see it."
                        " Choose an authentication instead, which is stored encrypted.",
                        check.name,
                    )
                )

    @api.constrains("kind", "method", "request_body")
    def _check_http_request(self):
        for check in self.filtered(lambda check: check.kind == "http"):
            if len(check.request_body or "") > MAX_REQUEST_BODY:
                raise ValidationError(
                    self.env._(
                        "“Body” of %s is too long: leave at most 65536 characters.", check.name
                    )
                )
            try:
                check._http_request()
            except ValueError as error:
                raise check._unusable("request_body", error) from error

    @api.constrains("proxy")
    def _check_proxy(self):
        self._check_target()

    def _check_client_certificate(self):
        for check in self.filtered(lambda check: check.kind == "http" and check.client_certificate):
            try:
                key = check._reveal("client_key") or ""
                check_client_certificate(check.client_certificate, key)
            except ValueError as error:
                raise check._unusable("client_certificate", error) from error

    def _unusable(self, name, reason):
        return ValidationError(
            self.env._(
                "“%(field)s” of %(name)s can't be used. %(reason)s",
                field=self._fields[name]._description_string(self.env),
                name=self.name,
                reason=reason,
            )
        )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        checks._check_client_certificate()
        return checks

    def write(self, vals):
        if {"url", "proxy"} & vals.keys() and not vals.get("auth_secret"):
            self._check_secret_stays(vals)
        result = super().write(vals)
        # No constraint: these are checked before the key is stored, which is set by its inverse.
        if {"kind", "client_certificate", "client_key"} & vals.keys():
            self._check_client_certificate()
        return result

    def _check_secret_stays(self, vals):
        """Whoever may write a check may not have its password sent to a server of his own."""
        for check in self.filtered("auth_secret_hint"):
            url, proxy = vals.get("url", check.url), vals.get("proxy", check.proxy)
            if _server(url) != _server(check.url) or (proxy or "") != (check.proxy or ""):
                raise UserError(
                    self.env._(
                        "The password or token of %s was entered for another server. Enter it"
                        " again, or remove it, before the address or the proxy changes.",
                        check.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        return super()._probe_fields() | {
            "method",
            "request_headers",
            "request_body",
            "authentication",
            "auth_user",
            "auth_secret_cipher",
            "redirects",
            "proxy",
            "client_certificate",
            "client_key_cipher",
            "expected_headers",
            "body_excludes",
            "body_pattern",
            "expected_json",
            "min_size",
            "max_size",
        }

    def _target_values(self):
        values = super()._target_values()
        if self.kind != "http":
            return values
        return {
            **values,
            "request": self._http_request(),
            "expectation": self._http_expectation(),
        }

    def _shows_credentials(self):
        """Whether the probe tells who asks, by what never leaves Odoo."""
        return self.authentication != "none" or bool(self.client_certificate)

    def _http_request(self):
        """What is sent, without the secrets."""
        return HttpRequest(
            method=self.method,
            headers=dict(parse_headers(self.request_headers or "")),
            body=self.request_body or "",
            redirects=self.redirects,
            proxy=self.proxy or "",
            authorities=self.authorities or "",
        )

    def _http_expectation(self):
        return HttpExpectation(
            headers=parse_headers(self.expected_headers or ""),
            body_excludes=self.body_excludes or "",
            body_pattern=self.body_pattern or "",
            json=parse_conditions(self.expected_json or ""),
            min_size=self.min_size,
            max_size=self.max_size or None,
        )

    def _watch(self):
        watch = super()._watch()
        if self.kind != "http" or (self.authentication == "none" and not self.client_certificate):
            return watch
        request = replace(watch.target.request, **self._http_secrets())
        return replace(watch, target=replace(watch.target, request=request))

    def _http_secrets(self):
        """What a request has to hold besides, in clear text. It stays in memory."""
        secrets = {}
        if self.authentication != "none":
            secret = self._reveal("auth_secret")
            if not secret:
                raise UserError(
                    self.env._("The password or token to send along is missing: enter it.")
                )
            is_basic = self.authentication == "basic"
            secrets["authorization"] = basic(self.auth_user, secret) if is_basic else bearer(secret)
        if self.client_certificate:
            secrets["client_certificate"] = self.client_certificate
            secrets["client_key"] = self._reveal("client_key")
        return secrets


def _server(url):
    """Scheme and authority of an address as they are written: who gets what is sent there."""
    scheme, _colon, rest = (url or "").partition("://")
    return scheme.lower(), re.split(r"[/?#]", rest)[0].lower()
