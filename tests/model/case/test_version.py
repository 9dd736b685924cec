"""What changed in a case, and nothing else, gets a new version; what is gone is revoked; nothing comes back."""

from typing import Any

import pytest

from tests.support.case import IDS, KNOWN, SMALL
from tocsin.errors import InvalidInputError
from tocsin.model.case.compile import compile_case
from tocsin.model.case.names import names_of
from tocsin.model.case.normal import normal
from tocsin.model.case.reading import read_case
from tocsin.model.case.version import dated, last_versions
from tocsin.model.stamp import stamp_of

FIRST, LATER = stamp_of("2026-11-24T12:00:00.123456Z"), stamp_of("2026-11-25T12:00:00Z")
FIRST_TEXT, LATER_TEXT = "2026-11-24T12:00:00.123Z", "2026-11-25T12:00:00.000Z"
ACTOR, USE, ACTION, AGAINST, DOMAIN, DOMAIN_OF, ADDRESS, ADDRESS_OF, REPORT = IDS
Object = dict[str, Any]


def versions(text: str, before: list[Object] | None = None, *, now: int = LATER) -> list[Object]:
    """The case compiled at an instant, with what was published before in mind."""
    case = read_case(text.encode()).case
    assert case is not None
    names = names_of(case, KNOWN)
    return dated(compile_case(normal(case, names), names), last_versions(before or []), now=now)


@pytest.fixture
def published() -> list[Object]:
    return versions(SMALL, now=FIRST)


def changed(objects: list[Object], published: list[Object]) -> dict[str, str]:
    """What is not as it was: its version, and whether it is new or revoked."""
    before = {one["id"]: one for one in published}
    fate = {True: " revoked", None: ""}
    return {
        one["id"]: f"{one['modified']}{fate[one.get('revoked')]}{' new' if one['id'] not in before else ''}"
        for one in objects
        if one != before.get(one["id"])
    }


def test_a_new_case_is_created_and_modified_now(published: list[Object]) -> None:
    """To the millisecond, which every reader takes."""
    assert {(one["created"], one["modified"]) for one in published} == {(FIRST_TEXT, FIRST_TEXT)}
    assert list(published[0])[:6] == ["type", "spec_version", "id", "created_by_ref", "created", "modified"]


def test_an_unchanged_case_gives_equal_objects(published: list[Object]) -> None:
    """Spelled otherwise, too."""
    assert versions(SMALL, published) == published
    assert versions(SMALL.replace("lure.example.net", "LURE[.]example[.]net"), published) == published


def test_a_changed_sentence_is_a_new_version_of_its_object_alone(published: list[Object]) -> None:
    after = versions(SMALL.replace("Had a mailer written.", "Had two mailers written."), published)
    assert changed(after, published) == {USE: LATER_TEXT}
    assert {one["created"] for one in after} == {FIRST_TEXT}


def test_a_changed_summary_is_a_new_version_of_the_report_alone(published: list[Object]) -> None:
    assert changed(versions(SMALL.replace("What happened.", "More."), published), published) == {REPORT: LATER_TEXT}


def test_another_level_is_a_new_version_of_everything(published: list[Object]) -> None:
    after = versions(SMALL.replace("tlp: green", "tlp: amber"), published)
    assert changed(after, published) == dict.fromkeys(IDS, LATER_TEXT)


def test_a_removed_indicator_is_revoked_with_its_relationship(published: list[Object]) -> None:
    """It stays in the bundle, so that a reader who holds it learns that it is gone; the report does not speak of it any more."""
    after = versions(SMALL.replace("  - ip: 192.0.2.45\n", ""), published)
    gone = f"{LATER_TEXT} revoked"
    assert changed(after, published) == {ADDRESS: gone, ADDRESS_OF: gone, REPORT: LATER_TEXT}
    assert [one["id"] for one in after][-3:] == [REPORT, ADDRESS, ADDRESS_OF]
    assert not {ADDRESS, ADDRESS_OF} & set(next(one for one in after if one["id"] == REPORT)["object_refs"])


def test_what_was_revoked_stays_as_it_is(published: list[Object]) -> None:
    """However often the case is compiled after that."""
    less = SMALL.replace("  - ip: 192.0.2.45\n", "")
    after = versions(less, published)
    assert versions(less, after, now=LATER + 10**9) == after


def test_a_removed_action_is_revoked_and_the_actor_is_not(published: list[Object]) -> None:
    """What a case described may be referred to by others."""
    gone = f"{LATER_TEXT} revoked"
    without_action = SMALL[: SMALL.index("    actions:")] + SMALL[SMALL.index("indicators:") :]
    assert changed(versions(without_action, published), published) == {ACTION: gone, AGAINST: gone, REPORT: LATER_TEXT}
    without_actor = SMALL[: SMALL.index("actors:")] + SMALL[SMALL.index("indicators:") :]
    after = changed(versions(without_actor, published), published)
    assert after == dict.fromkeys([USE, ACTION, AGAINST, DOMAIN_OF, ADDRESS_OF], gone) | {REPORT: LATER_TEXT}
    assert ACTOR not in after


def test_an_added_indicator_is_new_and_the_others_are_as_they_were(published: list[Object]) -> None:
    after = changed(versions(f"{SMALL}  - domain: other.example.net\n", published), published)
    new = f"{LATER_TEXT} new"
    assert sorted(after.values()) == [LATER_TEXT, new, new]
    assert after[REPORT] == LATER_TEXT


def test_what_was_withdrawn_cannot_be_stated_again(published: list[Object]) -> None:
    """A revoked object has no later version in STIX."""
    less = versions(SMALL.replace("  - ip: 192.0.2.45\n", ""), published)
    with pytest.raises(InvalidInputError) as refusal:
        versions(SMALL, less)
    line = f"'Address 192.0.2.45' ({ADDRESS}) was withdrawn on {LATER_TEXT}; nothing comes back after that: state it in a new case"
    assert str(refusal.value) == line


def test_a_clock_that_goes_back_still_gives_a_later_version(published: list[Object]) -> None:
    """By a millisecond."""
    after = versions(SMALL.replace("What happened.", "More."), published, now=FIRST - 10**12)
    assert changed(after, published) == {REPORT: "2026-11-24T12:00:00.124Z"}


def test_of_several_versions_the_last_counts(published: list[Object]) -> None:
    """In whatever order they stand in the bundle."""
    after = versions(SMALL.replace("What happened.", "More."), published)
    assert list(last_versions([*after, *published]).values()) == after
    assert list(last_versions([*published, *after]).values()) == after
