"""Which values of a column could be found at all: asked of all of them at once, since of nearly all the answer is no.

Never says no to a value that `lookup` would find, and may say yes to one that it does not find. A value is let through if it stands in the
index in lower case, or if it is written in any way that could have another form: with a port, an address of IPv6, a letter outside ASCII,
a dot at its end.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.model.match.field import Kind
from tocsin.model.match.index import Index
from tocsin.model.match.pattern import Slot

_WEB = frozenset({"http:", "https:"})  # how a URL begins that is split here


@dataclass(frozen=True, slots=True)
class Sieve:
    """Sifts columns for one index."""

    index: Index

    def positions(self, kind: Kind, texts: Sequence[str]) -> Iterable[int]:
        """Of the values that have to be looked up; some may come twice."""
        match kind:
            case Kind.IP | Kind.DOMAIN:
                return self._hosts(texts)
            case Kind.URL:
                return self._urls(texts)
            case Kind.EMAIL:
                return self._emails(texts)
            case Kind.HASH:
                return self._there(Slot.HASH, _lower(texts))
            case Kind.ACCOUNT:
                return self._accounts(texts)
            case Kind.PIECE:
                return self._pieces(texts)
            case Kind.PROMPT:
                return range(len(texts)) if self.index.rules else ()
        return range(len(texts)) if self.index.keys else ()

    def _hosts(self, texts: Sequence[str], *, marks: str = ":") -> list[int]:
        names = _lower(texts)
        found = self._there(Slot.HOST, names) + _odd(names, marks)
        halves = self.index.table.halves
        if halves:
            own = [name.rsplit(".", 2)[0] for name in names]
            if not halves.isdisjoint(own):
                found += [position for position, half in enumerate(own) if half in halves]
        return found

    def _urls(self, texts: Sequence[str]) -> list[int]:
        """By their hosts, where these can be cut out simply."""
        parts = [text.split("/", 3) for text in texts]
        hosts = [part[2] if len(part) == 4 and not part[1] and part[0] in _WEB else ":" for part in parts]
        found = self._hosts(hosts, marks=":@?#")
        sites = self.index.table.sites
        names = _lower(hosts)
        return found if sites.isdisjoint(names) else found + [position for position, name in enumerate(names) if name in sites]

    def _emails(self, texts: Sequence[str]) -> Iterable[int]:
        if self.index.keys:
            return range(len(texts))
        names = _lower(texts)
        return self._there(Slot.EMAIL, names) + _odd(names, "")

    def _accounts(self, texts: Sequence[str]) -> Iterable[int]:
        if self.index.keys:
            return range(len(texts))
        found = self._there(Slot.ACCOUNT, [text.strip() for text in texts])
        return [*found, *self._emails(texts)] if "@" in "".join(texts) else found

    def _pieces(self, texts: Sequence[str]) -> list[int]:
        return self._hosts(texts, marks=":@") + self._there(Slot.HASH, _lower(texts))

    def _there(self, slot: Slot, names: Sequence[str]) -> list[int]:
        values = self.index.table.values[slot]
        if values.isdisjoint(names):
            return []
        return [position for position, name in enumerate(names) if name in values]


def _lower(texts: Sequence[str]) -> list[str]:
    """In lower case and without blanks around them: in one go, where there is no blank in any of them."""
    joined = " ".join(texts).lower()
    if joined.count(" ") == len(texts) - 1 and joined.isprintable():  # the space is the only blank that is
        return joined.split(" ")
    return [text.strip().lower() for text in texts]


def _odd(names: Sequence[str], marks: str) -> list[int]:
    """Those that may have another form."""
    joined = " ".join(names) + " "
    if joined.isascii() and ". " not in joined and not any(mark in joined for mark in marks):
        return []
    is_odd = re.compile(rf"[\x80-\U0010ffff{marks}]|\.\Z").search  # `re` remembers what it compiled
    return [position for position, name in enumerate(names) if is_odd(name)]
