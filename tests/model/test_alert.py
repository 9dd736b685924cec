"""What an alert says, how it is signed, and when it is tried again."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import InvalidInputError
from tocsin.model.alert import (
    DAY,
    FIELDS,
    SECOND,
    Alert,
    Channel,
    Failure,
    Kind,
    after_try,
    daily,
    letter_of,
    pause_after,
    payload_of,
    signed_headers,
    webhook_secret,
)
from tocsin.model.stamp import stamp_of

ROOT = Path(__file__).parents[2]
NOW = stamp_of("2026-01-31T09:30:00Z")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the vector that the libraries of Standard Webhooks share
DATA: dict[str, Any] = {"urgency": "critical", "notification": "grouping--1", "sender_name": "Acme AI", "recipient_name": "Example AI"}


def alert(attempts: int) -> Alert:
    """As it is claimed for that try."""
    return Alert(
        id="1",
        key="k",
        kind=Kind.TEST,
        created=NOW,
        payload=b"{}",
        channel=Channel.WEBHOOK,
        target="t",
        attempts=attempts,
        next_try=NOW + 1,
    )


def receiver() -> Any:
    """The receiver that docs/alerts.md prints: written from the specification, and knowing nothing of ours."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/alerts.md").read_text(), re.DOTALL | re.MULTILINE)
    scope: dict[str, Any] = {}
    exec(program, scope)
    return scope


def is_taken(headers: dict[str, str], body: bytes, *, at: float, secret: str = SECRET) -> bool:
    scope = receiver()
    scope["time"] = type("Clock", (), {"time": staticmethod(lambda: at)})
    return bool(scope["is_from_exchange"](secret, headers, body))


def test_the_payload_of_an_event_is_this() -> None:
    """Names in one order, and a zero that is not left out."""
    body = payload_of(
        Kind.ANSWER_RECEIVED, {**DATA, "outcome": ("account-disabled", "civil-action"), "count": 0, "is_drill": True}, now=NOW
    )
    assert body == (
        b'{"type":"answer.received","timestamp":"2026-01-31T09:30:00.000000Z","data":{"notification":"grouping--1","sender_name":"Acme AI",'
        b'"recipient_name":"Example AI","urgency":"critical","outcome":["account-disabled","civil-action"],"count":0,"is_drill":true}}'
    )


@pytest.mark.parametrize("name", ["name", "description", "pattern", "value", "objects", "object_refs", "content"])
def test_an_alert_cannot_carry_what_an_object_says(name: str) -> None:
    with pytest.raises(InvalidInputError, match=f"an alert cannot carry '{name}'"):
        payload_of(Kind.NOTIFICATION_RECEIVED, {**DATA, name: "x"}, now=NOW)


def test_the_documentation_names_every_kind_and_every_field() -> None:
    """And no field that there is not."""
    page = (ROOT / "docs/alerts.md").read_text()
    (table,) = re.findall(r"^\| in `data`.*?\n\n", page, re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", table)) - {"data"} == set(FIELDS)
    assert [kind for kind in Kind if f"| `{kind}` |" not in page] == []


@given(st.text(max_size=400))
def test_a_name_is_one_printable_line_wherever_it_goes(name: str) -> None:
    """Nothing that a header, a log or a terminal would obey, and never too long."""
    payload = payload_of(Kind.NOTIFICATION_RECEIVED, {"sender_name": name}, now=NOW)
    shown = json.loads(payload)["data"]["sender_name"]
    subject, text = letter_of(payload)
    assert shown.isprintable()
    assert len(shown) <= 200
    assert subject.isprintable()
    assert text.splitlines()[2] == f"sender name: {shown}"


def test_the_letter_of_an_event_is_this() -> None:
    data = {**DATA, "deadline": "2026-01-31T09:00:00Z", "is_drill": True, "outcome": ["account-disabled", "civil-action"], "evidence": 3}
    subject, text = letter_of(payload_of(Kind.NOTIFICATION_OVERDUE, data, now=NOW))
    assert subject == "Tocsin: a notification was not acknowledged in time (Acme AI to Example AI, critical, drill)"
    assert text == (
        "A notification was not acknowledged in time.\n"
        "\n"
        "notification: grouping--1\n"
        "sender name: Acme AI\n"
        "recipient name: Example AI\n"
        "urgency: critical\n"
        "deadline: 2026-01-31T09:00:00Z\n"
        "outcome: account-disabled, civil-action\n"
        "evidence: 3\n"
        "is drill: yes\n"
        "time: 2026-01-31T09:30:00.000000Z\n"
        "\n"
        "The details are in the exchange, not in this mail. A program sent it; nobody reads answers to it.\n"
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_letter(kind: Kind) -> None:
    subject, text = letter_of(payload_of(kind, {}, now=NOW))
    assert re.fullmatch(r"Tocsin: [a-z, ]+", subject)
    assert text.startswith(subject.removeprefix("Tocsin: ").capitalize() + ".\n")


def test_a_subject_that_is_raised_again_has_one_key_a_day() -> None:
    """Days count from the deadline, so two alerts are never minutes apart."""
    keys = [daily("grouping--1", since=NOW, now=NOW + hours * 3_600 * SECOND) for hours in (0, 23, 24, 47, 48)]
    assert keys == ["grouping--1|0", "grouping--1|0", "grouping--1|1", "grouping--1|1", "grouping--1|2"]


# Signatures


def test_the_signature_of_the_published_vector_is_the_published_one() -> None:
    """Also made by: openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | base64 -d | xxd -p)."""
    headers = signed_headers(webhook_secret(SECRET), id="msg_p5jXN8AQM9LWM0D4loKWxJek", seconds=1614265330, body=b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_receiver_written_from_the_specification_takes_what_we_sign() -> None:
    body = payload_of(Kind.TEST, {}, now=NOW)
    headers = signed_headers(webhook_secret(SECRET), id="1", seconds=1_769_851_800, body=body)
    assert is_taken(headers, body, at=1_769_851_800)
    assert is_taken({**headers, "webhook-signature": f"v1,AAAA {headers['webhook-signature']} v1a,AAAA"}, body, at=1_769_851_800 + 299)


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"body": b'{"test": 2432232315}'}, 0),
        ({"webhook-id": "2"}, 0),
        ({"webhook-timestamp": "1614265331"}, 0),
        ({"webhook-signature": "v1,AAAA"}, 0),
        ({"webhook-signature": "v1,"}, 0),
        ({}, 301),
        ({}, -301),
    ],
    ids=str,
)
def test_it_refuses_what_was_changed_or_is_old(changed: dict[str, Any], at: int) -> None:
    """The body, each header, and what is sent again later; another secret too."""
    body = b'{"test": 2432232314}'
    headers = signed_headers(webhook_secret(SECRET), id="1", seconds=1_614_265_330, body=body)
    sent = {**headers, **{name: value for name, value in changed.items() if name != "body"}}
    assert is_taken(headers, body, at=1_614_265_330)
    assert not is_taken(sent, changed.get("body", body), at=1_614_265_330 + at)
    assert not is_taken(headers, body, at=1_614_265_330, secret="whsec_" + "A" * 32)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_" + "A" * 28,
        "whsec_" + "A" * 88,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_ä",
    ],
)
def test_a_secret_of_another_form_is_refused_and_not_repeated(secret: str) -> None:
    """Too short, too long, not Base64, without its prefix."""
    with pytest.raises(InvalidInputError) as caught:
        webhook_secret(secret)
    assert len(secret) < 8 or secret[6:] not in str(caught.value)
    assert caught.value.hint == "write whsec_ and the Base64 of 24 to 64 random bytes"


def test_secrets_of_24_to_64_bytes_are_taken() -> None:
    assert [len(webhook_secret("whsec_" + "A" * length)) for length in (32, 84)] == [24, 63]


# Tries


def test_tries_are_these_far_apart_and_then_end() -> None:
    """In seconds; each a fifth less or more."""
    middle = [pause_after(attempts, luck=0.5) for attempts in range(1, 9)]
    assert middle == [5 * SECOND, 30 * SECOND, 120 * SECOND, 600 * SECOND, 3_600 * SECOND, 21_600 * SECOND, 86_400 * SECOND, None]
    assert (pause_after(1, luck=0.0), pause_after(1, luck=1.0)) == (4 * SECOND, 6 * SECOND)
    assert pause_after(100, luck=0.0) is None


def test_an_alert_that_was_taken_is_done() -> None:
    after = after_try(alert(3), None, now=NOW + 5, luck=0.5)
    assert (after.done, after.next_try, after.last_error) == (NOW + 5, None, "")


def test_a_failed_try_says_why_and_when_the_next_one_is() -> None:
    after = after_try(alert(2), Failure(reason="no\nway"), now=NOW, luck=0.5)
    assert (after.done, after.next_try, after.last_error) == (None, NOW + 30 * SECOND, "no way")


def test_who_asks_to_wait_is_left_alone_for_that_long_and_six_hours_at_most() -> None:
    waits = [after_try(alert(1), Failure(reason="x", wait=wait), now=0, luck=0.5).next_try for wait in (0, SECOND, 60 * SECOND, 9 * DAY)]
    assert waits == [5 * SECOND, 5 * SECOND, 60 * SECOND, DAY // 4]


@pytest.mark.parametrize(("attempts", "is_final"), [(8, False), (1, True)])
def test_an_alert_is_given_up_after_the_last_try_or_where_no_other_helps(attempts: int, is_final: bool) -> None:
    after = after_try(alert(attempts), Failure(reason="gone", is_final=is_final, wait=SECOND), now=NOW, luck=0.5)
    assert (after.done, after.next_try, after.last_error) == (None, None, "gone")
