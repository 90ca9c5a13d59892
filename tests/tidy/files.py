#!/usr/bin/env python3
"""The project's files, found by walking the checkout, so that an unpacked archive is checked like a clone.

files.py cpp | translation-units: their names, NUL-separated, for xargs -0.
"""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM_FOLDERS = ("lb", "backend_stub", "bench")
CPP = (".cpp", ".h")
TEXT = CPP + (".py", ".sh", ".cmake", ".txt", ".md", ".yaml", ".json", ".html", ".css", ".js", ".ts")
NOT_OURS = ("build", "node_modules", "corpus", "__pycache__")


def find(root, endings, folders=None):
    """Paths relative to `root`, sorted; `folders` limits the walk to those top folders."""
    found = []
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in NOT_OURS and not name.startswith(".")]
        for file in files:
            path = os.path.relpath(os.path.join(folder, file), root)
            if file.endswith(endings) and (folders is None or path.split(os.sep)[0] in folders):
                found.append(path)
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


if __name__ == "__main__":
    kind = sys.argv[1] if len(sys.argv) > 1 else ""
    if kind == "cpp":
        paths = find(ROOT, CPP)
    elif kind == "translation-units":
        paths = find(ROOT, (".cpp",), PROGRAM_FOLDERS)
    else:
        sys.exit(__doc__)
    print("\0".join(paths), end="\0")
