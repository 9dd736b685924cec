"""Peers, routes, refusals on them, leases."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the tables of the sync."""
    op.create_table(
        "peer",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("member", sa.Integer, sa.ForeignKey("member.number"), nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("is_disabled", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "route",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("peer", sa.Integer, sa.ForeignKey("peer.number"), nullable=False),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("collection", sa.Integer, sa.ForeignKey("collection.number"), nullable=False),
        sa.Column("remote", sa.String, nullable=False),
        sa.Column("since", sa.String, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "refusal",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("route", sa.Integer, sa.ForeignKey("route.number"), nullable=False, index=True),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("is_passing", sa.Boolean, nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
