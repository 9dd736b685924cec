"""Puts medallion's blueprints on our app, with everything that it looks for by name (ADR 0005 says why each line is here)."""

import logging
from typing import Any

import medallion
import orjson
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from medallion import register_blueprints

from tocsin.faces.taxii.backend import TaxiiBackend
from tocsin.faces.taxii.body import BodyReader
from tocsin.faces.taxii.error import register_errors
from tocsin.faces.taxii.lane import FastLane
from tocsin.faces.taxii.negotiation import LOGGED_IN, MEDIA_TYPE, Negotiation
from tocsin.faces.taxii.request import TaxiiRequest, credential_of, require_parameters, sender_of
from tocsin.model.member import ANONYMOUS
from tocsin.wiring import Exchange

OPEN = {"healthz", "readyz"}  # whoever asks for these needs no login, and a wrong one is not looked at


class _OrjsonProvider(JSONProvider):
    """Medallion writes its answers with flask.json, which would sort keys, escape everything and decode what we keep as bytes."""

    def dumps(self, obj: Any, **_options: Any) -> Any:
        return obj if isinstance(obj, bytes) else orjson.dumps(obj)  # a page of objects is JSON already

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        raise NotImplementedError("bodies are read by TaxiiRequest.get_json")


class _TaxiiResponse(Response):
    """What the framework answers by itself (to OPTIONS) is no HTML either."""

    default_mimetype = MEDIA_TYPE


def mount_taxii(app: Flask, exchange: Exchange, *, base_url: str) -> None:
    """Adds the TAXII 2.1 endpoints to an app: discovery under /taxii2/, one API root under /api/."""
    config = exchange.config
    app.request_class = TaxiiRequest
    app.response_class = _TaxiiResponse
    app.json = _OrjsonProvider(app)
    app.url_map.strict_slashes = False  # same answer with and without the trailing slash, and no redirect that names a host
    app.url_map.merge_slashes = False
    app.extensions["tocsin_body_reader"] = BodyReader(
        max_bytes=config.max_content_length, seconds=config.body_seconds, min_rate=config.body_min_rate
    )
    app.medallion_backend = TaxiiBackend(exchange, base_url=base_url)  # type: ignore[attr-defined]
    app.taxii_config = {"max_page_size": config.max_page_size}  # type: ignore[attr-defined]
    app.users_backend = {}  # type: ignore[attr-defined]  # medallion's clear-text table: read before verify_password, empty here
    medallion.auth.verify_password(lambda _name, _password: g.caller)
    medallion.log.handlers.clear()  # it writes to stderr on its own
    medallion.log.setLevel(logging.CRITICAL)
    register_blueprints(app)
    register_errors(app)

    @app.before_request
    def _come_in() -> None:
        environ = request.environ
        if request.endpoint in OPEN:
            g.caller = ANONYMOUS
            return
        credential = credential_of(environ)
        address = sender_of(environ.get("REMOTE_ADDR", ""))
        g.caller = ANONYMOUS if credential is None else exchange.members.log_in(credential, now=exchange.now(), address=address)
        environ[LOGGED_IN] = "" if credential is None else g.caller.name
        exchange.throttle.require_pace(g.caller, address=address)
        require_parameters(request)

    app.wsgi_app = Negotiation(FastLane(app.wsgi_app, exchange))  # type: ignore[method-assign]
