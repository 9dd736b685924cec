"""Organisations, members and their tokens. Passwords are here only as argon2 hashes, tokens only as SHA-256 (ADR 0006)."""

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
    Update,
    bindparam,
    insert,
    select,
    update,
)

from tocsin.model.account import Account, earliest
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
    Column("offboarded", BigInteger),  # since when; none: it takes part
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
    Column("disabled", BigInteger),  # since when
    Column("expires", BigInteger),
    Column("last_used", BigInteger),  # to the hour
    Column("spent_until", BigInteger),  # of its rate: tocsin.store.throttle
)
token = Table(
    "token",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256: a token is random, there is nothing to stretch
    Column("member", ForeignKey("member.number"), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("disabled", BigInteger),  # since when
    Column("expires", BigInteger),
    Column("last_used", BigInteger),  # to the hour
)

_CALLER = select(
    member.c.number,
    member.c.name,
    organisation.c.name.label("organisation"),
    organisation.c.is_own,
    member.c.role,
    member.c.clearance,
    member.c.password_hash,
    member.c.created,
    member.c.disabled,
    member.c.expires,
    member.c.last_used,
    organisation.c.offboarded,
).join_from(member, organisation)
_BY_NAME = _CALLER.where(member.c.name == bindparam("name"))
_WITH_TOKEN = _CALLER.join(token, token.c.member == member.c.number).add_columns(
    token.c.hash.label("token_hash"),
    token.c.created.label("token_created"),
    token.c.disabled.label("token_disabled"),
    token.c.expires.label("token_expires"),
    token.c.last_used.label("token_last_used"),
)
_BY_TOKEN = _WITH_TOKEN.where(token.c.hash == bindparam("hash"))
_MEMBERS = _CALLER.order_by(organisation.c.name, member.c.name)
_TOKENS = _WITH_TOKEN.order_by(organisation.c.name, member.c.name, token.c.created)
_ORGANISATIONS = select(organisation).order_by(organisation.c.name)
_NAMES = select(organisation.c.name).union_all(select(member.c.name))


@dataclass(frozen=True, slots=True)
class Login:
    """A member as a caller, with the hash that its password must match, and whether it may come in at all."""

    caller: Caller
    password_hash: str | None
    account: Account  # of the token, where it came with one


def find_login(connection: Connection, *, name: str | None = None, token_hash: bytes | None = None) -> Login | None:
    """The member of that name, or the one that holds that token."""
    if name is not None and not is_storable(name):
        return None
    found = connection.execute(_BY_NAME, {"name": name}) if token_hash is None else connection.execute(_BY_TOKEN, {"hash": token_hash})
    row = found.one_or_none()
    return None if row is None else Login(_caller(row), row.password_hash, _account(row))


def list_members(connection: Connection) -> list[Account]:
    """All of them, by organisation and name."""
    return [_account(row) for row in connection.execute(_MEMBERS)]


def list_tokens(connection: Connection) -> list[Account]:
    """All of them, those of one member by age."""
    return [_account(row) for row in connection.execute(_TOKENS)]


def change_account(connection: Connection, account: Account, **values: Any) -> None:
    """Sets `disabled`, `expires`, `last_used`, or a member's `password_hash`."""
    rows = update(token).where(token.c.hash == account.token_hash) if account.token_hash else _update_member(account)
    connection.execute(rows.values(**values))


def touch(connection: Connection, account: Account, *, now: int) -> None:
    """It was used, and with a token its member was."""
    if account.token_hash:
        change_account(connection, account, last_used=now)
    connection.execute(_update_member(account).values(last_used=now))


def disable_all(connection: Connection, organisation_number: int, *, now: int) -> None:
    """Every member of an organisation and every token of theirs, whatever state they are in."""
    theirs = select(member.c.number).where(member.c.organisation == organisation_number)
    connection.execute(update(token).where(token.c.member.in_(theirs), token.c.disabled.is_(None)).values(disabled=now))
    connection.execute(update(member).where(member.c.number.in_(theirs), member.c.disabled.is_(None)).values(disabled=now))


def set_offboarded(connection: Connection, number: int, since: int | None) -> None:
    """Since when an organisation takes no part any more; None takes it in again."""
    connection.execute(update(organisation).where(organisation.c.number == number).values(offboarded=since))


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


def _account(row: Any) -> Account:
    """Of the token where the row has one: it is worth no more than its member."""
    values = {"created": row.created, "last_used": row.last_used, "expires": row.expires, "disabled": row.disabled}
    if "token_hash" in row._fields:
        values = {
            "token_hash": row.token_hash,
            "created": row.token_created,
            "last_used": row.token_last_used,
            "expires": earliest(row.expires, row.token_expires),
            "disabled": earliest(row.disabled, row.token_disabled),
        }
    return Account(
        number=row.number,
        name=row.name,
        organisation=row.organisation,
        role=Role(row.role),
        clearance=Level(row.clearance),
        offboarded=row.offboarded,
        **values,
    )


def _update_member(account: Account) -> Update:
    return update(member).where(member.c.number == account.number)
