"""add a note

Revision ID: dddd4444
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "dddd4444"
down_revision = "bbbb2222"
depends_on = "cccc3333"


def upgrade() -> None:
    op.add_column("customers", sa.Column("note", sa.Text))
    op.execute("COMMENT ON COLUMN customers.phone IS 'with the country'")


def downgrade() -> None:
    op.execute("COMMENT ON COLUMN customers.phone IS NULL")
    op.drop_column("customers", "note")
