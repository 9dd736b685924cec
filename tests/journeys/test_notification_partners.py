"""Notifications to who runs other software, and to who is not pushed to but polls."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import stix2

from tests.support.command import typed_json
from tests.support.exchange import RunningExchange
from tests.support.medallion import COLLECTION, HEADERS, LOGIN, StockMedallion
from tests.support.office import lantern
from tests.support.pair import contents, sync
from tests.support.partners import admit, connect, draft, hold_case, provider, same, seen, until, watching
from tocsin.model.identifier import identity_id


@pytest.fixture
def medallion(tmp_path: Path) -> Iterator[StockMedallion]:
    started = StockMedallion.start(tmp_path / "partner")
    yield started
    started.stop()


@pytest.fixture
def alpha(tmp_path: Path, medallion: StockMedallion) -> RunningExchange:
    """It lays out what is for the partner in the partner's only collection, and fetches from there."""
    made = provider(tmp_path, "alpha")
    typed_json("organisation", "add", "Partner AI", "--domain", "partner.example", home=made.home)
    known = ["--organisation", "Partner AI", "--clearance", "amber", "--user", LOGIN[0], "--password-stdin"]
    routes = ["--push=outbox-partner-ai=Shared", f"--pull={COLLECTION}=inbox"]
    password = f"{LOGIN[1]}\n".encode()
    typed_json("peer", "add", "partner", "--url", medallion.discovery, *known, *routes, home=made.home, stdin=password)
    return made


def held(medallion: StockMedallion, identifier: str) -> dict[str, Any]:
    """The last version that the partner has, as any TAXII client gets it."""
    url = f"{medallion.objects_url}?match[id]={identifier}"
    (found,) = requests.get(url, headers=HEADERS, auth=LOGIN, timeout=10).json()["objects"]
    return dict(found)


def put(medallion: StockMedallion, *objects: Any) -> None:
    """What the partner's analyst writes, with a library that knows nothing of us."""
    body = json.dumps({"objects": [json.loads(one.serialize()) for one in objects]})
    requests.post(medallion.objects_url, data=body, headers=HEADERS, auth=LOGIN, timeout=10).raise_for_status()


def send(alpha: RunningExchange) -> tuple[str, int]:
    """A notification to the partner."""
    number = hold_case(alpha)
    made = typed_json("notify", "draft", "--to", "Partner AI", "--case", lantern("", number)[0]["id"], home=alpha.home)
    sent = typed_json("notify", "send", made["id"], home=alpha.home)
    assert (sent["delivered"], sent["message"]) == (True, "delivered to Partner AI")
    return str(made["id"]), number


def test_a_partner_on_other_software_reads_it_and_answers(alpha: RunningExchange, medallion: StockMedallion) -> None:
    """A grouping in words with its evidence; a plain note takes it on, a plain opinion agrees; what is ours and comes back is known."""
    identifier, number = send(alpha)
    grouping = held(medallion, identifier)
    assert grouping["name"] == f"Alpha AI notifies Partner AI: Paper Lantern {number}"
    assert "To answer, post a note or an opinion whose object_refs name this grouping." in grouping["description"]
    assert [held(medallion, one)["id"] for one in grouping["object_refs"]] == [one["id"] for one in lantern("", number)]

    sync(alpha)
    assert seen(alpha, identifier)["state"] == "sent"
    author = identity_id("partner.example")
    put(medallion, stix2.v21.Note(content="We look into it.", object_refs=[identifier], created_by_ref=author))
    sync(alpha)
    assert seen(alpha, identifier)["state"] == "acknowledged"
    put(medallion, stix2.v21.Opinion(opinion="agree", explanation="We saw them too.", object_refs=[identifier], created_by_ref=author))
    sync(alpha)
    found = seen(alpha, identifier)
    assert (found["state"], found["verdict"], found["times"]["acted"]) == ("verified", "successful-attempt", None)
    assert 0 < found["seconds"]["acknowledged"] < found["seconds"]["verified"]
    assert [(one["standing"], one["words"]) for one in found["answers"]] == [("plain", "We look into it."), ("plain", "We saw them too.")]


def test_a_partner_that_does_not_agree_disputes(alpha: RunningExchange, medallion: StockMedallion) -> None:
    """Whoever it names as its author: its products have identities of their own."""
    identifier, _number = send(alpha)
    put(medallion, stix2.v21.Opinion(opinion="strongly-disagree", object_refs=[identifier]))
    with watching(alpha):
        until(lambda: seen(alpha, identifier)["state"] == "disputed")


def test_a_recall_reaches_other_software_too(alpha: RunningExchange, medallion: StockMedallion) -> None:
    """The grouping is revoked and says nothing any more; a note asks in words to delete what came with it."""
    identifier, _number = send(alpha)
    typed_json("notify", "recall", identifier, "--reason", "wrong actor", home=alpha.home)
    grouping = held(medallion, identifier)
    assert (grouping["revoked"], grouping["name"], "description" in grouping) == (True, "Recalled notification", False)
    note = held(medallion, seen(alpha, identifier)["answers"][0]["id"])
    assert note["content"].startswith("Alpha AI takes the notification back; please delete your copies of it and of its evidence by ")


def test_who_is_not_pushed_to_polls(tmp_path: Path) -> None:
    """Both fetch what the other laid out for them, into their inboxes; nobody pushes, and both tell the same in the end."""
    alpha, beta = (provider(tmp_path, word).start() for word in ("alpha", "beta"))
    try:
        tokens = [admit(alpha, "beta"), admit(beta, "alpha")]
        connect(beta, alpha, token=tokens[0], routes=["--pull=outbox-beta-ai=inbox"])
        connect(alpha, beta, token=tokens[1], routes=["--pull=outbox-alpha-ai=inbox"])
        identifier = draft(alpha, beta, hold_case(alpha))
        sent = typed_json("notify", "send", identifier, home=alpha.home)
        assert (sent["delivered"], sent["message"]) == (None, "it lies in outbox-beta-ai, where Beta AI can read it")
        with watching(alpha, beta):
            until(lambda: seen(alpha, identifier)["state"] == "delivered")
            typed_json("inbox", "decline", identifier, "--words", "They are customers of ours.", home=beta.home)
            until(lambda: seen(beta, identifier)["state"] == seen(alpha, identifier)["state"] == "closed")
        assert same(alpha, beta, identifier)["outcome"] == []
        assert len({key for key in contents(beta, "inbox") if key[0] == identifier}) == 1
    finally:
        alpha.end()
        beta.end()
