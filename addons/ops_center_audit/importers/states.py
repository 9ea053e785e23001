"""The states of a finding, and what a scan does to them."""

OPEN_STATES = ("new", "confirmed")
# A scan that no longer sees them resolves them; the other decisions outlive the absence, so that
# they still hold if the problem is seen again.
MENDABLE_STATES = (*OPEN_STATES, "accepted", "suppressed_in_source")


def state_after(state: str, *, accepted: bool, suppressed: bool) -> str:
    """Return the state of a finding once a scan saw it (again).

    :param state: the one before, "" for a finding that is new
    :param accepted: whether a person's acceptance of the risk still holds
    :param suppressed: whether the source itself silences the result
    """
    if state in ("", "resolved", "suppressed_in_source"):
        if suppressed:
            return "suppressed_in_source"
        return "accepted" if accepted else "new"
    if suppressed and state in OPEN_STATES:
        return "suppressed_in_source"
    return state
