"""The two gates and the rights that they ask for, as tables (ADR 0007)."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.objects import domain_name, indicator, text
from tocsin.errors import ForbiddenError, NotFoundError
from tocsin.model import admission
from tocsin.model.collection import Collection
from tocsin.model.marking import MARKING_REF, Level
from tocsin.model.member import ANONYMOUS, Caller, Role
from tocsin.model.predicate import Predicate
from tocsin.model.stamp import NEVER_TOO_LATE
from tocsin.model.stix import Refusal, StixObject
from tocsin.model.verdict import Accepted, Duplicate, Known
from tocsin.services import access


def caller(name: str, role: Role, organisation: str, *, clearance: Level = Level.GREEN) -> Caller:
    return Caller(number=1, name=name, organisation=organisation, is_own=organisation == "Own", role=role, clearance=clearance)


ADMIN = caller("admin", Role.ADMINISTRATOR, "Own")
ANN = caller("ann", Role.ANALYST, "Own")
BOB = caller("bob", Role.ANALYST, "Acme AI")  # the same role, elsewhere
PIA = caller("pia", Role.PEER, "Acme AI")
SAM = caller("sam", Role.SOC, "Bank")
EVERYBODY = (ADMIN, ANN, BOB, PIA, SAM, ANONYMOUS)
COLLECTION = Collection(id="0c1a2b3c-0000-4000-8000-000000000001", alias="shelf", title="Shelf", number=7, max_tlp=Level.CLEAR)

GRANTED = [  # the words, and whom they mean
    ((), ""),
    (("administrator",), "admin"),
    (("analyst",), "ann bob"),
    (("peer",), "pia"),
    (("soc",), "sam"),
    (("Acme AI",), "bob pia"),
    (("acme ai",), ""),
    (("Bank", "ann"), "ann sam"),
    (("pia",), "pia"),
    (("*",), "admin ann bob pia sam"),
    (("anonymous",), "admin ann bob pia sam anonymous"),
    (("nobody", "operator"), ""),
]


@pytest.mark.parametrize(("words", "meant"), GRANTED)
def test_each_word_means_whom_it_should(words: tuple[str, ...], meant: str) -> None:
    """Role, organisation, member, every member, the public; for reading and for writing alike."""
    reading, writing = replace(COLLECTION, read=words), replace(COLLECTION, write=words)
    assert " ".join(one.name for one in EVERYBODY if access.visible(one, reading).is_readable) == meant
    assert " ".join(one.name for one in EVERYBODY if reading.may_read(one)) == meant
    assert " ".join(one.name for one in EVERYBODY if writing.may_write(one)) == meant


def test_both_gates_are_closed_by_default() -> None:
    """A predicate that nobody opened, and a collection that grants nothing."""
    assert Predicate(collection=7).is_readable is False
    assert [access.visible(one, COLLECTION) for one in EVERYBODY] == [Predicate(collection=7, is_readable=False)] * 6
    assert all(isinstance(access.admit(one, COLLECTION, item(indicator()), Known()), Refusal) for one in EVERYBODY)


@pytest.mark.parametrize("clearance", Level)
@pytest.mark.parametrize("max_tlp", Level)
def test_a_member_reads_where_its_clearance_reaches_the_strictest_object(clearance: Level, max_tlp: Level) -> None:
    """Writing needs no clearance: a member may hand in what it could not read there."""
    shelf = replace(COLLECTION, max_tlp=max_tlp, read=("*",), write=("*",))
    reader = replace(PIA, clearance=clearance)
    assert access.visible(reader, shelf).is_readable == (clearance >= max_tlp)
    assert shelf.may_write(reader)


def test_the_public_reads_nothing_above_clear() -> None:
    """Whatever a definition grants."""
    for level in Level:
        shelf = replace(COLLECTION, max_tlp=level, read=("anonymous",))
        assert access.visible(ANONYMOUS, shelf).is_readable == (level is Level.CLEAR)


@pytest.mark.parametrize("alias", ["inbox", "submissions"])
def test_what_is_addressed_to_us_is_read_by_our_own_alone(alias: str) -> None:
    """Whatever words the definition has, a foreign analyst or administrator does not read here; writing is another matter."""
    shelf = replace(COLLECTION, alias=alias, read=("*", "anonymous", "analyst", "Acme AI", "bob"), write=("*",))
    foreign_admin = caller("eve", Role.ADMINISTRATOR, "Acme AI", clearance=Level.RED)
    assert [one.name for one in (*EVERYBODY, foreign_admin) if access.visible(one, shelf).is_readable] == ["admin", "ann"]
    assert [one.name for one in (*EVERYBODY, foreign_admin) if shelf.may_write(one)] == ["admin", "ann", "bob", "pia", "sam", "eve"]


def test_a_collection_that_one_may_neither_read_nor_write_does_not_exist() -> None:
    """The same error, with the same words, as for one that is not there."""
    with pytest.raises(NotFoundError) as hidden:
        access.require_known(PIA, replace(COLLECTION, read=("analyst",), write=("analyst",)))
    with pytest.raises(NotFoundError) as missing:
        access.require_known(PIA, None)
    assert str(hidden.value) == str(missing.value)
    for granted in ({"read": ("peer",)}, {"write": ("peer",)}):
        assert access.require_known(PIA, replace(COLLECTION, **granted)).alias == "shelf"


def test_with_one_right_the_other_is_forbidden() -> None:
    """A reader may know that it may not write, and the other way round."""
    readable, writable = replace(COLLECTION, read=("peer",)), replace(COLLECTION, write=("peer",))
    access.require_reader(PIA, readable)
    access.require_writer(PIA, writable)
    with pytest.raises(ForbiddenError):
        access.require_writer(PIA, readable)
    with pytest.raises(ForbiddenError):
        access.require_reader(PIA, writable)


@pytest.mark.parametrize(
    ("who", "posted_by", "may"),
    [(ANN, 1, True), (ANN, 2, False), (ADMIN, 2, True), (PIA, 2, False), (replace(PIA, number=2), 2, True), (ANONYMOUS, 2, False)],
)
def test_a_version_goes_by_the_word_of_its_poster_or_an_administrator(who: Caller, posted_by: int, may: bool) -> None:
    """Membership of the same organisation is not enough."""
    assert access.may_delete(who, posted_by) is may


# Admission into a collection


def item(value: dict[str, Any]) -> StixObject:
    read = admission.read(text(value)[0], now=NEVER_TOO_LATE, position=0)
    assert isinstance(read, StixObject), read
    return read


def known(*values: dict[str, Any]) -> Known:
    """What is there of an id."""
    there = Known()
    for value in values:
        there.note(item(value).version or f"stamp of {len(there.contents)}", item(value).content_hash)
    return there


def marked(level: Level, **properties: Any) -> dict[str, Any]:
    return indicator(object_marking_refs=[MARKING_REF[level]], **properties)


CHANGED = indicator(name="changed")
LATER = indicator(modified="2026-02-02T00:00:00.000Z")
OTHER_SCO = domain_name(x_note="other")
VERDICTS = [  # what comes, what is there, and what becomes of it: a path is that of a refusal
    (indicator(), known(), Accepted()),
    (indicator(), known(LATER), Accepted()),
    (LATER, known(indicator()), Accepted()),
    (indicator(), known(indicator()), Duplicate()),
    (indicator(), known(LATER, indicator()), Duplicate()),
    (CHANGED, known(indicator()), "$.modified"),
    (domain_name(), known(), Accepted()),
    (domain_name(), known(OTHER_SCO), Accepted()),
    (domain_name(), known(OTHER_SCO, domain_name()), Duplicate()),
    (marked(Level.CLEAR), known(), Accepted()),
    (marked(Level.GREEN), known(), Accepted()),
    (marked(Level.AMBER), known(), "$.object_marking_refs"),
    (marked(Level.AMBER_STRICT), known(), "$.object_marking_refs"),
    (marked(Level.RED), known(), "$.object_marking_refs"),
]


@pytest.mark.parametrize(("comes", "there", "becomes"), VERDICTS)
def test_each_object_gets_its_verdict(comes: dict[str, Any], there: Known, becomes: Any) -> None:
    """New, the same again, a contradiction, too strict for the collection."""
    shelf = replace(COLLECTION, max_tlp=Level.GREEN, write=("*",))
    verdict = access.admit(PIA, shelf, item(comes), there)
    assert (verdict.path if isinstance(verdict, Refusal) else verdict) == becomes
    if isinstance(verdict, Refusal):
        assert (verdict.id, verdict.version, verdict.is_passing) == (comes["id"], item(comes).version, False)
        assert verdict.hint


def test_who_may_not_write_is_refused_whatever_comes() -> None:
    """A duplicate, too: whether something is there is not told to who may not write."""
    for there in (known(), known(indicator()), known(CHANGED)):
        verdict = access.admit(PIA, COLLECTION, item(indicator()), there)
        assert isinstance(verdict, Refusal)
        assert verdict.path == "$"


def test_a_standard_marking_is_there_from_the_start() -> None:
    """Sending it along is a success that stores nothing."""
    green = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKING_REF[Level.GREEN],
        "created": "2022-10-01T00:00:00.000Z",
        "name": "TLP:GREEN",
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {"extension_type": "property-extension", "tlp_2_0": "green"}
        },
    }
    assert access.admit(ANN, replace(COLLECTION, write=("*",)), item(green), Known()) == Duplicate()
