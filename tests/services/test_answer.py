"""Answers, recalls and purges between two providers, each with its own log, on both databases (ADR 0016)."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.abuse import thing
from tests.support.objects import text
from tests.support.office import Office, Pair, at, carry, lantern, report_id
from tocsin.errors import ConflictError, InvalidInputError, TocsinError
from tocsin.model.lifecycle import Course, State
from tocsin.model.marking import MARKING_REF, Level
from tocsin.model.notification import Kind
from tocsin.model.signature import Seal, judge
from tocsin.services.notification import Plan

ALL = ["report", "threat-actor", "indicator", "indicator"]  # what `lantern` makes


def both(pair: Pair, identifier: str, *, minute: float) -> Course:
    """The course, which is the same on both sides."""
    here, there = (office.course(identifier, now=at(minute)) for office in (pair.alpha, pair.beta))
    told = [replace(one, notification=here.notification, last=0, ignored=()) for one in (here, there)]
    assert told[0] == told[1]
    return here


def notes(office: Office, other: Office, identifier: str) -> list[dict[str, Any]]:
    """What it laid out about a notification, in order."""
    about = [one for one in office.held(office.outbox(other).alias) if one.get("object_refs") == [identifier]]
    return [one for one in about if one["type"] in ("note", "opinion")]


def refs(number: int, office: Office) -> list[str]:
    return [one["id"] for one in lantern(office.identity, number)]


def refused(error: type[TocsinError], pair: Pair, identifier: str, kind: Kind) -> str:
    """Of an answer of Alpha's or Beta's, whoever may not give it."""
    office = pair.alpha if kind is not Kind.RECALL else pair.beta
    with pytest.raises(error) as raised:
        office.exchange.notifications.reply(office.operator, office.thread(identifier), kind, now=at(9))
    return str(raised.value)


def test_every_answer_leads_to_the_same_state_on_both_sides(pair: Pair) -> None:
    """With the same instants, from receipt to closing."""
    identifier = pair.sent(pair.case())
    steps: list[tuple[Kind, dict[str, Any], State]] = [
        (Kind.RECEIPT, {}, State.DELIVERED),
        (Kind.ACKNOWLEDGEMENT, {"words": "We look into it."}, State.ACKNOWLEDGED),
        (Kind.HOLD, {"hold_until": at(90)}, State.ACKNOWLEDGED),
        (Kind.VERDICT, {"verdict": "successful-attempt", "count": 2}, State.VERIFIED),
        (Kind.OUTCOME, {"outcome": ("account-disabled",), "count": 2}, State.ACTED),
    ]
    for minute, (kind, said, state) in enumerate(steps, start=2):
        pair.answer(identifier, kind, minute=minute, **said)
        assert both(pair, identifier, minute=minute).state is state
    pair.answer(identifier, Kind.RECEIPT, minute=7, side=pair.alpha)
    found = both(pair, identifier, minute=8)
    assert (found.state, found.verdict, found.outcome, found.count) == (State.CLOSED, "successful-attempt", ("account-disabled",), 2)
    assert [found.delivered, found.acknowledged, found.verified, found.acted, found.closed] == [at(minute) for minute in (2, 3, 5, 6, 7)]


def test_an_answer_lies_signed_in_the_outbox_for_the_other_side(pair: Pair) -> None:
    """And nowhere else; a verdict says the same in plain STIX too, marked like the notification."""
    identifier = pair.sent(pair.case())
    pair.answer(identifier, Kind.VERDICT, minute=5, verdict="false-positive")
    note, opinion = notes(pair.beta, pair.alpha, identifier)
    assert judge(note, pair.beta.exchange.signing.public_keys()) is Seal.VERIFIED
    assert (opinion["type"], opinion["opinion"]) == ("opinion", "disagree")
    assert note["object_marking_refs"] == opinion["object_marking_refs"] == [MARKING_REF[Level.AMBER]]
    assert pair.beta.identity in [one["id"] for one in pair.beta.held("outbox-alpha-ai")]
    assert notes(pair.beta, pair.gamma, identifier) == []
    (arrived, plain) = pair.alpha.thread(identifier).answers
    assert (arrived.seal, arrived.organisation, plain.seal) == (Seal.VERIFIED, pair.beta.identity, Seal.UNSIGNED)


def test_an_answer_given_again_is_a_new_version_of_the_same_note(pair: Pair) -> None:
    """The last one stands on both sides; it is later than the one before even within the same instant."""
    identifier = pair.sent(pair.case())
    ids = {pair.answer(identifier, Kind.VERDICT, minute=5, verdict=verdict) for verdict in ("suspected", "blocked", "false-positive")}
    versions = [one for one in notes(pair.beta, pair.alpha, identifier) if one["type"] == "note"]
    made = [one["modified"] for one in versions]
    assert (len(ids), len(versions), len({one["created"] for one in versions}), made) == (1, 3, 1, sorted(set(made)))
    found = both(pair, identifier, minute=6)
    assert (found.state, found.verdict, found.verified) == (State.DISPUTED, "false-positive", at(5))


def test_what_is_said_follows_what_it_answers_whatever_the_clocks_say(pair: Pair) -> None:
    """Beta's clock is four minutes behind."""
    identifier = pair.sent(pair.case())
    pair.answer(identifier, Kind.ACKNOWLEDGEMENT, minute=-4)
    found = both(pair, identifier, minute=1)
    assert (found.state, found.acknowledged, found.durations["acknowledged"]) == (State.ACKNOWLEDGED, at(0) + 2_000, 0.001)


def test_sightings_go_with_a_verdict_and_a_bad_one_stops_it(pair: Pair) -> None:
    """Nothing is said where what it rests on was refused."""
    number = pair.case()
    identifier = pair.sent(number)
    seen = {"sighting_of_ref": refs(number, pair.alpha)[-1], "count": 3, "created_by_ref": pair.beta.identity}
    good, bad = (thing("sighting", number * 10 + place, **seen) for place in (1, 2))
    thread, notifications = pair.beta.thread(identifier), pair.beta.exchange.notifications
    reply = replace(notifications.reply(pair.beta.operator, thread, Kind.VERDICT, now=at(5)), verdict="successful-attempt")
    with pytest.raises(InvalidInputError, match=f"outbox-alpha-ai refuses {bad['id']}: "):
        notifications.answer(pair.beta.operator, thread, reply, more=text(good, bad | {"count": "three"}), now=at(5))
    assert notes(pair.beta, pair.alpha, identifier) == []
    placed = notifications.answer(pair.beta.operator, thread, reply, more=text(good), now=at(6))
    carry(pair.beta, pair.alpha, now=at(6))
    assert (placed.objects, pair.alpha.types("inbox", good["id"])) == (4, ["sighting"])
    assert both(pair, identifier, minute=7).verified == at(6)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Kind.ACKNOWLEDGEMENT, "only the recipient of a notification gives the answer acknowledgement; see: tocsin notify, tocsin inbox"),
        (Kind.PURGE, "only the recipient of a notification gives the answer purge; see: tocsin notify, tocsin inbox"),
        (Kind.RECALL, "only the sender of a notification gives the answer recall; see: tocsin notify, tocsin inbox"),
    ],
)
def test_nobody_gives_the_answers_of_the_other_side(pair: Pair, kind: Kind, line: str) -> None:
    assert refused(InvalidInputError, pair, pair.sent(pair.case()), kind) == line


def test_what_does_not_count_is_not_answered(pair: Pair) -> None:
    """Gamma brings a notification in Alpha's name."""
    number = pair.case()
    forged = forgery(pair, number)
    pair.beta.post("inbox", forged, by=pair.beta.exchange.members.find("gamma-machine"))
    thread = pair.beta.thread(forged["id"])
    with pytest.raises(InvalidInputError) as raised:
        pair.beta.exchange.notifications.reply(pair.beta.operator, thread, Kind.ACKNOWLEDGEMENT, now=at(1))
    assert str(raised.value) == f"the word of {forged['id']} does not count: unsigned-from-other; ask its sender by another way"
    assert forged["id"] not in str(pair.beta.tend(now=at(1)))


def forgery(pair: Pair, number: int) -> dict[str, Any]:
    """The notification that Alpha could have sent about a case, without its signature."""
    plan = Plan(organisation="Beta AI", case=report_id(number))
    made = pair.alpha.exchange.notifications.draft(pair.alpha.operator, plan, now=at(0))
    return next(one for one in pair.alpha.held("drafts") if one["id"] == made.id)


# Recalled


def test_a_recall_leaves_nothing_of_the_notification_but_the_word(pair: Pair) -> None:
    """Evidence goes from the outbox and from the inbox; the recipient attests it; both tell the same story."""
    number = pair.case()
    identifier = pair.sent(number, summary="A secret.")
    pair.answer(identifier, Kind.ACKNOWLEDGEMENT, minute=2)
    pair.alpha.send(Plan(organisation="Gamma AI", case=report_id(number)))  # which stands
    pair.recall(identifier, minute=5)
    assert [pair.alpha.types(alias, *refs(number, pair.alpha)) for alias in ("outbox-beta-ai", "outbox-gamma-ai")] == [[], ALL]
    assert pair.beta.exchange.notifications.purge(pair.beta.operator, pair.beta.thread(identifier), now=at(6)) == 4
    pair.answer(identifier, Kind.PURGE, minute=6)
    assert pair.beta.types("inbox", identifier, *refs(number, pair.alpha)) == ["grouping"]
    (left,) = [one for one in pair.beta.held("inbox") if one["id"] == identifier]
    assert (left["revoked"], left["name"], "description" in left, "A secret." in str(left)) == (True, "Recalled notification", False, False)
    found = both(pair, identifier, minute=7)
    assert (found.state, found.sent, found.acknowledged) == (State.RECALLED, at(0) + 1_000, at(2))
    assert (found.recalled, found.purge_by, found.purged) == (at(5), at(65), at(6))
    assert pair.alpha.types("submissions", *refs(number, pair.alpha)) == ALL  # what we know we still know


def test_a_purge_keeps_what_others_stand_on(pair: Pair) -> None:
    """What another notification of the same sender refers to, until that is recalled too; what another provider brought; our own."""
    number = pair.case()
    first = pair.sent(number)
    _report, _actor, *domains = refs(number, pair.alpha)
    second = pair.alpha.send(Plan(organisation="Beta AI", evidence=(domains[0],))).id
    carry(pair.alpha, pair.beta, now=at(1))
    brought = lantern(pair.alpha.identity, number)[-1]
    pair.beta.post("inbox", brought | {"modified": "2026-01-02T00:00:00.000Z"}, by=pair.beta.exchange.members.find("gamma-machine"))
    pair.recall(first, minute=5)
    assert purged(pair, first) == 2
    assert pair.beta.types("inbox", *domains) == ["indicator"] * 3
    assert pair.alpha.types("outbox-beta-ai", *domains) == ["indicator"]
    pair.recall(second, minute=8)
    assert purged(pair, second) == 1
    assert pair.beta.types("inbox", domains[0]) == pair.alpha.types("outbox-beta-ai", domains[0]) == []
    assert pair.beta.types("inbox", domains[1]) == ["indicator"] * 2


def purged(pair: Pair, identifier: str) -> int:
    return pair.beta.exchange.notifications.purge(pair.beta.operator, pair.beta.thread(identifier), now=at(9))


def test_a_purge_may_be_done_twice(pair: Pair) -> None:
    """Whoever was interrupted does the rest."""
    identifier = pair.sent(pair.case())
    pair.recall(identifier, minute=5)
    assert [purged(pair, identifier) for _ in range(2)] == [4, 0]


def test_a_recall_takes_its_evidence_back_wherever_we_hold_it(pair: Pair) -> None:
    """With --evidence: what is ours, once in each collection; what is another's, or lies in the inbox, stays."""
    number = pair.case()
    identifier = pair.sent(number)
    ours = lantern(pair.alpha.identity, number)
    pair.alpha.post("restricted", *ours)
    pair.alpha.send(Plan(organisation="Gamma AI", case=report_id(number)))
    pair.recall(identifier, minute=5, is_evidence_revoked=True)
    for alias in ("submissions", "restricted", "outbox-gamma-ai"):
        last = [one for one in pair.alpha.held(alias) if one["id"] in refs(number, pair.alpha)][-4:]
        assert [(one["type"], one["revoked"]) for one in last] == [(kind, True) for kind in ALL], alias
    with pytest.raises(ConflictError, match="was recalled; what is recalled is not answered any more"):
        pair.recall(identifier, minute=6)


def test_a_recall_that_was_interrupted_is_done_again(pair: Pair) -> None:
    """Evidence goes first: until the recall is there, the notification stands."""
    number = pair.case()
    identifier = pair.sent(number)
    thread, notifications = pair.alpha.thread(identifier), pair.alpha.exchange.notifications
    reply = notifications.reply(pair.alpha.operator, thread, Kind.RECALL, now=at(5))
    broken = replace(notifications, key=failing)
    with pytest.raises(RuntimeError):
        broken.recall(pair.alpha.operator, thread, reply, is_evidence_revoked=True, now=at(5))
    assert pair.alpha.types("outbox-beta-ai", *refs(number, pair.alpha)) == []
    assert both(pair, identifier, minute=6).state is State.SENT
    pair.recall(identifier, minute=7, is_evidence_revoked=True)
    assert both(pair, identifier, minute=8).recalled == at(7)
    assert len([one for one in pair.alpha.held("submissions") if one["id"] in refs(number, pair.alpha)]) == 8


def failing(_now: int) -> Any:
    raise RuntimeError("killed")


def test_what_was_recalled_is_not_told_again(pair: Pair) -> None:
    """STIX has no version after a revoked one."""
    number = pair.case()
    identifier = pair.sent(number)
    pair.recall(identifier, minute=5)
    plan = Plan(organisation="Beta AI", case=report_id(number))
    with pytest.raises(ConflictError) as raised:
        pair.alpha.exchange.notifications.draft(pair.alpha.operator, plan, now=at(6))
    assert str(raised.value) == f"Beta AI was notified of this already: {identifier}; what was recalled stays so: make a case of its own"


def test_a_recalled_notification_that_somebody_brings_again_stays_recalled(pair: Pair) -> None:
    """Gamma kept the signed version, and posts it after the purge."""
    identifier = pair.sent(pair.case())
    kept = next(one for one in pair.beta.held("inbox") if one["id"] == identifier)
    pair.recall(identifier, minute=5)
    purged(pair, identifier)
    pair.answer(identifier, Kind.PURGE, minute=6)
    pair.beta.post("inbox", kept, by=pair.beta.exchange.members.find("gamma-machine"))
    assert both(pair, identifier, minute=7).state is State.RECALLED
