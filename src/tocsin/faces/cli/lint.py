"""`tocsin lint`: what admission would refuse in a file, and what the OASIS validator would have otherwise.

The validator gets only what admission lets through: one of its regular expressions doubles its time with each letter.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from stix2validator import ValidationOptions, validate_instance

from tocsin.faces.cli.console import PART_FAILED, Json, printable, show
from tocsin.faces.cli.file import progress, read_objects
from tocsin.model import admission, strict_json
from tocsin.model.stix import Refusal, StixObject

app = typer.Typer(add_completion=False, rich_markup_mode=None)
_OPTIONS = ValidationOptions(version="2.1", disabled="uuid-check")  # it wants UUIDv4 alone; UUIDv5 ids are made on purpose (ADR 0003)
Remark = dict[str, str]


@app.command()
def lint(
    file: Annotated[Path, typer.Argument(help="A bundle, an envelope, a list of objects, or JSON lines.")], as_json: Json = False
) -> None:
    """Say what is wrong (exit code 1), and what could be better, in a file of STIX objects. Nothing is stored or sent."""
    objects = read_objects(file)
    now = time.time_ns() // 1000
    remarks: list[Remark] = []
    seen: dict[tuple[str, str], bytes] = {}
    with progress("checking", len(objects)) as bar:
        for position, body in enumerate(objects):
            read = admission.read(body, now=now, position=position)
            remarks += _remarks(body, read, seen)
            bar.advance(bar.task_ids[0])
    wrong = sum(remark["kind"] == "error" for remark in remarks)
    lines = [printable(f"{file}: {one['id']}: {one['kind']}: {one['message']}") for one in remarks]
    summary = f"{len(objects)} objects, {wrong} errors, {len(remarks) - wrong} warnings"
    show({"file": str(file), "objects": len(objects), "remarks": remarks}, text="\n".join([*lines, summary]), as_json=as_json)
    if wrong:
        raise typer.Exit(PART_FAILED)


def _remarks(body: bytes, read: StixObject | Refusal, seen: dict[tuple[str, str], bytes]) -> Iterator[Remark]:
    """What is to be said of one object; `seen` keeps the content of each version."""
    if isinstance(read, Refusal):
        yield {"id": read.id, "kind": "error", "message": str(read)}
        return
    if read.version and seen.setdefault((read.id, read.version), read.content_hash) != read.content_hash:
        yield {"id": read.id, "kind": "error", "message": "$.modified: another content stands before under this id and version; keep one"}
    for warning in read.warnings:
        yield {"id": read.id, "kind": "warning", "message": warning}
    report = validate_instance(strict_json.read(body).value, _OPTIONS)
    for fault in (*report.errors, *report.warnings):
        yield {"id": read.id, "kind": "warning", "message": str(fault).removeprefix(f"{read.id}: ")}
