"""create documents

Revision ID: c46a2f98
Revises: 9b7e04d1
Create Date: 2025-09-21 16:05:00

"""

import sqlalchemy as sa
from alembic import op

revision = "c46a2f98"
down_revision = "9b7e04d1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("shipment_id", sa.Integer, sa.ForeignKey("shipments.id", ondelete="CASCADE")),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("stored_as", sa.String(255), nullable=False, unique=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_documents_shipment_id", "documents", ["shipment_id"])


def downgrade() -> None:
    op.drop_table("documents")
