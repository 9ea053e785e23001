"""How methods of Odoo's models are called from outside: JSON-2 and XML-RPC.

Source: Odoo's addon ``rpc``, controllers ``json2`` and ``xmlrpc``.
"""

import json
import xmlrpc.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .http_request import MASK, HttpRequest, bearer
from .json_condition import parse_json
from .odoo_target import OdooAccess
from .result import Result

UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
# Codes of the faults of XML-RPC.
ACCESS_DENIED = 3
ACCESS_ERROR = 4
# What JSON-2 calls it; others on the way forbid things as well.
ACCESS_ERROR_NAME = b"odoo.exceptions.AccessError"

COMMON = "/xmlrpc/2/common"
OBJECT = "/xmlrpc/2/object"
REFUSED = (
    "That Odoo refuses the API key. Enter a valid one, with the database and the login it belongs"
    " to."
)


class Refusal(Exception):
    """Nothing at all can be asked; the text is a sentence for the user."""


class Unreadable(Exception):
    """The user may not read this."""


class Unanswered(Exception):
    """There was no answer; the text is a sentence that says why."""


@dataclass(frozen=True)
class Question:
    """A method of a model that takes a domain, and what else it is given by name."""

    model: str
    method: str
    domain: list
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Json2:
    """From Odoo 19 on."""

    def __init__(self, access: OdooAccess) -> None:
        self._access = access

    def request(self, question: Question) -> tuple[str, HttpRequest]:
        """The path and what is sent there."""
        headers = {"Content-Type": "application/json"}
        if self._access.database:
            headers["X-Odoo-Database"] = self._access.database
        arguments = {"domain": question.domain, **question.arguments}
        return f"/json/2/{question.model}/{question.method}", HttpRequest(
            method="POST",
            headers=headers,
            body=json.dumps(arguments),
            authorization=bearer(self._access.key),
        )

    @staticmethod
    def answer(page: Result) -> Any:
        """What the method returned; raises one of the exceptions of this module."""
        if page.status == UNAUTHORIZED:
            raise Refusal(REFUSED)
        if page.status == FORBIDDEN and ACCESS_ERROR_NAME in page.body:
            raise Unreadable
        if page.status == NOT_FOUND:
            raise Unanswered(
                "not found. Check the database beside the API key, and that the module rpc is"
                " installed there."
            )
        _check_answered(page)
        try:
            return parse_json(page.body)
        except ValueError as error:
            raise Unanswered("the answer is not JSON, or too long.") from error


class XmlRpc:
    """Before Odoo 19. Logs in at once."""

    def __init__(
        self,
        access: OdooAccess,
        ask: Callable[[Mapping[str, tuple[str, HttpRequest]]], Mapping[str, Result]],
    ) -> None:
        if not access.database or not access.login:
            raise Refusal(
                "Before Odoo 19, an API key is good only together with its database and login."
                " Enter both."
            )
        self._access = access
        arguments = (access.database, access.login, access.key, {})
        pages = ask({COMMON: (COMMON, _call("authenticate", arguments))})
        try:
            self._uid = self.answer(pages[COMMON])
        except (Unreadable, Unanswered) as error:
            raise Refusal(f"That Odoo lets nobody log in with the API key: {error}") from error
        if isinstance(self._uid, bool) or not isinstance(self._uid, int):
            raise Refusal(REFUSED)

    def request(self, question: Question) -> tuple[str, HttpRequest]:
        """The path and what is sent there."""
        access = self._access
        arguments = (
            access.database,
            self._uid,
            access.key,
            question.model,
            question.method,
            [question.domain],
            dict(question.arguments),
        )
        return OBJECT, _call("execute_kw", arguments)

    def answer(self, page: Result) -> Any:
        """What the method returned; raises one of the exceptions of this module."""
        _check_answered(page)
        try:
            text = page.body.decode().replace(self._access.key, MASK)
            return _parse(text)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == ACCESS_DENIED:
                raise Refusal(REFUSED) from fault
            if fault.faultCode == ACCESS_ERROR:
                raise Unreadable from fault
            # Its text is a traceback.
            raise Unanswered("that Odoo failed to answer; its log says why.") from fault
        except Exception as error:
            # Whatever an answer nobody foresaw makes the parser stumble over.
            raise Unanswered("the answer is not XML-RPC, or too long.") from error


def _call(method: str, arguments: tuple) -> HttpRequest:
    return HttpRequest(
        method="POST",
        headers={"Content-Type": "text/xml"},
        body=xmlrpc.client.dumps(arguments, method),
    )


def _check_answered(page: Result) -> None:
    if page.error.endswith("timeout") or page.error == "unfinished":
        raise Unanswered(
            "no answer in time. If that Odoo is slow, give the check a longer timeout."
        )
    if page.error:
        raise Unanswered(page.message)


def _parse(text: str) -> Any:
    # Entities are declared in a document type only; Odoo sends none, and escapes the sign in texts.
    if "<!" in text:
        raise ValueError("a document type, which no answer has")
    [value], _method = xmlrpc.client.loads(text, use_builtin_types=True)
    return value
