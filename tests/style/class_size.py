"""Counts the methods and data members of a class from its header. Nested classes count for themselves.

sizes(text) yields (name, methods, members) for each class and struct of a C++ header. Each overload counts, a
deleted or defaulted function does not; members are names that end in an underscore.
"""
import re

CLASS = re.compile(r"\b(?:class|struct)\s+((?:\w+::)*\w+)(?:\s+final)?\s*(?::[^;{]*)?\{")
BODY_ENDS = re.compile(r"\)\s*(?:const|noexcept|override|final|\s|:[^{]*|->\s*[\w:<>]+)*\{\}$")
TYPE = re.compile(r"\s*(?:class|struct|enum|union)\b")
NO_MEMBER = re.compile(r"(?:using|friend|class|struct|enum|union|static constexpr|static_assert|typedef)\b")


def closing(text, at):
    """Returns the position after the brace that closes the one before `at`."""
    depth = 1
    while depth and at < len(text):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at


def statements(body):
    """Returns the declarations of a class body, without the text in braces."""
    out, statement, parentheses, at = [], "", 0, 0
    while at < len(body):
        letter = body[at]
        parentheses += {"(": 1, ")": -1}.get(letter, 0)
        at += 1
        if letter == "{" and parentheses == 0:
            at = closing(body, at)
            statement += "{}"
            if BODY_ENDS.search(statement):
                out.append(statement)
                statement = ""
        elif letter == ";" and parentheses == 0:
            out.append(statement)
            statement = ""
        else:
            statement += letter
    return out


def size(body):
    methods = members = 0
    for statement in statements(body):
        line = re.sub(r"\b(?:public|private|protected)\s*:", "", statement).strip()
        line = re.sub(r"^template\s*<[^>]*>\s*", "", line)
        if not line or NO_MEMBER.match(line) or TYPE.match(line) or "= delete" in line or "= default" in line:
            continue
        if "(" in re.split(r"[={]", line)[0]:
            methods += 1
        else:
            members += len(re.findall(r"\w+_\b(?=\s*(?:=|\{|,|\[|$))", re.sub(r"<[^;]*>", "<>", line)))
    return methods, members


def sizes(text):
    """Yields (name, methods, members) of each class in `text`, which has no comments and no strings."""
    for match in CLASS.finditer(text):
        if not re.search(r"enum\s*$", text[:match.start()]):
            yield match.group(1), *size(text[match.end():closing(text, match.end()) - 1])
