"""change something

Revision ID: bbbb2222
Revises: aaaa1111

"""

import sqlalchemy as sa
from alembic import op

revision = "bbbb2222"
down_revision = "aaaa1111"


def upgrade() -> None:
    op.add_column("customers", sa.Column("note", sa.Text))


def downgrade() -> None:
    op.drop_column("customers", "note")
