"""Prints `file:line` of up to three places where the application in this image has what matches a pattern (argv[1]).

Its files are those below the working directory, what the Python path has besides Python's own, and what was installed
from a directory. Revisions do not serve users, and tests do not either. A use is rather seen too often than missed.
"""

import json
import os
import re
import sys
from importlib.metadata import distributions

NAME = re.compile(sys.argv[1].encode(), re.I)
WORD = re.compile(rb"(?<![A-Za-z0-9_])(?:" + NAME.pattern + rb")(?![A-Za-z0-9_])", re.I)
REVISION = re.compile(rb"^down_revision\b", re.M)
SKIPPED = {"__pycache__", ".git", "node_modules", "site-packages", "dist-packages"}
NO_PROGRAM = re.compile(r"\.(md|txt|rst)$")
TEST = re.compile(r"^test_|_test\.py$|^conftest\.py$")
PYTHONS_OWN = re.compile(r"(site|dist)-packages|lib-dynload|\.zip$|^" + re.escape(os.path.dirname(os.__file__)) + "$")


def roots():
    yield "."
    yield from (path for path in sys.path if not PYTHONS_OWN.search(path))
    for distribution in distributions():
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        if origin.get("url", "").startswith("file:"):
            yield from {str(distribution.locate_file(file.parts[0])) for file in distribution.files or [] if not re.search(r"^\.\.$|\.dist-info$", file.parts[0])}
            yield origin["url"][len("file://") :]


def files():
    for root in roots():
        if os.path.isfile(root):
            yield root
        for directory, directories, names in os.walk(root):
            system = {"proc", "sys", "dev"} if os.path.realpath(directory) == os.sep else ()
            directories[:] = sorted(name for name in directories if name not in SKIPPED and name not in system)
            if re.match("tests?$", os.path.basename(directory)) and any(TEST.search(name) for name in names):
                directories.clear()
                continue
            yield from (os.path.join(directory, name) for name in sorted(names) if not NO_PROGRAM.search(name) and not TEST.search(name))


def text_of(path):
    try:
        with open(path, "rb") as file:
            return file.read(20_000_000)
    except OSError: # what it may not read, it does not use
        return b""


seen, found = set(), 0
for path in files():
    if found == 3 or os.path.realpath(path) in seen or not os.path.isfile(path):
        continue
    seen.add(os.path.realpath(path))
    text = text_of(path)
    match = (NAME if b"\0" in text else WORD).search(text) # in a compiled file nothing parts the words
    if match and not REVISION.search(text):
        found += 1
        print(f"{os.path.normpath(path)}:{text.count(bytes([10]), 0, match.start()) + 1}")
