"""`tocsin alert`: alerts that did not get through, and a test of the ways that they take."""

from typing import Any

import typer

from tocsin.faces.cli.console import PART_FAILED, PEER_FAILED, Json, open_exchange, show
from tocsin.faces.cli.layout import many
from tocsin.model.alert import Alert
from tocsin.model.stamp import text_of

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="What could not be told yet, and a test of the ways that alerts take.")


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List alerts that were not delivered: those that are tried again, and those that were given up."""
    alerts = open_exchange(ctx).alerts.listing()
    show([_shape(one) for one in alerts], text="\n".join(map(_line, alerts)) or "every alert was delivered", as_json=as_json)


@app.command("test")
def test(ctx: typer.Context, as_json: Json = False) -> None:
    """Send a test through every configured channel, once. Exit code 1 when one of them failed, 4 when all did."""
    results = open_exchange(ctx).alerts.test()
    shapes = [{"channel": one.channel, "target": one.target, "error": failure and failure.reason} for one, failure in results]
    lines = [f"{one['channel']} {one['target']}: {one['error'] or 'delivered'}" for one in shapes]
    show(shapes, text="\n".join(lines), as_json=as_json)
    failed = sum(failure is not None for _, failure in results)
    if failed:
        raise typer.Exit(PEER_FAILED if failed == len(results) else PART_FAILED)


def _shape(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "channel": alert.channel,
        "target": alert.target,
        "created": text_of(alert.created),
        "attempts": alert.attempts,
        "next_try": None if alert.next_try is None else text_of(alert.next_try),
        "error": alert.last_error or None,
    }


def _line(alert: Alert) -> str:
    then = "given up" if alert.next_try is None else f"next try {text_of(alert.next_try)[:19]}Z"
    why = f": {alert.last_error}" if alert.last_error else ""
    return f"{alert.kind} of {text_of(alert.created)[:19]}Z to {alert.target}, tried {many(alert.attempts, 'time')}, {then}{why}"
