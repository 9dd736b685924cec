"""Two exchanges and a handful of lines between them: what one published arrives at the other byte by byte."""

from pathlib import Path

import pytest

from tests.journeys.conftest import Start
from tests.support.exchange import tocsin
from tests.support.objects import text
from tests.support.seeds import seeded
from tests.support.traffic import post
from tocsin.client import Client

ODD = [  # as other producers write: spacing, escapes, numbers beyond a double, keys in any order
    b'{ "name":"\\u00e9\\ud83d\\ude00 / \\/", "type":"x-odd","id":"x-odd--00000000-0000-4000-8000-000000000001","spec_version":"2.1",'
    b'"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","x_big":123456789012345678901234567890,'
    b'"x_small":1.0E+2,"x_null":null,"x_empty":[ ]}',
    b'{"id":"domain-name--00000000-0000-4000-8000-000000000002",\n\t"value":"b\xc3\xbccher.example.org","type":"domain-name"}',
]


def bodies(client: Client, collection: str, **options: str) -> list[bytes]:
    return [body for page in client.pull(collection, **options) for body in page.bodies]


def test_ten_lines_bring_one_exchange_to_another(start: Start) -> None:
    """Seeds and odd objects, pulled with a peer's token here and pushed with a peer's token there; again later only what is new."""
    here, there = start(), start()
    tocsin("seed", home=here.home)
    body = b'{"objects":[' + b",".join(ODD) + b"]}"
    assert post(here.objects_url("indicators"), body, login=here.admin).json()["success_count"] == 2
    for exchange in (here, there):
        tocsin("organisation", "add", "Beta AI", home=exchange.home)
        exchange.add_member("peer-of-beta", "--role", "peer", "--organisation", "Beta AI")

    with (
        Client(here.discovery, here.add_token("peer-of-beta")) as source,
        Client(there.discovery, there.add_token("peer-of-beta")) as target,
    ):
        last = None
        for page in source.pull("indicators", limit=7):
            status = target.push("indicators", page.bodies)
            assert not status.failures
            last = page.last
        assert last is not None
        assert bodies(source, "indicators") == bodies(target, "indicators")
        assert bodies(target, "indicators")[-2:] == ODD
        assert bodies(source, "indicators", since=last) == []
        assert post(here.objects_url("indicators"), b'{"objects":[' + text({**NEW})[0] + b"]}", login=here.admin).status_code == 202
        assert bodies(source, "indicators", since=last) == text(NEW)


NEW = {"type": "domain-name", "id": "domain-name--00000000-0000-4000-8000-000000000003", "value": "new.example.org"}


def test_commands_bring_one_exchange_to_another(start: Start, tmp_path: Path) -> None:
    """The same without a line of code: pull here, submit there; the second time nothing is new and nothing is wrong."""
    here, there = start(), start()
    tocsin("seed", home=here.home)
    file = str(tmp_path / "actors.jsonl")
    tocsin("pull", "--from", here.discovery, "--collection", "public", "--output", file)
    for _ in range(2):
        done = tocsin("submit", file, "--to", there.discovery, "--collection", "actors", TOCSIN_TOKEN=there.add_token("admin"))
        assert done.stdout == f"{len(seeded('public'))} taken, 0 refused\n"
    with Client(here.discovery) as source, Client(there.discovery, there.add_token("admin")) as target:
        assert [one.strip() for one in bodies(source, "public")] != []
        assert len(bodies(target, "actors")) == len(bodies(source, "public"))


@pytest.mark.parametrize("token", [None, "tocsin_wrong"])
def test_a_stranger_gets_nothing(start: Start, token: str | None) -> None:
    """And is told whose fault it is."""
    exchange = start()
    with (
        Client(exchange.discovery, token) as client,
        pytest.raises(Exception, match=r"no collection 'indicators'|does not accept the credential"),
    ):
        bodies(client, "indicators")
