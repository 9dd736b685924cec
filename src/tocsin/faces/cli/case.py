"""`tocsin case`: from what an analyst writes to STIX objects, and from there into a collection."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import orjson
import typer

from tocsin.errors import InvalidInputError
from tocsin.faces.cli.console import PART_FAILED, Json, open_exchange, printable, show, tell
from tocsin.faces.cli.submit import AsMember, Destination, To, put
from tocsin.model.case.record import case_schema
from tocsin.model.case.writing import first_file, schema_text, text_of_case
from tocsin.model.key import quarter_of
from tocsin.model.member import OPERATOR
from tocsin.services.case import Compiled, Draft, compile_draft, known_beside, read_back, read_drafts, write_new
from tocsin.services.warninglist import well_known
from tocsin.wiring import Exchange

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Case files: written by people, compiled to STIX.")

Files = Annotated[list[Path], typer.Argument(help="Case files; those that refer to each other together.")]
_NO_NAMES = ("", "true", "false", "null")  # YAML reads them as something else than text, and numbers too
KeyName = Annotated[str, typer.Option("--key", help="The shared key that hashes accounts; without it, the only one in use.")]
Epoch = Annotated[str, typer.Option(help="The epoch of that key; without it, the present quarter.")]


@app.command("new")
def new(file: Annotated[Path, typer.Argument(help="The file to write, like lantern.yaml.")], as_json: Json = False) -> None:
    """Write a complete, fictional case to start from."""
    write_new(file, first_file(_slug(file), known_beside(file)))
    show({"file": str(file)}, text=f"{file} is written; edit it, then: tocsin case check {file}", as_json=as_json)


@app.command("check")
def check(files: Files, as_json: Json = False) -> None:
    """Say what is wrong (exit code 1), and what deserves a second look. Nothing is written or sent."""
    drafts = read_drafts(files, well_known=well_known)
    wrong = sum(problem.is_error for draft in drafts for problem in draft.problems)
    lines = [printable(f"{draft.file}:{problem}") for draft in drafts for problem in draft.problems]
    total = sum(len(draft.problems) for draft in drafts)
    result = [{"file": str(draft.file), "problems": [_told(draft, number) for number in range(len(draft.problems))]} for draft in drafts]
    show(result, text="\n".join([*lines, f"{len(drafts)} files, {wrong} errors, {total - wrong} warnings"]), as_json=as_json)
    if wrong:
        raise typer.Exit(PART_FAILED)


@app.command("compile")
def compile_(ctx: typer.Context, files: Files, key: KeyName = "", epoch: Epoch = "", as_json: Json = False) -> None:
    """Write beside each case file the bundle that it says; only what changed gets a new version, what is gone is revoked."""
    results = [_compile(ctx, draft, key=key, epoch=epoch) for draft in _sound(read_drafts(files, well_known=well_known))]
    show([_counts(one) for one in results], text="\n".join(map(_line, results)), as_json=as_json)


@app.command("submit")
def submit(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The case file.")],
    collection: Annotated[str, typer.Option(help="The collection: alias or id (elsewhere also its title).")],
    to: To = "",
    as_member: AsMember = OPERATOR,
    key: KeyName = "",
    as_json: Json = False,
) -> None:
    """Compile a case and put its objects into a collection, here or elsewhere. What is refused is named, and the exit code is 1."""
    destination = Destination(collection=collection, url=to, member=as_member)
    compiled = _compile(ctx, _sound(read_drafts([file], well_known=well_known))[0], key=key, epoch="")
    tell(_line(compiled))
    put(ctx, compiled.file, [orjson.dumps(one) for one in compiled.objects], destination, as_json=as_json)


@app.command("decompile")
def decompile(file: Annotated[Path, typer.Argument(help="A bundle that was compiled from a case file.")], as_json: Json = False) -> None:
    """Print the case file that says a bundle."""
    case = read_back(file)
    show(msgspec.to_builtins(case), text=text_of_case(case).rstrip("\n"), as_json=as_json)


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of case files, with which editors complete them."""
    show(case_schema(), text=schema_text(case_schema()).rstrip("\n"), as_json=False)


def _slug(file: Path) -> str:
    """The name of a new case, from that of its file."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in file.stem.lower()).split()
    slug = "-".join(words)[:60].rstrip("-")
    return f"case-{slug}".rstrip("-") if slug.isdigit() or slug in _NO_NAMES else slug


def _sound(drafts: Sequence[Draft]) -> Sequence[Draft]:
    """The drafts, all of them without errors; warnings are told.

    Raises:
        InvalidInputError: one has errors; each is told.
    """
    for draft in drafts:
        for problem in draft.problems:
            tell(f"{draft.file}:{problem}")
    broken = [str(draft.file) for draft in drafts if any(problem.is_error for problem in draft.problems)]
    if broken:
        raise InvalidInputError(f"{', '.join(broken)}: not compiled", hint="correct the lines named above")
    return drafts


def _compile(ctx: typer.Context, draft: Draft, *, key: str, epoch: str) -> Compiled:
    """Opens the exchange only for a case with accounts: everything else compiles anywhere."""
    now = Exchange.now()
    found = open_exchange(ctx).keys.find(key or None) if draft.accounts else None
    return compile_draft(draft, key=found, epoch=epoch or quarter_of(now), now=now)


def _told(draft: Draft, number: int) -> dict[str, object]:
    problem = draft.problems[number]
    kind = "error" if problem.is_error else "warning"
    return {"line": problem.line, "path": problem.path, "kind": kind, "message": problem.message, "hint": problem.hint}


def _counts(one: Compiled) -> dict[str, object]:
    counts = {"new": one.new, "changed": one.changed, "revoked": one.revoked, "unchanged": one.unchanged}
    return {"file": str(one.file), "objects": len(one.objects), **counts}


def _line(one: Compiled) -> str:
    return printable(
        f"{one.file}: {len(one.objects)} objects ({one.new} new, {one.changed} changed, {one.revoked} revoked, {one.unchanged} as before)"
    )
