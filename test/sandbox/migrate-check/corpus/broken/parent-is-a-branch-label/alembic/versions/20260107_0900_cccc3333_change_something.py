"""change something

Revision ID: cccc3333
Revises: shipping

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "shipping"


def upgrade() -> None:
    op.add_column("customers", sa.Column("note", sa.Text))


def downgrade() -> None:
    op.drop_column("customers", "note")
