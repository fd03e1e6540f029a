"""What the revision files say, read as text: nothing is imported, so a broken project can be read as well."""

import ast
import io
import os
import re
import tokenize

NAMES = ("revision", "down_revision", "branch_labels", "depends_on")
SUPPRESSION = re.compile(r"#\s*migrate-check:\s*allow\s+([\w./-]+)\s*(?::\s*(.*))?$")
SKIPPED = {"__pycache__", ".git", "node_modules", ".venv", "venv", ".tox", "site-packages"}


def locations(script):
    """The version directories as text: paths in some versions of Alembic (pathlib since 1.16), text in others."""
    return [os.fspath(directory) for directory in script._version_locations or [script.versions]]


def listed(script):
    """The files that Alembic looks at in the version directories (alembic.script.base, Script._list_py_dir)."""
    paths = []
    for directory in locations(script):
        for root, directories, files in os.walk(directory):
            directories[:] = sorted(d for d in directories if d != "__pycache__")
            for name in sorted(files):
                paths.append(os.path.join(root, name))
            if not getattr(script, "recursive_version_locations", False):
                break
    return paths


def read_all(script, directory):
    """Each file that is a revision or looks like one, with whether Alembic reads it."""
    read = [path for path in listed(script) if is_revision_name(os.path.basename(path))]
    seen = {os.path.realpath(path) for path in read}
    for path in read:
        yield dict(read_file(path), file=os.path.relpath(path, directory), ignored=False)
    for path in strays(script):
        if os.path.realpath(path) not in seen:
            facts = read_file(path)
            if facts.get("down_revision") is not None or facts.get("error"):
                yield dict(facts, file=os.path.relpath(path, directory), ignored=True)


def is_revision_name(name):
    return name.endswith(".py") and not name.startswith((".#", "__init__"))


def strays(script):
    """Files below the script and version directories that may be meant as revisions and are not read as such."""
    roots = {os.fspath(script.dir), *locations(script)}
    for top in sorted(roots):
        for root, directories, files in os.walk(top):
            directories[:] = sorted(d for d in directories if d not in SKIPPED)
            for name in sorted(files):
                path = os.path.join(root, name)
                if ".py" in name and not name.endswith((".pyc", ".mako")) and looks_like_revision(path):
                    yield path


def looks_like_revision(path):
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return False
    return bool(re.search(r"^down_revision\b", text, re.M)) and bool(re.search(r"^def upgrade\b", text, re.M))


def read_file(path):
    try:
        with open(path, "rb") as file:
            source = file.read()
        tree = ast.parse(source, path)
    except (SyntaxError, ValueError) as error:
        return {"error": {"line": getattr(error, "lineno", None) or 1, "message": str(getattr(error, "msg", error))}}
    except OSError as error:
        return {"error": {"line": 1, "message": str(error)}}
    facts = {name: None for name in NAMES}
    functions = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        for target in targets:
            if isinstance(target, ast.Name) and target.id in NAMES and getattr(node, "value", None) is not None:
                lines = facts[target.id]["lines"] if facts[target.id] else []
                facts[target.id] = {"value": literal(node.value), "line": node.lineno, "lines": [*lines, node.lineno]}
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions[node.name] = {"line": node.lineno, "end": node.end_lineno, "body": body_kind(node)}
    facts["functions"] = functions
    facts["docstring"] = read_docstring(tree)
    facts["swallowed"] = list(swallowed(tree))
    facts["suppressions"] = suppressions(source)
    return facts


def literal(node):
    """A value as the file has it; {"unknown": text} for what only running the file would tell."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return {"unknown": ast.unparse(node)}
    return sorted(value) if isinstance(value, (set, frozenset)) else list(value) if isinstance(value, tuple) else value


def body_kind(function):
    """`empty` for pass, a docstring or a bare return; `raises` for nothing but a raise; else `body`."""
    body = [n for n in function.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
    if not body or all(isinstance(n, ast.Pass) or (isinstance(n, ast.Return) and n.value is None) for n in body):
        return "empty"
    return "raises" if isinstance(body[0], ast.Raise) else "body"


def read_docstring(tree):
    first = tree.body[0] if tree.body else None
    text = ast.get_docstring(tree, clean=False)
    if text is None or first is None:
        return None
    found = {"title": next((line.strip() for line in text.split("\n") if line.strip()), "")}
    for key, pattern in (("revision", r"^Revision ID:[ \t]*(.*)$"), ("revises", r"^Revises:[ \t]*(.*)$")):
        match = re.search(pattern, text, re.M)
        if match:
            line = first.lineno + text[: match.start()].count("\n")
            found[key] = {"value": match.group(1).strip(), "line": line}
    return found


def swallowed(tree):
    """Handlers around statements for the database that let the error disappear."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and touches_database(node.body):
            for handler in node.handlers:
                if not any(isinstance(n, ast.Raise) for n in ast.walk(handler)):
                    yield {"line": handler.lineno}
        if isinstance(node, ast.With) and touches_database(node.body):
            for item in node.items:
                call = item.context_expr
                if isinstance(call, ast.Call) and ast.unparse(call.func) in ("suppress", "contextlib.suppress"):
                    yield {"line": node.lineno}


def touches_database(body):
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if ast.unparse(node.func).startswith("op.") or node.func.attr in ("execute", "exec_driver_sql"):
                    return True
    return False


def suppressions(source):
    """`# migrate-check: allow <finding>: <reason>`, the reason running on over the comment lines that follow."""
    found = []
    last = 0
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        match = SUPPRESSION.search(token.string)
        if match:
            found.append({"line": token.start[0], "id": match.group(1), "reason": (match.group(2) or "").strip()})
            last = token.start[0]
        elif found and token.start[0] == last + 1:
            found[-1]["reason"] = (found[-1]["reason"] + " " + token.string.lstrip("# ").strip()).strip()
            last = token.start[0]
    return found


def model_tables(directory, script):
    """Each table that a file of the backend declares: `__tablename__ = "x"` or `Table("x", …)`."""
    for root, directories, files in os.walk(directory):
        directories[:] = sorted(d for d in directories if d not in SKIPPED and os.path.join(root, d) != os.fspath(script.dir))
        for name in sorted(files):
            if not name.endswith(".py"):
                continue
            path = os.path.join(root, name)
            try:
                with open(path, "rb") as file:
                    tree = ast.parse(file.read(), path)
            except (SyntaxError, ValueError, OSError):
                continue
            for node in ast.walk(tree):
                table = declared_table(node)
                if table:
                    yield {"table": table, "file": os.path.relpath(path, directory), "line": node.lineno}


def declared_table(node):
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        if any(isinstance(t, ast.Name) and t.id == "__tablename__" for t in node.targets):
            return node.value.value
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Table", "sa.Table", "sqlalchemy.Table"):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return first.value
    return None
