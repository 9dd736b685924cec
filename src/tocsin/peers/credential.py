"""A login at a peer: a bearer token, or user and password. Never shown: not in a repr, a log line or an error message.

The session that holds it is bound to one origin and sends it nowhere else. Source: RFC 6750, RFC 7617 (UTF-8).
"""

import base64
import re

from requests import PreparedRequest
from requests.auth import AuthBase

from tocsin.errors import InvalidInputError

_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


class Credential(AuthBase):
    """What is sent as Authorization with every request to the one origin."""

    def __init__(self, header: str, *secrets: str) -> None:
        self._header = header
        self._secrets = (header.partition(" ")[2], *secrets)

    @classmethod
    def of(cls, token: str | None, *, user: str | None = None, password: str | None = None) -> "Credential | None":
        """A credential from what a caller gave; None when nothing was given.

        Raises:
            InvalidInputError: both kinds, half of one, or characters that no header can carry. The message never holds the value.
        """
        if user is None and password is None:
            return None if token is None else cls._bearer(token)
        if token is not None:
            raise InvalidInputError("both a token and a user are given", hint="give one of the two")
        if user is None or password is None:
            raise InvalidInputError("a user and a password belong together", hint="give both, or a token")
        return cls._basic(user, password)

    @classmethod
    def _bearer(cls, token: str) -> "Credential":
        if _TOKEN.fullmatch(token) is None:
            raise InvalidInputError(
                "the token is empty or holds a space, a line break or a non-ASCII character", hint="check how it was copied"
            )
        return cls(f"Bearer {token}")

    @classmethod
    def _basic(cls, user: str, password: str) -> "Credential":
        if not user or ":" in user:
            raise InvalidInputError("a user name is not empty and holds no colon", hint="check the user name")
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return cls(f"Basic {pair}", password)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._header
        return request

    def __repr__(self) -> str:
        return "Credential(...)"

    def is_in(self, text: str) -> bool:
        """Whether the text gives the secret away, as an answer does that echoes what it was sent."""
        return any(secret in text for secret in self._secrets if secret)
