"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.execute("ALTER TABLE shipments ALTER weight TYPE integer USING weight::integer")


def downgrade() -> None:
    op.execute("ALTER TABLE shipments ALTER weight TYPE varchar(20)")
