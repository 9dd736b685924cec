"""What becomes of a notification: legal moves only, and the same course in whatever order answers come, on whichever side they are read."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.notice import (
    MINUTE,
    NOTIFICATION,
    RECIPIENT,
    SENDER,
    SENT,
    STRANGER,
    answer,
    notification,
    plain,
    posted,
)
from tocsin.model.extension.notification_answer import VERDICTS
from tocsin.model.lifecycle import MOVES, Course, State, fold, require_sound
from tocsin.model.notification import Answer, Kind, Malformed, Notification, Posted, Standing
from tocsin.model.signature import Seal

SECOND = notification(10)  # a correction
NOW = SENT + 30 * MINUTE
ACTED = {"outcome": ("account-disabled",)}


def at(minute: float) -> int:
    return SENT + int(minute * MINUTE)


def course(*answers: Posted | Answer, versions: tuple[Notification, ...] = (NOTIFICATION,), now: int = NOW, **options: Any) -> Course:
    """Answers alone are brought by their authors."""
    return fold(versions, [one if isinstance(one, Posted) else posted(one) for one in answers], now=now, **options)


def last_word(found: Course) -> Course:
    """Without what it did not count."""
    return replace(found, ignored=())


def from_plain(said: Answer) -> Posted:
    return posted(said, by=RECIPIENT)


# What counts: an answer of the party that may give it, and whether it is signed.
MINUTES = st.integers(0, 4)  # few, so that much is said in the same instant
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "verdict": st.sampled_from(VERDICTS),
        "outcome": st.sampled_from([(), ("takedown-with-third-party",)]),
        "count": st.integers(0, 2),
    },
)
RECIPIENTS = st.builds(
    lambda minute, kind, said: answer(minute, kind, **said), MINUTES, st.sampled_from(sorted(set(Kind) - {Kind.RECALL})), EXTRAS
)
SENDERS = st.builds(lambda minute, kind: answer(minute, kind, author=SENDER), MINUTES, st.sampled_from([Kind.RECEIPT] * 3 + [Kind.RECALL]))
PLAIN = st.builds(
    lambda minute, opinion, number: plain(minute, opinion, number=number), MINUTES, st.sampled_from(["", "agree", "neutral"]), MINUTES
)
WITHDRAWN = RECIPIENTS.map(lambda one: replace(one, is_revoked=True))
SAID = st.lists(st.tuples(RECIPIENTS | SENDERS | PLAIN | WITHDRAWN, st.booleans()), max_size=8)


def seen(said: Answer, is_signed: bool, *, carrier: Any) -> Posted:
    """As it lies in a log; what is signed may come by anybody."""
    if said.is_plain:
        return from_plain(said)
    return posted(said, by=carrier, seal=Seal.VERIFIED) if is_signed else posted(said)


COUNTED = SAID.map(lambda acts: [seen(said, is_signed, carrier=STRANGER) for said, is_signed in acts])
TRIED = {  # what does not count, each in its own way
    "forged": st.builds(posted, RECIPIENTS, by=st.just(STRANGER), seal=st.sampled_from([Seal.UNSIGNED, Seal.FORGED, Seal.UNKNOWN_KEY])),
    "by somebody else": RECIPIENTS.map(lambda one: posted(replace(one, author=STRANGER.id), seal=Seal.VERIFIED)),
    "by the sender": st.just(posted(answer(5, Kind.VERDICT, author=SENDER), seal=Seal.VERIFIED)),
    "of no version": RECIPIENTS.map(lambda one: posted(replace(one, version="2026-01-01T00:00:00.000"))),
    "plain": st.builds(posted, PLAIN, by=st.just(STRANGER)),
    "odd": st.just(
        Posted(said=Malformed(id="note--x", refs=(NOTIFICATION.id,), reason="odd"), organisation=RECIPIENT.id, seal=Seal.UNSIGNED)
    ),
}
NOISE = st.lists(st.one_of(*TRIED.values()), max_size=5)


def expected_state(said: list[Answer]) -> State:
    """The same in other words: the furthest step that was reached, and of contradictions the last."""
    gone = {one.id for one in said if one.is_revoked}
    of: dict[Any, list[Answer]] = {kind: [] for kind in Kind}
    for one in sorted((one for one in said if one.id not in gone), key=lambda one: (one.modified, one.id, repr(one))):
        of[one.kind].append(one)
    closing = [one.modified for one in of[Kind.RECEIPT] if one.author == SENDER.id]
    verdicts = [one for one in of[Kind.VERDICT] if not one.is_plain] or of[Kind.VERDICT]
    if of[Kind.RECALL]:
        return State.RECALLED
    if of[Kind.OUTCOME] and any(one >= of[Kind.OUTCOME][0].modified for one in closing):
        return State.CLOSED
    if of[Kind.OUTCOME]:
        return State.ACTED if of[Kind.OUTCOME][-1].outcome or of[Kind.OUTCOME][-1].count else State.DECLINED
    if verdicts:
        return {"false-positive": State.DISPUTED, "suspected": State.UNVERIFIABLE}.get(verdicts[-1].verdict, State.VERIFIED)
    if of[Kind.ACKNOWLEDGEMENT] or of[Kind.HOLD]:
        return State.ACKNOWLEDGED
    return State.DELIVERED if len(of[Kind.RECEIPT]) > len(closing) else State.SENT


@given(COUNTED, st.data())
def test_neither_order_nor_repetition_changes_the_course(answers: list[Posted], data: st.DataObject) -> None:
    """Whatever came twice, late or in between."""
    again = data.draw(st.permutations(answers + answers[: data.draw(st.integers(0, len(answers)))]))
    assert course(*again) == course(*answers)


@given(COUNTED, NOISE, st.data())
def test_what_does_not_count_changes_nothing(answers: list[Posted], noise: list[Posted], data: st.DataObject) -> None:
    """It is told, each once, as what it is."""
    found = course(*data.draw(st.permutations(answers + noise)))
    assert last_word(found) == last_word(course(*answers))
    assert {one for one, _ in found.ignored} == set(noise) | {one for one, _ in course(*answers).ignored}
    assert not any(worth.is_counted for _, worth in found.ignored)


@given(SAID, NOISE, NOISE)
def test_both_sides_see_the_same_course(acts: list[tuple[Answer, bool]], here: list[Posted], there: list[Posted]) -> None:
    """Each from its own log: what came from whom differs, and what somebody else tried."""
    at_sender = [seen(said, is_signed, carrier=RECIPIENT) for said, is_signed in acts]
    at_recipient = [seen(said, is_signed, carrier=SENDER) for said, is_signed in acts[::-1]]
    assert last_word(course(*at_sender, *here)) == last_word(course(*there, *at_recipient))


@given(COUNTED, st.integers(0, at(120)), st.integers(0, at(120)))
def test_time_changes_what_is_computed_and_nothing_else(answers: list[Posted], now: int, later: int) -> None:
    """Nobody's silence is taken for an answer."""
    first, second = course(*answers, now=now), course(*answers, now=later)
    computed = {"hold_until": None, "is_overdue": False}
    assert replace(first, **computed) == replace(second, **computed)


@given(SAID)
def test_every_path_is_made_of_legal_moves(acts: list[tuple[Answer, bool]]) -> None:
    """And ends where the answers say."""
    found = course(*(seen(said, is_signed, carrier=STRANGER) for said, is_signed in acts))
    assert found.path[0] is State.SENT
    assert all(after in MOVES[before] for before, after in zip(found.path, found.path[1:], strict=False))
    assert found.state is found.path[-1]
    assert found.state is expected_state([said for said, _ in acts])


def test_a_notification_goes_from_sent_to_closed() -> None:
    """Step by step; each instant is that of the answer."""
    steps = [
        (answer(1, Kind.RECEIPT), State.DELIVERED),
        (answer(2, Kind.ACKNOWLEDGEMENT), State.ACKNOWLEDGED),
        (answer(3, Kind.VERDICT, verdict="failed-attempt", count=2), State.VERIFIED),
        (answer(4, Kind.OUTCOME, **ACTED), State.ACTED),
        (answer(5, Kind.RECEIPT, author=SENDER), State.CLOSED),
    ]
    answers = [said for said, _ in steps]
    assert [course(*answers[: number + 1]).state for number in range(5)] == [state for _, state in steps]
    assert course(*answers) == Course(
        notification=NOTIFICATION,
        state=State.CLOSED,
        path=(State.SENT, State.DELIVERED, State.ACKNOWLEDGED, State.VERIFIED, State.ACTED, State.CLOSED),
        sent=at(0),
        delivered=at(1),
        acknowledged=at(2),
        verified=at(3),
        acted=at(4),
        closed=at(5),
        recalled=None,
        purge_by=None,
        purged=None,
        verdict="failed-attempt",
        outcome=("account-disabled",),
        count=None,
        hold_until=None,
        is_overdue=False,
        is_late=False,
        last=at(5),
        ignored=(),
    )
    assert course(*answers).durations == {"delivered": 60.0, "acknowledged": 120.0, "verified": 180.0, "acted": 240.0}


def test_an_answer_says_what_comes_before_it() -> None:
    """Who tells what he did has received and read it; a receipt that comes later moves nothing back."""
    found = course(answer(4, Kind.OUTCOME, **ACTED), answer(5, Kind.RECEIPT), answer(6, Kind.ACKNOWLEDGEMENT))
    assert (found.state, found.path) == (State.ACTED, (State.SENT, State.ACTED))
    assert (found.delivered, found.acknowledged, found.verified, found.acted) == (at(4), at(4), None, at(4))


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        ("blocked", State.VERIFIED),
        ("successful-attempt", State.VERIFIED),
        ("failed-attempt", State.VERIFIED),
        ("low-value", State.VERIFIED),
        ("false-positive", State.DISPUTED),
        ("suspected", State.UNVERIFIABLE),
    ],
)
def test_a_verdict_decides_the_state(verdict: str, state: State) -> None:
    found = course(answer(1, Kind.VERDICT, verdict=verdict))
    assert (found.state, found.verdict) == (state, verdict)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({}, State.DECLINED),
        ({"count": 0}, State.DECLINED),
        ({"count": 1}, State.ACTED),
        (ACTED, State.ACTED),
        (ACTED | {"count": 0}, State.ACTED),
    ],
)
def test_an_outcome_with_something_in_it_is_an_action(said: dict[str, Any], state: State) -> None:
    assert course(answer(1, Kind.OUTCOME, **said)).state is state


def test_of_contradictions_the_later_one_wins() -> None:
    """The instant of the first one stays the time that it took."""
    first, second = answer(1, Kind.VERDICT, verdict="suspected"), answer(2, Kind.VERDICT, verdict="false-positive")
    found = course(second, first)
    assert (found.state, found.verdict, found.verified) == (State.DISPUTED, "false-positive", at(1))
    done = course(answer(3, Kind.OUTCOME, **ACTED), answer(4, Kind.OUTCOME), second)
    assert (done.state, done.outcome, done.acted) == (State.DECLINED, (), at(3))


def test_a_verdict_after_the_outcome_is_told_and_moves_nothing_back() -> None:
    found = course(answer(1, Kind.OUTCOME, **ACTED), answer(2, Kind.VERDICT, verdict="false-positive"))
    assert (found.state, found.verdict) == (State.ACTED, "false-positive")


def test_the_sender_closes_after_the_outcome_and_not_before() -> None:
    """At the same instant is after it."""
    outcome = answer(4, Kind.OUTCOME, **ACTED)
    assert course(outcome, answer(3, Kind.RECEIPT, author=SENDER)).state is State.ACTED
    assert course(outcome, answer(4, Kind.RECEIPT, author=SENDER)).state is State.CLOSED
    assert course(answer(4, Kind.RECEIPT, author=SENDER)).state is State.SENT


def test_what_is_closed_stays_closed() -> None:
    """A later outcome is told."""
    found = course(answer(1, Kind.OUTCOME), answer(2, Kind.RECEIPT, author=SENDER), answer(3, Kind.OUTCOME, **ACTED))
    assert (found.state, found.closed, found.outcome) == (State.CLOSED, at(2), ("account-disabled",))


def test_an_answer_that_was_taken_back_was_not_given() -> None:
    """Every version of it; by its author alone."""
    verdict, receipt = answer(2, Kind.VERDICT), answer(1, Kind.RECEIPT)
    gone = replace(verdict, modified="2026-01-15T09:03:00.000", is_revoked=True)
    assert course(receipt, verdict, gone) == course(receipt)
    assert course(receipt, verdict, posted(gone, by=STRANGER)).state is State.VERIFIED


def test_nobody_takes_back_what_another_said() -> None:
    """Neither the other side under the same id, nor a plain note in its name."""
    verdict, recall = answer(2, Kind.VERDICT), answer(3, Kind.RECALL, author=SENDER)
    by_sender = replace(answer(3, Kind.RECEIPT, author=SENDER), id=verdict.id, is_revoked=True)
    by_recipient = plain(4, id=recall.id, author=SENDER.id, is_revoked=True)
    assert course(verdict, by_sender).state is State.VERIFIED
    assert course(verdict, recall, from_plain(by_recipient)).state is State.RECALLED


# Other software


def test_a_plain_note_acknowledges_and_a_plain_opinion_judges() -> None:
    """Whoever they name as their author."""
    assert course(from_plain(plain(1, author="identity--x"))).state is State.ACKNOWLEDGED
    assert course(from_plain(plain(1)), from_plain(plain(2, "disagree"))).state is State.DISPUTED
    assert course(from_plain(plain(2, "neutral"))).state is State.UNVERIFIABLE


def test_an_opinion_beside_a_verdict_does_not_contradict_it() -> None:
    """Four words of one stand for six of the other."""
    found = course(answer(1, Kind.VERDICT, verdict="blocked"), from_plain(plain(2, "disagree")))
    assert (found.state, found.verdict) == (State.VERIFIED, "blocked")


# Deadlines and holds


@pytest.mark.parametrize(("now", "is_overdue"), [(at(60), False), (at(60) + 1, True)])
def test_silence_is_overdue_after_the_deadline(now: int, is_overdue: bool) -> None:
    """A receipt of a machine is silence too; an acknowledgement is not, and nothing is due where there is no deadline."""
    assert course(now=now).is_overdue is is_overdue
    assert course(answer(1, Kind.RECEIPT), now=now).is_overdue is is_overdue
    assert not course(answer(61, Kind.ACKNOWLEDGEMENT), now=now).is_overdue
    assert not course(versions=(replace(NOTIFICATION, acknowledge_by=None),), now=now).is_overdue


@pytest.mark.parametrize(("minute", "is_late"), [(59, False), (60, False), (60.1, True)])
def test_who_acknowledges_after_the_deadline_is_late(minute: float, is_late: bool) -> None:
    """For good; a second acknowledgement makes nobody late."""
    assert course(answer(minute, Kind.ACKNOWLEDGEMENT)).is_late is is_late
    assert not course(answer(1, Kind.ACKNOWLEDGEMENT), answer(minute, Kind.ACKNOWLEDGEMENT)).is_late


def test_a_hold_lasts_to_its_end() -> None:
    """Who holds has read it; the end itself is no longer held."""
    hold = answer(1, Kind.HOLD, hold_until=at(20))
    assert course(hold, now=at(20) - 1).hold_until == at(20)
    assert course(hold, now=at(20)).hold_until is None
    assert course(hold).state is State.ACKNOWLEDGED


def test_a_hold_ends_with_a_finding_and_can_be_made_longer_or_shorter() -> None:
    """By a later one."""
    hold = answer(1, Kind.HOLD, hold_until=at(50))
    assert course(hold, answer(2, Kind.HOLD, hold_until=at(40))).hold_until == at(40)
    assert course(hold, answer(2, Kind.HOLD, hold_until=at(20))).hold_until is None
    assert course(hold, answer(2, Kind.VERDICT)).hold_until is course(hold, answer(2, Kind.OUTCOME)).hold_until is None
    assert course(answer(0, Kind.VERDICT), hold).hold_until == at(50)


# Corrections and recalls


def test_a_correction_is_not_taken_as_answered() -> None:
    """What was said of the version before is told as what it is; it was sent when its first version was."""
    old, new = answer(1, Kind.ACKNOWLEDGEMENT), answer(11, Kind.RECEIPT, to=SECOND)
    found = course(old, new, versions=(NOTIFICATION, SECOND))
    assert (found.notification, found.state, found.sent, found.acknowledged) == (SECOND, State.DELIVERED, at(0), None)
    assert found.ignored == ((posted(old), Standing.OTHER_VERSION),)
    assert course(old).state is State.ACKNOWLEDGED


def test_what_was_closed_opens_again_with_a_correction() -> None:
    """New evidence in the same case has the same id."""
    closed = [answer(1, Kind.OUTCOME), answer(2, Kind.RECEIPT, author=SENDER)]
    assert course(*closed, versions=(SECOND, NOTIFICATION)).state is State.SENT


FROM_ANY = {
    State.SENT: [],
    State.DELIVERED: [answer(1, Kind.RECEIPT)],
    State.ACKNOWLEDGED: [answer(1, Kind.ACKNOWLEDGEMENT)],
    State.VERIFIED: [answer(1, Kind.VERDICT)],
    State.DISPUTED: [answer(1, Kind.VERDICT, verdict="false-positive")],
    State.UNVERIFIABLE: [answer(1, Kind.VERDICT, verdict="suspected")],
    State.ACTED: [answer(1, Kind.OUTCOME, **ACTED)],
    State.DECLINED: [answer(1, Kind.OUTCOME)],
    State.CLOSED: [answer(1, Kind.OUTCOME), answer(2, Kind.RECEIPT, author=SENDER)],
}


@pytest.mark.parametrize("state", FROM_ANY)
def test_everything_can_be_recalled(state: State) -> None:
    """By an answer or by revoking the grouping, for good; what was found and done until then stays known."""
    before = course(*FROM_ANY[state])
    by_answer = course(*FROM_ANY[state], answer(5, Kind.RECALL, author=SENDER), answer(6, Kind.VERDICT, verdict="suspected"))
    by_revoking = course(*FROM_ANY[state], versions=(NOTIFICATION, notification(5, is_revoked=True)))
    assert before.state is state
    for found in (by_answer, by_revoking):
        assert (found.path, found.recalled) == ((*before.path, State.RECALLED), at(5))
        assert (found.outcome, found.acted, found.closed) == (before.outcome, before.acted, before.closed)


def test_a_purge_is_attested_after_the_recall() -> None:
    """One before it says nothing of what came since; whichever version it names."""
    recall, versions = answer(5, Kind.RECALL, author=SENDER, to=SECOND), (NOTIFICATION, SECOND)
    assert course(answer(6, Kind.PURGE), recall, versions=versions).purged == at(6)
    assert course(answer(5, Kind.PURGE), recall, versions=versions).purged == at(5)
    assert course(answer(4, Kind.PURGE), recall, versions=versions).purged is None
    assert (course(answer(6, Kind.PURGE)).purged, course(answer(6, Kind.PURGE)).state) == (None, State.SENT)


def test_who_has_not_purged_in_time_is_known() -> None:
    """By the last recall; nothing is due where it names no end."""
    recall, purge = answer(5, Kind.RECALL, author=SENDER, purge_by=at(20)), answer(25, Kind.PURGE)
    assert [course(recall).is_purge_overdue(now) for now in (at(20), at(20) + 1)] == [False, True]
    assert not course(recall, purge).is_purge_overdue(at(60))
    assert not course(recall, answer(6, Kind.RECALL, author=SENDER)).is_purge_overdue(at(60))
    assert (course(recall).purge_by, course().is_purge_overdue(at(60))) == (at(20), False)


def test_the_course_is_known_from_what_is_left_after_the_purge() -> None:
    """The recipient holds the revoked version alone, and its own answers to those that it deleted."""
    gone = notification(5, is_revoked=True)
    said = [answer(1, Kind.VERDICT), answer(5, Kind.RECALL, author=SENDER, purge_by=at(20)), answer(6, Kind.PURGE)]
    left, whole = course(*said, versions=(gone,)), course(*said, versions=(NOTIFICATION, gone))
    assert whole.path == (State.SENT, State.VERIFIED, State.RECALLED)
    assert left == replace(whole, notification=gone, sent=gone.sent)


# The edges


def test_a_draft_cannot_be_answered() -> None:
    """It was not sent."""
    found = course(answer(1, Kind.RECEIPT), is_draft=True)
    assert (found.state, found.sent, found.delivered, found.is_overdue) == (State.DRAFTED, None, None, False)
    gone = course(versions=(NOTIFICATION, notification(5, is_revoked=True)), is_draft=True)
    assert gone.path == (State.DRAFTED, State.RECALLED)


def test_answers_to_another_notification_are_left_out() -> None:
    other = replace(answer(1, Kind.RECEIPT), refs=("grouping--x",))
    assert course(other, posted(NOTIFICATION)) == course()


def test_no_time_is_below_zero() -> None:
    """Whatever two clocks say."""
    early = replace(answer(0, Kind.RECEIPT), modified="2026-01-15T08:59:00.000")
    assert course(early).durations == {"delivered": 0.0}


def test_what_is_said_next_follows_what_was_said() -> None:
    """In whole milliseconds, also where the other clock is ahead."""
    found = course(replace(answer(0, Kind.RECEIPT), modified="2026-01-15T09:05:00.0004"))
    assert found.last == at(5) + 400
    assert found.next_instant(at(1)) == at(5) + 1_000
    assert found.next_instant(at(6) + 1_999) == at(6) + 1_000


@pytest.mark.parametrize("state", State)
def test_the_table_is_sound_and_a_hole_in_it_is_found(state: State) -> None:
    """At import."""
    require_sound(MOVES)
    without = {one: targets for one, targets in MOVES.items() if one is not state}
    unreachable = {one: targets - {state} for one, targets in MOVES.items()}
    for broken in (without, unreachable) if state is not State.DRAFTED else (without,):
        with pytest.raises(ValueError, match="the table of moves is wrong: every state"):
            require_sound(broken)


@pytest.mark.parametrize(
    ("state", "targets", "rule"),
    [
        (State.SENT, MOVES[State.SENT] - {State.RECALLED}, "everything can be recalled, once"),
        (State.CLOSED, frozenset({State.RECALLED, State.ACTED}), "nothing but a recall leaves what is closed"),
        (State.RECALLED, frozenset({State.SENT}), "nothing leaves what is recalled"),
        (State.ACTED, MOVES[State.ACTED] | {State.ACTED}, "no state leads to itself"),
    ],
)
def test_a_move_that_must_not_be_is_found(state: State, targets: frozenset[State], rule: str) -> None:
    with pytest.raises(ValueError, match=f"the table of moves is wrong: {rule}"):
        require_sound({**MOVES, state: targets})
