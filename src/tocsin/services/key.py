"""Shared keys of this exchange: made, taken over, handed on, retired (ADR 0014). Secrets are stored encrypted under the root secret."""

from dataclasses import dataclass

from tocsin.errors import ConflictError, InvalidInputError, NotFoundError
from tocsin.model.key import Key, KnownKey, StoredKey, new_key, read_key, require_key_name
from tocsin.model.secret import opened, sealed
from tocsin.store import key as store
from tocsin.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyService:
    """The keys that we hold."""

    database: Database
    secret_key: bytes

    def new(self, name: str, *, now: int) -> Key:
        """A key with a fresh secret.

        Raises:
            InvalidInputError: the name is malformed.
            ConflictError: it is taken.
        """
        key = new_key(name)
        with self.database.write(is_alone=True) as connection:
            if any(one.name == name for one in store.list_keys(connection)):
                raise ConflictError(f"there is a key {name!r} already", hint="choose another name; a new epoch needs no new key")
            store.keep_key(connection, self._stored(key, now=now))
        return key

    def take(self, text: str, *, now: int) -> Key:
        """Takes over a key that somebody handed us; the same again is fine, and takes a retired one into use again.

        Raises:
            InvalidInputError: it is malformed.
            ConflictError: another secret has that name here.
        """
        key = read_key(text)
        with self.database.write(is_alone=True) as connection:
            there = next((one for one in store.list_keys(connection) if one.name == key.name), None)
            if there is not None and self._tried(there) not in (key, None):
                raise ConflictError(f"there is another key {key.name!r} here", hint="have it made anew under another name")
            store.keep_key(connection, self._stored(key, now=there.created if there else now))
        return key

    def listing(self) -> list[KnownKey]:
        """All of them, by name, without secrets."""
        found = []
        for one in self._rows():
            key = self._tried(one)
            shown = None if key is None else key.fingerprint
            found.append(KnownKey(name=one.name, fingerprint=shown, created=one.created, retired=one.retired))
        return found

    def find(self, name: str | None = None) -> Key:
        """The key of that name, retired or not; without a name, the only one that is not retired.

        Raises:
            InvalidInputError: several are in use, or it was stored under another root secret.
            NotFoundError: there is none.
        """
        if name is not None:
            require_key_name(name)
        fitting = [one for one in self._rows() if (one.retired is None if name is None else one.name == name)]
        if len(fitting) > 1:
            raise InvalidInputError("it is not clear which key is meant", hint=f"name one of: {', '.join(one.name for one in fitting)}")
        if not fitting:
            missing = "no shared key is in use" if name is None else f"there is no key {name!r}"
            raise NotFoundError(missing, hint="make one with: tocsin key new NAME, or take one over with: tocsin key import")
        return self._opened(fitting[0])

    def reveal(self, name: str) -> str:
        """The text with which a key is handed over: whoever reads it holds the key.

        Raises:
            InvalidInputError: it was stored under another root secret.
            NotFoundError: there is none of that name.
        """
        return self.find(name).text

    def retire(self, name: str, *, now: int) -> None:
        """Leaves a key to be chosen only by its name: what was hashed with it stays readable.

        Raises:
            NotFoundError: there is none of that name.
        """
        require_key_name(name)
        with self.database.write() as connection:
            if all(one.name != name for one in store.list_keys(connection)):
                raise NotFoundError(f"there is no key {name!r}", hint="list them with: tocsin key list")
            store.retire_key(connection, name, now=now)

    def _rows(self) -> list[StoredKey]:
        with self.database.read() as connection:
            return store.list_keys(connection)

    def _stored(self, key: Key, *, now: int) -> StoredKey:
        return StoredKey(name=key.name, sealed=sealed(self.secret_key, key.secret, label=key.name), created=now)

    def _tried(self, stored: StoredKey) -> Key | None:
        """None where it cannot be opened."""
        secret = opened(self.secret_key, stored.sealed, label=stored.name)
        return None if secret is None else Key(name=stored.name, secret=secret)

    def _opened(self, stored: StoredKey) -> Key:
        key = self._tried(stored)
        if key is None:
            raise InvalidInputError(
                f"the key {stored.name} was stored under another root secret", hint="restore that secret, or import the key again"
            )
        return key
