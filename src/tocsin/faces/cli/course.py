"""A notification and what became of it, as `tocsin notify` and `tocsin inbox` show it: rows, details, JSON."""

from collections.abc import Mapping
from typing import Any

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.layout import listed, one_line, paragraphs
from tocsin.model.lifecycle import Course
from tocsin.model.notification import Answer, Notification, Posted, standing
from tocsin.model.stamp import stamp_of, text_of
from tocsin.model.thread import Thread, words_of

_ROW = "{:<10}{:<22}{:<14}{:<10}{:<18}{}"
HEAD = _ROW.format("ID", "WITH", "STATE", "URGENCY", "ACKNOWLEDGE (UTC)", "ABOUT")
_STEPS = ("sent", "delivered", "acknowledged", "verified", "acted", "closed", "recalled", "purged")


def row(thread: Thread, names: Mapping[str, str], *, now: int) -> str:
    """One line of a list."""
    course = thread.course(now)
    if course is None:
        worst = thread.versions[-1].said
        about = worst.name if isinstance(worst, Notification) else ""
        return _ROW.format(_short(thread), "?", str(thread.standing), "", "", one_line(about, longest=40))
    told = course.notification
    other = names.get(told.recipient if thread.is_ours else told.sender, told.recipient if thread.is_ours else told.sender)
    mark = " !" if course.is_overdue or course.is_purge_overdue(now) else ""
    deadline = "" if told.acknowledge_by is None else _minute(told.acknowledge_by)
    drill = "EXERCISE: " if told.is_drill else ""
    about = one_line(drill + (told.name.removeprefix("EXERCISE: ").partition(": ")[2] or told.name), longest=60)
    return _ROW.format(_short(thread), one_line(other, longest=20), f"{course.state}{mark}", told.urgency, deadline, about)


def details(thread: Thread, names: Mapping[str, str], *, now: int) -> str:
    """Everything about one notification, for people."""
    course = thread.course(now)
    lines = [thread.id]
    if course is None:
        lines.append(f"Its word does not count: {thread.standing}.")
    else:
        lines += _summary(course, thread, names, now=now)
    lines += ["", "Answers:"] if thread.answers else ["", "No answer yet."]
    for one in sorted(thread.told, key=_made):
        lines += _answer_lines(one, thread, names)
    return "\n".join(lines)


def shape(thread: Thread, names: Mapping[str, str], *, now: int) -> dict[str, Any]:
    """The same for programs."""
    course = thread.course(now)
    whole: dict[str, Any] = {"id": thread.id, "standing": str(thread.standing), "is_ours": thread.is_ours, "is_draft": thread.is_draft}
    if course is None:
        return whole | {"state": None}
    told = course.notification
    return whole | {
        "name": told.name,
        "sender": {"id": told.sender, "name": names.get(told.sender)},
        "recipient": {"id": told.recipient, "name": names.get(told.recipient)},
        "state": str(course.state),
        "seal": str(_seal(thread)),
        "urgency": told.urgency,
        "requested_action": told.requested_action,
        "is_drill": told.is_drill,
        "case": told.case or None,
        "evidence": list(told.evidence),
        "acknowledge_by": _text(told.acknowledge_by),
        "is_overdue": course.is_overdue,
        "is_late": course.is_late,
        "hold_until": _text(course.hold_until),
        "purge_by": _text(course.purge_by),
        "verdict": course.verdict or None,
        "outcome": list(course.outcome),
        "count": course.count,
        "times": {step: _text(getattr(course, step)) for step in _STEPS},
        "seconds": course.durations,
        "answers": [_answer_shape(one, thread) for one in sorted(thread.answers, key=_made)],
    }


def instant_of(text: str, *, option: str, now: int) -> int:
    """The stamp that an option names: RFC 3339, or a day, which lasts until its end.

    Raises:
        InvalidInputError: it is neither, or past.
    """
    try:
        stamp = stamp_of(text if "T" in text else f"{text}T23:59:59Z")
    except InvalidInputError as error:
        raise InvalidInputError(f"{option}: {error.message}", hint="write a day like 2026-01-31, or 2026-01-31T09:30:00Z") from error
    if stamp <= now:
        raise InvalidInputError(f"{option}: {text[:40]} is past", hint="name an instant to come")
    return stamp


def _summary(course: Course, thread: Thread, names: Mapping[str, str], *, now: int) -> list[str]:
    told = course.notification
    drill = "EXERCISE. " if told.is_drill else ""
    overdue = " It is overdue." if course.is_overdue else " It was acknowledged late." if course.is_late else ""
    hold = f" On hold until {_minute(course.hold_until)}." if course.hold_until else ""
    purge = ""
    if course.purge_by is not None and course.purged is None:
        purge = f" Copies are to be deleted by {_minute(course.purge_by)}{', which is past' if course.is_purge_overdue(now) else ''}."
    found = f"Verdict: {course.verdict}. " if course.verdict else ""
    done = f"Done: {', '.join(course.outcome)}. " if course.outcome else ""
    count = f"Concerned: {course.count}. " if course.count is not None else ""
    by = "" if told.acknowledge_by is None else f"; acknowledge by {_minute(told.acknowledge_by)}"
    asked = f"{drill}Urgency {told.urgency}; asked: {told.requested_action}{by}."
    times = [f"{step} {_minute(getattr(course, step))}" for step in _STEPS if getattr(course, step) is not None]
    return [
        one_line(f"{names.get(told.sender, told.sender)} -> {names.get(told.recipient, told.recipient)}: {told.name}", longest=200),
        f"State: {course.state}. Signature: {_seal(thread)}.{overdue}{hold}{purge}",
        asked,
        *([f"{found}{done}{count}".strip()] if found or done or count else []),
        f"Evidence: {len(told.evidence)} objects{f' of {told.case}' if told.case else ''}.",
        *listed(times, head="Times (UTC): ", indent=0),
        *paragraphs(told.summary),
    ]


def _answer_lines(one: Posted, thread: Thread, names: Mapping[str, str]) -> list[str]:
    worth = standing(one, versions=thread.counted)
    said = one.said
    kind = said.kind if isinstance(said, Answer) else "unreadable"
    author = names.get(said.author, said.author) if isinstance(said, Answer) else "?"
    when = _minute(said.made) if isinstance(said, Answer) else "?"
    note = "" if worth.is_counted else f"; DOES NOT COUNT: {worth}"
    return [f"  {one_line(f'{when} {kind} of {author}; {one.seal}{note}', longest=160)}", *paragraphs(words_of(one), indent=4)]


def _answer_shape(one: Posted, thread: Thread) -> dict[str, Any]:
    said, worth = one.said, standing(one, versions=thread.counted)
    shared = {"id": said.id, "standing": str(worth), "counts": worth.is_counted, "seal": str(one.seal), "words": words_of(one)}
    if not isinstance(said, Answer):
        return shared | {"kind": None}
    told = {"kind": str(said.kind), "author": said.author, "made": text_of(said.made), "verdict": said.verdict or None}
    return shared | told | {"outcome": list(said.outcome), "count": said.count}


def _seal(thread: Thread) -> str:
    """That of the version whose word counts, where there is one."""
    counted = set(thread.counted)
    return next((str(one.seal) for one in reversed(thread.versions) if one.said in counted), str(thread.versions[-1].seal))


def _made(one: Posted) -> tuple[int, str]:
    return (one.said.made if isinstance(one.said, Answer) else 0, one.said.id)


def _short(thread: Thread) -> str:
    return thread.id.removeprefix("grouping--")[:8]


def _minute(stamp: int | None) -> str:
    return "" if stamp is None else text_of(stamp)[:16].replace("T", " ")


def _text(stamp: int | None) -> str | None:
    return None if stamp is None else text_of(stamp)
