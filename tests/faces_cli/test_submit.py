"""`tocsin submit` into the exchange at hand: every kind of file, what is refused object by object, and what is refused as a whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import refused, typed, typed_json
from tests.support.objects import indicator, uuid

RED = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
NOT_JSON = "send valid JSON in UTF-8, without a byte order mark"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "objects.json"


@pytest.fixture(scope="module", autouse=True)
def members(home: Path) -> None:
    for name, role in (("ann", "analyst"), ("carl", "soc")):
        typed_json("member", "add", name, "--role", role, home=home)


FORMS: dict[str, Any] = {
    "a bundle": {"type": "bundle", "id": f"bundle--{uuid(9)}", "objects": [indicator(1), indicator(2)]},
    "an envelope": {"objects": [indicator(1), indicator(2)]},
    "a list": [indicator(1), indicator(2)],
}


@pytest.mark.parametrize("form", FORMS)
def test_objects_come_in_every_form(home: Path, file: Path, form: str) -> None:
    file.write_text(json.dumps(FORMS[form], indent=2))
    assert typed("submit", str(file), "--collection", "indicators", home=home).stdout == "2 taken, 0 refused\n"


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        (json.dumps(indicator(3)), 1),
        (json.dumps(indicator(3)) + "\n", 1),
        (f"{json.dumps(indicator(4))}\n\n{json.dumps(indicator(5))}\r\n", 2),
        ("\ufeff" + json.dumps(indicator(3)), 1),
    ],
    ids=["one object", "one line", "lines", "with a byte order mark"],
)
def test_one_object_and_json_lines_are_taken(home: Path, file: Path, content: str, taken: int) -> None:
    file.write_text(content, encoding="utf-8")
    assert typed("submit", str(file), "--collection", "indicators", home=home).stdout == f"{taken} taken, 0 refused\n"


def test_submitting_again_changes_nothing_and_is_no_fault(home: Path, file: Path) -> None:
    file.write_text(json.dumps([indicator(6), indicator(7)]))
    results = [typed_json("submit", str(file), "--collection", "indicators", home=home) for _ in range(2)]
    expected = {"file": str(file), "collection": "indicators", "total": 2, "taken": 2, "refused": 0, "failures": []}
    assert results == [expected, expected]


def test_what_is_refused_is_named_one_line_an_id_and_the_rest_is_kept(home: Path, file: Path) -> None:
    """Exit code 1: the file was taken in part."""
    twice = indicator(10, name="another")
    file.write_text(json.dumps([indicator(10), twice, twice, indicator(11, pattern="nope"), 5, indicator(12, object_marking_refs=[RED])]))
    done = typed("submit", str(file), "--collection", "indicators", home=home)
    assert (done.returncode, done.stdout) == (1, "1 taken, 5 refused\n")
    assert done.stderr.splitlines() == [
        f"{file}: indicator--{uuid(10)}: $.modified: another content is already stored under this id and version; "
        "send the change with a later `modified` (2 times)",
        f"{file}: indicator--{uuid(11)}: $.pattern: the pattern does not parse: 'line 1:0. input is missing square brackets'; "
        "write it like \"[ipv4-addr:value = '198.51.100.7']\"",
        f"{file}: objects[4]: $: a number is not a STIX object; send a JSON object",
        f"{file}: indicator--{uuid(12)}: $.object_marking_refs: it is marked TLP:RED, and indicators holds nothing above GREEN; "
        "send it to a stricter collection",
    ]


def test_failures_are_in_the_json_object_by_object(home: Path, file: Path) -> None:
    file.write_text(json.dumps([indicator(20), indicator(21, labels="red"), indicator(21, labels="red")]))
    done = typed("submit", str(file), "--collection", "indicators", "--json", home=home)
    failure = {"id": f"indicator--{uuid(21)}", "message": "$.labels: 'red' is not of the right kind; write a value of type array"}
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "file": str(file),
        "collection": "indicators",
        "total": 3,
        "taken": 1,
        "refused": 2,
        "failures": [failure, failure],
    }


def test_hostile_text_reaches_no_terminal_raw(home: Path, file: Path) -> None:
    """Escape sequences, C1 controls, line breaks, bidirectional overrides: in lines for people and in JSON (checked for all)."""
    for hostile in ("\x1b[31m", "\x9b2J", "a\nb: taken", "\u202edesrever", "\x7f", "\U000e0001"):
        objects = [{**indicator(), "id": f"indicator--{hostile}"}, {"type": hostile, "id": hostile}, indicator(30, labels=hostile)]
        file.write_text(json.dumps(objects))
        for options in ([], ["--json"]):
            done = typed("submit", str(file), "--collection", "indicators", *options, home=home)
            assert done.returncode == 1
            assert len(done.stderr.splitlines()) == 3
        assert [one["id"] for one in json.loads(done.stdout)["failures"]][1] == hostile


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", " holds no objects; give a bundle, an envelope, a list or JSON lines"),
        (b" \n", " holds no objects; give a bundle, an envelope, a list or JSON lines"),
        (b"[]", " holds no objects; give a bundle, an envelope, a list or JSON lines"),
        (b"nope", f": not JSON: invalid character (byte 1); {NOT_JSON}"),
        (b'{"type": "bundle"', ": not JSON: "),
        (b"\xff\xfe{}", ": not UTF-8 (byte 0); send UTF-8"),
        (b'{"type": "bundle", "id": "bundle--1"}', ': there is no `objects`; send {"objects": [...]} with at least one object'),
    ],
)
def test_a_file_that_holds_no_objects_is_refused_as_a_whole(home: Path, file: Path, content: bytes, line: str) -> None:
    file.write_bytes(content)
    assert refused("submit", str(file), "--collection", "indicators", home=home).startswith(f"{file}{line}")


def test_a_broken_line_is_named_and_nothing_of_the_file_is_stored(home: Path, file: Path) -> None:
    file.write_text(f"{json.dumps(indicator(40))}\n{{nope\n")
    line = refused("submit", str(file), "--collection", "indicators", home=home)
    assert line.startswith(f"{file}: line 2: not JSON: ")
    assert typed("db", "check", home=home).returncode == 0
    file.write_text(json.dumps(indicator(40, name="other")))
    assert typed("submit", str(file), "--collection", "indicators", home=home).returncode == 0


@pytest.mark.parametrize(("name", "reason"), [("missing.json", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named(home: Path, tmp_path: Path, name: str, reason: str) -> None:
    line = refused("submit", str(tmp_path / name), "--collection", "indicators", home=home)
    assert line == f"{tmp_path / name}: {reason}; give a file that can be read"


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (["nope"], 2, "there is no collection 'nope' that operator may use; see: tocsin collection list"),
        (["inbox", "--as", "carl"], 2, "there is no collection 'inbox' that carl may use; see: tocsin collection list"),
        (["indicators", "--as", "nobody"], 2, "there is no member 'nobody'; make one with: tocsin member add"),
        (["indicators", "--as", "carl"], 3, "you may not write to indicators; ask the operator for the right to"),
        (["providers", "--as", "ann"], 3, "you may not write to providers; ask the operator for the right to"),
    ],
)
def test_a_member_submits_where_it_may(home: Path, file: Path, options: list[str], code: int, line: str) -> None:
    """What a member may not see does not exist for it; what it may only read is forbidden."""
    file.write_text(json.dumps(indicator(50)))
    assert refused("submit", str(file), "--collection", *options, home=home, code=code) == line


def test_a_member_with_the_right_submits(home: Path, file: Path) -> None:
    file.write_text(json.dumps(indicator(51)))
    collection = next(one for one in typed_json("collection", "list", home=home) if one["alias"] == "indicators")
    for name in ("indicators", collection["id"], collection["id"].upper()):
        assert typed("submit", str(file), "--collection", name, "--as", "ann", home=home).stdout == "1 taken, 0 refused\n"


def test_without_a_home_nothing_is_submitted(file: Path) -> None:
    file.write_text(json.dumps(indicator()))
    assert refused("submit", str(file), "--collection", "indicators").startswith("no exchange is named; give --home FOLDER")
