"""Organisations: each has a STIX identity in `providers`, and an outbox that only it reads (docs/collections.md)."""

import re
import secrets
from dataclasses import dataclass
from uuid import uuid4

import orjson

from tocsin.errors import ConflictError, InvalidInputError, NotFoundError, UnusableStoreError
from tocsin.model import admission
from tocsin.model.account import Account
from tocsin.model.collection import OUTBOX, PROVIDERS, Collection
from tocsin.model.identifier import identity_id, object_id
from tocsin.model.marking import MARKING_REF, Level
from tocsin.model.member import OPERATOR, Caller, Organisation, Role, require_name
from tocsin.model.stamp import NEVER_TOO_LATE, text_of
from tocsin.model.stix import Refusal
from tocsin.services.object import ObjectService
from tocsin.store import collection as collections
from tocsin.store import member as members
from tocsin.store import peer as peers
from tocsin.store.database import Database

_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What an organisation held until it was off-boarded."""

    members: list[str]
    tokens: list[Account]
    peers: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationService:
    """The organisations whose members use this exchange; ours runs it."""

    database: Database
    objects: ObjectService

    def listing(self) -> list[Organisation]:
        """All of them, by name."""
        with self.database.read() as connection:
            return members.list_organisations(connection)

    def own(self) -> Organisation:
        """The organisation that runs this exchange.

        Raises:
            UnusableStoreError: there is none: the database was never filled by `init`.
        """
        found = next((one for one in self.listing() if one.is_own), None)
        if found is None:
            raise UnusableStoreError("the database holds no exchange", hint="restore it, or make a new exchange with: tocsin init")
        return found

    def establish(self, name: str, *, domain: str, now: int) -> Organisation:
        """Makes our own organisation, with the operator as its first member; once in the life of an exchange.

        Raises:
            InvalidInputError: the name or domain is unusable.
            ConflictError: there is one already.
        """
        domain = _require_domain(domain)
        require_name(name, kind="an organisation")
        identity = _new_identity(name, domain=domain, author=None, now=now)
        with self.database.write() as connection:
            if members.list_organisations(connection):
                raise ConflictError("this database holds an exchange already", hint="use an empty one")
            draft = Organisation(number=0, name=name, domain=domain.lower(), identity_id=_identity_id(identity), is_own=True)
            own = members.add_organisation(connection, draft)
            operator = Caller(number=0, name=OPERATOR, organisation=name, is_own=True, role=Role.ADMINISTRATOR, clearance=Level.RED)
            members.add_member(connection, operator, organisation_number=own.number, password_hash=None, now=now)
        self._publish(identity, now=now)
        return own

    def add(self, name: str, *, domain: str, identity: bytes | None, now: int) -> tuple[Organisation, Collection]:
        """Takes in another organisation: its identity goes into `providers`, and it gets an outbox.

        Args:
            identity: a STIX identity object of its own; without one, we make it.

        Raises:
            InvalidInputError: name, domain or identity is unusable.
            ConflictError: the name, the identity or the outbox exists.
        """
        require_name(name, kind="an organisation")
        own = self.own()
        identity = identity or _new_identity(name, domain=_require_domain(domain), author=own.identity_id, now=now)
        draft = Organisation(number=0, name=name, domain=domain.lower(), identity_id=_identity_id(identity), is_own=False)
        with self.database.read() as connection:
            if members.is_taken(connection, name):
                raise ConflictError(f"an organisation or a member is called {name!r} already", hint="choose another name")
            others = members.list_organisations(connection)
            there = collections.list_collections(connection)
        outbox = _outbox(draft)
        if any(one.alias == outbox.alias or one.title == outbox.title for one in there):
            raise ConflictError(f"there is a collection {outbox.alias} or {outbox.title!r} already", hint="choose another name")
        if any(draft.identity_id == other.identity_id or draft.slug == other.slug for other in others):
            raise ConflictError(f"{name!r} has the identity or the alias of another organisation", hint="choose another name or domain")
        self._publish(identity, now=now)
        with self.database.write() as connection:
            organisation = members.add_organisation(connection, draft)
            collections.define_collection(connection, outbox, is_new=True)
        return organisation, outbox

    def offboard(self, name: str, *, now: int) -> Revoked:
        """Ends every login of an organisation and every exchange with its peers, at once; its objects stay.

        Raises:
            NotFoundError: there is none of that name.
            InvalidInputError: it is ours.
        """
        organisation = self._other(name)
        with self.database.write() as connection:
            active = [one for one in members.list_members(connection) if one.organisation == name and one.state(now) == "active"]
            tokens = [one for one in members.list_tokens(connection) if one.organisation == name and one.state(now) == "active"]
            known = [one for one in peers.list_peers(connection) if one.organisation == name and not one.is_disabled]
            members.disable_all(connection, organisation.number, now=now)
            for peer in known:
                peers.change_peer(connection, peer.number, is_disabled=True)
            members.set_offboarded(connection, organisation.number, organisation.offboarded or now)
        return Revoked(members=[one.name for one in active], tokens=tokens, peers=[one.name for one in known])

    def readmit(self, name: str) -> None:
        """Lets an organisation take part again; what was revoked stays so until it is enabled one by one.

        Raises:
            NotFoundError: there is none of that name.
        """
        organisation = self._other(name)
        with self.database.write() as connection:
            members.set_offboarded(connection, organisation.number, None)

    def _other(self, name: str) -> Organisation:
        found = next((one for one in self.listing() if one.name == name), None)
        if found is None:
            raise NotFoundError(f"there is no organisation {name!r}", hint="list them with: tocsin organisation list")
        if found.is_own:
            raise InvalidInputError(f"{name} is our own organisation", hint="disable its members one by one")
        return found

    def _publish(self, identity: bytes, *, now: int) -> None:
        with self.database.read() as connection:
            operator = members.find_login(connection, name=OPERATOR)
            providers = next((one for one in collections.list_collections(connection) if one.alias == PROVIDERS), None)
        if operator is None or providers is None:
            raise NotFoundError(f"there is no collection {PROVIDERS}", hint="apply its definition with: tocsin collection apply")
        outcome, _resource = self.objects.add(operator.caller, providers, [identity], now=now)
        if outcome.failures:
            raise InvalidInputError(f"the identity is refused: {outcome.failures[0].message}", hint="correct it")


def _new_identity(name: str, *, domain: str, author: str | None, now: int) -> bytes:
    """Its id follows from the domain; without one, from the name and the author's identity, and for ourselves from chance."""
    identifier = identity_id(domain) if domain else object_id("identity", author or secrets.token_hex(16), key=name)
    instant = f"{text_of(now)[:-4]}Z"  # STIX writes milliseconds
    return orjson.dumps(
        {
            "type": "identity",
            "spec_version": "2.1",
            "id": identifier,
            "created_by_ref": author or identifier,
            "created": instant,
            "modified": instant,
            "name": name,
            "identity_class": "organization",
            "object_marking_refs": [MARKING_REF[Level.CLEAR]],
        }
    )


def _outbox(organisation: Organisation) -> Collection:
    return Collection(
        id=str(uuid4()),
        alias=f"{OUTBOX}{organisation.slug}",
        title=f"Outbox for {organisation.slug}",
        description=f"What is addressed to {organisation.name}: only its members read it.",
        max_tlp=Level.AMBER,
        read=(organisation.name,),
        write=(Role.ADMINISTRATOR, Role.ANALYST),
    )


def _require_domain(domain: str) -> str:
    if domain and _DOMAIN.fullmatch(domain.lower()) is None:
        raise InvalidInputError(f"{domain[:100]!r} is not a DNS domain", hint="write it like provider.example.org")
    return domain.lower()


def _identity_id(identity: bytes) -> str:
    read = admission.read(identity, now=NEVER_TOO_LATE, position=0)
    if isinstance(read, Refusal):
        raise InvalidInputError(f"the identity is not admissible: {read.path}: {read.reason}", hint=read.hint)
    if read.type != "identity":
        raise InvalidInputError(f"the identity is of type {read.type}", hint="give a STIX object of type identity")
    return read.id
