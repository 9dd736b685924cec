"""A peer behind the real interface, without a network: a list of objects with stamps, and a fuse that blows after some calls."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tocsin.errors import PeerError
from tocsin.model.stamp import text_of
from tocsin.peers.interface import CollectionInfo, Outgoing, Page, PushedObject, PushStatus, Query


@dataclass
class SimulatedPeer:
    """Gives `log` in pages of `size`; takes what is pushed into `taken`. `fuse` is called before each page and each status."""

    log: list[tuple[int, bytes]] = field(default_factory=list)
    taken: dict[tuple[str, str | None], bytes] = field(default_factory=dict)
    size: int = 3
    fuse: Callable[[], None] = lambda: None
    refuse: Callable[[Outgoing], str] = lambda _item: ""  # why an object is not taken

    def collections(self) -> tuple[CollectionInfo, ...]:
        return ()

    def pages(self, collection: str, query: Query) -> Iterator[Page]:
        """As TAXII has it; asked for ids, it tells what it has taken."""
        if "id" in query.match:
            held = tuple(body for (item, _version), body in self.taken.items() if item in query.match["id"])
            yield Page(bodies=held, more=False, first=None, last=None, next=None)
            return
        rest = [one for one in self.log if query.since is None or text_of(one[0]) > query.since]
        for start in range(0, len(rest), self.size):
            self.fuse()
            page = rest[start : start + self.size]
            more = start + self.size < len(rest)
            bodies = tuple(body for _stamp, body in page)
            yield Page(bodies=bodies, more=more, first=text_of(page[0][0]), last=text_of(page[-1][0]), next="n" if more else None)

    def push(self, collection: str, objects: Iterable[Outgoing]) -> Iterator[PushStatus]:
        """Two objects a status; the fuse may blow after they were taken and before the answer is out."""
        items = list(objects)
        for start in range(0, len(items), 2):
            status = self._take(items[start : start + 2])
            self.fuse()
            yield status

    def close(self) -> None:
        pass

    def _take(self, items: list[Outgoing]) -> PushStatus:
        reasons = [(item, self.refuse(item)) for item in items]
        for item, reason in reasons:
            if not reason:
                assert self.taken.setdefault((item.id, item.version), item.body) == item.body
        return PushStatus(
            successes=tuple(PushedObject(id=item.id, version=item.version) for item, reason in reasons if not reason),
            failures=tuple(PushedObject(id=item.id, version=item.version, message=reason) for item, reason in reasons if reason),
        )


def blowing(*after: int) -> Callable[[], None]:
    """A fuse that blows at these calls, counted from 1."""
    calls = iter(range(1, 1_000_000))

    def fuse() -> None:
        if next(calls) in after:
            raise PeerError("the line is cut", hint="try again")

    return fuse


def logged(stamp: int, item: dict[str, object]) -> tuple[int, bytes]:
    """An entry of a peer's log."""
    return stamp, json.dumps(item).encode()
