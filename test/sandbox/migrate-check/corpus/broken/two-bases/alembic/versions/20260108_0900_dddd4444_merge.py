"""merge

Revision ID: dddd4444
Revises: bbbb2222, cccc3333

"""

revision = "dddd4444"
down_revision = ("bbbb2222", "cccc3333")


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
