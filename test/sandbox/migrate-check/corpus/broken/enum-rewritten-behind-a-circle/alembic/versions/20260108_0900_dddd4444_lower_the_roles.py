"""lower the roles

Revision ID: dddd4444
Revises: cccc3333

"""

from alembic import op

revision = "dddd4444"
down_revision = "cccc3333"


def upgrade() -> None:
    op.execute("ALTER TYPE user_role RENAME TO user_role_old")
    op.execute("CREATE TYPE user_role AS ENUM ('admin', 'member')")
    op.execute("ALTER TABLE users ALTER COLUMN role TYPE user_role USING role::text::user_role")
    op.execute("DROP TYPE user_role_old")


def downgrade() -> None:
    op.execute("ALTER TYPE user_role RENAME TO user_role_new")
    op.execute("CREATE TYPE user_role AS ENUM ('ADMIN', 'MEMBER')")
    op.execute("ALTER TABLE users ALTER COLUMN role TYPE user_role USING upper(role::text)::user_role")
    op.execute("DROP TYPE user_role_new")
