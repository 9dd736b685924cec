"""Accounts that are disabled, expire and are used; organisations that are off-boarded; failed logins; what members spent of their rate."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds columns that start empty, and one table."""
    op.add_column("organisation", sa.Column("offboarded", sa.BigInteger))
    for table in ("member", "token"):
        for column in ("disabled", "expires", "last_used"):
            op.add_column(table, sa.Column(column, sa.BigInteger))
    op.add_column("member", sa.Column("spent_until", sa.BigInteger))
    op.create_table(
        "failure",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False, index=True),
    )
