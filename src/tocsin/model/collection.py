"""A collection's definition (one TOML file each, docs/collections.md) and who may read and write it.

A key whose rule is not built yet is refused when it asks for that rule: a promise in a file that nothing keeps is worse than none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard
from uuid import UUID

from tocsin.errors import InvalidInputError
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Role

INBOX = "inbox"
PROVIDERS = "providers"
DRAFTS = "drafts"  # notifications that are not sent yet
ADDRESSED_TO_US = frozenset({INBOX, DRAFTS, "submissions"})  # whatever role a foreign member has, it does not read these
OUTBOX = "outbox-"  # with the organisation's name in lower case: what we lay out for it
NOT_BUILT = {"authors": "any", "default_tlp": "clear", "moderated": False, "retention": ""}  # key: the only value it takes today
KNOWN_KEYS = ("id", "alias", "title", "description", "max_tlp", "read", "write", *NOT_BUILT)
_ALIAS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a collection is for, how strict its strictest object may be, and who may do what."""

    id: str  # UUIDv4, lower case
    alias: str
    title: str
    description: str = ""
    max_tlp: Level = Level.GREEN
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    number: int = field(default=0, compare=False)  # the store's own short name; 0 before it is stored
    epoch: int = field(default=0, compare=False)  # counts restores; a `next` of an earlier epoch is void

    def may_read(self, caller: Caller) -> bool:
        """The definition grants reading, and the caller is cleared for everything that may be in here."""
        if self.alias in ADDRESSED_TO_US and not caller.is_own:
            return False
        if self.alias.startswith(OUTBOX) and caller.is_own:  # what we wrote there, our own people read
            return caller.role in (Role.ADMINISTRATOR, Role.ANALYST) and caller.clearance >= self.max_tlp
        return caller.clearance >= self.max_tlp and not caller.words.isdisjoint(self.read)

    def may_write(self, caller: Caller) -> bool:
        """The definition grants writing; into an outbox, and where we draft, only we do."""
        if (self.alias.startswith(OUTBOX) or self.alias == DRAFTS) and not caller.is_own:
            return False
        return not caller.words.isdisjoint(self.write)


def from_definition(definition: Mapping[str, Any]) -> Collection:
    """The collection that a definition (the content of a TOML file) describes.

    Raises:
        InvalidInputError: names the key that is missing, unknown, malformed or not built yet, and what to write.
    """
    for key in definition:
        if key not in KNOWN_KEYS:
            raise InvalidInputError(f"unknown key {key!r}", hint=f"known keys: {', '.join(KNOWN_KEYS)}")
    for key, only in NOT_BUILT.items():
        if definition.get(key, only) != only:
            raise InvalidInputError(f"{key} = {definition[key]!r} asks for a rule that is not built yet", hint=f"leave {key} out")
    if "anonymous" in _words(definition, "write"):
        raise InvalidInputError("write names anonymous, and somebody must answer for every entry", hint='"*" is every member')
    return Collection(
        id=_uuid4(_text(definition, "id")),
        alias=_matching(_text(definition, "alias"), _ALIAS, key="alias", shape="lower case words joined by hyphens"),
        title=_title(_text(definition, "title")),
        description=_text(definition, "description", default=""),
        max_tlp=_level(_text(definition, "max_tlp", default="green")),
        read=_words(definition, "read"),
        write=_words(definition, "write"),
    )


def _text(definition: Mapping[str, Any], key: str, *, default: str | None = None) -> str:
    value = definition.get(key, default)
    if value is None:
        raise InvalidInputError(f"{key} is missing", hint=f'add {key} = "..."')
    if not _is_text(value):
        raise InvalidInputError(f"{key} is not a text", hint=f'write {key} = "..."')
    return value.strip()


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not any(ord(character) < 32 and character != "\n" for character in value)


def _uuid4(text: str) -> str:
    try:
        value = UUID(text)
    except ValueError:
        value = UUID(int=0)
    if value.version != 4 or str(value) != text.lower():
        raise InvalidInputError(f"id {text[:60]!r} is not a UUIDv4", hint="make one with: python3 -c 'import uuid; print(uuid.uuid4())'")
    return str(value)


def _matching(text: str, pattern: re.Pattern[str], *, key: str, shape: str) -> str:
    if pattern.fullmatch(text) is None or len(text) > 100:
        raise InvalidInputError(f"{key} {text[:60]!r} is not usable", hint=f"use {shape}, at most 100 characters")
    return text


def _title(text: str) -> str:
    # Clients that address collections by title split it at dots and commas.
    return _matching(text, re.compile(r"[^.,\n]+"), key="title", shape="a text without dot or comma")


def _level(label: str) -> Level:
    try:
        return Level.named(label)
    except ValueError as error:
        raise InvalidInputError(f"max_tlp: {error}", hint="write one of those") from error


def _words(definition: Mapping[str, Any], key: str) -> tuple[str, ...]:
    words = definition.get(key, [])
    if not isinstance(words, list) or not all(word and _is_text(word) for word in words):
        raise InvalidInputError(f"{key} is not a list of texts", hint=f'write {key} = ["analyst", "peer"]')
    return tuple(dict.fromkeys(words))
