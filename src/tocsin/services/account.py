"""The operator's hand on accounts: lists, and what lets a member or a token in no longer, anew or until a day (ADR 0009).

Every server process notices within seconds: `tocsin.services.member` remembers a login no longer.
"""

from dataclasses import dataclass

from tocsin.errors import ConflictError, InvalidInputError, NotFoundError
from tocsin.model.account import Account, earliest, require_login, require_part
from tocsin.model.secret import new_token, password_hash, token_hash
from tocsin.store import member as store
from tocsin.store.database import Database

_SHORTEST_ID = 8  # digits


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    """Members and their tokens, as accounts."""

    database: Database

    def members(self) -> list[Account]:
        """All of them, by organisation and name."""
        with self.database.read() as connection:
            return store.list_members(connection)

    def tokens(self) -> list[Account]:
        """All of them, by organisation and member."""
        with self.database.read() as connection:
            return store.list_tokens(connection)

    def find_member(self, name: str) -> Account:
        """The member of that name.

        Raises:
            NotFoundError: there is none.
            InvalidInputError: it never logs in.
        """
        found = next((one for one in self.members() if one.name == name), None)
        if found is None:
            raise NotFoundError(f"there is no member {name!r}", hint="list them with: tocsin member list")
        return require_login(found)

    def find_token(self, identifier: str) -> Account:
        """The token that the list shows under that id, which may be longer than there.

        Raises:
            NotFoundError: there is none.
            InvalidInputError: it is shorter than the list shows it, or there are two.
        """
        found = [one for one in self.tokens() if one.token_hash.hex().startswith(identifier.lower())]
        if len(identifier) < _SHORTEST_ID or len(found) > 1:
            raise InvalidInputError(f"{identifier[:80]!r} does not tell which token", hint=f"give {_SHORTEST_ID} digits or more of its id")
        if not found:
            raise NotFoundError(f"there is no token {identifier[:80]!r}", hint="list them with: tocsin token list")
        return found[0]

    def disable(self, account: Account, *, now: int) -> None:
        """It lets nobody in, until it is enabled."""
        self._change(account, disabled=earliest(account.disabled, now))

    def enable(self, account: Account) -> None:
        """It lets in again, unless it has expired.

        Raises:
            ConflictError: its organisation is off-boarded.
        """
        require_part(account.organisation, account.offboarded)
        self._change(account, disabled=None)

    def expire(self, account: Account, at: int | None) -> None:
        """From that stamp on it lets nobody in; None: never."""
        self._change(account, expires=at)

    def rotate_password(self, account: Account, password: str) -> None:
        """The member's password is this one from now on; its tokens stay.

        Raises:
            InvalidInputError: too short, or shaped like a token.
        """
        self._change(account, password_hash=password_hash(password))

    def rotate_token(self, account: Account, *, until: int, now: int) -> str:
        """A new token of the same member; the old one lets in until that stamp.

        Raises:
            ConflictError: the old one lets nobody in.
        """
        if (state := account.state(now)) != "active":
            raise ConflictError(f"the token {account.id} is {state}", hint="make a new one with: tocsin token add")
        token = new_token()
        with self.database.write() as connection:
            store.add_token(connection, member_number=account.number, token_hash=token_hash(token), now=now)
            store.change_account(connection, account, expires=earliest(account.expires, until))
        return token

    def _change(self, account: Account, **values: int | str | None) -> None:
        with self.database.write() as connection:
            store.change_account(connection, account, **values)
