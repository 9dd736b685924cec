"""What an exchange does by itself about notifications, and whom it tells: with real receivers, on both databases."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier
from typing import Any

import pytest

from tests.peers.hostile import Answer, HostilePeer
from tests.support.abuse import extended
from tests.support.mailbox import Mailbox, mail_server
from tests.support.office import NUMBERS, Office, Pair, at, carry, lantern, report_id
from tests.support.postgres import new_database
from tocsin.model.graph import Named
from tocsin.model.identifier import identity_id
from tocsin.model.letter import Draft, grouping_of
from tocsin.model.lifecycle import State
from tocsin.model.notification import Kind
from tocsin.model.signature import new_key, published, sign
from tocsin.model.stamp import stix_text, text_of
from tocsin.services.attendant import AttendantService
from tocsin.wiring import build_exchange

HOOK = "POST /hook"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DAY = 24 * 60  # minutes
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


@dataclass
class Watched(Pair):
    """Three providers, of whom Alpha and Beta are told by webhook, and Alpha by mail too."""

    hook: HostilePeer
    mailbox: Mailbox

    def told(self, office: Office, identifier: str) -> list[dict[str, Any]]:
        """What its webhook was told of a notification, in order."""
        office.exchange.alerts.deliver()
        path = f"/{office.word}"
        events = [json.loads(one.body) for one in self.hook.seen if one.path == path]
        return [one for one in events if one["data"].get("notification") == identifier]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("providers")
    make = new_database if request.param == "postgresql" else str
    with HostilePeer() as hook, mail_server() as mailbox:
        mail = f'mail_url = "smtp://127.0.0.1:{mailbox.port}"\nmail_from = "tocsin@alpha.example"\nmail_to = "desk@alpha.example"\n'
        offices = []
        for word in ("alpha", "beta", "gamma"):
            hook.routes[f"POST /{word}"] = Answer()
            settings = f'webhook_url = "{hook.base}/{word}"\nwebhook_secret = "{SECRET}"\n' + (mail if word == "alpha" else "")
            offices.append(Office.open(word, folder / word, database=make(), settings=settings))
        made = Watched(*offices, hook=hook, mailbox=mailbox)
        for here, there in ((made.alpha, made.beta), (made.beta, made.alpha), (made.alpha, made.gamma), (made.beta, made.gamma)):
            here.take_in(there)
        yield made
        for office in offices:
            office.close()


def lines(office: Office, identifier: str, *, minute: float) -> list[str]:
    """What it did about one notification."""
    return [one.replace(identifier, "it") for one in office.tend(now=at(minute)) if identifier in one]


def another(office: Office) -> AttendantService:
    """The same exchange in another process, which has seen nothing yet."""
    return build_exchange(office.exchange.config).attendant


def test_what_comes_in_gets_its_receipt_and_is_told(watched: Watched) -> None:
    """Once, whoever looks again; in words from closed lists alone."""
    identifier = watched.sent(watched.case(), urgency="high", summary="A secret.", is_drill=True)
    assert lines(watched.beta, identifier, minute=2) == [
        "it: notification.received, told in 1 way",
        "it has come in, and its receipt is given",
    ]
    assert lines(watched.beta, identifier, minute=3) == []
    assert [one for one in another(watched.beta).tend(now=at(4)) if identifier in one] == []
    (event,) = watched.told(watched.beta, identifier)
    assert event == {
        "type": "notification.received",
        "timestamp": text_of(at(2)),
        "data": {
            "notification": identifier,
            "sender": watched.alpha.identity,
            "sender_name": "Alpha AI",
            "recipient": watched.beta.identity,
            "recipient_name": "Beta AI",
            "urgency": "high",
            "requested_action": "verify",
            "deadline": text_of(at(DAY) + 1_000),
            "state": "sent",
            "evidence": 4,
            "is_drill": True,
        },
    }
    carry(watched.beta, watched.alpha, now=at(4))
    assert watched.alpha.course(identifier, now=at(5)).delivered == at(2)


def test_an_answer_is_told_and_an_outcome_closes(watched: Watched) -> None:
    """A receipt of a machine is nobody's news."""
    identifier = watched.sent(watched.case())
    lines(watched.beta, identifier, minute=2)
    watched.answer(identifier, Kind.VERDICT, minute=3, verdict="successful-attempt")
    assert lines(watched.alpha, identifier, minute=4) == ["it: answer.received, told in 2 ways"]  # though it is a note and an opinion
    watched.answer(identifier, Kind.OUTCOME, minute=5, outcome=("account-disabled",))
    assert lines(watched.alpha, identifier, minute=6) == [
        "it: answer.received, told in 2 ways",
        "it: the outcome has come in, and its receipt closes the matter",
    ]
    assert lines(watched.alpha, identifier, minute=7) == []
    carry(watched.alpha, watched.beta, now=at(7))
    states = [office.course(identifier, now=at(8)).state for office in (watched.alpha, watched.beta)]
    data = [one["data"] for one in watched.told(watched.alpha, identifier)]
    kinds = sorted((one["answer_kind"], one.get("verdict"), one.get("outcome")) for one in data)
    assert states == [State.CLOSED, State.CLOSED]
    assert kinds == [("outcome", None, ["account-disabled"]), ("verdict", "successful-attempt", None)]


def test_a_recall_is_purged_attested_and_told_at_once(watched: Watched) -> None:
    """Without anybody asking; a second look finds nothing to do."""
    number = watched.case()
    identifier = watched.sent(number)
    lines(watched.beta, identifier, minute=2)
    watched.recall(identifier, minute=5)
    assert lines(watched.beta, identifier, minute=6) == [
        "it: recall.received, told in 1 way",
        "it was recalled: 4 objects are deleted, and that is attested",
    ]
    assert lines(watched.beta, identifier, minute=7) == []
    carry(watched.beta, watched.alpha, now=at(7))
    assert watched.alpha.course(identifier, now=at(8)).purged == at(6)
    assert watched.beta.types("inbox", *(one["id"] for one in lantern(watched.alpha.identity, number))) == []
    assert sorted(one["type"] for one in watched.told(watched.beta, identifier)) == ["notification.received", "recall.received"]


def test_what_is_recalled_before_anybody_looked_is_purged_too(watched: Watched) -> None:
    """The recipient was away; no receipt is given for what is gone."""
    identifier = watched.sent(watched.case())
    watched.recall(identifier, minute=5)
    assert lines(watched.beta, identifier, minute=6)[-1] == "it was recalled: 4 objects are deleted, and that is attested"
    carry(watched.beta, watched.alpha, now=at(7))
    found = watched.alpha.course(identifier, now=at(8))
    assert (found.state, found.delivered, found.purged) == (State.RECALLED, None, at(6))


def test_what_nobody_acknowledged_is_told_once_a_day(watched: Watched) -> None:
    """To us and to the contact that the recipient names; an acknowledgement ends it."""
    (identity,) = [one for one in watched.beta.held("providers") if one["id"] == watched.beta.identity][-1:]
    contact = identity | {"contact_information": "soc@beta.example", "modified": stix_text(at(1))}
    watched.alpha.post("inbox", contact, by=watched.alpha.exchange.members.find("beta-machine"))
    identifier = watched.sent(watched.case(), acknowledge_by=at(30))
    counts = [len(lines(watched.alpha, identifier, minute=minute)) for minute in (30, 31, 60, 30 + DAY, 32 + DAY)]
    assert counts == [0, 1, 0, 1, 0]
    assert [one["type"] for one in watched.told(watched.alpha, identifier)] == ["notification.overdue"] * 2
    letters = [one for one in watched.mailbox.messages if identifier in one.get_content()]
    assert sorted(str(one["To"]) for one in letters) == ["desk@alpha.example"] * 2 + ["soc@beta.example"] * 2
    watched.answer(identifier, Kind.ACKNOWLEDGEMENT, minute=DAY + 40)
    assert [one for one in lines(watched.alpha, identifier, minute=30 + 2 * DAY + 1) if "overdue" in one] == []


def test_deadlines_are_looked_at_though_nothing_comes_in(watched: Watched) -> None:
    """Every half minute; in between, nothing is read."""
    watched.alpha.tend(now=at(0))
    reads = Counting(watched.alpha)
    attendant = replace(watched.alpha.exchange.attendant, notifications=reads)
    for seconds in (0, 1, 29, 31, 40):
        attendant.tend(now=at(0) + seconds * 1_000_000)
    assert reads.number == 2


class Counting:
    """The correspondence of an office, and how often it was read."""

    def __init__(self, office: Office) -> None:
        self.behind, self.number = office.exchange.notifications, 0

    def threads(self, caller: Any) -> Any:
        self.number += 1
        return self.behind.threads(caller)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)


def test_two_that_look_at_once_lead_to_one_state(watched: Watched) -> None:
    """Receipts of two processes are versions of one note; both sides end with the same."""
    together, identifiers = Barrier(2), [watched.sent(watched.case()) for _ in range(3)]

    def look(attendant: AttendantService) -> list[str]:
        together.wait()
        return attendant.tend(now=at(2))

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(look, [another(watched.beta) for _ in range(2)]))
    assert [line for each in found for line in each if "refuse" in line and any(one in line for one in identifiers)] == []
    carry(watched.beta, watched.alpha, now=at(3))
    for identifier in identifiers:
        here, there = (office.course(identifier, now=at(4)) for office in (watched.alpha, watched.beta))
        assert (here.state, here.delivered, here) == (State.DELIVERED, there.delivered, there)
        assert len(watched.told(watched.beta, identifier)) == 1
        assert len({one.said.id for one in watched.alpha.thread(identifier).answers}) == 1


def test_one_notification_that_cannot_be_answered_does_not_hold_up_the_others(watched: Watched) -> None:
    """Its sender is known by its key alone, and takes no part here: there is nowhere to put a receipt."""
    far, key = Named(id=identity_id("far.example"), name="Far AI"), new_key("2026-1", now=at(-10))
    identity = watched.beta.held("providers")[0] | {"id": far.id, "created_by_ref": far.id, "name": far.name}
    watched.beta.post("providers", identity | {"extensions": extended("provider", public_keys=published([key.public]))})
    draft = Draft(sender=far, recipient=Named(id=watched.beta.identity, name="Beta AI"), evidence=(report_id(next(NUMBERS)),))
    letter = sign(grouping_of(draft, created=at(10), modified=at(10)), key)
    watched.beta.post("inbox", letter, by=watched.beta.exchange.members.find("gamma-machine"), now=at(10))
    identifier = watched.sent(watched.case())
    found = watched.beta.tend(now=at(11))
    assert f"{letter['id']}: the other side takes no part here; take it in with: tocsin organisation add" in found
    assert f"{identifier} has come in, and its receipt is given" in found


def test_an_exchange_without_channels_does_the_same_and_tells_nobody(pair: Pair) -> None:
    identifier = pair.sent(pair.case())
    assert lines(pair.beta, identifier, minute=2) == ["it has come in, and its receipt is given"]
    assert pair.beta.exchange.alerts.listing() == []
