"""Badges: small pictures of a word and a value, as projects show them in their README."""

import unicodedata
from html import escape

# Widths in pixels of letters in Verdana of 11 pixels, near enough for the fonts in its place.
NARROW, WIDE, USUAL, BROAD = 4.0, 10.0, 7.0, 12.0
NARROW_LETTERS = frozenset("ijlIt.,:;|!'`()[] f")
WIDE_LETTERS = frozenset("mwMWQOGD%@")
PADDING = 6  # pixels on each side of a text
MAX_TEXT = 60  # characters

COLORS = {
    "good": "#2e7d32",
    "fair": "#9a6700",
    "bad": "#c62828",
    "none": "#5f6368",
}
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"\
 aria-label="{label}: {value}">
<title>{label}: {value}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)">
<rect width="{split}" height="20" fill="#444"/>
<rect x="{split}" width="{rest}" height="20" fill="{color}"/>
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{label_center}" y="14" textLength="{label_length}">{label}</text>
<text x="{value_center}" y="14" textLength="{value_length}">{value}</text>
</g>
</svg>
"""


def text_width(text: str) -> int:
    """Return about how many pixels a text takes."""
    return round(sum(map(_letter_width, text)))


def svg(label: str, value: str, level: str) -> str:
    """Return the badge.

    :param level: one of `COLORS`
    """
    label, value = label[:MAX_TEXT], value[:MAX_TEXT]
    label_length, value_length = text_width(label), text_width(value)
    split, rest = label_length + 2 * PADDING, value_length + 2 * PADDING
    return SVG.format(
        width=split + rest,
        split=split,
        rest=rest,
        color=COLORS[level],
        label=escape(label),
        value=escape(value),
        label_center=split / 2,
        value_center=split + rest / 2,
        label_length=label_length,
        value_length=value_length,
    )


def _letter_width(letter: str) -> float:
    if letter in NARROW_LETTERS:
        return NARROW
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return BROAD
    return WIDE if letter in WIDE_LETTERS else USUAL
