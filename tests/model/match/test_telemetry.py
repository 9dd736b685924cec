"""Telemetry is read as it is written, line by line, whatever stands in it; what cannot be read is counted, with its line."""

import json
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.indicators import Pass, lines, patterns
from tocsin.errors import InvalidInputError
from tocsin.model.match.field import DEFAULTS, NAMED, read_fields
from tocsin.model.match.index import MAX_KEYS
from tocsin.model.match.line import MAX_LINE, MAX_NAMED, TOO_LONG, Skipped, stretches
from tocsin.model.match.pattern import WIDEST
from tocsin.model.match.row import RAGGED
from tocsin.model.match.table import MAX_ON_ONE_VALUE
from tocsin.model.match.telemetry import NOT_AN_OBJECT, NOT_JSON, Form, Reader

EVIL = patterns("[domain-name:value = 'evil.top']")
HIT = json.dumps({"host": "evil.top"}).encode()


# Lines


@given(st.binary(max_size=60), st.integers(1, 20))
def test_lines_are_the_same_however_the_file_is_cut(content: bytes, size: int) -> None:
    """Every line that there is, each once, with its number."""
    blocks = [content[start : start + size] for start in range(0, len(content), size)]
    found = list(stretches(blocks, Skipped()))
    first, *rest = content.split(b"\n") if content.endswith(b"\n") or not content else [*content.split(b"\n"), b""]
    expected = [first.removeprefix(b"\xef\xbb\xbf"), *rest][:-1]
    assert [line for stretch in found for line in stretch.lines] == expected
    assert all(stretch.first == 1 + sum(len(one.lines) for one in found[:place]) for place, stretch in enumerate(found))


@pytest.mark.parametrize("size", [1 << 18, MAX_LINE * 3])
def test_a_line_that_is_too_long_is_passed_over(size: int) -> None:
    """And those around it are not; where it begins and ends does not matter."""
    content = b"".join(
        [HIT, b"\n", b"x" * (MAX_LINE + 1), b"\n", HIT, b"\n", b"y" * (MAX_LINE * 2), b"\n", HIT, b"\n", b"z" * (MAX_LINE + 1)]
    )
    blocks = [content[start : start + size] for start in range(0, len(content), size)]
    skipped = Skipped()
    found = [(batch.numbers, batch.columns[0].values) for batch in Reader(read_fields([])).batches(blocks, skipped) if batch.columns]
    assert [number for numbers, _ in found for number in numbers] == [1, 3, 5]
    assert skipped.first == [(2, TOO_LONG), (4, TOO_LONG), (6, TOO_LONG)]


def test_a_line_without_an_end_needs_no_memory() -> None:
    """A hundred megabytes of it: no more than the longest line, and the block at hand."""

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000_000

    tracemalloc.start()
    skipped = Skipped()
    assert [stretch.lines for stretch in stretches(endless(), skipped)] == [[b""]]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * MAX_LINE
    assert skipped.first == [(1, TOO_LONG)]


# JSON lines


def test_lines_that_are_no_json_objects_are_counted_and_the_first_are_named() -> None:
    """Everything around them is read; an empty line is nothing."""
    bad = [b"nope", b"[1]", b'"evil.top"', b"5", b"{", b'{"host": "evil.top"', b'{"host": "\xff"}', b"[" * 100_000]
    found = Pass(EVIL, b"\n".join([b"", HIT, b"  ", *bad, HIT, b"null", HIT + b"\r", HIT]))
    assert found.lines == {0: [2, 12, 14]}
    assert (found.scan.records, found.scan.matched) == (4, 4)
    assert found.skipped.reasons == {NOT_JSON: 5, NOT_AN_OBJECT: 4}
    reasons = [NOT_JSON, NOT_AN_OBJECT, NOT_AN_OBJECT, NOT_AN_OBJECT, *[NOT_JSON] * 4, NOT_AN_OBJECT]
    assert found.skipped.first == [*enumerate(reasons[:8], 4), (13, NOT_AN_OBJECT)]


def test_only_the_first_of_many_bad_lines_are_named() -> None:
    found = Pass(EVIL, b"{}\n" + b"nope\n" * 1_000)
    assert (found.skipped.reasons.total(), len(found.skipped.first)) == (1_000, MAX_NAMED)


def test_records_of_all_shapes_are_read() -> None:
    """Each with the number of its own line."""
    records = [{"host": "evil.top"}, {"a": 1, "host": "evil.top"}, {"ip": "x"}, {"host": "x", "domain": "evil.top"}, {"host": "evil.top"}]
    found = Pass(EVIL, lines(*records))
    assert (found.scan.matched, found.tallies[0].places, found.reader.names) == (
        4,
        [("log", 1), ("log", 2), ("log", 4)],
        {"host", "domain", "ip"},
    )


def test_more_shapes_than_are_remembered_are_read_too() -> None:
    found = Pass(EVIL, lines(*({f"f{number}": 1, "host": "evil.top"} for number in range(12_000))))
    assert found.scan.matched == 12_000


@pytest.mark.parametrize(
    ("field", "record"),
    [
        ("domain=server", {"server": "evil.top"}),
        ("domain=net.peer", {"net": {"peer": "evil.top"}}),
        ("domain=net.peer", {"net.peer": "evil.top"}),
        ("domain=a.b.c", {"a": {"b": {"c": ["x", "evil.top"]}}}),
        ("url=x", {"x": "https://evil.top/"}),
        ("domain=user", {"user": "evil.top"}),  # in the place of what the name usually means
        ("domain=a=b", {"a=b": "evil.top"}),
    ],
)
def test_a_field_is_what_the_reader_says(field: str, record: dict[str, object]) -> None:
    """A name with dots is also a path."""
    assert Pass(EVIL, lines(record), fields=[field]).lines == {0: [1]}
    assert Pass(EVIL, lines(record)).lines == {}


def test_a_field_may_hold_two_things() -> None:
    index = patterns("[domain-name:value = 'evil.top']", "[user-account:user_id = 'evil.top']")
    assert Pass(index, lines({"who": "evil.top"}), fields=["domain=who", "account=who"]).lines == {0: [1], 1: [1]}


def test_a_path_into_something_else_finds_nothing() -> None:
    records = [{"net": "evil.top"}, {"net": ["evil.top"]}, {"net": {"peer": {"x": "evil.top"}}}, {"net": None}]
    found = Pass(EVIL, lines(*records), fields=["domain=net.peer", "time=net.at"])
    assert (found.lines, found.scan.records) == ({}, 4)


def test_the_time_may_lie_on_a_path() -> None:
    record = {"host": "evil.top", "event": {"at": "2026-05-01T00:00:00Z"}}
    (tally,) = Pass(EVIL, lines(record), fields=["time=event.at"]).tallies.values()
    assert tally.first is not None


@pytest.mark.parametrize("text", ["", "domain", "=x", "domain=", "piece=x", "DOMAIN=x", "cookie=x"])
def test_a_field_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="says nothing"):
        read_fields([text])


# CSV


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read_by_its_header(separator: str, end: str) -> None:
    """Whatever separates the cells, wherever its rows begin."""
    rows = [["time", " host ", "note"], ["2026-05-01T00:00:00Z", "evil.top", f'"a{separator}{end}b ""c"""'], ["", "evil.top", ""]]
    content = "\ufeff" + end.join(["", *(separator.join(row) for row in rows), "", separator.join(rows[2])])
    found = Pass(EVIL, content.encode(), form=Form.CSV)
    assert found.tallies[0].places == [("log", 3), ("log", 5), ("log", 7)]
    assert found.tallies[0].first == found.tallies[0].last
    assert (found.scan.records, found.skipped.reasons, found.reader.names) == (3, {}, {"host", "time"})


def test_rows_that_do_not_fit_the_header_are_counted() -> None:
    content = b'host,ip\nevil.top,x\nevil.top\nevil.top,x,y\n"evil.top"x,y\nevil.top,z\n'
    found = Pass(EVIL, content, form=Form.CSV)
    assert found.lines == {0: [2, 6]}
    assert found.skipped.first == [(3, RAGGED), (4, RAGGED), (5, "not CSV: ',' expected after '\"'")]


def test_a_cell_that_has_no_end_is_given_up_and_what_follows_is_read() -> None:
    found = Pass(EVIL, b'host\n"' + b"x" * 200_000 + b"\nx\nevil.top\n", form=Form.CSV)
    assert found.skipped.first == [(2, "not CSV: field larger than field limit (131072)")]
    assert (found.lines, found.scan.records) == ({0: [4]}, 2)


def test_a_row_that_has_no_end_is_given_up_where_a_line_would_be() -> None:
    """Cells that hold line ends may make a row of any length."""
    found = Pass(EVIL, b"host\n" + b'"a\n",' * 400_000, form=Form.CSV)
    assert found.skipped.first[0] == (2, TOO_LONG)


def test_a_table_longer_than_one_batch_is_read_to_its_end() -> None:
    found = Pass(EVIL, b"host\n" + b"good.top\n" * 4_999 + b"evil.top\n", form=Form.CSV)
    assert (found.scan.records, found.lines) == (5_000, {0: [5_001]})


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n"])
def test_an_empty_file_holds_no_records(content: bytes) -> None:
    """A table needs a header all the same, where there is anything."""
    assert [Pass(EVIL, content, form=form).scan.records for form in (None, Form.JSON, Form.TEXT)] == [0, 0, 0]
    if content:
        with pytest.raises(InvalidInputError, match="no header"):
            Pass(EVIL, content, form=Form.CSV)


# Plain text

LINES = [  # a line, and the numbers of what is found in it
    ("GET evil.top HTTP/1.1", {0}),
    ("(evil.top)", {0}),
    ("see evil.top.", {0}),
    ('host="EVIL.TOP";', {0}),
    ("evil.top:443/x", {0}),
    ("client:evil.top", {0}),
    ("face:evil.top", {0}),
    ("www.evil.top evil.top.example", set()),
    ("evil[.]top", set()),
    ("198.51.100.7", {1}),
    ("[198.51.100.7]:443", {1}),
    ("ip=198.51.100.7,", {1}),
    ("1198.51.100.7 198.51.100.77", set()),
    ("2001:db8::1", {2}),
    ("from [2001:DB8:0::1]:443.", {2}),
    ("ip:2001:db8::1", {2}),
    ("at 12:30:45 2001:db8::1%eth0", {2}),
    ("2001:db8::1.", {2}),
    ("<https://evil.top/a>", {0, 3}),
    ("url=https://evil.top/a", {0, 3}),
    ("(https://evil.top/a).", {0, 3}),
    ("https://evil.top/ab", {0}),
    ("to=ann@good.top;", {4}),
    ("mailto:Ann@Good.top.", {4}),
    ("xann@good.top", set()),
    (f"md5 {'AB' * 16}", {5}),
    (f"({'ab' * 16})", {5}),
    (f"{'ab' * 17}", set()),
    ("\u00fcber evil.top \ufffd", {0}),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_every_piece_of_plain_text_that_could_be_a_value_is_tried(line: str, expected: set[int]) -> None:
    texts = ("domain-name:value = 'evil.top'", "ipv4-addr:value = '198.51.100.7'", "ipv6-addr:value = '2001:db8::1'")
    more = ("url:value = 'https://evil.top/a'", "email-addr:value = 'ann@good.top'", f"file:hashes.MD5 = '{'ab' * 16}'")
    index = patterns(*(f"[{text}]" for text in (*texts, *more)))
    found = Pass(index, f"nothing\n\n{line}\n".encode())
    assert (found.lines, found.scan.records) == ({number: [3] for number in sorted(expected)}, 2)


@pytest.mark.parametrize(
    "line",
    [
        "a" * MAX_LINE,
        "a:" * 500_000,
        "1:" * 499_999 + "z",
        "a." * 500_000,
        "a@" * 500_000,
        "a://" * 250_000,
        ":" * MAX_LINE,
        "%" * MAX_LINE,
        "\u00fc" * 400_000,
        "\u00fc." * 300_000,
        "@\u3002" * 200_000,
    ],
    ids=lambda line: line[:6],
)
def test_a_hostile_line_costs_no_time(line: str) -> None:
    """A megabyte of what makes careless expressions slow: seconds at the worst, of which nearly all are honest work."""
    began = time.process_time()
    Pass(EVIL, line.encode(), form=Form.TEXT)
    assert Pass(EVIL, lines({"url": line[:50_000], "host": line[:50_000], "email": line[:50_000]})).skipped.first == []
    assert time.process_time() - began < 10


def test_text_in_any_encoding_is_read() -> None:
    """What is not UTF-8 is no value, and what stands beside it is one."""
    assert Pass(EVIL, b"caf\xe9 evil.top \x00\n", form=Form.TEXT).lines == {0: [1]}


def test_the_page_on_matching_has_every_name_that_is_known() -> None:
    """In the row of its type."""
    page = (Path(__file__).parents[3] / "docs/match.md").read_text(encoding="utf-8")
    rows = {kind: f"| `{kind.value}` | {', '.join(f'`{name}`' for name in names)} |" for kind, names in DEFAULTS.items()}
    assert [kind for kind, row in rows.items() if row not in page] == []
    assert set(rows) == set(NAMED)


def test_the_page_on_matching_has_every_limit() -> None:
    page = (Path(__file__).parents[3] / "docs/match.md").read_text(encoding="utf-8")
    limits = [f"{MAX_LINE:,} bytes", f"the first {MAX_KEYS} keys", f"more than {MAX_ON_ONE_VALUE:,} on one value"]
    limits.append(f"wider than /{WIDEST[4]} (IPv6: /{WIDEST[6]})")
    assert [limit for limit in limits if limit not in page.replace("\n", " ")] == []
