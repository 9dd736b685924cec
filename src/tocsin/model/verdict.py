"""What is known of an id in a collection, and what becomes of an object that claims a version of it (DESIGN §3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.model.stix import Refusal, StixObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The living entries of one id that matter to the object at hand."""

    versions: Mapping[str, bytes] = field(default_factory=dict)  # normalised version: content hash
    contents: frozenset[bytes] = frozenset()  # every content hash among them

    def plus(self, taken: StixObject) -> "Known":
        """The same after `taken` was accepted: later objects of one envelope meet the earlier ones."""
        versions = self.versions if taken.version is None else {**self.versions, taken.version: taken.content_hash}
        return Known(versions=versions, contents=self.contents | {taken.content_hash})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The object becomes an entry."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same content under the same version is there already: a success without a new entry."""


Verdict = Accepted | Duplicate | Refusal
