"""`tocsin landscape`: which techniques were seen of whom over time, how often, and whether any is called unprecedented."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import Json, open_exchange, show
from tocsin.faces.cli.layout import listed, many, one_line
from tocsin.model.graph import Named
from tocsin.model.landscape import Landscape, Occurrence, Row, Span
from tocsin.model.member import OPERATOR
from tocsin.model.stamp import version_text

NOT_SAID = "not said"
_NAME = 47  # columns
_FIGURES = f"{{:<{_NAME}}}{{:>6}}  {{:<10}}  {{:<10}}  {{}}"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class By(StrEnum):
    """What a row is about."""

    TECHNIQUE = "technique"
    ACTOR = "actor"


@app.command()
def landscape(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(help="Only uses that began on this day or later, such as 2024-01-31.")] = "",
    until: Annotated[str, typer.Option(help="Only uses that began on this day or earlier.")] = "",
    by: Annotated[By, typer.Option(help="What a row is about.")] = By.TECHNIQUE,
    as_member: Annotated[str, typer.Option("--as", help="The member that reads; without it, the operator.")] = OPERATOR,
    as_json: Json = False,
) -> None:
    """Tell which techniques were seen of whom, when and how often, and which uses are called unprecedented."""
    span = Span(since=_day("since", since), until=_day("until", until))
    if span.until and span.until < span.since:
        raise InvalidInputError(f"{span.until} is before {span.since}", hint="give --since the earlier day and --until the later one")
    exchange = open_exchange(ctx)
    found = exchange.landscape.survey(exchange.members.find(as_member), span=span, now=exchange.now())
    show(_shape(found, span, by), text="\n".join(_lines(found, span, by)), as_json=as_json)


def _day(name: str, given: str) -> str:
    try:
        return date.fromisoformat(given).isoformat() if given else ""
    except ValueError as error:
        raise InvalidInputError(f"--{name} {given[:40]!r} is not a day", hint=f"write --{name} 2024-01-31") from error


def _shape(found: Landscape, span: Span, by: By) -> dict[str, Any]:
    rows = found.techniques if by is By.TECHNIQUE else found.actors
    others = "actors" if by is By.TECHNIQUE else "techniques"
    return {
        "since": span.since or None,
        "until": span.until or None,
        "uses": found.uses,
        "techniques": len(found.techniques),
        "actors": len(found.actors),
        "by": by.value,
        "rows": [_row_shape(row, others) for row in rows],
        "unprecedented": [_occurrence_shape(one) for one in found.unprecedented],
        "unseen": [_named(one) for one in found.unseen],
    }


def _row_shape(row: Row, others: str) -> dict[str, Any]:
    return {
        **_named(row.subject),
        "uses": row.uses,
        others: [_named(one) for one in row.others],
        "first": version_text(row.first),
        "last": version_text(row.last),
        "timeline": dict(row.timeline),
        "novelty": {word or NOT_SAID: times for word, times in row.novelty},
    }


def _occurrence_shape(one: Occurrence) -> dict[str, Any]:
    return {
        "technique": _named(one.technique),
        "actor": _named(one.actor),
        "report": _named(one.report) if one.report else None,
        "first": version_text(one.first),
        "last": version_text(one.last),
    }


def _named(named: Named) -> dict[str, str]:
    return {"id": named.id, "name": named.name}


def _lines(found: Landscape, span: Span, by: By) -> Iterator[str]:
    rows, other = (found.techniques, "actor") if by is By.TECHNIQUE else (found.actors, "technique")
    days = [f" from {span.since}" if span.since else "", f" to {span.until}" if span.until else ""]
    figures = [many(found.uses, "use"), many(len(found.techniques), "technique"), many(len(found.actors), "actor")]
    yield "{} of {} by {}".format(*figures) + "".join(days)
    yield ""
    if rows:
        yield _FIGURES.format(by.value, "uses", "first", "last", "novelty")
        for row in rows:
            yield from _row(row, other)
        yield ""
    yield from _unprecedented(found.unprecedented)
    yield from listed([one.name for one in found.unseen], head="Known, and not seen of anybody: ", indent=0)


def _row(row: Row, other: str) -> Iterator[str]:
    novelty, _times = row.novelty[-1]
    yield _FIGURES.format(one_line(row.subject.name, longest=_NAME), row.uses, row.first[:10], row.last[:10], novelty or NOT_SAID)
    timeline = ", ".join(f"{half} {times}" for half, times in row.timeline)
    yield from listed([one.name for one in row.others], head=f"{timeline}; {many(len(row.others), other)}: ", indent=4)


def _unprecedented(found: Sequence[Occurrence]) -> Iterator[str]:
    if not found:
        yield "No use is called unprecedented."
        return
    yield f"{many(len(found), 'use')} called unprecedented:"
    for one in found:
        report = [f"in {one.report.name}"] if one.report else []
        yield from listed([one.technique.name, f"by {one.actor.name}", *report], head=f"{one.first[:10]}  ")
