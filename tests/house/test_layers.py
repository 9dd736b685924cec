"""The plan of the house as tests: who may import whom. Reasons and the way to change a rule: docs/adr/0001-layers.md.

Imports are read from the source text of the checkout, so an import that only a type checker sees counts as one.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "tocsin"

# What each room may import of ours besides itself; `faces → wiring → services → (store | peers | exports) → model → errors`.
GROUND = {"model", "errors"}
MAY_IMPORT = {
    "tocsin": set(),  # the package's own __init__, with the version, which every room may read
    "errors": set(),
    "model": {"errors"},
    "store": GROUND,
    "peers": GROUND,
    "exports": GROUND,
    "config": GROUND,
    "client": {"peers", *GROUND},
    "services": {"store", "peers", "exports", *GROUND},
    "wiring": {"services", "store", "peers", "exports", "config", *GROUND},
    "faces": {"wiring", "services", "client", "config", *GROUND},
}
SIDEWAYS = {"access", "object"}  # the services that every service may ask
KNOW_CONFIG = {"wiring.py", "faces/app.py", "faces/cli/console.py", "faces/cli/serve.py", "faces/cli/init.py"}
MAY_LOAD_LATE = {"faces/cli/main.py", "exports/registry.py", "faces/cli/lint.py"}
DATABASES = {"alembic", "psycopg", "pysqlite3", "sqlalchemy", "sqlite3"}
HTTP_SERVERS = {"flask", "granian", "medallion", "werkzeug"}
NETWORK = {"requests", "socket", "subprocess", "taxii2client", "urllib3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import statement, with the module that it lands on."""

    file: str  # relative to src/tocsin
    line: int
    target: str  # dotted, in full
    is_late: bool  # inside a function

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.target}"

    @property
    def top(self) -> str:
        """The distribution's package that is imported."""
        return self.target.partition(".")[0]

    @property
    def is_ours(self) -> bool:
        return self.top == "tocsin"

    @property
    def source_room(self) -> str:
        return room_of(module_name(self.file))

    @property
    def target_room(self) -> str:
        return room_of(self.target)


def room_of(module: str) -> str:
    """`tocsin.store.object` stands in the room `store`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "tocsin"


def module_name(file: str) -> str:
    parts = ["tocsin", *Path(file).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def files() -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(SRC).as_posix() for path in SRC.rglob("*.py")))


@cache
def modules() -> frozenset[str]:
    return frozenset(module_name(file) for file in files())


def with_lateness(node: ast.AST, is_late: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below, with whether it runs only when a function is called."""
    for child in ast.iter_child_nodes(node):
        yield child, is_late
        yield from with_lateness(child, is_late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def targets_of(node: ast.AST, file: str) -> list[str]:
    """The modules that a statement names; a call that imports by name counts too."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            package = module_name(file).split(".")
            package = package if file.endswith("__init__.py") else package[:-1]
            base = ".".join([*package[: len(package) - level + 1], *([module] if module else [])]) if level else str(module)
            return [name if (name := f"{base}.{alias.name}") in modules() else base for alias in names]
        case ast.Call(func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module")):
            return ["a module by name"]
    return []


@cache
def imports() -> tuple[Import, ...]:
    """Every import of every file, once per module that it lands on."""
    found = {
        Import(file=file, line=getattr(node, "lineno", 0), target=target, is_late=is_late)
        for file in files()
        for node, is_late in with_lateness(ast.parse((SRC / file).read_text(encoding="utf-8")))
        for target in targets_of(node, file)
    }
    return tuple(sorted(found, key=lambda each: (each.file, each.line, each.target)))


def forbid(is_offence: Callable[[Import], bool]) -> None:
    """Fail with every import that offends, one a line."""
    offenders = [str(each) for each in imports() if is_offence(each)]
    assert not offenders, "\n" + "\n".join(offenders)


def is_from(each: Import, *rooms: str) -> bool:
    """Whether the importing file lies in one of these folders, or is one of these files."""
    return any(each.file == room or each.file.startswith(f"{room}/") for room in rooms)


def test_every_module_stands_in_a_known_room() -> None:
    """A new room is a decision: it is added to the table above and to the ADR."""
    strangers = [file for file in files() if room_of(module_name(file)) not in MAY_IMPORT]
    assert not strangers, strangers


def test_imports_go_down_only() -> None:
    """The table above is the whole of what one room may know of another."""
    forbid(lambda each: each.is_ours and each.target_room not in {"tocsin", each.source_room, *MAY_IMPORT.get(each.source_room, set())})


def test_store_peers_and_exports_never_import_each_other() -> None:
    """What needs two of them is a service."""
    wings = {"store", "peers", "exports"}
    forbid(lambda each: each.is_ours and each.source_room in wings and each.target_room in wings - {each.source_room})


def test_no_face_imports_store_peers_or_exports() -> None:
    """A face asks a service, which asks for access first; there is no way past it."""
    forbid(lambda each: is_from(each, "faces") and each.is_ours and each.target_room in {"store", "peers", "exports"})


def test_faces_never_import_each_other() -> None:
    """`faces/app.py` mounts the faces, and `faces/cli/serve.py` starts the app; nothing else crosses."""

    def is_offence(each: Import) -> bool:
        if not is_from(each, "faces") or not each.target.startswith("tocsin.faces"):
            return False
        source, target = face_of(module_name(each.file)), face_of(each.target)
        is_allowed = source in {target, "app"} or target == "faces" or (each.file, target) == ("faces/cli/serve.py", "app")
        return not is_allowed

    forbid(is_offence)


def face_of(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 else "faces"


def test_the_app_mounts_every_face_but_the_command_line() -> None:
    """The command line starts the app, so the app knows nothing of it."""
    forbid(lambda each: each.file == "faces/app.py" and each.target.startswith("tocsin.faces.cli"))


def test_services_know_only_access_and_object_sideways() -> None:
    """Two services that need each other are one service, or share a rule that belongs in the model."""

    def is_offence(each: Import) -> bool:
        if not is_from(each, "services") or not each.target.startswith("tocsin.services"):
            return False
        source, target = face_of(module_name(each.file)), face_of(each.target)
        return target not in {source, *SIDEWAYS}

    forbid(is_offence)


def test_config_is_known_to_wiring_the_app_and_the_commands_that_start_things() -> None:
    """Everything below takes plain values, so it can be used and tested without a home."""
    forbid(lambda each: each.target.startswith("tocsin.config") and each.file not in KNOW_CONFIG)


def test_the_client_is_imported_by_the_command_line_alone() -> None:
    """It stands on peers/ and is made for others' programs; inside, sync uses peers/ itself."""
    forbid(lambda each: each.target.startswith("tocsin.client") and not is_from(each, "client.py", "faces/cli"))


def test_only_the_taxii_face_imports_medallion() -> None:
    """Everything that medallion needs by name, and every fault of it, is handled in one folder."""
    forbid(lambda each: each.top in {"medallion", "flask_httpauth"} and not is_from(each, "faces/taxii"))


def test_only_one_file_imports_taxii2_client() -> None:
    """Its hazards (redirects, no time limits, endless pages) are closed in one place."""
    forbid(lambda each: each.top == "taxii2client" and each.file != "peers/taxii21.py")


def test_only_the_store_speaks_to_a_database() -> None:
    """A read statement elsewhere could forget the gate."""
    forbid(lambda each: each.top in DATABASES and not is_from(each, "store"))


def test_only_faces_speak_http_as_a_server() -> None:
    """No status code or request below the faces."""
    forbid(lambda each: each.top in HTTP_SERVERS and not is_from(each, "faces"))


def test_the_model_does_no_io() -> None:
    """Rules are pure: objects and instants come in as arguments."""
    forbid(lambda each: is_from(each, "model", "errors.py") and each.top in DATABASES | HTTP_SERVERS | NETWORK)


def test_errors_imports_nothing_of_ours() -> None:
    """Every room raises from it, so it rests on nothing."""
    forbid(lambda each: each.file == "errors.py" and each.is_ours)


def test_nothing_is_imported_late_but_in_three_named_files() -> None:
    """Start-up is felt in a command line; elsewhere a late import hides a cycle or a missing dependency."""
    forbid(lambda each: each.is_late and each.file not in MAY_LOAD_LATE)


def test_no_module_is_called_utils() -> None:
    """A name that fits everything gathers everything."""
    homeless = [file for file in files() if Path(file).stem in {"util", "utils", "helper", "helpers", "misc", "common"}]
    assert not homeless, homeless


def test_no_cycle_among_modules() -> None:
    """Every module can be read, and loaded, before those that use it."""
    below: dict[str, set[str]] = {name: set() for name in modules()}
    for each in imports():
        if each.target in below and each.target != module_name(each.file):
            below[module_name(each.file)].add(each.target)
    while leaves := {name for name, targets in below.items() if not targets}:
        below = {name: targets - leaves for name, targets in below.items() if name not in leaves}
    offenders = [str(each) for each in imports() if module_name(each.file) in below and each.target in below]
    assert not below, "\nin or above a cycle:\n" + "\n".join(offenders)
