"""The written house does what it says: snippets and tour of the README are run as printed, links lead somewhere, lists are complete."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.support.exchange import TOCSIN, RunningExchange, tocsin
from tests.support.seeds import seeded
from tocsin.config import Config
from tocsin.faces.cli.main import COMMANDS, app
from tocsin.faces.taxii.error import STATUS
from tocsin.model.collection import KNOWN_KEYS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "seeds/README.md", *sorted(ROOT.glob("docs/**/*.md"))]
SERVED = "http://127.0.0.1:8000"  # where `make run` serves, as printed
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the README calls curl")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> list[tuple[str, str]]:
    """The code blocks in these languages, each with its language."""
    return [(language, body) for language, body in BLOCK.findall(text) if language in languages]


def first_screen() -> str:
    return page("README.md").partition("\n## ")[0]


def tour() -> str:
    return page("README.md").partition("\n## A tour")[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """What `make run` leaves running: a new exchange with the seeds, in `home` of a folder."""
    made = RunningExchange.make(tmp_path_factory.mktemp("tour") / "home")
    tocsin("seed", home=made.home)
    yield made.start()
    made.stop()


def run(command: list[str], exchange: RunningExchange, **environment: str) -> str:
    """The output of a command in the folder of `home`, stderr after stdout as it came."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")} | environment
    variables["PATH"] = f"{Path(TOCSIN).parent}{os.pathsep}{os.environ['PATH']}"
    options: Any = {"cwd": exchange.home.parent, "env": variables, "text": True, "timeout": 300, "check": False}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    return f"{done.stdout}(exit code {done.returncode})\n"


def test_the_first_screen_has_two_commands_one_curl_and_one_client() -> None:
    """Server, client and tests within forty lines."""
    screen = first_screen()
    (snippet,) = blocks(screen, "python")
    assert len(screen.splitlines()) <= 40
    assert len([line for line in snippet[1].splitlines() if line]) <= 10
    assert re.findall(r"^make \w+", screen, re.MULTILINE) == ["make run", "make test"]
    assert screen.count("\ncurl ") == 1


@needs_curl
def test_the_curl_on_the_first_screen_reads_without_a_login(exchange: RunningExchange) -> None:
    ((_, command),) = blocks(first_screen(), "sh")
    output = run(["bash", "-c", command.replace(SERVED, exchange.url)], exchange)
    assert output.startswith('{"more":true,"next":"')
    assert "Tocsin reference catalogue" in output


def test_the_client_snippet_on_the_first_screen_pulls_and_pushes(exchange: RunningExchange) -> None:
    ((_, snippet),) = blocks(first_screen(), "python")
    token = exchange.add_token("admin")
    output = run([sys.executable, "-c", snippet.replace(SERVED, exchange.url)], exchange, TOCSIN_TOKEN=token)
    names = [one["name"] for one in seeded("actors") if one["type"] == "threat-actor"]
    assert [re.sub(r"after \S+", "after …", line) for line in output.splitlines()] == [
        f"{names} go on after …",
        "1 taken, 0 refused",
        "(exit code 0)",
    ]


@needs_curl
def test_the_tour_shows_what_it_says(exchange: RunningExchange) -> None:
    """All steps in one shell; the lines printed under a step come in its output, in that order."""
    steps = blocks(tour(), "sh", "text")
    script = "".join(f"{body}\necho '@@@'\n" for language, body in steps if language == "sh")
    outputs = iter(run(["bash", "-c", script.replace(SERVED, exchange.url)], exchange).split("@@@\n"))
    shown, missing = "", []
    for language, body in steps:
        if language == "sh":
            shown = next(outputs)
            continue
        lines = iter(shown.replace(exchange.url, SERVED).replace("}{", "}\n{").splitlines())
        missing += [(line, shown) for line in body.splitlines() if not any(is_like(given, line) for given in lines)]
    assert missing == []


def is_like(given: str, printed: str) -> bool:
    """The same line, where `…` stands for anything."""
    return fnmatch.fnmatchcase(given, re.sub(r"([\[*?])", r"[\1]", printed).replace("…", "*"))


def test_the_snippets_of_the_client_page_run(exchange: RunningExchange) -> None:
    """One after the other, as one program."""
    program = "\n".join(body for _, body in blocks(page("docs/client.md"), "python")).replace(SERVED, exchange.url)
    output = run([sys.executable, "-c", program], exchange, TOCSIN_TOKEN=exchange.add_token("admin"))
    assert output.endswith("(exit code 0)\n"), output


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("source", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(source: Path) -> None:
    """Files exist, and their headings."""
    broken = []
    for link in LINK.findall(BLOCK.sub("", source.read_text(encoding="utf-8"))):
        name, _, anchor = link.partition("#")
        target = source.parent / name if name else source
        if "://" in link or (target.is_dir() and not anchor):
            continue
        if not target.is_file() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    assert broken == []


def test_every_promise_names_tests_that_exist() -> None:
    """A folder counts when there is a test in it."""
    named = set(re.findall(r"`(tests/[\w/.]+)`", page("README.md")))
    assert named
    assert [name for name in sorted(named) if not ((ROOT / name).is_file() or [*(ROOT / name).glob("test_*.py")])] == []


def test_every_decision_that_the_code_names_is_written_down() -> None:
    """`ADR 0004` in a docstring is a page in docs/adr."""
    named = {number for path in (ROOT / "src").rglob("*.py") for number in re.findall(r"ADR (\d{4})", path.read_text(encoding="utf-8"))}
    written = {path.name[:4] for path in ROOT.glob("docs/adr/*.md")}
    assert named
    assert named <= written


def commands() -> Iterator[tuple[str, Any]]:
    """Each command that does something, with its full name."""
    group: Any = typer.main.get_command(app)
    for name in COMMANDS:
        command = group.get_command(None, name)
        nested = getattr(command, "commands", {})
        yield from ((f"{name} {inner}", nested[inner]) for inner in nested) if nested else [(name, command)]


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_the_command_page_has_a_section_with_every_option(name: str, command: Any) -> None:
    """Arguments are in capitals in its heading, options stand as `--option`."""
    section = re.search(rf"^## tocsin {re.escape(name)}\b.*?(?=^## |\Z)", page("docs/commands.md"), re.DOTALL | re.MULTILINE)
    assert section, f"docs/commands.md has no section on tocsin {name}"
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")} - {"--help"}
    assert [option for option in sorted(options) if option not in section[0]] == []


@pytest.mark.parametrize("name", sorted(set(Config.model_fields) - {"home"}))
def test_the_configuration_page_has_a_row_for_every_setting(name: str) -> None:
    """With its default and its variable."""
    default = Config.model_fields[name].get_default(call_default_factory=True)
    shown = f"{default:_}" if isinstance(default, int) else json.dumps(default)
    assert f"| `{name}` | `{shown}` | `TOCSIN_{name.upper()}` |" in page("docs/configuration.md")


def test_the_collection_page_has_every_key_and_every_shipped_collection() -> None:
    """Aliases are the names of the files."""
    names = [*KNOWN_KEYS, *(path.stem for path in ROOT.glob("collections/*.toml"))]
    assert [name for name in names if f"| `{name}` |" not in page("docs/collections.md")] == []


def test_the_taxii_page_has_every_status_code_of_an_error() -> None:
    """One row each."""
    text = page("docs/taxii.md")
    assert [code for code in {404, 405, 406, 415, 500, *STATUS.values()} - {409} if f"| {code} |" not in text] == []
