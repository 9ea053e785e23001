"""What the public may know: states in its words, and the feed of incidents."""

import uuid
from datetime import UTC, timedelta

import pytz
from lxml import etree
from lxml.builder import ElementMaker

from .outcome import plain_text

PAST = timedelta(days=90)
ATOM = "http://www.w3.org/2005/Atom"

# The states that the public is told, the worst first, and how good they are.
LEVELS = {
    "down": "bad",
    "degraded": "fair",
    "maintenance": "none",
    "unknown": "none",
    "up": "good",
    "paused": "none",
}
DOWN_DAY = 0.01  # from this share on, a day counts as one on which it was down


def public_state(state: str, is_unseen: bool) -> str:
    """Return what the public is told of a check's state.

    :param is_unseen: nobody looked when it was time to
    """
    # Whatever the cause may be, it does not answer.
    state = "down" if state == "suppressed" else state
    if is_unseen and state in {"up", "degraded", "down"}:
        return "unknown"
    return state if state in LEVELS else "unknown"


def local(moment, zone):
    """Return a time as Odoo stores it, in a time zone."""
    return pytz.utc.localize(moment).astimezone(zone)


def worst(states) -> str:
    """Return the worst of the states, ``paused`` if there is none."""
    present = set(states)
    return next((state for state in LEVELS if state in present), "paused")


def worst_day(days) -> dict:
    """Return what to show of one day of several checks: that of the check which was worst.

    :param days: seconds by state, for each check
    :return: ``state``, ``share`` (of the known time in which it was up, None if nothing is known)
        and ``down``, ``degraded`` (seconds)
    """
    return min(map(_day, days), key=_rank, default=_day({}))


def _day(seconds):
    down = seconds.get("down", 0.0) + seconds.get("suppressed", 0.0)
    degraded = seconds.get("degraded", 0.0)
    known = down + degraded + seconds.get("up", 0.0)
    if not known:
        state = "maintenance" if seconds.get("maintenance") else "unknown"
    elif down:
        state = "down" if down / known >= DOWN_DAY else "degraded"
    else:
        state = "degraded" if degraded else "up"
    return {
        "state": state,
        "share": 1 - down / known if known else None,
        "down": down,
        "degraded": degraded,
    }


def _rank(day):
    # A check of which nothing is known doesn't hide the others.
    return 2.0 if day["share"] is None else day["share"], -day["degraded"]


def atom_feed(url: str, title: str, author: str, incidents) -> str:
    """Return the feed of incidents, as of RFC 4287.

    :param url: of the page that the feed belongs to
    :param incidents: dictionaries with ``id``, ``title``, ``began``, ``ended``, ``state`` and
        ``notes``, times with their zones
    """
    make = ElementMaker(namespace=ATOM, nsmap={None: ATOM})
    entries = []
    for incident in incidents:
        times = [incident["began"], *(note["at"] for note in incident["notes"])]
        if incident["ended"]:
            times.append(incident["ended"])
        lines = [f"{incident['state']}.", *(note["text"] for note in incident["notes"])]
        entries.append(
            make.entry(
                make.id(uuid.uuid5(uuid.NAMESPACE_URL, f"{url}#{incident['id']}").urn),
                make.title(plain_text(incident["title"])),
                make.updated(_timestamp(max(times))),
                make.published(_timestamp(incident["began"])),
                make.link(href=url),
                make.content(plain_text("\n".join(lines)), type="text"),
            )
        )
    # A feed without entries was last changed when nothing was known yet.
    changed = max((entry.findtext(f"{{{ATOM}}}updated") for entry in entries), default=None)
    feed = make.feed(
        make.id(uuid.uuid5(uuid.NAMESPACE_URL, url).urn),
        make.title(plain_text(title)),
        make.updated(changed or "1970-01-01T00:00:00+00:00"),
        make.author(make.name(plain_text(author))),
        make.link(href=url),
        make.link(href=f"{url}/feed.atom", rel="self"),
        *entries,
    )
    return etree.tostring(feed, encoding="UTF-8", xml_declaration=True).decode()


def _timestamp(moment):
    return moment.astimezone(UTC).isoformat(timespec="seconds")
