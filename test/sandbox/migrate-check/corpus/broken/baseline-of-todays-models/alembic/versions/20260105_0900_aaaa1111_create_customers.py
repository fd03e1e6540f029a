"""create customers

Revision ID: aaaa1111
Revises:

"""

from alembic import op
from app.models import Base

revision = "aaaa1111"
down_revision = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())


def downgrade() -> None:
    Base.metadata.drop_all(op.get_bind())
