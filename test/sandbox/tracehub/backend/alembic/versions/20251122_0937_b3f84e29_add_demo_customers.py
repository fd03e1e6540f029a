"""add demo customers and containers

Revision ID: b3f84e29
Revises: 17c5d60a
Create Date: 2025-11-22 09:37:00

"""

from alembic import op

revision = "b3f84e29"
down_revision = "17c5d60a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        INSERT INTO customers (id, name, email) VALUES
            (1, 'Nordlicht Feinkost GmbH', 'import@nordlicht-feinkost.example'),
            (2, 'Atlas Cocoa Traders', 'desk@atlas-cocoa.example'),
            (3, 'Vibo Hoof & Horn Ltd', 'exports@vibo-hh.example')
        ON CONFLICT DO NOTHING
        """
    )
    op.execute(
        """
        INSERT INTO containers (id, number, size) VALUES
            (1, 'MSKU1234565', '40HC'),
            (2, 'TCLU7654320', '20GP')
        ON CONFLICT DO NOTHING
        """
    )
    # Rows with ids of our own leave the sequences behind.
    op.execute("SELECT setval('customers_id_seq', (SELECT max(id) FROM customers))")
    op.execute("SELECT setval('containers_id_seq', (SELECT max(id) FROM containers))")


def downgrade() -> None:
    # Those that shipments refer to are no longer mere demo data, and stay.
    op.execute(
        """
        DELETE FROM customers WHERE id IN (1, 2, 3)
            AND NOT EXISTS (SELECT FROM shipments WHERE customer_id = customers.id)
        """
    )
    op.execute(
        """
        DELETE FROM containers WHERE id IN (1, 2)
            AND NOT EXISTS (SELECT FROM shipments WHERE container_id = containers.id)
        """
    )
