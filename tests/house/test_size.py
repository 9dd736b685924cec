"""The walls of the house as tests: how long a file or a function may be, how many parameters it takes, what carries a docstring."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "tocsin"

FILE_LINES = 400
FUNCTION_LINES = 60
SHORT, SHORT_SHARE = 12, 0.5  # half of all functions have fewer lines than this
LONG, LONG_SHARE = 35, 0.9  # and nine in ten fewer than this
PARAMETERS = 5
POSITIONAL = 2
DOCUMENTED = ("model/", "store/", "services/", "client.py")

# Parameters dictated from outside: by medallion's backend, by typer, which reads options from them, and by alembic.
DICTATED_FILES = ("faces/taxii/backend.py", "faces/cli/", "store/migrations/")
# By the language, by the transport adapter of requests, and by smtplib.
DICTATED_NAMES = {"__exit__", "__aexit__", "send", "init_poolmanager", "proxy_manager_for", "settings_customise_sources", "_get_socket"}
DICTATED_LAST = {"event_dict"}  # a structlog processor
GATES = {"admit"}  # the signature that the design gives to the gate of every write
CONTEXT = {"caller", "connection"}  # on whose behalf, inside what: not what a call is about

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A function where it stands."""

    file: str  # relative to src/tocsin
    node: Function
    is_method: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.node.lineno} {self.node.name}"

    @property
    def lines(self) -> int:
        """From `def` to the last line; decorators are not counted, the docstring is."""
        return (self.node.end_lineno or self.node.lineno) - self.node.lineno + 1

    @property
    def positional(self) -> list[str]:
        """What may be passed by position, without self, cls and context."""
        names = [each.arg for each in (*self.node.args.posonlyargs, *self.node.args.args)]
        is_static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in self.node.decorator_list)
        own = names[1:] if self.is_method and not is_static else names
        return own[1:] if own[:1] and own[0] in CONTEXT else own

    @property
    def is_dictated(self) -> bool:
        is_by_last = self.node.name in GATES or (bool(self.positional) and self.positional[-1] in DICTATED_LAST)
        return self.file.startswith(DICTATED_FILES) or self.node.name in DICTATED_NAMES or is_by_last


@cache
def trees() -> dict[str, ast.Module]:
    paths = sorted(SRC.rglob("*.py"))
    return {path.relative_to(SRC).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def functions() -> tuple[Found, ...]:
    """Every function, methods and nested ones too."""
    return tuple(
        Found(file=file, node=node, is_method=isinstance(parent, ast.ClassDef))
        for file, tree in trees().items()
        for parent in ast.walk(tree)
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, Function)
    )


def line_counts() -> dict[str, int]:
    return {file: len((SRC / file).read_text(encoding="utf-8").splitlines()) for file in trees()}


def is_overload(node: Function) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)


def public_definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public functions and classes of a module, and the public methods of those classes."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Function | ast.ClassDef) or child.name.startswith("_"):
            continue
        yield f"{prefix}{child.name}", child
        if isinstance(child, ast.ClassDef):
            yield from public_definitions(child, f"{prefix}{child.name}.")


def share_below(lines: int) -> float:
    return sum(each.lines < lines for each in functions()) / len(functions())


def test_no_file_is_longer_than_the_wall() -> None:
    """70 to 200 lines is home, 300 wants a reason, 400 is the wall."""
    offenders = [f"{file}: {lines} lines" for file, lines in line_counts().items() if lines > FILE_LINES]
    assert not offenders, "\n" + "\n".join(offenders)


def test_no_function_is_longer_than_the_wall() -> None:
    """What does not fit is two things."""
    offenders = [f"{each}: {each.lines} lines" for each in functions() if each.lines > FUNCTION_LINES]
    assert not offenders, "\n" + "\n".join(offenders)


def test_most_functions_are_short() -> None:
    """Half under 12 lines, nine in ten under 35."""
    longest = "\n".join(f"{each}: {each.lines} lines" for each in sorted(functions(), key=lambda each: -each.lines)[:20])
    assert share_below(SHORT) >= SHORT_SHARE, f"only {share_below(SHORT):.0%} are under {SHORT} lines; the longest:\n{longest}"
    assert share_below(LONG) >= LONG_SHARE, f"only {share_below(LONG):.0%} are under {LONG} lines; the longest:\n{longest}"


def test_no_function_takes_more_than_five_parameters() -> None:
    """More is a record that has no name yet; self, `*args` and `**kwargs` are not counted."""
    counts = {each: len(each.positional) + len(each.node.args.kwonlyargs) for each in functions() if not each.is_dictated}
    offenders = [f"{each}: {count} parameters" for each, count in counts.items() if count > PARAMETERS]
    assert not offenders, "\n" + "\n".join(offenders)


def test_parameters_are_keyword_only_past_the_second() -> None:
    """A call with three bare values says nothing to its reader."""
    judged = [each for each in functions() if not each.is_dictated]
    offenders = [f"{each}: {', '.join(each.positional)}" for each in judged if len(each.positional) > POSITIONAL]
    assert not offenders, "\n" + "\n".join(offenders)


def test_every_module_says_what_it_is_for() -> None:
    """The first thing in a file is its docstring."""
    offenders = [file for file, tree in trees().items() if not ast.get_docstring(tree)]
    assert not offenders, "\n" + "\n".join(offenders)


def test_everything_public_in_model_store_services_and_client_has_a_docstring() -> None:
    """One sentence at least: these are the floors that others build on."""
    offenders = [
        f"{file}:{node.lineno} {name}"
        for file, tree in trees().items()
        if file.startswith(DOCUMENTED)
        for name, node in public_definitions(tree)
        if not ast.get_docstring(node) and not (isinstance(node, Function) and is_overload(node))
    ]
    assert not offenders, "\n" + "\n".join(offenders)


def test_the_size_of_the_house_is_told(record_property: Callable[[str, object], None]) -> None:
    """A small server: the summary of each run says how small (tests/conftest.py prints it, from a worker process too)."""
    counts = line_counts()
    lengths = f"{share_below(SHORT):.0%} of them under {SHORT} lines and {share_below(LONG):.0%} under {LONG}"
    record_property("told", f"src/tocsin: {sum(counts.values())} lines in {len(counts)} files, {len(functions())} functions, {lengths}")
    assert counts
