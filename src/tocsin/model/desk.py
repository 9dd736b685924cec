"""What somebody who deals with notifications has before him: who he is, who takes part, and where notifications lie.

A record of facts that were read once a call; it asks nothing and decides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.errors import NotFoundError
from tocsin.model.collection import DRAFTS, INBOX, OUTBOX, Collection
from tocsin.model.member import Caller, Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who asks, and what is there."""

    caller: Caller
    operator: Caller  # on whose behalf the exchange itself clears away
    own: Organisation
    organisations: tuple[Organisation, ...]
    collections: tuple[Collection, ...]

    def collection(self, alias: str) -> Collection:
        """The collection of that alias.

        Raises:
            NotFoundError: there is none.
        """
        found = next((one for one in self.collections if one.alias == alias), None)
        if found is None:
            raise NotFoundError(f"there is no collection {alias!r} here", hint="apply its definition with: tocsin collection apply")
        return found

    def outbox(self, organisation: Organisation) -> Collection:
        """Where we lay out what is for an organisation."""
        return self.collection(f"{OUTBOX}{organisation.slug}")

    def organisation(self, identity: str) -> Organisation | None:
        """The one of that identity."""
        return next((one for one in self.organisations if one.identity_id == identity), None)

    def places(self) -> Iterator[Collection]:
        """The inbox and the outboxes, as far as the caller may read them."""
        for collection in self.collections:
            if (collection.alias == INBOX or collection.alias.startswith(OUTBOX)) and collection.may_read(self.caller):
                yield collection

    def drafts(self) -> Iterator[Collection]:
        """Where drafts lie, if the caller may read it."""
        return (one for one in self.collections if one.alias == DRAFTS and one.may_read(self.caller))
