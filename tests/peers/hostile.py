"""A TAXII 2.1 peer on loopback that behaves well until told otherwise, and remembers every request that reached it."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

TAXII = "application/taxii+json;version=2.1"
ID = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
OTHER_ID = "52892447-4d7e-4f70-b94d-d7f22742ff63"
COLLECTIONS = [
    {"id": ID, "title": "Indicators of abuse", "alias": "indicators", "description": "All of them", "can_read": True, "can_write": True},
    {"id": OTHER_ID, "title": "Closed", "can_read": False, "can_write": False},
]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One response; `script` writes raw bytes to the connection instead."""

    body: Any = b""  # bytes as they are, anything else as JSON
    status: int = 200
    headers: dict[str, str | None] = field(default_factory=dict)  # None takes one of the usual headers away
    script: Callable[[Any], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


def page(*objects: Any, more: bool = False, cursor: str | None = None, last: str | None = None) -> Answer:
    body: dict[str, Any] = {"more": more}
    if objects:
        body["objects"] = list(objects)
    if cursor is not None:
        body["next"] = cursor
    return Answer(body=body, headers={} if last is None else {"X-TAXII-Date-Added-First": last, "X-TAXII-Date-Added-Last": last})


def thing(number: int) -> dict[str, Any]:
    instant = "2026-01-01T00:00:00.000Z"
    return {"type": "x-thing", "id": f"x-thing--{number:08d}-0000-4000-8000-000000000000", "created": instant, "modified": instant}


def status(objects: list[dict[str, Any]], **changes: Any) -> Answer:
    """The status of a post in which everything went well, with some fields changed."""
    fields = {
        "id": "2d086da7-4bdc-4f91-900e-d77486753710",
        "status": "complete",
        "total_count": len(objects),
        "success_count": len(objects),
        "successes": [{"id": each["id"], "version": each.get("modified")} for each in objects],
        "failure_count": 0,
        "pending_count": 0,
    }
    return Answer(status=202, body={key: value for key, value in {**fields, **changes}.items() if value is not None})


def status_of_everything(seen: Seen) -> Answer:
    return status(json.loads(seen.body)["objects"])


class HostilePeer:
    """Paths map to an Answer, a function of the request, or a list of Answers of which the last one stays."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"peer": self}))
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.base}/taxii2/"
        self.objects, self.status = f"/api/collections/{ID}/objects/", "/api/status/2d086da7-4bdc-4f91-900e-d77486753710/"
        self.routes: dict[str, Any] = {
            "GET /taxii2/": Answer(body={"title": "t", "api_roots": [f"{self.base}/api/"], "default": f"{self.base}/api/"}),
            "GET /api/": Answer(body={"title": "t", "versions": [TAXII], "max_content_length": 100_000}),
            "GET /api/collections/": Answer(body={"collections": COLLECTIONS}),
            f"GET {self.objects}": page(thing(1), last="2026-02-01T00:00:00.000000Z"),
            f"POST {self.objects}": status_of_everything,
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def pages(self, *answers: Any) -> None:
        self.routes[f"GET {self.objects}"] = answers[0] if callable(answers[0]) else list(answers)

    def asked(self, path: str, method: str = "GET") -> list[Seen]:
        return [each for each in self.seen if (each.method, each.path) == (method, path)]

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        route = self.routes.get(f"{seen.method} {seen.path}", Answer(status=404, body={"title": "Nothing here"}))
        if isinstance(route, list):
            route = route.pop(0) if len(route) > 1 else route[0]
        return route(seen) if callable(route) else route


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    peer: HostilePeer

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = dict(self.headers.items())
        answer = self.peer.answer(Seen(method=self.command, path=parts.path, query=query, headers=headers, body=body))
        try:
            self._send(answer)
        except OSError:  # the client has had enough
            self.close_connection = True

    do_GET = do_POST = handle_any

    def _send(self, answer: Answer) -> None:
        if answer.script is not None:
            self.close_connection = True
            return answer.script(self.connection)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        usual = {"Content-Type": TAXII, "Content-Length": str(len(body)), **answer.headers}
        self.send_response(answer.status)
        for name, value in usual.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""
