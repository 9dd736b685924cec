"""Notifications: drafted, sent, answered, recalled, and what became of them, all read from the log (ADR 0016).

Nothing is kept beside the log: a notification lies in the outbox for its recipient, answers to us lie in the inbox, ours in the outboxes,
and a state is folded from them whenever somebody asks. Bringing them to the other side is the work of the routes (`services.sync`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from tocsin.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from tocsin.model import strict_json
from tocsin.model.account import Account
from tocsin.model.collection import DRAFTS, INBOX, OUTBOX, Collection
from tocsin.model.graph import Named, extension, text, texts
from tocsin.model.identifier import CATALOGUE, extension_definition_id
from tocsin.model.letter import Draft, Reply, deadline, grouping_of, note_of, opinion_of, require_sendable
from tocsin.model.lifecycle import Course, State
from tocsin.model.marking import Level, level_of
from tocsin.model.member import Caller, Organisation
from tocsin.model.notification import Kind, Notification, Posted, read
from tocsin.model.query import LogEntry, ObjectQuery
from tocsin.model.signature import PublicKey, SigningKey, judge, sign
from tocsin.model.stamp import stamp_of, stix_text, version_text
from tocsin.model.thread import Thread, find_thread, orphans_of, threads_of
from tocsin.services.object import ObjectService
from tocsin.store import member as members
from tocsin.store.database import Database

Object = dict[str, Any]

_TYPES = ("grouping", "note", "opinion")
_MILLISECOND = 1_000  # microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A notification as an analyst asks for it."""

    organisation: str  # the recipient's name
    case: str = ""  # id of the report; its objects are the evidence
    evidence: tuple[str, ...] = ()  # ids, where there is no case
    summary: str = ""
    urgency: str = "normal"
    requested_action: str = "verify"
    acknowledge_by: int | None = None  # stamp; None: by urgency, from when it is sent
    is_drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What was put into an outbox, for whom."""

    id: str  # of the notification
    organisation: Organisation  # for whom
    outbox: Collection
    objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Who asks, who takes part, and the collections that notifications lie in."""

    caller: Caller
    own: Organisation
    organisations: tuple[Organisation, ...]
    collections: tuple[Collection, ...]

    def collection(self, alias: str) -> Collection:
        found = next((one for one in self.collections if one.alias == alias), None)
        if found is None:
            raise NotFoundError(f"there is no collection {alias!r} here", hint="apply its definition with: tocsin collection apply")
        return found

    def outbox(self, organisation: Organisation) -> Collection:
        return self.collection(f"{OUTBOX}{organisation.slug}")

    def organisation(self, identity: str) -> Organisation | None:
        return next((one for one in self.organisations if one.identity_id == identity), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationService:
    """Notifications from and to us."""

    database: Database
    objects: ObjectService
    collections: Callable[[], Sequence[Collection]]
    key: Callable[[int], SigningKey]  # ours, at that stamp
    keys_of: Callable[[str], Sequence[PublicKey]]  # of an identity
    identity: Callable[[int], bytes]  # our own, as it is published
    hours: Mapping[str, float]  # to acknowledge, by urgency

    def threads(self, caller: Caller) -> list[Thread]:
        """All that the caller may read, the latest first."""
        return self._threads(self._desk(caller))[0]

    def strays(self, caller: Caller) -> list[Posted]:
        """Answers to what is not held, and what cannot be read."""
        threads, posted = self._threads(self._desk(caller))
        return orphans_of(posted, threads)

    def find(self, caller: Caller, name: str) -> Thread:
        """The notification that an id, or its beginning, names.

        Raises:
            InvalidInputError: it is too short, or names several.
            NotFoundError: there is none that the caller may read.
        """
        return find_thread(self.threads(caller), name)

    def draft(self, caller: Caller, plan: Plan, *, now: int) -> Notification:
        """Puts a notification into `drafts`, where nobody but us reads.

        Raises:
            InvalidInputError: it is addressed to ourselves, has no evidence, or a word is unknown.
            NotFoundError: the organisation or evidence is not known here.
            ForbiddenError: evidence is above the recipient's clearance.
            ConflictError: it was sent already.
        """
        desk = self._desk(caller)
        letter, _bodies = self._letter(desk, plan, now=now)
        if any(thread.id == letter.id and not thread.is_draft for thread in self._threads(desk)[0]):
            raise ConflictError(
                f"{letter.recipient.name} was notified of this already: {letter.id}",
                hint="see it with: tocsin notify show; recall it first",
            )
        deadline(plan.urgency, now, hours=self.hours)
        body = grouping_of(letter, created=now, modified=now)
        self._put(desk, desk.collection(DRAFTS), [body], now=now)
        return _as_notification(body)

    def send(self, caller: Caller, thread: Thread, *, now: int) -> Placed:
        """Signs a draft and puts it, with its evidence and our identity, into the outbox for its recipient.

        Raises:
            InvalidInputError: it is no draft of ours.
            NotFoundError, ForbiddenError: as `draft`; things may have changed since.
        """
        desk = self._desk(caller)
        if not thread.is_draft:
            raise InvalidInputError(f"{thread.id} was sent already", hint="see it with: tocsin notify show")
        told = thread.course(now)
        recipient = desk.organisation(told.notification.recipient) if told else None
        if told is None or recipient is None:
            raise NotFoundError("the recipient of this draft takes no part here any more", hint="draft it anew")
        plan = _plan_of(told.notification, recipient)
        letter, bodies = self._letter(desk, plan, now=now)
        moment = told.next_instant(now)
        by = letter.acknowledge_by or deadline(plan.urgency, moment, hours=self.hours)
        body = grouping_of(replace(letter, acknowledge_by=by), created=told.notification.sent, modified=moment)
        outbox = desk.outbox(recipient)
        sent = [*bodies, self.identity(now), orjson.dumps(sign(body, self.key(moment)))]
        self._put(desk, outbox, sent, now=now)
        self.objects.delete(caller, desk.collection(DRAFTS), thread.id, query=ObjectQuery(versions=("all",)), now=now)
        return Placed(id=thread.id, organisation=recipient, outbox=outbox, objects=len(sent))

    def answer(self, caller: Caller, thread: Thread, reply: Reply, *, more: Sequence[bytes] = (), now: int) -> Placed:
        """Puts an answer of ours into the outbox for the other side; said anew, it is a new version of the same answer.

        Args:
            more: objects that go with it, such as sightings.

        Raises:
            InvalidInputError: the notification does not count, or it is not ours to give such an answer.
        """
        desk = self._desk(caller)
        course = thread.course(now)
        if course is None:
            raise InvalidInputError(f"the word of {thread.id} does not count: {thread.standing}", hint="ask its sender by another way")
        other = course.notification.recipient if thread.is_ours else course.notification.sender
        organisation = desk.organisation(other)
        if organisation is None:
            raise NotFoundError("the other side takes no part here", hint="take it in with: tocsin organisation add")
        outbox = desk.outbox(organisation)
        moment, created = self._versions(desk, outbox, reply.id, course=course, now=now)
        said: list[Object | bytes] = [self.identity(now), sign(note_of(reply, created=created, modified=moment), self.key(moment))]
        if reply.kind is Kind.VERDICT:
            said.append(opinion_of(reply, created=created, modified=moment))
        if reply.kind is Kind.RECALL:
            said += self._revoked(desk, outbox, thread.id, moment=moment + _MILLISECOND)
        self._put(desk, outbox, [*more, *said], now=now)
        return Placed(id=thread.id, organisation=organisation, outbox=outbox, objects=len(said) + len(more))

    def reply(self, caller: Caller, thread: Thread, kind: Kind, *, now: int) -> Reply:
        """An answer of ours to be filled in.

        Raises:
            InvalidInputError: the notification does not count, or such an answer is not ours to give.
        """
        course = thread.course(now)
        if course is None:
            raise InvalidInputError(f"the word of {thread.id} does not count: {thread.standing}", hint="ask its sender by another way")
        is_sender = course.notification.sender == thread.us
        if (kind is Kind.RECALL) is not is_sender and not (is_sender and kind is Kind.RECEIPT):
            side = "sender" if kind is Kind.RECALL else "recipient"
            raise InvalidInputError(f"only the {side} of a notification gives the answer {kind}", hint="see: tocsin notify, tocsin inbox")
        if course.state is State.RECALLED and kind is not Kind.PURGE:
            raise ConflictError(f"{thread.id} was recalled", hint="what is recalled is not answered any more")
        own = self._desk(caller).own
        return Reply(author=Named(id=own.identity_id, name=own.name), notification=course.notification, kind=kind)

    def purge(self, caller: Caller, thread: Thread, *, now: int) -> int:
        """Deletes what came with a recalled notification, but for the word that it is recalled; returns how many objects are gone.

        What other notifications that stand refer to stays.
        """
        desk = self._desk(caller)
        inbox = desk.collection(INBOX)
        found = self._erase_evidence(desk, inbox, thread, now=now)
        old = tuple(one.modified for one in thread.counted if not one.is_revoked)
        if old and any(one.is_revoked for one in thread.counted):
            self.objects.delete(caller, inbox, thread.id, query=ObjectQuery(versions=old), now=now)
        return found

    def recall(self, caller: Caller, thread: Thread, reply: Reply, *, is_evidence_revoked: bool, now: int) -> Placed:
        """Takes a notification back: its last version is revoked and says nothing any more, and a recall asks to delete the copies.

        Args:
            is_evidence_revoked: what we said ourselves among its evidence is revoked too, wherever we hold it.

        Raises:
            InvalidInputError: it is not ours.
            ConflictError: it is recalled already.
        """
        desk = self._desk(caller)
        placed = self.answer(caller, thread, reply, now=now)
        self._erase_evidence(desk, placed.outbox, thread, now=now)
        if is_evidence_revoked:
            self._revoke_evidence(desk, reply.notification.evidence, now=now)
        return placed

    def clearance(self, organisation: Organisation, *, now: int) -> Level:
        """The strictest level that a member of the organisation may read, and what its outbox may hold; CLEAR where it has none."""
        with self.database.read() as connection:
            accounts = members.list_members(connection)
        levels = [one.clearance for one in accounts if one.organisation == organisation.name and _takes_part(one, now)]
        return min(max(levels, default=Level.CLEAR), Level.AMBER)

    def _letter(self, desk: _Desk, plan: Plan, *, now: int) -> tuple[Draft, list[bytes]]:
        """What is to be sent, and the evidence as it was published; refused where it must not go."""
        recipient = next((one for one in desk.organisations if one.name == plan.organisation), None)
        if recipient is None or recipient.offboarded is not None:
            raise NotFoundError(f"{plan.organisation!r} takes no part here", hint="see: tocsin organisation list")
        bodies = self._bodies(desk, [plan.case] if plan.case else plan.evidence)
        case = bodies.get(plan.case)
        if plan.case and (case is None or case["type"] != "report"):
            raise NotFoundError(f"there is no report {plan.case} here", hint="submit the case first: tocsin case submit")
        evidence = tuple(dict.fromkeys([plan.case, *texts(case, "object_refs")])) if case else plan.evidence
        bodies |= self._bodies(desk, [one for one in evidence if one not in bodies])
        if case:  # what everybody has anyway is referred to, and not sent along
            evidence = tuple(one for one in evidence if one in bodies and text(bodies[one], "created_by_ref") != CATALOGUE)
        levels = {one: Level.GREEN if (level := level_of(bodies[one])) is None else level for one in evidence if one in bodies}
        letter = Draft(
            sender=Named(id=desk.own.identity_id, name=desk.own.name),
            recipient=Named(id=recipient.identity_id, name=recipient.name),
            evidence=evidence,
            case=Named(id=plan.case, name=text(case, "name")) if case else None,
            summary=plan.summary,
            urgency=plan.urgency,
            requested_action=plan.requested_action,
            acknowledge_by=plan.acknowledge_by,
            level=max([Level.GREEN, *levels.values()]),
            is_drill=plan.is_drill,
        )
        providers = {one.identity_id for one in desk.organisations}
        require_sendable(letter, providers=providers, levels=levels, clearance=self.clearance(recipient, now=now))
        return letter, [orjson.dumps(bodies[one]) for one in evidence]

    def _bodies(self, desk: _Desk, ids: Sequence[str]) -> dict[str, Object]:
        """The last version of each that the caller may read, from wherever it lies."""
        found: dict[str, tuple[str, Object]] = {}
        for collection in desk.collections:
            if ids and collection.may_read(desk.caller):
                for entry in self.objects.entries(desk.caller, collection, ObjectQuery(ids=tuple(ids))):
                    if entry.id not in found or (entry.version or "") >= found[entry.id][0]:
                        found[entry.id] = (entry.version or "", strict_json.read(entry.body).value)
        return {identifier: body for identifier, (_, body) in found.items()}

    def _threads(self, desk: _Desk) -> tuple[list[Thread], list[Posted]]:
        keys: dict[str, Sequence[PublicKey]] = {}
        posted = [one for collection in self._places(desk) for one in self._posted(desk, collection, keys)]
        there = [one for one in desk.collections if one.alias == DRAFTS and one.may_read(desk.caller)]
        drafts = [one for collection in there for one in self._posted(desk, collection, keys)]
        return threads_of(posted, drafts=drafts, us=desk.own.identity_id), posted

    @staticmethod
    def _places(desk: _Desk) -> Iterator[Collection]:
        """The inbox and the outboxes, as far as the caller may read them."""
        for collection in desk.collections:
            if (collection.alias == INBOX or collection.alias.startswith(OUTBOX)) and collection.may_read(desk.caller):
                yield collection

    def _posted(self, desk: _Desk, collection: Collection, keys: dict[str, Sequence[PublicKey]]) -> Iterator[Posted]:
        identities = {one.name: one.identity_id for one in desk.organisations}
        for entry in self.objects.entries(desk.caller, collection, ObjectQuery(types=_TYPES)):
            body = strict_json.read(entry.body).value
            said = read(body)
            if said is None:
                continue
            author = text(body, "created_by_ref")
            if author not in keys:
                keys[author] = self.keys_of(author)
            yield Posted(said=said, organisation=identities.get(entry.organisation, ""), seal=judge(body, keys[author]))

    def _versions(self, desk: _Desk, outbox: Collection, identifier: str, *, course: Course, now: int) -> tuple[int, int]:
        """When an answer is dated that is given now, and when its first version was."""
        last = course.next_instant(now)
        before: list[LogEntry] = list(self.objects.entries(desk.caller, outbox, ObjectQuery(ids=(identifier,))))
        if not before:
            return last, last
        created = stamp_of(strict_json.read(before[0].body).value["created"])
        latest = max(stamp_of(version_text(one.version)) for one in before if one.version)
        return max(last, latest + _MILLISECOND), created

    def _revoked(self, desk: _Desk, outbox: Collection, identifier: str, *, moment: int) -> list[Object]:
        """The revoked version of a notification, signed, without what it said."""
        entries = list(self.objects.entries(desk.caller, outbox, ObjectQuery(ids=(identifier,))))
        if not entries:
            return []
        last: Object = strict_json.read(max(entries, key=lambda one: one.version or "").body).value
        said = {name: value for name, value in extension(last, "notification").items() if name not in ("summary", "signature")}
        silent = {name: value for name, value in last.items() if name != "description"}
        empty = {"name": "Recalled notification", "revoked": True, "modified": stix_text(moment)}
        body = silent | empty | {"extensions": {extension_definition_id("notification"): said}}
        return [sign(body, self.key(moment))]

    def _erase_evidence(self, desk: _Desk, place: Collection, thread: Thread, *, now: int) -> int:
        """Deletes what lies in an inbox or outbox for this notification alone, and was brought by its sender; returns how many objects."""
        others = {one for other in self.threads(desk.caller) if other.id != thread.id for said in other.counted for one in said.evidence}
        doomed = tuple(sorted({one for said in thread.counted for one in said.evidence} - others))
        sender = next(iter(thread.counted)).sender
        names = {one.name for one in desk.organisations if one.identity_id == sender}
        posters: dict[str, set[str]] = {}
        for entry in self.objects.entries(desk.caller, place, ObjectQuery(ids=doomed)) if doomed else ():
            posters.setdefault(entry.id, set()).add(entry.organisation)
        erased = [identifier for identifier, brought_by in posters.items() if brought_by <= names]
        for identifier in erased:
            self.objects.delete(desk.caller, place, identifier, query=ObjectQuery(versions=("all",)), now=now)
        return len(erased)

    def _revoke_evidence(self, desk: _Desk, evidence: Iterable[str], *, now: int) -> None:
        for collection in desk.collections:
            if not (collection.may_read(desk.caller) and collection.may_write(desk.caller)) or collection.alias == INBOX:
                continue
            last: dict[str, Object] = {}
            for entry in self.objects.entries(desk.caller, collection, ObjectQuery(ids=tuple(evidence))):
                last[entry.id] = strict_json.read(entry.body).value
            own = [one for one in last.values() if text(one, "created_by_ref") == desk.own.identity_id and not one.get("revoked")]
            self._put(desk, collection, [_withdrawn(one, now=now) for one in own], now=now)

    def _put(self, desk: _Desk, collection: Collection, objects: Sequence[Object | bytes], *, now: int) -> None:
        """All of them, or an error that names the first that is refused."""
        bodies = [one if isinstance(one, bytes) else orjson.dumps(one) for one in objects]
        if not bodies:
            return
        status, _resource = self.objects.add(desk.caller, collection, bodies, now=now)
        if status.failures:
            first = status.failures[0]
            raise ForbiddenError(f"{collection.alias} refuses {first.id}: {first.message}", hint="correct it, and try again")

    def _desk(self, caller: Caller) -> _Desk:
        with self.database.read() as connection:
            organisations = tuple(members.list_organisations(connection))
        own = next((one for one in organisations if one.is_own), None)
        if own is None:
            raise NotFoundError("the database holds no exchange", hint="make one with: tocsin init")
        return _Desk(caller=caller, own=own, organisations=organisations, collections=tuple(self.collections()))


def _withdrawn(body: Object, *, now: int) -> Object:
    return body | {"revoked": True, "modified": stix_text(max(now, stamp_of(body["modified"]) + _MILLISECOND))}


def _as_notification(body: Object) -> Notification:
    said = read(body)
    if not isinstance(said, Notification):
        raise InvalidInputError("the notification cannot be read back", hint="shorten its texts")
    return said


def _plan_of(notification: Notification, recipient: Organisation) -> Plan:
    """The plan that a draft was made from."""
    return Plan(
        organisation=recipient.name,
        case=notification.case,
        evidence=() if notification.case else notification.evidence,
        summary=notification.summary,
        urgency=notification.urgency,
        requested_action=notification.requested_action,
        acknowledge_by=notification.acknowledge_by,
        is_drill=notification.is_drill,
    )


def _takes_part(account: Account, now: int) -> bool:
    return account.disabled is None and account.offboarded is None and (account.expires is None or now < account.expires)
