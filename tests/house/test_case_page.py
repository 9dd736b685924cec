"""The page on case files says what the program does: every key, the schema, and a whole case that has every key."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.case import WHOLE
from tocsin.model.case.reading import read_case
from tocsin.model.case.record import case_schema
from tocsin.model.case.writing import schema_text

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads(json.dumps(case_schema()))
RECORDS = {"Case": SCHEMA, **SCHEMA["$defs"]}
ONLY_IN_CATALOGUES = {"catalogue"}


def section(title: str) -> str:
    found = re.search(rf"^### {title}\n(.*?)(?=^##)", (DOCS / "cases.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("record", RECORDS)
def test_every_key_has_a_row_and_what_is_needed_is_bold(record: str) -> None:
    """In the section of its record, and no row is of a key that does not exist."""
    needed = RECORDS[record].get("required", [])
    rows = re.findall(r"^\| (\*?\*?`\w+`\*?\*?) \|", section(record), re.MULTILINE)
    assert sorted(rows) == sorted(f"**`{key}`**" if key in needed else f"`{key}`" for key in RECORDS[record]["properties"])


def test_the_schema_that_lies_beside_the_page_is_the_one_of_the_program() -> None:
    assert (DOCS / "case.schema.json").read_text(encoding="utf-8") == schema_text(case_schema())


def keys_of(value: Any) -> Iterator[str]:
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys_of(item)
    yield from value if isinstance(value, dict) else ()


def test_the_whole_case_on_the_page_has_every_key() -> None:
    known = {key for record in RECORDS.values() for key in record["properties"]}
    assert set(keys_of(read_case(WHOLE.encode()).document.value)) == known - ONLY_IN_CATALOGUES
