"""Organisations, members and their tokens. Passwords are here only as argon2 hashes, tokens only as SHA-256 (HAZARDS)."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    bindparam,
    insert,
    select,
)

from tocsin.model.marking import Level
from tocsin.model.member import Caller, Organisation, Role
from tocsin.store.database import METADATA, is_storable

organisation = Table(
    "organisation",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("domain", String, nullable=False),
    Column("identity_id", String, nullable=False, unique=True),
    Column("is_own", Boolean, nullable=False),
)
member = Table(
    "member",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("organisation", ForeignKey("organisation.number"), nullable=False),
    Column("role", String, nullable=False),
    Column("clearance", SmallInteger, nullable=False),
    Column("password_hash", String),  # argon2; none: this member logs in by token, or (operator) not at all
    Column("created", BigInteger, nullable=False),
)
token = Table(
    "token",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256: a token is random, there is nothing to stretch
    Column("member", ForeignKey("member.number"), nullable=False),
    Column("created", BigInteger, nullable=False),
)

_CALLER = select(
    member.c.number,
    member.c.name,
    organisation.c.name.label("organisation"),
    organisation.c.is_own,
    member.c.role,
    member.c.clearance,
    member.c.password_hash,
).join_from(member, organisation)
_BY_NAME = _CALLER.where(member.c.name == bindparam("name"))
_BY_TOKEN = _CALLER.join(token, token.c.member == member.c.number).where(token.c.hash == bindparam("hash"))
_ORGANISATIONS = select(organisation).order_by(organisation.c.name)
_NAMES = select(organisation.c.name).union_all(select(member.c.name))


@dataclass(frozen=True, slots=True)
class Login:
    """A member as a caller, with the hash that its password must match."""

    caller: Caller
    password_hash: str | None


def find_login(connection: Connection, *, name: str | None = None, token_hash: bytes | None = None) -> Login | None:
    """The member of that name, or the one that holds that token."""
    if name is not None and not is_storable(name):
        return None
    found = connection.execute(_BY_NAME, {"name": name}) if token_hash is None else connection.execute(_BY_TOKEN, {"hash": token_hash})
    row = found.one_or_none()
    return None if row is None else Login(_caller(row), row.password_hash)


def list_organisations(connection: Connection) -> list[Organisation]:
    """All of them, by name."""
    return [Organisation(**row) for row in connection.execute(_ORGANISATIONS).mappings()]


def is_taken(connection: Connection, name: str) -> bool:
    """An organisation or a member has this name already, whatever its case."""
    # Compared here: what the databases call lower case ends at ASCII on one of them.
    return any(taken.casefold() == name.casefold() for taken in connection.execute(_NAMES).scalars())


def add_organisation(connection: Connection, draft: Organisation) -> Organisation:
    """The same with the number that it gets."""
    values = {"name": draft.name, "domain": draft.domain, "identity_id": draft.identity_id, "is_own": draft.is_own}
    number = connection.execute(insert(organisation).returning(organisation.c.number), values).scalar_one()
    return replace(draft, number=number)


def add_member(connection: Connection, caller: Caller, *, organisation_number: int, password_hash: str | None, now: int) -> None:
    """A new member; `caller` gives name, role and clearance."""
    values = {
        "name": caller.name,
        "organisation": organisation_number,
        "role": caller.role,
        "clearance": int(caller.clearance),
        "password_hash": password_hash,
        "created": now,
    }
    connection.execute(insert(member), values)


def add_token(connection: Connection, *, member_number: int, token_hash: bytes, now: int) -> None:
    """Lets that member log in with the token behind the hash."""
    connection.execute(insert(token), {"hash": token_hash, "member": member_number, "created": now})


def _caller(row: Any) -> Caller:
    return Caller(
        number=row.number,
        name=row.name,
        organisation=row.organisation,
        is_own=row.is_own,
        role=Role(row.role),
        clearance=Level(row.clearance),
    )
