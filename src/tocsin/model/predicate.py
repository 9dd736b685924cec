"""Which entries of a collection a reader may see, as a value: made by one function (`services.access.visible`), obeyed by the store."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """Rows that satisfy it are visible; by default none are."""

    collection: int  # the store's number
    is_readable: bool = False
