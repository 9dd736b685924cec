"""Notifications: drafted, sent, answered, recalled, and what became of them, all read from the log (ADR 0016).

Nothing is kept beside the log: a notification lies in the outbox for its recipient, answers to us lie in the inbox, ours in the outboxes,
and a state is folded from them whenever somebody asks. Bringing them to the other side is the work of the routes (`services.sync`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from tocsin.errors import ConflictError, InvalidInputError, NotFoundError
from tocsin.model import strict_json
from tocsin.model.account import Account, is_open
from tocsin.model.collection import DRAFTS, INBOX, Collection
from tocsin.model.desk import Desk
from tocsin.model.graph import Named, text, texts
from tocsin.model.identifier import CATALOGUE
from tocsin.model.letter import Draft, Reply, deadline, grouping_of, note_of, opinion_of, recalled, require_sendable, withdrawn
from tocsin.model.lifecycle import Course, State
from tocsin.model.marking import Level, level_of
from tocsin.model.member import OPERATOR, Caller, Organisation
from tocsin.model.notification import Kind, Notification, Posted, read
from tocsin.model.query import LogEntry, ObjectQuery
from tocsin.model.signature import PublicKey, SigningKey, judge, sign
from tocsin.model.stamp import stamp_of, version_text
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
        sent = next((one for one in self._threads(desk)[0] if one.id == letter.id and not one.is_draft), None)
        if sent is not None:
            hint = "see it with: tocsin notify show" if sent.stands(now) else "what was recalled stays so: make a case of its own"
            raise ConflictError(f"{letter.recipient.name} was notified of this already: {letter.id}", hint=hint)
        deadline(plan.urgency, now, hours=self.hours)
        body = grouping_of(letter, created=now, modified=now)
        self._put(desk, desk.collection(DRAFTS), objects=[body], now=now)
        return _as_notification(body)

    def discard(self, caller: Caller, thread: Thread, *, now: int) -> None:
        """Deletes a draft; nobody ever knows of it.

        Raises:
            InvalidInputError: it is none.
        """
        desk = self._desk(caller)
        if not thread.is_draft:
            raise InvalidInputError(f"{thread.id} was sent already", hint="recall it")
        self._erase(desk, desk.collection(DRAFTS), ids=(thread.id,), now=now)

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
        body = grouping_of(replace(letter, acknowledge_by=by), created=moment, modified=moment)
        outbox, first = desk.outbox(recipient), [*bodies, self.identity(now)]
        self._put(desk, outbox, objects=first, now=now)  # before anything is said of it: it may be refused
        self._put(desk, outbox, objects=[sign(body, self.key(moment))], now=now)
        self.discard(caller, thread, now=now)
        return Placed(id=thread.id, organisation=recipient, outbox=outbox, objects=len(first) + 1)

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
        moment, created = self._versions(desk, outbox, identifier=reply.id, course=course, now=now)
        first = [*more, self.identity(now)]
        said = [sign(note_of(reply, created=created, modified=moment), self.key(moment))]
        if reply.kind is Kind.VERDICT:
            said.append(opinion_of(reply, created=created, modified=moment))
        if reply.kind is Kind.RECALL:
            said += self._revoked(desk, outbox, identifier=thread.id, moment=moment + _MILLISECOND)
        self._put(desk, outbox, objects=first, now=now)  # before anything is said of it: it may be refused
        self._put(desk, outbox, objects=said, now=now)
        return Placed(id=thread.id, organisation=organisation, outbox=outbox, objects=len(first) + len(said))

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
        number = self._erase_evidence(desk, inbox, thread=thread, now=now)
        if any(one.is_revoked for one in thread.counted):
            there = {entry.version for entry in self.objects.entries(caller, inbox, ObjectQuery(ids=(thread.id,)))}
            old = tuple({one.modified for one in thread.counted if not one.is_revoked} & there)
            self._erase(desk, inbox, ids=(thread.id,) if old else (), versions=old, now=now)
        return number

    def recall(self, caller: Caller, thread: Thread, reply: Reply, *, is_evidence_revoked: bool, now: int) -> Placed:
        """Takes a notification back: its last version is revoked and says nothing any more, and a recall asks to delete the copies.

        The recall comes last: until then, whoever was interrupted does it again.

        Args:
            is_evidence_revoked: what we said ourselves among its evidence is revoked too, wherever we hold it.

        Raises:
            InvalidInputError: it is not ours.
            ConflictError: it is recalled already.
        """
        desk = self._desk(caller)
        recipient = desk.organisation(reply.notification.recipient)
        if recipient is not None:
            self._erase_evidence(desk, desk.outbox(recipient), thread=thread, now=now)
        if is_evidence_revoked:
            self._revoke_evidence(desk, reply.notification.evidence, now=now)
        return self.answer(caller, thread, reply, now=now)

    def clearance(self, organisation: Organisation, *, now: int) -> Level:
        """The strictest level that a member of the organisation may read, and what its outbox may hold; CLEAR where it has none."""
        return min(max((one.clearance for one in self._accounts(organisation, now)), default=Level.CLEAR), Level.AMBER)

    def is_collected(self, placed: Placed, *, now: int) -> bool:
        """Somebody of the organisation can log in and read what lies in its outbox."""
        return any(one.has_login and one.clearance >= placed.outbox.max_tlp for one in self._accounts(placed.organisation, now))

    def _accounts(self, organisation: Organisation, now: int) -> list[Account]:
        with self.database.read() as connection:
            accounts = [one for one in members.list_members(connection) if one.organisation == organisation.name]
        return [one for one in accounts if one.offboarded is None and is_open(one.disabled, one.expires, now=now)]

    def _letter(self, desk: Desk, plan: Plan, *, now: int) -> tuple[Draft, list[bytes]]:
        """What is to be sent, and the evidence as it was published; refused where it must not go."""
        recipient = next((one for one in desk.organisations if one.name == plan.organisation), None)
        if recipient is None or recipient.offboarded is not None:
            raise NotFoundError(f"{plan.organisation!r} takes no part here", hint="see: tocsin organisation list")
        held = self._held(desk, [plan.case] if plan.case else plan.evidence)
        case: Object | None = strict_json.read(held[plan.case].body).value if plan.case in held else None
        if plan.case and (case is None or case["type"] != "report"):
            raise NotFoundError(f"there is no report {plan.case} here", hint="submit the case first: tocsin case submit")
        evidence = tuple(dict.fromkeys([plan.case, *texts(case, "object_refs")])) if case else plan.evidence
        held |= self._held(desk, [one for one in evidence if one not in held])
        bodies = {one: strict_json.read(held[one].body).value for one in evidence if one in held}
        if case:  # what everybody has anyway is referred to, and not sent along
            evidence = tuple(one for one in evidence if not _is_elsewhere(one, bodies))
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
        others = providers - {desk.own.identity_id}
        foreign = {one for one, body in bodies.items() if held[one].organisation != desk.own.name or text(body, "created_by_ref") in others}
        require_sendable(letter, providers=providers, levels=levels, clearance=self.clearance(recipient, now=now), foreign=foreign)
        return letter, [held[one].body for one in evidence]

    def _held(self, desk: Desk, ids: Sequence[str]) -> dict[str, LogEntry]:
        """The last version of each that the caller may read, from wherever it lies."""
        found: dict[str, LogEntry] = {}
        for collection in desk.collections:
            if ids and collection.may_read(desk.caller):
                for entry in self.objects.entries(desk.caller, collection, ObjectQuery(ids=tuple(ids))):
                    if entry.id not in found or (entry.version or "") >= (found[entry.id].version or ""):
                        found[entry.id] = entry
        return found

    def _threads(self, desk: Desk) -> tuple[list[Thread], list[Posted]]:
        keys: dict[str, Sequence[PublicKey]] = {}
        posted = [one for collection in desk.places() for one in self._posted(desk, collection, keys=keys)]
        drafts = [one for collection in desk.drafts() for one in self._posted(desk, collection, keys=keys)]
        return threads_of(posted, drafts=drafts, us=desk.own.identity_id), posted

    def _posted(self, desk: Desk, collection: Collection, *, keys: dict[str, Sequence[PublicKey]]) -> Iterator[Posted]:
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

    def _versions(self, desk: Desk, outbox: Collection, *, identifier: str, course: Course, now: int) -> tuple[int, int]:
        """When an answer is dated that is given now, and when its first version was."""
        last = course.next_instant(now)
        before: list[LogEntry] = list(self.objects.entries(desk.caller, outbox, ObjectQuery(ids=(identifier,))))
        if not before:
            return last, last
        created = stamp_of(strict_json.read(before[0].body).value["created"])
        latest = max(stamp_of(version_text(one.version)) for one in before if one.version)
        return max(last, latest + _MILLISECOND), created

    def _revoked(self, desk: Desk, outbox: Collection, *, identifier: str, moment: int) -> list[Object]:
        """The revoked version of a notification, signed, without what it said."""
        entries = list(self.objects.entries(desk.caller, outbox, ObjectQuery(ids=(identifier,))))
        if not entries:
            return []
        last: Object = strict_json.read(max(entries, key=lambda one: one.version or "").body).value
        return [sign(recalled(last, modified=moment), self.key(moment))]

    def _erase_evidence(self, desk: Desk, place: Collection, *, thread: Thread, now: int) -> int:
        """Deletes what lies in an inbox or outbox for this notification alone, and was brought by its sender; returns how many objects."""
        told = thread.counted[0]
        others = [one for one in self.threads(desk.caller) if one.id != thread.id and not one.is_draft and one.stands(now)]
        kept = {ref for other in others for said in other.counted if said.recipient == told.recipient for ref in said.evidence}
        doomed = tuple(sorted({ref for said in thread.counted for ref in said.evidence} - kept))
        names = {one.name for one in desk.organisations if one.identity_id == told.sender}
        posters: dict[str, set[str]] = {}
        for entry in self.objects.entries(desk.caller, place, ObjectQuery(ids=doomed)) if doomed else ():
            posters.setdefault(entry.id, set()).add(entry.organisation)
        erased = [identifier for identifier, brought_by in posters.items() if brought_by <= names]
        self._erase(desk, place, ids=erased, now=now)
        return len(erased)

    def _erase(self, desk: Desk, place: Collection, *, ids: Iterable[str], versions: tuple[str, ...] = ("all",), now: int) -> None:
        """As the operator: what one of our people laid out, another may take back."""
        for identifier in ids:
            self.objects.delete(desk.operator, place, identifier, query=ObjectQuery(versions=versions), now=now)

    def _revoke_evidence(self, desk: Desk, evidence: Iterable[str], *, now: int) -> None:
        for collection in desk.collections:
            if not (collection.may_read(desk.caller) and collection.may_write(desk.caller)) or collection.alias == INBOX:
                continue
            last: dict[str, LogEntry] = {}
            for entry in self.objects.entries(desk.caller, collection, ObjectQuery(ids=tuple(evidence))):
                last[entry.id] = max(entry, last.get(entry.id, entry), key=lambda one: one.version or "")
            bodies = [strict_json.read(one.body).value for one in last.values() if one.version]
            own = [one for one in bodies if text(one, "created_by_ref") == desk.own.identity_id and one.get("revoked") is not True]
            self._put(desk, collection, objects=[withdrawn(one, now=now) for one in own], now=now)

    def _put(self, desk: Desk, collection: Collection, *, objects: Sequence[Object | bytes], now: int) -> None:
        """All of them, or an error that names the first that is refused."""
        bodies = [one if isinstance(one, bytes) else orjson.dumps(one) for one in objects]
        if not bodies:
            return
        status, _resource = self.objects.add(desk.caller, collection, bodies, now=now)
        if status.failures:
            first = status.failures[0]
            raise InvalidInputError(f"{collection.alias} refuses {first.id}: {first.message}", hint="correct it, and try again")

    def _desk(self, caller: Caller) -> Desk:
        with self.database.read() as connection:
            organisations = tuple(members.list_organisations(connection))
            operator = members.find_login(connection, name=OPERATOR)
        own = next((one for one in organisations if one.is_own), None)
        if own is None or operator is None:
            raise NotFoundError("the database holds no exchange", hint="make one with: tocsin init")
        collections = tuple(self.collections())
        return Desk(caller=caller, operator=operator.caller, own=own, organisations=organisations, collections=collections)


def _is_elsewhere(identifier: str, bodies: Mapping[str, Object]) -> bool:
    """An object of a case that is not part of its evidence: of the catalogue, or what a case only refers to and we do not hold."""
    if identifier not in bodies:
        return identifier.startswith(("attack-pattern--", "threat-actor--"))
    return text(bodies[identifier], "created_by_ref") == CATALOGUE


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
