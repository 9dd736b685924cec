"""The sieve never holds back a value that would be found: what it says no to, the exact look-up finds nowhere."""

import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.indicators import index_of, patterns, row
from tocsin.model.hashed_account import derive, user_id
from tocsin.model.match.field import Kind
from tocsin.model.match.index import Index
from tocsin.model.match.lookup import Lookup
from tocsin.model.match.sieve import Sieve

MD5 = "ab" * 16
PATTERNS = (
    "[domain-name:value = 'evil.top' OR domain-name:value = 'xn--bcher-kva.top' OR domain-name:value = 'localhost']",
    "[ipv4-addr:value = '198.51.100.7' OR ipv6-addr:value = '2001:db8::1']",
    "[ipv4-addr:value = '203.0.113.0/28' OR ipv6-addr:value = '2001:db8:1::/48']",
    "[url:value = 'https://evil.top/a' OR url:value = 'http://good.top:8080/?q=1' OR url:value = 'good.top/b']",
    "[url:value = 'http://u@a.top/' OR url:value = 'http://b\u00fccher.top/' OR url:value = 'ws://[2001:db8::9]:81/']",
    "[url:value='//x/y/z' OR url:value = 'urn:x y']",
    "[email-addr:value = 'ann@evil.top' OR email-addr:value = 'bob@b\u00fccher.top']",
    "[user-account:user_id = 'Ann' OR user-account:account_login = 'Ann Lee' OR user-account:user_id = '7']",
    f"[file:hashes.MD5 = '{MD5}' OR file:hashes.'SHA-256' = '{MD5 * 2}']",
)
NEAR = [
    *("evil.top", "b\u00fccher.top", "xn--bcher-kva.top", "localhost", "good.top", "198.51.100.7", "2001:db8::1"),
    *("203.0.113.9", "203.0.113.200", "2001:db8:1::9", "::ffff:203.0.113.9", "https://evil.top/a"),
    *("http://good.top:8080/?q=1", "good.top/b", "urn:x y", "http://u@a.top/", "http://b\u00fccher.top/"),
    *("ws://[2001:db8::9]:81/", "//x/y/z", "ann@evil.top", "bob@b\u00fccher.top", "Ann", "Ann Lee", "7", MD5, MD5 * 2),
]
BITS = st.sampled_from([*". :/@?#[]%\t\n", "://", ":443", ":80", "HTTPS://", "www.", "\u3002", "\u00df", "\u0130", "a"])
PLAIN, KEYS = patterns(*PATTERNS), {"k.2026q1": derive(bytes(32), "k.2026q1")}
HASHED = [
    user_id(kind, value, key=KEYS["k.2026q1"], key_id="k.2026q1")
    for kind, value in [("email", "ann@evil.top"), ("phone", "+442079460958"), ("username", "ann"), ("account-id", "7")]
]
WITH_KEYS = index_of(
    *(row(number, text) for number, text in enumerate(PATTERNS)),
    *(row(100 + number, f"[user-account:user_id = '{text}']") for number, text in enumerate(HASHED)),
    keys=KEYS,
)


@st.composite
def near(draw: st.DrawFn) -> str:
    """A value of the index, perhaps in another spelling, perhaps with something before, behind or in it."""
    text = draw(st.sampled_from(NEAR))
    text = draw(st.sampled_from([str, str.upper, str.title, str.swapcase, str.casefold]))(text)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from([0, len(text), draw(st.integers(0, len(text)))]))
        text = text[:place] + draw(BITS) + text[place:]
    return text


def held_back(index: Index, kind: Kind, texts: Sequence[str]) -> list[str]:
    """What the sieve says no to, and is found all the same."""
    let_through = set(Sieve(index).positions(kind, texts))
    find = Lookup(index).memories()[kind]
    return [text for place, text in enumerate(texts) if place not in let_through and find[text]]


@pytest.mark.parametrize("index", [PLAIN, WITH_KEYS], ids=["plain", "keys"])
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TIME])
@given(texts=st.lists(near() | st.text(max_size=8), min_size=1, max_size=6))
@settings(max_examples=150)
def test_the_sieve_holds_back_nothing_that_is_found(index: Index, kind: Kind, texts: list[str]) -> None:
    assert held_back(index, kind, texts) == []


@given(st.ip_addresses(v=4, network="203.0.112.0/22"))
def test_no_address_in_a_network_is_held_back(address: ipaddress.IPv4Address) -> None:
    """And none outside of it is found."""
    assert held_back(PLAIN, Kind.IP, [str(address)]) == []
    assert bool(Lookup(PLAIN).host(str(address))) == (address in ipaddress.ip_network("203.0.113.0/28"))


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (Kind.DOMAIN, ["good.example", "Evil.Top", "other.example"]),
        (Kind.URL, ["https://good.example/a", "https://evil.top/b"]),
        (Kind.IP, ["192.0.2.1", "203.0.200.1", "203.1.113.1"]),
        (Kind.EMAIL, ["bob@evil.top", "ann@evil.top"]),
        (Kind.ACCOUNT, ["ann", "Ann"]),
        (Kind.HASH, ["0" * 32, MD5]),
        (Kind.PIECE, ["at", "evil.top"]),
    ],
)
def test_the_sieve_holds_back_what_is_plainly_not_there(kind: Kind, texts: list[str]) -> None:
    """Else it would be of no use."""
    assert set(Sieve(PLAIN).positions(kind, texts)) == {1}


def test_what_needs_a_key_or_a_rule_is_held_back_without_one() -> None:
    assert list(Sieve(PLAIN).positions(Kind.PHONE, ["+442079460958"])) == []
    assert list(Sieve(PLAIN).positions(Kind.PROMPT, ["a prompt"])) == []
