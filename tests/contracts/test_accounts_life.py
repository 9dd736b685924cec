"""Accounts over the years: disabled, expired, rotated, used, off-boarded, and what processes share of their limits (ADR 0009)."""

import threading
from collections.abc import Callable
from hashlib import sha256
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import text

from tests.contracts.ground import Ground, now
from tocsin.errors import ConflictError, InvalidInputError, NotFoundError, UnauthenticatedError
from tocsin.model.account import Account
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Organisation, Role
from tocsin.services.account import AccountService
from tocsin.services.member import Credential, MemberService
from tocsin.services.organisation import OrganisationService
from tocsin.store import member as store
from tocsin.store import migration, peer, throttle
from tocsin.store.database import Database

PASSWORD, OTHER = "correct horse battery", "staple horse battery"
HOUR = 3_600_000_000


class Life:
    """The operator's hand on one database, and members on it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.accounts = AccountService(database=ground.database)
        self.members = MemberService(database=ground.database)
        self.organisations = OrganisationService(database=ground.database, objects=ground.objects)

    def organisation(self) -> Organisation:
        """A new one."""
        draft = Organisation(number=0, name=f"o-{uuid4().hex}", domain="", identity_id=f"identity--{uuid4()}", is_own=False)
        with self.ground.database.write() as connection:
            return store.add_organisation(connection, draft)

    def join(self, *, organisation: str = "Own") -> str:
        """A new member; its name."""
        caller = Caller(number=0, name=f"m-{uuid4().hex}", organisation=organisation, is_own=False, role=Role.PEER, clearance=Level.GREEN)
        return self.members.add_member(caller, password=PASSWORD, now=now()).name

    def lets_in(self, secret: str, name: str | None = None, *, at: int | None = None) -> bool:
        """Asked of a process that remembers nothing."""
        try:
            MemberService(database=self.ground.database).log_in(Credential(secret, name), now=at or now(), address=uuid4().hex)
        except UnauthenticatedError:
            return False
        return True

    def token(self, secret: str) -> Account:
        return self.accounts.find_token(store_id(secret))

    def states(self, name: str) -> list[str]:
        """Of a member and of its tokens."""
        listed = (self.accounts.members(), self.accounts.tokens())
        return [one.state(now()) for accounts in listed for one in accounts if one.name == name]


def store_id(secret: str) -> str:
    """The public name of a token."""
    return sha256(secret.encode()).hexdigest()[:8]


@pytest.fixture
def life(ground: Ground) -> Life:
    return Life(ground)


def test_a_disabled_member_is_let_in_by_nothing_until_it_is_enabled(life: Life) -> None:
    """Neither by password nor by any token; afterwards by what it had."""
    name = life.join()
    token = life.members.add_token(name, now=now())
    life.accounts.disable(life.accounts.find_member(name), now=now())
    assert [life.lets_in(PASSWORD, name), life.lets_in(token)] == [False, False]
    assert life.states(name) == ["disabled", "disabled"]
    life.accounts.enable(life.accounts.find_member(name))
    assert [life.lets_in(PASSWORD, name), life.lets_in(token)] == [True, True]
    assert life.states(name) == ["active", "active"]


def test_a_disabled_token_lets_nobody_in_and_the_others_do(life: Life) -> None:
    name = life.join()
    one, other = (life.members.add_token(name, now=now()) for _ in range(2))
    life.accounts.disable(life.token(one), now=now())
    assert [life.lets_in(one), life.lets_in(other), life.lets_in(PASSWORD, name)] == [False, True, True]
    assert sorted(life.states(name)) == ["active", "active", "disabled"]


def test_since_when_it_is_disabled_stays_known(life: Life) -> None:
    """To disable it again changes nothing."""
    name, first = life.join(), now()
    for instant in (first, first + HOUR):
        life.accounts.disable(life.accounts.find_member(name), now=instant)
    assert life.accounts.find_member(name).disabled == first


def test_a_member_is_let_in_until_the_instant_and_no_longer(life: Life) -> None:
    """To the microsecond, and its tokens with it; never again counts no longer."""
    name, end = life.join(), now() + HOUR
    token = life.members.add_token(name, now=now())
    life.accounts.expire(life.accounts.find_member(name), end)
    for instant, expected in ((end - 1, True), (end, False)):
        assert [life.lets_in(PASSWORD, name, at=instant), life.lets_in(token, at=instant)] == [expected, expected]
    assert life.token(token).expires == end
    life.accounts.expire(life.accounts.find_member(name), None)
    assert life.lets_in(PASSWORD, name, at=end + HOUR)


def test_a_token_expires_by_itself(life: Life) -> None:
    """It cannot outlive its member, nor keep it from expiring."""
    name, end = life.join(), now() + HOUR
    token = life.members.add_token(name, now=now())
    life.accounts.expire(life.token(token), end)
    assert [life.lets_in(token, at=end - 1), life.lets_in(token, at=end), life.lets_in(PASSWORD, name, at=end)] == [True, False, True]
    life.accounts.expire(life.accounts.find_member(name), end - 10)
    assert life.token(token).expires == end - 10
    assert not life.lets_in(token, at=end - 10)


def test_a_new_password_is_the_only_one(life: Life) -> None:
    """The tokens stay."""
    name = life.join()
    token = life.members.add_token(name, now=now())
    life.accounts.rotate_password(life.accounts.find_member(name), OTHER)
    assert [life.lets_in(PASSWORD, name), life.lets_in(OTHER, name), life.lets_in(token)] == [False, True, True]


@pytest.mark.parametrize("password", ["short", "tocsin_looks_like_a_token"])
def test_a_new_password_keeps_the_rules(life: Life, password: str) -> None:
    name = life.join()
    with pytest.raises(InvalidInputError):
        life.accounts.rotate_password(life.accounts.find_member(name), password)
    assert life.lets_in(PASSWORD, name)


def test_a_rotated_token_lets_in_for_its_grace(life: Life) -> None:
    """The new one at once and on."""
    name, end = life.join(), now() + HOUR
    old = life.members.add_token(name, now=now())
    new = life.accounts.rotate_token(life.token(old), until=end, now=now())
    assert [life.lets_in(old, at=end - 1), life.lets_in(old, at=end), life.lets_in(new, at=end)] == [True, False, True]
    assert life.token(new).name == name


def test_grace_never_makes_a_token_live_longer(life: Life) -> None:
    """It expires when it would have; and one that is dead already is not rotated into a live one."""
    name, end = life.join(), now() + HOUR
    token = life.members.add_token(name, now=now())
    life.accounts.expire(life.token(token), end)
    life.accounts.rotate_token(life.token(token), until=end + HOUR, now=now())
    assert life.token(token).expires == end
    life.accounts.disable(life.token(token), now=now())
    with pytest.raises(ConflictError):
        life.accounts.rotate_token(life.token(token), until=now(), now=now())


def test_a_token_is_called_by_its_first_digits(life: Life) -> None:
    """Eight or more of them; too few, none, or the token itself name nothing."""
    name = life.join()
    token = life.members.add_token(name, now=now())
    account = life.token(token)
    assert account.id == account.token_hash.hex()[:8]
    assert life.accounts.find_token(account.token_hash.hex().upper()) == account
    for wrong in ("", account.id[:7], "%"):
        with pytest.raises(InvalidInputError):
            life.accounts.find_token(wrong)
    for wrong in (token, "0" * 64, "a\0bcdefghi"):
        with pytest.raises(NotFoundError):
            life.accounts.find_token(wrong)


def test_the_last_use_is_noted_to_the_hour(life: Life) -> None:
    """Of the token, and of its member; only when an hour is over is anything written."""
    name, hour = life.join(), 497_000 * HOUR
    used, unused = (life.members.add_token(name, now=now()) for _ in range(2))
    life.lets_in(used, at=hour + 1)
    assert [life.token(used).last_used, life.token(unused).last_used] == [hour, None]
    assert life.accounts.find_member(name).last_used == hour
    life.lets_in(PASSWORD, name, at=hour + 5 * HOUR + 1)
    assert [life.accounts.find_member(name).last_used, life.token(used).last_used] == [hour + 5 * HOUR, hour]


@pytest.mark.parametrize("name", ["operator", "peer:somebody"])
def test_who_acts_without_a_login_cannot_be_changed_by_mistake(life: Life, name: str) -> None:
    """The operator, and what stands in the log for a peer."""
    with life.ground.database.write() as connection:
        if store.find_login(connection, name=name) is None:
            caller = Caller(number=0, name=name, organisation="Own", is_own=True, role=Role.PEER, clearance=Level.GREEN)
            store.add_member(connection, caller, organisation_number=1, password_hash=None, now=now())
    with pytest.raises(InvalidInputError, match=f"{name} cannot log in"):
        life.accounts.find_member(name)
    with pytest.raises(InvalidInputError, match=f"{name} cannot log in"):
        life.members.add_token(name, now=now())
    assert life.states(name) == ["no login"]


def with_peer(life: Life, organisation: str) -> str:
    """A peer of that organisation; its name."""
    name = f"p-{uuid4().hex}"
    caller = Caller(number=0, name=f"peer:{name}", organisation=organisation, is_own=False, role=Role.PEER, clearance=Level.GREEN)
    with life.ground.database.write() as connection:
        number = next(one.number for one in store.list_organisations(connection) if one.name == organisation)
        store.add_member(connection, caller, organisation_number=number, password_hash=None, now=now())
        login = store.find_login(connection, name=caller.name)
        assert login is not None
        peer.add_peer(connection, name=name, url="http://127.0.0.1:1/", member_number=login.caller.number, user="", secret=None)
    return name


def test_an_organisation_is_off_boarded_in_one_step(life: Life) -> None:
    """All that it holds is revoked and told; all that others hold is not touched."""
    leaving, staying = life.organisation().name, life.organisation().name
    ann, bob, eve = life.join(organisation=leaving), life.join(organisation=leaving), life.join(organisation=staying)
    tokens = {name: life.members.add_token(name, now=now()) for name in (ann, bob, eve)}
    theirs, others = with_peer(life, leaving), with_peer(life, staying)
    revoked = life.organisations.offboard(leaving, now=now())
    assert sorted(revoked.members) == sorted([ann, bob])
    assert sorted(one.id for one in revoked.tokens) == sorted(store_id(tokens[name]) for name in (ann, bob))
    assert revoked.peers == [theirs]
    assert {name: (life.lets_in(PASSWORD, name), life.lets_in(tokens[name])) for name in tokens} == {
        ann: (False, False),
        bob: (False, False),
        eve: (True, True),
    }
    with life.ground.database.read() as connection:
        assert {one.name: one.is_disabled for one in peer.list_peers(connection) if one.name in (theirs, others)} == {
            theirs: True,
            others: False,
        }


def test_what_was_dead_already_is_not_told_and_stays_dead(life: Life) -> None:
    """A second off-boarding revokes nothing; a token that only its member's state kept out is out for itself, too."""
    leaving = life.organisation().name
    name = life.join(organisation=leaving)
    token = life.members.add_token(name, now=now())
    life.accounts.disable(life.accounts.find_member(name), now=now())
    for _ in range(2):
        revoked = life.organisations.offboard(leaving, now=now())
        assert (revoked.members, revoked.tokens, revoked.peers) == ([], [], [])
    life.organisations.readmit(leaving)
    life.accounts.enable(life.accounts.find_member(name))
    assert [life.lets_in(PASSWORD, name), life.lets_in(token)] == [True, False]


def test_an_off_boarded_organisation_gets_nobody_in_until_it_is_readmitted(life: Life) -> None:
    """No new member, no new token, nobody enabled; afterwards one by one."""
    leaving = life.organisation().name
    name = life.join(organisation=leaving)
    life.organisations.offboard(leaving, now=now())
    attempts: list[Callable[[], object]] = [
        lambda: life.join(organisation=leaving),
        lambda: life.members.add_token(name, now=now()),
        lambda: life.accounts.enable(life.accounts.find_member(name)),
    ]
    for attempt in attempts:
        with pytest.raises(ConflictError, match="is off-boarded; take it in again with: tocsin organisation readmit"):
            attempt()
    life.organisations.readmit(leaving)
    assert not life.lets_in(PASSWORD, name)
    life.accounts.enable(life.accounts.find_member(name))
    assert life.lets_in(PASSWORD, name)


def test_our_own_organisation_cannot_be_off_boarded(life: Life) -> None:
    """The exchange would be nobody's."""
    with pytest.raises(InvalidInputError, match="Own is our own organisation"):
        life.organisations.offboard("Own", now=now())
    with pytest.raises(NotFoundError):
        life.organisations.offboard("nobody", now=now())


def take(life: Life, name: str, rate: int) -> int:
    database = life.ground.database
    number = life.members.find(name).number
    with database.write(is_patient=False) as connection:
        return throttle.take_slice(connection, number, rate=rate, clock=database.now())


def test_slices_of_one_member_come_from_one_bucket(life: Life) -> None:
    """Of four at once and two a second: each slice is one, and then there is nothing."""
    name, other = life.join(), life.join()
    assert [take(life, name, 2) for _ in range(5)] == [1, 1, 1, 1, 0]
    assert take(life, other, 2) == 1
    assert take(life, name, 1_000_000) > 0


def test_nobody_gets_slices_of_a_member_that_is_not_there(life: Life) -> None:
    with life.ground.database.write() as connection:
        assert throttle.take_slice(connection, 10**6, rate=50, clock=life.ground.database.now()) == 0


def at_once(count: int, work: Callable[[], None]) -> None:
    """Threads that start together."""
    gate = threading.Barrier(count)

    def run() -> None:
        gate.wait()
        work()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_failures_that_come_at_once_are_all_counted(life: Life) -> None:
    """Two first ones of one key are two."""
    key, instant = uuid4().hex, now()

    def fail() -> None:
        with life.ground.database.write() as connection:
            throttle.add_failure(connection, key, now=instant)

    at_once(8, fail)
    with life.ground.database.read() as connection:
        assert throttle.find_failures(connection, key) == (8, instant)
        assert throttle.find_failures(connection, "other") == (0, 0)


def test_slices_taken_at_once_are_no_more_than_the_bucket_holds(life: Life) -> None:
    """Processes do not see the same remainder."""
    name, granted = life.join(), []

    def work() -> None:
        with life.ground.database.write() as connection:
            granted.append(throttle.take_slice(connection, number, rate=1, clock=life.ground.database.now()))

    number = life.members.find(name).number
    at_once(8, work)
    assert 2 <= sum(granted) <= 3  # one more where a second passed meanwhile


def test_failures_are_forgotten_and_leave_nothing_behind(life: Life) -> None:
    """After an hour without one it begins anew; what nobody asks for again goes with the next failure of anybody."""
    key, other, instant = uuid4().hex, uuid4().hex, now() + 100 * HOUR
    with life.ground.database.write() as connection:
        throttle.add_failure(connection, other, now=instant)
        throttle.add_failure(connection, key, now=instant)
        throttle.add_failure(connection, key, now=instant + HOUR)
        assert throttle.find_failures(connection, key) == (2, instant + HOUR)
        throttle.add_failure(connection, key, now=instant + 3 * HOUR)
        assert throttle.find_failures(connection, key) == (1, instant + 3 * HOUR)
        assert connection.execute(text("SELECT count(*) FROM failure")).scalar_one() == 1
        throttle.forget_failures(connection, key)
        assert throttle.find_failures(connection, key) == (0, 0)


def test_accounts_of_an_earlier_release_go_on_as_they_were(empty_url: str) -> None:
    """The upgrade from the schema without states lets everybody in who could get in before."""
    database = Database(empty_url)
    with database.write() as connection:
        config = migration._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        hashed = MemberService(database=database)._hasher.hash(PASSWORD)
        connection.execute(
            text("INSERT INTO organisation (number, name, domain, identity_id, is_own) VALUES (1, 'Own', '', 'identity--1', :own)"),
            {"own": True},
        )
        columns = "number, name, organisation, role, clearance, password_hash, created"
        connection.execute(text(f"INSERT INTO member ({columns}) VALUES (1, 'ann', 1, 'peer', 1, :hashed, 5)"), {"hashed": hashed})
    migration.upgrade(database)
    assert MemberService(database=database).log_in(Credential(PASSWORD, "ann"), now=now()).name == "ann"
    (account,) = AccountService(database=database).members()
    assert (account.state(now()), account.created, account.expires, account.disabled) == ("active", 5, None, None)
    database.close()
