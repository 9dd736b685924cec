"""Who asks too often, or guesses, is told when to come again: 429 with Retry-After in a TAXII error (ADR 0009)."""

import time
from dataclasses import replace

import pytest

from tests.faces.conftest import BASE_URL, MEDIA_TYPE, NOBODY, PASSWORD, House, Visitor, basic, body_of, objects_of
from tocsin.config import load_config
from tocsin.faces.app import create_app
from tocsin.faces.taxii.request import sender_of

HERE = "192.0.2.1"


def at(house: House, *, member: int, anonymous: int, wait: float = 0.0) -> House:
    """The same exchange with these limits; nobody waits for a turn unless asked to."""
    limits = {"requests_per_second": member, "anonymous_requests_per_second": anonymous, "request_wait_seconds": wait}
    return replace(house, app=create_app(load_config(house.home).model_copy(update=limits | {"base_url": BASE_URL})))


def from_here(house: House, name: str = NOBODY, *, address: str = HERE) -> Visitor:
    return replace(house.visitor(name), address=address)


@pytest.mark.parametrize("name", [NOBODY, "ana"])
def test_who_asks_too_often_gets_429(house: House, name: str) -> None:
    """With the second to wait, in the body of every error."""
    visitor = from_here(at(house, member=1, anonymous=1), name)
    answers = [visitor.get("/taxii2/") for _ in range(6)]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    last = answers[-1]
    assert (last.status_code, last.content_type, last.headers["Retry-After"]) == (429, MEDIA_TYPE, "1")
    assert {name: text for name, text in body_of(last).items() if name != "error_id"} == {
        "title": "Too many requests",
        "description": "too many requests; wait a second; 1 requests a second are answered",
        "http_status": "429",
    }


def test_every_route_counts_and_health_does_not(house: House) -> None:
    """Whoever watches over the server is not shut out."""
    visitor = from_here(at(house, member=1, anonymous=1))
    while visitor.get("/nowhere/at/all/").status_code == 404:
        pass
    assert visitor.get("/api/").status_code == 429
    assert [visitor.get(path).status_code for path in ("/healthz", "/readyz") for _ in range(5)] == [200] * 10


def test_a_poll_counts_once_whichever_way_it_goes(house: House) -> None:
    """Two that a process lets pass by itself, a burst of twenty, and what comes back meanwhile; then 429 on the short way, too."""
    visitor, began = from_here(at(house, member=10, anonymous=1), "ana"), time.monotonic()
    answers = [visitor.get(f"{objects_of('shared')}?added_after=2030-01-01T00:00:00Z").status_code for _ in range(200)]
    assert 22 <= answers.count(200) <= 23 + 10.5 * (time.monotonic() - began)
    assert set(answers) == {200, 429}


def test_who_asks_one_thing_after_the_other_is_slowed_and_not_refused(house: House) -> None:
    """A client that pages in small steps, on either way, and ends at its first 429."""
    visitor, began = from_here(at(house, member=20, anonymous=20, wait=5.0), "ana"), time.monotonic()
    answers = [visitor.get(path).status_code for _ in range(35) for path in ("/taxii2/", objects_of("shared"))]
    assert answers == [200] * 70
    assert time.monotonic() - began > 0.5


def test_addresses_and_members_are_counted_apart(house: House) -> None:
    """The public of one address, another address, and a member at the first one."""
    limited = at(house, member=50, anonymous=1)
    while from_here(limited).get("/taxii2/").status_code == 200:
        pass
    assert from_here(limited, address="192.0.2.2").get("/taxii2/").status_code == 200
    assert from_here(limited, "ana").get("/taxii2/").status_code == 200


def test_a_guesser_waits_and_the_owner_elsewhere_does_not(house: House) -> None:
    """The seventh password is not looked at, not even when it is right."""
    guesser, owner = from_here(house), from_here(house, address="192.0.2.9")
    for number in range(6):
        assert guesser.get("/api/", headers=basic("ana", f"guess {number} of ana's")).status_code == 401
    answer = guesser.get("/api/", headers=basic("ana", PASSWORD))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert body_of(answer)["description"] == "too many logins from there were not valid; wait for 1 s, then show the right one"
    assert owner.get("/api/", headers=basic("ana", PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:" + "x" * 200, "unix:" + "x" * 95),
    ],
)
def test_a_sender_is_all_that_it_may_call_itself(address: str, sender: str) -> None:
    """Whoever has an IPv6 address has 2^64 of them."""
    assert sender_of(address) == sender
