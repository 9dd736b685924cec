"""Who is who: organisations, their members, and the caller of one request (ADR 0006)."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.errors import InvalidInputError
from tocsin.model.marking import Level

OPERATOR = "operator"  # the local command line: administrator of our own organisation, without any login
_NAME = re.compile(r"[^\W_](?:[\w .@+&()'-]{0,78}[\w.)])?")


class Role(StrEnum):
    """What a member does here; collections grant reading and writing to roles by these words."""

    ADMINISTRATOR = "administrator"
    ANALYST = "analyst"
    PEER = "peer"
    SOC = "soc"


RESERVED_NAMES = frozenset({*Role, "*", "anonymous", OPERATOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A body whose members speak for it."""

    number: int
    name: str
    domain: str  # DNS domain, lower case; "" where none is known
    identity_id: str  # its STIX identity
    is_own: bool  # the organisation that runs this exchange
    offboarded: int | None = None  # since when it takes no part any more

    @property
    def slug(self) -> str:
        """Its name as it stands in aliases: "Acme AI" gives "acme-ai"."""
        return slug_of(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who makes a request: a member as it was when it logged in, or the public."""

    number: int  # the member's number in the store; 0 for the public
    name: str
    organisation: str
    is_own: bool  # belongs to the organisation that runs this exchange
    role: Role | None  # None for the public
    clearance: Level
    words: frozenset[str] = field(init=False)  # every word of a collection's `read` and `write` that means this caller

    def __post_init__(self) -> None:
        mine = ("*", self.role, self.organisation, self.name) if self.role else ()
        object.__setattr__(self, "words", frozenset({"anonymous", *mine}))

    @property
    def is_anonymous(self) -> bool:
        """Nobody logged in."""
        return self.role is None


ANONYMOUS = Caller(number=0, name="anonymous", organisation="", is_own=False, role=None, clearance=Level.CLEAR)


def slug_of(name: str) -> str:
    """A name in lower case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def require_name(name: str, *, kind: str) -> str:
    """The name of a new organisation or member.

    Raises:
        InvalidInputError: empty, longer than 80 characters, with control characters or a colon, or a word that means something else.
    """
    if name.lower() in RESERVED_NAMES:
        raise InvalidInputError(f"{name!r} cannot name {kind}: it has a meaning", hint="choose no role, *, anonymous or operator")
    if _NAME.fullmatch(name) is None or not slug_of(name):
        raise InvalidInputError(
            f"{name[:80]!r} cannot name {kind}",
            hint="use 1 to 80 letters, digits, spaces and . _ @ + & ( ) ' -, starting with a letter or digit",
        )
    return name
