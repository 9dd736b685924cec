"""NOVA rules for prompts, evaluated by the package nova-hunting where it is installed, and only those of plain keywords.

What a rule may say of regular expressions, of semantics or to a language model is never run: such a rule is not evaluated. The package
gets a rule only after every line of it has one of a few harmless shapes, since it compiles what it parses and prints while it does so.
"""

import ast
import io
import re
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from typing import Any

from tocsin.model.match.index import Rule
from tocsin.model.pattern import MAX_BYTES

NOT_INSTALLED = "a NOVA rule, without the extra nova"
NOT_KEYWORDS = "a NOVA rule of more than plain keywords"
MAX_KEYWORDS = 100  # of one rule: each is looked for in every prompt
_HEAD = re.compile(r"rule\s++\w++\s*+\{?")
_META = re.compile(r"\w++\s*+=[^\n]*+")
_KEYWORD = re.compile(r"\$\w++\s*+=\s*+(?:\"[^\"\n]++\"|'[^'\n]++')", re.ASCII)
_REFERENCE = r"(?:(?:any|all|[0-9]{1,3})\s++of\s++)?+keywords(?:\.\*|\.\$\w++\*?+)?+|\$\w++"
_CONDITION = re.compile(rf"(?:\s*+(?:{_REFERENCE}|and\b|or\b|not\b|[()]))++\s*+", re.ASCII)


_parser: Any = None
_matcher: Any = None
with suppress(ImportError):  # not installed, or something else has its name
    _parser, _matcher = import_module("nova.core.parser"), import_module("nova.core.matcher")


def read_rule(text: str) -> Rule | str:
    """A rule of plain keywords, or why it is not evaluated."""
    if _matcher is None:
        return NOT_INSTALLED
    if not is_plain(text):
        return NOT_KEYWORDS
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            rule = _parser.NovaParser().parse(text)
            matcher = _matcher.NovaMatcher(rule, create_llm_evaluator=False)
        except Exception:  # third-party code at work on hostile text
            return NOT_KEYWORDS
    if rule.semantics or rule.llms or any(keyword.is_regex for keyword in rule.keywords.values()):
        return NOT_KEYWORDS
    return lambda prompt: bool(matcher.check_prompt(prompt, skip_llm=True)["matched"])


def is_plain(text: str) -> bool:
    """Every line is a head, a comment, a property, a keyword in quotes or a condition over keywords."""
    lines = [line.strip() for line in text.strip().split("\n")]
    if len(text) > MAX_BYTES or _HEAD.fullmatch(lines[0]) is None:
        return False
    section, keywords, condition = "", 0, ""
    for line in lines[1:]:
        if not line or line.startswith(("//", "#")) or line in "{}":
            continue
        if line in _SHAPES:
            section = line
            continue
        shape = _SHAPES.get(section)
        if line.endswith(":") or shape is None or shape.fullmatch(line) is None:
            return False
        keywords += shape is _KEYWORD
        condition += f" {line}" if shape is _CONDITION else ""
    return 0 < keywords <= MAX_KEYWORDS and _is_whole(condition)


def _is_whole(condition: str) -> bool:
    """References joined by and, or, not and brackets: of half a condition the package makes something of its own."""
    try:
        ast.parse(re.sub(_REFERENCE, " True ", condition).strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


_SHAPES = {"meta:": _META, "keywords:": _KEYWORD, "condition:": _CONDITION}
