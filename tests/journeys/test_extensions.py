"""Our extensions over the wire: everybody gets the definitions, and what carries them arrives as it was sent."""

import json

import jsonschema
from taxii2client.v21 import Collection

from tests.journeys.conftest import Start
from tests.support.exchange import RunningExchange, tocsin
from tests.support.extension import BY_SLUG, IDS, example
from tests.support.traffic import post
from tocsin.client import Client


def bodies(exchange: RunningExchange, collection: str, **options: str) -> list[bytes]:
    with Client(exchange.discovery, exchange.add_token("admin")) as client:
        return [body for page in client.pull(collection, **options) for body in page.bodies]


def test_what_carries_our_extensions_is_given_out_byte_for_byte(start: Start) -> None:
    """Odd spacing and properties of a later version too; what breaks a schema is refused by its place, and stops nothing else."""
    exchange = start()
    sent = [json.dumps(each.example, indent=3).encode() for each in BY_SLUG.values()]
    later = (
        json.dumps(example("provider", later_than_this=[1]), separators=(" ,", " :")).replace("identity--e351", "identity--f351").encode()
    )
    wrong = json.dumps(example("actor-profile", actor_class="x")).replace("threat-actor--8e", "threat-actor--9e").encode()
    status = post(
        exchange.objects_url("indicators"), b'{"objects":[' + b",".join([*sent, wrong, later]) + b"]}", login=exchange.admin
    ).json()

    assert bodies(exchange, "indicators") == [*sent, later]
    assert [each["message"] for each in status["failures"]] == [
        f"$.extensions.{IDS['actor-profile']}.actor_class: 'x' is not allowed; "
        'write one of ["nation-state-apt","apm","cybercrime-syndicate"]'
    ]
    assert status["successes"][-1]["message"] == "version 1.0.0 of the extension AI provider does not define 'later_than_this'"


def test_a_stranger_finds_the_definitions_and_judges_an_object_by_them(start: Start) -> None:
    """With an unmodified TAXII client, without a login, and with a validator that knows nothing of us."""
    exchange = start()
    tocsin("seed", home=exchange.home)
    public = Collection(f"{exchange.url}/api/collections/{exchange.collection_id('public')}/")
    definitions = {each["id"]: each for each in public.get_objects(type="extension-definition")["objects"]}

    assert definitions.keys() == set(IDS.values())
    for slug, identifier in IDS.items():
        judge = jsonschema.Draft202012Validator(json.loads(definitions[identifier]["schema"]))
        assert judge.is_valid(example(slug))
        assert not judge.is_valid(example(slug, extension_type="new-sdo"))
