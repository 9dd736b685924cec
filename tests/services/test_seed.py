"""Loading seeds: what the index names goes where it says, once (docs/collections.md)."""

from pathlib import Path

import pytest

from tests.services.conftest import ROOT, House
from tests.support.objects import envelope, indicator
from tocsin.errors import InvalidInputError
from tocsin.model.query import ObjectQuery
from tocsin.services.object import Reading
from tocsin.services.seed import Seed, list_seeds, load_seed


def load(house: House, seed: Seed) -> tuple[int, int, list[str]]:
    """Successes, failures, and the messages of the successes."""
    exchange = house.exchange
    status = load_seed(exchange.objects, house.operator, seed=seed, collection=house.collection(seed.alias), now=exchange.now())
    return len(status.successes), len(status.failures), sorted({one.message for one in status.successes})


def count(house: House, alias: str) -> int:
    reading = Reading(endpoint="objects", query=ObjectQuery(versions=("all",)), limit=1_000)
    return house.exchange.objects.bodies(house.operator, house.collection(alias), reading, now=1).page.count


def test_the_index_says_which_bundle_goes_where(tmp_path: Path) -> None:
    """In its order, a collection at a time."""
    (tmp_path / "index.toml").write_text('"b.json" = ["actors", "public"]\n"a.json" = ["indicators"]\n')
    for name in ("a.json", "b.json", "unnamed.json"):
        (tmp_path / name).write_bytes(envelope(indicator()))
    assert [(seed.file.name, seed.alias) for seed in list_seeds(tmp_path)] == [
        ("b.json", "actors"),
        ("b.json", "public"),
        ("a.json", "indicators"),
    ]


def test_a_folder_without_an_index_has_no_seeds(tmp_path: Path) -> None:
    """Nor has one that is not there."""
    assert list_seeds(tmp_path) == list_seeds(tmp_path / "missing") == []


@pytest.mark.parametrize(
    "index",
    [
        '"missing.json" = ["actors"]',
        '"../outside.json" = ["actors"]',
        '"sub/a.json" = ["actors"]',
        '"a.json" = "actors"',
        '"a.json" = [1]',
        "a.json = [",
        '[a]\njson = ["actors"]',
        '"." = ["actors"]',
        '"a\\u0000.json" = ["actors"]',
    ],
)
def test_a_bad_index_is_told_with_its_file(tmp_path: Path, index: str) -> None:
    """A bundle must lie beside it."""
    folder = tmp_path / "seeds"
    (folder / "sub").mkdir(parents=True)
    for file in (folder / "a.json", folder / "sub" / "a.json", tmp_path / "outside.json"):
        file.write_bytes(envelope(indicator()))
    (folder / "index.toml").write_text(index)
    with pytest.raises(InvalidInputError) as raised:
        list_seeds(folder)
    assert str(raised.value).startswith(str(folder / "index.toml"))


def test_loading_again_changes_nothing(house: House, tmp_path: Path) -> None:
    """What is there already is a success that stores nothing."""
    file = tmp_path / "a.json"
    file.write_bytes(envelope(indicator(1), indicator(2)))
    assert load(house, Seed(file=file, alias="indicators")) == (2, 0, [""])
    assert load(house, Seed(file=file, alias="indicators")) == (2, 0, ["this content was here already"])
    assert count(house, "indicators") == 2


def test_a_bad_object_fails_alone(house: House, tmp_path: Path) -> None:
    """The rest of the bundle is loaded."""
    file = tmp_path / "a.json"
    file.write_bytes(envelope(indicator(1), indicator(2, pattern="["), indicator(3)))
    assert load(house, Seed(file=file, alias="indicators")) == (2, 1, [""])


def test_the_shipped_seeds_load_whole_and_once(house: House) -> None:
    """Into every collection that the index names."""
    seeds = list_seeds(ROOT / "seeds")
    first = [load(house, seed) for seed in seeds]
    assert first
    assert all(successes > 0 and failures == 0 for successes, failures, _ in first)
    before = {seed.alias: count(house, seed.alias) for seed in seeds}
    assert [load(house, seed)[2] for seed in seeds] == [["this content was here already"]] * len(seeds)
    assert {seed.alias: count(house, seed.alias) for seed in seeds} == before
