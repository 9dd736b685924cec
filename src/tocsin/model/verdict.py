"""What is known of an id in a collection, and what becomes of an object that claims a version of it (ADR 0004)."""

from dataclasses import dataclass, field

from tocsin.model.stix import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The living entries of one id that matter to the object at hand; grows, as later objects of an envelope meet the earlier ones."""

    versions: dict[str, bytes] = field(default_factory=dict)  # normalised version: content hash
    contents: set[bytes] = field(default_factory=set)  # every content hash among them

    def note(self, version: str | None, content_hash: bytes) -> None:
        """One more is there."""
        self.contents.add(content_hash)
        if version is not None:
            self.versions[version] = content_hash


@dataclass(frozen=True, slots=True)
class Accepted:
    """The object becomes an entry."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same content under the same version is there already: a success without a new entry."""


Verdict = Accepted | Duplicate | Refusal
