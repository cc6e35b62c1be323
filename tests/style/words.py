"""Sentences of comments that begin with no noun: "What is done with the lines", "Who has read a message"."""
import io
import re
import tokenize

# Comments begin with a verb or the thing's name; a sentence that begins with one of these hides both.
HIDES_ITS_SUBJECT = r"(?:What|Who|Whom|Whose|Which|Whatever|Whoever|Whichever)\b"
FIRST = re.compile(rf"(?i:{HIDES_ITS_SUBJECT})|(?:How|Whether|Why|It|They|Them)\b")
LATER = re.compile(rf"[.!?]\)? +({HIDES_ITS_SUBJECT}[^.]*)")
CPP_TOKENS = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/', re.S)
NO_WORDS = re.compile(r"NOLINT|clang-format|SPDX")


def cpp_comments(text):
    """Yields (line, column, text) of each comment of C++ or protobuf."""
    for match in CPP_TOKENS.finditer(text):
        if match[0].startswith("/"):
            yield text.count("\n", 0, match.start()) + 1, match.start() - text.rfind("\n", 0, match.start()), match[0].strip("/* ")


def python_comments(text):
    """Yields (line, column, text) of each comment and of each text that stands alone (docstrings)."""
    fresh = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith("#!"):
            yield token.start[0], token.start[1], token.string.lstrip("# ")
        elif token.type == tokenize.STRING and fresh:
            yield token.start[0], token.start[1], token.string.strip("rb\"' \n")
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            fresh = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)


def line_comments(sign):
    """Returns a reader of comments that begin with `sign`, alone on their lines."""
    pattern = re.compile(rf"^(\s*){sign}(?!!)+\s?(.*)$")

    def read(text):
        for number, line in enumerate(text.split("\n"), 1):
            if match := pattern.match(line):
                yield number, len(match[1]), match[2].strip()
    return read


READERS = (((".cc", ".h", ".proto", ".in"), cpp_comments), ((".py",), python_comments), ((".sql",), line_comments("--+")),
           ((".sh", ".cmake", ".toml", ".service", "CMakeLists.txt", "Makefile.dev"), line_comments("#+")))


def blocks(comments):
    """Joins the lines of one comment: yields (line of its beginning, text)."""
    begin = last = column = None
    words = []
    for number, at, text in comments:
        if words and number == last + 1 and at == column:
            words.append(text)
        else:
            if words:
                yield begin, " ".join(words)
            begin, words = number, [text]
        last, column = number + text.count("\n"), at
    if words:
        yield begin, " ".join(words)


def findings(path, text):
    """Yields (line, finding) for each comment of the file that begins a sentence without naming its subject."""
    read = next((reader for ends, reader in READERS if path.endswith(ends)), None)
    if read is None and text.startswith("#!"):
        read = python_comments if "python" in text.split("\n", 1)[0] else line_comments("#+")
    for number, comment in blocks(read(text)) if read else ():
        comment = re.sub(r"\s+", " ", comment)
        sentences = LATER.findall(comment)
        if FIRST.match(comment):
            sentences.insert(0, comment)
        for sentence in sentences:
            if not NO_WORDS.search(sentence):
                yield number, f'"{sentence[:40]}": begin with a verb or the name of the thing'
