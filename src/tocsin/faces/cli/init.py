"""`tocsin init`: a new exchange in a folder of its own, complete or not there at all."""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import uuid4

import typer

from tocsin.config import FILE, base_url_of, load_config
from tocsin.errors import ConflictError, InvalidInputError
from tocsin.faces.cli.console import Json, show
from tocsin.model.marking import Level
from tocsin.model.member import Caller, Organisation, Role
from tocsin.services.collection import read_definitions
from tocsin.wiring import Exchange, build_exchange, make_secret

ADMINISTRATOR = "admin"
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def init(
    home: Annotated[Path, typer.Argument(help="The folder to make; it must not hold anything yet.")],
    base_url: Annotated[str, typer.Option(help="The public address, such as https://exchange.example.org.")] = "",
    organisation: Annotated[str, typer.Option(help="The name of your organisation.")] = "",
    domain: Annotated[str, typer.Option(help="Its DNS domain, from which its identity's id follows.")] = "",
    database: Annotated[str, typer.Option(help="postgresql://user@host/name; without it, SQLite in the folder.")] = "",
    as_json: Json = False,
) -> None:
    """Make a new exchange: settings, collections, secret, database, your organisation, and an administrator whose login is shown once."""
    home = home.absolute()
    try:
        base_url = base_url_of(base_url)
    except ValueError as error:
        raise InvalidInputError(f"--base-url: {base_url[:100]!r} {error}", hint="give the address that others use") from error
    settings = {"base_url": base_url, "database": database}
    host = urlsplit(base_url).hostname or ""
    os.umask(0o077)  # the database too holds what others on this machine must not read
    with _draft_of(home) as draft:
        made = _furnish(draft, settings, name=organisation or domain or host or "our-organisation", domain=domain)
    login = made["administrator"]
    text = (
        f"{home} holds a new exchange.\n"
        f"Administrator: {login['name']}\nPassword:      {login['password']}   (shown this once)\n"
        f"Start it with: tocsin --home {home} serve"
    )
    show({"home": str(home), **made}, text=text, as_json=as_json)


@contextmanager
def _draft_of(home: Path) -> Iterator[Path]:
    """A folder in which the home is made; its content is in the home when the block ends, and nothing is left when it raises."""
    try:
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise ConflictError(f"{home} is not an empty folder", hint="choose another one, or remove what is there")
        home.parent.mkdir(parents=True, exist_ok=True)
        # An empty folder stays the one that it is: it may be a mounted volume, or where a shell stands.
        draft = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home if home.exists() else home.parent))
    except OSError as error:
        raise InvalidInputError(f"{home} cannot be made: {error.strerror}", hint="choose a folder that you may write to") from error
    try:
        yield draft
        if draft.parent == home:
            for part in sorted(draft.iterdir(), key=lambda one: one.name == FILE):  # the settings last: with them the home is whole
                part.rename(home / part.name)
            draft.rmdir()
            home.chmod(0o700)
        else:
            draft.rename(home)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _furnish(home: Path, settings: dict[str, str], *, name: str, domain: str) -> dict[str, Any]:
    lines = [f"{key} = {_quoted(value)}" if value else f'# {key} = ""' for key, value in settings.items()]
    text = "# Settings of this exchange; docs/configuration.md tells them all.\n\n" + "\n".join(lines) + "\n"
    (home / FILE).write_text(text, encoding="utf-8")
    _copy_collections(home / "collections")
    (home / "seeds").mkdir()
    config = load_config(home)
    make_secret(config.secret_path)
    exchange = build_exchange(config)
    exchange.maintenance.upgrade()
    exchange.collections.apply(read_definitions(home / "collections"))
    own = exchange.organisations.establish(name, domain=domain, now=exchange.now())
    password = _add_administrator(exchange, own)
    exchange.maintenance.close()
    return {
        "base_url": settings["base_url"],
        "administrator": {"name": ADMINISTRATOR, "password": password},
        "organisation": {"name": own.name, "domain": own.domain, "identity": own.identity_id},
    }


def _copy_collections(folder: Path) -> None:
    """The collections that come with the program, each with an id of its own: the same collection elsewhere is another one."""
    folder.mkdir()
    for template in (files("tocsin") / "data" / "collections").iterdir():
        text = re.sub(r'^id = ".*"$', lambda _: f'id = "{uuid4()}"', template.read_text(encoding="utf-8"), flags=re.MULTILINE)
        (folder / template.name).write_text(text, encoding="utf-8")


def _add_administrator(exchange: Exchange, own: Organisation) -> str:
    """The administrator's password."""
    password = secrets.token_urlsafe(18)
    caller = Caller(number=0, name=ADMINISTRATOR, organisation=own.name, is_own=True, role=Role.ADMINISTRATOR, clearance=Level.RED)
    exchange.members.add_member(caller, password=password, now=exchange.now())
    return password


def _quoted(value: str) -> str:
    if any(character in value for character in '"\\\n\r'):
        raise InvalidInputError(f"{value[:60]!r} cannot stand in {FILE}", hint="leave out quotes and backslashes")
    return f'"{value}"'
