"""What we write to another provider: whole objects, ids that follow from what is said, words for whoever does not know our extension."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from tests.support.extension import IDS
from tests.support.notice import CASE, DRAFT, EVIDENCE, MINUTE, NOTIFICATION, RECIPIENT, SENDER, SENT, STRANGER, parsed, reply
from tocsin.errors import ForbiddenError, InvalidInputError, NotFoundError
from tocsin.model import admission
from tocsin.model.extension.enforcement_action import ACTION_TYPES
from tocsin.model.extension.notification import REQUESTS, URGENCY
from tocsin.model.extension.notification_answer import VERDICTS
from tocsin.model.letter import Draft, Reply, deadline, grouping_of, note_of, opinion_of, recalled, require_sendable, withdrawn
from tocsin.model.marking import MARKING_REF, Level
from tocsin.model.notification import Answer, Kind, Notification, read
from tocsin.model.stamp import NEVER_TOO_LATE, stamp_of
from tocsin.model.stix import StixObject

LEVELS = dict.fromkeys(EVIDENCE, Level.AMBER)
STAMPS = st.integers(stamp_of("2000-01-01T00:00:00Z"), stamp_of("2100-01-01T00:00:00Z")).map(lambda stamp: stamp - stamp % 1000)
DRAFTS = st.builds(
    replace,
    st.just(DRAFT),
    evidence=st.lists(st.sampled_from(EVIDENCE), min_size=1, unique=True).map(tuple),
    case=st.sampled_from([CASE, None]),
    summary=st.sampled_from(["", "Three accounts.\nMore to come."]),
    urgency=st.sampled_from(URGENCY),
    requested_action=st.sampled_from(REQUESTS),
    acknowledge_by=st.none() | STAMPS,
    level=st.sampled_from(Level),
    is_drill=st.booleans(),
)
REPLIES = st.builds(
    replace,
    st.sampled_from(Kind).map(reply),
    verdict=st.sampled_from(VERDICTS),
    outcome=st.lists(st.sampled_from(ACTION_TYPES), unique=True).map(tuple),
    count=st.none() | st.integers(0, 10),
    hold_until=STAMPS,
    purge_by=st.none() | STAMPS,
    words=st.sampled_from(["", "In our own words."]),
)


def is_admitted(body: dict[str, Any]) -> bool:
    """By an exchange, without a remark, and by the strict parser of the standard's library."""
    read_back = admission.read(json.dumps(body).encode(), now=NEVER_TOO_LATE, position=0)
    stix2.parse(body, allow_custom=False)
    return isinstance(read_back, StixObject) and read_back.warnings == ()


def test_a_notification_is_written_whole() -> None:
    """As anybody reads it."""
    draft = replace(DRAFT, summary="We closed three accounts of this actor.", urgency="high", level=Level.GREEN)
    assert grouping_of(draft, created=SENT, modified=SENT + 5 * MINUTE) == {
        "type": "grouping",
        "spec_version": "2.1",
        "id": "grouping--935a8983-99db-5fbd-afcf-423211dfa735",
        "created_by_ref": SENDER.id,
        "created": "2026-01-15T09:00:00.000Z",
        "modified": "2026-01-15T09:05:00.000Z",
        "name": "Sender AI notifies Recipient AI: Paper Lantern",
        "description": (
            "Sender AI tells Recipient AI of abuse of language models that may concern the services of Recipient AI.\n\n"
            "We closed three accounts of this actor.\n\n"
            "Case: Paper Lantern. Evidence: 2 objects, named in object_refs.\n\n"
            "Urgency: high. What is asked: please see whether this is so. Please acknowledge it by 2026-01-15 10:00 UTC.\n\n"
            "This is evidence and no order: Recipient AI verifies for itself and acts under its own policies.\n\n"
            "To answer, post a note or an opinion whose object_refs name this grouping. An opinion says agree (it is so), disagree (it is "
            "not) or neutral (it cannot be decided)."
        ),
        "context": "suspicious-activity",
        "object_refs": list(EVIDENCE),
        "object_marking_refs": [MARKING_REF[Level.GREEN]],
        "extensions": {
            IDS["notification"]: {
                "extension_type": "property-extension",
                "sender_ref": SENDER.id,
                "recipient_ref": RECIPIENT.id,
                "urgency": "high",
                "requested_action": "verify",
                "acknowledge_by": "2026-01-15T10:00:00.000Z",
                "case_ref": CASE.id,
                "summary": "We closed three accounts of this actor.",
            }
        },
    }


def test_an_answer_is_written_whole() -> None:
    outcome = reply(Kind.OUTCOME, outcome=("account-disabled", "api-key-disabled"), count=3, words="Thank you.")
    assert note_of(outcome, created=SENT, modified=SENT + 5 * MINUTE) == {
        "type": "note",
        "spec_version": "2.1",
        "id": "note--411e25c8-de6c-507c-bd83-bdb7b59c20af",
        "created_by_ref": RECIPIENT.id,
        "created": "2026-01-15T09:00:00.000Z",
        "modified": "2026-01-15T09:05:00.000Z",
        "abstract": "Outcome: Sender AI notifies Recipient AI: Paper Lantern",
        "content": (
            "Recipient AI has acted: account disabled, api key disabled (accounts, keys or other assets concerned: 3).\n\nThank you."
        ),
        "object_refs": [NOTIFICATION.id],
        "object_marking_refs": [MARKING_REF[Level.AMBER]],
        "extensions": {
            IDS["notification-answer"]: {
                "extension_type": "property-extension",
                "answer_kind": "outcome",
                "notification_ref": NOTIFICATION.id,
                "notification_modified": "2026-01-15T09:00:00.000Z",
                "outcome": ["account-disabled", "api-key-disabled"],
                "count": 3,
            }
        },
    }


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (reply(Kind.RECEIPT), "Recipient AI has received the notification."),
        (reply(Kind.RECEIPT, author=SENDER), "Sender AI has received the outcome, and closes the matter."),
        (reply(Kind.ACKNOWLEDGEMENT), "Recipient AI has taken the notification on."),
        (reply(Kind.HOLD), "Recipient AI is investigating, and says nothing more until 2026-01-15 10:30 UTC; please hold back as well."),
        (reply(Kind.VERDICT, count=2), "Recipient AI has looked into it: it took place (accounts, keys or other assets concerned: 2)."),
        (reply(Kind.OUTCOME), "Recipient AI has done nothing about it."),
        (reply(Kind.OUTCOME, count=1), "Recipient AI has acted: in a way that is not told (accounts, keys or other assets concerned: 1)."),
        (
            reply(Kind.RECALL, author=SENDER),
            "Sender AI takes the notification back; please delete your copies of it and of its evidence, and say so in a note.",
        ),
        (reply(Kind.PURGE), "Recipient AI has deleted its copies of the notification and of its evidence."),
    ],
)
def test_an_answer_says_to_people_what_it_says_to_programs(said: Reply, words: str) -> None:
    assert note_of(said, created=SENT, modified=SENT)["content"] == words


@given(DRAFTS, STAMPS)
def test_what_is_written_is_read_back(draft: Draft, made: int) -> None:
    """Every notification is admitted, and says what was meant."""
    body = grouping_of(draft, created=made, modified=made)
    found = read(parsed(body))
    assert is_admitted(body)
    assert isinstance(found, Notification)
    assert (found.id, found.sent, found.author, found.sender, found.recipient) == (draft.id, made, SENDER.id, SENDER.id, RECIPIENT.id)
    assert (found.urgency, found.requested_action, found.acknowledge_by) == (draft.urgency, draft.requested_action, draft.acknowledge_by)
    assert (found.evidence, found.case, found.is_drill) == (draft.evidence, draft.case.id if draft.case else "", draft.is_drill)
    assert (found.level, found.is_revoked) == (draft.level, False)
    assert (found.summary, draft.summary in found.description, "exercise" in found.description) == (draft.summary, True, draft.is_drill)


@given(REPLIES, STAMPS)
def test_every_answer_is_read_back(said: Reply, made: int) -> None:
    """Admitted, and with what was meant."""
    body = note_of(said, created=made, modified=made)
    found = read(parsed(body))
    assert is_admitted(body)
    assert isinstance(found, Answer)
    assert (found.id, found.made, found.author, found.kind) == (said.id, made, RECIPIENT.id, said.kind)
    assert (found.refs, found.version) == ((NOTIFICATION.id,), NOTIFICATION.modified)
    assert (found.verdict, found.outcome, found.count) == (said.verdict, said.outcome, said.count)
    assert (found.hold_until, found.purge_by) == (said.hold_until, said.purge_by)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_may_be_told_as_an_opinion(verdict: str) -> None:
    """Which whoever does not know us reads as the same, as far as an opinion goes."""
    body = opinion_of(reply(Kind.VERDICT, verdict=verdict), created=SENT, modified=SENT)
    found = read(parsed(body))
    assert is_admitted(body)
    assert isinstance(found, Answer)
    assert found.is_plain
    assert found.verdict == {"false-positive": "false-positive", "suspected": "suspected"}.get(verdict, "successful-attempt")


def test_the_id_of_a_notification_follows_from_whom_it_tells_what() -> None:
    """Literal: it is the same on every machine. Without a case it follows from the evidence, in whatever order."""
    bare = replace(DRAFT, case=None)
    assert DRAFT.id == "grouping--935a8983-99db-5fbd-afcf-423211dfa735"
    assert bare.id == "grouping--796a7de3-3253-5a23-a77c-01ce6df31359"
    assert replace(DRAFT, evidence=EVIDENCE[:1], urgency="low", summary="More.").id == DRAFT.id
    assert replace(bare, evidence=EVIDENCE[::-1]).id == bare.id
    others = [replace(DRAFT, sender=STRANGER), replace(DRAFT, recipient=STRANGER), replace(bare, evidence=EVIDENCE[:1])]
    assert len({one.id for one in (DRAFT, bare, *others)}) == 5


def test_an_answer_has_one_id_a_kind_and_version() -> None:
    """Saying it anew is a new version of the same note."""
    verdict = reply(Kind.VERDICT)
    assert verdict.id == "note--cdefb7f0-6a7c-5b90-963d-ae6715c6677b"
    assert replace(verdict, verdict="blocked", count=5, words="Again.").id == verdict.id
    later = replace(NOTIFICATION, modified="2026-01-15T09:10:00.000")
    others = [reply(Kind.OUTCOME), reply(Kind.VERDICT, author=SENDER), reply(Kind.VERDICT, to=later)]
    assert len({one.id for one in (verdict, *others)} | {verdict.opinion_id}) == 5


def test_an_answer_to_what_carries_no_marking_is_amber() -> None:
    """Two providers speak of accounts; an answer to what is marked has its marking, also the one of everybody."""
    for level, marking in ((None, Level.AMBER), (Level.CLEAR, Level.CLEAR), (Level.RED, Level.RED)):
        body = note_of(reply(Kind.RECEIPT, to=replace(NOTIFICATION, level=level)), created=SENT, modified=SENT)
        assert body["object_marking_refs"] == [MARKING_REF[marking]]


def test_the_deadline_follows_from_the_urgency() -> None:
    hours = {"low": 168, "critical": 0.5}
    assert [deadline(urgency, SENT, hours=hours) for urgency in hours] == [
        stamp_of("2026-01-22T09:00:00Z"),
        stamp_of("2026-01-15T09:30:00Z"),
    ]
    with pytest.raises(InvalidInputError, match="there is no urgency 'soon'; urgencies: low, critical"):
        deadline("soon", SENT, hours=hours)


# What may be sent


def sendable(draft: Draft = DRAFT, **facts: Any) -> None:
    require_sendable(draft, **({"providers": {SENDER.id, RECIPIENT.id}, "levels": LEVELS, "clearance": Level.AMBER} | facts))


def test_a_notification_to_a_known_provider_with_evidence_that_it_may_read_is_sendable() -> None:
    sendable()


@pytest.mark.parametrize(
    ("refused", "error", "message"),
    [
        (
            lambda: sendable(replace(DRAFT, recipient=SENDER)),
            InvalidInputError,
            "the notification is addressed to ourselves; name the provider whose services are concerned",
        ),
        (
            lambda: sendable(replace(DRAFT, evidence=())),
            InvalidInputError,
            "the notification has no evidence; name the objects, or a case that holds some",
        ),
        (
            lambda: sendable(replace(DRAFT, recipient=STRANGER)),
            NotFoundError,
            "Stranger AI takes no part here; see: tocsin organisation list",
        ),
        (
            lambda: sendable(levels={EVIDENCE[0]: Level.CLEAR}),
            NotFoundError,
            f"evidence is not held here: {EVIDENCE[1]}; submit it first",
        ),
        (
            lambda: sendable(clearance=Level.GREEN, levels={EVIDENCE[0]: Level.CLEAR, EVIDENCE[1]: Level.AMBER_STRICT}),
            ForbiddenError,
            f"Recipient AI is cleared for TLP:GREEN, which is exceeded by {EVIDENCE[1]} (TLP:AMBER+STRICT), the notification (TLP:AMBER); "
            "leave that out, or ask whoever marked it",
        ),
    ],
    ids=["ourselves", "no evidence", "unknown provider", "not held", "too strict"],
)
def test_what_may_not_be_sent_is_refused_with_the_reason(refused: Callable[[], None], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        refused()
    assert str(raised.value) == message


def test_what_another_provider_marked_for_us_goes_no_further() -> None:
    """AMBER and stricter; what is GREEN may be passed on, whoever said it."""
    with pytest.raises(ForbiddenError) as raised:
        sendable(foreign={EVIDENCE[0]})
    hint = "leave that out, or ask that provider to send it"
    assert str(raised.value) == f"another provider has marked for us, and not to be passed on: {EVIDENCE[0]}; {hint}"
    sendable(foreign={EVIDENCE[0]}, levels=LEVELS | {EVIDENCE[0]: Level.GREEN})


def test_a_refusal_names_some_objects_and_counts_the_rest() -> None:
    many = tuple(f"indicator--{number}" for number in range(8))
    with pytest.raises(NotFoundError, match=r"indicator--4 and 3 more; submit it first"):
        sendable(replace(DRAFT, evidence=many))


# What is taken back


def test_a_recalled_notification_says_nothing_any_more() -> None:
    """Who told whom, of which objects, and when it was sent; no name, description, summary or signature."""
    body = grouping_of(replace(DRAFT, summary="A secret.", is_drill=True), created=SENT, modified=SENT)
    inner = body["extensions"][IDS["notification"]]
    signed = body | {"extensions": {IDS["notification"]: inner | {"signature": {"value": "x"}}}}
    said = {name: each for name, each in inner.items() if name != "summary"}
    assert recalled(signed, modified=SENT + MINUTE) == {
        **{name: each for name, each in body.items() if name != "description"},
        "name": "Recalled notification",
        "revoked": True,
        "modified": "2026-01-15T09:01:00.000Z",
        "extensions": {IDS["notification"]: said},
    }
    found = read(parsed(recalled(signed, modified=SENT + MINUTE)))
    assert isinstance(found, Notification)
    assert (found.id, found.has_own_id, found.is_revoked, found.sent, found.evidence) == (DRAFT.id, True, True, SENT, EVIDENCE)


@pytest.mark.parametrize(("now", "modified"), [(SENT + MINUTE, "2026-01-15T09:01:00.000Z"), (SENT - MINUTE, "2026-01-15T09:00:00.001Z")])
def test_what_is_withdrawn_is_later_than_what_was_said(now: int, modified: str) -> None:
    """Also by a clock that went back."""
    body = {"id": EVIDENCE[0], "modified": "2026-01-15T09:00:00.000Z", "name": "n"}
    assert withdrawn(body, now=now) == {**body, "revoked": True, "modified": modified}
