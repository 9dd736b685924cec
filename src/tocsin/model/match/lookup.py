"""One value of telemetry looked up among the indicators: in its one form, as all that a field of its kind can hold.

Accounts are hashed here with the keys that are held, in memory; nothing of them goes anywhere else.

Source: docs/match.md.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.errors import InvalidInputError
from tocsin.model.hashed_account import ALGORITHM, CANONICALISATION, MAX_CHARACTERS, canonical
from tocsin.model.match.field import Kind
from tocsin.model.match.index import Index
from tocsin.model.match.pattern import Slot
from tocsin.model.match.table import Refs
from tocsin.model.match.value import HASHES, address_of, email_of, name_of, split_port, url_of

MAX_REMEMBERED = 50_000  # values of one kind
_MAX_LENGTH = 256  # characters of a value that is remembered
_MAX_ACCOUNT = 4 * MAX_CHARACTERS  # no four characters become less than one, and ordering many marks takes long
_DIGITS = frozenset(HASHES.values())


class Memory(dict[str, Refs]):
    """What values give: asked like a dictionary, which finds out what it does not know. Telemetry says the same again and again."""

    def __init__(self, find: Callable[[str], Refs]) -> None:
        """Args:
        find: looks up one value without blanks around it.
        """
        super().__init__()
        self._find = find

    def __missing__(self, text: str) -> Refs:
        """Finds it out."""
        found = self._find(text.strip())
        if len(text) <= _MAX_LENGTH:
            if len(self) >= MAX_REMEMBERED:
                self.clear()
            self[text] = found
        return found


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds values of each kind in one index."""

    index: Index

    def memories(self) -> Mapping[Kind, Memory]:
        """One a kind."""
        finders: dict[Kind, Callable[[str], Refs]] = {
            Kind.IP: self.host,
            Kind.DOMAIN: self.host,
            Kind.URL: self.url,
            Kind.EMAIL: self.email,
            Kind.HASH: self.hash,
            Kind.ACCOUNT: self.account,
            Kind.PHONE: self.phone,
            Kind.PROMPT: self.prompt,
            Kind.PIECE: self.piece,
        }
        return {kind: Memory(find) for kind, find in finders.items()}

    def host(self, text: str) -> Refs:
        """A domain name or an IP address, with or without a port."""
        name = name_of(split_port(text)[0])
        address = address_of(name[1:-1] if name[:1] == "[" and name[-1:] == "]" and ":" in name else name)
        found = self.index.table.find(Slot.HOST, name if address is None else str(address))
        return found if address is None else found + self.index.table.find_networks(address)

    def url(self, text: str) -> Refs:
        """A URL and its host; what has no scheme may still be a host."""
        whole, host = url_of(text)
        found = self.index.table.find(Slot.URL, whole)
        host = host or ("" if "/" in text else text)
        return found + self.host(host) if host else found

    def email(self, text: str) -> Refs:
        """An e-mail address, as it is and hashed."""
        return self.index.table.find(Slot.EMAIL, email_of(text)) + self._hashed(text, ("email",))

    def phone(self, text: str) -> Refs:
        """A phone number, hashed."""
        return self._hashed(text, ("phone",))

    def account(self, text: str) -> Refs:
        """A name or number of an account at our own service, as it is and hashed; many are an e-mail address."""
        found = self.index.table.find(Slot.ACCOUNT, text) + self._hashed(text, ("username", "account-id"))
        return found + self.email(text) if "@" in text else found

    def hash(self, text: str) -> Refs:
        """A digest; its length says which algorithm."""
        return self.index.table.find(Slot.HASH, text.lower())

    def prompt(self, text: str) -> Refs:
        """The rules that a prompt matches."""
        return tuple(number for rule, number in self.index.rules if rule(text))

    def piece(self, text: str) -> Refs:
        """A piece of plain text: whatever it looks like."""
        if "://" in text:
            bare = text.rstrip(".,;:!?)]}")
            return self.url(text) + (self.url(bare) if bare != text else ())
        if "@" in text:
            return self.email(text.rstrip("."))
        found = self.host(text)
        return found + self.hash(text) if len(text) in _DIGITS else found

    def _hashed(self, text: str, kinds: tuple[str, ...]) -> Refs:
        found: Refs = ()
        if not self.index.keys or len(text) > _MAX_ACCOUNT:
            return found
        for kind in kinds:
            try:
                form = f"{kind}|{canonical(kind, text)}".encode()
            except InvalidInputError:
                continue  # it has no certain form
            slot = Slot.PERSON if kind in ("email", "phone") else Slot.ACCOUNT
            for key_id, key in self.index.keys.items():
                digest = hmac.digest(key, form, "sha256").hex()
                found += self.index.table.find(slot, f"{ALGORITHM}:{key_id}:{CANONICALISATION}:{digest}")
        return found
