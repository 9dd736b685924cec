"""The outbox of alerts: what is to be sent, what was, and what was given up (ADR 0018).

Whoever claims an alert has it for a while: its next try is put off to the end of that time. A process that dies in between leaves it
to be tried again then, so an alert may arrive twice and is never lost.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, String, Table, and_, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's too

from tocsin.model.alert import Alert, Channel, Kind
from tocsin.store.database import METADATA

alert = Table(
    "alert",
    METADATA,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("channel", String, nullable=False),
    Column("target", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", BigInteger, index=True),  # none: done, or given up
    Column("done", BigInteger),
    Column("last_error", String, nullable=False),
)
_OPEN = select(alert).where(alert.c.done.is_(None)).order_by(alert.c.created, alert.c.id)


def add(connection: Connection, new: Alert) -> bool:
    """Puts an alert into the outbox; False when one of that key is there, or was."""
    values = {column.name: getattr(new, column.name) for column in alert.columns}
    statement = insert(alert).values(values).on_conflict_do_nothing(index_elements=[alert.c.key]).returning(alert.c.id)
    return connection.execute(statement).first() is not None


def is_due(connection: Connection, channel: Channel, *, now: int) -> bool:
    """Whether there is anything to claim."""
    return connection.execute(select(alert.c.id).where(_due(channel, now)).limit(1)).first() is not None


def claim(connection: Connection, channel: Channel, *, now: int, until: int, limit: int) -> list[Alert]:
    """Alerts that are due on a channel, the caller's until then; those that never failed first. A try of each is counted."""
    due = select(alert.c.id).where(_due(channel, now)).order_by(alert.c.attempts, alert.c.next_try, alert.c.id).limit(limit)
    ids = connection.execute(due.with_for_update(skip_locked=True)).scalars().all()  # SQLite's writers are alone anyway
    taken = update(alert).where(alert.c.id.in_(ids)).values(attempts=alert.c.attempts + 1, next_try=until).returning(alert)
    return _records(connection.execute(taken).mappings().all()) if ids else []


def settle(connection: Connection, tried: Alert) -> None:
    """Keeps what came of a try. A failure changes nothing where another process has claimed the alert since."""
    ours = alert.c.id == tried.id if tried.done else and_(alert.c.id == tried.id, alert.c.attempts == tried.attempts)
    values = {"next_try": tried.next_try, "done": tried.done, "last_error": tried.last_error}
    connection.execute(update(alert).where(ours, alert.c.done.is_(None)).values(values))


def list_open(connection: Connection) -> list[Alert]:
    """What was not sent: waiting for its next try, or given up; oldest first."""
    return _records(connection.execute(_OPEN).mappings().all())


def _due(channel: Channel, now: int) -> Any:
    return and_(alert.c.next_try <= now, alert.c.channel == channel)


def _records(rows: Sequence[Any]) -> list[Alert]:
    return [Alert(**{**row, "kind": Kind(row["kind"]), "channel": Channel(row["channel"])}) for row in rows]
