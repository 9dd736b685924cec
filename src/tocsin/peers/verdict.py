"""A peer's status of one post, held against what was posted.

Pure. A status that contradicts itself, or speaks of objects that were not posted, is refused: what it says of the rest cannot be
trusted either. Where it counts objects without naming them, the names follow from what is left over. Source: TAXII 2.1 §4.3.1.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from tocsin.errors import PeerError
from tocsin.peers.interface import Outgoing, PushedObject, PushStatus

_HINT = "push the same objects again later; what has arrived already is not doubled"


class StatusDetail(msgspec.Struct):
    """One object in a status."""

    id: str
    version: str | None = None
    message: str | None = None


class StatusResource(msgspec.Struct):
    """The fields of a status that we use."""

    id: str
    status: Literal["complete", "pending"]
    total_count: int
    success_count: int
    failure_count: int
    pending_count: int
    successes: list[StatusDetail] = []
    failures: list[StatusDetail] = []
    pendings: list[StatusDetail] = []


def verdict(status: StatusResource, posted: Sequence[Outgoing]) -> PushStatus:
    """What became of the objects posted, each exactly once.

    Raises:
        PeerError: counts that do not add up or do not fit the lists, ids that were not posted, an object in two lists.
    """
    _require_counts(status, len(posted))
    left = _left_over(status, posted)
    outcomes = {name: [_record(detail) for detail in getattr(status, name)] for name in ("successes", "failures", "pendings")}
    counts = {"successes": status.success_count, "failures": status.failure_count, "pendings": status.pending_count}
    unnamed = [name for name, count in counts.items() if count > len(outcomes[name])]
    if len(unnamed) == 1:
        outcomes[unnamed[0]] += [PushedObject(id=item.id, version=item.version) for item in left]
    else:  # nobody can tell which is which: taken as failures, they are pushed again
        message = "the peer counts successes and failures and does not say which"
        outcomes["failures"] += [PushedObject(id=item.id, version=item.version, message=message) for item in left]
    return PushStatus(**{name: tuple(records) for name, records in outcomes.items()})


def merged(statuses: Sequence[PushStatus]) -> PushStatus:
    """One status of several posts, in their order."""
    return PushStatus(
        successes=tuple(record for status in statuses for record in status.successes),
        failures=tuple(record for status in statuses for record in status.failures),
        pendings=tuple(record for status in statuses for record in status.pendings),
    )


def _require_counts(status: StatusResource, posted: int) -> None:
    pairs = (
        (status.success_count, status.successes),
        (status.failure_count, status.failures),
        (status.pending_count, status.pendings),
    )
    if any(count < 0 or (named and len(named) != count) for count, named in pairs):
        raise PeerError("the peer's status counts other objects than it lists", hint=_HINT)
    if sum(count for count, _ in pairs) != status.total_count or status.total_count != posted:
        raise PeerError(f"the peer's status does not add up to the {posted} objects posted", hint=_HINT)
    if status.status == "complete" and status.pending_count:
        raise PeerError("the peer's status is complete with objects pending", hint=_HINT)


def _left_over(status: StatusResource, posted: Sequence[Outgoing]) -> list[Outgoing]:
    """What was posted and is named in no list."""
    named = Counter(detail.id for details in (status.successes, status.failures, status.pendings) for detail in details)
    left = []
    for item in posted:
        if named[item.id] > 0:
            named[item.id] -= 1
        else:
            left.append(item)
    if strange := next((identifier for identifier, count in named.items() if count > 0), None):
        raise PeerError(f"the peer's status names {strange[:100]!r} once too often: not posted, or in two lists", hint=_HINT)
    return left


def _record(detail: StatusDetail) -> PushedObject:
    return PushedObject(id=detail.id, version=detail.version, message=None if detail.message is None else detail.message[:1000])
