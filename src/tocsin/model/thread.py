"""A notification with all that was said about it, as one side holds it: from posted objects to threads (ADR 0016).

Pure: what was read, by whom it was posted and what its signature is worth is given; what counts and what follows from it is asked of
`notification` and `lifecycle`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.errors import InvalidInputError, NotFoundError
from tocsin.model.lifecycle import Course, State, fold
from tocsin.model.notification import Answer, Kind, Malformed, Notification, Posted, Standing, standing

_SHORTEST = 4  # characters by which a thread may be named


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One notification, whatever its version, and everything that refers to it."""

    id: str
    versions: tuple[Posted, ...]  # of the notification
    answers: tuple[Posted, ...]
    us: str  # our identity
    is_draft: bool = False

    @property
    def counted(self) -> tuple[Notification, ...]:
        """The versions whose word counts."""
        judged = ((one.said, standing(one, us=self.us)) for one in self.versions)
        return tuple(said for said, worth in judged if isinstance(said, Notification) and worth.is_counted)

    @property
    def standing(self) -> Standing:
        """What the notification's own word is worth, of its best version."""
        worths = [standing(one, us=self.us) for one in self.versions]
        return next((worth for worth in worths if worth.is_counted), worths[-1])

    @property
    def is_ours(self) -> bool:
        """We are its sender."""
        return any(one.sender == self.us for one in self.counted)

    @property
    def told(self) -> tuple[Posted, ...]:
        """The answers, without an opinion that counts and says again what a note of that instant says: our verdicts come as both."""
        worth = {one: standing(one, versions=self.counted) for one in self.answers}
        noted = {one.said.modified for one in self.answers if isinstance(one.said, Answer) and worth[one] is Standing.COUNTS}
        return tuple(one for one in self.answers if not (worth[one] is Standing.PLAIN and _opinion_of(one) in noted))

    def course(self, now: int) -> Course | None:
        """What became of it; None where no version of it counts."""
        return fold(self.counted, self.answers, now=now, is_draft=self.is_draft) if self.counted else None

    def stands(self, now: int) -> bool:
        """Its word counts, and was not taken back."""
        course = self.course(now)
        return course is not None and course.state is not State.RECALLED

    def has(self, kind: Kind, author: str, *, version: str) -> bool:
        """Whether there is such an answer of that author to that version."""
        said = [one.said for one in self.answers if one.organisation == author]
        return any(isinstance(one, Answer) and (one.kind, one.author, one.version) == (kind, author, version) for one in said)


def threads_of(posted: Iterable[Posted], *, drafts: Iterable[Posted], us: str) -> list[Thread]:
    """All threads, the latest first; a draft only as long as nothing of it was sent."""
    versions, answers = dict[str, list[Posted]](), dict[str, list[Posted]]()
    for one in dict.fromkeys(posted):
        if isinstance(one.said, Notification):
            versions.setdefault(one.said.id, []).append(one)
        else:
            for ref in one.said.refs:
                answers.setdefault(ref, []).append(one)
    threads = [
        Thread(id=identifier, versions=tuple(found), answers=tuple(answers.get(identifier, ())), us=us)
        for identifier, found in versions.items()
    ]
    kept = dict[str, list[Posted]]()
    for one in drafts:
        if isinstance(one.said, Notification) and one.said.id not in versions:
            kept.setdefault(one.said.id, []).append(one)
    threads += [Thread(id=identifier, versions=tuple(found), answers=(), us=us, is_draft=True) for identifier, found in kept.items()]
    return sorted(threads, key=lambda one: (max(_made(each) for each in one.versions), one.id), reverse=True)


def orphans_of(posted: Iterable[Posted], threads: Iterable[Thread]) -> list[Posted]:
    """What speaks of a notification that is not held, or cannot be read: kept, and shown as what it is."""
    held = {thread.id for thread in threads}
    return [one for one in dict.fromkeys(posted) if not isinstance(one.said, Notification) and held.isdisjoint(one.said.refs)]


def find_thread(threads: Iterable[Thread], name: str) -> Thread:
    """The thread that an id names, whole or by the beginning of its UUID.

    Raises:
        InvalidInputError: several begin like that, or it is too short.
        NotFoundError: there is none.
    """
    wanted = name.removeprefix("grouping--").lower()
    if len(wanted) < _SHORTEST:
        raise InvalidInputError(f"{name!r} is too short", hint=f"give {_SHORTEST} characters of the id or more")
    found = [thread for thread in threads if thread.id.removeprefix("grouping--").startswith(wanted)]
    if not found:
        raise NotFoundError(f"there is no notification {name[:100]!r}", hint="list them with: tocsin notify list, tocsin inbox list")
    if len(found) > 1:
        raise InvalidInputError(f"{len(found)} notifications begin with {name!r}", hint="give more of the id")
    return found[0]


def _opinion_of(posted: Posted) -> str:
    """The instant of an opinion; "" of anything else."""
    said = posted.said
    return said.modified if isinstance(said, Answer) and said.kind is Kind.VERDICT else ""


def _made(posted: Posted) -> int:
    return posted.said.made if isinstance(posted.said, Notification) else 0


def words_of(posted: Posted) -> str:
    """What an answer says to people, or why it cannot be read."""
    match posted.said:
        case Malformed():
            return posted.said.reason
        case Answer():
            return posted.said.words
        case Notification():
            return posted.said.description
