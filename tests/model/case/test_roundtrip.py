"""A case file is compiled, read by strict readers, taken apart again and written out: nothing is lost, and nothing is added."""

import json
from typing import Any

import msgspec
import pytest
import stix2
from hypothesis import given, settings
from stix2validator import ValidationOptions, validate_instance

from tests.support.case import IDS, KNOWN, SMALL, WHOLE, plain_cases
from tocsin.errors import InvalidInputError
from tocsin.model import admission
from tocsin.model.case.check import check_case
from tocsin.model.case.compile import compile_case
from tocsin.model.case.decompile import decompile
from tocsin.model.case.names import names_of
from tocsin.model.case.normal import normal, with_hashed_accounts
from tocsin.model.case.reading import read_case
from tocsin.model.case.record import Account, Case
from tocsin.model.case.version import dated
from tocsin.model.case.writing import text_of_case
from tocsin.model.stamp import NEVER_TOO_LATE, stamp_of
from tocsin.model.stix import StixObject

NOW = stamp_of("2026-11-24T12:00:00Z")
HASH = f"hmac-sha256:community.2026q4:1:{'0' * 64}"
Object = dict[str, Any]


def in_one_form(case: Case) -> Case:
    """With a hash in the place of its one account, if it names one."""
    form = normal(case, names_of(case, KNOWN))
    accounts = [one.account for one in form.indicators if isinstance(one.account, Account)]
    return with_hashed_accounts(form, {one: HASH for one in accounts if isinstance(one.user, str)})


def read(text: str) -> Case:
    case = read_case(text.encode()).case
    assert case is not None
    return in_one_form(case)


def compiled(case: Case) -> list[Object]:
    """As another reader gets it."""
    objects = dated(compile_case(case, names_of(case, KNOWN)), {}, now=NOW)
    return [json.loads(json.dumps(one)) for one in objects]


@given(plain_cases())
def test_a_case_that_was_compiled_can_be_taken_apart_again(plain: Object) -> None:
    """Every field, in the one form that all spellings of a case have."""
    case = in_one_form(msgspec.convert(plain, Case))
    assert decompile(compiled(case), KNOWN) == case


@given(plain_cases())
def test_a_case_that_was_written_out_is_read_again(plain: Object) -> None:
    """As text that a terminal shows as it is: what cannot be seen is escaped."""
    case = in_one_form(msgspec.convert(plain, Case))
    text = text_of_case(case)
    reading = read_case(text.encode())
    assert (reading.problems, reading.case) == ((), case), text
    assert text.replace("\n", "").isprintable()


@settings(max_examples=50)
@given(plain_cases())
def test_what_passes_the_checks_is_taken_by_every_strict_reader(plain: Object) -> None:
    """By admission, by stix2 without custom content; and no id comes twice."""
    reading = read_case(json.dumps(plain, ensure_ascii=False).encode())
    assert reading.case is not None, reading.problems
    names = names_of(reading.case, KNOWN)
    problems = check_case(reading.case, reading.document, names=names, well_known=lambda _: ())
    assert [one for one in problems if one.is_error] == []
    objects = compiled(in_one_form(reading.case))
    assert len({one["id"] for one in objects}) == len(objects)
    for one in objects:
        assert isinstance(admission.read(json.dumps(one).encode(), now=NEVER_TOO_LATE, position=0), StixObject)
        stix2.parse(one, allow_custom=False)


def test_a_whole_case_has_no_error_for_the_validator_of_oasis() -> None:
    """The one that docs/cases.md shows, with every key; default options."""
    bundle = {"type": "bundle", "id": "bundle--6f1d2c1e-6a52-4a5e-9a36-5d1f0a6b7c01", "objects": compiled(read(WHOLE))}
    report = validate_instance(bundle, ValidationOptions(version="2.1"))
    assert report.errors == []
    assert decompile(bundle["objects"], KNOWN) == read(WHOLE)


def test_ids_depend_on_nothing_but_author_and_names() -> None:
    """Literal on purpose: they are the same on every machine, at any time, in any order of the keys."""
    upside_down = "\n".join([SMALL[SMALL.index("indicators") :], SMALL[: SMALL.index("indicators")]])
    assert [one["id"] for one in compiled(read(SMALL))] == IDS
    assert [
        one["id"] for one in compiled(read(upside_down.replace("EXAMPLE Lures", "EXAMPLE Texts").replace("2026-11-20", "2026-11-21")))
    ] == IDS


def test_a_name_that_says_nothing_new_is_left_out() -> None:
    """What an object is called anyway."""
    named = SMALL.replace("account-disabled", "account-disabled\n        name: 'Account disabled: EXAMPLE Paper Lantern'")
    named = named.replace("lure.example.net", "lure.example.net\n    name: Domain lure.example.net")
    assert read(named) == read(SMALL)


def test_what_is_said_in_two_ways_has_one_form() -> None:
    """Marks of caution, case, times, patterns of a single value, names and ids, defaults."""
    spelled = SMALL.replace("lure.example.net", "LURE[.]example[dot]net.").replace("2026-11-20", "2026-11-20T00:00:00.0Z")
    spelled = spelled.replace(
        "ip: 192.0.2.45", "pattern: \"[ipv4-addr:value = '192.0.2.45']\"\n    types: [malicious-activity]\n    actors: [paper-lantern]"
    )
    spelled = spelled.replace("technique: llm-aided-development", "technique: llm-aided-development@tocsin.invalid")
    assert read(spelled) == read(SMALL)


def report_of(objects: list[Object]) -> Object:
    return next(one for one in objects if one["type"] == "report")


@pytest.mark.parametrize(
    "break_it",
    [
        lambda objects: objects.clear(),
        lambda objects: objects.append(report_of(objects) | {"id": "report--00000000-0000-4000-8000-000000000001"}),
        lambda objects: report_of(objects).update(object_marking_refs=[]),
        lambda objects: report_of(objects).update(external_references=[5]),
        lambda objects: report_of(objects).update(external_references={"a": 1}),
        lambda objects: report_of(objects).update(object_refs=[["a"]]),
        lambda objects: report_of(objects).update(published=None),
        lambda objects: report_of(objects).update(labels=5),
        lambda objects: objects[0].update(aliases="x"),
        lambda objects: objects[0].update(extensions=[]),
        lambda objects: objects[1].pop("description"),
    ],
)
def test_a_bundle_that_is_no_case_is_refused_in_words(break_it: Any) -> None:
    """Anybody may have made it."""
    objects = compiled(read(SMALL))
    break_it(objects)
    with pytest.raises(InvalidInputError, match=r"the bundle (holds [02] cases|cannot be read as a case: )"):
        decompile(objects, KNOWN)
