"""create customers

Revision ID: aaaa1111
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "aaaa1111"
down_revision = None

metadata = sa.MetaData()
sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("email", sa.String(200), unique=True),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
