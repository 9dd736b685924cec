"""Writing the log: stamps, marks of first and last version, duplicates, deletion (ADR 0004)."""

import pytest

from tests.contracts.ground import Ground, now
from tests.support.objects import attack_pattern, domain_name, indicator, text
from tocsin.errors import ForbiddenError, NotFoundError
from tocsin.model.query import ObjectQuery
from tocsin.model.stamp import text_of, version_of
from tocsin.store.collection import allocate_stamps, lock_collection

OLD, MIDDLE, NEW = "2026-01-01T00:00:00.000", "2026-02-01T00:00:00.000", "2026-03-01T00:00:00.000"
ID = indicator()["id"]


def version(at: str, **properties: object) -> dict[str, object]:
    return indicator(modified=f"{at}Z", **properties)


def marks(ground: Ground, of: object) -> list[tuple[str, bool, bool]]:
    """(version, is first, is last) of every living entry, in the order of the log."""
    return [(row["version"], row["is_first"], row["is_last"]) for row in ground.rows(of) if row["body"] is not None]


# Stamps


def test_stamps_are_unique_and_strictly_increasing(ground: Ground) -> None:
    """Whatever is added in whatever portions, no stamp comes twice and none behind another."""
    shelf = ground.collection()
    for turn, portion in enumerate((1, 3, 1, 2)):
        ground.add(shelf, *(indicator(10 * turn + number) for number in range(portion)), domain_name(turn))
    stamps = ground.stamps(shelf)
    assert len(stamps) == 11
    assert stamps == sorted(set(stamps))


def test_the_last_stamp_of_each_commit_is_a_whole_millisecond(ground: Ground) -> None:
    """A client that cuts the date header to milliseconds then still stands behind everything that it got."""
    shelf = ground.collection()
    for portion in (1, 2, 1_500):
        ground.add(shelf, *(domain_name(10_000 * portion + number) for number in range(portion)))
        assert ground.stamps(shelf)[-1] % 1_000 == 0
        assert ground.stamps(shelf)[-1] == ground.last_added(shelf)


def test_stamps_follow_the_clock_of_the_database(ground: Ground) -> None:
    """A stamp is when the entry came, within the second."""
    shelf, before = ground.collection(), now()
    ground.add(shelf, indicator())
    assert before - 1_000_000 < ground.stamps(shelf)[0] < now() + 1_000_000


def test_stamps_go_on_above_the_last_one_when_the_clock_went_back(ground: Ground) -> None:
    """An hour ahead of the clock, the log goes on by the smallest step."""
    shelf = ground.collection()
    ahead = (now() + 3_600_000_000) // 1_000 * 1_000
    ground.put_clock(shelf, ahead)
    ground.add(shelf, indicator(1), indicator(2))
    ground.add(shelf, indicator(3))
    assert ground.stamps(shelf) == [ahead + 999, ahead + 1_000, ahead + 2_000]


def test_a_stamp_is_not_reused_after_deletion(ground: Ground) -> None:
    """Not even when the deleted entry was the last one, and the clock stands still."""
    shelf = ground.collection()
    ground.put_clock(shelf, (now() + 3_600_000_000) // 1_000 * 1_000)
    ground.add(shelf, indicator(1))
    ground.delete(shelf, indicator(1)["id"])
    ground.add(shelf, indicator(2))
    first, tombstone, second = ground.stamps(shelf)
    assert first < tombstone < second


def test_stamps_given_out_by_an_abandoned_transaction_were_seen_by_nobody(ground: Ground) -> None:
    """What is undone leaves neither entries nor a moved clock."""
    shelf = ground.collection()
    ground.add(shelf, indicator(1))
    before = ground.last_added(shelf)
    with pytest.raises(ZeroDivisionError), ground.database.write() as connection:
        lock_collection(connection, shelf)
        allocate_stamps(connection, ground.database, number=shelf.number, count=5)
        raise ZeroDivisionError
    assert ground.last_added(shelf) == before


def test_each_collection_has_a_log_of_its_own(ground: Ground) -> None:
    """The same object in two collections is two entries, and marks do not reach over."""
    left, right = ground.collection(), ground.collection()
    ground.add(left, version(OLD), version(NEW))
    ground.add(right, version(MIDDLE))
    assert marks(ground, left) == [(OLD, True, False), (NEW, False, True)]
    assert marks(ground, right) == [(MIDDLE, True, True)]


# Marks of first and last version


def test_last_is_by_version_and_not_by_arrival(ground: Ground) -> None:
    """An older version may come later; it is neither first nor last when it lies between."""
    shelf = ground.collection()
    for at in (NEW, OLD, MIDDLE):
        ground.add(shelf, version(at))
    assert marks(ground, shelf) == [(NEW, False, True), (OLD, True, False), (MIDDLE, False, False)]


def test_many_versions_of_one_object_in_one_envelope(ground: Ground) -> None:
    """They are entries in the envelope's order, and one is first and one last."""
    shelf = ground.collection()
    ground.add(shelf, version(MIDDLE), version(NEW), version(OLD))
    assert marks(ground, shelf) == [(MIDDLE, False, False), (NEW, False, True), (OLD, True, False)]


def test_versions_are_ordered_as_instants_beyond_microseconds(ground: Ground) -> None:
    """Any number of fraction digits counts."""
    shelf = ground.collection()
    for fraction in ("0000000001", "00000000001", "000", "9", "8999999"):
        ground.add(shelf, indicator(modified=f"2026-05-05T00:00:00.{fraction.ljust(3, '0')}Z"))
    assert len(ground.stamps(shelf)) == 5
    assert ground.versions(shelf, "first") == ["2026-05-05T00:00:00.000"]
    assert ground.versions(shelf, "last") == ["2026-05-05T00:00:00.900"]


def test_an_object_without_versions_has_one_entry_for_each_content(ground: Ground) -> None:
    """An observable has its stamp for a version; equal content is no new entry, other content is."""
    shelf = ground.collection()
    ground.add(shelf, domain_name(1), domain_name(1), domain_name(1, x_note="other"))
    ground.add(shelf, domain_name(1))
    one, other = ground.stamps(shelf)
    assert ground.versions(shelf, "all") == [version_of(text_of(one)), version_of(text_of(other))]
    assert [row["is_last"] for row in ground.rows(shelf)] == [False, True]


def test_an_object_with_created_alone_has_it_for_a_version(ground: Ground) -> None:
    """A marking definition has no `modified`."""
    shelf = ground.collection()
    statement = {"type": "marking-definition", "spec_version": "2.1", "id": f"marking-definition--{ID[11:]}", "created": f"{OLD}Z"}
    ground.add(shelf, statement | {"definition_type": "statement", "definition": {"statement": "Copyright 2026 Example"}})
    assert ground.versions(shelf, "all") == [OLD]


# Duplicates


def test_the_same_content_again_is_a_success_without_a_new_entry(ground: Ground) -> None:
    """Equal are JSON values, not bytes: key order, white space and the spelling of a number do not count."""
    shelf = ground.collection()
    ground.add(shelf, indicator(confidence=10))
    again = text(dict(reversed(indicator(confidence=10).items())))[0].replace(b'"confidence": 10', b' "confidence" :1.0e1')
    outcome, _ = ground.objects.add(ground.callers["bob"], shelf, [again], now=now())
    assert (len(outcome.successes), len(outcome.failures)) == (1, 0)
    assert ground.bodies(shelf) == b",".join(text(indicator(confidence=10)))


def test_other_content_under_one_version_fails_alone(ground: Ground) -> None:
    """The others of its envelope are stored."""
    shelf = ground.collection()
    ground.add(shelf, indicator(1))
    outcome = ground.add(shelf, indicator(1, name="changed"), indicator(2))
    assert [one.id for one in outcome.successes] == [indicator(2)["id"]]
    assert [(one.id, one.message.partition(":")[0]) for one in outcome.failures] == [(indicator(1)["id"], "$.modified")]
    assert ground.bodies(shelf) == b",".join(text(indicator(1), indicator(2)))


def test_within_one_envelope_the_first_of_one_version_is_kept(ground: Ground) -> None:
    """Equal ones are duplicates of it, others fail."""
    shelf = ground.collection()
    outcome = ground.add(shelf, indicator(1), indicator(1), indicator(1, name="changed"))
    assert [one.message for one in outcome.successes] == ["", "this content was here already"]
    assert len(outcome.failures) == 1
    assert ground.bodies(shelf) == b",".join(text(indicator(1)))


def test_an_envelope_of_duplicates_takes_no_stamp(ground: Ground) -> None:
    """Nothing new is nothing to poll for."""
    shelf = ground.collection()
    ground.add(shelf, indicator(1))
    before = ground.last_added(shelf)
    ground.add(shelf, indicator(1))
    assert ground.last_added(shelf) == before


def test_an_envelope_may_be_longer_than_a_statement(ground: Ground) -> None:
    """A body holds more small objects than a statement holds values; new or known, each is told, and marks stay right across slices."""
    shelf = ground.collection()
    many = [domain_name(number) for number in range(33_000)] + [attack_pattern(modified=f"{OLD}Z"), attack_pattern(modified=f"{NEW}Z")]
    ground.add(shelf, attack_pattern(modified=f"{MIDDLE}Z"))
    for sent, fresh in ((many, 33_002), (many[-12_000:], 0)):
        before = len(ground.stamps(shelf))
        outcome = ground.add(shelf, sent[-1], *sent[:-1])
        assert (len(outcome.successes), len(ground.stamps(shelf)) - before) == (len(sent), fresh)
    patterns = [row for row in marks(ground, shelf) if row[0] in (OLD, MIDDLE, NEW)]
    assert patterns == [(MIDDLE, False, False), (NEW, False, True), (OLD, True, False)]


# Deletion


def test_a_deletion_leaves_a_tombstone_and_no_body(ground: Ground) -> None:
    """The log keeps that something was there, and nothing of what."""
    shelf = ground.collection()
    ground.add(shelf, version(OLD))
    assert ground.delete(shelf, ID) == 1
    erased, tombstone = ground.rows(shelf)
    assert (erased["body"], tombstone["body"], tombstone["deletes"]) == (None, None, erased["added"])
    assert (tombstone["id"], tombstone["version"], tombstone["hash"]) == (ID, OLD, erased["hash"])
    assert ground.manifest(shelf) == []


@pytest.mark.parametrize(
    ("named", "left"),
    [
        (("first",), [(MIDDLE, True, False), (NEW, False, True)]),
        (("last",), [(OLD, True, False), (MIDDLE, False, True)]),
        ((MIDDLE,), [(OLD, True, False), (NEW, False, True)]),
        (("first", "last"), [(MIDDLE, True, True)]),
        ((OLD, MIDDLE), [(NEW, True, True)]),
        (("all",), []),
    ],
)
def test_a_partial_deletion_moves_the_marks(ground: Ground, named: tuple[str, ...], left: list[tuple[str, bool, bool]]) -> None:
    """What remains has a first and a last version again, whatever came in which order."""
    shelf = ground.collection()
    for at in (OLD, NEW, MIDDLE):
        ground.add(shelf, version(at))
    ground.delete(shelf, ID, *named)
    assert sorted(marks(ground, shelf)) == left


def test_one_content_of_an_observable_goes_by_its_stamp(ground: Ground) -> None:
    """Its version is what the manifest shows."""
    shelf = ground.collection()
    ground.add(shelf, domain_name(1), domain_name(1, x_note="other"))
    one, other = ground.versions(shelf, "all")
    assert ground.delete(shelf, domain_name(1)["id"], other) == 1
    assert ground.versions(shelf, "all") == ground.versions(shelf, "last") == [one]


def test_a_deleted_version_may_be_posted_again(ground: Ground) -> None:
    """It is a new entry at the end of the log, with other content if need be."""
    shelf = ground.collection()
    ground.add(shelf, version(OLD))
    ground.delete(shelf, ID)
    outcome = ground.add(shelf, version(OLD, name="corrected"))
    assert not outcome.failures
    assert ground.bodies(shelf) == b",".join(text(version(OLD, name="corrected")))
    assert ground.stamps(shelf)[-1] == ground.manifest(shelf)[0].added


@pytest.mark.parametrize("query", [ObjectQuery(versions=(MIDDLE,)), ObjectQuery(versions=("all",), spec_versions=("2.0",))])
def test_what_is_not_there_cannot_be_deleted(ground: Ground, query: ObjectQuery) -> None:
    """A version that never was, and a deletion of STIX 2.0 objects alone, are not found and change nothing."""
    shelf = ground.collection()
    ground.add(shelf, version(OLD))
    with pytest.raises(NotFoundError):
        ground.objects.delete(ground.callers["ann"], shelf, ID, query=query, now=now())
    assert marks(ground, shelf) == [(OLD, True, True)]


def test_a_second_deletion_finds_nothing(ground: Ground) -> None:
    """A tombstone is not an object."""
    shelf = ground.collection()
    ground.add(shelf, version(OLD))
    ground.delete(shelf, ID)
    with pytest.raises(NotFoundError):
        ground.delete(shelf, ID)


def test_a_member_deletes_its_own_versions_only_and_an_administrator_any(ground: Ground) -> None:
    """All of the versions named go, or none."""
    shelf = ground.collection()
    ground.add(shelf, version(OLD), by="ann")
    ground.add(shelf, version(NEW), by="bob")
    with pytest.raises(ForbiddenError):
        ground.delete(shelf, ID, "all", by="ann")
    assert ground.versions(shelf, "all") == [OLD, NEW]
    assert (ground.delete(shelf, ID, OLD, by="ann"), ground.delete(shelf, ID, "all", by="admin")) == (1, 1)


@pytest.mark.parametrize("object_id", ["nothing--1", "a\0b", "a\ud800b", ""])
def test_an_id_that_cannot_be_there_is_not_found(ground: Ground, object_id: str) -> None:
    """Text that a database refuses is as absent as any other."""
    with pytest.raises(NotFoundError):
        ground.delete(ground.collection(), object_id)
