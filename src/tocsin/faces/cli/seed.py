"""`tocsin seed`: the bundles that come with the program, and those in HOME/seeds."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import typer

from tocsin.faces.cli.console import PART_FAILED, Json, find_collection, open_exchange, show, tell
from tocsin.model.member import OPERATOR
from tocsin.services.seed import list_seeds, load_seed

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def seed(ctx: typer.Context, as_json: Json = False) -> None:
    """Load the seeds into their collections. What is there already stays as it is."""
    exchange = open_exchange(ctx)
    operator = exchange.members.find(OPERATOR)
    folders = (Path(str(files("tocsin") / "data" / "seeds")), exchange.config.home / "seeds")
    result: list[dict[str, Any]] = []
    for one in [one for folder in folders for one in list_seeds(folder)]:
        collection = find_collection(exchange, operator, one.alias)
        status = load_seed(exchange.objects, operator, seed=one, collection=collection, now=exchange.now())
        result.append({"file": one.file.name, "collection": one.alias, "taken": len(status.successes), "refused": len(status.failures)})
        for failure in status.failures:
            tell(f"{one.file.name}: {failure.id}: {failure.message}")
    text = "\n".join(f"{row['file']} -> {row['collection']}: {row['taken']} objects" for row in result)
    show(result, text=text, as_json=as_json)
    if any(row["refused"] for row in result):
        raise typer.Exit(PART_FAILED)
