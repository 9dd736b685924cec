"""`tocsin inbox`: what other providers told us, and our answers: acknowledged, on hold, verified, acted on or declined."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import PART_FAILED, Json, open_exchange, show
from tocsin.faces.cli.course import HEAD, details, instant_of, row, shape
from tocsin.faces.cli.file import read_objects
from tocsin.faces.cli.layout import one_line
from tocsin.faces.cli.sync import AsMember, deliver, names_of
from tocsin.model import strict_json
from tocsin.model.extension.enforcement_action import ACTION_TYPES
from tocsin.model.extension.notification_answer import VERDICTS
from tocsin.model.member import OPERATOR
from tocsin.model.notification import Kind
from tocsin.model.thread import words_of
from tocsin.wiring import Exchange

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Notifications from other providers.")

Name = Annotated[str, typer.Argument(help="The notification: its id, or the beginning of it.")]
Words = Annotated[str, typer.Option("--words", help="What you have to say about it.")]
Concerned = Annotated[int | None, typer.Option(help="How many accounts, keys and other assets that concerned.", min=0)]


@app.command("list")
def list_(ctx: typer.Context, as_member: AsMember = OPERATOR, as_json: Json = False) -> None:
    """List what came in, the latest first, and answers that belong to nothing that we hold."""
    exchange = open_exchange(ctx)
    caller, names, now = exchange.members.find(as_member), names_of(exchange), exchange.now()
    threads = [one for one in exchange.notifications.threads(caller) if not one.is_ours and not one.is_draft]
    strays = exchange.notifications.strays(caller)
    lines = [HEAD, *(row(one, names, now=now) for one in threads)] if threads else ["none"]
    lines += [one_line(f"stray: {one.said.id}: {words_of(one)}", longest=160) for one in strays]
    result: dict[str, Any] = {"notifications": [shape(one, names, now=now) for one in threads], "strays": [one.said.id for one in strays]}
    show(result, text="\n".join(lines), as_json=as_json)


@app.command("show")
def show_(ctx: typer.Context, name: Name, as_member: AsMember = OPERATOR, as_json: Json = False) -> None:
    """Show a notification and every answer to it."""
    exchange = open_exchange(ctx)
    thread = exchange.notifications.find(exchange.members.find(as_member), name)
    names, now = names_of(exchange), exchange.now()
    show(shape(thread, names, now=now), text=details(thread, names, now=now), as_json=as_json)


@app.command("ack")
def ack(ctx: typer.Context, name: Name, words: Words = "", as_member: AsMember = OPERATOR, as_json: Json = False) -> None:
    """Say that people here look into it."""
    _answer(ctx, name, Kind.ACKNOWLEDGEMENT, member=as_member, as_json=as_json, words=words)


@app.command("hold")
def hold(
    ctx: typer.Context,
    name: Name,
    until: Annotated[str, typer.Option(help="A day, or an instant in UTC.")],
    words: Words = "",
    as_member: AsMember = OPERATOR,
    as_json: Json = False,
) -> None:
    """Ask to hold back while an investigation is under way; it has an end."""
    _answer(
        ctx,
        name,
        Kind.HOLD,
        member=as_member,
        as_json=as_json,
        words=words,
        hold_until=instant_of(until, option="--until", now=Exchange.now()),
    )


@app.command("verify")
def verify(
    ctx: typer.Context,
    name: Name,
    verdict: Annotated[str, typer.Option(help=f"What was found: {', '.join(VERDICTS)}.")],
    count: Concerned = None,
    sightings: Annotated[Path | None, typer.Option(help="A file of sightings that go with it, as tocsin match writes it.")] = None,
    words: Words = "",
    as_member: AsMember = OPERATOR,
    as_json: Json = False,
) -> None:
    """Tell the sender what your own look at it found."""
    if verdict not in VERDICTS:
        raise InvalidInputError(f"{verdict[:40]!r} is no verdict", hint=f"give one of {', '.join(VERDICTS)}")
    more = _sightings(sightings) if sightings else ()
    _answer(ctx, name, Kind.VERDICT, member=as_member, as_json=as_json, words=words, verdict=verdict, count=count, more=more)


@app.command("act")
def act(
    ctx: typer.Context,
    name: Name,
    action: Annotated[list[str], typer.Option(help="What was done, such as account-disabled; may be repeated.")],
    count: Concerned = None,
    words: Words = "",
    as_member: AsMember = OPERATOR,
    as_json: Json = False,
) -> None:
    """Tell the sender what you did, under your own policies."""
    unknown = [one for one in action if one not in ACTION_TYPES]
    if unknown:
        raise InvalidInputError(f"{unknown[0][:40]!r} is no action", hint=f"give one of {', '.join(ACTION_TYPES)}")
    _answer(ctx, name, Kind.OUTCOME, member=as_member, as_json=as_json, words=words, outcome=tuple(action), count=count)


@app.command("decline")
def decline(ctx: typer.Context, name: Name, words: Words = "", as_member: AsMember = OPERATOR, as_json: Json = False) -> None:
    """Tell the sender that you do nothing about it."""
    _answer(ctx, name, Kind.OUTCOME, member=as_member, as_json=as_json, words=words)


def _sightings(file: Path) -> tuple[bytes, ...]:
    """What is sent along: nothing but sightings, whatever else is on the disk."""
    bodies = tuple(read_objects(file))
    others = {str(one.get("type"))[:40] for one in map(_value, bodies) if one.get("type") != "sighting"}
    if others:
        raise InvalidInputError(f"{file} holds more than sightings: {', '.join(sorted(others))}", hint="give what tocsin match wrote")
    return bodies


def _value(body: bytes) -> dict[str, Any]:
    value = strict_json.read(body).value
    return value if isinstance(value, dict) else {}


def _answer(ctx: typer.Context, name: str, kind: Kind, *, member: str, as_json: bool, more: tuple[bytes, ...] = (), **said: Any) -> None:
    exchange = open_exchange(ctx)
    caller, now = exchange.members.find(member), exchange.now()
    thread = exchange.notifications.find(caller, name)
    reply = replace(exchange.notifications.reply(caller, thread, kind, now=now), **said)
    placed = exchange.notifications.answer(caller, thread, reply, more=more, now=now)
    delivered, word = deliver(exchange, placed)
    course = exchange.notifications.find(caller, name).course(now)
    state = str(course.state) if course else None
    result = {"id": thread.id, "answer": reply.id, "state": state, "delivered": delivered, "message": word}
    show(result, text=f"{thread.id}: {state}; {word}", as_json=as_json)
    if delivered is False:
        raise typer.Exit(PART_FAILED)
