"""What an exchange does by itself about notifications: receipts, purges after a recall, telling people (ADR 0016, docs/notifications.md).

Run again and again by `tocsin sync --watch`. Everything here can be done twice, by two processes at once: a receipt that is there is not
given again, an alert has a key. It decides nothing that a person should: it acknowledges nothing and gives no verdict.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

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

    def threads(self, caller: Caller) -> list[Thread]: ...
    def reply(self, caller: Caller, thread: Thread, kind: Kind, *, now: int) -> Reply: ...
    def answer(self, caller: Caller, thread: Thread, reply: Reply, *, now: int) -> object: ...
    def purge(self, caller: Caller, thread: Thread, *, now: int) -> int: ...


class Alarm(Protocol):
    """What is asked of `services.alert`."""

    def raise_alert(
        self, connection: Connection, kind: AlertKind, data: Mapping[str, Value], *, key: str, mail_to: str | None = None, now: int
    ) -> int: ...


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
        if not self._is_due(now):
            return []
        caller = self.operator()
        told = list[str]()
        for thread in self.notifications.threads(caller):
            course = thread.course(now)
            if course is not None and not thread.is_draft:
                step = self._outgoing if thread.is_ours else self._incoming
                told += step(caller, thread, course, now=now)
        return told

    def _is_due(self, now: int) -> bool:
        with self.database.read() as connection:
            stamps = {alias: last for alias, last in last_stamps(connection).items() if alias == INBOX or alias.startswith(OUTBOX)}
        looked = self._seen.get("looked", 0)
        if stamps == self._seen.get("stamps") and isinstance(looked, int) and now - looked < _LOOK_AGAIN:
            return False
        self._seen.update(stamps=stamps, looked=now)
        return True

    def _incoming(self, caller: Caller, thread: Thread, course: Course, *, now: int) -> Iterator[str]:
        """A notification to us: its receipt, and after a recall the purge."""
        version = course.notification.modified
        if course.state is State.RECALLED:
            yield from self._alert(AlertKind.RECALL_RECEIVED, course, key=thread.id, now=now)
            if course.purged is None:
                count = self.notifications.purge(caller, thread, now=now)
                self._answer(caller, thread, Kind.PURGE, now=now)
                yield f"{thread.id} was recalled: {count} objects are deleted, and that is attested"
            return
        yield from self._alert(AlertKind.NOTIFICATION_RECEIVED, course, key=f"{thread.id}|{version}", now=now)
        if not thread.has(Kind.RECEIPT, thread.us, version=version):
            self._answer(caller, thread, Kind.RECEIPT, now=now)
            yield f"{thread.id} has come in, and its receipt is given"

    def _outgoing(self, caller: Caller, thread: Thread, course: Course, *, now: int) -> Iterator[str]:
        """A notification of ours: what was answered, the receipt that closes it, and what nobody has acknowledged."""
        for posted in thread.answers:
            said = posted.said
            is_word = isinstance(said, Answer) and said.author != thread.us and standing(posted, versions=thread.counted).is_counted
            if is_word and isinstance(said, Answer) and said.kind is not Kind.RECEIPT:
                more: dict[str, Value] = {"answer_kind": said.kind, "verdict": said.verdict, "outcome": said.outcome}
                yield from self._alert(AlertKind.ANSWER_RECEIVED, course, key=f"{said.id}|{said.modified}", more=more, now=now)
        if course.state in (State.ACTED, State.DECLINED):
            self._answer(caller, thread, Kind.RECEIPT, now=now)
            yield f"{thread.id}: the outcome has come in, and its receipt closes the matter"
        since = course.notification.acknowledge_by
        if course.is_overdue and since is not None:
            key = daily(thread.id, since=since, now=now)
            yield from self._alert(
                AlertKind.NOTIFICATION_OVERDUE, course, key=key, mail_to=self.contact(course.notification.recipient), now=now
            )

    def _answer(self, caller: Caller, thread: Thread, kind: Kind, *, now: int) -> None:
        self.notifications.answer(caller, thread, self.notifications.reply(caller, thread, kind, now=now), now=now)

    def _alert(
        self,
        kind: AlertKind,
        course: Course,
        *,
        key: str,
        now: int,
        mail_to: str | None = None,
        more: Mapping[str, Value] = MappingProxyType({}),
    ) -> Iterator[str]:
        """Queues an alert once; a line where it is new."""
        known = f"{kind}|{key}"
        if known in self._seen:
            return
        data = self._data(course) | {name: value for name, value in more.items() if value}
        with self.database.write() as connection:
            number = self.alerts.raise_alert(connection, kind, data, key=key, mail_to=mail_to, now=now)
        self._seen[known] = True
        if number:
            yield f"{course.notification.id}: {kind}, told through {number} channels"

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
