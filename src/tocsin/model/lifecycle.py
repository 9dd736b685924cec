"""What becomes of a notification: its states and legal moves, and the fold of the answers to it (ADR 0016).

The same answers give the same course, in whatever order and however often they came, in the sender's log and in the recipient's; what
does not count is told and changes nothing. Instants are those of the objects, so that both sides come to the same ones; the clock
decides only what is overdue and whether a hold lasts.

An answer says what comes before it: who gives a verdict has read the notification, and who read it has received it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tocsin.model.extension.notification_answer import VERDICTS
from tocsin.model.notification import Answer, Kind, Notification, Posted, Standing, current_of, standing

_MILLISECOND = 1_000  # microseconds
_RANK = {kind: place for place, kind in enumerate(Kind)}  # of answers of one instant, those that come later in the course


class State(StrEnum):
    """Where a notification stands."""

    DRAFTED = "drafted"
    SENT = "sent"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    VERIFIED = "verified"  # it is so
    DISPUTED = "disputed"  # it is not so
    UNVERIFIABLE = "unverifiable"  # it cannot be decided
    ACTED = "acted"
    DECLINED = "declined"  # nothing was done
    CLOSED = "closed"  # the sender has received the outcome
    RECALLED = "recalled"


STATE_OF_VERDICT: Mapping[str, State] = {
    "blocked": State.VERIFIED,
    "successful-attempt": State.VERIFIED,
    "failed-attempt": State.VERIFIED,
    "low-value": State.VERIFIED,
    "false-positive": State.DISPUTED,
    "suspected": State.UNVERIFIABLE,
}
_JUDGED = frozenset(STATE_OF_VERDICT.values())
_DONE = frozenset({State.ACTED, State.DECLINED})
_ANSWERED = _JUDGED | _DONE | {State.RECALLED}
MOVES: Mapping[State, frozenset[State]] = {
    State.DRAFTED: frozenset({State.SENT, State.RECALLED}),
    State.SENT: _ANSWERED | {State.DELIVERED, State.ACKNOWLEDGED},
    State.DELIVERED: _ANSWERED | {State.ACKNOWLEDGED},
    State.ACKNOWLEDGED: _ANSWERED,
    **{state: _ANSWERED - {state} for state in _JUDGED},
    **{state: (_DONE - {state}) | {State.CLOSED, State.RECALLED} for state in _DONE},
    State.CLOSED: frozenset({State.RECALLED}),
    State.RECALLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What became of a notification so far; instants are stamps, None where that did not happen."""

    notification: Notification  # the version that is to be answered
    state: State
    path: tuple[State, ...]  # every state that it was in, in order
    sent: int | None
    delivered: int | None
    acknowledged: int | None
    verified: int | None  # the first verdict, whatever it was
    acted: int | None  # the first outcome, whatever it was
    closed: int | None
    recalled: int | None
    purge_by: int | None  # until when that is asked
    purged: int | None  # the recipient attests that its copies are deleted, after the recall
    verdict: str  # the last one
    outcome: tuple[str, ...]  # the last one
    count: int | None  # of the last outcome, else of the last verdict
    hold_until: int | None  # while it lasts
    is_overdue: bool  # nobody has acknowledged it in time, nor since
    is_late: bool  # somebody has, and not in time
    last: int  # the latest instant in all that counts
    ignored: tuple[tuple[Posted, Standing], ...]  # what does not count

    @property
    def durations(self) -> dict[str, float]:
        """Seconds from sending to each step that was reached; never below zero, whatever two clocks say."""
        steps = {"delivered": self.delivered, "acknowledged": self.acknowledged, "verified": self.verified, "acted": self.acted}
        return {name: max(0, at - self.sent) / 1e6 for name, at in steps.items() if at is not None and self.sent is not None}

    def is_purge_overdue(self, now: int) -> bool:
        """The recipient has not attested in time that its copies are deleted."""
        return self.purge_by is not None and self.purged is None and now > self.purge_by

    def next_instant(self, now: int) -> int:
        """When what is said next is to be dated, so that it follows all that it answers whatever the clocks say: whole milliseconds."""
        return max(now, self.last + _MILLISECOND) // _MILLISECOND * _MILLISECOND


def fold(versions: Sequence[Notification], answers: Iterable[Posted], *, now: int, is_draft: bool = False) -> Course:
    """What became of a notification by the answers to it.

    Args:
        versions: those that count, one or more, in any order.
        answers: in any order; those to other notifications are left out.
        is_draft: it was not sent yet, so nothing can answer it.
    """
    current = current_of(versions)
    judged = {one: standing(one, versions=versions) for one in ([] if is_draft else answers) if _is_about(one, current)}
    said = _in_order(one.said for one, worth in judged.items() if worth.is_counted and isinstance(one.said, Answer))
    path, reached = _walk(State.DRAFTED if is_draft else State.SENT, _steps(said, versions))
    of = {kind: [one for one in said if one.kind is kind and not _closes(one, current)] for kind in Kind}
    verdicts, outcomes = of[Kind.VERDICT], of[Kind.OUTCOME]
    by_people = [*of[Kind.ACKNOWLEDGEMENT], *of[Kind.HOLD], *verdicts, *outcomes]
    acknowledged, recalled, deadline = _first(by_people), reached.get(State.RECALLED), current.acknowledge_by
    return Course(
        notification=current,
        state=path[-1],
        path=path,
        sent=None if is_draft else current.sent,
        delivered=_first([*of[Kind.RECEIPT], *by_people]),
        acknowledged=acknowledged,
        verified=_first(verdicts),
        acted=_first(outcomes),
        closed=reached.get(State.CLOSED),
        recalled=recalled,
        purge_by=next((one.purge_by for one in of[Kind.RECALL][-1:]), None),
        purged=_first([one for one in of[Kind.PURGE] if recalled is not None and one.made >= recalled]),
        verdict=verdicts[-1].verdict if verdicts else "",
        outcome=outcomes[-1].outcome if outcomes else (),
        count=next((one.count for one in (*outcomes[-1:], *verdicts[-1:])), None),
        hold_until=_lasting(of[Kind.HOLD][-1:], [*verdicts, *outcomes], state=path[-1], now=now),
        is_overdue=deadline is not None and now > deadline and path[-1] in (State.SENT, State.DELIVERED),
        is_late=deadline is not None and acknowledged is not None and acknowledged > deadline,
        last=max([one.made for one in versions] + [one.made for one in said]),
        ignored=tuple(sorted(((one, worth) for one, worth in judged.items() if not worth.is_counted), key=repr)),
    )


def require_sound(moves: Mapping[State, frozenset[State]]) -> None:
    """A table of moves that leaves no state out and leads nowhere that it should not.

    Raises:
        ValueError: says what is wrong with it; ours.
    """
    reached, waiting = {State.DRAFTED}, [State.DRAFTED]
    while waiting:
        new = moves.get(waiting.pop(), frozenset()) - reached
        reached |= new
        waiting += new
    rules = {
        "every state has its moves": set(moves) == set(State),
        "every state can be reached": reached == set(State),
        "no state leads to itself": all(state not in targets for state, targets in moves.items()),
        "nothing but a recall leaves what is closed": moves.get(State.CLOSED) == frozenset({State.RECALLED}),
        "everything can be recalled, once": all(
            (State.RECALLED in targets) is (state is not State.RECALLED) for state, targets in moves.items()
        ),
        "nothing leaves what is recalled": not moves.get(State.RECALLED),
        "every verdict leads to a state": set(STATE_OF_VERDICT) == set(VERDICTS),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise ValueError(f"the table of moves is wrong: {'; '.join(broken)}")


def _is_about(posted: Posted, notification: Notification) -> bool:
    return not isinstance(posted.said, Notification) and notification.id in posted.said.refs


def _in_order(answers: Iterable[Answer]) -> list[Answer]:
    """By time, without those that were taken back, and a plain verdict only where there is no other."""
    there = list(answers)
    withdrawn = {_voice(one) for one in there if one.is_revoked}
    left = [one for one in there if _voice(one) not in withdrawn]
    if any(one.kind is Kind.VERDICT and not one.is_plain for one in left):
        left = [replace(one, kind=Kind.ACKNOWLEDGEMENT) if one.is_plain else one for one in left]
    return sorted(left, key=lambda one: (one.modified, _RANK[one.kind], one.id, repr(one)))


def _voice(answer: Answer) -> tuple[str, str, bool]:
    """Whose answer it is: nobody takes back what another said, nor by a plain note, whose author nobody vouches for."""
    return answer.id, answer.author, answer.is_plain


def _steps(answers: Iterable[Answer], versions: Sequence[Notification]) -> list[tuple[int, State]]:
    """Where each answer leads, and when it was given, by time."""
    current = current_of(versions)
    steps = [(one.modified, _rank(one, current), one.made, state) for one in answers if (state := _leads_to(one, current)) is not None]
    steps += [(one.modified, _RANK[Kind.RECALL], one.made, State.RECALLED) for one in versions if one.is_revoked]
    return [(made, state) for _, _, made, state in sorted(steps, key=lambda step: step[:2])]


def _walk(start: State, steps: Iterable[tuple[int, State]]) -> tuple[tuple[State, ...], dict[State, int]]:
    """The path by the legal moves among the steps, and when each state was reached first."""
    path, reached = [start], dict[State, int]()
    for made, state in steps:
        if state in MOVES[path[-1]]:
            path.append(state)
            reached.setdefault(state, made)
    return tuple(path), reached


def _leads_to(answer: Answer, current: Notification) -> State | None:
    match answer.kind:
        case Kind.RECEIPT:
            return State.CLOSED if _closes(answer, current) else State.DELIVERED
        case Kind.ACKNOWLEDGEMENT | Kind.HOLD:
            return State.ACKNOWLEDGED
        case Kind.VERDICT:
            return STATE_OF_VERDICT[answer.verdict]
        case Kind.OUTCOME:
            return State.ACTED if answer.outcome or answer.count else State.DECLINED
        case Kind.RECALL:
            return State.RECALLED
        case Kind.PURGE:
            return None


def _closes(answer: Answer, current: Notification) -> bool:
    """It is the sender's receipt of the outcome."""
    return answer.kind is Kind.RECEIPT and answer.author != current.recipient


def _rank(answer: Answer, current: Notification) -> int:
    """Of answers of one instant, a closing receipt comes after the outcome."""
    return _RANK[Kind.RECALL] if _closes(answer, current) else _RANK[answer.kind]


def _first(answers: Iterable[Answer]) -> int | None:
    return min((one.made for one in answers), default=None)


def _lasting(holds: Sequence[Answer], findings: Iterable[Answer], *, state: State, now: int) -> int | None:
    """The end of the last hold, unless it is over: by the clock, by a finding that came after it, or because all is over."""
    hold = holds[-1] if holds else None
    if hold is None or hold.hold_until is None or now >= hold.hold_until or state in (State.CLOSED, State.RECALLED):
        return None
    return None if any(one.modified > hold.modified for one in findings) else hold.hold_until


require_sound(MOVES)
