"""Finds names of the standard library whose header a file does not include, directly or through a header of ours.

Presets that compile a library in batches (cmake/FastChatBuild.cmake) do not notice such a file, because another file of
its batch includes the header.
"""
import re

HEADERS = {
    "algorithm": "sort stable_sort find_if find any_of all_of none_of max_element min_element clamp lower_bound "
                 "upper_bound transform copy_if remove_if reverse equal_range nth_element partial_sort",
    "array": "array", "atomic": "atomic", "charconv": "from_chars to_chars", "chrono": "chrono",
    "cstdio": "FILE fclose ferror fflush fgets fopen fprintf fputc fputs fread fwrite perror printf puts rename snprintf",
    "cstdlib": "_Exit abort atexit atof atoi calloc exit free getenv malloc realloc strtod strtol strtoul strtoull system",
    "cstring": "memchr memcmp memcpy memmove memset strchr strcmp strerror strlen strncmp strrchr strstr",
    "deque": "deque",
    "filesystem": "filesystem", "fstream": "ifstream ofstream fstream", "functional": "function", "map": "map multimap",
    "memory": "unique_ptr shared_ptr make_unique make_shared weak_ptr", "mutex": "mutex lock_guard unique_lock",
    "optional": "optional nullopt make_optional", "queue": "queue priority_queue",
    "random": "mt19937 mt19937_64 uniform_int_distribution", "set": "set multiset", "span": "span",
    "sstream": "ostringstream istringstream stringstream", "string": "string to_string", "string_view": "string_view",
    "thread": "thread", "tuple": "tuple", "unordered_map": "unordered_map", "unordered_set": "unordered_set",
    "variant": "variant visit monostate", "vector": "vector",
}
HEADER_OF = {name: header for header, names in HEADERS.items() for name in names.split()}
# Headers whose own interface uses these headers.
BRINGS = {
    "errno.h": {"cerrno"}, "stdio.h": {"cstdio"}, "stdlib.h": {"cstdlib"}, "string.h": {"cstring"},
    "string": {"string_view"},
    "zmq.hpp": {"algorithm", "array", "chrono", "functional", "memory", "string", "string_view", "tuple", "vector"},
    "gtest/gtest.h": {"algorithm", "functional", "map", "memory", "set", "sstream", "string", "tuple", "vector"},
    ".pb.h": {"algorithm", "atomic", "functional", "map", "memory", "set", "string", "unordered_map", "vector"},
}
BRINGS["gmock/gmock.h"] = BRINGS["gtest/gtest.h"]


def includes(text):
    """Returns (standard and library headers, headers of ours)."""
    return set(re.findall(r"#include <([^>]+)>", text)), set(re.findall(r'#include "([^"]+)"', text))


def reached(path, files):
    """Returns the headers that `path` includes, directly or through the headers in `files` (path: text)."""
    seen, unread, found = set(), [path], set()
    while unread:
        at = unread.pop()
        if at in seen:
            continue
        seen.add(at)
        if at.endswith(".pb.h"):
            found |= BRINGS[".pb.h"]
        if at in files:
            libraries, ours = includes(files[at])
            found |= libraries
            unread += ours
    for header, more in BRINGS.items():
        if header in found:
            found |= more
    return found


def missing(path, files):
    """Yields (header, name) for each name, without `std::`, that the file uses without its header."""
    code = re.sub(r"//.*", "", files[path])
    used = {}
    for name in re.findall(r"std::(?:ranges::)?(\w+)", code):
        if name in HEADER_OF:
            used.setdefault(HEADER_OF[name], name)
    if re.search(r"\berrno\b", code):
        used["cerrno"] = "errno"
    have = reached(path, files)
    for header, name in sorted(used.items()):
        if header not in have:
            yield header, name
