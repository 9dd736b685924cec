"""Addresses that nobody should block, and those that are kept for examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.address import address_fault, is_example

ELSEWHERE = "it means another machine to every reader"
FAULTS = {
    "10.1.2.3": f"10.1.2.3 is private (RFC 1918): {ELSEWHERE}",
    "172.31.255.255": f"172.31.255.255 is private (RFC 1918): {ELSEWHERE}",
    "192.168.0.0/24": f"192.168.0.0/24 is private (RFC 1918): {ELSEWHERE}",
    "100.64.0.1": f"100.64.0.1 is shared within a provider's network (RFC 6598): {ELSEWHERE}",
    "127.0.0.1": "127.0.0.1 is loopback (RFC 1122): it is the reader's own machine",
    "0.0.0.0": "0.0.0.0 is no address of one machine (RFC 1122)",
    "169.254.1.1": f"169.254.1.1 is link-local (RFC 3927): {ELSEWHERE}",
    "192.0.2.7": "192.0.2.7 is kept for documentation (RFC 5737)",
    "198.18.0.1": "198.18.0.1 is kept for benchmarks (RFC 2544)",
    "224.0.0.1": "224.0.0.1 is multicast (RFC 5771)",
    "255.255.255.255": "255.255.255.255 is reserved (RFC 1112)",
    "0.0.0.0/0": "0.0.0.0/0 is too wide: give networks of /16 or narrower",
    "8.0.0.0/15": "8.0.0.0/15 is too wide: give networks of /16 or narrower",
    "192.0.0.0/16": "192.0.0.0/16 holds 192.0.0.0/24, which is reserved for protocols (RFC 6890)",
    "8.8.8.8/24": "8.8.8.8/24 is one address and a network at once: write 8.8.8.0/24, or the address alone",
    "::": ":: is no address of one machine (RFC 4291)",
    "::1": "::1 is loopback (RFC 4291): it is the reader's own machine",
    "::ffff:8.8.8.8": "::ffff:8.8.8.8 is an IPv4 address in disguise (RFC 4291): write that one",
    "2001:db8::1": "2001:db8::1 is kept for documentation (RFC 3849)",
    "fe80::1%eth0": f"fe80::1%eth0 is link-local (RFC 4291): {ELSEWHERE}",
    "fd00::1": f"fd00::1 is private (RFC 4193): {ELSEWHERE}",
    "ff02::1": "ff02::1 is multicast (RFC 4291)",
    "::/0": "::/0 is too wide: give networks of /32 or narrower",
    "2a00::/31": "2a00::/31 is too wide: give networks of /32 or narrower",
    "localhost": "localhost is the reader's own machine (RFC 6761)",
    "printer.local": "printer.local is a name within one local network (RFC 6762)",
    "db.internal": "db.internal is a name within one private network",
    "nas.home.arpa": "nas.home.arpa is a name within one home network (RFC 8375)",
    "1.0.0.127.in-addr.arpa": "1.0.0.127.in-addr.arpa is infrastructure of the Internet (RFC 3172)",
    "a.invalid": "a.invalid is never a name that exists (RFC 6761)",
    "WWW.Example.COM.": "WWW.Example.COM. is kept for documentation (RFC 2606)",
    "com": "com is a top-level domain or a name within one network: give a whole domain name",
    "intranet": "intranet is a name within one private network (RFC 6762)",
    "a b.org": "a b.org is neither an IP address nor a domain name",
    "*.evil.org": "*.evil.org is neither an IP address nor a domain name",
    "300.1.2.3": "300.1.2.3 is neither an IP address nor a domain name",
    "evil[.]org": "evil[.]org is written so that nobody clicks it: write it as it is, without [.] and hxxp",
    "hxxps://evil.org/": "hxxps://evil.org/ is written so that nobody clicks it: write it as it is, without [.] and hxxp",
    "": " names no host",
    "http://10.1.2.3:8080/x": f"10.1.2.3 is private (RFC 1918): {ELSEWHERE}",
    "http://[::1]/": "::1 is loopback (RFC 4291): it is the reader's own machine",
    "http://[::1": "http://[::1 names no host",
    "file:///etc/passwd": "file:///etc/passwd names no host",
    "https://user@localhost/": "localhost is the reader's own machine (RFC 6761)",
    "root@localhost": "localhost is the reader's own machine (RFC 6761)",
    "ann@ai.example": "ai.example is kept for documentation (RFC 2606)",
}
USABLE = [
    *("8.8.8.8", "185.220.101.0/24", "1.1.0.0/16", "2a00:1450:4001::1", "2a00::/32", "paper-lantern.io", "evil.co.uk", "xn--bcher-kva.de"),
    *(
        "bücher.de",
        "_dmarc.evil.org",
        "a" * 60 + ".onion",
        "local.evil.org",
        "example.com.evil.org",
        "myexample.com",
        "https://evil.org:8443/a?b=c",
    ),
    *("http://user:pw@evil.org/", "http://8.8.8.8/", "ann@evil.org", "internal-mail.org"),
]
EXAMPLES = [
    *(
        "192.0.2.1",
        "198.51.100.0/25",
        "203.0.113.0/24",
        "2001:db8:1::/48",
        "3fff::1",
        "example.com",
        "a.b.example.org",
        "ai.example",
        "x.test",
    ),
    *(
        "x.invalid",
        "localhost",
        "https://login.example.net/a",
        "ann@ai.example",
        "http://192.0.2.1:80/",
        "http://[2001:db8::1]/",
        "EXAMPLE.org.",
    ),
]


@pytest.mark.parametrize(("value", "fault"), FAULTS.items())
def test_what_is_no_indicator_is_told_with_its_reason(value: str, fault: str) -> None:
    assert address_fault(value) == fault


@pytest.mark.parametrize("value", USABLE)
def test_what_an_actor_can_own_may_be_an_indicator(value: str) -> None:
    """Names that only begin or end like reserved ones too; a well-known address is the matter of the warninglists."""
    assert address_fault(value) is None
    assert not is_example(value)


@pytest.mark.parametrize("value", EXAMPLES)
def test_what_is_kept_for_examples_is_one(value: str) -> None:
    """And never an indicator."""
    assert is_example(value)
    assert address_fault(value) is not None


@pytest.mark.parametrize("value", ["192.0.0.0/16", "2001:d00::/24", "10.0.0.1", "0.0.0.0/0", "a.local", "evil.org", "http://[bad", ""])
def test_nothing_else_is_an_example(value: str) -> None:
    """A network only where it lies within wholly."""
    assert not is_example(value)


@given(st.text(max_size=60) | st.from_regex(r"[a-z]{3,5}://[^/]{0,20}/?.{0,10}", fullmatch=True) | st.ip_addresses().map(str))
def test_whatever_is_given_gets_an_answer(value: str) -> None:
    """Never an error, and whatever is an example is a fault."""
    assert address_fault(value) is not None or not is_example(value)
