"""What is published of our extensions is what the code enforces: pages, seed and definitions say the same, word for word."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.extension import BY_SLUG, each_extension
from tocsin.model import extension as ours
from tocsin.model.extension.interface import Extension
from tocsin.model.identifier import CATALOGUE

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "extensions"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return [body for given, body in BLOCK.findall(page(name)) if given == language]


def rows(properties: Mapping[str, Any], required: list[str], above: str = "") -> Iterator[str]:
    """The lines of the table of a page, those of properties within properties too."""
    for name, shape in properties.items():
        yield f"| `{above}{name}` | {kind(shape)} | {'yes' if name in required else 'no'} | {shape['description']} |"
        inner, mark = (shape["items"], "[]") if shape.get("type") == "array" else (shape, "")
        if "properties" in inner:
            yield from rows(inner["properties"], inner["required"], f"{above}{name}{mark}.")


def kind(shape: Mapping[str, Any]) -> str:
    """What a value is, in the words of a page."""
    match shape:
        case {"$ref": "#/$defs/timestamp"}:
            return "timestamp"
        case {"$ref": "#/$defs/identifier", "pattern": pattern}:
            return f"id of type `{pattern.strip('^-')}`"
        case {"const": word}:
            return f"`{word}`"
        case {"enum": _}:
            return "one word of the list below"
        case {"type": "array", "items": {"enum": _}}:
            return "list of words below, each once"
        case {"type": "array", "items": items}:
            return f"list of {'objects' if 'properties' in items else 'text'}"
        case {"type": "string", "pattern": pattern}:
            return f"text: `{pattern}`"
        case {"type": "string", "maxLength": longest}:
            return f"text, 1 to {longest} characters"
        case {"type": "integer", "minimum": least}:
            return f"integer, {least} or more"
    return str(shape["type"])


def words(shape: Any) -> Iterator[str]:
    """Every word of every closed list."""
    if isinstance(shape, Mapping):
        yield from shape.get("enum", [])
    for inner in shape.values() if isinstance(shape, Mapping) else shape if isinstance(shape, list | tuple) else ():
        yield from words(inner)


@each_extension
def test_a_page_tells_id_version_type_and_every_property(extension: Extension) -> None:
    """The table has one row a property, in the order of the code, with the meaning that the schema gives."""
    text = page(extension.slug)
    table = re.findall(r"^\| `.*", text, re.MULTILINE)

    assert text.startswith(f"# {extension.title}\n")
    assert f"`{extension.id}`, version {extension.version}, on {' and '.join(f'`{host}`' for host in extension.hosts)}\n" in text
    assert table == list(rows(extension.properties, list(extension.required)))


@each_extension
def test_a_page_explains_every_word_of_a_closed_list(extension: Extension) -> None:
    """A line begins with it."""
    text = page(extension.slug)

    assert [each for each in words(extension.properties) if f"\n- `{each}`: " not in text] == []


@each_extension
def test_the_example_of_a_page_is_that_of_the_code(extension: Extension) -> None:
    """Whole, and the only one."""
    (shown,) = blocks(extension.slug, "json")

    assert shown == json.dumps(extension.example, indent=2, ensure_ascii=False) + "\n"


def test_every_extension_has_a_page_and_a_row_in_the_index() -> None:
    """And there is no page of another."""
    found = re.findall(r"^\| \[(.+)\]\(([a-z-]+)\.md\) \| (.+?) \|", page("README"), re.MULTILINE)

    assert found == [(each.title, each.slug, ", ".join(f"`{host}`" for host in each.hosts)) for each in BY_SLUG.values()]
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *BY_SLUG}


def test_the_snippets_of_the_index_run(tmp_path: Path) -> None:
    """As one program, beside the seed and the example of which they speak."""
    (tmp_path / "extensions.json").write_bytes((ROOT / "seeds/extensions.json").read_bytes())
    (tmp_path / "note.json").write_text(json.dumps(BY_SLUG["notification-answer"].example))
    program = "\n".join(blocks("README", "python"))
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "verdict: successful-attempt\n", "")


def test_the_seed_is_what_the_code_makes() -> None:
    """Written anew with the function that its README names; every exchange publishes it."""
    made = json.dumps(ours.bundle(), indent=2, ensure_ascii=False) + "\n"

    assert (ROOT / "seeds/extensions.json").read_text(encoding="utf-8") == made
    assert tomllib.loads((ROOT / "seeds/index.toml").read_text(encoding="utf-8"))["extensions.json"] == ["actors", "public"]


def test_the_author_of_the_definitions_is_published_where_they_are() -> None:
    """A reader of either collection finds who speaks."""
    index = tomllib.loads((ROOT / "seeds/index.toml").read_text(encoding="utf-8"))
    for alias in index["extensions.json"]:
        files = [json.loads((ROOT / "seeds" / name).read_text(encoding="utf-8")) for name, aliases in index.items() if alias in aliases]
        assert CATALOGUE in {each["id"] for file in files for each in file["objects"]}
