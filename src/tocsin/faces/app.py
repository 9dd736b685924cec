"""The web application: create_app(config) makes everything, nothing lives at import."""

import logging
import re
import sys
import time
from secrets import token_hex
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request

from tocsin.config import Config
from tocsin.errors import TocsinError
from tocsin.faces.taxii.mount import mount_taxii
from tocsin.wiring import build_exchange

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_log = structlog.get_logger()


def create_app(config: Config) -> Flask:
    """The app that one server process runs; the store is opened when the first request needs it.

    Raises:
        InvalidInputError: the secret cannot be read, or the database's address is malformed.
    """
    _set_up_log()
    app = Flask("tocsin", static_folder=None)
    exchange = build_exchange(config)

    @app.before_request
    def _begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else token_hex(8)
        g.began = time.perf_counter()

    @app.get("/healthz")
    def healthz() -> Response:
        return _plain({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> Response:
        try:
            exchange.maintenance.require_ready()
        except TocsinError as error:
            _log.error("not ready", exc_info=error)
            return _plain({"status": "not ready"}, status=503)
        return _plain({"status": "ready"})

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        _log.info("request", **_line(response))
        return response

    mount_taxii(app, exchange, base_url=config.base_url)
    return app


def _plain(answer: dict[str, str], *, status: int = 200) -> Response:
    response = Response(orjson.dumps(answer), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _line(response: Response) -> dict[str, Any]:
    """What the log says of a request: never its query, its headers or its body, which may hold secrets."""
    return {
        "request_id": g.request_id,
        "method": request.method,
        "path": request.path[:300],
        "status": response.status_code,
        "bytes": response.content_length,
        "member": g.caller.name if "caller" in g else "",
        "milliseconds": round((time.perf_counter() - g.began) * 1000, 1),
    }


def _set_up_log() -> None:
    """JSON lines on stderr, one write each."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
