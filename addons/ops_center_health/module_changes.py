"""What became of the modules of an Odoo between two reports of them.

Free of Odoo.
"""

from collections.abc import Mapping


def changes(former: Mapping[str, str], modules: Mapping[str, str]) -> list[str]:
    """Return what changed, a line each, such as ``+ sale 19.0.1.0``, in the order of the names.

    :param former: versions by name, of the installed modules
    :param modules: the same, later
    """
    names = sorted(former.keys() | modules.keys())
    return [
        _line(name, former.get(name), modules.get(name))
        for name in names
        if former.get(name) != modules.get(name)
    ]


def _line(name, former, version):
    if former is None:
        return f"+ {name} {version}"
    if version is None:
        return f"- {name} {former}"
    return f"{name} {former} \N{RIGHTWARDS ARROW} {version}"
