"""Drives Alembic's API for the whole check, in one process: each `alembic` command would cost a second to start.

The request is the first line of standard input, in JSON; facts go to standard output, one line of JSON each, and what
is made of them is decided elsewhere. Whatever migrations print goes to standard error. When standard input ends, whoever
asked is gone: so are we, and our databases with us.
"""

import inspect
import json
import logging
import os
import sys
import threading
import time
import traceback

FACTS = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
FACTS.write("\n") # after what Python has printed as it started (sitecustomize), perhaps half a line
os.dup2(2, 1)
ORDERS = os.fdopen(os.dup(0), "rb") # not the standard input of what migrations call: theirs is empty, as in a deploy
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
sys.dont_write_bytecode = True


def say(fact):
    FACTS.write(json.dumps(fact, default=str) + "\n")


def main():
    request = json.loads(ORDERS.readline())
    directory = request["directory"] = os.path.realpath(request["directory"] or os.getcwd())
    logging.disable(logging.INFO)
    try: # before the backend is on the path: its directory alembic/ must not be taken for the package
        import alembic
        from alembic.config import CommandLine, Config
        from alembic.script import ScriptDirectory
    except ImportError as error:
        return say({"type": "no-alembic", "message": str(error), "python": sys.executable})
    from migrate_check import revision_files
    from migrate_check.alembic_run import Project, describe

    os.chdir(directory)
    say({"type": "versions", "alembic": alembic.__version__, "python": sys.version.split()[0]})
    file, others = configuration(request["config"], Config)
    if not os.path.exists(file) and not others:
        return say({"type": "no-config", "file": file})
    try:
        config = Config(file, **others, cmd_opts=CommandLine(prog="alembic").parser.parse_args(["upgrade", "head"]))
        script = ScriptDirectory.from_config(config)
    except Exception as error:
        return say({"type": "bad-config", "file": file, "message": str(error)})
    for facts in revision_files.read_all(script, directory):
        say({"type": "file", **facts})
    for table in revision_files.model_tables(directory, script):
        say({"type": "model", **table})
    say({"type": "irreversible", "text": text_of(request["irreversible"])})
    say({"type": "read"})

    plan = json.loads(ORDERS.readline())
    order = plan["order"]
    watch_input()
    if order is None:
        return None
    from migrate_check.capture import Capture
    from migrate_check.server import NoDriver, Server

    try:
        server = Server(request["url"], request["id"])
    except NoDriver as error:
        return say({"type": "no-driver", "message": str(error)})
    removed = server.remove_leftovers()
    if removed:
        say({"type": "leftovers", "databases": removed})
    CLEAN.append(server.drop_all)
    capture = Capture({os.path.realpath(path) for path in revision_files.listed(script)} | set(revision_files.listed(script)))
    project = Project(config, script, directory, capture)
    started = time.perf_counter()
    try:
        loaded = load(project, server, describe, directory)
        if loaded:
            run(project, server, order, {**request, "judged": plan["judged"], "irreversible": plan["irreversible"]})
    finally:
        server.drop_all()
    say({"type": "done", "ms": round((time.perf_counter() - started) * 1000), "databases": server.made})


def configuration(file, Config):
    """The files that the command reads (alembic.config.CommandLine._inis_from_config): the one that was named, or that
    ALEMBIC_CONFIG names; and since 1.16 pyproject.toml, where it speaks of Alembic."""
    named = os.environ.get("ALEMBIC_CONFIG") if file == "alembic.ini" else None
    project = named or file
    if os.path.basename(project) == "pyproject.toml":
        file = "alembic.ini"
    else:
        file, project = project, "pyproject.toml"
    knows = "toml_file" in inspect.signature(Config).parameters and "[tool.alembic" in text_of(project)
    return file, {"toml_file": project} if knows else {}


def text_of(file):
    try:
        with open(file, encoding="utf-8") as opened:
            return opened.read()
    except FileNotFoundError:
        return ""


def load(project, server, describe, directory):
    """Runs env.py once with nothing to do, then imports every revision."""
    database = server.create()
    try:
        ran = []
        project.run(server.url_of(database), lambda heads, context: ran.append(True) or [])
        if not ran:
            say({"type": "load-failed", "what": "env", "error": None})
            return False
    except BaseException as error:
        say({"type": "load-failed", "what": "env", "error": describe(error, directory)})
        return False
    finally:
        server.drop(database)
    try:
        for revision in project.script.walk_revisions():
            revision.module.upgrade
    except BaseException as error:
        say({"type": "load-failed", "what": "revision", "error": describe(error, directory)})
        return False
    say({"type": "loaded"})
    return True


def run(project, server, order, request):
    from migrate_check import drift
    from migrate_check.alembic_run import describe
    from migrate_check.walk import Walk

    walk = Walk(project, server, say, request)
    if request.get("rehearse"):
        from migrate_check import rehearsal
        return rehearsal.rehearse(project, server, order, request["rehearse"]["database"], say, request["directory"])
    if request["scope"] == "pending":
        walk.pending(order, request["judged"], request.get("live"))
        return
    fresh = walk.fresh(order)
    # Where the history itself fails on an empty database, each step is looked at by itself.
    stepped = walk.all(order, request["judged"] if fresh else None)
    for revision, line in project.capture.modelled.items():
        say({"type": "todays-models", "revision": revision, "line": line})
    head = fresh or stepped
    if head is None:
        return
    try:
        say({"type": "drift", **drift.compare(project, server.url_of(head), request["directory"])})
    except BaseException as error:
        say({"type": "drift-failed", "error": describe(error, request["directory"])})


CLEAN = []


def watch_input():
    def wait():
        while ORDERS.read(1):
            pass
        for clean in CLEAN:
            try:
                clean()
            except Exception:
                pass
        os._exit(3)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    code = 0
    try:
        main()
    except BaseException:
        traceback.print_exc()
        code = 1
    FACTS.flush()
    sys.stderr.flush()
    os._exit(code) # whatever threads and pools the application has started
