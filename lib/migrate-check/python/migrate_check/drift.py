"""Models against the migrated schema: Alembic's own comparison, and the values of enums, which it does not compare."""

import os
import sys

from alembic.autogenerate import compare_metadata
from sqlalchemy import Enum


def compare(project, url, directory):
    """What autogenerate would add to the history, in words, and enums whose values differ."""
    found = {}

    def work(heads, context):
        metadata = context.opts.get("target_metadata")
        if metadata is None:
            found["models"] = False
            return []
        several = metadata if isinstance(metadata, (list, tuple)) else [metadata]
        found["models"] = True
        found["tables"] = sorted({table.fullname for one in several for table in one.tables.values()})
        found["differences"] = [words(difference) for difference in flattened(compare_metadata(context, metadata))]
        found["enums"] = list(enums(context.connection, several))
        found["modules"] = sorted(imported(directory))
        return []

    project.run(url, work)
    return found


def imported(directory):
    root = os.path.realpath(directory) + os.sep
    for module in list(sys.modules.values()):
        path = os.path.realpath(getattr(module, "__file__", None) or "/")
        if path.startswith(root):
            yield path[len(root):]


def flattened(differences):
    for difference in differences:
        if isinstance(difference, list):
            yield from difference
        else:
            yield difference


def words(difference):
    kind = difference[0]
    about = difference[1] if len(difference) > 1 else None
    if kind in ("add_table", "remove_table"):
        return {"kind": kind, "table": about.fullname, "what": ""}
    if kind in ("add_column", "remove_column"):
        _, schema, table, column = difference
        return {"kind": kind, "table": qualified(schema, table), "what": f"column {column.name} {column.type}"}
    if kind.startswith("modify_"):
        _, schema, table, column, _, old, new = difference
        return {"kind": kind, "table": qualified(schema, table), "what": f"column {column}: {kind[7:]} is {old} in the database, {new} in the models"}
    table = getattr(about, "table", None)
    columns = ", ".join(column.name for column in getattr(about, "columns", []))
    return {"kind": kind, "table": table.fullname if table is not None else str(about), "what": f"{getattr(about, 'name', None) or 'unnamed'} ({columns})"}


def qualified(schema, table):
    return f"{schema}.{table}" if schema else table


def enums(connection, several):
    """Enum columns whose values in the models are not those of the type in the database."""
    rows = connection.exec_driver_sql(
        "SELECT t.typname, e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid ORDER BY t.typname, e.enumsortorder"
    )
    types = {}
    for name, label in rows:
        types.setdefault(name, []).append(label)
    for metadata in several:
        for table in metadata.tables.values():
            for column in table.columns:
                kind = getattr(column.type, "item_type", column.type)
                if isinstance(kind, Enum) and kind.native_enum and kind.name in types and set(kind.enums) != set(types[kind.name]):
                    yield {"type": kind.name, "table": table.fullname, "column": column.name, "models": list(kind.enums), "database": types[kind.name]}
