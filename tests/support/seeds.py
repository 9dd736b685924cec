"""The seeds that come with the program, and where their index puts them."""

import json
import tomllib
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[2] / "seeds"
INDEX: dict[str, list[str]] = tomllib.loads((SEEDS / "index.toml").read_text("utf-8"))
BUNDLES: dict[str, Any] = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(SEEDS.glob("*.json"))}


def seeded(alias: str) -> list[dict[str, Any]]:
    """The objects that `tocsin seed` puts into a collection, in that order."""
    names = [file.removesuffix(".json") for file, aliases in INDEX.items() if alias in aliases]
    return [one for name in names for one in BUNDLES[name]["objects"]]
