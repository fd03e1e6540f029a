"""Add flags

Revision ID: abab2222
Revises: bbbb2222
"""

from alembic import op

revision = "abab2222"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.execute("CREATE TYPE flag AS ENUM ('fragile', 'cold')")
    op.execute("ALTER TABLE shipments ADD COLUMN flags flag[]")


def downgrade() -> None:
    op.execute("ALTER TABLE shipments DROP COLUMN flags")
    op.execute("DROP TYPE flag")
