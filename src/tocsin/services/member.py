"""Members of organisations, and logging in (ADR 0006, ADR 0009).

Every TAXII client sends its password with every request, so a password that was verified is remembered for a while under a key that only
this process has, and so is one that failed: to show the same again is no guess. What was changed elsewhere is noticed within seconds.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NoReturn

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tocsin.errors import BusyError, ConflictError, InvalidInputError, NotFoundError, StoreError, TooManyRequestsError, UnauthenticatedError
from tocsin.model.account import Account, is_open, require_login, require_part
from tocsin.model.bucket import SECOND, Bucket
from tocsin.model.member import OPERATOR, Caller, require_name
from tocsin.model.secret import HASHER, TOKEN_PREFIX, new_token, password_hash, token_hash
from tocsin.store import member as store
from tocsin.store import throttle
from tocsin.store.database import Database

REMEMBERED_SECONDS = 2.0  # for how long a change of an account may go unnoticed by another process
VERIFIED_SECONDS = 600.0  # for how long a password need not be stretched again, as long as its hash stays the same
FREE_FAILURES = 5  # of one name from one address; each one after them doubles the wait
FREE_TOKENS = 20  # wrong tokens from one address; a right one is let in at any time
MAX_WAIT = 900  # seconds
GUESSES_PER_SECOND, GUESSES_AT_ONCE = 2, 20  # new passwords of one address that this process stretches
_TURN_SECONDS = 5.0  # for which a login waits for its turn
_NOTE_PAUSE_SECONDS = 60.0  # after the store did not take a note of a login's use
_HOUR = 3600 * SECOND
_REMEMBERED_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request shows: a name with a password, or a token alone (which may also come as the password of any name)."""

    secret: str
    name: str | None = None

    @property
    def is_token(self) -> bool:
        """Tokens can be told from passwords by their prefix."""
        return self.name is None or self.secret.startswith(TOKEN_PREFIX)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A credential on its way in: where failures are counted, and when it came."""

    digest: bytes  # equal for the same secret of the same member, as long as it is right, or wrong
    failure_key: str
    free: int
    now: int


@dataclass(slots=True, kw_only=True)
class MemberService:
    """Who may come in, and as whom."""

    database: Database
    _hasher: PasswordHasher = field(default=HASHER, init=False)
    _stretching: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(2), init=False)  # 19 MB and a core each
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), init=False)
    _callers: dict[bytes, tuple[float, Caller]] = field(default_factory=dict, init=False)
    _verified: dict[bytes, float] = field(default_factory=dict, init=False)
    _refused: dict[bytes, None] = field(default_factory=dict, init=False)
    _guesses: dict[str, Bucket] = field(default_factory=dict, init=False)
    _decoy: str = field(default="", init=False)
    _note_again: float = field(default=0.0, init=False)

    def log_in(self, credential: Credential, *, now: int, address: str = "") -> Caller:
        """The member that a credential is of.

        Args:
            address: of who shows it; failures are counted by it.

        Raises:
            UnauthenticatedError: the same, after the same work, for a wrong name and for a wrong password.
            TooManyRequestsError: too many others that were wrong came before it.
        """
        caller = self.remembered(credential)
        if caller is not None:
            return caller
        key = self._digest(credential.name or "", credential.secret)
        with self.database.read() as connection:
            if credential.is_token:
                login = store.find_login(connection, token_hash=token_hash(credential.secret))
            else:
                login = store.find_login(connection, name=credential.name)
        if not credential.is_token:
            hashed = login.password_hash if login else None
            digest = self._digest(credential.name or "", hashed or "", credential.secret)
            attempt = _Attempt(digest, _failure_key(address, credential.name or ""), FREE_FAILURES, now)
            self._require_password(credential.secret, hashed, attempt=attempt, address=address)
        elif login is None:
            attempt = _Attempt(key, _failure_key(address), FREE_TOKENS, now)
            if key not in self._refused:
                self._require_patience(attempt)
            self._refuse(attempt)
        if login is None or not is_open(login.account.disabled, login.account.expires, now=now):
            raise _failed()
        self._note_use(login.account, now=now)
        _make_room(self._callers)
        self._callers[key] = (time.monotonic() + REMEMBERED_SECONDS, login.caller)
        return login.caller

    def remembered(self, credential: Credential) -> Caller | None:
        """The member of a credential that was good a moment ago; nothing is looked up."""
        until, caller = self._callers.get(self._digest(credential.name or "", credential.secret), (0.0, None))
        return caller if time.monotonic() < until else None

    def find(self, name: str) -> Caller:
        """The member of that name, for the local operator to act as.

        Raises:
            NotFoundError: there is none.
        """
        return self._find(name).caller

    def add_member(self, member: Caller, *, password: str | None, now: int) -> Caller:
        """Takes in a member of the organisation that `member` names; `number` and `is_own` of the argument do not count.

        Raises:
            InvalidInputError: the name is unusable, the password too short or shaped like a token.
            NotFoundError: there is no such organisation.
            ConflictError: the name is taken, or the organisation off-boarded.
        """
        require_name(member.name, kind="a member")
        hashed = password_hash(password) if password is not None else None
        with self.database.write(is_alone=True) as connection:
            if store.is_taken(connection, member.name):
                raise ConflictError(f"an organisation or a member is called {member.name!r} already", hint="choose another name")
            organisations = {one.name: one for one in store.list_organisations(connection)}
            home = organisations.get(member.organisation)
            if home is None:
                known = ", ".join(organisations) or "none yet"
                raise NotFoundError(f"there is no organisation {member.organisation!r}", hint=f"organisations here: {known}")
            require_part(home.name, home.offboarded)
            store.add_member(connection, member, organisation_number=home.number, password_hash=hashed, now=now)
        return self.find(member.name)

    def add_token(self, name: str, *, now: int) -> str:
        """A new token of that member. It is shown here and never again.

        Raises:
            InvalidInputError: it is the operator, who is local by definition, or what stands for a peer.
            NotFoundError: there is no such member.
            ConflictError: its organisation is off-boarded.
        """
        if name == OPERATOR:
            raise InvalidInputError(f"{OPERATOR} cannot log in", hint="add a member with the role administrator, and a token for it")
        account, token = self._find(name).account, new_token()
        require_login(account)
        require_part(account.organisation, account.offboarded)
        with self.database.write() as connection:
            store.add_token(connection, member_number=account.number, token_hash=token_hash(token), now=now)
        return token

    def _find(self, name: str) -> store.Login:
        with self.database.read() as connection:
            login = store.find_login(connection, name=name)
        if login is None:
            raise NotFoundError(f"there is no member {name!r}", hint="make one with: tocsin member add")
        return login

    def _require_password(self, password: str, hashed: str | None, *, attempt: _Attempt, address: str) -> None:
        """It matches the hash. One that has matched once is never held up by others' failures, and stretched again after a while."""
        known_until = self._verified.get(attempt.digest)
        if known_until is not None and time.monotonic() < known_until:
            return
        if attempt.digest in self._refused:
            raise _failed()
        failures = 0
        with self._turn():
            if known_until is None:
                failures = self._require_patience(attempt)
                self._require_few_guesses(address)
            is_right = self._matches(hashed, password)
        if not is_right:
            self._refuse(attempt)
        if failures:
            with self.database.write() as connection:
                throttle.forget_failures(connection, attempt.failure_key)
        _make_room(self._verified)
        self._verified[attempt.digest] = time.monotonic() + VERIFIED_SECONDS

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._stretching.acquire(timeout=_TURN_SECONDS):
            raise BusyError("too many logins at once", hint="try again shortly")
        try:
            yield
        finally:
            self._stretching.release()

    def _matches(self, hashed: str | None, password: str) -> bool:
        """The same work where there is no hash."""
        self._decoy = self._decoy or self._hasher.hash(secrets.token_urlsafe())
        try:
            self._hasher.verify(hashed or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def _require_patience(self, attempt: _Attempt) -> int:
        """The wait after the last failure is over; how many there were."""
        with self.database.read() as connection:
            count, last = throttle.find_failures(connection, attempt.failure_key)
        wait = min(2 ** min(count - attempt.free - 1, 30), MAX_WAIT) * SECOND if count > attempt.free else 0
        if last <= attempt.now < last + wait:  # one of later than now: the clock was put back
            raise _too_many(-(-(last + wait - attempt.now) // SECOND))
        return count

    def _require_few_guesses(self, address: str) -> None:
        bucket = self._guesses.get(address)
        if bucket is None:
            _make_room(self._guesses)
            bucket = self._guesses[address] = Bucket.of(GUESSES_PER_SECOND, burst=GUESSES_AT_ONCE)
        if not bucket.take(time.monotonic()):
            raise _too_many(1)

    def _refuse(self, attempt: _Attempt) -> NoReturn:
        if attempt.digest not in self._refused:
            _make_room(self._refused)
            self._refused[attempt.digest] = None
            with self.database.write() as connection:
                throttle.add_failure(connection, attempt.failure_key, now=attempt.now)
        raise _failed()

    def _note_use(self, account: Account, *, now: int) -> None:
        """Once an hour, where the store takes it soon: no login fails or waits long for it."""
        hour = now - now % _HOUR
        if (account.last_used is None or account.last_used < hour) and time.monotonic() >= self._note_again:
            self._note_again = time.monotonic() + _NOTE_PAUSE_SECONDS
            with suppress(StoreError), self.database.write(is_patient=False) as connection:
                store.touch(connection, account, now=hour)
                self._note_again = 0.0

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, b"\0".join(part.encode(errors="surrogatepass") for part in parts), "sha256")


def _failure_key(*parts: str) -> str:
    return sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def _failed() -> UnauthenticatedError:
    return UnauthenticatedError("this login is not valid", hint="check the name and password, or the token")


def _too_many(seconds: int) -> TooManyRequestsError:
    return TooManyRequestsError(
        "too many logins from there were not valid", hint=f"wait for {seconds} s, then show the right one", retry_after_seconds=seconds
    )


def _make_room(remembered: dict[Any, Any]) -> None:
    if len(remembered) >= _REMEMBERED_AT_MOST:
        remembered.clear()
