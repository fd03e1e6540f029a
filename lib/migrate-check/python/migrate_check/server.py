"""The scratch server: databases of this run, made, cloned and dropped. No live database is ever connected to."""

import importlib
import threading

from sqlalchemy import create_engine, event, pool
from sqlalchemy.engine import make_url

PREFIX = "migrate_check_"
DRIVERS = (("psycopg2", "postgresql+psycopg2"), ("psycopg", "postgresql+psycopg"), ("pg8000", "postgresql+pg8000"))


END_SESSIONS = """
    DO $$ BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND backend_type = 'client backend';
        FOR i IN 1..2500 LOOP
            PERFORM pg_stat_clear_snapshot();
            EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '{name}' AND backend_type = 'client backend');
            PERFORM pg_sleep(0.002);
        END LOOP;
    END $$
"""


class NoDriver(Exception):
    pass


def driver():
    for module, name in DRIVERS:
        try:
            importlib.import_module(module)
            return name
        except ImportError:
            continue
    raise NoDriver("none of psycopg2, psycopg and pg8000 is installed beside Alembic")


class Server:
    """Names carry the run's id; the run's own session carries it as well, for as long as it lives: so the next run
    can tell a database in use from a leftover."""

    def __init__(self, url, identity):
        # The name marks our own sessions, for Capture and for the next run that looks for leftovers.
        self.url = make_url(url).set(drivername=driver()).update_query_dict({"application_name": f"{PREFIX}{identity}"})
        self.identity = identity
        self.made = 0
        # Held for each CREATE and DROP DATABASE, and for good from drop_all on: nothing is made behind its back.
        self.changing = threading.RLock()
        native = {"use_native_hstore": False} if self.url.drivername.endswith("psycopg2") else {}
        self.engine = create_engine(self.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT", **native)
        event.listen(self.engine, "do_connect", self.to_database)
        self.own = self.connect(self.url.database or "postgres")
        self.version = int(self.own.exec_driver_sql("SHOW server_version_num").scalar())
        self.strategy = f" STRATEGY {self.quickest()}" if self.version >= 150000 else ""

    def quickest(self):
        """Copying files takes a third of the time of copying pages, but waits for the disk twice, where there is one to wait for."""
        return "WAL_LOG" if self.own.exec_driver_sql("SHOW fsync").scalar() == "on" else "FILE_COPY"

    def url_of(self, database):
        """Where env.py is sent to."""
        return self.url.set(database=database).difference_update_query(["application_name"])

    def connect(self, database):
        """A session of our own in a scratch database, outside of what is captured."""
        self.database = database
        return self.engine.connect().execution_options(no_parameters=True)

    def to_database(self, dialect, record, arguments, parameters):
        """One engine for all databases: a new one would ask the server five questions before its first query."""
        parameters.update(dialect.create_connect_args(self.url.set(database=self.database))[1])

    def remove_leftovers(self):
        """Drops the databases of runs whose session is gone. Returns their names."""
        rows = self.own.exec_driver_sql(
            "SELECT d.datname FROM pg_database d WHERE d.datname LIKE 'migrate\\_check\\_%' AND NOT EXISTS (SELECT FROM"
            " pg_stat_activity a WHERE a.application_name = substring(d.datname from '^migrate_check_[0-9a-z]+'))"
        ).scalars()
        names = list(rows)
        for name in names:
            self.drop(name)
        return names

    def create(self, template=None):
        """A new database, empty or a copy of `template`, whose sessions are ended: a template may have none."""
        with self.changing:
            self.made += 1
            name = f"{PREFIX}{self.identity}_{self.made}"
            if template:
                self.end_sessions(template)
                self.own.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{self.strategy}')
            else:
                self.own.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING \'UTF8\'')
            return name

    def end_sessions(self, name):
        """Also waits for those that are about to end: CREATE and DROP DATABASE look only every 100 ms whether they have."""
        self.own.exec_driver_sql(END_SESSIONS.format(name=name))

    def drop(self, name):
        with self.changing:
            self.end_sessions(name)
            self.own.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def drop_all(self):
        """The end: another thread that wants one more database waits until the process exits. In a session of its own:
        this may be another thread, while the run's own session is busy."""
        self.changing.acquire()
        with self.connect(self.url.database or "postgres") as connection:
            mine = f"SELECT datname FROM pg_database WHERE datname LIKE 'migrate\\_check\\_{self.identity}\\_%'"
            for name in list(connection.exec_driver_sql(mine).scalars()):
                connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
