"""Which indicators are held: the last version of each, and why some of them are not evaluated."""

import itertools
import time
import tracemalloc
import unicodedata

import pytest

from tests.support.indicators import NOW, Pass, index_of, lines, row
from tests.support.objects import uuid
from tocsin.model.hashed_account import derive, user_id
from tocsin.model.match.index import CROWDED, MANY_KEYS, MAX_KEYS, NO_KEY, NO_TIME, OTHER_RULE, Index, Row
from tocsin.model.match.pattern import NOT_SIMPLE
from tocsin.model.match.table import MAX_ON_ONE_VALUE

EVIL, GOOD = "[domain-name:value = 'evil.top']", "[domain-name:value = 'good.top']"
BOTH = lines({"host": "evil.top"}, {"host": "good.top"})
OLD, NEW, WITHDRAWN = (
    row(0, EVIL),
    row(0, GOOD, modified="2026-02-01T00:00:00Z"),
    row(0, GOOD, modified="2026-03-01T00:00:00Z", revoked=True),
)


@pytest.mark.parametrize("versions", list(itertools.permutations([OLD, NEW])))
def test_the_last_version_counts_in_whatever_order_they_come(versions: tuple[Row, ...]) -> None:
    index = index_of(*versions)
    assert (index.count(), Pass(index, BOTH).lines) == ((1, 1, {}), {0: [2]})


@pytest.mark.parametrize("versions", list(itertools.permutations([OLD, NEW, WITHDRAWN])))
def test_what_was_revoked_is_not_held(versions: tuple[Row, ...]) -> None:
    index = index_of(*versions)
    assert (index.count(), Pass(index, BOTH).lines) == ((0, 0, {}), {})


def test_versions_are_told_apart_to_the_last_digit() -> None:
    """As the log does it."""
    first, second = (row(0, text, modified=f"2026-01-01T00:00:00.00000000{digit}Z") for text, digit in ((EVIL, 1), (GOOD, 2)))
    assert Pass(index_of(second, first), BOTH).lines == {0: [2]}


def test_of_one_version_the_first_counts() -> None:
    assert Pass(index_of(row(0, EVIL), row(0, GOOD)), BOTH).lines == {0: [1]}


def test_what_is_not_evaluated_is_counted_with_the_reason() -> None:
    """Whatever it is."""
    kinds = ["sigma", "sigma", "yara", "made-up", "another"]
    rows = [row(number, "x", pattern_type=kind) for number, kind in enumerate(kinds)]
    index = index_of(*rows, row(10, "[file:name = 'x']"), row(11, EVIL, valid_from="soon"), row(12, EVIL, valid_until=5), row(13, EVIL))
    assert index.count() == (9, 1, {"a sigma rule": 2, OTHER_RULE: 2, NO_TIME: 2, "a yara rule": 1, NOT_SIMPLE: 1})


def test_a_rule_for_prompts_is_evaluated_by_whom_the_caller_brings() -> None:
    """Or counted with the reason that it gives."""
    rules = {"one": lambda prompt: "kit" in prompt, "two": "too hard"}
    index = index_of(row(0, "one", pattern_type="nova"), row(1, "two", pattern_type="nova"), rule=rules.__getitem__)
    assert index.count() == (2, 1, {"too hard": 1})
    assert Pass(index, lines({"prompt": "no"}, {"prompt": "the kit"}, {"note": "the kit"})).lines == {0: [2]}


def test_who_crowds_one_value_makes_only_the_later_ones_unusable() -> None:
    """Those that were there stay, and other values are not touched."""
    rows = [row(number, EVIL) for number in range(MAX_ON_ONE_VALUE + 5)]
    index = index_of(*rows, row(5_000, GOOD), row(5_001, f"{GOOD[:-1]} OR {EVIL[1:]}"))
    assert index.count() == (MAX_ON_ONE_VALUE + 7, MAX_ON_ONE_VALUE + 1, {CROWDED: 6})
    found = Pass(index, BOTH)
    assert (len(found.tallies), found.lines[5_000]) == (MAX_ON_ONE_VALUE + 1, [2])


def test_many_indicators_on_one_value_cost_no_more_than_others() -> None:
    """A list that grows, not one that is copied each time."""
    index = Index(find_key=lambda _: None, read_rule=str, own=frozenset())
    for number in range(100_000):
        index.add(row(number, EVIL))
    assert index.count() == (100_000, MAX_ON_ONE_VALUE, {CROWDED: 100_000 - MAX_ON_ONE_VALUE})


def test_an_indicator_takes_a_few_hundred_bytes() -> None:
    """A million of them fit into a small machine (docs/performance.md)."""
    tracemalloc.start()
    index = Index(find_key=lambda _: None, read_rule=str, own=frozenset())
    for number in range(20_000):
        index.add(row(number, f"[domain-name:value = 'n{number:040}.top']"))
    index.close()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert size / 20_000 < 600


# Hashed accounts

MASTER = bytes(range(32))
KEYS = {key_id: derive(MASTER, key_id) for key_id in ("ours.2026q1", "ours.2026q2")}
FOREIGN = "user-account:account_type = 'other.example' AND "


def hashed(kind: str, value: str, *, key_id: str = "ours.2026q1", before: str = "") -> str:
    key = derive(MASTER, key_id)
    return f"[{before}user-account:user_id = '{user_id(kind, value, key=key, key_id=key_id)}']"


@pytest.mark.parametrize(
    ("kind", "value", "record", "is_found"),
    [
        ("email", "ann@evil.top", {"email": "Ann@EVIL.top"}, True),
        ("email", "ann@evil.top", {"user": "ann@evil.top"}, True),
        ("email", "ann@evil.top", {"email": "bob@evil.top"}, False),
        ("email", "ann@evil.top", {"note": "ann@evil.top"}, False),
        ("phone", "+442079460958", {"phone": "0044 20 7946 0958"}, True),
        ("phone", "+442079460958", {"user": "+442079460958"}, False),
        ("username", "paper_lantern", {"user": "@Paper_Lantern"}, True),
        ("username", "paper_lantern", {"email": "paper_lantern"}, False),
        ("account-id", "org-7fA2", {"account_id": "org-7fA2"}, True),
        ("account-id", "org-7fA2", {"account_id": "org-7fa2"}, False),
        ("account-id", "17", {"account_id": 17}, True),
    ],
)
def test_a_hashed_account_is_found_by_its_value(kind: str, value: str, record: dict[str, object], is_found: bool) -> None:
    """With the key that its id names, in every epoch."""
    index = index_of(row(0, hashed(kind, value)), row(1, hashed(kind, value, key_id="ours.2026q2")), keys=KEYS)
    assert Pass(index, lines(record)).lines == ({0: [1], 1: [1]} if is_found else {})


def test_a_plain_line_is_searched_for_hashed_addresses() -> None:
    index = index_of(row(0, hashed("email", "ann@evil.top")), keys=KEYS)
    assert Pass(index, b"login of Ann@Evil.top failed\n").lines == {0: [1]}


def test_of_an_account_elsewhere_only_the_person_is_known_here() -> None:
    """Somebody's address is the same everywhere; their name or number at another provider is somebody else's here."""
    values = [("email", "ann@evil.top"), ("phone", "+442079460958"), ("username", "ann"), ("account-id", "17")]
    rows = [row(number, hashed(kind, value, before=FOREIGN)) for number, (kind, value) in enumerate(values)]
    record = lines({"email": "ann@evil.top", "phone": "+442079460958", "user": "ann", "user_id": "17"})
    assert Pass(index_of(*rows, keys=KEYS), record).lines == {0: [1], 1: [1]}
    ours = index_of(*rows, keys=KEYS, own=frozenset({"other.example"}))
    assert Pass(ours, record).lines == {number: [1] for number in range(4)}


def test_an_account_whose_key_is_not_held_is_not_evaluated() -> None:
    index = index_of(row(0, hashed("email", "ann@evil.top", key_id="theirs.2026q1")), row(1, EVIL), keys=KEYS)
    assert index.count() == (2, 1, {NO_KEY: 1})


def test_nobody_makes_us_hash_with_any_number_of_keys() -> None:
    """An epoch is only a word, and each costs a hash an account."""
    index = Index(find_key=lambda _: bytes(32), read_rule=str, own=frozenset())
    for number in range(MAX_KEYS + 5):
        index.add(row(number, f"[user-account:user_id = 'hmac-sha256:ours.e{number}:1:{'0' * 64}']"))
    assert (len(index.keys), index.count()[2]) == (MAX_KEYS, {MANY_KEYS: 5})


def test_a_hostile_name_costs_no_time() -> None:
    """Marks in the wrong order are sorted by those who bring a text into its canonical form."""
    index = index_of(row(0, hashed("username", "ann")), keys=KEYS)
    began = time.process_time()
    assert Pass(index, lines({"user": "a" + "\u0301\u0323" * 70_000})).lines == {}
    assert time.process_time() - began < 1


@pytest.mark.parametrize("value", ["\u1f84" * 320, "\uac01" * 320])
def test_the_longest_name_is_found_however_it_is_composed(value: str) -> None:
    index = index_of(row(0, hashed("username", value)), keys=KEYS)
    assert Pass(index, lines({"user": unicodedata.normalize("NFD", value)})).lines == {0: [1]}


def test_an_index_knows_its_indicators_by_their_ids() -> None:
    index = index_of(row(7, EVIL))
    assert (index.ids, index.is_valid(0, NOW)) == ([f"indicator--{uuid(7)}"], True)
