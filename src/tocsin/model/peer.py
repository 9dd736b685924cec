"""Another exchange that we pull from and push to, and how far we have got (ADR 0012).

A checkpoint is in the peer's own clock and never in ours; a position is a stamp of our own log.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.model.stamp import stamp_of


class Direction(StrEnum):
    """Which way objects travel on a route, as seen from here."""

    PULL = "pull"
    PUSH = "push"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A remote exchange; `member` is what its objects are recorded under here."""

    number: int
    name: str
    url: str  # discovery or API root
    organisation: str  # whose it is: what came from its members is never pushed to it
    member: str
    user: str = ""  # "": the secret is a token
    is_disabled: bool = False
    failures: int = 0  # in a row
    not_before: int = 0  # stamp until which `sync --watch` leaves it alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One collection of ours and one of a peer's, joined in one direction."""

    number: int
    peer: int
    direction: Direction
    local: str  # the id of our collection
    remote: str  # the peer's: alias, id or title
    since: str = ""  # pull: the peer's stamp up to which everything is here
    position: int = 0  # push: the stamp of our log up to which everything has its answer


@dataclass(frozen=True, slots=True)
class Refused:
    """One object that was not taken, on its way in or out."""

    id: str
    version: str
    reason: str
    is_passing: bool  # may be taken later; tried again at each run
    added: int = 0  # push: its stamp in our log
    body: bytes | None = None  # pull, passing: what to try again


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one run did on one route."""

    peer: str
    direction: Direction
    local: str
    remote: str
    new: int = 0  # stored here, or taken there
    known: int = 0  # were there already
    held_back: int = 0  # push: came from the peer itself
    refused: list[Refused] = field(default_factory=list)
    error: str = ""  # why it ended early


@dataclass(slots=True)
class PullProgress:
    """From which stamp a pull can go on after each page, so that nothing is missed at any peer.

    Some peers give one stamp to many objects, which then spread over pages: until a later stamp has been seen, the page's last one
    may not be complete, so the checkpoint stays at the one before it and the next run fetches a few objects again.
    """

    since: str
    _last: str = ""

    def after(self, first: str | None, last: str | None, *, more: bool) -> str:
        """The checkpoint once a page with these stamps is stored; never earlier than the one before."""
        if last is None or first is None:
            return self.since
        if not more:
            self._move(last)
        elif stamp_of(first) < stamp_of(last):
            self._move(first)
        elif self._last and stamp_of(self._last) < stamp_of(first):
            self._move(self._last)
        self._last = last
        return self.since

    def _move(self, stamp: str) -> None:
        if not self.since or stamp_of(self.since) < stamp_of(stamp):
            self.since = stamp
