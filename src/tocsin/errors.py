"""Every error that Tocsin raises, cut by whose fault it is; no status code or exit code lives here, each face has its own table."""


class TocsinError(Exception):
    """Base of all: a sentence that says what is wrong, and a hint that says what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class InvalidInputError(TocsinError):
    """The caller gave something malformed."""


class MalformedJsonError(InvalidInputError):
    """The caller sent bytes that are not JSON, or JSON that readers disagree about."""


class NotAnEnvelopeError(InvalidInputError):
    """The caller sent JSON that is neither a TAXII envelope nor a bundle with objects."""


class NotFoundError(TocsinError):
    """What the caller names does not exist, or not for this caller."""


class ForbiddenError(TocsinError):
    """The caller may know of the thing but not do this with it."""


class UnauthenticatedError(TocsinError):
    """The caller showed a credential that is not valid."""


class TooManyRequestsError(TocsinError):
    """The caller asks too often; the same call may succeed after `retry_after_seconds`."""

    def __init__(self, message: str, *, hint: str = "", retry_after_seconds: int) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class ConflictError(TocsinError):
    """The caller's wish contradicts what is already there."""


class TooLargeError(InvalidInputError):
    """The caller sent more than a limit allows."""


class PeerError(TocsinError):
    """The other exchange failed, misbehaved or cannot be reached."""


class PeerRefusalError(PeerError):
    """The other exchange does not accept our credential, or does not allow this with it."""


class StoreError(TocsinError):
    """Our own store failed; the cause is chained and goes to the log, never to a caller."""


class UnusableStoreError(StoreError):
    """What is there is no database that this program can use: broken, missing, or of another revision."""


class BusyError(StoreError):
    """Our store or server cannot take the work now; the same call may succeed after `retry_after_seconds`."""

    retry_after_seconds = 5


class ClockError(BusyError):
    """The clock leapt ahead; nothing is stamped by it until it is put right."""
