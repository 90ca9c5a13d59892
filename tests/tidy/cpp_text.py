"""Just enough C++ reading for the limits: comments and literals blanked out, and where each function lies."""
import re
from dataclasses import dataclass

LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
DIRECTIVES = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
NAMED_SCOPE = re.compile(r"\b(namespace|class|struct|union)\b|\bextern\s*\"\"")
INITIALISERS = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")
ACCESS = re.compile(r"\s*(public|private|protected)\s*:$")
QUALIFIERS = ("const", "noexcept", "override", "final", "try", "mutable", "else", "do")


@dataclass
class Function:
    name: str
    first_line: int
    lines: int
    parameters: int


def _blank(match):
    text = match.group(0)
    return ("" if text.startswith("/") else '""') + "\n" * text.count("\n")


def without_literals(text):
    """Comments and directives gone, strings emptied; every line keeps its number."""
    text = LITERALS.sub(_blank, text)
    return DIRECTIVES.sub(lambda match: "\n" * match.group(0).count("\n"), text)


def _parameters(head):
    """Counts the commas of the first parenthesised list that follows a name."""
    start = re.search(r"(?<!\boperator)\(", head)
    inside = head[start.end():] if start else ")"
    depth, commas, empty = 0, 0, True
    for previous, char in zip(" " + inside, inside):
        if char in "([{<":
            depth += 1
        elif char in ")]}" or (char == ">" and previous != "-"):
            if depth == 0:
                break
            depth -= 1
        elif char == "," and depth == 0:
            commas += 1
        empty = empty and char.isspace()
    return 0 if empty else commas + 1


def _name(head):
    match = re.search(r"(operator\s*\S+?|[~\w:]+)\s*\(", head)
    return match.group(1) if match else head.strip().split("\n")[0]


def functions(text):
    """Every function with a body outside other functions; lambdas belong to the function around them."""
    found, kinds = [], []
    head, head_line, line, parens = "", 1, 1, 0
    for char in without_literals(text):
        at_scope = not kinds or kinds[-1] == "scope"
        if char == "{":
            kind = "other"
            if at_scope and parens == 0:
                kind = _kind(head)
            kinds.append((kind, head, head_line) if kind == "function" else kind)
            if kind == "scope":
                head = ""
        elif char == "}" and kinds:
            closed = kinds.pop()
            if isinstance(closed, tuple):
                _, head, first = closed
                found.append(Function(_name(head), first, line - first + 1, _parameters(head)))
                head = ""
            elif closed == "scope":
                head = ""
            else:
                head += "{}"
        elif at_scope:
            parens += {"(": 1, ")": -1}.get(char, 0)
            if char == ";" and parens == 0:
                head = ""
            else:
                if not head.strip():
                    head, head_line = "", line
                head += char
                if ACCESS.match(head):
                    head = ""
        line += char == "\n"
    return found


def _kind(head):
    """What a brace after `head` opens: a scope that holds functions, a function's body, or something else."""
    words = re.findall(r"[\w]+|\S", head)
    last = words[-1] if words else ""
    signature = "(" in head and not re.search(r"=\s*$", head)
    if not signature:
        return "scope" if NAMED_SCOPE.search(head) and "=" not in head else "other"
    in_initialisers = INITIALISERS.search(head) is not None
    if in_initialisers and (re.fullmatch(r"\w+", last) or last == ">") and last not in QUALIFIERS:
        return "other"
    if re.match(r"\s*(template\s*<[^{;]*>\s*)?(class|struct|union|namespace)\b[^()]*(alignas\s*\([^)]*\)[^()]*)?$", head):
        return "scope"
    return "function"
