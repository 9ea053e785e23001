import base64
import re
import secrets
from hashlib import sha256

from babel.dates import format_date, format_time
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import file_open, groupby
from odoo.tools.misc import get_lang

from odoo.addons.ops_center_base.transport import is_http_url

from ..badge import svg
from ..public import LEVELS, PAST, atom_feed, worst

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_SLUG = 40  # characters, fewer than any token has
COLOR = re.compile(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?")
USUAL_COLOR = "#714b67"
STYLE = "ops_center_health/static/status/status_page.css"
MAX_INCIDENTS = 200


class OpsStatusPage(models.Model):
    """What people outside may know of how the services do that they use."""

    _name = "ops.status.page"
    _description = "Status Page"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(string="Title", required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="Its logo, color, name and time zone are those of the page.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        check_company=True,
        help="Whom the page is for. It can't show what belongs to other customers.",
    )
    access = fields.Selection(
        [("link", "Who has the link"), ("public", "Everybody")],
        string="Who May See It",
        required=True,
        default="link",
        tracking=True,
    )
    slug = fields.Char(
        string="Name in the Address",
        compute="_compute_slug",
        store=True,
        precompute=True,
        readonly=False,
        copy=False,
    )
    token = fields.Char(
        readonly=True, copy=False, default=lambda self: secrets.token_urlsafe(32), exportable=False
    )
    published = fields.Boolean(copy=False, tracking=True)
    url = fields.Char(string="Address", compute="_compute_url")
    service_ids = fields.One2many("ops.status.service", "page_id", string="Services", copy=True)
    intro = fields.Text(string="Introduction", translate=True)
    footer_label = fields.Char(string="Text of the Link", translate=True)
    footer_url = fields.Char(string="Link at the End")
    show_history = fields.Boolean(
        string="Incidents of 90 Days",
        default=True,
        help="Show what happened in the last 90 days, and not just what is wrong now.",
    )

    _slug_uniq = models.UniqueIndex(
        "(slug)", "“Name in the Address” is taken by another status page. Choose another one."
    )
    _token_uniq = models.UniqueIndex("(token)", "Another status page has this link already.")
    _public_has_slug = models.Constraint(
        "CHECK(access != 'public' OR slug IS NOT NULL)",
        "A page for everybody needs a “Name in the Address”, such as shop.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("slug")
    def _check_slug(self):
        for page in self.filtered("slug"):
            if len(page.slug) > MAX_SLUG or not SLUG.fullmatch(page.slug):
                raise ValidationError(
                    self.env._(
                        "“Name in the Address” takes up to %(most)s small letters, digits and"
                        " hyphens between them, such as my-shop, and not “%(slug)s”.",
                        most=MAX_SLUG,
                        slug=page.slug,
                    )
                )

    @api.constrains("footer_url")
    def _check_footer_url(self):
        for page in self.filtered("footer_url"):
            if not is_http_url(page.footer_url):
                raise ValidationError(
                    self.env._(
                        "“Link at the End” is no address that can be visited. Enter all of it,"
                        " such as https://example.com/support."
                    )
                )

    @api.constrains("partner_id")
    def _check_customer(self):
        self.service_ids._check_customer()

    # === COMPUTE METHODS === #

    @api.depends("name", "access")
    def _compute_slug(self):
        for page in self:
            if page.access == "public" and not page.slug:
                slug = self.env["ir.http"]._slugify(page.name or "")
                page.slug = slug[:MAX_SLUG].strip("-") or False

    @api.depends("access", "slug", "token")
    def _compute_url(self):
        for page in self:
            path = page._path()
            page.url = path and f"{page.get_base_url()}{path}"

    # === ACTIONS === #

    def action_open(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.url, "target": "new"}

    def action_renew_link(self):
        """Have the page another address, because somebody has the present one who shouldn't."""
        self.check_access("write")
        if not self.env.user.has_group("ops_center_base.group_manager"):
            raise AccessError(self.env._("Only managers replace the link. Ask one of them."))
        for page in self:
            page.token = secrets.token_urlsafe(32)
            page._message_log(
                body=self.env._("The link was replaced. The former one no longer works.")
            )

    # === BUSINESS METHODS === #

    @api.model
    def _find(self, key):
        """The published page at an address, if any."""
        named = Domain("access", "=", "public") & Domain("slug", "=", key)
        known = Domain("access", "=", "link") & Domain("token", "=", key)
        return self.search(Domain("published", "=", True) & (named | known))

    @api.model
    def _answer(self, key, form):
        """What visitors of a page are answered, None if there is no such page.

        :param str form: ``page``, ``feed`` or ``badge``
        :return: the text, and whether search engines and caches of others may have it
        """
        if not (page := self._find(key)):
            return None
        page = page.with_context(tz=page.company_id.partner_id.tz or "UTC")
        render = {"page": page._render_page, "feed": page._render_feed, "badge": page._render_badge}
        return render[form](), page.access == "public"

    def _path(self):
        key = self.slug if self.access == "public" else self.token
        return key and f"/status/{key}"

    def _render_page(self):
        services = self.service_ids._public_values()
        incidents = self._public_incidents()
        lang_data = get_lang(self.env)
        style, style_digest = self._style()
        content = self.env["ir.qweb"]._render(
            "ops_center_health.status_page",
            {
                "page": self,
                "lang_data": lang_data,
                "style": style,
                "style_digest": style_digest,
                "feed_path": f"{self._path()}/feed.atom",
                "level": LEVELS[overall := worst(service["state"] for service in services)],
                "sentence": self._sentence(overall),
                "services": services,
                "open_incidents": [each for each in incidents if not each["ended"]],
                "past_days": self._past_days(incidents),
                "time_zone": str(self.env.tz),
            },
        )
        return f"<!DOCTYPE html>\n{content}"

    def _render_feed(self):
        return atom_feed(self.url, self.name, self.company_id.name, self._public_incidents())

    def _render_badge(self):
        services = self.service_ids._public_values(with_history=False)
        state = worst(service["state"] for service in services)
        return svg(self.env._("status"), self.service_ids._word(state), LEVELS[state])

    def _style(self):
        """The style sheet, and its digest by which browsers accept it and no other."""
        color = self.company_id.primary_color or ""
        if not COLOR.fullmatch(color):
            color = USUAL_COLOR
        with file_open(STYLE) as file:
            style = f"\n:root {{ --accent: {color}; }}\n{file.read()}"
        # The file is ours, and the color was judged.
        return Markup(style), base64.b64encode(sha256(style.encode()).digest()).decode()  # noqa: S704

    def _sentence(self, state):
        """How all of it is, in a sentence."""
        return {
            "down": self.env._("Some services are down."),
            "degraded": self.env._("Some services are limited."),
            "maintenance": self.env._("Maintenance is under way."),
            "unknown": self.env._("The state of some services isn't known right now."),
            "up": self.env._("All services are operational."),
            "paused": self.env._("Nothing is watched right now."),
        }[state]

    def _public_incidents(self):
        """What may be known of the incidents, those that began last come first."""
        names = {}
        for service in reversed(self.service_ids):
            names |= dict.fromkeys(service._checks().ids, service.name)
        shown = Domain("state", "!=", "resolved")
        if self.show_history:
            shown |= Domain("opened_at", ">=", fields.Datetime.now() - PAST)
        incidents = self.env["ops.health.incident"].search(
            Domain("check_id", "in", list(names)) & shown, limit=MAX_INCIDENTS
        )
        return [
            incident._public_values(names[incident.check_id.id], self.env.tz)
            for incident in incidents
        ]

    def _past_days(self, incidents):
        """The incidents that are over, by the day on which they began."""
        locale = get_lang(self.env).code
        past = [incident for incident in incidents if incident["ended"]]
        return [
            {"name": format_date(day, "full", locale=locale), "incidents": those}
            for day, those in groupby(past, lambda incident: incident["began"].date())
        ]

    def _format_time(self, moment):
        locale = get_lang(self.env).code
        time = format_time(moment, "short", tzinfo=moment.tzinfo, locale=locale)
        return f"{format_date(moment, 'medium', locale=locale)} {time}"
