"""Providers that notify each other without a network: exchanges as their wiring builds them, and somebody who carries the post."""

import json
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.abuse import thing
from tests.support.objects import text, uuid
from tocsin.config import load_config
from tocsin.model import strict_json
from tocsin.model.collection import Collection
from tocsin.model.identifier import identity_id
from tocsin.model.lifecycle import Course
from tocsin.model.marking import MARKING_REF, Level
from tocsin.model.member import OPERATOR, Caller, Role
from tocsin.model.notification import Kind
from tocsin.model.query import BodyPage, ObjectQuery
from tocsin.model.stamp import stamp_of
from tocsin.model.status import Status
from tocsin.model.thread import Thread
from tocsin.services.collection import read_definitions
from tocsin.services.notification import Placed, Plan
from tocsin.services.object import Reading
from tocsin.wiring import Exchange, build_exchange, make_secret

ROOT = Path(__file__).parents[2]
NOW = stamp_of("2026-01-15T09:00:00Z")  # when everything here begins
MINUTE = 60_000_000  # microseconds
NUMBERS = count(1)  # of cases


def at(minutes: float) -> int:
    """So many minutes after the beginning."""
    return NOW + int(minutes * MINUTE)


@dataclass
class Office:
    """One provider, called "Alpha AI" at alpha.example when its word is "alpha"."""

    word: str
    exchange: Exchange
    reached: dict[str, int] = field(default_factory=dict)  # stamps up to which its outboxes were carried

    @classmethod
    def open(cls, word: str, folder: Path, *, database: str = "", settings: str = "") -> "Office":
        """A new exchange with the collections that are shipped."""
        folder.mkdir()
        (folder / "tocsin.toml").write_text((f'database = "{database}"\n' if database else "") + settings)
        config = load_config(folder)
        make_secret(config.secret_path)
        made = cls(word, build_exchange(config))
        made.exchange.maintenance.upgrade()
        made.exchange.collections.apply(read_definitions(ROOT / "collections"))
        made.exchange.organisations.establish(made.name, domain=f"{word}.example", now=NOW)
        made.exchange.signing.identity(now=NOW)  # its key counts from here on
        return made

    @property
    def name(self) -> str:
        return f"{self.word.title()} AI"

    @property
    def identity(self) -> str:
        return identity_id(f"{self.word}.example")

    @property
    def operator(self) -> Caller:
        return self.exchange.members.find(OPERATOR)

    def take_in(self, other: "Office", *, clearance: Level = Level.AMBER) -> Caller:
        """Another provider, and the member with which its program comes."""
        self.exchange.organisations.add(other.name, domain=f"{other.word}.example", identity=None, now=NOW)
        return self.join(f"{other.word}-machine", organisation=other.name, clearance=clearance)

    def join(
        self, name: str, role: Role = Role.PEER, *, organisation: str = "", clearance: Level = Level.AMBER, password: str | None = None
    ) -> Caller:
        """A new member; without an organisation, one of ours."""
        draft = Caller(number=0, name=name, organisation=organisation or self.name, is_own=not organisation, role=role, clearance=clearance)
        return self.exchange.members.add_member(draft, password=password, now=NOW)

    def collection(self, alias: str) -> Collection:
        return next(one for one in self.exchange.collections.everything() if one.alias == alias)

    def outbox(self, other: "Office") -> Collection:
        return self.collection(f"outbox-{other.word}-ai")

    def post(self, alias: str, *bodies: dict[str, Any] | bytes, by: Caller | None = None, now: int = NOW) -> Status:
        """As a member would; without one, as the operator."""
        raw = [one if isinstance(one, bytes) else text(one)[0] for one in bodies]
        return self.exchange.objects.add(by or self.operator, self.collection(alias), raw, now=now)[0]

    def page(self, alias: str, *, after: int = 0) -> BodyPage:
        """Every living version that was added after a stamp, in the order of the log."""
        reading = Reading(endpoint="objects", query=ObjectQuery(versions=("all",), added_after=after), limit=10_000)
        return self.exchange.objects.bodies(self.operator, self.collection(alias), reading, now=NOW).page

    def held(self, alias: str) -> list[dict[str, Any]]:
        """Every living version."""
        return list(json.loads(b"[" + self.page(alias).bodies + b"]"))

    def types(self, alias: str, *ids: str) -> list[str]:
        """Of what lies there, or of what lies there of these ids."""
        return [one["type"] for one in self.held(alias) if not ids or one["id"] in ids]

    def thread(self, identifier: str, *, caller: Caller | None = None) -> Thread:
        return self.exchange.notifications.find(caller or self.operator, identifier)

    def course(self, identifier: str, *, now: int) -> Course:
        found = self.thread(identifier).course(now)
        assert found is not None
        return found

    def send(self, plan: Plan, *, now: int = NOW) -> Placed:
        """Drafted and sent at once."""
        made = self.exchange.notifications.draft(self.operator, plan, now=now)
        return self.exchange.notifications.send(self.operator, self.thread(made.id), now=now)

    def tend(self, *, now: int) -> list[str]:
        return self.exchange.attendant.tend(now=now)

    def close(self) -> None:
        self.exchange.maintenance.close()


def carry(sender: Office, recipient: Office, *, now: int) -> Status:
    """What is new in the outbox for the recipient, into its inbox, as the sender's machine: what a route does."""
    alias = sender.outbox(recipient).alias
    page = sender.page(alias, after=sender.reached.get(alias, 0))
    sender.reached[alias] = page.last or sender.reached.get(alias, 0)
    machine = recipient.exchange.members.find(f"{sender.word}-machine")
    bodies = strict_json.cut_file(b"[" + page.bodies + b"]")
    return recipient.exchange.objects.add(machine, recipient.collection("inbox"), bodies, now=now)[0]


def lantern(author: str, number: int, *, level: Level = Level.AMBER) -> list[dict[str, Any]]:
    """A small case: a report on an actor and two domains; the same number is the same case."""
    marked = {"created_by_ref": author, "object_marking_refs": [MARKING_REF[level]]}
    actor = thing("threat-actor", number * 10, name="EXAMPLE Paper Lantern", **marked)
    domains = [
        thing(
            "indicator",
            number * 10 + place,
            name=f"EXAMPLE domain {place}",
            pattern=f"[domain-name:value = 'lure{place}.case{number}.example.net']",
            pattern_type="stix",
            valid_from="2026-01-01T00:00:00.000Z",
            **marked,
        )
        for place in (1, 2)
    ]
    refs = [one["id"] for one in (actor, *domains)]
    report = thing("report", number * 10, name=f"Paper Lantern {number}", published="2026-01-01T00:00:00.000Z", object_refs=refs, **marked)
    return [report, actor, *domains]


def report_id(number: int) -> str:
    """That of the case of that number."""
    return f"report--{uuid(number * 10)}"


@dataclass
class Pair:
    """Alpha notifies Beta; Gamma takes part at both. Each test has a case of its own."""

    alpha: Office
    beta: Office
    gamma: Office

    def case(self, *, level: Level = Level.AMBER) -> int:
        """A case that Alpha holds for itself."""
        number = next(NUMBERS)
        assert not self.alpha.post("submissions", *lantern(self.alpha.identity, number, level=level)).failures
        return number

    def sent(self, number: int, **plan: Any) -> str:
        """Its notification, as it came in at Beta; the id."""
        placed = self.alpha.send(Plan(organisation="Beta AI", case=report_id(number), **plan))
        assert not carry(self.alpha, self.beta, now=at(1)).failures
        return placed.id

    def answer(self, identifier: str, kind: Kind, *, minute: float, side: Office | None = None, **said: Any) -> str:
        """Given by Beta, or by that side, and carried to the other; the id of the note."""
        giving = side or self.beta
        thread, notifications = giving.thread(identifier), giving.exchange.notifications
        reply = replace(notifications.reply(giving.operator, thread, kind, now=at(minute)), **said)
        notifications.answer(giving.operator, thread, reply, now=at(minute))
        carry(giving, self.alpha if giving is self.beta else self.beta, now=at(minute))
        return reply.id

    def recall(self, identifier: str, *, minute: float, is_evidence_revoked: bool = False) -> None:
        """By Alpha, carried to Beta."""
        thread, notifications = self.alpha.thread(identifier), self.alpha.exchange.notifications
        reply = notifications.reply(self.alpha.operator, thread, Kind.RECALL, now=at(minute))
        reply = replace(reply, purge_by=at(minute + 60), words="wrong actor")
        notifications.recall(self.alpha.operator, thread, reply, is_evidence_revoked=is_evidence_revoked, now=at(minute))
        carry(self.alpha, self.beta, now=at(minute))
