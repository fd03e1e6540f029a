"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.add_column("customers", sa.Column("country", sa.String(2), server_default="NG", nullable=False))
    op.alter_column("customers", "country", server_default=None)


def downgrade() -> None:
    op.drop_column("customers", "country")
