"""The keys with which this exchange signs, our identity that publishes them, and the keys of others (ADR 0017).

A key of another provider is taken only from an identity that a member of that provider's organisation posted, or we: an object that
says whose it is proves nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.errors import InvalidInputError, NotFoundError, UnusableStoreError
from tocsin.model import strict_json
from tocsin.model.collection import INBOX, PROVIDERS, Collection
from tocsin.model.contact import addresses_in, contact_of
from tocsin.model.extension import extended
from tocsin.model.member import OPERATOR, Caller, Organisation
from tocsin.model.query import LogEntry, ObjectQuery
from tocsin.model.secret import opened, sealed
from tocsin.model.signature import PublicKey, SealedKey, SigningKey, canonical, keys_in, new_key, published
from tocsin.model.stamp import stamp_of, stix_text, text_of
from tocsin.services.object import ObjectService
from tocsin.store import member as members
from tocsin.store import signing as store
from tocsin.store.collection import list_collections
from tocsin.store.database import Connection, Database

_MILLISECOND = 1_000  # microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Our own identity as it lies in `providers`."""

    body: bytes
    is_new: bool  # this version was made just now
    keys: list[PublicKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """Who we are, and what we hold."""

    operator: Caller
    organisations: list[Organisation]
    collections: list[Collection]

    @property
    def own(self) -> Organisation:
        return next(one for one in self.organisations if one.is_own)

    def find(self, alias: str) -> Collection | None:
        return next((one for one in self.collections if one.alias == alias), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningService:
    """Our keys, and the public ones of everybody."""

    database: Database
    objects: ObjectService
    secret_key: bytes
    base_url: str  # "": discovery is not published
    principles: tuple[str, ...]

    def current(self, *, now: int) -> SigningKey:
        """The key to sign with; made when it is first needed.

        Raises:
            InvalidInputError: it was stored under another root secret.
        """
        with self.database.read() as connection:
            found = _current(connection)
        return self.rotate(now=now, is_first=True) if found is None else self._opened(found)

    def rotate(self, *, now: int, is_first: bool = False) -> SigningKey:
        """A new key from now on; what was signed with the one before stays proved by it.

        Args:
            is_first: only where there is none.

        Raises:
            InvalidInputError: with `is_first`, as `current`.
        """
        now -= now % _MILLISECOND  # as it is published
        with self.database.write(is_alone=True) as connection:
            there = _current(connection)
            if there is not None and is_first:
                return self._opened(there)
            since = now if there is None else max(now, there.public.valid_from)  # a clock that went back ends no key before it began
            key = new_key(_free_id(store.list_signing_keys(connection), since), now=since)
            box = sealed(self.secret_key, key.private, label=key.public.key_id)
            store.keep_signing_key(connection, SealedKey(public=key.public, box=box))
        return key

    def public_keys(self) -> list[PublicKey]:
        """Ours, oldest first; those that ended too."""
        with self.database.read() as connection:
            return [one.public for one in store.list_signing_keys(connection)]

    def identity(self, *, now: int) -> Identity:
        """Our identity with our keys and where to find us; a new version goes into `providers` only when something of that changed.

        Raises:
            NotFoundError: it, or that collection, is not there any more.
            InvalidInputError: as `current`, or it is refused.
        """
        self.current(now=now)
        home, keys = self._home(), self.public_keys()
        providers = home.find(PROVIDERS)
        if providers is None:
            raise NotFoundError(f"there is no collection {PROVIDERS}", hint="apply its definition with: tocsin collection apply")
        before = _last(self._versions(home, home.own.identity_id, collections=[providers]))
        if before is None:
            raise NotFoundError(f"our identity {home.own.identity_id} is not in {PROVIDERS}", hint="put it there with: tocsin submit")
        old = strict_json.read(before.body).value
        new = self._extended(old, keys, inbox=home.find(INBOX))
        if canonical(new) == canonical(old):
            return Identity(body=before.body, is_new=False, keys=keys)
        new["modified"] = stix_text(max(now, stamp_of(old["modified"]) + _MILLISECOND))
        body = orjson.dumps(new)
        outcome, _resource = self.objects.add(home.operator, providers, [body], now=now)
        if outcome.failures:
            raise InvalidInputError(f"our identity is refused: {outcome.failures[0].message}", hint="correct it with: tocsin submit")
        return Identity(body=body, is_new=True, keys=keys)

    def keys_of(self, identity: str) -> tuple[PublicKey, ...]:
        """The keys of a provider: those of the last version of its identity among the versions that it posted, or we, in any collection."""
        home = self._home()
        if identity == home.own.identity_id:
            return tuple(self.public_keys())
        last = _last(self._versions(home, identity, collections=home.collections))
        body = {} if last is None else strict_json.read(last.body).value
        return () if body.get("revoked") is True else keys_in(body)

    def contact_of(self, identity: str) -> str | None:
        """The mail address that a provider names for itself; only its own word and ours count."""
        home = self._home()
        last = _last(self._versions(home, identity, collections=home.collections))
        if last is None:
            return None
        body = strict_json.read(last.body).value
        held = {
            ref: one for ref in addresses_in(body) if (one := _last(self._versions(home, identity, ref=ref, collections=home.collections)))
        }
        return contact_of(body, {ref: strict_json.read(one.body).value for ref, one in held.items()})

    def _extended(self, identity: dict[str, Any], keys: list[PublicKey], *, inbox: Collection | None) -> dict[str, Any]:
        said = extended(
            "provider",
            public_keys=published(keys),
            discovery_url=f"{self.base_url}/taxii2/" if self.base_url else "",
            inbox_collection=inbox.id if inbox else "",
            principles=list(self.principles),
        )
        return {**identity, "extensions": {**identity.get("extensions", {}), **said}}

    def _versions(self, home: _Home, identity: str, *, collections: list[Collection], ref: str = "") -> Iterator[LogEntry]:
        """Those that count of an identity, or of an object that it refers to: posted by itself, or by us."""
        trusted = {one.name for one in home.organisations if one.is_own or one.identity_id == identity}
        for collection in collections:
            if collection.may_read(home.operator):
                found = self.objects.entries(home.operator, collection, ObjectQuery(ids=(ref or identity,)))
                yield from (one for one in found if one.organisation in trusted)

    def _home(self) -> _Home:
        with self.database.read() as connection:
            login = members.find_login(connection, name=OPERATOR)
            organisations = members.list_organisations(connection)
            collections = list_collections(connection)
        if login is None or not any(one.is_own for one in organisations):
            raise UnusableStoreError("the database holds no exchange", hint="restore it, or make a new exchange with: tocsin init")
        return _Home(operator=login.caller, organisations=organisations, collections=collections)

    def _opened(self, key: SealedKey) -> SigningKey:
        private = opened(self.secret_key, key.box, label=key.public.key_id)
        if private is None:
            raise InvalidInputError(
                f"the signing key {key.public.key_id} was stored under another root secret",
                hint="restore that secret, or make a new key with: tocsin organisation publish --rotate-key",
            )
        return SigningKey(public=key.public, private=private)


def _current(connection: Connection) -> SealedKey | None:
    return next((one for one in store.list_signing_keys(connection) if one.public.valid_until is None), None)


def _free_id(keys: list[SealedKey], now: int) -> str:
    """The year and a number that no key of it had."""
    year = text_of(now)[:4]
    return f"{year}-{sum(key.public.key_id.startswith(f'{year}-') for key in keys) + 1}"


def _last(entries: Iterator[LogEntry]) -> LogEntry | None:
    return max(entries, key=lambda one: (one.version or "", one.added), default=None)
