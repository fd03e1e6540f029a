"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.add_column("customers", sa.Column("token", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False))


def downgrade() -> None:
    op.drop_column("customers", "token")
