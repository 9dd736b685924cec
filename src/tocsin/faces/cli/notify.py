"""`tocsin notify`: telling another provider by name, and following what became of it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import PART_FAILED, Json, open_exchange, show
from tocsin.faces.cli.course import HEAD, details, instant_of, row, shape
from tocsin.faces.cli.file import read_objects
from tocsin.faces.cli.sync import AsMember, deliver, names_of, obstacles
from tocsin.model import strict_json
from tocsin.model.collection import OUTBOX
from tocsin.model.extension.notification import REQUESTS
from tocsin.model.member import OPERATOR
from tocsin.model.notification import Kind
from tocsin.model.thread import Thread
from tocsin.services.notification import Plan
from tocsin.wiring import Exchange

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Notifications to other providers.")

Name = Annotated[str, typer.Argument(help="The notification: its id, or the beginning of it.")]
_HOUR = 3_600_000_000  # microseconds


@app.command("draft")
def draft(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", help="The organisation that is notified.")],
    case: Annotated[str, typer.Option(help="The case: the id of its report, or the bundle that a case file was compiled to.")] = "",
    evidence: Annotated[list[str] | None, typer.Option(help="The id of an object, where there is no case; may be repeated.")] = None,
    summary: Annotated[str, typer.Option(help="What you have to say about it.")] = "",
    urgency: Annotated[str, typer.Option(help="low, normal, high or critical.")] = "normal",
    ask: Annotated[str, typer.Option(help="inform, verify or consider-action.")] = "verify",
    by: Annotated[str, typer.Option(help="Until when an acknowledgement is hoped for; without it, by urgency.")] = "",
    drill: Annotated[bool, typer.Option("--drill", help="It is an exercise.")] = False,
    as_member: AsMember = OPERATOR,
    as_json: Json = False,
) -> None:
    """Prepare a notification; nobody outside sees it before it is sent."""
    if bool(case) == bool(evidence):
        raise InvalidInputError("it is not clear what the evidence is", hint="give --case, or --evidence once or more")
    if ask not in REQUESTS:
        raise InvalidInputError(f"{ask[:40]!r} cannot be asked", hint=f"ask one of {', '.join(REQUESTS)}")
    exchange = open_exchange(ctx)
    plan = Plan(
        organisation=to,
        case=_report(case),
        evidence=tuple(evidence or ()),
        summary=summary,
        urgency=urgency,
        requested_action=ask,
        acknowledge_by=instant_of(by, option="--by", now=exchange.now()) if by else None,
        is_drill=drill,
    )
    made = exchange.notifications.draft(exchange.members.find(as_member), plan, now=exchange.now())
    text = f"{made.id}\n{made.name}\nSend it with: tocsin notify send {made.id.removeprefix('grouping--')[:8]}"
    show({"id": made.id, "name": made.name, "evidence": list(made.evidence)}, text=text, as_json=as_json)


@app.command("send")
def send(ctx: typer.Context, name: Name, as_member: AsMember = OPERATOR, as_json: Json = False) -> None:
    """Sign a draft, lay it out for its recipient, and push it there at once where there is a route. Exit code 1: not delivered yet."""
    exchange = open_exchange(ctx)
    caller = exchange.members.find(as_member)
    placed = exchange.notifications.send(caller, exchange.notifications.find(caller, name), now=exchange.now())
    delivered, word = deliver(exchange, placed)
    result = {"id": placed.id, "objects": placed.objects, "outbox": placed.outbox.alias, "delivered": delivered, "message": word}
    show(result, text=f"{placed.id}: {placed.objects} objects; {word}", as_json=as_json)
    if delivered is False:
        raise typer.Exit(PART_FAILED)


@app.command("list")
def list_(ctx: typer.Context, as_member: AsMember = OPERATOR, as_json: Json = False) -> None:
    """List the notifications that we drafted or sent, the latest first. "!" marks what is overdue."""
    _list(ctx, as_member, as_json=as_json, only_overdue=False)


@app.command("overdue")
def overdue(ctx: typer.Context, as_member: AsMember = OPERATOR, as_json: Json = False) -> None:
    """List what nobody acknowledged in time, and recalls after which copies were not deleted in time."""
    _list(ctx, as_member, as_json=as_json, only_overdue=True)


@app.command("show")
def show_(ctx: typer.Context, name: Name, as_member: AsMember = OPERATOR, as_json: Json = False) -> None:
    """Show a notification, every answer to it, and what stands in the way of its delivery."""
    exchange = open_exchange(ctx)
    thread = exchange.notifications.find(exchange.members.find(as_member), name)
    names, now = names_of(exchange), exchange.now()
    found = _obstacles(exchange, thread, now=now)
    text = "\n".join([details(thread, names, now=now), *(f"Not delivered: {one}." for one in found)])
    show(shape(thread, names, now=now) | {"obstacles": found}, text=text, as_json=as_json)


@app.command("recall")
def recall(
    ctx: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    by: Annotated[str, typer.Option(help="Until when copies should be deleted; without it, as configured.")] = "",
    evidence_too: Annotated[bool, typer.Option("--evidence", help="Revoke the evidence that is ours too, wherever it lies.")] = False,
    as_member: AsMember = OPERATOR,
    as_json: Json = False,
) -> None:
    """Take a notification back: revoke it, and ask its recipient to delete the copies and to attest that. A draft is deleted."""
    exchange = open_exchange(ctx)
    caller, now = exchange.members.find(as_member), exchange.now()
    thread = exchange.notifications.find(caller, name)
    if thread.is_draft:
        exchange.notifications.discard(caller, thread, now=now)
        word = "it was never sent"
        show({"id": thread.id, "delivered": None, "message": word}, text=f"{thread.id} is deleted; {word}", as_json=as_json)
        return
    until = instant_of(by, option="--by", now=now) if by else now + int(exchange.config.purge_hours * _HOUR)
    reply = replace(exchange.notifications.reply(caller, thread, Kind.RECALL, now=now), words=reason, purge_by=until)
    placed = exchange.notifications.recall(caller, thread, reply, is_evidence_revoked=evidence_too, now=now)
    delivered, word = deliver(exchange, placed)
    show({"id": placed.id, "delivered": delivered, "message": word}, text=f"{placed.id} is recalled; {word}", as_json=as_json)
    if delivered is False:
        raise typer.Exit(PART_FAILED)


def _list(ctx: typer.Context, member: str, *, as_json: bool, only_overdue: bool) -> None:
    exchange = open_exchange(ctx)
    names, now = names_of(exchange), exchange.now()
    threads = [one for one in exchange.notifications.threads(exchange.members.find(member)) if one.is_ours]
    if only_overdue:
        courses = [(one, one.course(now)) for one in threads]
        threads = [one for one, course in courses if course and (course.is_overdue or course.is_purge_overdue(now))]
    result: list[dict[str, Any]] = [shape(one, names, now=now) for one in threads]
    text = "\n".join([HEAD, *(row(one, names, now=now) for one in threads)]) if threads else "none"
    show(result, text=text, as_json=as_json)


def _obstacles(exchange: Exchange, thread: Thread, *, now: int) -> list[str]:
    """What stands in the way of a notification of ours that has not arrived yet."""
    course = thread.course(now)
    if course is None or not thread.is_ours or course.sent is None or course.delivered is not None:
        return []
    recipient = next((one for one in exchange.organisations.listing() if one.identity_id == course.notification.recipient), None)
    outbox = next((one for one in exchange.collections.everything() if recipient and one.alias == f"{OUTBOX}{recipient.slug}"), None)
    return obstacles(exchange, outbox.id, ids={thread.id, *course.notification.evidence}) if outbox else []


def _report(case: str) -> str:
    """The report of a case: given by its id, or as the one report of a bundle."""
    if not case or case.startswith("report--"):
        return case
    bodies = [strict_json.read(body).value for body in read_objects(Path(case))]
    reports = [one["id"] for one in bodies if isinstance(one, dict) and one.get("type") == "report" and isinstance(one.get("id"), str)]
    if len(set(reports)) != 1:
        raise InvalidInputError(f"{case} holds {len(set(reports))} reports", hint="give the bundle of one case, or the id of a report")
    return str(reports[0])
