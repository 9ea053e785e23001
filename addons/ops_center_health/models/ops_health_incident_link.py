import re
from datetime import UTC, datetime
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import consteq, hmac

SCOPE = "ops_center_health.acknowledge"
RECIPIENTS = {"user": "res.users", "channel": "ops.notification.channel"}
TOKEN = re.compile(
    r"(?P<incident>\d+)-(?P<kind>user|channel)-(?P<recipient>\d+)-(?P<until>\d+)-\w{64}",
    re.ASCII,
)


class Link(NamedTuple):
    """What a link to take care of an incident stands for, as far as it is valid.

    :param situation: ``open``, ``mine`` (the recipient takes care of it), ``acknowledged``,
        ``resolved``, or why there is nothing to see: ``unknown``, ``expired``, ``refused``
    :param incident: the `ops.health.incident`, in the name of the recipient
    :param recipient: the `res.users` or `ops.notification.channel` that got the link
    """

    situation: str
    incident: models.BaseModel | None = None
    recipient: models.BaseModel | None = None


class OpsHealthIncident(models.Model):
    """Taking care of an incident by a signed link, without logging in.

    A link is bound to the incident, to who got it and to a time. Who is told through a channel that
    many read is not known, so there the link stands for the channel.
    """

    # Each theme has a file of its own.
    _inherit = "ops.health.incident"  # pylint: disable=consider-merging-classes-inherited

    acknowledged_through = fields.Char(
        readonly=True,
        copy=False,
        help="The channel whose reader takes care of it, if it is not known who that is.",
    )

    # === BUSINESS METHODS === #

    def _may_be_acknowledged_by(self, recipient):
        """Tell whether a user, or a channel, may take care of it now."""
        return self.state == "open" and self._is_open_to(recipient)

    def _is_open_to(self, recipient):
        if not recipient.active:
            return False
        if recipient._name == "res.users":
            return self._in_name_of(recipient).has_access("write")
        return recipient.company_id == self.company_id

    def _in_name_of(self, recipient):
        """Return the incident as the recipient sees it; a channel sees it as Odoo does."""
        if recipient._name != "res.users":
            return self
        return self.with_user(recipient).with_context(
            allowed_company_ids=recipient.company_ids.ids, lang=recipient.lang
        )

    def _acknowledge_url(self, recipient, until):
        """Return the address at which the recipient takes care of it.

        :param recipient: a `res.users` or an `ops.notification.channel`
        :param datetime until: when it expires
        """
        kind = next(kind for kind, model in RECIPIENTS.items() if model == recipient._name)
        until = int(until.replace(tzinfo=UTC).timestamp())
        facts = f"{self.id}-{kind}-{recipient.id}-{until}"
        return f"{self.get_base_url()}/ops/acknowledge/{facts}-{self._link_digest(facts)}"

    @api.model
    def _link_digest(self, facts):
        # The secret of the database is closed to everybody; only the digest gets out.
        return hmac(self.env(su=True), SCOPE, facts)

    @api.model
    def _follow_link(self, token):
        """Return what a link stands for, a `Link`. Must be called as superuser."""
        match = TOKEN.fullmatch(token)
        facts, _dash, digest = token.rpartition("-")
        if not match or not consteq(digest, self._link_digest(facts)):
            return Link("unknown")
        incident = self.browse(int(match["incident"])).exists()
        recipient = self.env[RECIPIENTS[match["kind"]]].browse(int(match["recipient"])).exists()
        if not incident or not recipient:
            return Link("unknown")
        until = datetime.fromtimestamp(int(match["until"]), UTC).replace(tzinfo=None)
        if until <= fields.Datetime.now():
            return Link("expired")
        if not incident._is_open_to(recipient):
            return Link("refused")
        incident = incident._in_name_of(recipient)
        is_mine = incident.state == "acknowledged" and recipient == incident.acknowledged_by_id
        return Link("mine" if is_mine else incident.state, incident, recipient)

    def _acknowledge_as(self, recipient):
        """Take care of it as who got the link."""
        if recipient._name == "res.users":
            self.action_acknowledge()
        else:
            self._acknowledge(self.env._("Somebody in %s", recipient.name))
            self.acknowledged_through = recipient.name
