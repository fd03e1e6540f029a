"""start the phones

Revision ID: dddd4444
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "dddd4444"
down_revision = "bbbb2222"
branch_labels = ("phones",)


def upgrade() -> None:
    op.add_column("customers", sa.Column("phone", sa.String(20)))


def downgrade() -> None:
    op.drop_column("customers", "phone")
