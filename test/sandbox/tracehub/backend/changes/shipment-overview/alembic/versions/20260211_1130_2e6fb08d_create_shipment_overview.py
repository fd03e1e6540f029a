"""create the view shipment_overview

Revision ID: 2e6fb08d
Revises: d7e3f51b
Create Date: 2026-02-11 11:30:00

"""

from alembic import op

revision = "2e6fb08d"
down_revision = "d7e3f51b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE VIEW shipment_overview AS
            SELECT shipments.reference, shipments.status, customers.name AS customer, containers.number AS container
            FROM shipments
            JOIN customers ON customers.id = shipments.customer_id
            LEFT JOIN containers ON containers.id = shipments.container_id
        """
    )


def downgrade() -> None:
    op.execute("DROP VIEW shipment_overview")
