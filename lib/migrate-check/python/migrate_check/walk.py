"""The walk: each revision up, rows added, and in a clone of the database down and up again."""

import time

from migrate_check import rows, snapshot
from migrate_check.alembic_run import describe

DATA_ERRORS = ("22", "23")  # SQLSTATE classes: data exception, integrity constraint violation


class Walk:
    def __init__(self, project, server, say, request):
        self.project, self.server, self.say = project, server, say
        self.irreversible = set(request["irreversible"])
        self.directory = request["directory"]
        self.generator = rows.Generator()
        self.content = {}

    def fresh(self, order):
        """base → head in one go, as on a new machine: what a step needs committed before it fails here alone."""
        database = self.server.create()
        started = time.perf_counter()
        error = self.tried(database, order)
        if error is None:
            self.say({"type": "fresh", "ok": True, "ms": took(started)})
            return database
        self.server.drop(database)
        self.say(self.not_fresh(error))
        return None

    def not_fresh(self, error):
        return {"type": "fresh", "ok": False, "revision": getattr(error, "migrate_check_revision", None), "error": describe(error, self.directory)}

    def all(self, order, judged=None):
        """Step by step from an empty database. What stands before the first of the `judged` revisions is context: it is
        applied in one go, and where it fails, nothing after it can be tried."""
        context = 0
        if judged is not None:
            context = next((i for i, revision in enumerate(order) if revision in judged), len(order))
        start, failed = self.made(order[:context])
        if failed:
            self.say(failed)
            return None
        return self.each(order[context:], start)

    def pending(self, order, judged, live):
        """The `judged` revisions alone, on what is before them: as the history makes it, with the rows that it brings,
        or, where that is not what is live, on `live`, a database with a copy of the live schema."""
        start, failed = self.made([revision for revision in order if revision not in judged])
        differences = None
        if live and start:
            with self.server.connect(start) as one, self.server.connect(live) as two:
                differences, _ = snapshot.difference(snapshot.take(one), snapshot.take(two))
        if live and differences != []:
            self.say({"type": "live-schema", "differences": differences})
            if start:
                self.server.drop(start)
            start, failed = live, None
            self.nothing(live) # what keeps env.py from working is told of the first revision
        if failed:
            self.say(failed)
            return
        self.each([revision for revision in order if revision in judged], start)

    def made(self, revisions):
        """A new database with these revisions; or None, and the fact that it cannot be made."""
        database = self.server.create()
        # What env.py makes by itself, such as the schema for its version table, is no revision's doing.
        error = self.tried(database, revisions) if revisions else self.nothing(database)
        if error is None:
            return database, None
        self.server.drop(database)
        return None, self.not_fresh(error)

    def nothing(self, database):
        """env.py alone. Returns what it raised."""
        return self.caught(lambda: self.project.run(self.server.url_of(database), lambda heads, context: []))

    def tried(self, database, revisions, upgrade=True):
        return self.caught(lambda: self.project.steps(self.server.url_of(database), revisions, upgrade))

    def caught(self, act):
        """What it raised: env.py and migrations may call sys.exit."""
        try:
            act()
            return None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return error

    def each(self, revisions, start):
        """Step by step on a copy of the database `start`, with rows in it. Stops where one fails on empty tables as well."""
        database = self.server.create(template=start)
        done = []
        with self.server.connect(database) as connection:
            before = snapshot.take(connection)
            self.generator.fill(connection, before, set(before.tables))
            self.content = rows.content(connection, before, set(before.tables))
        for revision in revisions:
            step, after = self.up(database, revision, before)
            if "error" in step:
                self.server.drop(database)
                database, before, after = self.again_without_rows(start, done, revision, step)
            if after is None:
                self.say(step)
                self.say({"type": "stopped", "revision": revision, "left": len(revisions) - len(done) - 1})
                return None
            done.append(revision)
            if revision not in self.irreversible:
                self.reverse(database, revision, before, after, step)
            self.say(step)
            before = after
        for name, why in sorted(self.generator.failed.items()):
            self.say({"type": "no-rows", "table": name, "why": why})
        return database

    def up(self, database, revision, before):
        step = {"type": "revision", "revision": revision}
        capture = self.project.capture
        capture.begin()
        started = time.perf_counter()
        error = self.attempt(database, revision, True)
        step["ms"] = took(started)
        step["statements"], step["databaseErrors"] = capture.statements, capture.errors
        if error:
            step["error"] = error
            return step, None
        with self.server.connect(database) as connection:
            after = snapshot.take(connection, before)
            step["changes"] = snapshot.changes(before, after)
            step["tables"] = sorted(before.names().values())
            # What the upgrade did to rows is not what the downgrade is asked to restore: that is what was before.
            self.before_up = dict(self.content)
            self.content.update(rows.content(connection, after, set(touched(step["statements"], after)) & set(self.content)))
            self.add_rows(connection, before, after, step)
        return step, after

    def attempt(self, database, revision, upgrade):
        error = self.tried(database, [revision], upgrade)
        return describe(error, self.directory) if error else None

    def again_without_rows(self, start, done, revision, step):
        """The same revision on empty tables: does it fail because of the rows, or by itself?"""
        database = self.server.create(template=start)
        if done:
            self.project.steps(self.server.url_of(database), done)
        with self.server.connect(database) as connection:
            before = snapshot.take(connection)
        error = step["error"]
        self.content = {}
        again, after = self.up(database, revision, before)
        if "error" in again:
            step["emptyError"] = again["error"]
            return database, None, None
        step.update(again)
        step["error"] = error
        return database, before, after

    def add_rows(self, connection, before, after, step):
        """Rows for the tables that the revision made or changed."""
        changed = {oid for oid, table in after.tables.items() if before.tables.get(oid) is None or columns(before.tables[oid]) != columns(table)}
        changed |= {oid for oid in after.tables if oid not in self.content}
        if any(change["change"] == "enum changed" for change in step["changes"]):
            changed |= set(after.tables)
        changed |= set(self.generator.fill(connection, after, changed))
        self.content = {oid: content for oid, content in self.content.items() if oid in after.tables}
        self.content.update(rows.content(connection, after, changed))

    def reverse(self, database, revision, before, after, step):
        """Down and up again in a clone; what is not as it was is told."""
        probe = self.server.create(template=database)
        try:
            with self.server.connect(probe) as connection:
                step["down"] = self.down(connection, probe, revision, before, after, step)
        finally:
            self.server.drop(probe)

    def down(self, connection, probe, revision, before, after, step):
        capture = self.project.capture
        capture.begin()
        error = self.attempt(probe, revision, False)
        down = {"statements": len(capture.statements), "databaseErrors": capture.errors}
        if error:
            return {**down, "error": error, "byRows": str(error["state"] or "")[:2] in DATA_ERRORS}
        back = snapshot.take(connection, after)
        down["different"], down["orders"] = snapshot.difference(before, back)
        wrote = set(touched(capture.statements, after)) | set(touched(step["statements"], after))
        down["lost"] = list(losses(self.before_up, rows.content(connection, back, wrote & set(self.before_up))))
        error = self.attempt(probe, revision, True)
        if error:
            return {**down, "againError": error}
        again = snapshot.take(connection, back)
        down["againDifferent"], _ = snapshot.difference(after, again)
        return down


def touched(statements, after):
    """Tables that were written to, or locked against everybody, as pg_locks had it."""
    names = {relation for statement in statements for relation, mode in statement["locks"] if mode in ("RowExclusiveLock", "AccessExclusiveLock")}
    unlocked = any(not statement["transaction"] for statement in statements)
    return [oid for oid, name in after.names().items() if unlocked or name in names]


def columns(table):
    return {key: value for key, value in table.items() if key[0] == "column"}


def losses(before, now):
    """Tables with fewer rows than before the revision, and columns with other values."""
    for oid, was in before.items():
        if oid not in now:
            continue
        is_now = now[oid]
        if is_now["rows"] < was["rows"]:
            yield {"table": was["name"], "rows": was["rows"] - is_now["rows"], "of": was["rows"]}
        elif is_now["rows"] == was["rows"]:
            changed = [c for c, v in was["columns"].items() if c in is_now["columns"] and is_now["columns"][c] != v]
            for column in changed:
                yield {"table": was["name"], "column": column}


def took(started):
    return round((time.perf_counter() - started) * 1000, 1)
