"""The pending revisions on a restored backup: how long each takes, what it locks, how many rows it writes, and the schema after."""

import time

from migrate_check import snapshot
from migrate_check.alembic_run import describe

SIZES = """
    SELECT n.nspname || '.' || c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


def rehearse(project, server, order, database, say, directory):
    with server.connect(database) as connection:
        before = snapshot.take(connection)
    for revision in order:
        project.capture.begin()
        started = time.perf_counter()
        error = None
        try:
            project.step(server.url_of(database), revision, True)
        except BaseException as failure:
            if isinstance(failure, KeyboardInterrupt):
                raise
            error = describe(failure, directory)
        took = round((time.perf_counter() - started) * 1000, 1)
        with server.connect(database) as connection:
            sizes = dict(tuple(row) for row in connection.exec_driver_sql(SIZES))
        say({"type": "rehearsed", "revision": revision, "ms": took, "statements": project.capture.statements, "sizes": sizes,
             **({"error": error} if error else {})})
        if error:
            return
    with server.connect(database) as connection:
        differences, _ = snapshot.difference(before, snapshot.take(connection))
    say({"type": "rehearsed-schema", "differences": differences})
