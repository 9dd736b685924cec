"""`tocsin actor`: threat actors by whatever name, and all that the log tells of one."""

from typing import Annotated, Any

import typer

from tocsin.faces.cli.console import Json, open_exchange, show
from tocsin.faces.cli.layout import one_line
from tocsin.faces.cli.profile import SHOWN, kind_of, lines_of
from tocsin.model.actor import Actor, Match
from tocsin.model.graph import Named
from tocsin.model.member import OPERATOR
from tocsin.model.profile import Action, Profile, Seen
from tocsin.model.stamp import version_text

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Threat actors, and what is known of them.")

Reader = Annotated[str, typer.Option("--as", help="The member that reads; without it, the operator.")]


@app.command("find")
def find(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="A name, an alias, an id, or a part of a name.")],
    as_member: Reader = OPERATOR,
    as_json: Json = False,
) -> None:
    """Find actors by name, alias or id. Case, spaces and punctuation do not matter."""
    exchange = open_exchange(ctx)
    matches = exchange.landscape.find(exchange.members.find(as_member), " ".join(words), now=exchange.now())
    show([_match_shape(one) for one in matches], text="\n".join(_match_line(one) for one in matches), as_json=as_json)


@app.command("show")
def show_(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="NAME", help="A name, an alias or an id.")],
    as_member: Reader = OPERATOR,
    as_json: Json = False,
) -> None:
    """Tell what the log knows of an actor. Several of one name are told apart, never merged."""
    exchange = open_exchange(ctx)
    profiles = exchange.landscape.profiles(exchange.members.find(as_member), " ".join(words), now=exchange.now())
    show([_shape(one) for one in profiles], text="\n\n".join("\n".join(lines_of(one)) for one in profiles), as_json=as_json)


def _match_shape(match: Match) -> dict[str, Any]:
    return {**_actor_shape(match.actor), "matched": match.matched, "by": match.fit.name.lower()}


def _match_line(match: Match) -> str:
    actor, word = match.actor, match.fit.name.lower()
    pieces = (actor.name, kind_of(actor) or "-", actor.sponsor or "-", f"by {word}: {match.matched}", actor.id)
    return "  ".join(one_line(piece) for piece in pieces)


def _actor_shape(actor: Actor) -> dict[str, Any]:
    return {
        "id": actor.id,
        "name": actor.name,
        "aliases": list(actor.aliases),
        "class": actor.actor_class or None,
        "types": list(actor.types),
        "sponsor": actor.sponsor or None,
        "sponsor_country": actor.sponsor_country or None,
        "attribution": actor.attribution or None,
    }


def _shape(profile: Profile) -> dict[str, Any]:
    return {
        **_actor_shape(profile.actor),
        "tlp": profile.level or None,
        "pap": profile.pap or None,
        "description": profile.description or None,
        "techniques": [_use_shape(one) for one in profile.uses],
        "actions": [_action_shape(one) for one in profile.actions],
        "indicators": {
            "total": len(profile.clues),
            "kinds": dict(profile.clue_counts),
            "latest": [
                {"id": one.id, "name": one.name or None, "kind": one.kind, "pattern": one.pattern, "valid_from": _instant(one.valid_from)}
                for one in profile.clues[:SHOWN]
            ],
        },
        "infrastructure": [_named(one) for one in profile.infrastructure],
        "relations": [{"verb": one.verb, "outgoing": one.is_outgoing, **_named(one.other)} for one in profile.relations],
        "reports": [{"id": one.id, "name": one.name, "published": _instant(one.published)} for one in profile.reports],
        "references": [
            {"source": one.source, "description": one.description or None, "external_id": one.external_id or None, "url": one.url or None}
            for one in profile.references
        ],
        "sources": [{**_named(author), "objects": times} for author, times in profile.sources],
        "overlaps": [
            {"id": one.actor.id, "name": one.actor.name, "author": _named(one.author) if one.author else None, "names": list(one.names)}
            for one in profile.overlaps
        ],
    }


def _use_shape(seen: Seen) -> dict[str, Any]:
    use = seen.use
    return {
        **_named(seen.technique),
        "relationship": use.id,
        "start": _instant(use.start),
        "stop": _instant(use.stop),
        "dated_by": use.dated_by,
        "novelty": use.novelty or None,
        "uplift": use.uplift or None,
        "autonomy": use.autonomy or None,
        "services": list(use.services),
        "confidence": use.confidence,
        "description": use.description or None,
        "reports": [_named(one) for one in seen.reports],
    }


def _action_shape(action: Action) -> dict[str, Any]:
    return {
        "id": action.id,
        "name": action.name,
        "action_type": action.action_type or None,
        "time": _instant(action.time),
        "accounts": action.accounts,
        "api_keys": action.api_keys,
        "assets": action.assets,
        "taken_by": action.taken_by or None,
        "told": list(action.told),
        "redress_url": action.redress_url or None,
        "description": action.description or None,
    }


def _named(named: Named) -> dict[str, str]:
    return {"id": named.id, "name": named.name}


def _instant(moment: str) -> str | None:
    return version_text(moment) if moment else None
