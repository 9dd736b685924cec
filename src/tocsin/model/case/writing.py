"""A case as the text of a case file, and the first file of a new analyst."""

import json
from io import StringIO
from textwrap import fill
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from tocsin.model.case.names import TECHNIQUE, Known
from tocsin.model.case.record import Case

_WIDTH = 120
_COMMENT = "      # "
_SCHEMA_LINE = "# yaml-language-server: $schema=case.schema.json"  # for editors; written by: tocsin case schema


def text_of_case(case: Case) -> str:
    """The case file that says this case."""
    writer = YAML()
    writer.width = _WIDTH
    writer.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    writer.dump(_blocks(msgspec.to_builtins(case)), text)
    return "".join(one if one.isprintable() or one == "\n" else f"\\U{ord(one):08X}" for one in text.getvalue())  # within quotes


def _blocks(value: Any) -> Any:
    """Paragraphs as blocks, and in quotes what would be read as something else."""
    match value:
        case dict():
            return {key: _blocks(item) for key, item in value.items()}
        case list() | tuple():
            return [_blocks(item) for item in value]
        case str():
            return _scalar(value)
    return value


def _scalar(text: str) -> Any:
    is_plain = text.isprintable() and text.strip() == text
    if is_plain:
        return text
    lines = text.split("\n")
    if all(line.isprintable() and line.rstrip() == line for line in lines) and not lines[0].startswith(" ") and lines[-1]:
        return LiteralScalarString(text)
    return DoubleQuotedScalarString(text)


def first_file(name: str, known: Known) -> str:
    """A complete case to start from: fictional, on reserved names, so that it can be checked, compiled and submitted as it is."""
    slugs = ", ".join(sorted(slug for identifier, slug in known.slugs.items() if identifier.startswith(f"{TECHNIQUE}--")))
    comment = fill(f"Techniques: {slugs}", _WIDTH, initial_indent=_COMMENT, subsequent_indent=f"{_COMMENT}  ", break_on_hyphens=False)
    return _FIRST.format(schema=_SCHEMA_LINE, name=name, techniques=comment)


def schema_text(schema: dict[str, Any]) -> str:
    """The JSON schema as a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


_FIRST = """\
{schema}
# A case: who did what with which model, what was done about it, and what to look for. docs/cases.md explains every key.
# This one is fictional. Replace the values, then take out `example: true`; tocsin case check says what is missing or wrong.
case: {name}  # short and unique among your cases; never change it once it was published
title: EXAMPLE Phishing messages written with a model
author: provider.example.org  # your domain
reported: 2026-11-20
tlp: green  # clear, green, amber, amber+strict, red
pap: green  # what receivers may do with it; leave it out if you do not mind
example: true
confidence: 70
summary: >
  What happened, in a paragraph that somebody at another provider understands.

sources:  # publications it rests on, if there are any
  - source: EXAMPLE provider
    text: Our report of November
    url: https://provider.example.org/reports/2026-11

actors:
  - actor: example-{name}  # an actor of the catalogue (tocsin actor find), or one that you describe, with a name
    name: EXAMPLE unnamed operators
    class: cybercrime-syndicate  # nation-state-apt, apm (influence operations), cybercrime-syndicate; leave it out if unknown
    attribution: unattributed
    uses:
{techniques}
      - technique: llm-supported-social-engineering
        seen: Had invoices and delivery notices written in six languages.
        services: [EXAMPLE Chat]
        first_seen: 2026-11-02
        last_seen: 2026-11-18
        novelty: known  # known, adapted, unprecedented
        uplift: limited  # none, limited, high
    actions:
      - action: account-disabled
        when: 2026-11-19
        accounts: 12
        told: [EXAMPLE Mail]

indicators:
  - domain: lure.example.net
  - ip: 192.0.2.45
  - url: https://lure.example.net/invoice
  # account: the name stays here; what leaves is a hash under a key that you share (tocsin key)
  # - account: {{provider: mail.example.com, kind: email, user: someone@example.com}}
"""
