"""The example is whole, can hit nobody, and has nothing to do with anything real.

Sources: RFC 2606 (names), RFC 5737 (IPv4) and RFC 3849 (IPv6) for what is reserved.
"""

import re
from hashlib import sha256

from tests.seeds.shipped import EXAMPLE, REAL, is_reserved, objects, of_type
from tests.support.seeds import SEEDS
from tocsin.model.hashed_account import derive, user_id

OBJECTS = objects(EXAMPLE)
TEXT = (SEEDS / f"{EXAMPLE}.json").read_text("utf-8") + (SEEDS / f"{EXAMPLE}.yaml").read_text("utf-8")
FILE = b"Tocsin example file: synthetic text, not malware.\n"


def test_no_example_refers_to_a_real_actor() -> None:
    """No id, name or alias of a real actor occurs anywhere in its files."""
    actors = of_type("threat-actor", objects(*REAL))
    names = {name for actor in actors for name in (actor["id"], actor["name"], *actor.get("aliases", []))}
    assert not [name for name in names if name in TEXT]


def test_an_example_takes_nothing_from_the_catalogue_but_techniques() -> None:
    """It shows how two of them are used."""
    real = {one["id"]: one["type"] for one in objects(*REAL)}
    used = [real[one["target_ref"]] for one in of_type("relationship", OBJECTS) if one["target_ref"] in real]
    assert used == ["attack-pattern", "attack-pattern"]


def test_every_example_is_labelled_as_one() -> None:
    """Label, name and description each say that it is fictional; an observable can say nothing."""
    for one in (one for one in OBJECTS if one["type"] != "user-account"):
        assert "example" in one["labels"]
        assert one.get("name", "EXAMPLE").startswith("EXAMPLE")
        assert "fictional" in one.get("description", "fictional").lower()


def test_every_example_value_is_reserved() -> None:
    """No example can ever hit a real host, address or file."""
    simple = [re.fullmatch(r"\[[\w-]+:value = '([^']*)'\]", one["pattern"]) for one in of_type("indicator", OBJECTS)]
    values = [match[1] for match in simple if match]
    assert len(values) == 5
    assert not [value for value in values if not is_reserved(value)]
    assert sha256(FILE).hexdigest() in TEXT


def test_the_example_names_no_host_outside_the_reserved_ones() -> None:
    """This holds for descriptions and rules too."""
    hosts = re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|ai|dev|gov|edu)\b", TEXT)
    assert hosts
    assert not [host for host in hosts if not is_reserved(host)]


def test_the_example_account_is_hashed_with_the_example_key() -> None:
    """Whoever reads the description can compute it, and see how accounts are compared."""
    (account,) = of_type("user-account", OBJECTS)
    key_id = "example.2026-q4"
    hashed = user_id("account-id", "example-account-0001", key=derive(bytes(32), key_id), key_id=key_id)
    assert (account["account_type"], account["user_id"]) == ("provider.example.org", hashed)


def test_the_example_shows_every_kind_of_indicator() -> None:
    """What a case file can look for, once each."""
    kinds = [(one["pattern_type"], re.match(r"\[?([\w-]+)", one["pattern"])[1]) for one in of_type("indicator", OBJECTS)]
    stix = ["domain-name", "ipv4-addr", "ipv6-addr", "url", "file", "email-addr", "user-account"]
    assert kinds == [*(("stix", kind) for kind in stix), ("sigma", "title"), ("yara", "rule"), ("nova", "rule")]
