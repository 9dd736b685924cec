"""A case file is compiled, read by strict readers, taken apart again and written out: nothing is lost, and nothing is added."""

import json
from typing import Any

import msgspec
import stix2
from hypothesis import given

from tests.support.case import KNOWN, plain_cases
from tocsin.model import admission
from tocsin.model.case.check import check_case
from tocsin.model.case.compile import compile_case
from tocsin.model.case.decompile import decompile
from tocsin.model.case.names import names_of
from tocsin.model.case.normal import normal
from tocsin.model.case.reading import read_case
from tocsin.model.case.record import Case
from tocsin.model.case.version import dated
from tocsin.model.case.writing import text_of_case
from tocsin.model.stamp import NEVER_TOO_LATE, stamp_of
from tocsin.model.stix import StixObject

NOW = stamp_of("2026-11-24T12:00:00Z")


def in_one_form(plain: dict[str, Any]) -> Case:
    case = msgspec.convert(plain, Case)
    return normal(case, names_of(case, KNOWN))


def compiled(case: Case) -> list[dict[str, Any]]:
    return dated(compile_case(case, names_of(case, KNOWN)), {}, now=NOW)


@given(plain_cases())
def test_a_case_that_was_compiled_can_be_taken_apart_again(plain: dict[str, Any]) -> None:
    """Every field, in the one form that all spellings of a case have."""
    case = in_one_form(plain)
    assert decompile(json.loads(json.dumps(compiled(case))), KNOWN) == case
