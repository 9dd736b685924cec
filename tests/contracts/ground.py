"""What the store contract is tested on: one migrated database with members, and as many empty collections as a test wants."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any
from uuid import uuid4

from sqlalchemy import select, text, update

from tests.support import objects as stix
from tocsin.model.collection import Collection
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Organisation, Role
from tocsin.model.query import Answer, AnyPage, BodyPage, ManifestEntry, ObjectQuery, Page
from tocsin.model.status import Status
from tocsin.services.object import ObjectService, Reading
from tocsin.store import member, migration
from tocsin.store.collection import collection as collection_table
from tocsin.store.collection import define_collection, list_collections
from tocsin.store.database import Database
from tocsin.store.object import entry

KEY = b"k" * 32
EVERYTHING = ObjectQuery(versions=("all",))


def now() -> int:
    """This machine's clock as a stamp."""
    return time.time_ns() // 1000


@dataclass
class Ground:
    """A store with the callers `admin`, `ann` and `bob`, who may all read and write every collection made here."""

    database: Database
    callers: dict[str, Caller] = field(default_factory=dict)

    @classmethod
    def make(cls, url: str) -> "Ground":
        """Migrates an empty database and takes in the members."""
        made = cls(Database(url))
        migration.upgrade(made.database)
        with made.database.write() as connection:
            draft = Organisation(number=0, name="Own", domain="", identity_id=f"identity--{uuid4()}", is_own=True)
            own = member.add_organisation(connection, draft)
            for name, role in (("admin", Role.ADMINISTRATOR), ("ann", Role.ANALYST), ("bob", Role.PEER)):
                caller = Caller(number=0, name=name, organisation="Own", is_own=True, role=role, clearance=Level.RED)
                member.add_member(connection, caller, organisation_number=own.number, password_hash=None, now=now())
                login = member.find_login(connection, name=name)
                assert login is not None
                made.callers[name] = login.caller
        return made

    @property
    def objects(self) -> ObjectService:
        return ObjectService(database=self.database, cursor_key=KEY)

    def collection(self, alias: str = "") -> Collection:
        """A new one, empty."""
        alias = alias or f"c-{uuid4().hex}"
        draft = Collection(id=str(uuid4()), alias=alias, title=alias, max_tlp=Level.RED, read=("*",), write=("*",))
        with self.database.write() as connection:
            define_collection(connection, draft, is_new=True)
            return next(one for one in list_collections(connection) if one.id == draft.id)

    def add(self, to: Collection, *objects: dict[str, Any], by: str = "ann") -> Status:
        """One envelope."""
        return self.objects.add(self.callers[by], to, stix.text(*objects), now=now())[0]

    def delete(self, of: Collection, object_id: str, *versions: str, by: str = "ann") -> int:
        """Without versions, all of them."""
        return self.objects.delete(self.callers[by], of, object_id, query=ObjectQuery(versions=versions or ("all",)), now=now())

    def rows(self, of: Collection) -> list[dict[str, Any]]:
        """Every entry as it is stored, tombstones too."""
        with self.database.read() as connection:
            statement = select(entry).where(entry.c.collection == of.number).order_by(entry.c.added)
            return [dict(row) for row in connection.execute(statement).mappings()]

    def stamps(self, of: Collection) -> list[int]:
        return [row["added"] for row in self.rows(of)]

    def last_added(self, of: Collection) -> int:
        """The last stamp given out."""
        with self.database.read() as connection:
            return int(connection.execute(select(collection_table.c.last_added).where(collection_table.c.number == of.number)).scalar_one())

    def put_clock(self, of: Collection, last_added: int) -> None:
        """As if the last entry had come at that instant."""
        with self.database.write() as connection:
            connection.execute(update(collection_table).where(collection_table.c.number == of.number).values(last_added=last_added))

    def damage(self, of: Collection, statement: str, **values: object) -> None:
        """Raw SQL on the entries of a collection, behind the back of the program."""
        with self.database.write() as connection:
            connection.execute(text(statement), {"of": of.number, **values})

    def manifest(self, of: Collection, query: ObjectQuery = EVERYTHING) -> list[ManifestEntry]:
        """All that the query finds, on one page."""
        return list(self.ask(of, query, limit=1_000_000).page.items)

    def versions(self, of: Collection, *wanted: str) -> list[str]:
        """The versions that `match[version]` finds, in the order of the log."""
        return [found.version for found in self.manifest(of, ObjectQuery(versions=wanted))]

    def ask(self, of: Collection, query: ObjectQuery, *, limit: int, token: str | None = None) -> Answer[Page]:
        """One page of the manifest."""
        reading = Reading(endpoint="manifest", query=query, limit=limit, next=token)
        return self.objects.manifest(self.callers["bob"], of, reading, now=now())

    def ask_bodies(self, of: Collection, query: ObjectQuery, *, limit: int, token: str | None = None) -> Answer[BodyPage]:
        """One page of objects."""
        reading = Reading(endpoint="objects", query=query, limit=limit, next=token)
        return self.objects.bodies(self.callers["bob"], of, reading, now=now())

    def bodies(self, of: Collection, query: ObjectQuery = EVERYTHING) -> bytes:
        """The bodies of all that the query finds, with commas between."""
        return self.ask_bodies(of, query, limit=1_000_000).page.bodies

    @staticmethod
    def pages(ask: Callable[..., Answer[AnyPage]], query: ObjectQuery, limits: Sequence[int], *, by_token: bool) -> list[Answer[AnyPage]]:
        """Page after page until there is no more, with the limits in turn; by `next`, or by `added_after` alone."""
        sizes = cycle(limits)
        answers = [ask(query=query, limit=next(sizes))]
        while answers[-1].page.has_more:
            after = query if by_token else replace(query, added_after=answers[-1].page.last)
            answers.append(ask(query=after, limit=next(sizes), token=answers[-1].next if by_token else None))
        return answers
