from app.models import Base


def make_tables(connection):
    for table in Base.metadata.sorted_tables:
        table.create(connection)


def drop_tables(connection):
    for table in reversed(Base.metadata.sorted_tables):
        table.drop(connection)
