"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.create_table("parcels", sa.Column("id", sa.Integer, primary_key=True), sa.Column("size", sa.Enum("s", "m", name="parcel_size")))


def downgrade() -> None:
    op.drop_table("parcels")
