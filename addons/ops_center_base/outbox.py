"""What sending one row of an outbox may end with, apart from success."""


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
