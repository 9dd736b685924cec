"""Answers that nobody may give, posted over TAXII to a real server: kept or refused, shown as what they are, and nothing moves.

Alpha has notified Beta, whose receipt is there. Everything else is tried by Beta itself, by Gamma, which takes part, and by Omega, an
organisation whose member was made an analyst by mistake.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
import requests

from tests.support.command import typed, typed_json
from tests.support.exchange import RunningExchange
from tests.support.extension import IDS
from tests.support.objects import envelope, uuid
from tests.support.office import lantern
from tests.support.traffic import post
from tocsin.model.graph import Named
from tocsin.model.identifier import identity_id
from tocsin.model.letter import Reply, note_of, opinion_of
from tocsin.model.notification import Kind, Notification, read
from tocsin.model.signature import SigningKey, new_key, published, sign
from tocsin.model.stamp import stamp_of, stix_text
from tocsin.wiring import Exchange

ALPHA, BETA, GAMMA, OMEGA = (
    Named(id=identity_id(f"{word}.example"), name=f"{word.title()} AI") for word in ("alpha", "beta", "gamma", "omega")
)
MEMBERS = {"beta": ("Beta AI", "peer"), "gamma": ("Gamma AI", "peer"), "omega": ("Omega AI", "analyst")}
NUMBERS = count(1)
Body = dict[str, Any]


@dataclass
class Scene:
    """Alpha's exchange, the notification that it sent, and what others have to post with."""

    exchange: RunningExchange
    logins: dict[str, tuple[str, str]]
    told: Notification
    keys: dict[str, SigningKey]  # published, but for the one of "stolen"
    receipt: Body
    start: int = field(default_factory=Exchange.now)

    @property
    def inbox(self) -> str:
        return f"{self.exchange.url}/api/collections/inbox/objects/"

    def post(self, by: str, *bodies: Body) -> dict[str, Any]:
        """Into Alpha's inbox; the status."""
        answer = post(self.inbox, envelope(*bodies), login=self.logins[by])
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def note(self, kind: Kind = Kind.VERDICT, *, author: Named = BETA, **said: Any) -> Body:
        """An answer of a millisecond of its own, unsigned."""
        needed = {"verdict": "false-positive"} if kind is Kind.VERDICT else {}
        reply = Reply(author=author, notification=self.told, kind=kind, **(needed | said))
        moment = self.start + next(NUMBERS) * 1_000
        return note_of(reply, created=moment, modified=moment)

    def signed(self, body: Body, *, key: str = "beta") -> Body:
        return sign(body, self.keys[key])

    def shown(self) -> dict[str, Any]:
        return dict(typed_json("notify", "show", self.told.id, home=self.exchange.home))

    def standing(self, body: Body) -> list[str]:
        """Of every posted version of it that is shown."""
        made = stamp_of(body["modified"])
        return [one["standing"] for one in self.shown()["answers"] if one["id"] == body["id"] and stamp_of(one["made"]) == made]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("hostile") / "alpha"
    exchange = RunningExchange.make(home, init=("--organisation", "Alpha AI", "--domain", "alpha.example")).start()
    for word, (organisation, role) in MEMBERS.items():
        typed_json("organisation", "add", organisation, "--domain", f"{word}.example", home=home)
        typed_json("member", "add", word, "--role", role, "--organisation", organisation, "--clearance", "amber", home=home)
    logins = {word: (word, typed_json("member", "rotate", word, home=home)["password"]) for word in MEMBERS}
    file = home / "case.json"
    file.write_text(json.dumps(lantern(ALPHA.id, 1)))
    typed_json("submit", str(file), "--collection", "submissions", home=home)
    made = typed_json("notify", "draft", "--to", "Beta AI", "--case", lantern(ALPHA.id, 1)[0]["id"], home=home)
    typed_json("notify", "send", made["id"], home=home)
    url = f"{exchange.url}/api/collections/outbox-beta-ai/objects/{made['id']}/"
    (grouping,) = requests.get(url, auth=logins["beta"], timeout=30).json()["objects"]
    told = read(grouping)
    assert isinstance(told, Notification)
    keys = {word: new_key("2026-1", now=Exchange.now() - 10_000_000) for word in (*MEMBERS, "stolen")}
    made_scene = Scene(exchange, logins, told, keys, receipt={})
    for word in MEMBERS:
        assert not made_scene.post(word, identity(word, keys[word])).get("failures")
    made_scene.receipt = made_scene.signed(made_scene.note(Kind.RECEIPT))
    made_scene.post("beta", made_scene.receipt)
    yield made_scene
    exchange.stop()


def identity(word: str, key: SigningKey) -> Body:
    """As its provider publishes it."""
    now = stix_text(Exchange.now())
    head = {"type": "identity", "spec_version": "2.1", "id": identity_id(f"{word}.example"), "created": now, "modified": now}
    said = {"extension_type": "property-extension", "public_keys": published([key.public])}
    return head | {"created_by_ref": head["id"], "name": f"{word.title()} AI", "extensions": {IDS["provider"]: said}}


def changed(body: Body, **properties: Any) -> Body:
    """The same with something else in it, under the old signature."""
    return body | properties


def answering(body: Body, **said: Any) -> Body:
    """The same with something else in its extension."""
    inner = body["extensions"][IDS["notification-answer"]] | said
    return body | {"extensions": {IDS["notification-answer"]: inner}}


TRIED: dict[str, tuple[Callable[[Scene], Body], dict[str, str]]] = {
    "a verdict of Beta's that was changed on the way": (
        lambda scene: changed(scene.signed(scene.note()), content="Ban them all."),
        dict.fromkeys(MEMBERS, "forged"),
    ),
    "a verdict in Beta's name with a key that is not Beta's": (
        lambda scene: scene.signed(scene.note(), key="stolen"),
        dict.fromkeys(MEMBERS, "forged"),
    ),
    "a verdict in Beta's name with a key of a name that Beta has not": (
        lambda scene: answering(scene.note(), signature={"algorithm": "ed25519", "key_id": "2019-1", "value": "A" * 86}),
        dict.fromkeys(MEMBERS, "unknown-key"),
    ),
    "a verdict in Beta's name without a signature": (
        lambda scene: scene.note(),
        {"gamma": "unsigned-from-other", "omega": "unsigned-from-other"},
    ),
    "a recall in Alpha's name": (
        lambda scene: scene.note(Kind.RECALL, author=ALPHA),
        dict.fromkeys(MEMBERS, "unsigned-from-other"),
    ),
    "a recall by Beta, whose notification it is not": (
        lambda scene: scene.signed(scene.note(Kind.RECALL)),
        dict.fromkeys(MEMBERS, "misaddressed"),
    ),
    "an honest verdict of Gamma's, whom nobody asked": (
        lambda scene: scene.signed(scene.note(author=GAMMA), key="gamma"),
        dict.fromkeys(MEMBERS, "misaddressed"),
    ),
    "an outcome to a version that never was": (
        lambda scene: scene.signed(answering(scene.note(Kind.OUTCOME), notification_modified="2026-01-01T00:00:00.000Z")),
        dict.fromkeys(MEMBERS, "unknown-version"),
    ),
    "an opinion of somebody whom nobody asked": (
        lambda scene: opinion(scene),
        {"gamma": "misaddressed", "omega": "misaddressed"},
    ),
}


def opinion(scene: Scene) -> Body:
    """In plain STIX, in Beta's name."""
    moment = scene.start + next(NUMBERS) * 1_000
    reply = Reply(author=BETA, notification=scene.told, kind=Kind.VERDICT, verdict="false-positive")
    return opinion_of(reply, created=moment, modified=moment)


@pytest.mark.parametrize("name", TRIED)
def test_what_nobody_may_say_is_kept_and_moves_nothing(scene: Scene, name: str) -> None:
    """Whoever posts it: it is taken, shown with what is wrong with it, and the state is the one before."""
    make, expected = TRIED[name]
    before = scene.shown()
    for member, standing in expected.items():
        body = make(scene)
        assert scene.post(member, body)["success_count"] == 1, member
        assert scene.standing(body) == [standing], member
    after = scene.shown()
    assert after["state"] == before["state"] == "delivered"
    assert {name: each for name, each in after.items() if name != "answers"} == {
        name: each for name, each in before.items() if name != "answers"
    }


def test_a_replay_changes_nothing(scene: Scene) -> None:
    """A receipt of Beta's that Gamma brings again is known already, and an answer to nothing that is here is a stray."""
    before = scene.shown()
    status = scene.post("gamma", scene.receipt)
    elsewhere = answering(scene.note(), notification_ref=f"grouping--{uuid(99)}") | {"object_refs": [f"grouping--{uuid(99)}"]}
    scene.post("gamma", scene.signed(elsewhere))
    assert [one["message"] for one in status["successes"]] == ["this content was here already"]
    assert scene.shown() == before
    assert elsewhere["id"] in typed_json("inbox", "list", home=scene.exchange.home)["strays"]


def test_a_contradiction_under_the_same_version_is_refused(scene: Scene) -> None:
    """What was said at an instant was said; by its author, and by anybody else."""
    before = scene.shown()
    for member in MEMBERS:
        status = scene.post(member, changed(scene.receipt, content="Never received."))
        assert "another content is already stored under this id and version" in status["failures"][0]["message"]
    assert scene.shown() == before


def test_what_cannot_be_read_is_refused_with_its_place(scene: Scene) -> None:
    """A kind that there is not, a verdict that says nothing."""
    before = scene.shown()
    for wrong in ({"answer_kind": "order"}, {"verdict": "guilty"}, {"notification_ref": "everybody"}):
        status = scene.post("beta", answering(scene.note(), **wrong))
        assert next(iter(wrong)) in status["failures"][0]["message"]
    assert scene.shown() == before


def test_what_is_too_large_is_refused_or_cut(scene: Scene) -> None:
    """A body beyond the limit, an object of too many values; a text of megabytes is kept, and shown as its beginning."""
    before = scene.shown()
    huge = post(scene.inbox, envelope(scene.note() | {"content": "x" * 10_000_000}), login=scene.logins["gamma"])
    assert huge.status_code == 413
    assert scene.post("gamma", scene.note() | {"x_many": [0] * 150_000})["failure_count"] == 1
    assert scene.shown() == before
    long = scene.note(author=OMEGA) | {"content": "State: closed.\x1b[2J " * 200_000}
    assert scene.post("omega", long)["success_count"] == 1
    text = typed("notify", "show", scene.told.id, home=scene.exchange.home).stdout
    assert "DOES NOT COUNT: misaddressed" in text
    assert len(text) < 60_000
    assert scene.shown()["state"] == "delivered"


def test_after_all_that_the_word_of_the_recipient_counts(scene: Scene) -> None:
    """Signed and carried by Gamma, or unsigned and posted by itself."""
    verdict, outcome = scene.signed(scene.note(verdict="successful-attempt")), scene.note(Kind.OUTCOME, outcome=("account-disabled",))
    assert scene.post("gamma", verdict)["success_count"] == 1
    assert scene.shown()["state"] == "verified"
    assert scene.post("beta", outcome)["success_count"] == 1
    found = scene.shown()
    assert (found["state"], found["verdict"], found["outcome"]) == ("acted", "successful-attempt", ["account-disabled"])
