#!/usr/bin/env python3
"""Every key of the key list is described in docs/configuration.md, and every key described there is in the list.

Prints file:line and what to do. Exit 1 on a finding. That the defaults told there are the real ones is proved by
tests/unit/config/docs_test.cpp.
"""
import re
import sys

from files import ROOT, read

KEYS = "lb/config/key_list.cpp"
DOCS = "docs/configuration.md"
TABLE = "| key | default | meaning |"
LATER = "*Not available yet.*"


def listed_keys(text):
    """Path -> (line, availability) of the table in key_list.cpp."""
    found = {}
    for number, line in enumerate(text.split("\n"), 1):
        match = re.fullmatch(r'\s*\{"([^"]+)"(?:, (\w+))?\},', line)
        if match:
            found[match.group(1)] = (number, match.group(2) or "built")
    return found


def described_keys(text):
    """Path -> (line, is_later or None) of the tables in configuration.md and of the headings that are paths."""
    found = {}
    prefixes, in_table = [""], False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            is_of_paths = re.fullmatch(r"#+ `[^`]+`(, `[^`]+`)*", line)
            prefixes = re.findall(r"`([^`]+)`", line) if is_of_paths else [""]
            found.update({path: (number, None) for path in prefixes if path and not path.endswith("[]")
                          and path not in found})
        in_table = line.startswith(TABLE) or (in_table and line.startswith("|"))
        row = re.match(r"\| `([^`]+)` \|[^|]*\|\s*(.*)", line) if in_table else None
        if row:
            for prefix in prefixes:
                path = f"{prefix}.{row.group(1)}" if prefix else row.group(1)
                found[path] = (number, row.group(2).startswith(LATER))
    return found


def findings(key_list, docs):
    listed, described = listed_keys(key_list), described_keys(docs)
    if not listed:
        yield f"{KEYS}:1: no key found: its table is not written as this check expects"
    for path, (line, availability) in listed.items():
        if path not in described:
            yield f"{KEYS}:{line}: {path} is not described: give it a row in {DOCS}"
            continue
        docs_line, is_later = described[path]
        if is_later is not None and is_later != (availability == "later"):
            yield f"{DOCS}:{docs_line}: {path} is {availability} in {KEYS}: its meaning " + \
                  (f"must not begin with {LATER}" if is_later else f"must begin with {LATER}")
    for path, (line, _) in described.items():
        if path not in listed:
            yield f"{DOCS}:{line}: {path} is no key of {KEYS}"


if __name__ == "__main__":
    found = list(findings(read(ROOT, KEYS), read(ROOT, DOCS)))
    for finding in found:
        print(finding)
    print(f"config_docs: {len(found)} findings")
    sys.exit(1 if found else 0)
