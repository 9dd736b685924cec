"""Notifications between two providers, each with its own log, on both databases; the post is carried by hand (ADR 0016)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.extension import IDS
from tests.support.objects import indicator
from tests.support.office import MINUTE, NOW, NUMBERS, Pair, at, carry, lantern, report_id
from tocsin.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, TocsinError
from tocsin.model.lifecycle import State
from tocsin.model.marking import Level
from tocsin.model.member import Role
from tocsin.model.notification import Kind
from tocsin.model.signature import Seal, judge, keys_in
from tocsin.services.notification import Plan


def message(error: type[TocsinError], act: Any, *arguments: Any, **options: Any) -> str:
    """Of the error in which a call ends."""
    with pytest.raises(error) as raised:
        act(*arguments, **options)
    return str(raised.value)


# Drafted


def test_a_draft_lies_with_us_alone(pair: Pair) -> None:
    """Nothing is laid out, signed or dated for anybody before it is sent."""
    number = pair.case()
    made = pair.alpha.exchange.notifications.draft(pair.alpha.operator, Plan(organisation="Beta AI", case=report_id(number)), now=NOW)
    (draft,) = [one for one in pair.alpha.held("drafts") if one["id"] == made.id]
    assert made.name == f"Alpha AI notifies Beta AI: Paper Lantern {number}"
    assert "signature" not in draft["extensions"][IDS["notification"]]
    assert pair.alpha.types("outbox-beta-ai", made.id, *made.evidence) == []
    course = pair.alpha.course(made.id, now=at(1))
    assert (course.state, course.sent, course.notification.acknowledge_by) == (State.DRAFTED, None, None)


def test_a_draft_may_be_made_again_and_deleted(pair: Pair) -> None:
    """The last one stands; a deleted one leaves nothing, and the case may be told after all."""
    plan = Plan(organisation="Beta AI", case=report_id(pair.case()))
    notifications, operator = pair.alpha.exchange.notifications, pair.alpha.operator
    notifications.draft(operator, plan, now=NOW)
    made = notifications.draft(operator, replace(plan, urgency="high", summary="More."), now=at(1))
    assert pair.alpha.course(made.id, now=at(1)).notification == made
    notifications.discard(operator, pair.alpha.thread(made.id), now=at(2))
    assert made.id not in [one["id"] for one in pair.alpha.held("drafts")]
    assert pair.alpha.send(plan, now=at(3)).id == made.id


REFUSED = {
    "to ourselves": (
        {"organisation": "Alpha AI"},
        InvalidInputError,
        "the notification is addressed to ourselves; name the provider whose services are concerned",
    ),
    "to nobody": ({"organisation": "Omega AI"}, NotFoundError, "'Omega AI' takes no part here; see: tocsin organisation list"),
    "without evidence": ({"case": ""}, InvalidInputError, "the notification has no evidence; name the objects, or a case that holds some"),
    "with evidence that is not held": (
        {"case": "", "evidence": (indicator(999_999)["id"],)},
        NotFoundError,
        f"evidence is not held here: {indicator(999_999)['id']}; submit it first",
    ),
    "with a case that is not held": (
        {"case": report_id(999_999)},
        NotFoundError,
        f"there is no report {report_id(999_999)} here; submit the case first: tocsin case submit",
    ),
    "with a word that is none": (
        {"urgency": "soon"},
        InvalidInputError,
        "there is no urgency 'soon'; urgencies: low, normal, high, critical",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_be_sent_is_not_drafted(pair: Pair, case: str) -> None:
    changes, error, line = REFUSED[case]
    plan = replace(Plan(organisation="Beta AI", case=report_id(pair.case())), **changes)
    before = pair.alpha.held("drafts")
    assert message(error, pair.alpha.exchange.notifications.draft, pair.alpha.operator, plan, now=NOW) == line
    assert pair.alpha.held("drafts") == before


def test_evidence_above_the_recipients_clearance_stays_here(pair: Pair) -> None:
    """The clearance is that of the member of it who may read most; more than AMBER goes into no outbox."""
    red = lantern(pair.alpha.identity, next(NUMBERS), level=Level.RED)
    pair.alpha.post("inbox", *red)
    line = message(ForbiddenError, pair.alpha.send, Plan(organisation="Beta AI", case=red[0]["id"]))
    listed = ", ".join([*(f"{one['id']} (TLP:RED)" for one in red), "the notification (TLP:RED)"])
    assert line == f"Beta AI is cleared for TLP:AMBER, which is exceeded by {listed}; leave that out, or ask whoever marked it"


def test_a_recipient_that_nobody_cleared_gets_what_everybody_may_read(pair: Pair) -> None:
    """A disabled member clears nobody."""
    pair.alpha.exchange.organisations.add("Delta AI", domain="delta.example", identity=None, now=NOW)
    pair.alpha.join("delta-machine", organisation="Delta AI", clearance=Level.AMBER)
    number = pair.case()
    assert pair.alpha.send(Plan(organisation="Delta AI", case=report_id(number))).objects == 6
    pair.alpha.exchange.accounts.disable(pair.alpha.exchange.accounts.find_member("delta-machine"), now=NOW)
    other = report_id(pair.case())
    assert message(ForbiddenError, pair.alpha.send, Plan(organisation="Delta AI", case=other)).startswith(
        "Delta AI is cleared for TLP:CLEAR, which is exceeded by "
    )


def test_who_was_off_boarded_is_not_notified(pair: Pair) -> None:
    """Nor is a draft sent that was made before."""
    pair.alpha.exchange.organisations.add("Epsilon AI", domain="epsilon.example", identity=None, now=NOW)
    pair.alpha.join("epsilon-machine", organisation="Epsilon AI", clearance=Level.AMBER)
    plan = Plan(organisation="Epsilon AI", case=report_id(pair.case()))
    made = pair.alpha.exchange.notifications.draft(pair.alpha.operator, plan, now=NOW)
    pair.alpha.exchange.organisations.offboard("Epsilon AI", now=NOW)
    notifications, thread = pair.alpha.exchange.notifications, pair.alpha.thread(made.id)
    acts = ((notifications.draft, plan), (notifications.send, thread))
    lines = [message(NotFoundError, act, pair.alpha.operator, about, now=NOW) for act, about in acts]
    assert lines == ["'Epsilon AI' takes no part here; see: tocsin organisation list"] * 2
    assert pair.alpha.held("outbox-epsilon-ai") == []


def test_what_another_provider_gave_in_confidence_is_not_passed_on(pair: Pair) -> None:
    """AMBER stays where it was given, whoever brought it here; what may go round goes."""
    number = next(NUMBERS)
    given = lantern(pair.gamma.identity, number)
    pair.alpha.post("inbox", *given, by=pair.alpha.exchange.members.find("gamma-machine"))
    line = message(ForbiddenError, pair.alpha.send, Plan(organisation="Beta AI", case=report_id(number)))
    ids = ", ".join(one["id"] for one in given)
    hint = "leave that out, or ask that provider to send it"
    assert line == f"another provider has marked for us, and not to be passed on: {ids}; {hint}"
    pair.alpha.post("submissions", *given)  # an analyst who copies it does not make it ours
    assert message(ForbiddenError, pair.alpha.send, Plan(organisation="Beta AI", case=report_id(number))) == line
    green = lantern(pair.gamma.identity, next(NUMBERS), level=Level.GREEN)
    pair.alpha.post("inbox", *green, by=pair.alpha.exchange.members.find("gamma-machine"))
    assert pair.alpha.send(Plan(organisation="Beta AI", case=green[0]["id"])).objects == 6


# Sent


def test_what_is_sent_lies_in_the_outbox_whole_and_signed(pair: Pair) -> None:
    """The evidence as it was published, our identity with its keys, and the notification; the draft is gone."""
    number = pair.case()
    placed = pair.alpha.send(Plan(organisation="Beta AI", case=report_id(number)))
    held = {one["id"]: one for one in pair.alpha.held("outbox-beta-ai")}
    evidence = lantern(pair.alpha.identity, number)
    assert (placed.objects, [held[one["id"]] for one in evidence]) == (6, evidence)
    assert judge(held[placed.id], keys_in(held[pair.alpha.identity])) is Seal.VERIFIED
    assert placed.id not in [one["id"] for one in pair.alpha.held("drafts")]
    assert pair.alpha.types("outbox-gamma-ai", placed.id) == []


def test_evidence_is_laid_out_byte_for_byte(pair: Pair) -> None:
    """Odd spacing and numbers that no other program could write again."""
    number = next(NUMBERS)
    odd = json.dumps(indicator(number * 10 + 5, x_big=123456789012345678901234567890), separators=(" ,", " :")).encode()
    pair.alpha.post("submissions", odd)
    pair.alpha.send(Plan(organisation="Beta AI", evidence=(indicator(number * 10 + 5)["id"],)))
    assert odd in pair.alpha.page("outbox-beta-ai").bodies


def test_the_instant_of_sending_is_that_of_both_sides(pair: Pair) -> None:
    """Not that of the draft; the deadline runs from there, unless it is named."""
    plan = Plan(organisation="Beta AI", case=report_id(pair.case()), urgency="high")
    pair.alpha.exchange.notifications.draft(pair.alpha.operator, plan, now=at(-600))
    placed = pair.alpha.send(plan, now=NOW)
    carry(pair.alpha, pair.beta, now=at(1))
    here, there = (office.course(placed.id, now=at(1)) for office in (pair.alpha, pair.beta))
    assert here == there
    assert (here.sent, here.notification.acknowledge_by) == (NOW + 1_000, NOW + 1_000 + 24 * 60 * MINUTE)
    named = pair.sent(pair.case(), acknowledge_by=at(30))
    assert pair.beta.course(named, now=at(1)).notification.acknowledge_by == at(30)


def test_nobody_is_notified_of_the_same_case_twice(pair: Pair) -> None:
    """Another recipient is; and what was sent is no draft."""
    number = pair.case()
    identifier = pair.sent(number)
    again = Plan(organisation="Beta AI", case=report_id(number), summary="Once more.")
    line = f"Beta AI was notified of this already: {identifier}; see it with: tocsin notify show"
    assert message(ConflictError, pair.alpha.send, again) == line
    assert pair.alpha.send(replace(again, organisation="Gamma AI")).id != identifier
    notifications, thread = pair.alpha.exchange.notifications, pair.alpha.thread(identifier)
    acts = (notifications.send, notifications.discard)
    lines = [message(InvalidInputError, act, pair.alpha.operator, thread, now=at(5)) for act in acts]
    assert lines == [f"{identifier} was sent already; see it with: tocsin notify show", f"{identifier} was sent already; recall it"]


def test_evidence_may_be_named_without_a_case(pair: Pair) -> None:
    """The same objects are the same notification, in whatever order."""
    report, _actor, *domains = lantern(pair.alpha.identity, pair.case())
    refs = tuple(one["id"] for one in domains)
    first = pair.alpha.send(Plan(organisation="Beta AI", evidence=refs))
    line = message(ConflictError, pair.alpha.send, Plan(organisation="Beta AI", evidence=refs[::-1]))
    assert line.startswith(f"Beta AI was notified of this already: {first.id}")
    assert report["id"] not in pair.alpha.course(first.id, now=NOW).notification.evidence


def test_a_case_goes_without_what_it_only_refers_to(pair: Pair) -> None:
    """Techniques and actors of the catalogue are everybody's; what the case says itself must be there."""
    number = next(NUMBERS)
    report, *rest = lantern(pair.alpha.identity, number)
    shared = "attack-pattern--7e33a43e-e34b-40ec-89da-36c9bb2cacd5"
    pair.alpha.post("submissions", {**report, "object_refs": [*report["object_refs"], shared]}, *rest[:-1])
    line = message(NotFoundError, pair.alpha.send, Plan(organisation="Beta AI", case=report["id"]))
    assert line == f"evidence is not held here: {rest[-1]['id']}; submit it first"
    pair.alpha.post("submissions", rest[-1])
    placed = pair.alpha.send(Plan(organisation="Beta AI", case=report["id"]))
    assert pair.alpha.course(placed.id, now=NOW).notification.evidence == (report["id"], *(one["id"] for one in rest))


def test_an_analyst_sends_what_another_one_drafted(pair: Pair) -> None:
    """And a third takes it back: it is the provider that speaks."""
    analysts = [pair.alpha.join(f"analyst{next(NUMBERS)}", Role.ANALYST, clearance=Level.RED) for _ in range(3)]
    notifications = pair.alpha.exchange.notifications
    made = notifications.draft(analysts[0], Plan(organisation="Beta AI", case=report_id(pair.case())), now=NOW)
    notifications.send(analysts[1], pair.alpha.thread(made.id, caller=analysts[1]), now=at(1))
    thread = pair.alpha.thread(made.id, caller=analysts[2])
    reply = notifications.reply(analysts[2], thread, Kind.RECALL, now=at(2))
    notifications.recall(analysts[2], thread, reply, is_evidence_revoked=False, now=at(2))
    assert pair.alpha.types("drafts", made.id) == []
    assert pair.alpha.types("outbox-beta-ai", made.id, *made.evidence) == ["grouping", "grouping"]


def test_who_may_not_write_the_outbox_sends_nothing(pair: Pair) -> None:
    """Nor reads what lies there."""
    guest = pair.alpha.join(f"soc{next(NUMBERS)}", Role.SOC)
    identifier = pair.sent(pair.case())
    with pytest.raises(ForbiddenError, match="you may not write to drafts"):
        pair.alpha.exchange.notifications.draft(guest, Plan(organisation="Beta AI", evidence=(hidden(pair),)), now=NOW)
    with pytest.raises(NotFoundError, match="there is no notification"):
        pair.alpha.thread(identifier, caller=guest)


def hidden(pair: Pair) -> str:
    """An object that every member may read."""
    made = indicator(next(NUMBERS) * 10 + 5)
    pair.alpha.post("indicators", made)
    return str(made["id"])
