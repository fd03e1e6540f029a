"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.create_index("ix_customers_city", "customers", ["city"])


def downgrade() -> None:
    op.drop_index("ix_customers_city")
