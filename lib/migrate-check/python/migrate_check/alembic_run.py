"""Runs env.py with work of ours in it, in this process: no `alembic` command is started."""

import os
import traceback

from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep


class Project:
    def __init__(self, config, script, directory, capture):
        self.config = config
        self.script = script
        self.directory = directory
        self.capture = capture
        # What env.py is used to: `postgresql+asyncpg`, or something that it replaces itself.
        scheme, found, _ = os.environ.get("DATABASE_URL", "").partition("://")
        self.scheme = scheme if found and scheme.startswith("postgres") else "postgresql"

    def run(self, url, work):
        """`work(heads, context)` gives the steps to run; env.py does the rest. Raises what env.py raises."""
        def begin(heads, context):
            metadata = context.opts.get("target_metadata")
            self.capture.models = list(metadata) if isinstance(metadata, (list, tuple)) else [metadata]
            return work(heads, context)

        self.capture.target = url
        self.config.set_main_option("sqlalchemy.url", url.render_as_string(hide_password=False).replace("%", "%%"))
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        os.environ["DATABASE_URL"] = address.replace("postgresql", self.scheme, 1)
        try:
            with EnvironmentContext(self.config, self.script, fn=begin, as_sql=False, destination_rev="head"):
                self.script.run_env()
        finally:
            self.capture.dispose()
            self.capture.target = None

    def step(self, url, revision, upgrade):
        self.steps(url, [revision], upgrade)

    def steps(self, url, revisions, upgrade=True):
        scripts = [self.script.get_revision(revision) for revision in revisions]
        self.capture.revision = None

        def work(heads, context):
            for script in scripts:
                self.capture.revision = script.revision
                yield RevisionStep(self.script.revision_map, script, upgrade)

        try:
            self.run(url, work)
        except BaseException as error:
            error.migrate_check_revision = self.capture.revision
            raise


def describe(error, directory):
    """The user's own part of a traceback: file, line and text, and the error's first lines."""
    frames = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<"): # <frozen importlib>, and Alembic's generated proxies: <string>
            continue
        path = os.path.realpath(frame.filename)
        if path.startswith(os.path.realpath(directory) + os.sep) and "site-packages" not in path:
            frames.append({"file": os.path.relpath(path, os.path.realpath(directory)), "line": frame.lineno,
                           "function": frame.name, "text": frame.line or ""})
    if isinstance(error, SyntaxError) and error.filename and os.path.realpath(error.filename).startswith(os.path.realpath(directory)):
        frames.append({"file": os.path.relpath(os.path.realpath(error.filename), os.path.realpath(directory)),
                       "line": error.lineno or 1, "function": "<module>", "text": (error.text or "").strip()})
    original = getattr(error, "orig", None)
    statement = getattr(error, "statement", None)
    message = str(original if original is not None else error).strip() or type(error).__name__
    state = getattr(original, "pgcode", None) or getattr(original, "sqlstate", None)
    return {"type": type(original if original is not None else error).__name__, "message": message, "state": state,
            "statement": statement, "frames": frames, "module": getattr(error, "name", None) if isinstance(error, ImportError) else None}

