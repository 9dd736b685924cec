"""Case files that were edited by accident or in anger: whatever they hold, the answer is lines that say where and why."""

import copy
import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import stix2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.case import SMALL, plain_cases
from tests.support.command import typed
from tocsin.model import admission
from tocsin.model.stamp import NEVER_TOO_LATE
from tocsin.model.stix import StixObject

TRICKS = [
    *(
        b"&a ",
        b"*a",
        b"&a [*a]",
        b"!!binary ",
        b"!!str ",
        b"!x ",
        b"<<: *a\n",
        b"<<: {tlp: red}\n",
        b"? ",
        b"? [a]\n: b\n",
        b"---\n",
        b"...\n",
    ),
    *(
        b"%YAML 1.1\n---\n",
        b"%TAG !e! tag:x,2026:\n---\n",
        b"\x00",
        b"\xff\xfe",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"\r",
        b"\r\n",
        b"\t",
        b"\x0c",
        b"\xc2\x85",
    ),
    *(
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\xf0\x9f\x8f\xb4",
        b"[" * 2000,
        b"{a: " * 300,
        b"- " * 500,
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b":",
        b": ",
        b"-",
    ),
    *(
        b"|",
        b">",
        b"|+9\n",
        b">-\n",
        b"'",
        b'"',
        b"#",
        b" #",
        b"@",
        b"`",
        b"%",
        b"!",
        b"&",
        b"*",
        b"=",
        b"~",
        b"null",
        b"true",
        b"No",
        b".nan",
    ),
    *(b"2026-02-30", b"0000-00-00", b"2026-11-20T25:00:00Z", b"9" * 30, b"-1", b"1e400", b"0x10", b"0o7", b"12:30:45", b'"\\ud800"'),
    *(
        b'"\\UFFFFFFFF"',
        b'"\\0"',
        b'"\\x1c"',
        b'"\\a"',
        b"forest-blizzard",
        b"STRONTIUM",
        b"x@y.example",
        b"attack-pattern--1",
        b"10.0.0.1",
    ),
    *(
        b"\nactors:\n",
        b"\n  - ",
        b"\n",
        b"\n\n",
        b"  ",
        b"example: false",
        b"  - pattern: \"[a:b = 'c']\"\n",
        b"  - hash: " + b"0" * 32 + b"\n",
    ),
]
Edit = tuple[str, float, float, bytes]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "replace", "repeat a line", "drop a line", "move a line", "indent a line"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.sampled_from(TRICKS) | st.binary(max_size=3) | st.text(max_size=3).map(lambda text: text.encode(errors="surrogatepass")),
    ),
    min_size=1,
    max_size=4,
)
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([one.decode(errors="replace") for one in TRICKS]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.sampled_from(["actor", "domain", "kind"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def edited(content: bytes, edits: list[Edit]) -> bytes:
    for action, where, how_much, trick in edits:
        if action.endswith("line"):
            content = with_other_lines(content.split(b"\n"), action, where=where, target=how_much)
            continue
        start = int(where * len(content))
        end = start if action == "insert" else start + int(how_much * 30)
        content = content[:start] + (b"" if action == "delete" else trick) + content[end:]
    return content


def with_other_lines(lines: list[bytes], action: str, *, where: float, target: float) -> bytes:
    at, to = (int(share * (len(lines) - 1)) for share in (where, target))
    line = lines[at] if action == "repeat a line" else lines.pop(at)
    if action in ("repeat a line", "move a line"):
        lines.insert(to, line)
    if action == "indent a line":
        lines.insert(at, b"  " + line)
    return b"\n".join(lines)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Of every value in a case but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return [place for step, item in items for place in [(*path, step), *places(item, (*path, step))]]


@st.composite
def changed_values(draw: st.DrawFn) -> bytes:
    """A case with something else in the place of some values, as JSON, which is YAML too."""
    plain = json.loads(json.dumps(draw(plain_cases())))
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(places(plain)))
        holder = plain
        for step in path:
            holder = holder[step]
        holder[last] = draw(JUNK)
    return json.dumps(plain).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lantern.yaml"


def require_answers(file: Path, content: bytes) -> None:
    """What both commands owe to any file; and what they take, strict readers take."""
    file.write_bytes(content)
    bundle = file.with_suffix(".json")
    bundle.unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked, compiled = typed("case", "check", str(file)), typed("case", "compile", str(file))
    *lines, _summary = checked.stdout.splitlines()
    assert checked.stderr == ""
    assert all(re.match(re.escape(f"{file}:") + r"[1-9][0-9]*: .+; .+", line) for line in lines), lines
    assert checked.returncode == any(": warning: " not in line for line in lines)
    assert compiled.returncode == 2 * checked.returncode or "no exchange is named" in compiled.stderr, compiled.stderr
    assert bundle.exists() == (compiled.returncode == 0)
    assert [line for line in compiled.stderr.splitlines() if not line.startswith("tocsin: ")] == lines
    for one in json.loads(bundle.read_text())["objects"] if bundle.exists() else []:
        assert isinstance(admission.read(json.dumps(one).encode(), now=NEVER_TOO_LATE, position=0), StixObject)
        stix2.parse(copy.deepcopy(one), allow_custom=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(edits=EDITS)
def test_no_edit_of_a_case_file_ends_in_a_traceback(file: Path, edits: list[Edit]) -> None:
    require_answers(file, edited(SMALL.encode(), edits))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(content=changed_values())
def test_no_value_in_a_case_file_ends_in_a_traceback(file: Path, content: bytes) -> None:
    require_answers(file, content)
