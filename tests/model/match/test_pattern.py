"""Which STIX patterns are understood, as what, and why the others are not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.match.pattern import ELSEWHERE, NO_VALUE, NOT_SIMPLE, OTHER_FORM, TOO_WIDE, Simple, Slot, read_pattern
from tocsin.model.pattern import MAX_BYTES, check_pattern

OWN = frozenset({"acme.example", "acme ai"})
DIGEST = "0123456789abcdef" * 4
HASHED = f"hmac-sha256:community.2026q4:1:{DIGEST}"
SHA, MD5 = DIGEST, DIGEST[:32]

SINGLE = {  # pattern: where, and what is looked up there
    "[domain-name:value = 'Evil.TOP.']": ("host", "evil.top"),
    "[domain-name:value='b\u00fccher.top']": ("host", "xn--bcher-kva.top"),
    "[ domain-name:value  =\n'evil.top' ]": ("host", "evil.top"),
    "[ipv4-addr:value = '198.51.100.7']": ("host", "198.51.100.7"),
    "[ipv4-addr:value = '198.51.100.7/32']": ("host", "198.51.100.7"),
    "[ipv4-addr:value ISSUBSET '198.51.100.7']": ("host", "198.51.100.7"),
    "[ipv4-addr:value = '198.51.100.0/24']": ("network", "198.51.100.0/24"),
    "[ipv4-addr:value ISSUBSET '198.51.0.0/16']": ("network", "198.51.0.0/16"),
    "[ipv6-addr:value = '2001:DB8:0::1']": ("host", "2001:db8::1"),
    "[ipv6-addr:value = '2001:db8::/32']": ("network", "2001:db8::/32"),
    "[ipv6-addr:value = '::ffff:198.51.100.7']": ("host", "198.51.100.7"),
    "[url:value = 'HTTPS://Evil.top:443/A?b#c']": ("url", "https://evil.top/A?b#c"),
    "[url:value = 'https://evil.top']": ("url", "https://evil.top/"),
    "[url:value = 'https://evil.top?a']": ("url", "https://evil.top/?a"),
    "[url:value = 'http://u:p@evil.top:8080/']": ("url", "http://u:p@evil.top:8080/"),
    "[url:value = 'evil.top/a']": ("url", "evil.top/a"),
    "[email-addr:value = 'Ann@Evil.top']": ("email", "ann@evil.top"),
    f"[file:hashes.'SHA-256' = '{SHA.upper()}']": ("hash", SHA),
    f"[file:hashes.SHA256 = '{SHA}']": ("hash", SHA),
    f"[file:hashes.MD5 = '{MD5}']": ("hash", MD5),
    f"[file:hashes.'SHA-1' = '{SHA[:40]}']": ("hash", SHA[:40]),
    f"[file:hashes.'SHA-512' = '{SHA}{SHA}']": ("hash", SHA + SHA),
    "[user-account:user_id = 'u-17']": ("account", "u-17"),
    "[user-account:account_login = 'it\\'s \\\\']": ("account", "it's \\"),
    "[user-account:account_type = 'acme.example' AND user-account:user_id = 'u-17']": ("account", "u-17"),
    "[user-account:account_type = 'ACME AI' AND user-account:user_id = 'u-17']": ("account", "u-17"),
    f"[user-account:account_type = 'other.example' AND user-account:user_id = '{HASHED}']": ("person", HASHED),
}
SEVERAL = {  # pattern: alternatives of terms
    "[domain-name:value = 'a.top' OR ipv4-addr:value = '198.51.100.7']": [[("host", "a.top")], [("host", "198.51.100.7")]],
    "[user-account:user_id = ' AND ' OR user-account:user_id = 'x']": NO_VALUE,  # no account begins with a blank
    "[user-account:user_id = 'a AND b' OR user-account:user_id = 'x']": [[("account", "a AND b")], [("account", "x")]],
    "[domain-name:value = 'a.top' AND ipv4-addr:value = '198.51.100.7']": [[("host", "a.top"), ("host", "198.51.100.7")]],
    f"[file:hashes.MD5 = '{MD5}' AND file:hashes.'SHA-256' = '{SHA}']": [[("hash", MD5), ("hash", SHA)]],
    "[user-account:user_id = '1' AND user-account:account_login = 'ann']": [[("account", "1"), ("account", "ann")]],
    f"[user-account:user_id = '{HASHED}']": [[("account", HASHED)], [("person", HASHED)]],
    f"[user-account:account_type = 'acme.example' AND user-account:user_id = '{HASHED}']": [[("account", HASHED)], [("person", HASHED)]],
    f"[user-account:user_id = '{HASHED}' AND ipv4-addr:value = '198.51.100.7']": [
        [("account", HASHED), ("host", "198.51.100.7")],
        [("person", HASHED), ("host", "198.51.100.7")],
    ],
}
NOT = {  # pattern: why it is not evaluated
    "[domain-name:value = 'a.top'] AND [domain-name:value = 'b.top']": NOT_SIMPLE,
    "[domain-name:value = 'a.top'] OR [domain-name:value = 'b.top']": NOT_SIMPLE,
    "[domain-name:value = 'a.top'] FOLLOWEDBY [domain-name:value = 'b.top']": NOT_SIMPLE,
    "[domain-name:value = 'a.top'] REPEATS 5 TIMES": NOT_SIMPLE,
    "[domain-name:value = 'a.top'] WITHIN 5 SECONDS": NOT_SIMPLE,
    "([domain-name:value = 'a.top'])": NOT_SIMPLE,
    "[(domain-name:value = 'a.top')]": NOT_SIMPLE,
    "[NOT domain-name:value = 'a.top']": NOT_SIMPLE,
    "[domain-name:value NOT = 'a.top']": NOT_SIMPLE,
    "[domain-name:value != 'a.top']": NOT_SIMPLE,
    "[domain-name:value IN ('a.top')]": NOT_SIMPLE,
    "[domain-name:value LIKE 'a.top']": NOT_SIMPLE,
    "[domain-name:value MATCHES '(a+)+$']": NOT_SIMPLE,
    "[domain-name:value ISSUBSET 'a.top']": NOT_SIMPLE,
    "[ipv4-addr:value ISSUPERSET '198.51.100.0/24']": NOT_SIMPLE,
    "[domain-name:value = 'a.top' /* b */]": NOT_SIMPLE,
    "[domain-name:value = 'a.top' OR url:value = 'x' AND url:value = 'y']": NOT_SIMPLE,
    "[domain-name:value = 'a.top' OR process:name = 'x']": NOT_SIMPLE,
    "[domain-name:value = 'a.top' AND process:name = 'x']": NOT_SIMPLE,
    "[domain-name:value = 'a.top' AND domain-name:value = 'b.top']": NOT_SIMPLE,  # of one thing: never
    f"[file:hashes.'SHA-256' = '{SHA}' AND file:hashes.SHA256 = '{SHA}']": NOT_SIMPLE,
    "[domain-name:resolves_to_refs[*].value = '198.51.100.7']": NOT_SIMPLE,
    "[network-traffic:dst_ref.value = '198.51.100.7']": NOT_SIMPLE,
    "[file:name = 'a.exe']": NOT_SIMPLE,
    "[file:size = 5]": NOT_SIMPLE,
    "[file:hashes.'SHA3-256' = 'x']": NO_VALUE,
    f"[file:hashes.MD5 = '{SHA}']": NO_VALUE,
    "[file:hashes = 'x']": NOT_SIMPLE,
    "[user-account:display_name = 'Ann']": NOT_SIMPLE,
    "[user-account:account_type = 'acme.example']": NOT_SIMPLE,
    "[user-account:account_type = 'acme.example' OR user-account:user_id = 'u']": NOT_SIMPLE,
    "[user-account:account_type ISSUBSET 'acme.example' AND user-account:user_id = 'u']": NOT_SIMPLE,
    "[user-account:account_type = 'acme.example' AND domain-name:value = 'a.top']": NOT_SIMPLE,
    "[user-account:account_type = 'other.example' AND user-account:user_id = 'u-17']": ELSEWHERE,
    f"[user-account:user_id = 'hmac-sha256:community.2026q4:2:{DIGEST}']": OTHER_FORM,
    "[user-account:user_id = 'hmac-sha256:nonsense']": NO_VALUE,
    "[user-account:user_id = '']": NO_VALUE,
    "[domain-name:value = '198.51.100.7']": NO_VALUE,
    "[domain-name:value = 'no name']": NO_VALUE,
    "[domain-name:value = 'https://a.top']": NO_VALUE,
    "[ipv4-addr:value = 'a.top']": NO_VALUE,
    "[ipv4-addr:value = '2001:db8::1']": NO_VALUE,
    "[ipv4-addr:value = '198.51.100.7/24']": NO_VALUE,  # one address and a network at once
    "[ipv4-addr:value = '198.51.100.0/255.255.255.0']": NO_VALUE,
    "[ipv4-addr:value = '198.051.100.7']": NO_VALUE,
    "[ipv6-addr:value = '198.51.100.7']": NO_VALUE,
    "[ipv6-addr:value = 'fe80::1%eth0']": NO_VALUE,
    "[ipv4-addr:value = '0.0.0.0/0']": TOO_WIDE,
    "[ipv4-addr:value = '198.50.0.0/15']": TOO_WIDE,
    "[ipv6-addr:value = '::/0']": TOO_WIDE,
    "[email-addr:value = 'evil.top']": NO_VALUE,
    "[url:value = '']": NO_VALUE,
    "[a:b = 'x'": NOT_SIMPLE,
    "": NOT_SIMPLE,
}


def read(pattern: str) -> list[list[tuple[str, str]]] | str:
    found = read_pattern(pattern, own=OWN)
    if isinstance(found, str):
        return found
    return [[(term.slot.value, term.value) for term in alternative] for alternative in found.alternatives]


@pytest.mark.parametrize(("pattern", "expected"), SINGLE.items())
def test_a_pattern_of_one_value_is_looked_up_as_that_value(pattern: str, expected: tuple[str, str]) -> None:
    assert read(pattern) == [[expected]]


@pytest.mark.parametrize(("pattern", "expected"), SEVERAL.items())
def test_a_pattern_of_several_values_keeps_its_or_and_its_and(pattern: str, expected: object) -> None:
    assert read(pattern) == expected


@pytest.mark.parametrize(("pattern", "reason"), NOT.items())
def test_what_is_not_understood_exactly_is_not_evaluated(pattern: str, reason: str) -> None:
    """With the reason, and never a part of it."""
    assert read(pattern) == reason


@pytest.mark.parametrize("pattern", [*SINGLE, *SEVERAL])
def test_what_is_understood_is_a_stix_pattern(pattern: str) -> None:
    """The parser that readers use takes it too."""
    assert check_pattern(pattern) is None


def test_a_pattern_tells_with_which_keys_its_accounts_are_hashed() -> None:
    found = read_pattern(f"[user-account:user_id = '{HASHED}' OR user-account:user_id = 'x']", own=OWN)
    assert isinstance(found, Simple)
    assert found.key_ids == {"community.2026q4"}
    assert {term.slot for (term,) in found.alternatives} == {Slot.ACCOUNT, Slot.PERSON}


LITERALS = st.text(st.sampled_from("a.:/'\\ []ANDOR=\n"), max_size=12)


@given(st.lists(LITERALS, min_size=1, max_size=4), st.sampled_from([" OR ", " AND ", "OR", " "]))
def test_a_value_never_becomes_a_part_of_the_pattern(literals: list[str], joint: str) -> None:
    """Whatever stands in it: what is understood is a STIX pattern, and looks up these texts and no others."""
    escaped = [text.replace("\\", "\\\\").replace("'", "\\'") for text in literals]
    pattern = "[" + joint.join(f"user-account:user_id = '{text}'" for text in escaped) + "]"
    found = read_pattern(pattern, own=OWN)
    if isinstance(found, Simple):
        assert [term.value for (term,) in found.alternatives] == literals
        assert check_pattern(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "[" * MAX_BYTES,
        "[a:b = '" + "\\'" * (MAX_BYTES // 2 - 10),
        "[a:b = '" + "a" * MAX_BYTES,
        "[" + "a:b.'c' " * (MAX_BYTES // 9),
        "[" + " OR ".join(["a:b = 'c'"] * (MAX_BYTES // 13)) + "!",
        "[" + " AND ".join(["a:b = 'c'"] * (MAX_BYTES // 14)) + "!",
        "[a:" + "b" * (MAX_BYTES - 10),
        "[domain-name:value = '" + "a." * (MAX_BYTES // 2 - 20) + "']",
        "[domain-name:value = '" + "\u00fc." * (MAX_BYTES // 3) + "']",
        "[url:value = 'a" + "://" * (MAX_BYTES // 3 - 20) + "']",
        "[url:value = 'a://" + "@" * (MAX_BYTES - 50) + "']",
        "[user-account:user_id = '" + "x" * 10_000_000 + "']",
    ],
    ids=lambda pattern: pattern[:20],
)
def test_a_hostile_pattern_costs_no_time(pattern: str) -> None:
    """Less than a tenth of a second, where a careless expression would take years."""
    began = time.process_time()
    read_pattern(pattern, own=OWN)
    assert time.process_time() - began < 0.1
