"""Notifications with all that was said about them: what belongs together, which word counts, and how one is named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.notice import MINUTE, NOTIFICATION, RECIPIENT, SENDER, SENT, STRANGER, answer, notification, plain, posted
from tocsin.errors import InvalidInputError, NotFoundError
from tocsin.model.lifecycle import State
from tocsin.model.notification import Kind, Malformed, Posted, Standing
from tocsin.model.signature import Seal
from tocsin.model.thread import Thread, find_thread, orphans_of, threads_of, words_of

OTHER = replace(NOTIFICATION, id="grouping--6cbd52a2-8b16-4a7c-b1f9-1d5d5f1d8a1c", modified="2026-01-15T09:30:00.000")
BROKEN = Malformed(id="note--x", refs=(NOTIFICATION.id,), reason="$.modified: it is no timestamp")
FORGED = posted(replace(NOTIFICATION, modified="2026-01-15T10:00:00.000"), by=STRANGER)
NOW = SENT + 30 * MINUTE


def threads(*given: Posted, drafts: tuple[Posted, ...] = (), us: str = SENDER.id) -> list[Thread]:
    return threads_of(given, drafts=drafts, us=us)


def odd(said: Malformed = BROKEN) -> Posted:
    return Posted(said=said, organisation=RECIPIENT.id, seal=Seal.UNSIGNED)


@given(st.permutations([posted(NOTIFICATION), posted(notification(10)), posted(answer(1, Kind.RECEIPT)), posted(OTHER), odd()]))
def test_everything_about_a_notification_is_one_thread(given: list[Posted]) -> None:
    """In whatever order it is found, and however often; the latest first."""
    latest, first = threads(*given, *given)
    assert (latest.id, first.id) == (OTHER.id, NOTIFICATION.id)
    assert set(first.versions) == {posted(NOTIFICATION), posted(notification(10))}
    assert set(first.answers) == {posted(answer(1, Kind.RECEIPT)), odd()}
    assert (len(first.versions), len(first.answers), latest.answers) == (2, 2, ())


def test_a_plain_answer_to_several_belongs_to_each() -> None:
    """Software that knows nothing of us may speak of two groupings in one note."""
    both = posted(replace(plain(5), refs=(NOTIFICATION.id, OTHER.id)), by=RECIPIENT)
    assert [one.answers for one in threads(posted(NOTIFICATION), posted(OTHER), both)] == [(both,), (both,)]


def test_a_draft_is_a_thread_until_something_of_it_was_sent() -> None:
    """What was left in `drafts` is not shown beside it, and nothing answers a draft."""
    draft, receipt = posted(NOTIFICATION), posted(answer(1, Kind.RECEIPT))
    (alone,) = threads(receipt, drafts=(draft,))
    assert (alone.is_draft, alone.answers, alone.course(NOW).state) == (True, (), State.DRAFTED)
    (sent,) = threads(posted(notification(5)), receipt, drafts=(draft,))
    assert (sent.is_draft, sent.versions) == (False, (posted(notification(5)),))


def test_a_thread_is_ours_when_its_counted_word_says_so() -> None:
    """Not by what a forgery says of its sender."""
    mine = threads(posted(NOTIFICATION))[0]
    assert (mine.is_ours, threads(posted(NOTIFICATION), us=RECIPIENT.id)[0].is_ours, threads(FORGED)[0].is_ours) == (True, False, False)


def test_what_does_not_count_is_shown_and_takes_no_course() -> None:
    """A version of somebody else changes nothing about one that counts."""
    (alone,) = threads(FORGED)
    assert (alone.standing, alone.course(NOW), alone.stands(NOW)) == (Standing.UNSIGNED_FROM_OTHER, None, False)
    (beside,) = threads(posted(NOTIFICATION), FORGED)
    assert (beside.standing, beside.counted, beside.course(NOW)) == (
        Standing.COUNTS,
        (NOTIFICATION,),
        threads(posted(NOTIFICATION))[0].course(NOW),
    )


def test_a_notification_to_somebody_else_is_shown_as_misaddressed() -> None:
    """It came into the wrong inbox."""
    (lost,) = threads(posted(NOTIFICATION), us=STRANGER.id)
    assert (lost.standing, lost.is_ours, lost.course(NOW)) == (Standing.MISADDRESSED, False, None)


def test_a_notification_stands_until_it_is_recalled() -> None:
    """By an answer or by its revoked version."""
    recall = posted(answer(5, Kind.RECALL, author=SENDER))
    revoked = posted(notification(5, is_revoked=True))
    assert [threads(posted(NOTIFICATION), *more)[0].stands(NOW) for more in ([], [recall], [revoked])] == [True, False, False]


def test_an_answer_is_there_only_when_its_author_posted_it() -> None:
    """Of that kind, to that version."""
    receipt = posted(answer(1, Kind.RECEIPT))
    (thread,) = threads(posted(NOTIFICATION), receipt)
    (replayed,) = threads(posted(NOTIFICATION), posted(answer(1, Kind.RECEIPT), by=STRANGER, seal=Seal.VERIFIED))
    asked = [(Kind.RECEIPT, RECIPIENT.id, NOTIFICATION.modified), (Kind.PURGE, RECIPIENT.id, NOTIFICATION.modified)]
    asked += [(Kind.RECEIPT, SENDER.id, NOTIFICATION.modified), (Kind.RECEIPT, RECIPIENT.id, "2026-01-15T10:00:00.000")]
    assert [thread.has(kind, author, version=version) for kind, author, version in asked] == [True, False, False, False]
    assert not replayed.has(Kind.RECEIPT, RECIPIENT.id, version=NOTIFICATION.modified)


def test_a_verdict_that_comes_as_note_and_opinion_is_told_once() -> None:
    """An opinion of another instant is told, and so is one that does not count."""
    verdict = posted(answer(5, Kind.VERDICT))
    same, later = (posted(plain(minute, "agree", number=int(minute)), by=RECIPIENT) for minute in (5, 6))
    (thread,) = threads(
        posted(NOTIFICATION), verdict, same, later, posted(plain(5, "neutral", number=9), by=STRANGER), posted(plain(5), by=RECIPIENT)
    )
    assert thread.told == (verdict, *thread.answers[2:])
    assert len(thread.answers) == 5


def test_what_belongs_to_nothing_that_is_held_is_told_apart() -> None:
    """Answers to what never came, and what cannot be read; each once."""
    found = [posted(NOTIFICATION), posted(answer(1, Kind.RECEIPT)), odd()]
    lost = [posted(replace(answer(2, Kind.VERDICT), refs=("grouping--x",))), odd(replace(BROKEN, id="note--y", refs=()))]
    assert orphans_of([*found, *lost, *lost], threads(*found)) == lost
    assert orphans_of([*found, *lost], []) == [*found[1:], *lost]


@pytest.mark.parametrize("name", ["935a", "935A8983-99db", NOTIFICATION.id])
def test_a_thread_is_named_by_its_id_or_the_beginning_of_it(name: str) -> None:
    """In capitals too."""
    assert find_thread(threads(posted(OTHER), posted(NOTIFICATION)), name).id == NOTIFICATION.id


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("935", InvalidInputError, "'935' is too short; give 4 characters of the id or more"),
        ("grouping--", InvalidInputError, "'grouping--' is too short; give 4 characters of the id or more"),
        ("ffff", NotFoundError, "there is no notification 'ffff'; list them with: tocsin notify list, tocsin inbox list"),
        ("9%_\x1b", NotFoundError, "there is no notification '9%_\\x1b'; list them with: tocsin notify list, tocsin inbox list"),
        ("935a8983", InvalidInputError, "2 notifications begin with '935a8983'; give more of the id"),
    ],
)
def test_a_name_that_does_not_say_which_is_refused(name: str, error: type[Exception], message: str) -> None:
    twin = replace(OTHER, id=f"{NOTIFICATION.id[:-1]}0")
    with pytest.raises(error) as raised:
        find_thread(threads(posted(NOTIFICATION), posted(twin)), name)
    assert str(raised.value) == message


def test_what_is_said_to_people_is_found_in_each() -> None:
    """Of what cannot be read, the reason."""
    assert [words_of(one) for one in (odd(), posted(plain(1)), posted(NOTIFICATION))] == [
        "$.modified: it is no timestamp",
        "Thank you.",
        NOTIFICATION.description,
    ]
