"""Wrong logins make wait, and only those who send them: a guesser gets nowhere, the owner gets in (ADR 0009)."""

from types import SimpleNamespace

import pytest

from tests.services.conftest import House
from tests.services.test_member import CountingHasher
from tocsin.errors import TocsinError, TooManyRequestsError, UnauthenticatedError
from tocsin.services import member
from tocsin.services.member import FREE_FAILURES, FREE_TOKENS, Credential, MemberService

PASSWORD = "correct horse battery"
START = 1_800_000_000_000_000
SECOND = 1_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Seconds since the test began, and how far the clock on the wall is off."""
    hands = SimpleNamespace(now=0.0, off=0.0)
    monkeypatch.setattr(member, "time", SimpleNamespace(monotonic=lambda: 1_000 + hands.now))
    return hands


@pytest.fixture
def members(house: House) -> MemberService:
    """With `ann`, who has a password."""
    house.join("ann", password=PASSWORD)
    return house.exchange.members


def another_process(members: MemberService) -> MemberService:
    return MemberService(database=members.database)


class Sender:
    """Somebody at an address, who tries."""

    def __init__(self, members: MemberService, clock: SimpleNamespace, address: str) -> None:
        self.members, self.clock, self.address, self.guesses = members, clock, address, 0

    def shows(self, secret: str, name: str | None = "ann") -> str:
        """What becomes of it: in, wrong, or the seconds to wait."""
        try:
            now = START + int((self.clock.now + self.clock.off) * SECOND)
            return "in as " + self.members.log_in(Credential(secret, name), now=now, address=self.address).name
        except TooManyRequestsError as error:
            return f"wait {error.retry_after_seconds}"
        except UnauthenticatedError:
            return "wrong"

    def guesses_at(self, name: str = "ann", *, times: int = 1) -> list[str]:
        """Passwords that nobody tried before."""
        self.guesses += times
        return [self.shows(f"guess {self.guesses - number} of many", name) for number in range(times)]

    def guesses_tokens(self, *, times: int) -> list[str]:
        self.guesses += times
        return [self.shows(f"tocsin_{self.guesses - number}", None) for number in range(times)]


@pytest.fixture
def thief(members: MemberService, clock: SimpleNamespace) -> Sender:
    return Sender(members, clock, "203.0.113.6")


@pytest.fixture
def owner(members: MemberService, clock: SimpleNamespace) -> Sender:
    return Sender(members, clock, "192.0.2.1")


def test_five_failures_are_free_and_then_the_wait_doubles(thief: Sender, clock: SimpleNamespace) -> None:
    """From one second to a quarter of an hour."""
    assert thief.guesses_at(times=FREE_FAILURES) == ["wrong"] * 5
    waits = []
    for _ in range(12):
        assert thief.guesses_at() == ["wrong"]
        waits.append(int(thief.guesses_at()[0].removeprefix("wait ")))
        clock.now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_a_wait_is_not_made_longer_by_knocking(thief: Sender, clock: SimpleNamespace) -> None:
    """It is told to the second, and passes; what was shown meanwhile was not looked at."""
    thief.guesses_at(times=7)
    assert thief.shows(PASSWORD) == "wait 1"
    assert thief.guesses_at(times=10) == ["wait 1"] * 10
    clock.now += 1
    assert thief.shows(PASSWORD) == "in as ann"


def test_a_guesser_elsewhere_does_not_lock_the_owner_out(thief: Sender, owner: Sender, clock: SimpleNamespace) -> None:
    """Failures count for the address that they come from."""
    for _ in range(30):
        thief.guesses_at(times=10)
        clock.now += 10
    thief.guesses_at()
    assert thief.shows(PASSWORD) == "wait 256"
    assert owner.shows(PASSWORD) == "in as ann"


def test_who_was_in_stays_in_whatever_comes_from_the_same_address(thief: Sender, clock: SimpleNamespace) -> None:
    """As behind a proxy: a password that was right once is never held up, also when it is stretched again."""
    owner = Sender(thief.members, clock, thief.address)
    assert owner.shows(PASSWORD) == "in as ann"
    thief.guesses_at(times=100)
    for _ in range(3):
        clock.now += member.VERIFIED_SECONDS + 1
        thief.guesses_at(times=10)
        assert owner.shows(PASSWORD) == "in as ann"


def test_the_same_wrong_password_again_is_no_guess(owner: Sender, clock: SimpleNamespace) -> None:
    """A client that was not told the new password polls on, and does not lock out the one that was."""
    for _ in range(100):
        assert owner.shows("the old password") == "wrong"
        clock.now += 5
    assert owner.shows(PASSWORD) == "in as ann"


def test_a_name_that_is_not_there_makes_wait_just_the_same(thief: Sender, clock: SimpleNamespace) -> None:
    """Nobody learns which members there are, neither from answers nor from waits."""
    courses = []
    for name in ("ann", "nobody", "operator", "", "a\0b"):
        other = Sender(another_process(thief.members), clock, thief.address)
        courses.append([*other.guesses_at(name, times=8), other.shows("again", name), other.shows("again", name)])
    assert courses[0] == ["wrong"] * 6 + ["wait 1"] * 4
    assert all(course == courses[0] for course in courses)


def test_processes_count_together(thief: Sender, clock: SimpleNamespace) -> None:
    """A guesser gains nothing by asking another one."""
    senders = [Sender(another_process(thief.members), clock, thief.address) for _ in range(4)]
    answers = [sender.shows(f"guess {number} of {count} there") for count in range(3) for number, sender in enumerate(senders)]
    assert answers == ["wrong"] * 6 + ["wait 1"] * 6


def test_getting_in_forgets_the_failures(owner: Sender, clock: SimpleNamespace) -> None:
    """Who mistyped has five tries again."""
    owner.guesses_at(times=5)
    assert owner.shows(PASSWORD) == "in as ann"
    assert owner.guesses_at(times=6) == ["wrong"] * 6


def test_an_hour_without_a_failure_forgets_them(thief: Sender, clock: SimpleNamespace) -> None:
    thief.guesses_at(times=5)
    clock.now += 3_601
    assert thief.guesses_at(times=6) == ["wrong"] * 6
    assert thief.guesses_at() == ["wait 1"]


def test_a_clock_that_was_put_back_locks_nobody_out(thief: Sender, clock: SimpleNamespace) -> None:
    """A failure of tomorrow makes nobody wait today."""
    clock.off = 86_400
    thief.guesses_at(times=7)
    clock.off = 0
    assert thief.shows(PASSWORD) == "in as ann"


def test_one_address_stretches_no_more_than_two_new_passwords_a_second(thief: Sender, owner: Sender, clock: SimpleNamespace) -> None:
    """Each costs 20 ms of a core; names that it has not tried before cost it nothing else."""
    hasher = CountingHasher(thief.members)
    answers = [thief.guesses_at(f"name {number}")[0] for number in range(100)]
    assert answers == ["wrong"] * member.GUESSES_AT_ONCE + ["wait 1"] * 80
    assert hasher.count == member.GUESSES_AT_ONCE
    clock.now += 3
    assert [thief.guesses_at(f"other {number}")[0] for number in range(10)] == ["wrong"] * 6 + ["wait 1"] * 4
    assert owner.shows(PASSWORD) == "in as ann"


def test_wrong_tokens_make_wait_and_right_ones_never(thief: Sender, clock: SimpleNamespace) -> None:
    """They are counted by address; nobody can guess one, so a right one is let in even from there."""
    token = thief.members.add_token("ann", now=1)
    assert thief.guesses_tokens(times=FREE_TOKENS + 1) == ["wrong"] * (FREE_TOKENS + 1)
    assert thief.guesses_tokens(times=5) == ["wait 1"] * 5
    assert thief.shows(token, None) == "in as ann"
    assert thief.shows("tocsin_unknown", "ann") == "wait 1"


def test_the_same_wrong_token_again_is_no_guess(owner: Sender, clock: SimpleNamespace) -> None:
    assert {owner.shows("tocsin_revoked", None) for _ in range(100)} == {"wrong"}


def test_a_disabled_member_with_the_right_password_does_not_lock_itself_out(house: House, owner: Sender, clock: SimpleNamespace) -> None:
    """It is refused like a wrong one, and let in as soon as it is enabled."""
    accounts = house.exchange.accounts
    accounts.disable(accounts.find_member("ann"), now=START)
    for _ in range(20):
        assert owner.shows(PASSWORD) == "wrong"
        clock.now += 5
    accounts.enable(accounts.find_member("ann"))
    assert owner.shows(PASSWORD) == "in as ann"


def test_what_is_remembered_of_failures_has_a_bound(thief: Sender, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member, "_REMEMBERED_AT_MOST", 3)
    for number in range(10):
        Sender(thief.members, clock, f"192.0.2.{number}").guesses_at(f"name {number}")
    assert max(len(thief.members._refused), len(thief.members._guesses)) <= 3


def test_more_logins_than_can_be_stretched_wait_their_turn_or_try_again(
    members: MemberService, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads do not pile up behind argon2."""
    monkeypatch.setattr(member, "_TURN_SECONDS", 0.01)
    with members._turn(), members._turn(), pytest.raises(TocsinError, match="too many logins at once"):
        members.log_in(Credential(PASSWORD, "ann"), now=START)
