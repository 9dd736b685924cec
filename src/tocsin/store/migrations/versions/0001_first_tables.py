"""The first tables: organisations, members, tokens, collections, the log, statuses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates every table."""
    _create_accounts()
    _create_collections()
    _create_log()
    op.create_table(
        "status",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("member", sa.Integer, sa.ForeignKey("member.number"), nullable=False),
        sa.Column("requested", sa.BigInteger, nullable=False, index=True),
        sa.Column("resource", sa.LargeBinary, nullable=False),
    )


def _create_accounts() -> None:
    op.create_table(
        "organisation",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("domain", sa.String, nullable=False),
        sa.Column("identity_id", sa.String, nullable=False, unique=True),
        sa.Column("is_own", sa.Boolean, nullable=False),
    )
    op.create_table(
        "member",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("organisation", sa.Integer, sa.ForeignKey("organisation.number"), nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("clearance", sa.SmallInteger, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "token",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("member", sa.Integer, sa.ForeignKey("member.number"), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )


def _create_collections() -> None:
    words = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "collection",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("alias", sa.String, nullable=False, unique=True),
        sa.Column("title", sa.String, nullable=False, unique=True),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("max_tlp", sa.SmallInteger, nullable=False),
        sa.Column("read", words, nullable=False),
        sa.Column("write", words, nullable=False),
        sa.Column("last_added", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    )


def _create_log() -> None:
    ordered = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "entry",
        sa.Column("collection", sa.Integer, sa.ForeignKey("collection.number"), primary_key=True),
        sa.Column("added", sa.BigInteger, primary_key=True),
        sa.Column("id", ordered, nullable=False),
        sa.Column("type", ordered, nullable=False),
        sa.Column("version", ordered, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("deletes", sa.BigInteger),
        sa.Column("member", sa.Integer, sa.ForeignKey("member.number"), nullable=False),
        sa.Column("is_first", sa.Boolean, nullable=False),
        sa.Column("is_last", sa.Boolean, nullable=False),
    )
    op.create_index("entry_id", "entry", ["collection", "id"])
    op.create_index("entry_type", "entry", ["collection", "type", "added"])
    op.create_index("entry_version", "entry", ["collection", "version", "added"])
    on_sqlite, on_postgres = sa.text("is_last = 1"), sa.text("is_last")
    op.create_index("entry_last", "entry", ["collection", "added"], sqlite_where=on_sqlite, postgresql_where=on_postgres)
    op.create_index("entry_last_type", "entry", ["collection", "type", "added"], sqlite_where=on_sqlite, postgresql_where=on_postgres)
