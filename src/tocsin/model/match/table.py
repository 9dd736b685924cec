"""Where the values of indicators stand: a dictionary a kind of value, and one for networks.

A value holds one reference, as a rule, and then no list is made for it. Beside the values stands what a long list of others can be
compared with at once: hosts of URLs, and the first half of IPv4 networks.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from tocsin.model.match.pattern import Slot, Term
from tocsin.model.match.value import Address, url_of

MAX_ON_ONE_VALUE = 1_000

Refs = tuple[int, ...]


@dataclass(slots=True)
class Table:
    """References by value; what a reference means is not known here."""

    sites: set[str] = field(default_factory=set)  # hosts of URLs
    halves: set[str] = field(default_factory=set)  # "198.51" of every IPv4 network, none of which is wider
    values: dict[Slot, set[Any]] = field(default_factory=lambda: {slot: set() for slot in Slot})  # a set is asked twice as fast
    _slots: dict[Slot, dict[Any, int | list[int]]] = field(default_factory=lambda: {slot: {} for slot in Slot})
    _lengths: dict[int, set[int]] = field(default_factory=lambda: {4: set(), 6: set()})  # by IP version: the bits that networks leave open

    def put(self, term: Term, ref: int) -> bool:
        """Stands there from now on, unless there is no room for it."""
        slot, key = self._slots[term.slot], self._key(term)
        there = slot.get(key)
        if there is None:
            slot[key] = ref
            self.values[term.slot].add(key)
        elif not isinstance(there, list):
            slot[key] = [there, ref]
        elif len(there) < MAX_ON_ONE_VALUE:
            there.append(ref)
        else:
            return False
        return True

    def find(self, slot: Slot, value: str) -> Refs:
        """What stands at this value."""
        return _refs(self._slots[slot].get(value))

    def find_networks(self, address: Address) -> Refs:
        """What stands at the networks in which this address lies."""
        number, networks = int(address), self._slots[Slot.NETWORK]
        found: Refs = ()
        for open_bits in self._lengths[address.version]:
            found += _refs(networks.get((address.version, open_bits, number >> open_bits)))
        return found

    def _key(self, term: Term) -> Hashable:
        if term.slot is Slot.URL:
            self.sites.add(url_of(term.value)[1])
        if term.slot is not Slot.NETWORK:
            return term.value
        network = ip_network(term.value)
        open_bits = network.max_prefixlen - network.prefixlen
        self._lengths[network.version].add(open_bits)
        if network.version == 4:
            self.halves.add(".".join(term.value.split(".")[:2]))
        return network.version, open_bits, int(network.network_address) >> open_bits


def _refs(there: int | list[int] | None) -> Refs:
    return () if there is None else (there,) if isinstance(there, int) else tuple(there)
