"""Notifications and answers as they are read, and whose word counts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.extension import JUNK, NAMES, example
from tests.support.notice import (
    CASE,
    EVIDENCE,
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
    reply,
)
from tocsin.model.extension.notification_answer import KINDS
from tocsin.model.identifier import identity_id
from tocsin.model.letter import note_of
from tocsin.model.marking import Level
from tocsin.model.notification import Answer, Kind, Malformed, Notification, Posted, Standing, current_of, read, standing
from tocsin.model.signature import Seal
from tocsin.model.stamp import stamp_of

ABOUT = {"type": "note", "modified": "2026-01-15T09:00:00Z", "object_refs": [NOTIFICATION.id]}
SIGNED = (Seal.VERIFIED, Seal.FORGED, Seal.UNKNOWN_KEY)
FROM_RECIPIENT = [kind for kind in Kind if kind is not Kind.RECALL]


def worth(item: Posted, *versions: Notification) -> Standing:
    return standing(item, versions=versions or (NOTIFICATION,))


def test_a_notification_is_read_as_it_stands() -> None:
    assert read(example("notification")) == Notification(
        id="grouping--c701034d-dbea-5b12-8033-56f1fbf8d759",
        created="2026-01-15T09:00:00.000",
        modified="2026-01-15T09:00:00.000",
        author=identity_id("provider.example.org"),
        sender=identity_id("provider.example.org"),
        recipient=identity_id("receiver.example.net"),
        urgency="high",
        requested_action="verify",
        name="EXAMPLE accounts that may be yours",
        description="A fictional notification: an actor that we have disabled appears to go on with accounts at your service.",
        summary="Both registered with the same telephone number and asked for the same texts.",
        evidence=("indicator--5d6295af-4c0f-57e0-978c-90210ccd1eef",),
        acknowledge_by=stamp_of("2026-01-16T09:00:00Z"),
        case="report--8952c69e-c051-5394-a76d-02edc57a19eb",
        is_drill=True,
        level=Level.GREEN,
    )
    assert NOTIFICATION.sent == SENT


def test_an_answer_is_read_as_it_stands() -> None:
    assert read(example("notification-answer")) == Answer(
        id="note--77346031-e43e-53e9-8c30-1b30db2984d1",
        modified="2026-01-15T09:00:00.000",
        author=identity_id("receiver.example.net"),
        refs=("grouping--c701034d-dbea-5b12-8033-56f1fbf8d759",),
        kind=Kind.VERDICT,
        version="2026-01-15T09:00:00.000",
        verdict="successful-attempt",
        outcome=("account-disabled",),
        count=2,
        words="Fictional: two of the three accounts are the same actor.",
    )
    assert tuple(Kind) == KINDS


@pytest.mark.parametrize(
    ("opinion", "verdict"),
    [
        ("strongly-agree", "successful-attempt"),
        ("agree", "successful-attempt"),
        ("neutral", "suspected"),
        ("disagree", "false-positive"),
        ("strongly-disagree", "false-positive"),
    ],
)
def test_a_plain_opinion_is_a_verdict(opinion: str, verdict: str) -> None:
    """Of a provider that does not know our extension."""
    found = plain(5, opinion)
    assert (found.kind, found.verdict, found.words, found.is_plain) == (Kind.VERDICT, verdict, "In our view.", True)
    assert (found.refs, found.version, found.made) == ((NOTIFICATION.id,), "", SENT + 5 * MINUTE)


def test_a_plain_note_is_an_acknowledgement_of_every_grouping_that_it_refers_to() -> None:
    """And of nothing else."""
    refs = [NOTIFICATION.id, EVIDENCE[0], "grouping--x"]
    found = read({"type": "note", "id": "note--1", "modified": "2026-01-15T09:00:00Z", "content": "Seen.", "object_refs": refs})
    assert isinstance(found, Answer)
    assert (found.kind, found.refs, found.words, found.is_plain) == (Kind.ACKNOWLEDGEMENT, (NOTIFICATION.id, "grouping--x"), "Seen.", True)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "grouping", "object_refs": [NOTIFICATION.id]},
        {"type": "note", "object_refs": list(EVIDENCE)},
        {"type": "opinion"},
        {"type": "report", "object_refs": [NOTIFICATION.id]},
    ],
    ids=str,
)
def test_other_objects_say_nothing_of_a_notification(body: dict[str, Any]) -> None:
    assert read(body) is None


@pytest.mark.parametrize(
    ("body", "refs", "reason"),
    [
        (example("notification-answer", answer_kind="applause"), 1, ".answer_kind: 'applause' is not allowed"),
        (example("notification-answer", verdict=None), 1, ": the property verdict is missing"),
        (example("notification-answer", notification_modified="2026-02-30T00:00:00Z"), 1, "is not an instant that exists"),
        (example("notification-answer") | {"modified": "yesterday"}, 1, "$.modified: it is no timestamp"),
        (example("notification-answer") | {"type": "opinion"}, 1, "is not made for the type 'opinion'"),
        (example("notification", urgency="soon"), 0, ".urgency: 'soon' is not allowed"),
        (example("notification") | {"modified": None}, 0, "$.modified: it is no timestamp"),
        (ABOUT | {"type": "opinion", "opinion": "applause"}, 1, "$.opinion: "),
        (ABOUT | {"modified": 5}, 1, "$.modified: it is no timestamp"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_reason(body: dict[str, Any], refs: int, reason: str) -> None:
    """And with the notification that it is about, as far as that can be read."""
    found = read(body)
    assert isinstance(found, Malformed)
    assert reason in found.reason
    assert len([one for one in found.refs if one != found.id]) == refs
    assert worth(Posted(said=found, organisation=RECIPIENT.id, seal=Seal.VERIFIED)) is Standing.MALFORMED


@given(
    st.sampled_from(["notification", "notification-answer"]),
    st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=3),
    st.dictionaries(st.sampled_from(["type", "id", "modified", "created_by_ref", "object_refs", "revoked", "content", "extensions"]), JUNK),
)
def test_no_object_makes_reading_or_judging_fail(slug: str, inside: dict[str, object], outside: dict[str, object]) -> None:
    """Of whatever shape; what is read is judged, and does not count where nobody who may say it brought it."""
    found = read(example(slug, **inside) | outside)
    if found is not None:
        assert not standing(Posted(said=found, organisation=STRANGER.id, seal=Seal.UNSIGNED), versions=(NOTIFICATION,)).is_counted


# Whose word counts


@pytest.mark.parametrize("kind", FROM_RECIPIENT)
def test_an_answer_counts_from_the_provider_addressed(kind: Kind) -> None:
    """Unsigned by its own member, or signed, whoever carried it."""
    assert worth(posted(answer(1, kind))) is Standing.COUNTS
    assert worth(posted(answer(1, kind), by=STRANGER, seal=Seal.VERIFIED)) is Standing.COUNTS


@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.RECALL])
def test_the_sender_recalls_and_closes(kind: Kind) -> None:
    said = answer(1, kind, author=SENDER)
    assert worth(posted(said)) is worth(posted(said, by=STRANGER, seal=Seal.VERIFIED)) is Standing.COUNTS


@pytest.mark.parametrize(
    ("author", "kind"),
    [(SENDER, kind) for kind in Kind if kind not in (Kind.RECEIPT, Kind.RECALL)]
    + [(RECIPIENT, Kind.RECALL)]
    + [(STRANGER, kind) for kind in Kind],
)
def test_nobody_else_may_say_it(author: Any, kind: Kind) -> None:
    """However well it is signed, and whoever brings it."""
    said = answer(1, kind, author=author)
    for seal in Seal:
        for carrier in (SENDER, RECIPIENT, STRANGER):
            assert worth(posted(said, by=carrier, seal=seal)) is Standing.MISADDRESSED


@pytest.mark.parametrize("kind", FROM_RECIPIENT)
def test_a_claim_of_authorship_proves_nothing(kind: Kind) -> None:
    """Without a signature the one who brings it must be its author; with one that fails, nobody is."""
    said = answer(1, kind)
    assert [worth(posted(said, by=carrier)) for carrier in (SENDER, STRANGER)] == [Standing.UNSIGNED_FROM_OTHER] * 2
    for carrier in (SENDER, RECIPIENT, STRANGER):
        assert [worth(posted(said, by=carrier, seal=seal)) for seal in SIGNED] == [Standing.COUNTS, Standing.FORGED, Standing.UNKNOWN_KEY]


def test_a_plain_answer_counts_from_a_member_of_the_provider_addressed() -> None:
    """Whoever it names as its author: other programs have identities of their own."""
    for said in (plain(1), plain(1, "agree"), plain(1, author="identity--x"), plain(1, author="")):
        assert worth(posted(said, by=RECIPIENT)) is Standing.PLAIN
        assert [worth(posted(said, by=carrier)) for carrier in (SENDER, STRANGER)] == [Standing.MISADDRESSED] * 2


def test_an_answer_is_to_the_version_that_there_is_to_answer() -> None:
    """A correction is not taken as answered; a recall and a purge are about every version."""
    first, second = NOTIFICATION, notification(10)
    for kind in (Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.VERDICT):
        assert worth(posted(answer(20, kind, to=first)), first, second) is Standing.OTHER_VERSION
        assert worth(posted(answer(20, kind, to=second)), first, second) is Standing.COUNTS
        assert worth(posted(answer(20, kind, to=second)), first) is Standing.UNKNOWN_VERSION
    assert worth(posted(answer(20, Kind.PURGE, to=first)), first, second) is Standing.COUNTS
    assert worth(posted(answer(20, Kind.RECALL, to=first, author=SENDER)), first, second) is Standing.COUNTS
    assert worth(posted(answer(20, Kind.RECALL, to=second, author=SENDER)), first) is Standing.UNKNOWN_VERSION


def test_a_plain_answer_is_to_what_was_there_when_it_was_written() -> None:
    """It names no version; a clock that goes wrong matters only where there are several."""
    first, second = NOTIFICATION, notification(10)
    assert [worth(posted(plain(minute), by=RECIPIENT), first, second) for minute in (9, 10)] == [Standing.OTHER_VERSION, Standing.PLAIN]
    assert worth(posted(replace(plain(0), modified="1970-01-01T00:00:00.000"), by=RECIPIENT), first) is Standing.PLAIN


def test_a_revoked_version_is_not_the_one_to_answer() -> None:
    """Unless there is no other."""
    gone = notification(10, is_revoked=True)
    assert current_of([gone, NOTIFICATION]) == NOTIFICATION
    assert current_of([gone]) == gone


def test_an_answer_to_another_notification_is_of_no_known_version() -> None:
    other = replace(NOTIFICATION, id="grouping--x")
    assert worth(posted(answer(1, Kind.RECEIPT)), other) is worth(posted(plain(1), by=RECIPIENT), other) is Standing.UNKNOWN_VERSION


def test_a_notification_counts_from_its_sender() -> None:
    """By the same rule."""
    assert standing(posted(NOTIFICATION)) is Standing.COUNTS
    assert standing(posted(NOTIFICATION, by=STRANGER, seal=Seal.VERIFIED)) is Standing.COUNTS
    assert standing(posted(NOTIFICATION, by=STRANGER)) is Standing.UNSIGNED_FROM_OTHER
    assert standing(posted(NOTIFICATION, seal=Seal.FORGED)) is Standing.FORGED
    assert standing(posted(NOTIFICATION, seal=Seal.UNKNOWN_KEY)) is Standing.UNKNOWN_KEY
    assert standing(posted(replace(NOTIFICATION, author=STRANGER.id))) is Standing.MISADDRESSED


def test_nobody_takes_over_a_notification_of_somebody_else() -> None:
    """Anybody can compute its id; a version with oneself as the sender, or with another recipient or case, has the id of another."""
    taken = replace(NOTIFICATION, sender=STRANGER.id, author=STRANGER.id, recipient=SENDER.id, modified="2026-01-15T10:00:00.000")
    assert standing(posted(taken, by=STRANGER), us=SENDER.id) is Standing.FORGED
    assert standing(posted(taken, by=RECIPIENT, seal=Seal.VERIFIED), us=SENDER.id) is Standing.FORGED
    assert standing(posted(replace(NOTIFICATION, recipient=STRANGER.id))) is Standing.FORGED
    assert standing(posted(replace(NOTIFICATION, case=""))) is Standing.FORGED
    assert standing(posted(replace(NOTIFICATION, evidence=()))) is Standing.COUNTS  # corrected: the case is the same


def test_a_random_id_is_anybodys() -> None:
    """Other programs make their own."""
    assert standing(posted(replace(NOTIFICATION, id="grouping--6cbd52a2-8b16-4a7c-b1f9-1d5d5f1d8a1c"))) is Standing.COUNTS


def test_a_notification_to_somebody_else_is_misaddressed() -> None:
    """Seen from here."""
    assert [standing(posted(NOTIFICATION), us=us.id) for us in (SENDER, RECIPIENT, STRANGER)] == [
        Standing.COUNTS,
        Standing.COUNTS,
        Standing.MISADDRESSED,
    ]


def test_what_counts_is_said_by_the_standing() -> None:
    """Two of them."""
    assert [one for one in Standing if one.is_counted] == [Standing.COUNTS, Standing.PLAIN]


def test_a_withdrawn_answer_is_read_as_such() -> None:
    """Its author revoked the note."""
    body = note_of(reply(Kind.VERDICT), created=SENT, modified=SENT) | {"revoked": True}
    found = read(body)
    assert isinstance(found, Answer)
    assert found.is_revoked
    assert NOTIFICATION.case == CASE.id
