"""`tocsin lint`: what would be refused, with its place and its mending, and what could be better; nothing is stored or sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import refused, typed, typed_json
from tests.support.objects import indicator, uuid

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "objects.json"


def write(file: Path, *objects: Any) -> None:
    file.write_text(json.dumps(list(objects)))


def test_a_flawless_file_is_passed_in_silence(file: Path) -> None:
    write(file, indicator(1, description="Why it matters.", indicator_types=["malicious-activity"]))
    done = typed("lint", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 objects, 0 errors, 0 warnings\n", "")


def test_an_error_has_file_id_place_and_mending(file: Path) -> None:
    """Each object is judged, the broken one does not hide the next; the exit code says that something is wrong."""
    write(file, indicator(1, pattern="nope"), indicator(2, labels="red"), {"type": "indicator"}, 5)
    done = typed("lint", str(file))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{file}: indicator--{uuid(1)}: error: $.pattern: the pattern does not parse: 'line 1:0. input is missing square brackets'; "
        "write it like \"[ipv4-addr:value = '198.51.100.7']\"",
        f"{file}: indicator--{uuid(2)}: error: $.labels: 'red' is not of the right kind; write a value of type array",
        f'{file}: objects[2]: error: $.id: the property id is missing; write "indicator--" and a UUID of version 1 to 5',
        f"{file}: objects[3]: error: $: a number is not a STIX object; send a JSON object",
        "4 objects, 4 errors, 0 warnings",
    ]


def test_a_warning_is_no_fault(file: Path) -> None:
    """What the standard only recommends is told, and would be taken."""
    write(file, indicator(1))
    done = typed("lint", str(file))
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"{file}: indicator--{uuid(1)}: warning: {{303}} Both the name and description properties SHOULD be present.",
        "1 objects, 0 errors, 1 warnings",
    ]


def test_the_json_has_each_remark(file: Path) -> None:
    write(file, indicator(1, modified="2025-12-31T00:00:00.000Z", description="x"), indicator(2))
    result = typed_json("lint", str(file))
    assert result == {"file": str(file), "objects": 2, "remarks": result["remarks"]}
    assert {(one["id"], one["kind"]) for one in result["remarks"]} == {
        (f"indicator--{uuid(1)}", "warning"),
        (f"indicator--{uuid(2)}", "warning"),
    }
    assert "created" in result["remarks"][0]["message"]


@pytest.mark.parametrize("seed", ["ms-2024-02.json", "example-paper-lantern.json"])
def test_ids_that_follow_from_a_name_are_no_reason_to_warn(seed: str) -> None:
    """The validator would warn of every UUIDv5, and ours all are."""
    assert [one for one in typed_json("lint", str(SEEDS / seed))["remarks"] if "UUID" in one["message"]] == []


def test_hostile_text_reaches_no_terminal_raw(file: Path) -> None:
    """A line break in an id makes no line of its own either."""
    for hostile in ("\x1b[2J", "\x9b2J", "x\n0 objects, 0 errors", "\u202e"):
        write(file, {**indicator(), "id": f"indicator--{hostile}"}, indicator(3, labels=hostile), indicator(4, **{"x_a": hostile}))
        done = typed("lint", str(file))
        assert done.returncode == 1
        assert all(line.startswith(f"{file}: ") for line in done.stdout.splitlines()[:-1])
        typed("lint", str(file), "--json")


def test_a_file_that_cannot_be_read_is_wrong_input(file: Path) -> None:
    """As opposed to a file with errors in it."""
    assert refused("lint", str(file)) == f"{file}: No such file or directory; give a file that can be read"
    file.write_text("{nope")
    assert refused("lint", str(file)).startswith(f"{file}: not JSON: ")


def test_a_version_with_two_contents_is_an_error(file: Path) -> None:
    """The first would be kept, the other refused; the same content again is no fault."""
    first, again, other = (indicator(1, description=word) for word in ("a", "a", "b"))
    write(file, first, again, other)
    errors = [one for one in typed("lint", str(file)).stdout.splitlines() if ": error: " in one]
    assert errors == [f"{file}: {first['id']}: error: $.modified: another content stands before under this id and version; keep one"]
