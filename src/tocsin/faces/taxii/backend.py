"""What medallion calls for its data: eleven methods, each of which calls one service and shapes the answer (TAXII 2.1 §4 and §5).

The names and parameters are medallion's. Its own request time is ignored: stamps are made inside the transaction.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from flask import g

from tocsin.errors import NotFoundError
from tocsin.faces.taxii.negotiation import MEDIA_TYPE
from tocsin.model.collection import Collection
from tocsin.model.member import Caller
from tocsin.model.query import Answer, query_of
from tocsin.model.stamp import text_of, version_text
from tocsin.services.object import Reading
from tocsin.wiring import Exchange

API_ROOT = "api"
STIX_MEDIA_TYPE = "application/stix+json;version=2.1"

Resource = dict[str, Any]


class TaxiiBackend:
    """The exchange in medallion's terms; the caller of the request under way is in `flask.g`."""

    def __init__(self, exchange: Exchange, *, base_url: str) -> None:
        """Serves one exchange under its public address."""
        self._exchange = exchange
        self._config = exchange.config
        self._root_url = f"{base_url}/{API_ROOT}/"

    def server_discovery(self) -> Resource:
        optional = {"description": self._config.description, "contact": self._config.contact}
        return {
            "title": self._config.title,
            **{name: text for name, text in optional.items() if text},
            "default": self._root_url,
            "api_roots": [self._root_url],
        }

    def get_api_root_information(self, api_root: str) -> Resource:
        if api_root != API_ROOT:
            raise NotFoundError("there is no such API root", hint="the API roots are listed under /taxii2/")
        return {"title": self._config.title, "versions": [MEDIA_TYPE], "max_content_length": self._config.max_content_length}

    def get_collections(self, api_root: str) -> Resource:
        listing = [_collection_resource(one, g.caller) for one in self._exchange.collections.listing(g.caller)]
        return {"collections": listing} if listing else {}

    def get_collection(self, api_root: str, collection_id: str) -> Resource:
        if g.get("resource_of") != collection_id:  # medallion asks three times a request
            g.resource_of, g.resource = collection_id, _collection_resource(self._find(collection_id), g.caller)
        return g.resource  # type: ignore[no-any-return]

    def get_status(self, api_root: str, status_id: str) -> orjson.Fragment:
        return orjson.Fragment(self._exchange.objects.find_status(g.caller, status_id))

    def get_objects(
        self, api_root: str, collection_id: str, filter_args: Mapping[str, str], allowed_filters: tuple[str, ...], limit: int
    ) -> tuple[bytes, dict[str, str]]:
        return self._bodies(collection_id, Reading(endpoint="objects", **_asked(filter_args, allowed_filters, limit)))

    def get_object(
        self,
        api_root: str,
        collection_id: str,
        object_id: str,
        filter_args: Mapping[str, str],
        allowed_filters: tuple[str, ...],
        limit: int,
    ) -> tuple[bytes, dict[str, str]]:
        asked = _asked(filter_args, allowed_filters, limit, object_id=object_id)
        return self._bodies(collection_id, Reading(endpoint="object", **asked))

    def get_object_manifest(
        self, api_root: str, collection_id: str, filter_args: Mapping[str, str], allowed_filters: tuple[str, ...], limit: int
    ) -> tuple[Resource, Resource]:
        collection = self._find(collection_id)
        reading = Reading(endpoint="manifest", **_asked(filter_args, allowed_filters, limit))
        answer = self._exchange.objects.manifest(g.caller, collection, reading, now=self._exchange.now())
        items = [
            {"id": one.id, "date_added": text_of(one.added), "version": version_text(one.version), "media_type": STIX_MEDIA_TYPE}
            for one in answer.page.items
        ]
        return _paged("objects", items, answer), _date_headers(answer)

    def get_object_versions(
        self,
        api_root: str,
        collection_id: str,
        object_id: str,
        filter_args: Mapping[str, str],
        allowed_filters: tuple[str, ...],
        limit: int,
    ) -> tuple[Resource, Resource]:
        collection = self._find(collection_id)
        asked = _asked(filter_args, allowed_filters, limit, object_id=object_id)
        asked["query"] = replace(asked["query"], versions=("all",))
        answer = self._exchange.objects.manifest(g.caller, collection, Reading(endpoint="versions", **asked), now=self._exchange.now())
        return _paged("versions", [version_text(one.version) for one in answer.page.items], answer), _date_headers(answer)

    def add_objects(self, api_root: str, collection_id: str, objs: list[bytes], request_time: object) -> orjson.Fragment:
        collection = self._find(collection_id)
        return orjson.Fragment(self._exchange.objects.add(g.caller, collection, objs, now=self._exchange.now())[1])

    def delete_object(
        self, api_root: str, collection_id: str, object_id: str, filter_args: Mapping[str, str], allowed_filters: tuple[str, ...]
    ) -> None:
        collection = self._find(collection_id)
        query = query_of({"match[version]": "all", **filter_args}, allowed=allowed_filters)  # none named: all go (TAXII 2.1 §5.7)
        self._exchange.objects.delete(g.caller, collection, object_id, query=query, now=self._exchange.now())

    def _find(self, name: str) -> Collection:
        return self._exchange.collections.find(g.caller, name)

    def _bodies(self, collection_id: str, reading: Reading) -> tuple[bytes, dict[str, str]]:
        return objects_page(self._exchange, g.caller, self._find(collection_id), reading=reading)


def objects_page(exchange: Exchange, caller: Caller, collection: Collection, *, reading: Reading) -> tuple[bytes, dict[str, str]]:
    """An envelope of stored slices as JSON, and its date headers. Nothing is decoded, and a megabyte is copied once."""
    answer = exchange.objects.bodies(caller, collection, reading, now=exchange.now())
    head = orjson.dumps(_head(answer))
    if not answer.page.count:
        return head, {}
    return b"".join((head[:-1], b',"objects":[', answer.page.bodies, b"]}")), _date_headers(answer)


def _asked(arguments: Mapping[str, str], allowed: tuple[str, ...], limit: int, *, object_id: str | None = None) -> Resource:
    """The parts of a Reading that the URL gives."""
    query = query_of(arguments, allowed=allowed)
    if object_id is not None:
        query = replace(query, ids=(object_id,))
    return {"query": query, "limit": limit, "object_id": object_id, "next": arguments.get("next")}


def _collection_resource(collection: Collection, caller: Caller) -> Resource:
    return {
        "id": collection.id,
        "title": collection.title,
        **({"description": collection.description} if collection.description else {}),
        "alias": collection.alias,
        "can_read": collection.may_read(caller),
        "can_write": collection.may_write(caller),
        "media_types": [STIX_MEDIA_TYPE],
    }


def _paged(name: str, items: Any, answer: Answer[Any]) -> Resource:
    return _head(answer) | ({name: items} if answer.page.count else {})


def _head(answer: Answer[Any]) -> Resource:
    return {"more": False} if answer.next is None else {"more": True, "next": answer.next}


def _date_headers(answer: Answer[Any]) -> dict[str, str]:
    if not answer.page.count:
        return {}
    return {"X-TAXII-Date-Added-First": text_of(answer.page.first), "X-TAXII-Date-Added-Last": text_of(answer.page.last)}
