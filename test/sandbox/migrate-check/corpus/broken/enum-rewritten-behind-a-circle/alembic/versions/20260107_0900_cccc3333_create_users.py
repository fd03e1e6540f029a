"""create users

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"

role = sa.Enum("ADMIN", "MEMBER", name="user_role")


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("organization_id", sa.Integer, nullable=False),
        sa.Column("role", role, nullable=False),
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner_id", sa.Integer, sa.ForeignKey("users.id")),
    )
    op.create_foreign_key("fk_users_organization", "users", "organizations", ["organization_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint("fk_users_organization", "users")
    op.drop_table("organizations")
    op.drop_table("users")
    role.drop(op.get_bind())
