"""Organisations, members and tokens in the store: names are unique, secrets are not there (ADR 0006)."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.contracts.ground import Ground, now
from tocsin.errors import ConflictError, UnauthenticatedError
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Organisation, Role
from tocsin.services.member import Credential, MemberService
from tocsin.store import member as store

PASSWORD = "correct horse battery"


def draft(name: str, organisation: str = "Own", **properties: object) -> Caller:
    values = {"number": 0, "is_own": False, "role": Role.PEER, "clearance": Level.GREEN, **properties}
    return Caller(name=name, organisation=organisation, **values)


@pytest.fixture
def members(ground: Ground) -> Iterator[MemberService]:
    """A process that remembers nothing yet."""
    return MemberService(database=ground.database)


def test_a_member_logs_in_by_password_as_what_it_is(ground: Ground, members: MemberService) -> None:
    """Role, clearance, organisation and whether that is ours come from the store."""
    made = members.add_member(draft("carol", role=Role.SOC, clearance=Level.AMBER_STRICT), password=PASSWORD, now=now())
    caller = members.log_in(Credential(PASSWORD, "carol"), now=now())
    assert caller == made
    assert (caller.role, caller.clearance, caller.organisation, caller.is_own) == (Role.SOC, Level.AMBER_STRICT, "Own", True)
    assert caller.number > 0


def test_neither_password_nor_token_is_in_the_store(ground: Ground, members: MemberService) -> None:
    """What is stolen with the database logs nobody in."""
    members.add_member(draft("dave"), password=PASSWORD, now=now())
    token = members.add_token("dave", now=now())
    with ground.database.read() as connection:
        hashed = connection.execute(text("SELECT password_hash FROM member WHERE name = 'dave'")).scalar_one()
        tokens = [bytes(row) for row in connection.execute(text("SELECT hash FROM token")).scalars()]
    assert hashed.startswith("$argon2id$")
    assert PASSWORD not in hashed
    assert all(len(one) == 32 and one not in token.encode() and token.encode() not in one for one in tokens)
    assert members.log_in(Credential(token), now=now()).name == "dave"


@pytest.mark.parametrize("taken", ["Erin", "erin", "ERIN", "Änne", "änne", "STRASSE", "straße", "Acme", "ACME"])
def test_a_name_is_taken_whatever_its_case(ground: Ground, members: MemberService, taken: str) -> None:
    """Members and organisations share one space of names, for collections grant rights by them; beyond ASCII too."""
    with ground.database.write() as connection:
        if not store.is_taken(connection, "acme"):
            organisation = Organisation(number=0, name="Acme", domain="", identity_id=f"identity--{uuid4()}", is_own=False)
            store.add_organisation(connection, organisation)
    for name in ("Erin", "Änne", "Straße"):
        with ground.database.read() as connection:
            is_there = store.is_taken(connection, name)
        if not is_there:
            members.add_member(draft(name), password=None, now=now())
    with pytest.raises(ConflictError):
        members.add_member(draft(taken), password=None, now=now())


def test_a_name_logs_in_as_it_is_written(ground: Ground, members: MemberService) -> None:
    """Case counts, as it does in passwords."""
    members.add_member(draft("frank"), password=PASSWORD, now=now())
    with pytest.raises(UnauthenticatedError):
        members.log_in(Credential(PASSWORD, "Frank"), now=now())


@pytest.mark.parametrize("name", ["nobody", "", "a\0b", "a\ud800b", "%", "x" * 100_000])
def test_a_name_that_cannot_be_there_is_a_failed_login(members: MemberService, name: str) -> None:
    """Text that a database refuses is as unknown as any other."""
    with pytest.raises(UnauthenticatedError):
        members.log_in(Credential(PASSWORD, name), now=now())


@pytest.mark.parametrize("token", ["tocsin_", "tocsin_unknown", "tocsin_\0", "tocsin_\ud800", "no prefix", ""])
def test_an_unknown_token_is_a_failed_login(members: MemberService, token: str) -> None:
    """Alone, or as the password of a name."""
    with pytest.raises(UnauthenticatedError):
        members.log_in(Credential(token), now=now())


def test_a_member_may_have_several_tokens(ground: Ground, members: MemberService) -> None:
    """Each works for itself."""
    members.add_member(draft("grace"), password=None, now=now())
    one, other = members.add_token("grace", now=now()), members.add_token("grace", now=now())
    assert one != other
    assert members.log_in(Credential(one), now=now()) == members.log_in(Credential(other), now=now()) == members.find("grace")


def test_a_member_without_a_password_cannot_log_in_by_one(ground: Ground, members: MemberService) -> None:
    """Not with an empty one either."""
    members.add_member(draft("heidi"), password=None, now=now())
    for password in ("", PASSWORD):
        with pytest.raises(UnauthenticatedError):
            members.log_in(Credential(password, "heidi"), now=now())
