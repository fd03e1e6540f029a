"""write the email addresses of customers in lower case

Revision ID: 8c15d7a4
Revises: d7e3f51b
Create Date: 2026-02-11 11:45:00

"""

from alembic import op

revision = "8c15d7a4"
down_revision = "d7e3f51b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE customers SET email = lower(email) WHERE email <> lower(email)")


def downgrade() -> None:
    raise NotImplementedError("nobody knows any more how these addresses were written")
