"""Plain TAXII requests as any client would make them: post an envelope, walk a collection."""

from collections.abc import Iterator
from typing import Any

import requests

MEDIA_TYPE = "application/taxii+json;version=2.1"
SECONDS = 30.0  # for one request


def post(url: str, body: bytes, *, login: tuple[str, str]) -> requests.Response:
    """One POST on a connection of its own."""
    headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE, "Connection": "close"}
    return requests.post(url, data=body, auth=login, headers=headers, timeout=SECONDS)


def get(url: str, *, login: tuple[str, str] | None = None, **parameters: Any) -> requests.Response:
    """One GET on a connection of its own; match_id stands for match[id]."""
    headers = {"Accept": MEDIA_TYPE, "Connection": "close"}
    named = {f"match[{name[6:]}]" if name.startswith("match_") else name: value for name, value in parameters.items()}
    return requests.get(url, params=named, auth=login, headers=headers, timeout=SECONDS)


def walk(url: str, *, login: tuple[str, str], **parameters: Any) -> Iterator[dict[str, Any]]:
    """Every entry of `objects` or `manifest`, page by page."""
    more: dict[str, Any] = {}
    while True:
        answer = get(url, login=login, **parameters, **more)
        assert answer.status_code == 200, answer.text
        envelope = answer.json()
        yield from envelope.get("objects", [])
        if not envelope["more"]:
            return
        more = {"next": envelope["next"]}
