"""The `tocsin` command: finds the command's module, loads it only then (start-up is felt), and turns errors into exit codes."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tocsin import __version__
from tocsin.errors import TocsinError
from tocsin.faces.cli.console import OURS, fail, tell

COMMANDS = {
    "init": "Make a new exchange.",
    "serve": "Serve TAXII 2.1.",
    "organisation": "Organisations on this exchange.",
    "member": "Members of organisations.",
    "token": "Tokens with which members log in.",
    "collection": "Collections and their rights.",
    "seed": "Load the seeds.",
    "key": "Keys that providers share to hash accounts with.",
    "peer": "Other exchanges, and the routes to and from them.",
    "push": "Push to peers what they have not got yet.",
    "sync": "Pull from and push to peers, once or again and again.",
    "notify": "Notifications to other providers.",
    "inbox": "Notifications from other providers.",
    "case": "Case files: written by people, compiled to STIX.",
    "submit": "Put STIX objects from a file into a collection, here or elsewhere.",
    "pull": "Pull from peers, or get a collection of any TAXII 2.1 server.",
    "actor": "Threat actors, and what is known of them.",
    "landscape": "Which techniques were seen of whom, when and how often.",
    "alert": "What could not be told yet, and a test of the ways that alerts take.",
    "match": "Check our own telemetry against the indicators that we hold.",
    "lint": "Say what is wrong, and what could be better, in a file of STIX objects.",
    "db": "Care of the database.",
    "doctor": "Look at the exchange, and say what is not well.",
}


class _Commands(TyperGroup):
    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(f"tocsin.faces.cli.{cmd_name}").app)
        command.help = command.help or COMMANDS[cmd_name]
        return command


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


app = typer.Typer(cls=_Commands, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback(no_args_is_help=True)
def options(
    ctx: typer.Context,
    home: Annotated[Path | None, typer.Option(envvar="TOCSIN_HOME", help="The folder of the exchange.")] = None,
    _version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Tocsin: AI providers warn one another of threat actors who abuse language models."""
    ctx.obj = home


def main() -> None:
    """Runs one command. Exit codes: 0 done, 1 a part failed, 2 wrong input, 3 forbidden, 4 the other side's fault, 5 ours."""
    try:
        app()
    except TocsinError as error:
        fail(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output has had enough
        sys.exit(0)
    except Exception as error:  # the outer wall: a person gets a line, not a traceback
        tell(f"tocsin: this should not have happened: {type(error).__name__}: {error}")
        sys.exit(OURS)
