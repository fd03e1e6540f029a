"""change something

Revision ID: cccc3333
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = None


def upgrade() -> None:
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("notes")
