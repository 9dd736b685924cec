"""`tocsin match`: our own telemetry against the indicators that we hold, and what was seen as sightings."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from uuid import uuid4

import typer
from rich.progress import Progress

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import PART_FAILED, Json, open_exchange, show, tell
from tocsin.faces.cli.file import progress
from tocsin.faces.cli.layout import many, one_line
from tocsin.model.graph import Graph, text
from tocsin.model.match.field import NAMED, Fields, read_fields
from tocsin.model.match.line import Skipped
from tocsin.model.match.nova import read_rule
from tocsin.model.match.scan import Scan, Tally
from tocsin.model.match.telemetry import Form, Reader
from tocsin.model.member import OPERATOR
from tocsin.model.stamp import text_of
from tocsin.services.case import write_new

STDIN = "stdin"
_BLOCK = 1 << 18  # bytes
_FIGURES = "{:>9}  {:<20}  {:<20}  {}"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(slots=True, kw_only=True)
class _Pass:
    """The files of one call, and what was and was not read of them."""

    scan: Scan
    fields: Fields
    form: Form | None
    names: set[str] = field(default_factory=set)  # of the fields that were there
    skipped: dict[str, Skipped] = field(default_factory=dict)  # by file

    def take(self, name: str, file: BinaryIO, bar: Progress) -> None:
        """Looks at every record of a file."""
        form = self.form or (Form.CSV if name.lower().endswith((".csv", ".tsv")) else None)
        reader = Reader(self.fields, form)
        skipped = self.skipped.setdefault(name, Skipped())
        try:
            for batch in reader.batches(_blocks(file), skipped):
                self.scan.take(batch, name)
                bar.update(bar.task_ids[0], completed=self.scan.records)
        except InvalidInputError as error:
            raise InvalidInputError(f"{name}: {error.message}", hint=error.hint) from error
        except OSError as error:
            raise InvalidInputError(f"{name}: {error.strerror}", hint="give files that can be read") from error
        self.names |= reader.names
        if reader.form in (Form.JSON, Form.CSV) and not reader.names:
            tell(f"{name}: no field of it is known; say what they hold with --field TYPE=NAME")


@app.command()
def match(
    ctx: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="JSON lines, CSV with a header or plain text; - is standard input.")
    ],
    fields: Annotated[list[str] | None, typer.Option("--field", help=f"TYPE=NAME: what a field holds ({', '.join(NAMED)}).")] = None,
    form: Annotated[Form | None, typer.Option("--format", help="How the files are written, where name and first line do not say.")] = None,
    sightings: Annotated[Path | None, typer.Option(help="Write what was seen to this new file, as a bundle of STIX sightings.")] = None,
    as_json: Json = False,
) -> None:
    """Check our own telemetry against the indicators that we hold. Nothing of it is stored or sent."""
    _require_free(sightings)
    known = read_fields(fields or [])
    exchange = open_exchange(ctx)
    now, caller = exchange.now(), exchange.members.find(OPERATOR)
    with ExitStack() as stack:
        opened = [(STDIN if name == "-" else name, stack.enter_context(_open(name))) for name in dict.fromkeys(files)]
        with progress("reading indicators", None) as bar:
            index = exchange.match.load(caller, read_rule=read_rule, tell=partial(_advance, bar), now=now)
        found = _Pass(scan=Scan(index=index, now=now), fields=known, form=form)
        with progress("matching", None) as bar:
            for name, file in opened:
                found.take(name, file, bar)
    seen = found.scan.tallies()
    indicators = exchange.match.find(caller, seen, now=now)
    if sightings is not None and seen:
        _write(sightings, exchange.match.sightings(caller, indicators, seen=seen, now=now))
    _tell_skipped(found.skipped)
    result = _shape(found, seen, indicators) | {"sightings": str(sightings) if sightings and seen else None}
    show(result, text="\n".join(_lines(result)), as_json=as_json)
    if any(one.reasons for one in found.skipped.values()):
        raise typer.Exit(PART_FAILED)


def _require_free(file: Path | None) -> None:
    """Before hours are spent on what cannot be written then."""
    if file is not None and file.exists():
        raise InvalidInputError(f"{file} is there already", hint="give another name")
    if file is not None and not file.parent.is_dir():
        raise InvalidInputError(f"there is no folder {file.parent}", hint="make it, or give another name")


def _open(name: str) -> AbstractContextManager[BinaryIO]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise InvalidInputError(f"{name}: {error.strerror}", hint="give files that can be read") from error


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block


def _advance(bar: Progress, count: int) -> None:
    bar.update(bar.task_ids[0], completed=count)


def _write(file: Path, objects: Sequence[dict[str, Any]]) -> None:
    bundle = {"type": "bundle", "id": f"bundle--{uuid4()}", "objects": objects}
    write_new(file, json.dumps(bundle, indent=2, ensure_ascii=False) + "\n")


def _tell_skipped(skipped: Mapping[str, Skipped]) -> None:
    for file, one in skipped.items():
        for number, reason in one.first:
            tell(f"{file}:{number}: {reason}")
        more = one.reasons.total() - len(one.first)
        if more:
            tell(f"{file}: {many(more, 'line')} more passed over")


def _shape(found: _Pass, seen: Mapping[str, Tally], indicators: Graph) -> dict[str, Any]:
    held, evaluated, reasons = found.scan.index.count()
    return {
        "records": found.scan.records,
        "matched": found.scan.matched,
        "skipped": dict(sum((one.reasons for one in found.skipped.values()), Counter[str]())),
        "fields": sorted(found.names),
        "indicators": {"held": held, "evaluated": evaluated, "not_evaluated": reasons},
        "matches": [
            {
                "indicator": one,
                "name": text(indicators.objects.get(one, {}), "name"),
                "pattern": text(indicators.objects.get(one, {}), "pattern"),
                "count": tally.count,
                "first_seen": None if tally.first is None else text_of(tally.first),
                "last_seen": None if tally.last is None else text_of(tally.last),
                "at": [f"{file}:{line}" for file, line in tally.places],
            }
            for one, tally in seen.items()
        ],
    }


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    held = result["indicators"]
    figures = [many(result["records"], "record"), result["matched"], many(held["held"], "indicator"), held["evaluated"]]
    yield "{}, {} with a match; {}, {} evaluated".format(*figures)
    if result["matches"]:
        yield ""
        yield _FIGURES.format("records", "first", "last", "indicator")
    for one in result["matches"]:
        days = [_second(one[name]) for name in ("first_seen", "last_seen")]
        yield _FIGURES.format(one["count"], *days, one_line(one["name"] or one["pattern"]))
        yield f"{'':11}{one['indicator']}  {', '.join(one['at'])}"
    if held["not_evaluated"]:
        yield ""
        yield "Not evaluated:"
        yield from (f"{times:>9}  {reason}" for reason, times in held["not_evaluated"].items())


def _second(instant: str | None) -> str:
    return f"{instant[:19]}Z" if instant else "not said"
