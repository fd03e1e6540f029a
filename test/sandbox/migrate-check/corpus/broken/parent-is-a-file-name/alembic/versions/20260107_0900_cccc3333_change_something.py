"""change something

Revision ID: cccc3333
Revises: 20260106_0900_bbbb2222_create_shipments

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "20260106_0900_bbbb2222_create_shipments"


def upgrade() -> None:
    op.add_column("customers", sa.Column("note", sa.Text))


def downgrade() -> None:
    op.drop_column("customers", "note")
