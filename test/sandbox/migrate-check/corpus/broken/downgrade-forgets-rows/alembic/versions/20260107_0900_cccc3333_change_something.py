"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.execute("UPDATE customers SET name = upper(name)")


def downgrade() -> None:
    pass
