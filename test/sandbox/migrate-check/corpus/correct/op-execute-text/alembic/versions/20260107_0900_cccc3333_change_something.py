"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION normalise_email() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.email := lower(NEW.email);
            RETURN NEW;
        END $$;
        CREATE TRIGGER normalise_email BEFORE INSERT OR UPDATE ON customers
            FOR EACH ROW EXECUTE FUNCTION normalise_email();
        CREATE VIEW booked AS SELECT reference FROM shipments WHERE status = 'booked' AND reference LIKE '%a%';
    """)
    op.get_bind().execute(sa.text("UPDATE customers SET name = :name WHERE email = :email"), {"name": "50% off", "email": "a@b.example"})


def downgrade() -> None:
    op.execute("DROP VIEW booked")
    op.execute("DROP TRIGGER normalise_email ON customers")
    op.execute("DROP FUNCTION normalise_email()")
