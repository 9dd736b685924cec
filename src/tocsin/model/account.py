"""An account as the operator sees it: a member, or one token of a member, and whether it lets anybody in (ADR 0009)."""

from dataclasses import dataclass

from tocsin.errors import ConflictError, InvalidInputError
from tocsin.model.marking import Level
from tocsin.model.member import OPERATOR, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is kept of it; a token's own where it is one."""

    number: int  # the member's
    name: str  # the member's
    organisation: str
    role: Role
    clearance: Level
    created: int
    last_used: int | None  # to the hour
    expires: int | None  # from this stamp on it lets nobody in
    disabled: int | None  # since when
    offboarded: int | None  # since when its organisation takes no part any more
    token_hash: bytes = b""

    @property
    def id(self) -> str:
        """Of a token: what it may be called in public."""
        return self.token_hash.hex()[:8]

    @property
    def has_login(self) -> bool:
        """Neither the operator, nor what stands in the log for a peer: those act without logging in."""
        return self.name != OPERATOR and ":" not in self.name

    def state(self, now: int) -> str:
        """One word for people and programs."""
        if not self.has_login:
            return "no login"
        return "disabled" if self.disabled is not None else "expired" if not is_open(None, self.expires, now=now) else "active"


def is_open(disabled: int | None, expires: int | None, *, now: int) -> bool:
    """What is disabled since then and expires then lets somebody in now."""
    return disabled is None and (expires is None or now < expires)


def earliest(*stamps: int | None) -> int | None:
    """The first of those that there are."""
    return min((stamp for stamp in stamps if stamp is not None), default=None)


def require_login(account: Account) -> Account:
    """A member that somebody logs in as.

    Raises:
        InvalidInputError: it acts without.
    """
    if account.has_login:
        return account
    hint = "it is the local command line" if account.name == OPERATOR else "it stands for a peer: use tocsin peer"
    raise InvalidInputError(f"{account.name} cannot log in", hint=hint)


def require_part(organisation: str, offboarded: int | None) -> None:
    """An organisation that takes part.

    Raises:
        ConflictError: it was off-boarded.
    """
    if offboarded is not None:
        raise ConflictError(f"{organisation} is off-boarded", hint="take it in again with: tocsin organisation readmit")
