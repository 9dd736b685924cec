"""A case file as text: YAML in, plain values out, and where in the file each of them stands. Meaning is not asked here.

Only what a person writes is read: mappings, lists, text, whole numbers, true and false. Dates stay the text that they are; anchors,
aliases and tags are refused, since nothing that a reader of the file cannot see should decide what is published. Source: YAML 1.2.
"""

import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
MAX_NODES = 50_000

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to tell the writer of a case file."""

    line: int  # from 1
    path: str  # "actors[0].uses[1].technique"; "" for the file as a whole
    message: str
    hint: str  # what to write instead
    is_error: bool = True  # else it is only worth a second look

    def __str__(self) -> str:
        kind = "" if self.is_error else "warning: "
        return f"{self.line}: {kind}{f'{self.path}: ' if self.path else ''}{self.message}; {self.hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What stands in a file."""

    value: Any  # mappings and lists of str, int, bool and None
    lines: dict[Path, int]  # of every value, by its path from the top

    def line_of(self, path: Path) -> int:
        """Where a value stands; for one that is missing, where that which should hold it stands."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, message: str, *, hint: str, is_error: bool = True) -> Problem:
        """A remark on the value at a path."""
        return Problem(line=self.line_of(path), path=shown_path(path), message=message, hint=hint, is_error=is_error)


class _Unreadable(Exception):
    """What stops the reading of a file; carries the problem."""

    def __init__(self, line: int, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.problem = Problem(line=line, path="", message=message, hint=hint)


def read_text(content: bytes) -> Document | Problem:
    """Reads a case file, or tells the first thing that makes it unreadable."""
    try:
        return _read(content)
    except _Unreadable as error:
        return error.problem


def shown_path(path: Path) -> str:
    """A path as a person would write it: actors[0].uses[1].technique."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _read(content: bytes) -> Document:
    if len(content) > MAX_BYTES:
        raise _Unreadable(1, f"the file is longer than {MAX_BYTES} bytes", hint="a case is short: split it into several")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _Unreadable(line, "the file is not UTF-8", hint="save it as UTF-8") from error
    text = text.replace("\r\n", "\n")
    _require_readable(text, line=1)
    node = _compose(text)
    if not isinstance(node, MappingNode):
        raise _Unreadable(1, "the file holds no case", hint='begin with "case: " and a short name, or make one with: tocsin case new')
    reader = _Reader({})
    return Document(value=reader.value(node, ()), lines=reader.lines)


def _require_readable(text: str, *, line: int) -> None:
    """Refuses what is not seen on a screen, or moves what is; `line` is that of the first character."""
    found = _UNREADABLE.search(text)
    if found:
        line += text.count("\n", 0, found.start())
        raise _Unreadable(line, f"the character U+{ord(found.group()):04X} cannot be seen by a reader", hint="remove it")


def _compose(text: str) -> Node | None:
    """The tree of the file, with marks; whatever the parser throws at odd text becomes a line and a reason."""
    parser = YAML(typ="rt", pure=True)
    parser.composer.warn_double_anchors = False  # it would warn on standard error; any anchor is refused
    try:
        node: Node | None = parser.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _Unreadable(line, f"this is not YAML: {error.problem or error.context}", hint="see the example in docs/cases.md") from error
    except RecursionError as error:
        raise _Unreadable(1, "the file is nested too deeply", hint=f"write at most {MAX_DEPTH} levels") from error
    except (YAMLError, ValueError, AttributeError, TypeError, LookupError, ArithmeticError, AssertionError) as error:
        raise _Unreadable(1, f"this is not YAML: {type(error).__name__}", hint="see the example in docs/cases.md") from error
    return node


@dataclass(slots=True)
class _Reader:
    """Turns nodes into values; keeps where each stood."""

    lines: dict[Path, int]

    def value(self, node: Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        if len(self.lines) > MAX_NODES:
            raise _Unreadable(line, f"the file holds more than {MAX_NODES} values", hint="a case is short: split it into several")
        if len(path) > MAX_DEPTH:
            raise _Unreadable(line, "this is nested too deeply", hint=f"write at most {MAX_DEPTH} levels")
        _require_plain(node)
        self.lines.setdefault(path, line)
        match node:
            case MappingNode():
                return self._mapping(node, path)
            case SequenceNode():
                return [self.value(item, (*path, position)) for position, item in enumerate(node.value)]
            case ScalarNode():
                return _scalar(node)
        raise TypeError(node)  # the composer makes no other

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            _require_plain(key)
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode) or len(key.value) > 100:
                raise _Unreadable(line, "a key is one word", hint="see the example in docs/cases.md")
            _require_readable(key.value, line=line)
            if key.value in found:
                raise _Unreadable(line, f"{key.value!r} is given twice", hint="keep one of them")
            self.lines[(*path, key.value)] = line
            found[key.value] = self.value(item, (*path, key.value))
        return found


def _require_plain(node: Node) -> None:
    """Refuses what YAML can do besides saying something."""
    line = node.start_mark.line + 1
    if node.anchor:
        raise _Unreadable(line, "anchors and aliases are not used in case files", hint="write the value out, or quote it if it is text")
    if node.ctag.handles is not None:  # only a tag that was written has them
        raise _Unreadable(line, "tags are not used in case files", hint="leave the tag out, or quote it if it is text")


def _scalar(node: ScalarNode) -> str | int | bool | None:
    text: str = node.value
    if node.style in ("|", ">"):
        text = text.replace("\a", "").rstrip()  # the parser marks where it joined lines; no file holds that character
    _require_readable(text, line=node.start_mark.line + 1)
    kind = "str" if node.style is not None else str(node.ctag).rpartition(":")[2]
    if kind == "int" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "bool" and text.lower() in ("true", "false"):  # not the yes and no of YAML 1.1
        return text.lower() == "true"
    return None if kind == "null" else text
