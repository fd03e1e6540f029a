"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.alter_column("shipments", "id", type_=sa.BigInteger)


def downgrade() -> None:
    op.alter_column("shipments", "id", type_=sa.Integer)
