"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.add_column("customers", sa.Column("note", sa.Text))


def downgrade() -> None:
    raise NotImplementedError("nobody wrote it")
