"""Every connection that env.py or a migration opens goes to the scratch database, and everything it executes is seen.

The listeners are on SQLAlchemy's Engine class itself: env.py may build its engine from its own settings.
"""

import sys
import time
import weakref

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateTable

from migrate_check.server import PREFIX

LOCKS = """
    SELECT n.nspname || '.' || c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE l.pid = pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.mode <> 'AccessShareLock' AND c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
# What a connection of env.py's own may keep: anything else that says where to connect is replaced.
ADDRESS = {"host", "hostaddr", "port", "user", "username", "password", "passfile", "dbname", "database", "dsn", "service",
           "sslmode", "sslrootcert", "sslcert", "sslkey", "ssl", "ssl_context", "unix_sock", "target_session_attrs"}


class ForeignDialect(Exception):
    pass


class Refused(Exception):
    """Whatever database that was, it is not to be touched."""


class Capture:
    """`target` is the scratch database's address; None refuses every connection. `models` is env.py's target_metadata, and
    `modelled` has the revisions that make tables from it, each with the line that does."""

    def __init__(self, version_files):
        self.target = None
        self.version_files = version_files
        self.engines = weakref.WeakSet()
        self.models = []
        self.modelled = {}
        self.revision = None
        self.begin()
        event.listen(Engine, "do_connect", self.on_connect)
        event.listen(Engine, "engine_connect", self.on_engine)
        event.listen(Engine, "before_cursor_execute", self.before)
        event.listen(Engine, "after_cursor_execute", self.after)
        event.listen(Engine, "handle_error", self.on_error)
        event.listen(Engine, "before_execute", self.on_create)

    def begin(self):
        self.statements = []
        self.errors = []
        self.asking = False

    def on_connect(self, dialect, record, arguments, parameters):
        if str(parameters.get("application_name", "")).startswith(PREFIX):
            return None
        if self.target is None:
            raise Refused("a connection was opened outside of env.py's migrations: while a file was being imported")
        if dialect.name != "postgresql":
            raise ForeignDialect(f"env.py connects to {dialect.name}; only PostgreSQL can be checked")
        args, params = dialect.create_connect_args(self.target.set(drivername=f"postgresql+{dialect.driver}"))
        arguments[:] = args
        for key in ADDRESS & set(parameters):
            del parameters[key]
        parameters.update(params)
        return None

    def on_engine(self, connection, *ignored):
        if not str(connection.engine.url.query.get("application_name", "")).startswith(PREFIX):
            self.engines.add(connection.engine)

    def dispose(self):
        """No pooled connection survives a step: the next one belongs to another database."""
        for engine in list(self.engines):
            if getattr(engine.dialect, "is_async", False):
                engine.dispose(close=False)
            else:
                engine.dispose()

    def before(self, connection, cursor, statement, parameters, context, many):
        if not self.asking and self.target is not None and connection.engine in self.engines:
            connection.info["migrate_check_started"] = time.perf_counter()

    def after(self, connection, cursor, statement, parameters, context, many):
        if self.asking or self.target is None or connection.engine not in self.engines:
            return
        where = self.where()
        if where is None:
            return
        started = connection.info.get("migrate_check_started") or time.perf_counter()
        took = (time.perf_counter() - started) * 1000
        self.statements.append({
            "sql": plain(statement, parameters), "ms": round(took, 2), "rows": max(cursor.rowcount, 0), "line": where,
            "transaction": not autocommits(connection), "locks": self.locks(connection),
        })

    def on_error(self, context):
        if self.target is not None:
            self.errors.append({"line": self.where(), "message": str(context.original_exception).strip().split("\n")[0],
                                "sql": plain(context.statement or "", None)})

    def on_create(self, connection, element, *ignored):
        """create_all, or a model's own table: what comes of it is what the models are today. A migration's own MetaData is not."""
        if isinstance(element, CreateTable) and any(element.element.metadata is one for one in self.models):
            line = self.where()
            if line is not None:
                self.modelled.setdefault(self.revision, line)

    def where(self):
        """The line of the revision file that is being executed, not of another one that it borrows from; None outside."""
        frame = sys._getframe(2)
        lines, own = {}, None
        while frame:
            own = frame.f_code.co_filename if frame.f_code.co_filename in self.version_files else own
            lines.setdefault(frame.f_code.co_filename, frame.f_lineno)
            frame = frame.f_back
        return lines.get(own)

    def locks(self, connection):
        """What this session holds now: those of a transaction are held until its end."""
        if autocommits(connection):
            return []
        self.asking = True
        try:
            cursor = connection.connection.cursor()
            cursor.execute(LOCKS)
            found = [list(row) for row in cursor.fetchall()]
            cursor.close()
            return found
        finally:
            self.asking = False


def autocommits(connection):
    try:
        return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    except Exception:
        return False


def plain(statement, parameters):
    """A statement as PostgreSQL's grammar has it: placeholders become $1 …"""
    if not parameters:
        return statement.replace("%%", "%") if "%%" in statement else statement
    names = list(parameters) if isinstance(parameters, dict) else []
    for number, name in enumerate(names, 1):
        statement = statement.replace(f"%({name})s", f"${number}")
    parts = statement.split("%s")
    text = parts[0] + "".join(f"${n}{part}" for n, part in enumerate(parts[1:], 1))
    return text.replace("%%", "%")
