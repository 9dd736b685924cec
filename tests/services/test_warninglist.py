"""Values that everybody knows are not published: by our own short list, and by those of the MISP project where they are installed."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.services import warninglist
from tocsin.services.warninglist import WellKnown, well_known

RESOLVER = [WellKnown("a public DNS resolver", True)]
SERVICE = [WellKnown("a service that everybody uses", True)]
EMPTY = [WellKnown("the hash of an empty file", True)]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where the extra is not installed."""
    monkeypatch.setattr(warninglist, "_PACKAGE", "no_such_package")
    warninglist._index.cache_clear()
    yield
    warninglist._index.cache_clear()


OURS = [
    *((address, RESOLVER) for address in ("8.8.8.8", "1.0.0.1", "9.9.9.9", "208.67.222.222", "2001:4860:4860::8888", "2620:fe::9")),
    *((network, RESOLVER) for network in ("8.8.8.0/24", "8.0.0.0/8", "2606:4700:4700::/48", "8.8.8.8/32")),
    *(
        (name, SERVICE)
        for name in ("openai.com", "api.openai.com", "Claude.AI", "www.google.com.", "amazonaws.com", "bit.ly", "https://github.com/")
    ),
    *((name, []) for name in ("evil.s3.amazonaws.com", "notopenai.com", "openai.com.evil.org", "evil.github.io")),
    ("https://docs.google.com/document/d/x", [WellKnown("a service that everybody uses", False)]),
    ("http://8.8.8.8/x.sh", [WellKnown("a public DNS resolver", False)]),
    ("d41d8cd98f00b204e9800998ecf8427e", EMPTY),
    ("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", EMPTY),
    ("abuse@hoster.org", [WellKnown("the address of a desk that everybody writes to", False)]),
    ("paper-lantern@gmail.com", []),
]


@pytest.mark.parametrize(("value", "reasons"), OURS)
@pytest.mark.usefixtures("bare")
def test_what_everybody_uses_is_known_without_any_list(value: str, reasons: list[WellKnown]) -> None:
    """What lies below a shared host, or is a URL with a path, is narrower, and may be an actor's."""
    assert well_known(value) == reasons


@pytest.mark.parametrize(("value", "reasons"), OURS)
def test_the_lists_change_nothing_of_that(value: str, reasons: list[WellKnown]) -> None:
    """They are asked for what our own does not know."""
    assert well_known(value) == reasons


@pytest.mark.parametrize(
    ("value", "name", "is_forbidden"),
    [
        ("co.uk", "Second level TLDs as known by Mozilla Foundation", True),
        ("https://tinyurl.com", "List of known URL Shorteners domains", True),
        ("https://tinyurl.com/abc", "List of known URL Shorteners domains", False),
        ("google.de", "List of known google domains", True),
        ("mail.google.de", "List of known google domains", False),
        ("mailinator.com", "List of disposable email domains", False),
        ("17.1.2.3", "List of known Apple IP ranges", True),
        ("104.16.1.1", "List of known Cloudflare IP ranges", False),
        ("104.16.0.0/20", "List of known Cloudflare IP ranges", False),
        ("2606:4700::6810:1", "List of known Cloudflare IP ranges", False),
        ("8.8.4.5", None, None),
        ("185.220.101.5", None, None),
        ("paper-lantern.io", None, None),
        ("evil.duckdns.org", None, None),
        ("44d88612fea8a8f36de82e1278abb02f", "List of hashes for EICAR test virus", True),
    ],
)
def test_the_lists_forbid_or_warn(value: str, name: str | None, is_forbidden: bool | None) -> None:
    """Networks too, which the package's own quick search leaves out; whatever forbids is told alone."""
    found = well_known(value)
    expected = [WellKnown(f"MISP warninglist “{name}”", bool(is_forbidden))] if name else []
    assert [one for one in found if one in expected] == expected
    assert {one.is_forbidden for one in found} == ({is_forbidden} if name else set())


def test_every_list_that_is_named_is_there() -> None:
    """A release of the package that renames one is found here."""
    spec = find_spec("pymispwarninglists")
    assert spec is not None
    assert spec.origin is not None
    there = {file.parent.name for file in Path(spec.origin).parent.glob("data/misp-warninglists/lists/*/list.json")}
    assert there >= warninglist._FORBIDDING | warninglist._OWNERS | warninglist._LEFT_OUT
    assert len(warninglist._index()) > 100_000


@given(st.text(max_size=40) | st.from_regex(r"(https?://)?[a-z0-9.\[\]:/%-]{1,30}", fullmatch=True) | st.ip_addresses().map(str))
def test_whatever_is_asked_gets_an_answer(value: str) -> None:
    """Reasons are sorted, told once, and either forbid or warn."""
    found = well_known(value)
    assert found == sorted(set(found))
    assert len({one.is_forbidden for one in found}) <= 1
