"""What sending one row of an outbox may end with, apart from success."""

from contextlib import contextmanager

from .transport import TransportError

# Nothing that comes later would change what was answered, until a person mends it.
FATAL_KINDS = frozenset({"address", "redirect", "unauthorized", "not_found", "rejected"})


class OutboxRetry(Exception):
    """It surely did not happen; try again later.

    :param str message: one sentence for the user
    :param float retry_after: seconds to wait, when the other side says how long
    """

    def __init__(self, message, retry_after=None):
        super().__init__(message)
        self.retry_after = retry_after


class OutboxFatal(Exception):
    """It did not happen and trying again is no use: a person has to decide."""


@contextmanager
def outbox_errors(*, repeatable=False):
    """Have requests that fail in this block end as the row that is sent should.

    :param bool repeatable: that it happens twice does less harm than that it never does
    :raise OutboxFatal: it was refused
    :raise OutboxRetry: it surely did not happen, or may be repeated
    :raise TransportError: nobody knows whether it happened
    """
    try:
        yield
    except TransportError as error:
        if error.kind in FATAL_KINDS:
            raise OutboxFatal(error.message) from error
        if error.outcome_unknown and not repeatable:
            raise
        raise OutboxRetry(error.message, error.retry_after) from error
