"""join

Revision ID: eeee5555
Revises: cccc3333, dddd4444

"""

revision = "eeee5555"
down_revision = ("cccc3333", "dddd4444")


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
