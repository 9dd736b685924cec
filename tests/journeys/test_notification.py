"""A notification between real servers and real watching processes: whatever is killed or away in between, both sides end with one story.

Alpha notifies Beta; Gamma takes part at both and must never see anything of it. Alpha is on SQLite, Beta on PostgreSQL.
"""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.peers.hostile import Answer, HostilePeer
from tests.support.abuse import thing
from tests.support.command import typed, typed_json
from tests.support.exchange import RunningExchange
from tests.support.objects import indicator
from tests.support.office import NUMBERS, lantern
from tests.support.pair import contents
from tests.support.partners import acquaint, draft, hold_case, kill, provider, same, seen, start, until, watch, watching
from tests.support.postgres import new_database
from tests.support.traffic import get, post, walk
from tocsin.model.identifier import identity_id

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Trio:
    """Three providers with running servers; Beta's webhook is told of what comes in."""

    alpha: RunningExchange
    beta: RunningExchange
    gamma: RunningExchange
    hook: HostilePeer
    logins: dict[str, tuple[str, str]]  # of Gamma's member, by host

    def told(self, identifier: str) -> list[str]:
        """What Beta's webhook heard of a notification."""
        events = [json.loads(one.body) for one in self.hook.seen]
        return [one["type"] for one in events if one["data"].get("notification") == identifier]

    def state(self, exchange: RunningExchange, identifier: str) -> str | None:
        return seen(exchange, identifier).get("state")


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    folder = tmp_path_factory.mktemp("providers")
    alpha, gamma = (provider(folder, word).start() for word in ("alpha", "gamma"))
    beta = provider(folder, "beta", database=new_database()).start()
    for one, other in ((alpha, beta), (alpha, gamma), (beta, gamma)):
        acquaint(one, other)
    with HostilePeer() as hook:
        hook.routes["POST /hook"] = Answer()
        with (beta.home / "tocsin.toml").open("a") as settings:
            settings.write(f'webhook_url = "{hook.base}/hook"\nwebhook_secret = "{SECRET}"\n')
        logins = {
            host.home.name: ("gamma-machine", typed_json("member", "rotate", "gamma-machine", home=host.home)["password"])
            for host in (alpha, beta)
        }
        yield Trio(alpha, beta, gamma, hook, logins)
    for one in (alpha, beta, gamma):
        one.end()


def answered(trio: Trio, identifier: str, number: int) -> None:
    """Beta takes it on, has seen one of the domains three times, and closes two accounts."""
    found = thing("sighting", number, sighting_of_ref=lantern("", number)[-1]["id"], count=3, created_by_ref=identity_id("beta.example"))
    file = trio.beta.home / "seen.json"
    file.write_text(json.dumps([found]))
    typed_json("inbox", "ack", identifier, home=trio.beta.home)
    typed_json("inbox", "verify", identifier, "--verdict", "successful-attempt", "--sightings", str(file), home=trio.beta.home)
    typed_json("inbox", "act", identifier, "--action", "account-disabled", "--count", "2", home=trio.beta.home)


def test_a_notification_goes_from_draft_to_closed(trio: Trio) -> None:
    """Receipt, webhook and closing by the watching processes; both logs tell the same, to the millisecond, with the same figures."""
    number = hold_case(trio.alpha)
    identifier = draft(trio.alpha, trio.beta, number)
    began = time.monotonic()
    with watching(trio.alpha, trio.beta, interval="600"):  # what is to be said goes out at once, not with the next pass
        assert typed_json("notify", "send", identifier, home=trio.alpha.home)["message"] == "delivered to Beta AI"
        until(lambda: trio.state(trio.alpha, identifier) == "delivered")
        answered(trio, identifier, number)
        until(lambda: trio.state(trio.alpha, identifier) == trio.state(trio.beta, identifier) == "closed")
    found = same(trio.alpha, trio.beta, identifier)
    steps = [found["seconds"][name] for name in ("delivered", "acknowledged", "verified", "acted")]
    assert 0 < steps[0] < steps[1] < steps[2] < steps[3] < time.monotonic() - began
    assert (found["verdict"], found["outcome"], found["count"]) == ("successful-attempt", ["account-disabled"], 2)
    assert trio.told(identifier) == ["notification.received"]
    assert {one["seal"] for one in seen(trio.alpha, identifier)["answers"] if one["standing"] == "counts"} == {"verified"}
    assert [key[0] for key in contents(trio.alpha, "inbox")].count(thing("sighting", number)["id"]) == 1


def test_a_third_one_sees_nothing_of_it(trio: Trio) -> None:
    """A member of both: no collection, manifest, status, error or object of either server speaks of it, nor does anything it can pull."""
    number = hold_case(trio.alpha)
    identifier = draft(trio.alpha, trio.beta, number, "--summary", "A word that is nowhere else.")
    with watching(trio.alpha, trio.beta, trio.gamma):
        typed_json("notify", "send", identifier, home=trio.alpha.home)
        answered(trio, identifier, number)
        until(lambda: trio.state(trio.beta, identifier) == "closed")
    answers = [one["id"] for one in seen(trio.alpha, identifier)["answers"]]
    secrets = [identifier, *answers, *(one["id"] for one in lantern("", number)), "A word that is nowhere else", f"Paper Lantern {number}"]
    heard = "".join(everything(trio, host) for host in (trio.alpha, trio.beta))
    assert "outbox-gamma-ai" in heard
    assert [one for one in secrets if one in heard] == []
    for alias in ("inbox", "outbox-alpha-ai", "outbox-beta-ai", "indicators", "restricted", "sightings", "actors", "submissions"):
        assert not any(key[0] in secrets for key in contents(trio.gamma, alias)), alias
    others = [f"{one.partition('--')[0]}--{uuid4()}" for one in (identifier, *answers)]
    for host in (trio.alpha, trio.beta):
        assert hidden(trio, host, [identifier, *answers]) == hidden(trio, host, others)


def everything(trio: Trio, host: RunningExchange) -> str:
    """All that Gamma's member reads on a server: the list, and objects and manifest of each collection that it may read."""
    login, root = trio.logins[host.home.name], f"{host.url}/api/collections/"
    listed = get(root, login=login).json()["collections"]
    readable = [f"{root}{one['id']}/" for one in listed if one["can_read"]]
    pages = [list(walk(f"{url}{kind}/", login=login, match_version="all")) for url in readable for kind in ("objects", "manifest")]
    return json.dumps([listed, pages])


def hidden(trio: Trio, host: RunningExchange, ids: list[str]) -> set[tuple[str, int, str]]:
    """How each collection and each object in it is denied to Gamma's member: status and words, without what is of the request alone."""
    login = trio.logins[host.home.name]
    aliases = ["inbox", "drafts", "submissions", "outbox-beta-ai", "outbox-alpha-ai", "restricted", "indicators"]
    found = set()
    for alias in aliases:
        for path in ("objects/", "manifest/", *(f"objects/{one}/" for one in ids), *(f"objects/{one}/versions/" for one in ids)):
            answer = get(f"{host.url}/api/collections/{alias}/{path}", login=login)
            body = {name: each for name, each in answer.json().items() if name not in ("error_id", "objects", "versions")}
            words = json.dumps(body)
            for one in ids:
                words = words.replace(one, "it")
            found.add((f"{alias} {path.split('/')[0]} {path.count('/')}", answer.status_code, words if answer.status_code != 200 else ""))
    return found


def test_the_status_of_what_another_posted_is_hidden(trio: Trio) -> None:
    """Like one that never was."""
    login = ("alpha-machine", typed_json("member", "rotate", "alpha-machine", home=trio.beta.home)["password"])
    body = json.dumps({"objects": [indicator(next(NUMBERS))]}).encode()
    status = post(f"{trio.beta.url}/api/collections/inbox/objects/", body, login=login).json()["id"]
    asked = [get(f"{trio.beta.url}/api/status/{one}/", login=trio.logins["beta"]) for one in (status, str(uuid4()))]
    words = [{name: each for name, each in one.json().items() if name != "error_id"} for one in asked]
    assert [one.status_code for one in asked] == [404, 404]
    assert words[0] == words[1]


def test_a_recall_reaches_the_recipient_and_is_attested(trio: Trio) -> None:
    """The watching process purges; both sides tell the same of it, also when the notification was sent."""
    number = hold_case(trio.alpha)
    identifier = draft(trio.alpha, trio.beta, number)
    with watching(trio.alpha, trio.beta):
        typed_json("notify", "send", identifier, home=trio.alpha.home)
        until(lambda: trio.state(trio.alpha, identifier) == "delivered")
        before = same(trio.alpha, trio.beta, identifier)["times"]["sent"]
        typed_json("notify", "recall", identifier, "--evidence", home=trio.alpha.home)
        until(lambda: seen(trio.alpha, identifier)["times"]["purged"])
        until(lambda: trio.told(identifier) == ["notification.received", "recall.received"])
    found = same(trio.alpha, trio.beta, identifier)
    assert (found["state"], found["times"]["sent"]) == ("recalled", before)
    evidence = {one["id"] for one in lantern("", number)}
    assert not [key for key in contents(trio.beta, "inbox") if key[0] in evidence]
    assert not [key for key in contents(trio.alpha, "outbox-beta-ai") if key[0] in evidence]
    assert typed_json("notify", "overdue", home=trio.alpha.home) == []


def test_a_recipient_that_was_away_gets_it_when_it_is_back(trio: Trio) -> None:
    """The sender is told that it is not delivered; its watching process delivers it."""
    identifier = draft(trio.alpha, trio.beta, hold_case(trio.alpha))
    trio.beta.stop()
    sent = typed("notify", "send", identifier, "--json", home=trio.alpha.home)
    told = json.loads(sent.stdout)
    assert (sent.returncode, told["delivered"], trio.state(trio.alpha, identifier)) == (1, False, "sent")
    assert "cannot be reached" in told["message"]
    with watching(trio.alpha, trio.beta):
        time.sleep(0.5)
        assert trio.state(trio.alpha, identifier) == "sent"
        trio.beta.start()
        typed_json("peer", "enable", "beta", home=trio.alpha.home)  # somebody rang: it need not be left alone any longer
        until(lambda: trio.state(trio.alpha, identifier) == "delivered")
    same(trio.alpha, trio.beta, identifier)


def test_kills_lose_nothing_and_double_nothing(trio: Trio) -> None:
    """kill -9 of Beta's server during the push, and of both watching processes again and again, until the matter is closed."""
    chance, evidence = random.Random(20261124), [indicator(next(NUMBERS) * 10 + 5) for _ in range(1_200)]
    number = hold_case(trio.alpha, more=evidence)
    identifier = draft(trio.alpha, trio.beta, number)
    watches = {side.home: watch(side) for side in (trio.alpha, trio.beta)}

    def disturb() -> None:
        time.sleep(chance.uniform(0.05, 0.6))
        side = chance.choice((trio.alpha, trio.beta))
        kill(watches[side.home])
        watches[side.home] = watch(side)

    try:
        sending = start(trio.alpha, "notify", "send", identifier)
        until(lambda: any(key[0] == evidence[0]["id"] for key in contents(trio.alpha, "outbox-beta-ai")))
        trio.beta.kill()
        sending.wait(timeout=60)
        trio.beta.start()
        typed_json("peer", "enable", "beta", home=trio.alpha.home)
        for _ in range(2):
            disturb()
        until(lambda: trio.state(trio.beta, identifier) in ("sent", "delivered"))
        for step in (["ack"], ["verify", "--verdict", "blocked"], ["decline"]):
            typed("inbox", step[0], identifier, *step[1:], home=trio.beta.home)
            disturb()
        for side, peer in ((trio.alpha, "beta"), (trio.beta, "alpha")):
            typed_json("peer", "enable", peer, home=side.home)
        until(lambda: trio.state(trio.alpha, identifier) == trio.state(trio.beta, identifier) == "closed", seconds=60)
    finally:
        for one in watches.values():
            kill(one)
    same(trio.alpha, trio.beta, identifier)
    held = [key[0] for key in contents(trio.beta, "inbox")]  # fails when a version is there twice
    assert {one["id"] for one in evidence} <= set(held)
    assert trio.told(identifier).count("notification.received") >= 1
    for one in (trio.alpha, trio.beta):
        assert typed_json("db", "check", home=one.home) == {"faults": []}
