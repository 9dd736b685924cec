"""The two gates as tests: no read of the log goes round `visible`, no write round `admit` (ADR 0007).

Read from the source text, so that code which no test happens to run counts as well. A last test plants violations and sees them found.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "tocsin"
READS = {"select", "exists", "table_valued", "aliased"}
# Who reads the log without asking what a reader may see, and why that is right.
UNGATED = {
    "store/log.py": "a writer under the collection's lock; what it finds goes into a verdict",
    "store/check.py": "the operator's look at the whole store",
    "store/backup.py": "the operator's copy of the whole store",
}
# Who may name the functions below, beside the module that defines them.
CALLERS = {
    "append": {"services/object.py"},
    "delete": {"services/object.py"},
    "survey": {"services/object.py"},
    "list_versions": {"services/object.py"},
    "read_bodies": {"services/object.py"},
    "read_manifest": {"services/object.py"},
    "holds": {"services/object.py"},
    "read_entries": {"services/sync.py"},
    "read_entry": {"services/sync.py"},
    "find_entries": {"services/object.py"},
}
HOMES = {"append": "store/log.py", "delete": "store/log.py", "survey": "store/log.py", "list_versions": "store/log.py"}


@cache
def sources() -> dict[str, str]:
    return {path.relative_to(SRC).as_posix(): path.read_text(encoding="utf-8") for path in sorted(SRC.rglob("*.py"))}


def names(node: ast.AST) -> set[str]:
    """Every name and attribute in a piece of code."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} | {
        each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)
    }


def called(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call, with the last part of what is called."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            yield (each.func.id if isinstance(each.func, ast.Name) else getattr(each.func, "attr", "")), each


def pieces(tree: ast.Module) -> Iterator[ast.stmt]:
    """Functions, methods and the other statements of a module, each for itself."""
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            yield from statement.body
        else:
            yield statement


def ungated_reads(source: str) -> list[str]:
    """Pieces that read the log and do not carry the predicate."""
    return [
        f"line {piece.lineno}"
        for piece in pieces(ast.parse(source))
        if "entry" in names(piece) and any(name in READS for name, _ in called(piece)) and "VISIBLE" not in names(piece)
    ]


def reads_the_log(source: str) -> bool:
    """The module builds a statement, and knows the log's table by whatever name."""
    tree = ast.parse(source)
    knows = any(
        alias.name in ("entry", "object", "*")
        for each in ast.walk(tree)
        if isinstance(each, ast.ImportFrom) and (each.module or "") in ("tocsin.store", "tocsin.store.object")
        for alias in each.names
    )
    return (knows and any(name in READS for name, _ in called(tree))) or has_raw_sql(tree)


def has_raw_sql(tree: ast.Module) -> bool:
    """SQL as text that names the log."""
    texts = (each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str))
    return any("from entry" in text.lower() or "join entry" in text.lower() for text in texts)


def opens_predicates(source: str) -> bool:
    """Somebody decides here that rows are readable."""
    return any(
        name == "Predicate" and (len(call.args) > 1 or any(word.arg in ("is_readable", None) for word in call.keywords))
        for name, call in called(ast.parse(source))
    )


def strays(source: str, function: str) -> bool:
    """The function is named here, be it to call it or to hand it on; lists and other things have an `append` of their own."""
    for each in ast.walk(ast.parse(source)):
        is_imported = isinstance(each, ast.ImportFrom) and (each.module or "").startswith("tocsin.store")
        if is_imported and any(alias.name == function for alias in each.names):
            return True
        is_attribute = isinstance(each, ast.Attribute) and each.attr == function
        if is_attribute and ast.unparse(each.value) in ("log", "object", "tocsin.store.log", "tocsin.store.object"):
            return True
    return False


def appends_ungated(source: str) -> list[str]:
    """Functions that append, and have not asked `admit`, themselves or by a function of this module that does."""
    functions = {each.name: each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef)}
    asking = {name for name, each in functions.items() if "admit" in {call for call, _ in called(each)}}
    appending = [each for each in functions.values() if any(is_append(call) for _, call in called(each))]
    return [each.name for each in appending if not asking & ({each.name} | {call for call, _ in called(each)})]


def is_append(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "append" and names(call.func.value) == {"log"}


def test_every_read_statement_of_the_log_carries_the_predicate() -> None:
    """In the one module that reads for readers."""
    source = sources()["store/object.py"]
    assert "VISIBLE = and_(" in source
    assert sum("VISIBLE" in names(piece) for piece in pieces(ast.parse(source))) >= 3
    assert ungated_reads(source) == []


def test_nobody_else_reads_the_log() -> None:
    """But those in the table, each with its reason."""
    readers = {file for file, source in sources().items() if file != "store/object.py" and reads_the_log(source)}
    assert readers == set(UNGATED)


def test_the_predicate_asks_both_for_the_collection_and_for_the_right() -> None:
    """And both come from the record that only `visible` fills."""
    tree = ast.parse(sources()["store/object.py"])
    gate = next(each for each in tree.body if isinstance(each, ast.Assign) and names(each.targets[0]) == {"VISIBLE"})
    bound = {call.args[0].value for name, call in called(gate) if name == "bindparam" and isinstance(call.args[0], ast.Constant)}
    filled = next(each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "_values")
    keys = {each.value for each in ast.walk(filled) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    assert bound == keys == {"visible", "visible_collection"}
    assert {"predicate", "is_readable"} <= names(filled)


def test_predicates_are_opened_by_one_function() -> None:
    """`services.access.visible`, and nothing sets `is_readable` afterwards."""
    assert [file for file, source in sources().items() if opens_predicates(source)] == ["services/access.py"]
    assert [file for file, source in sources().items() if "replace(predicate" in source] == []
    tree = ast.parse(sources()["services/access.py"])
    assert [each.name for each in tree.body if isinstance(each, ast.FunctionDef) and opens_predicates(ast.unparse(each))] == ["visible"]


@pytest.mark.parametrize("function", sorted(CALLERS))
def test_the_log_is_read_and_written_by_one_service(function: str) -> None:
    """No other module names these functions of the store."""
    home = HOMES.get(function, "store/object.py")
    assert {file for file, source in sources().items() if file != home and strays(source, function)} == CALLERS[function]


def test_what_appends_has_asked_admit() -> None:
    """In the same call, under the same lock."""
    source = sources()["services/object.py"]
    assert any(is_append(call) for _, call in called(ast.parse(source)))
    assert appends_ungated(source) == []
    assert "admit" in names(ast.parse(source))


def test_planted_violations_are_found() -> None:
    """Each checker sees what it is there for."""
    assert ungated_reads("_ALL = select(entry).where(entry.c.body != None)") == ["line 1"]
    assert ungated_reads("def f():\n    return select(exists().where(entry.c.id == 1))") == ["line 1"]
    assert ungated_reads("class A:\n    def f(self):\n        return select(entry.c.id)") == ["line 2"]
    assert ungated_reads("_ALL = select(entry).where(VISIBLE)\nX = select(other)") == []
    assert reads_the_log("from tocsin.store.object import entry as e\nx = select(e)")
    assert reads_the_log("from tocsin.store import object\nx = sqlalchemy.select(object.entry)")
    assert reads_the_log("x = text('SELECT body FROM entry')")
    assert not reads_the_log("from tocsin.store import object\nobject.read_bodies()")
    assert opens_predicates("Predicate(collection=1, is_readable=True)")
    assert opens_predicates("predicate.Predicate(**values)")
    assert not opens_predicates("Predicate(collection=1)")
    assert strays("from tocsin.store.log import append", "append")
    assert strays("from tocsin.store import log\nf = log.append", "append")
    assert not strays("found = []\nfound.append(1)", "append")
    assert appends_ungated("def add(self):\n    log.append(c, 1, objects)") == ["add"]
    assert appends_ungated("def f():\n    access.admit()\ndef add(self):\n    f()\n    log.append(c, 1, objects)") == []
