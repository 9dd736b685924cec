"""What one pass over telemetry finds: the table of what a value in a field means, and the same as a naive evaluator finds."""

import csv
import io
import ipaddress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.indicators import NOW, Pass, index_of, lines, patterns, row
from tocsin.model.match.telemetry import Form
from tocsin.model.stamp import stamp_of

DOMAIN, ADDRESS, URL = "[domain-name:value = 'evil.top']", "[ipv4-addr:value = '198.51.100.7']", "[url:value = 'https://evil.top/a']"
NETWORK, SIX, SIXES = "[ipv4-addr:value = '198.51.100.0/24']", "[ipv6-addr:value = '2001:db8::1']", "[ipv6-addr:value = '2001:db8::/32']"
EMAIL, ACCOUNT, HASH = "[email-addr:value = 'ann@evil.top']", "[user-account:user_id = 'Ann']", f"[file:hashes.MD5 = '{'a' * 32}']"
EVERY = (DOMAIN, ADDRESS, URL, NETWORK, SIX, SIXES, EMAIL, ACCOUNT, HASH)

MEANS = [  # a record, and what is found in it
    ({"domain": "evil.top"}, {DOMAIN}),
    ({"host": "EVIL.Top."}, {DOMAIN}),
    ({"host": " evil.top\t"}, {DOMAIN}),
    ({"host": "evil.top:8443"}, {DOMAIN}),
    ({"host": "www.evil.top"}, set()),  # a name below is another name
    ({"host": "top"}, set()),
    ({"host": "notevil.top"}, set()),
    ({"host": "evil[.]top"}, set()),
    ({"host": "198.51.100.7"}, {ADDRESS, NETWORK}),
    ({"ip": "198.51.100.7:55000"}, {ADDRESS, NETWORK}),
    ({"ip": "198.51.100.8"}, {NETWORK}),
    ({"ip": "198.51.101.8"}, set()),
    ({"ip": "198.51.100.07"}, set()),
    ({"ip": "::ffff:198.51.100.7"}, {ADDRESS, NETWORK}),
    ({"ip": "2001:DB8:0:0::1"}, {SIX, SIXES}),
    ({"ip": "[2001:db8::1]:443"}, {SIX, SIXES}),
    ({"ip": "2001:db8::1%eth0"}, {SIX, SIXES}),
    ({"ip": "2001:db8:1::"}, {SIXES}),
    ({"ip": "evil.top"}, {DOMAIN}),
    ({"url": "https://evil.top/a"}, {URL, DOMAIN}),
    ({"url": "HTTPS://u@EVIL.top:443/a"}, {DOMAIN}),  # a user is part of a URL
    ({"url": "HTTPS://EVIL.top:443/a"}, {URL, DOMAIN}),
    ({"url": "https://evil.top/A"}, {DOMAIN}),
    ({"url": "https://evil.top"}, {DOMAIN}),
    ({"url": "https://evil.top?a/b"}, {DOMAIN}),
    ({"url": "http://evil.top:8080/a"}, {DOMAIN}),
    ({"url": "ftp://evil.top/a"}, {DOMAIN}),
    ({"url": "https://other.top/https://evil.top/a"}, set()),
    ({"url": "https://evil.top@other.top/"}, set()),
    ({"url": "x//evil.top/a"}, set()),
    ({"url": "https://198.51.100.9/"}, {NETWORK}),
    ({"url": "https://[2001:db8::1]/"}, {SIX, SIXES}),
    ({"url": "evil.top:443"}, {DOMAIN}),  # as proxies log a tunnel
    ({"url": "/a"}, set()),
    ({"email": "Ann@EVIL.top"}, {EMAIL}),
    ({"email": "bob@evil.top"}, set()),  # its domain was not visited
    ({"email": "x.ann@evil.top"}, set()),
    ({"user": "Ann"}, {ACCOUNT}),
    ({"user": "ann"}, set()),
    ({"user": "ann@evil.top"}, {EMAIL}),
    ({"email": "Ann"}, set()),
    ({"sha256": "A" * 32}, {HASH}),
    ({"hash": "a" * 31}, set()),
    ({"comment": "evil.top"}, set()),  # no field that is known
    ({"domain": ["good.top", "evil.top"], "ip": [None, 5, {"a": 1}, "198.51.100.9"]}, {DOMAIN, NETWORK}),
    ({"domain": None, "ip": {"x": "198.51.100.7"}, "user": True}, set()),
    ({"domain": "evil.top", "host": "evil.top"}, {DOMAIN}),
    ({}, set()),
]


@pytest.mark.parametrize(("record", "expected"), MEANS)
def test_a_record_matches_what_its_fields_say(record: dict[str, Any], expected: set[str]) -> None:
    """Alone and in a crowd: the same is found however the values beside it are written."""
    crowd = [dict.fromkeys(record, "x"), record, dict.fromkeys(record, "\u00e9:1.")]
    for content in (lines(record), lines(*crowd)):
        found = Pass(patterns(*EVERY), content)
        assert {EVERY[number] for number in found.tallies} == expected
        assert all(tally.count == 1 for tally in found.tallies.values())


def test_whole_numbers_are_accounts_too() -> None:
    """As their digits; true and 1.0 are no numbers of accounts."""
    index = patterns("[user-account:user_id = '1']", "[user-account:user_id = '123456789012345678']")
    assert Pass(index, lines({"user_id": True}, {"user_id": 1.0}, {"user_id": 1}, {"user_id": 123456789012345678})).lines == {
        0: [3],
        1: [4],
    }


def test_all_terms_of_an_and_must_hold_of_one_record() -> None:
    """In whatever fields; two records do not make one."""
    index = patterns("[domain-name:value = 'a.top' AND ipv4-addr:value = '198.51.100.0/24']")
    both, halves = {"host": "a.top", "ip": "198.51.100.9"}, [{"host": "a.top"}, {"ip": "198.51.100.9"}]
    found = Pass(index, lines(*halves, both, {"host": ["a.top", "198.51.100.1"]}))
    assert (found.lines, found.scan.matched) == ({0: [3, 4]}, 2)


@pytest.mark.parametrize(
    ("period", "at", "is_found"),
    [
        ({"valid_from": "2026-01-01T00:00:00Z"}, None, True),
        ({"valid_from": "2026-01-01T00:00:00Z"}, "2025-01-01T00:00:00Z", True),  # valid now: seen before it was published
        ({"valid_from": "2026-07-01T00:00:00Z"}, None, False),
        ({"valid_from": "2026-07-01T00:00:00Z"}, "2026-07-01T00:00:00Z", True),
        ({"valid_from": "2025-01-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}, None, False),  # expired
        ({"valid_from": "2025-01-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}, "2025-12-31T23:59:59.999Z", True),
        ({"valid_from": "2025-01-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}, "2026-01-01T00:00:00Z", False),
        ({"valid_from": "2025-01-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}, "2024-12-31T23:59:59Z", False),
        ({"valid_from": "2025-01-01T00:00:00Z", "valid_until": "2026-06-01T00:00:00Z"}, None, False),  # the last instant is now
        ({"valid_from": "2026-06-01T00:00:00Z", "valid_until": "2026-06-01T00:00:00.000001Z"}, None, True),
    ],
)
def test_an_indicator_counts_while_it_is_valid(period: dict[str, str], at: str | None, is_found: bool) -> None:
    """When the record happened, or now."""
    found = Pass(index_of(row(0, DOMAIN, **period)), lines({"host": "evil.top", "time": at}))
    assert bool(found.tallies) == is_found
    assert found.scan.matched == is_found


def test_a_tally_has_the_first_and_the_last_time_and_the_first_lines() -> None:
    """Of all records, whether or not they say when."""
    times = ["2026-05-03T00:00:00Z", None, "2026-05-01T00:00:00Z", "soon", "2026-05-02T00:00:00Z"]
    (tally,) = Pass(patterns(DOMAIN), lines(*({"host": "evil.top", "ts": time} for time in times))).tallies.values()
    assert (tally.count, tally.first, tally.last) == (5, stamp_of("2026-05-01T00:00:00Z"), stamp_of("2026-05-03T00:00:00Z"))
    assert tally.places == [("log", 1), ("log", 2), ("log", 3)]


# The same as a naive evaluator


@dataclass(frozen=True)
class Comparison:
    """One comparison, and what it asks of a value as somebody would write it down who has never heard of speed."""

    path: str
    value: str

    @property
    def text(self) -> str:
        return f"{self.path} = '{self.value}'"

    def holds(self, name: str, given: str) -> bool:
        given = given.strip()
        if self.path == "user-account:user_id":
            return name == "user" and given == self.value
        if self.path == "email-addr:value":
            return name in ("email", "user") and given.lower().rstrip(".") == self.value
        if self.path.startswith("file:"):
            return name == "md5" and given.lower() == self.value
        if self.path == "url:value":
            return name == "url" and as_url(given) == as_url(self.value)
        host = as_host(given) if name in ("ip", "host") else as_url(given)[1] if name == "url" else ""
        if self.path == "domain-name:value":
            return host == self.value
        try:
            return ipaddress.ip_address(host) in ipaddress.ip_network(self.value)
        except ValueError:
            return False


def as_host(text: str) -> str:
    head, _colon, port = text.lower().partition(":")
    return (head if port.isdigit() else text.lower()).removesuffix(".").strip("[]")


def as_url(text: str) -> tuple[str, str, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return "", "" if "/" in text else as_host(text), text
    authority, _slash, path = rest.partition("/")
    return scheme.lower(), as_host(authority), path


@dataclass(frozen=True)
class Pattern:
    comparisons: tuple[Comparison, ...]
    joint: str

    @property
    def text(self) -> str:
        return f"[{f' {self.joint} '.join(one.text for one in self.comparisons)}]"

    def holds(self, record: dict[str, str]) -> bool:
        found = [any(one.holds(name, given) for name, given in record.items()) for one in self.comparisons]
        return any(found) if self.joint == "OR" else all(found)


HOSTS = ["a.top", "b.top", "b.a.top", "198.51.100.7", "198.51.100.8", "198.51.101.7", "2001:db8::1", "2001:db8::2"]
NAMES, IPS = HOSTS[:3], HOSTS[3:6]
COMPARISONS = st.one_of(
    st.builds(Comparison, st.just("domain-name:value"), st.sampled_from(NAMES)),
    st.builds(Comparison, st.just("ipv4-addr:value"), st.sampled_from([*IPS, "198.51.100.0/24", "198.51.100.0/29", "198.51.0.0/16"])),
    st.builds(Comparison, st.just("ipv6-addr:value"), st.sampled_from(["2001:db8::1", "2001:db8::2/127", "2001:db8::/32"])),
    st.builds(
        Comparison, st.just("url:value"), st.sampled_from([f"https://{host}/{path}" for host in NAMES[:2] + IPS[:1] for path in "xX"])
    ),
    st.builds(Comparison, st.just("email-addr:value"), st.sampled_from(["ann@a.top", "bob@a.top"])),
    st.builds(Comparison, st.just("user-account:user_id"), st.sampled_from(["ann", "ANN", "7", "a.top"])),
    st.builds(Comparison, st.just("file:hashes.MD5"), st.sampled_from(["a" * 32, "b" * 32])),
)
PATTERNS = st.builds(
    Pattern, st.lists(COMPARISONS, min_size=1, max_size=3, unique_by=lambda one: one.path).map(tuple), st.sampled_from(["AND", "OR"])
)
SPELLED = st.sampled_from([str, str.upper, str.title, lambda text: f" {text}\t", lambda text: f"{text}."])


def spelled(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda value, spell: spell(value), values, SPELLED)


HOST = spelled(st.sampled_from([*HOSTS, "c.top", "", "a.top:80", "198.51.100.7:443"]))
URLS = st.builds(
    "{}://{}/{}".format, st.sampled_from(["https", "HTTPS", "http"]), st.sampled_from(HOSTS[:6]), st.sampled_from(["x", "X", ""])
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "ip": HOST,
        "host": HOST,
        "url": URLS | spelled(st.sampled_from(["/x", "a.top", "b.top:443"])),
        "email": spelled(st.sampled_from(["ann@a.top", "bob@a.top", "a.top"])),
        "user": st.sampled_from(["ann", "Ann", "ANN", "7", "ann@A.top", "a.top", ""]),
        "md5": spelled(st.sampled_from(["a" * 32, "b" * 31])),
        "note": HOST,
    },
)


@settings(max_examples=400)
@given(st.lists(PATTERNS, min_size=1, max_size=8), st.lists(RECORDS, min_size=1, max_size=6))
def test_a_pass_finds_exactly_what_a_naive_evaluator_finds(wanted: list[Pattern], records: list[dict[str, str]]) -> None:
    """Indicator by indicator, record by record; as JSON and as CSV."""
    index = patterns(*(one.text for one in wanted))
    assert index.count() == (len(wanted), len(wanted), {})
    expected = {number: sum(one.holds(record) for record in records) for number, one in enumerate(wanted)}
    matched = sum(any(one.holds(record) for one in wanted) for record in records)
    for found in (Pass(index, lines(*records)), Pass(index, as_csv(records), form=Form.CSV)):
        assert {number: tally.count for number, tally in found.tallies.items()} == {one: times for one, times in expected.items() if times}
        assert (found.scan.matched, found.scan.records, found.skipped.reasons) == (matched, len(records), {})


def as_csv(records: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    names = ["ip", "host", "url", "email", "user", "md5", "note"]
    writer = csv.DictWriter(out, names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def test_now_is_when_the_tests_say() -> None:
    """So that the periods above mean what they say."""
    assert stamp_of("2026-06-01T00:00:00Z") == NOW
