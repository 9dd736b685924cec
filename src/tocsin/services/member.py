"""Members of organisations, and logging in (ADR 0006).

Every TAXII client sends its password with every request, so a password that was verified is remembered for a while under a key that only
this process has. What was changed elsewhere is noticed within seconds.
"""

import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tocsin.errors import ConflictError, InvalidInputError, NotFoundError, UnauthenticatedError
from tocsin.model.member import OPERATOR, Caller, require_name
from tocsin.store import member as store
from tocsin.store.database import Database

TOKEN_PREFIX = "tocsin_"  # noqa: S105 - lets a person, and a scanner for leaked secrets, see what it is
MIN_PASSWORD = 12  # characters
REMEMBERED_SECONDS = 2.0  # for how long a change of an account may go unnoticed by another process
VERIFIED_SECONDS = 600.0  # for how long a password need not be stretched again, as long as its hash stays the same
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


@dataclass(slots=True, kw_only=True)
class MemberService:
    """Who may come in, and as whom."""

    database: Database
    _hasher: PasswordHasher = field(default_factory=lambda: PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1), init=False)
    _stretching: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(2), init=False)  # 19 MB and a core each
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), init=False)
    _callers: dict[bytes, tuple[float, Caller]] = field(default_factory=dict, init=False)
    _verified: dict[bytes, float] = field(default_factory=dict, init=False)
    _decoy: str = field(default="", init=False)

    def log_in(self, credential: Credential) -> Caller:
        """The member that a credential is of.

        Raises:
            UnauthenticatedError: the same, after the same work, for a wrong name and for a wrong password.
        """
        caller = self.remembered(credential)
        if caller is not None:
            return caller
        with self.database.read() as connection:
            if credential.is_token:
                login = store.find_login(connection, token_hash=token_hash(credential.secret))
            else:
                login = store.find_login(connection, name=credential.name)
        if not credential.is_token:
            self._require_password(credential.secret, login.password_hash if login else None)
        if login is None:
            raise _failed()
        _make_room(self._callers)
        key = self._digest(credential.name or "", credential.secret)
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
        with self.database.read() as connection:
            login = store.find_login(connection, name=name)
        if login is None:
            raise NotFoundError(f"there is no member {name!r}", hint="make one with: tocsin member add")
        return login.caller

    def add_member(self, member: Caller, *, password: str | None, now: int) -> Caller:
        """Takes in a member of the organisation that `member` names; `number` and `is_own` of the argument do not count.

        Raises:
            InvalidInputError: the name is unusable, the password too short or shaped like a token.
            NotFoundError: there is no such organisation.
            ConflictError: the name is taken.
        """
        require_name(member.name, kind="a member")
        if password is not None and len(password) < MIN_PASSWORD:
            raise InvalidInputError("the password is too short", hint=f"use {MIN_PASSWORD} characters or more")
        if password is not None and password.startswith(TOKEN_PREFIX):
            raise InvalidInputError(f"a password cannot begin with {TOKEN_PREFIX}: it would be taken for a token", hint="choose another")
        hashed = self._hasher.hash(password) if password is not None else None
        with self.database.write(is_alone=True) as connection:
            if store.is_taken(connection, member.name):
                raise ConflictError(f"an organisation or a member is called {member.name!r} already", hint="choose another name")
            organisations = {one.name: one for one in store.list_organisations(connection)}
            home = organisations.get(member.organisation)
            if home is None:
                known = ", ".join(organisations) or "none yet"
                raise NotFoundError(f"there is no organisation {member.organisation!r}", hint=f"organisations here: {known}")
            store.add_member(connection, member, organisation_number=home.number, password_hash=hashed, now=now)
        return self.find(member.name)

    def add_token(self, name: str, *, now: int) -> str:
        """A new token of that member. It is shown here and never again.

        Raises:
            InvalidInputError: it is the operator, who is local by definition.
            NotFoundError: there is no such member.
        """
        if name == OPERATOR:
            raise InvalidInputError(f"{OPERATOR} cannot log in", hint="add a member with the role administrator, and a token for it")
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        number = self.find(name).number
        with self.database.write() as connection:
            store.add_token(connection, member_number=number, token_hash=token_hash(token), now=now)
        return token

    def _require_password(self, password: str, hashed: str | None) -> None:
        key = self._digest(hashed or "", password)
        if time.monotonic() < self._verified.get(key, 0.0):
            return
        with self._stretching:
            self._decoy = self._decoy or self._hasher.hash(secrets.token_urlsafe())
            try:
                self._hasher.verify(hashed or self._decoy, password)
            except (VerificationError, InvalidHashError) as error:
                raise _failed() from error
        if hashed is None:
            raise _failed()
        _make_room(self._verified)
        self._verified[key] = time.monotonic() + VERIFIED_SECONDS

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, b"\0".join(part.encode(errors="surrogatepass") for part in parts), "sha256")


def _failed() -> UnauthenticatedError:
    return UnauthenticatedError("this login is not valid", hint="check the name and password, or the token")


def token_hash(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode(errors="surrogatepass")).digest()


def _make_room(remembered: dict[bytes, Any]) -> None:
    if len(remembered) >= _REMEMBERED_AT_MOST:
        remembered.clear()
