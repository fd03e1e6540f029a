"""create customers

Revision ID: aaaa1111
Revises:

"""

from alembic import op
from app.tables import drop_tables, make_tables

revision = "aaaa1111"
down_revision = None


def upgrade() -> None:
    make_tables(op.get_bind())


def downgrade() -> None:
    drop_tables(op.get_bind())
