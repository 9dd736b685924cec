"""The keys with which we sign. Their private halves are here only encrypted; the public ones are for everybody."""

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, String, Table, insert, select, update

from tocsin.model.signature import PublicKey, SealedKey
from tocsin.store.database import METADATA

signing_key = Table(
    "signing_key",
    METADATA,
    Column("key_id", String, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),  # beside the private one: old signatures are proved without the root secret
    Column("private_key", LargeBinary, nullable=False),  # encrypted
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger),  # none: this is the one to sign with
)

_KEYS = select(signing_key).order_by(signing_key.c.valid_from, signing_key.c.key_id)
_END = update(signing_key).where(signing_key.c.valid_until.is_(None))


def list_signing_keys(connection: Connection) -> list[SealedKey]:
    """All of them, oldest first."""
    return [
        SealedKey(
            public=PublicKey(key_id=row.key_id, public_key=bytes(row.public_key), valid_from=row.valid_from, valid_until=row.valid_until),
            box=bytes(row.private_key),
        )
        for row in connection.execute(_KEYS)
    ]


def keep_signing_key(connection: Connection, key: SealedKey) -> None:
    """Stores a new key in the place of the one that was signed with until now, which ends when it begins."""
    public = key.public
    connection.execute(_END.values(valid_until=public.valid_from))
    connection.execute(
        insert(signing_key),
        {
            "key_id": public.key_id,
            "public_key": public.public_key,
            "private_key": key.box,
            "valid_from": public.valid_from,
            "valid_until": public.valid_until,
        },
    )
