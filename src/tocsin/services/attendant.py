"""What an exchange does by itself about notifications: receipts, purges after a recall, telling people (ADR 0016, docs/notifications.md).

Run again and again by `tocsin sync --watch`. Everything here can be done twice, by two processes at once: a receipt that is there is not
given again, an alert has a key. It decides nothing that a person should: it acknowledges nothing and gives no verdict.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tocsin.errors import TocsinError
from tocsin.model.alert import Kind as AlertKind
from tocsin.model.alert import Value, daily
from tocsin.model.collection import INBOX, OUTBOX
from tocsin.model.letter import Reply
from tocsin.model.lifecycle import Course, State
from tocsin.model.member import Caller
from tocsin.model.notification import Answer, Kind, standing
from tocsin.model.stamp import text_of
from tocsin.model.thread import Thread
from tocsin.store.collection import last_stamps
from tocsin.store.database import Connection, Database

_LOOK_AGAIN = 30_000_000  # microseconds after which deadlines are looked at, though nothing came in


class Correspondence(Protocol):
    """What is asked of `services.notification`."""

    def threads(self, caller: Caller) -> list[Thread]:
        """All that the caller may read."""
        ...

    def reply(self, caller: Caller, thread: Thread, kind: Kind, *, now: int) -> Reply:
        """An answer of ours to be filled in."""
        ...

    def answer(self, caller: Caller, thread: Thread, reply: Reply, *, now: int) -> object:
        """Gives it."""
        ...

    def purge(self, caller: Caller, thread: Thread, *, now: int) -> int:
        """Deletes what came with a recalled notification."""
        ...


class Alarm(Protocol):
    """What is asked of `services.alert`."""

    def raise_alert(
        self, connection: Connection, kind: AlertKind, data: Mapping[str, Value], *, key: str, mail_to: str | None = None, now: int
    ) -> int:
        """Queues an alert once for each key and target."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """Something that people are to be told."""

    kind: AlertKind
    key: str  # told once
    mail_to: str | None = None  # who else is told
    more: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendantService:
    """Looks after the notifications of one exchange; one object a process, since it remembers how far it has looked."""

    database: Database
    notifications: Correspondence
    alerts: Alarm
    operator: Callable[[], Caller]
    names: Callable[[], Mapping[str, str]]  # of organisations, by identity
    contact: Callable[[str], str | None]  # the mail address of an identity
    _seen: dict[str, object] = field(default_factory=dict, init=False, repr=False)

    def tend(self, *, now: int) -> list[str]:
        """Does what there is to do, and says it, a line each; nothing where nothing came in and no deadline can have passed."""
        with self.database.read() as connection:
            stamps = {alias: last for alias, last in last_stamps(connection).items() if alias == INBOX or alias.startswith(OUTBOX)}
        looked = self._seen.get("looked", 0)
        if stamps == self._seen.get("stamps") and isinstance(looked, int) and now - looked < _LOOK_AGAIN:
            return []
        caller = self.operator()
        told = [line for thread in self.notifications.threads(caller) for line in self._look_after(caller, thread, now=now)]
        self._seen.update(stamps=stamps, looked=now)
        return told

    def _look_after(self, caller: Caller, thread: Thread, *, now: int) -> list[str]:
        """One notification; what goes wrong with it stops only itself, and is tried again at the next look."""
        course = thread.course(now)
        if course is None or thread.is_draft:
            return []
        try:
            return list((self._outgoing if thread.is_ours else self._incoming)(caller, thread, course=course, now=now))
        except TocsinError as error:
            return [f"{thread.id}: {error}"]

    def _incoming(self, caller: Caller, thread: Thread, *, course: Course, now: int) -> Iterator[str]:
        """A notification to us: its receipt, and after a recall the purge."""
        version = course.notification.modified
        if course.state is State.RECALLED:
            yield from self._alert(_News(kind=AlertKind.RECALL_RECEIVED, key=thread.id), course, now=now)
            if course.purged is None:
                count = self.notifications.purge(caller, thread, now=now)
                self._answer(caller, thread, Kind.PURGE, now=now)
                yield f"{thread.id} was recalled: {count} objects are deleted, and that is attested"
            return
        yield from self._alert(_News(kind=AlertKind.NOTIFICATION_RECEIVED, key=f"{thread.id}|{version}"), course, now=now)
        if not thread.has(Kind.RECEIPT, thread.us, version=version):
            self._answer(caller, thread, Kind.RECEIPT, now=now)
            yield f"{thread.id} has come in, and its receipt is given"

    def _outgoing(self, caller: Caller, thread: Thread, *, course: Course, now: int) -> Iterator[str]:
        """A notification of ours: what was answered, the receipt that closes it, and what nobody has acknowledged."""
        for posted in thread.told:
            said = posted.said
            is_word = isinstance(said, Answer) and said.author != thread.us and standing(posted, versions=thread.counted).is_counted
            if is_word and isinstance(said, Answer) and said.kind is not Kind.RECEIPT:
                more: dict[str, Value] = {"answer_kind": said.kind, "verdict": said.verdict, "outcome": said.outcome}
                news = _News(kind=AlertKind.ANSWER_RECEIVED, key=f"{said.id}|{said.modified}", more=more)
                yield from self._alert(news, course, now=now)
        if course.state in (State.ACTED, State.DECLINED):
            self._answer(caller, thread, Kind.RECEIPT, now=now)
            yield f"{thread.id}: the outcome has come in, and its receipt closes the matter"
        since = course.notification.acknowledge_by
        if course.is_overdue and since is not None:
            key, contact = daily(thread.id, since=since, now=now), self.contact(course.notification.recipient)
            yield from self._alert(_News(kind=AlertKind.NOTIFICATION_OVERDUE, key=key, mail_to=contact), course, now=now)

    def _answer(self, caller: Caller, thread: Thread, kind: Kind, *, now: int) -> None:
        self.notifications.answer(caller, thread, self.notifications.reply(caller, thread, kind, now=now), now=now)

    def _alert(self, news: _News, course: Course, *, now: int) -> Iterator[str]:
        """Queues an alert once; a line where it is new."""
        known = f"{news.kind}|{news.key}"
        if known in self._seen:
            return
        data = self._data(course) | {name: value for name, value in news.more.items() if value}
        with self.database.write() as connection:
            number = self.alerts.raise_alert(connection, news.kind, data, key=news.key, mail_to=news.mail_to, now=now)
        self._seen[known] = True
        if number:
            yield f"{course.notification.id}: {news.kind}, told in {number} way{'s' if number > 1 else ''}"

    def _data(self, course: Course) -> dict[str, Value]:
        """What an alert may say: ids, names and words from closed lists."""
        told, names = course.notification, self.names()
        data: dict[str, Value] = {
            "notification": told.id,
            "sender": told.sender,
            "sender_name": names.get(told.sender, told.sender),
            "recipient": told.recipient,
            "recipient_name": names.get(told.recipient, told.recipient),
            "urgency": told.urgency,
            "requested_action": told.requested_action,
            "state": course.state,
            "evidence": len(told.evidence),
        }
        deadline = {} if told.acknowledge_by is None else {"deadline": text_of(told.acknowledge_by)}
        return data | deadline | ({"is_drill": True} if told.is_drill else {})
