"""Logging in: one error for everything that is wrong, and a password that is not stretched on every request (ADR 0006)."""

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from tests.services.conftest import House
from tocsin.errors import ConflictError, InvalidInputError, NotFoundError, UnauthenticatedError
from tocsin.model.marking import Level
from tocsin.model.member import OPERATOR, RESERVED_NAMES, Caller, Role
from tocsin.services import member
from tocsin.services.member import Credential, MemberService

NOW = 1_800_000_000_000_000
PASSWORD, OTHER = "correct horse battery", "staple horse battery"


class CountingHasher:
    """The real one, and how often it was asked to verify."""

    def __init__(self, members: MemberService) -> None:
        self._real, self.count = members._hasher, 0
        members._hasher = self  # type: ignore[assignment]

    def verify(self, *arguments: str) -> bool:
        self.count += 1
        return self._real.verify(*arguments)

    def hash(self, password: str) -> str:
        return self._real.hash(password)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The service's clock, which goes when a test says so."""
    hands = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr(member, "time", SimpleNamespace(monotonic=lambda: hands.now))
    return hands


@pytest.fixture
def members(house: House) -> MemberService:
    """With `ann`, who has a password."""
    house.join("ann", password=PASSWORD)
    return house.exchange.members


def failure(members: MemberService, credential: Credential) -> str:
    with pytest.raises(UnauthenticatedError) as raised:
        members.log_in(credential, now=NOW)
    return str(raised.value)


def change_password(house: House, password: str | None) -> None:
    """As another process would."""
    hashed = house.exchange.members._hasher.hash(password) if password else None
    with house.exchange.members.database.write() as connection:
        connection.execute(text("UPDATE member SET password_hash = :hashed WHERE name = 'ann'"), {"hashed": hashed})


def test_every_failed_login_says_the_same(members: MemberService) -> None:
    """Wrong name, wrong password, no password, an unknown token, a token of no form: nobody learns which members there are."""
    credentials = [
        Credential(PASSWORD, "nobody"),
        Credential(OTHER, "ann"),
        Credential("", "ann"),
        Credential(PASSWORD, OPERATOR),
        Credential(PASSWORD, ""),
        Credential("tocsin_unknown"),
        Credential("tocsin_unknown", "ann"),
        Credential(PASSWORD),
    ]
    assert {failure(members, each) for each in credentials} == {
        "this login is not valid; check the name and password, or the token",
    }


def test_a_wrong_name_costs_the_same_work_as_a_wrong_password(members: MemberService) -> None:
    """One stretching each, so that time tells nothing either."""
    hasher, counts = CountingHasher(members), []
    for name in ("ann", "nobody", OPERATOR):
        failure(members, Credential(OTHER, name))
        counts.append(hasher.count)
    assert counts == [1, 2, 3]


def test_a_verified_password_is_not_stretched_again(members: MemberService, clock: SimpleNamespace) -> None:
    """Every client sends it with every request; a wrong one that is shown again is none the better for it."""
    hasher = CountingHasher(members)
    for step in (0.0, 0.5, 10.0, 500.0):
        clock.now += step
        assert members.log_in(Credential(PASSWORD, "ann"), now=NOW).name == "ann"
    assert hasher.count == 1
    failure(members, Credential(OTHER, "ann"))
    failure(members, Credential(OTHER, "ann"))
    assert hasher.count == 2


def test_after_a_while_it_is_stretched_once_more(members: MemberService, clock: SimpleNamespace) -> None:
    """What is remembered ends by itself."""
    hasher = CountingHasher(members)
    members.log_in(Credential(PASSWORD, "ann"), now=NOW)
    clock.now += member.VERIFIED_SECONDS + 1
    members.log_in(Credential(PASSWORD, "ann"), now=NOW)
    assert hasher.count == 2


@pytest.mark.parametrize("changed", [OTHER, None])
def test_a_changed_password_is_noticed_within_seconds(
    house: House, members: MemberService, clock: SimpleNamespace, changed: str | None
) -> None:
    """Also when another process changed it or took it away: the old one works no longer than REMEMBERED_SECONDS."""
    members.log_in(Credential(PASSWORD, "ann"), now=NOW)
    change_password(house, changed)
    clock.now += member.REMEMBERED_SECONDS
    failure(members, Credential(PASSWORD, "ann"))
    if changed:
        assert members.log_in(Credential(changed, "ann"), now=NOW).name == "ann"


@pytest.mark.parametrize("statement", ["DELETE FROM token", "UPDATE token SET member = 1"])
def test_a_changed_token_is_noticed_within_seconds(house: House, members: MemberService, clock: SimpleNamespace, statement: str) -> None:
    """Taken away, or given to somebody else."""
    token = members.add_token("ann", now=1)
    assert members.log_in(Credential(token), now=NOW).name == "ann"
    with members.database.write() as connection:
        connection.execute(text(statement))
    clock.now += member.REMEMBERED_SECONDS
    if statement.startswith("DELETE"):
        failure(members, Credential(token))
    else:
        assert members.log_in(Credential(token), now=NOW).name == OPERATOR


def test_changed_rights_are_noticed_within_seconds(members: MemberService, clock: SimpleNamespace) -> None:
    """Role and clearance come from the store, not from the memory of the login."""
    members.log_in(Credential(PASSWORD, "ann"), now=NOW)
    with members.database.write() as connection:
        connection.execute(text("UPDATE member SET role = 'soc', clearance = 0 WHERE name = 'ann'"))
    clock.now += member.REMEMBERED_SECONDS
    caller = members.log_in(Credential(PASSWORD, "ann"), now=NOW)
    assert (caller.role, caller.clearance) == (Role.SOC, Level.CLEAR)


def test_a_token_logs_in_in_every_form(members: MemberService) -> None:
    """Alone, or as the password of any name: the token says who it is."""
    token = members.add_token("ann", now=1)
    assert [members.log_in(Credential(token, name), now=NOW).name for name in (None, "", "ann", "operator", "whoever")] == ["ann"] * 5


def test_a_password_is_no_token(members: MemberService) -> None:
    """It needs its name."""
    failure(members, Credential(PASSWORD))
    failure(members, Credential(f"tocsin_{PASSWORD}", "ann"))


def test_what_is_remembered_has_a_bound(members: MemberService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many logins do not fill the memory of a process."""
    monkeypatch.setattr(member, "_REMEMBERED_AT_MOST", 3)
    for token in [members.add_token("ann", now=1) for _ in range(10)]:
        members.log_in(Credential(token), now=NOW)
    assert len(members._callers) <= 3


def test_no_password_is_remembered(members: MemberService) -> None:
    """Nor a token, nor a plain hash of either: only keyed digests, the key being of this process."""
    token = members.add_token("ann", now=1)
    members.log_in(Credential(PASSWORD, "ann"), now=NOW)
    members.log_in(Credential(token), now=NOW)
    remembered = repr((members._callers, members._verified))
    assert PASSWORD not in remembered
    assert token not in remembered
    assert members._callers.keys().isdisjoint(MemberService(database=members.database)._callers)


@pytest.mark.parametrize(
    "name", [*sorted(RESERVED_NAMES), "Analyst", "ANONYMOUS", "", " ", "-x", "a:b", "a\nb", "a\0b", "x" * 81, "...", "Own", "own"]
)
def test_a_name_that_means_something_else_is_refused(house: House, name: str) -> None:
    """Roles, the public, every member, the operator, an organisation; and what no login could carry."""
    with pytest.raises((InvalidInputError, ConflictError)):
        house.join(name)


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "tocsin_0123456789abcdef"])
def test_a_password_that_is_short_or_like_a_token_is_refused(house: House, password: str) -> None:
    """The second would never log in."""
    with pytest.raises(InvalidInputError):
        house.join("ann", password=password)
    with pytest.raises(NotFoundError):
        house.exchange.members.find("ann")


def test_a_member_of_no_known_organisation_is_refused(house: House) -> None:
    """The error names those that there are."""
    with pytest.raises(NotFoundError, match="organisations here: Own"):
        house.join("ann", organisation="Acme")


def test_a_member_is_of_us_by_its_organisation(house: House) -> None:
    """What the caller of the service claims about that does not count."""
    house.exchange.organisations.add("Acme", domain="", identity=None, now=house.exchange.now())
    draft = Caller(number=99, name="eve", organisation="Acme", is_own=True, role=Role.ANALYST, clearance=Level.RED)
    made = house.exchange.members.add_member(draft, password=None, now=1)
    assert made.is_own is False
    assert made.number != 99
    assert house.join("ann").is_own is True


@pytest.mark.parametrize("name", ["nobody", "a\0b", ""])
def test_only_members_get_tokens(house: House, name: str) -> None:
    """An unknown name is told."""
    with pytest.raises(NotFoundError):
        house.exchange.members.add_token(name, now=1)
