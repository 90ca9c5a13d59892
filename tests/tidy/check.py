#!/usr/bin/env python3
"""check.py NAME: one check of the house rules over the checkout; prints file:line and what to do. Exit 1 on a finding."""
import os
import re
import subprocess
import sys

from cpp_text import functions, without_literals
from files import CPP, PROGRAM_FOLDERS, ROOT, TEXT, find, read

FILE_LINES_MAX = {"lb": 400, "backend_stub": 400, "bench": 400, "tests": 600}
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 4

# Folders outside lb/ and the layers they may include.
PROGRAM_LAYERS = {
    "backend_stub": {"base", "io", "http", "service"},
    "bench": {"base", "io", "http", "service"},
    "bench/micro": {"base", "http", "balance", "affinity", "route", "proxy"},  # Nothing that does I/O is called.
}

# A third-party API has one home; a new one is added here together with the layer that hides it.
HOMES = [
    (r"uv\.h", ["lb/io"]),
    (r"llhttp\.h", ["lb/http"]),
    (r"nghttp2/", ["lb/http"]),
    (r"openssl/", ["lb/tls"]),
    (r"yaml-cpp/", ["lb/config"]),
    (r"sodium\.h", ["lb/affinity", "backend_stub"]),
    (r"nlohmann/", ["lb/admin", "lb/server", "lb/cli", "backend_stub", "bench"]),
    (r"benchmark/", ["bench/micro"]),
    (r"CLI/", ["lb/cli", "backend_stub", "bench"]),
    (r"spdlog/", ["lb/base"]),
    (r"xxhash\.h", ["lb/base"]),
    (r"tl/expected\.hpp", ["lb/base"]),
    (r"hiredis/", ["lb/redis"]),
    (r"bpf/", ["lb/xdp"]),
]

BANNED = [
    (re.compile("down" + "stream", re.I), "say 'client' or 'upstream'"),
    (re.compile(r"\b(?:class|struct)\s+\w*(?:Manager|Helper|Util|Utils)\b"), "name it after what it does"),
    (re.compile("TO" + r"DO|FIX" + r"ME|\bX" + "XX" + r"\b"), "do it now, or write an issue"),
    (re.compile(r"(?<![\w./])/(?:home|root|Users|work)/\w"), "a path of one machine: make it relative"),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]')


def includes(text):
    """(line number, '<' or '"', path) of every include."""
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def layers(root):
    """The layers in order of declaration with what each may include, from lb/CMakeLists.txt: the one source."""
    text = re.sub(r"#[^\n]*", "", read(root, "lb/CMakeLists.txt"))
    found = {}
    for arguments in re.findall(r"\blb_layer\(([^)]*)\)", text):
        words = arguments.split()
        lists = {"DEPS": set(), "LIBS": set()}
        current = None
        for word in words[1:]:
            if word in lists:
                current = lists[word]
            elif current is not None:
                current.add(word)
        found[words[0]] = lists["DEPS"]
    return found


def check_arrows(root):
    allowed = layers(root)
    seen = set()
    for layer, deps in allowed.items():
        for dep in sorted(deps - seen):
            yield f"lb/CMakeLists.txt:1: layer {layer} depends on {dep}, which is not declared before it"
        seen.add(layer)
    for path in find(root, CPP, PROGRAM_FOLDERS):
        parts = path.split("/")
        in_lb = parts[0] == "lb"
        if in_lb and len(parts) > 2 and parts[1] not in allowed:
            yield f"{path}:1: lb/{parts[1]} is no layer: declare it in lb/CMakeLists.txt"
            continue
        if in_lb:
            may = allowed[parts[1]] | {parts[1]} if len(parts) > 2 else set(allowed)
        else:
            may = PROGRAM_LAYERS.get("/".join(parts[:-1]), PROGRAM_LAYERS[parts[0]])
        yield from _arrows_of(root, path, may)


def _arrows_of(root, path, may):
    top = path.split("/")[0]
    for line, quote, name in includes(read(root, path)):
        target = name.split("/")
        if quote == "<":
            continue
        if not os.path.exists(os.path.join(root, name)):
            yield f'{path}:{line}: "{name}" is no file seen from the root: write "lb/<layer>/x.h"'
        elif target[0] == "lb" and target[1] not in may:
            yield f"{path}:{line}: may not include lb/{target[1]}; allowed: {' '.join(sorted(may))} (lb/CMakeLists.txt)"
        elif target[0] != "lb" and target[0] != top:
            yield f"{path}:{line}: {top}/ may not include {target[0]}/"


def check_homes(root):
    for path in find(root, CPP, PROGRAM_FOLDERS):
        for line, _, name in includes(read(root, path)):
            for pattern, homes in HOMES:
                if re.match(pattern, name) and not any(path.startswith(home + "/") for home in homes):
                    yield f"{path}:{line}: <{name}> belongs to {' and '.join(homes)}: use what that layer offers"


def check_limits(root):
    for path in find(root, CPP, FILE_LINES_MAX):
        text = read(root, path)
        top = path.split("/")[0]
        lines = text.count("\n")
        if lines > FILE_LINES_MAX[top]:
            yield f"{path}:{lines}: {lines} lines; split it by idea (limit {FILE_LINES_MAX[top]})"
        if top not in PROGRAM_FOLDERS:
            continue
        for function in functions(text):
            where = f"{path}:{function.first_line}: {function.name}"
            if function.lines > FUNCTION_LINES_MAX:
                yield f"{where} has {function.lines} lines; split it (limit {FUNCTION_LINES_MAX})"
            if function.parameters > PARAMETERS_MAX:
                yield f"{where} has {function.parameters} parameters; pass a struct (limit {PARAMETERS_MAX})"


def check_words(root):
    for path in find(root, TEXT):
        if path.startswith("tests/tidy/"):
            continue
        for number, line in enumerate(read(root, path).split("\n"), 1):
            for pattern, advice in BANNED:
                match = pattern.search(line)
                # The lexicon has to name the words that it bans.
                if match and not path.endswith("docs/lexicon.md"):
                    yield f"{path}:{number}: '{match.group(0)}': {advice}"


def check_headers(root):
    """The opening of each header; that it compiles alone is proved by the build (see CMakeLists.txt)."""
    for path in find(root, CPP, PROGRAM_FOLDERS):
        text = read(root, path)
        if path.endswith(".h"):
            if not text.startswith("//"):
                yield f"{path}:1: begin with a comment: what it is, which thread, who owns it"
            if not re.search(r"^#pragma once$", text, re.MULTILINE):
                yield f"{path}:1: no #pragma once"
            if re.search(r"^\s*using namespace (?!std::\w*literals;)", without_literals(text), re.MULTILINE):
                yield f"{path}:1: 'using namespace' in a header reaches whoever includes it"
            continue
        own = path[:-4] + ".h"
        first = next(includes(text), None)
        if os.path.exists(os.path.join(root, own)) and (first is None or first[2] != own):
            yield f'{path}:{first[0] if first else 1}: include "{own}" first, which proves that it compiles alone'


def check_format(root):
    paths = find(root, CPP)
    if not paths:
        return
    run = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *paths], cwd=root, capture_output=True, text=True)
    for line in run.stderr.split("\n"):
        if "error:" in line:
            yield line.split(" error:")[0] + " not formatted: run ./dev fmt"
    if run.returncode != 0 and "error:" not in run.stderr:
        yield "clang-format-14 failed: " + run.stderr.strip()


CHECKS = {
    "arrows": check_arrows,
    "homes": check_homes,
    "limits": check_limits,
    "words": check_words,
    "headers": check_headers,
    "format": check_format,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKS:
        sys.exit(f"usage: check.py {' | '.join(CHECKS)}")
    findings = list(CHECKS[sys.argv[1]](ROOT))
    for finding in findings:
        print(finding)
    print(f"{sys.argv[1]}: {len(findings)} findings")
    sys.exit(1 if findings else 0)
