"""Models against the migrated schema: Alembic's own comparison, and the values of enums, which it does not compare."""

import gc
import os
import sys

from alembic.autogenerate import compare_metadata
from sqlalchemy import Enum
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeEngine


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
        found["sources"] = sources(several, directory)
        return []

    project.run(url, work)
    return found


def imported(directory):
    return (path for module in list(sys.modules) for path in file_of(module, directory))


def file_of(module, directory):
    """Where a module is, if it is the backend's."""
    root = os.path.realpath(directory) + os.sep
    path = os.path.realpath(getattr(sys.modules.get(module), "__file__", None) or "/")
    return [path[len(root):]] if path.startswith(root) else []


def sources(several, directory):
    """By table, the files that make its model what it is: those of its class, what that inherits, and its columns' types."""
    holders = {}
    for module in [name for name in list(sys.modules) if file_of(name, directory)]:
        for value in list(vars(sys.modules[module]).values()):
            if issubclass(type(value), TypeEngine):
                holders.setdefault(id(value), set()).add(module)
    modules = {}
    for table in [table for one in several for table in one.tables.values()]:
        modules[table] = set()
        for column in table.columns:
            kind = getattr(column.type, "item_type", column.type)
            modules[table] |= {(getattr(kind, "enum_class", None) or type(kind)).__module__} | holders.get(id(kind), set())
    for mapper in gc.get_objects():
        if issubclass(type(mapper), Mapper) and mapper.local_table in modules:
            modules[mapper.local_table].update(one.__module__ for one in mapper.class_.__mro__)
    return {table.fullname: sorted(path for name in names for path in file_of(name, directory)) for table, names in modules.items()}


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
