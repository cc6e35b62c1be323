"""The rules of check_style.py hold for the tree, and each rule fails on an example that breaks it."""
import os
import unittest

import check_style
from check_style import check_file

ROOT = os.environ.get("FASTCHAT_SOURCE") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# (where the file lies, what it includes)
FORBIDDEN_INCLUDES = [
    ("broker/owner.cc", '"worker/core/presence.h"'),
    ("broker/owner.cc", '"client/core/outbox.h"'),
    ("worker/owner.cc", '"broker/core/roster.h"'),
    ("worker/owner.cc", '"client/core/outbox.h"'),
    ("client/session/rooms.cc", '"broker/core/roster.h"'),
    ("client/session/rooms.cc", '"worker/core/presence.h"'),
    ("client/messages/sender.cc", '"client/files/transfers.h"'),
    ("client/groups/group_sync.cc", '"client/messages/sender.h"'),
    ("client/groups/group_sync.cc", '"client/session/session.h"'),
    ("client/contacts/key_lookup.cc", '"client/groups/group_book.h"'),
    ("client/account/account.cc", '"client/contacts/pin_book.h"'),
    ("client/search/search.cc", '"client/messages/timeline.h"'),
    ("client/store/file_table.cc", '"client/runtime/turn.h"'),
    ("client/cli/run.cc", '"client/tui/app.h"'),
    ("client/hall/door.cc", '"client/runtime/turn.h"'),
    ("client/store/local.cc", '"sql/migrations.h"'),
    ("common/wire.cc", '"broker/core/roster.h"'),
    ("common/wire.cc", '"client/core/outbox.h"'),
    ("bench/main.cc", '"worker/core/presence.h"'),
    ("bench/main.cc", '"broker/core/roster.h"'),
    ("broker/owner.cc", '"tests/support/fake.h"'),
    ("bench/main.cc", '"tests/support/fake.h"'),
    ("common/wire.cc", '"wire.h"'),
    ("worker/core/router.cc", '"worker/store/queue.h"'),
    ("worker/core/router.cc", '"worker/owner.h"'),
    ("broker/core/login.cc", '"broker/store/users.h"'),
    ("client/core/outbox.cc", '"client/store/local.h"'),
    ("client/core/outbox.cc", '"client/tui/screen.h"'),
    ("client/core/outbox.cc", '"client/cli/commands.h"'),
    ("common/wire.cc", "<pqxx/pqxx>"),
    ("worker/owner.cc", "<pqxx/pqxx>"),
    ("broker/owner.cc", "<libpq-fe.h>"),
    ("client/cli/commands.cc", "<ncurses.h>"),
    ("client/cli/main.cc", "<qrencode.h>"),
    ("client/cli/main.cc", "<zlib.h>"),
    ("client/cli/main.cc", "<chafa.h>"),
    ("client/cli/main.cc", "<png.h>"),
    ("client/cli/main.cc", "<turbojpeg.h>"),
    ("client/cli/commands.cc", "<ncursesw/curses.h>"),
    ("client/core/outbox.cc", "<sqlite3.h>"),
    ("client/store/local.cc", "<openssl/evp.h>"),
    ("worker/owner.cc", "<openssl/rand.h>"),
    ("common/random.cc", "<openssl/rand.h>"),
    ("client/tui/screen.cc", "<zmq.hpp>"),
    ("worker/store/queue.cc", "<zmq.h>"),
    ("worker/owner.cc", "<CLI/CLI.hpp>"),
    ("worker/main.cc", "<toml++/toml.h>"),
    ("worker/owner.cc", "<spdlog/spdlog.h>"),
    ("client/session/rooms.cc", "<systemd/sd-daemon.h>"),
    ("client/core/outbox.h", "<gtest/gtest.h>"),
    ("common/bytes.cc", "<benchmark/benchmark.h>"),
    ("client/cli/password.cc", "<utf8proc.h>"),
    ("client/cli/output.cc", "<nlohmann/json.hpp>"),
    ("common/json.h", "<nlohmann/json_fwd.hpp>"),
    ("client/tui/picture/child.cc", "<seccomp.h>"),
    ("client/tui/pages/group_page.cc", '"client/tui/chat/commands.h"'),
    ("client/tui/chat/main_page.cc", '"client/tui/app.h"'),
    ("client/tui/picture/cells.cc", '"client/tui/pages/page.h"'),
    ("client/tui/terminal/frame.cc", '"client/tui/picture/picture.h"'),
    ("client/tui/picture/child.cc", "<ncurses.h>"),
] + [(core + "x.cc", header) for core in check_style.CORES for header in (
    "<zmq.hpp>", "<thread>", "<mutex>", "<chrono>", "<iostream>", "<atomic>", "<ctime>", "<sys/socket.h>", "<poll.h>")
]

ALLOWED_INCLUDES = [
    ("broker/owner.cc", '"broker/core/roster.h"'),
    ("broker/owner.cc", '"common/wire.h"'),
    ("broker/store/users.cc", "<pqxx/pqxx>"),
    ("common/pg/connection.cc", "<pqxx/pqxx>"),
    ("common/pg/migrate.cc", '"sql/migrations.h"'),
    ("common/wire.h", '"proto/client.pb.h"'),
    ("client/tui/terminal/terminal.cc", "<ncurses.h>"),
    ("client/tui/chat/main_page.cc", '"client/tui/pages/page.h"'),
    ("client/store/local.cc", "<sqlite3.h>"),
    ("client/e2e/unicode.cc", "<utf8proc.h>"),
    ("client/e2e/seal.cc", "<openssl/evp.h>"),
    ("common/loop.h", "<zmq.hpp>"),
    ("worker/main.cc", "<zmq.hpp>"),
    ("worker/owner_bus.cc", "<zmq.hpp>"),
    ("client/runtime/socket_transport.h", "<zmq.hpp>"),
    ("worker/main.cc", "<CLI/CLI.hpp>"),
    ("client/cli/commands.cc", "<CLI/CLI.hpp>"),
    ("common/config.cc", "<toml++/toml.h>"),
    ("common/log.cc", "<spdlog/spdlog.h>"),
    ("common/json.cc", "<nlohmann/json.hpp>"),
    ("bench/load.cc", '"client/core/outbox.h"'),
    ("tests/unit/roster_test.cc", '"broker/core/roster.h"'),
    ("tests/unit/roster_test.cc", "<gtest/gtest.h>"),
    ("worker/core/router.cc", "<cstdint>"),
]

# (where the file lies, a line of it)
FORBIDDEN_LINES = [
    ("worker/owner.cc", "std::this_thread::sleep_for(kPause);"),
    ("tests/unit/a_test.cc", "std::this_thread::sleep_until(t);"),
    ("tests/unit/a_test.cc", "usleep(10);"),
    ("tests/unit/a_test.cc", "::nanosleep(&t, nullptr);"),
    ("common/loop.cc", "  sleep(1);"),
    ("common/loop.cc", "  ::sleep(1);"),
    ("worker/owner.cc", "socket.set(zmq::sockopt::heartbeat_ivl, 1000);"),
    ("bench/hub.cc", "zmq_setsockopt(s, ZMQ_HEARTBEAT_TTL, &ms, sizeof ms);"),
    ("broker/owner.cc", "  limits.recv_hwm = 100;"),
    ("client/runtime/socket_transport.cc", "socket.set(zmq::sockopt::rcvhwm, 5);"),
    ("worker/owner.h", "std::mutex m_;"),
    ("worker/owner.h", "std::shared_mutex m_;"),
    ("worker/owner.h", "std::shared_ptr<int> p_;"),
    ("worker/owner.cc", "auto p = std::make_shared<int>(1);"),
    ("worker/owner.cc", "std::thread(run).detach();"),
    ("worker/owner.cc", "// TO" + "DO: later"),
    ("worker/owner.cc", "// FIX" + "ME"),
    ("worker/store/statements.h", 'R"(delete from queue where mid = any($1::bigint[]))";'),
    ("broker/store/statements.h", 'R"(select 1 where did <> ALL ($12))";'),
    ("client/messages/timeline.cc", 'e2e::seal_local(key, "messages.body", text);'),
    ("client/cli/output.cc", "const bool group = !name.empty() && name.front() == '#';"),
    ("client/cli/output.cc", "if ('#' != name[0]) return;"),
    ("client/tui/notify.cc", 'if (name.starts_with("#")) return;'),
    ("client/tui/notify.cc", "if (name.starts_with('#')) return;"),
    ("client/groups/settings.cc", 'const size_t at = name.find(":#");'),
    ("client/session/rooms.cc", 'listener_.on_group("#" + name);'),
    ("client/session/rooms.cc", "text += '#';"),
    ("sql/001_users.sql", "-- XX" + "X"),
    ("deploy/tool.py", "# HA" + "CK"),
]

ALLOWED_LINES = [
    ("worker/owner.cc", "engine.heartbeat_ttl_ = 5;"),
    ("worker/owner.cc", "  bus.send_hwm = bus.recv_hwm = 10'000;"),
    ("common/mailbox.cc", "s->set(zmq::sockopt::rcvhwm, 0);"),
    ("worker/owner.cc", "// usleep() and std::mutex have no place here"),
    ("worker/owner.cc", 'log("sleep_for is a word");'),
    ("worker/owner.cc", "loop.sleep_until_event_ = asleep(1);"),
    ("common/log.cc", "std::shared_ptr<spdlog::logger> logger;"),
    ("client/runtime/local_box.cc", "return e2e::seal_local(*key_, place.bytes(), plaintext);"),
    ("client/runtime/peer_name.h", "bool is_group() const { return text_.starts_with('#'); }"),
    ("client/tui/terminal/sixel.cc", 'out_ += "#" + std::to_string(colour);'),
    ("client/tui/pages/file_text.cc", "const std::string bar(full, '#');"),
    ("client/cli/output.cc", "// a group when name.front() == '#'"),
    ("client/groups/group_editor.cc", 'return refuse("you are not in #" + name);'),
    ("client/cli/options.cc", 'add("GROUP", "with or without \'#\'");'),
    ("worker/store/statements.h", 'R"(where mid in (select unnest($1::bigint[])) and kind = any(kinds))";'),
]

HEADER = "// A thing of its own.\n#pragma once\n"


class Tree(unittest.TestCase):
    def test_every_file_keeps_the_rules(self):
        count, found = check_style.check_tree(ROOT)
        self.assertGreater(count, 20, "the walk found the sources")
        self.assertEqual([], found, "\n" + "\n".join(found))


class Rules(unittest.TestCase):
    def source(self, path, line):
        return (HEADER if path.endswith(".h") else "") + line + "\n"

    def test_each_forbidden_include_is_found(self):
        for path, header in FORBIDDEN_INCLUDES:
            with self.subTest(path=path, header=header):
                self.assertTrue(check_file(path, self.source(path, "#include " + header)))
                self.assertTrue(check_file(path, self.source(path, "  #  include " + header + "  // why")))

    def test_each_allowed_include_passes(self):
        for path, header in ALLOWED_INCLUDES:
            with self.subTest(path=path, header=header):
                self.assertEqual([], check_file(path, self.source(path, "#include " + header)))

    def test_every_edge_has_an_example_of_its_own(self):
        for library, headers, places in check_style.EDGES:
            broken = [h for p, h in FORBIDDEN_INCLUDES if headers.match(h.strip('<>"')) and not places.match(p)]
            self.assertTrue(broken, library)

    def test_each_forbidden_line_is_found(self):
        for path, line in FORBIDDEN_LINES:
            with self.subTest(path=path, line=line):
                self.assertEqual(1, len(check_file(path, self.source(path, line))))

    def test_each_allowed_line_passes(self):
        for path, line in ALLOWED_LINES:
            with self.subTest(path=path, line=line):
                self.assertEqual([], check_file(path, self.source(path, line)))

    def test_a_line_after_a_comment_or_a_string_is_still_read(self):
        for before in ("/* two\nlines */", 'auto s = R"(raw\n)";', "char c = '\"';", "// it's"):
            found = check_file("worker/owner.cc", before + "\nusleep(1);\n")
            self.assertEqual([f"worker/owner.cc:{before.count(chr(10)) + 2}"], [":".join(f.split(":")[:2]) for f in found])

    def test_long_files_are_found(self):
        self.assertEqual([], check_file("worker/owner.cc", "int a;\n" * 400))
        self.assertTrue(check_file("worker/owner.cc", "int a;\n" * 401))
        self.assertTrue(check_file("deploy/tool.py", "a = 1\n" * 401))
        self.assertEqual([], check_file("tests/unit/a_test.cc", "int a;\n" * 600))
        self.assertTrue(check_file("tests/unit/a_test.cc", "int a;\n" * 601))
        self.assertEqual([], check_file("client/e2e/safety_words.cc", "int a;\n" * 3000))
        self.assertTrue(check_file("client/e2e/swords_and.cc", "int a;\n" * 3000))

    def test_the_file_of_a_class_of_the_client_is_bounded_by_its_class(self):
        include, lines = '#include "client/messages/room.h"\n', "int a;\n" * 401
        self.assertEqual([], check_file("client/messages/room.cc", include + "void Room::f() {}\n" + lines))
        self.assertTrue(check_file("client/messages/room.cc", include + lines), "free functions alone")
        self.assertTrue(check_file("client/messages/room.cc", "void Room::f() {}\n" + lines), "a class of this file alone")
        self.assertTrue(check_file("client/core/room.cc", include.replace("messages", "core") + "void Room::f() {}\n" + lines))
        self.assertTrue(check_file("worker/room.cc", '#include "worker/room.h"\nvoid Room::f() {}\n' + lines))

    def test_a_class_spread_over_many_files_is_found(self):
        files = {"client/messages/room.h": HEADER + "class Room {\n public:\n  void f();\n};\n"}
        for name in ("one", "two"):
            files[f"client/messages/{name}.cc"] = "Result<std::vector<int>> Room::f(int a) const {\n  Hall::f();\n}\n"
        self.assertEqual([], list(check_style.check_spread(files)))
        files["client/messages/three.cc"] = "Room::Room() {}\n"
        self.assertEqual(1, len(list(check_style.check_spread(files))))
        files["client/messages/three.cc"] = "void g() {\n  Room::f();\n}\n// Room::f()\n"
        self.assertEqual([], list(check_style.check_spread(files)), "calls and comments")

    def test_large_classes_are_found(self):
        def header(methods, members):
            body = "".join(f"  void f{i}(int a, B b = {{}}) const {{ g(); }}\n" for i in range(methods))
            body += "".join(f"  std::map<int, A> m{i}_{{1, 2}};\n" for i in range(members))
            return HEADER + "class Room final : public Part {\n public:\n  enum class Kind { kOne };\n" + body + "};\n"
        self.assertEqual([], check_file("client/messages/room.h", header(25, 15)))
        self.assertTrue(check_file("client/messages/room.h", header(26, 15)))
        self.assertTrue(check_file("client/messages/room.h", header(25, 16)))
        self.assertEqual([], check_file("client/core/room.h", header(26, 16)))

    def test_the_numbers_of_large_classes_only_fall(self):
        for path, most in check_style.LARGE_CLASSES.items():
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                text = check_style.without_comments_and_strings(file.read())
            largest = max((methods, members) for _, methods, members in check_style.class_size.sizes(text))
            self.assertEqual(most, largest, f"{path}: write the number that it has now")

    def test_long_lines_of_documents_are_found(self):
        self.assertTrue(check_file("docs/a.md", "word " * 21 + "\n"))
        for line in ("word " * 19, "| " + "cell " * 40, "    " + "code " * 40, "x" * 200):
            self.assertEqual([], check_file("docs/a.md", line + "\n"))

    def test_a_named_file_has_to_be_there(self):
        found = lambda path, text: list(check_style.check_references(ROOT, path, text))
        self.assertTrue(found("common/a.cc", "// see common/never.h"))
        self.assertTrue(found("docs/a.md", "as in `common/never.h`"))
        self.assertTrue(found("docs/a.md", "[this](never.md)"))
        self.assertEqual([], found("docs/a.md", "[this](security.md#bounds), `common/loop.h`, [there](https://a.b/c.md)"))
        self.assertEqual([], found("common/a.cc", "// common/loop.h; proto/client.pb.h is made"))

    def test_a_name_of_the_standard_library_needs_its_header(self):
        files = {"common/a.h": "#include <vector>\n", "common/a.cc": '#include "common/a.h"\nstd::vector<int> v;  // std::map'}
        missing = lambda: list(check_style.std_includes.missing("common/a.cc", files))
        self.assertEqual([], missing())
        files["common/a.h"] = ""
        self.assertEqual([("vector", "vector")], missing())
        files["common/a.cc"] = '#include <gtest/gtest.h>\nstd::vector<int> v; std::optional<int> o;'
        self.assertEqual([("optional", "optional")], missing())
        files["common/a.cc"] = "int f() { return errno; }\nvoid g() { std::fputs(std::strerror(1), stderr); }"
        self.assertEqual([("cerrno", "errno"), ("cstdio", "fputs"), ("cstring", "strerror")], missing())
        files["common/a.cc"] = "#include <errno.h>\nint f() { return errno; }"
        self.assertEqual([], missing())

    def test_a_name_of_ours_needs_its_header(self):
        strict = "#pragma once\nnamespace x {\nError untrusted(int a);\nclass Door {\n  void shut();\n};\n}\n"
        files = {"client/e2e/strict.h": strict, "client/e2e/a.h": "", "client/e2e/a.cc": ""}

        def missing(code):
            files["client/e2e/a.cc"] = code
            return [(header, name) for _, header, name in check_style.missing_headers_of_ours(files)]

        self.assertEqual([("client/e2e/strict.h", "untrusted")], missing("int f() { return untrusted(1); }"))
        self.assertEqual([("client/e2e/strict.h", "Door")], missing("void f(Door* door);"))
        self.assertEqual([], missing('#include "client/e2e/strict.h"\nint f() { return untrusted(1); }'))
        files["client/e2e/a.h"] = '#include "client/e2e/strict.h"'
        self.assertEqual([], missing('#include "client/e2e/a.h"\nint f() { return untrusted(1); }'))
        # A method, a variable or a type of that name is another thing.
        for own in ("x.untrusted(1);", "p->untrusted(1);", "std::string untrusted(name);", "class Door;\nDoor* d;",
                    "other::Door d;", "// untrusted(1)", 'f("untrusted(1)");'):
            self.assertEqual([], missing(own), own)

    def test_headers_open_with_a_paragraph_and_are_included_once(self):
        self.assertEqual([], check_file("common/a.h", HEADER))
        self.assertTrue(check_file("common/a.h", "// A thing of its own.\n"))
        self.assertTrue(check_file("common/a.h", "#pragma once\n"))

    def test_comments_begin_with_a_verb_or_the_name_of_a_thing(self):
        for path, text in (
                ("worker/a.cc", "// What is said no to was looked up.\n"),
                ("worker/a.cc", "int a;  // what it holds\n"),
                ("worker/a.cc", "int a;\n// Returns a.\n// Who asks gets it.\n"),
                ("worker/a.cc", "// Returns a (b). Which of them is\n// never said.\n"),
                ("worker/a.cc", "/* Whose it is. */\n"),
                ("worker/a.cc", "// Whether it is there.\n"),
                ("worker/a.cc", "// It runs until somebody ends it.\n"),
                ("proto/a.proto", "// How it ends.\n"),
                ("tests/a.py", '"""Tests of a.\n\nWhat arrives stays."""\n'),
                ("tests/a.py", "def f():\n    \"\"\"What f returns.\"\"\"\n"),
                ("tests/a.py", "f()  # Whom this calls\n"),
                ("sql/001_a.sql", "-- Who is there.\n"),
                ("deploy/a.sh", "# What runs here.\n"),
                ("deploy/a.service", "# Whoever starts this.\n")):
            with self.subTest(path=path, text=text):
                self.assertEqual(1, len(check_file(path, text)))
        for path, text in (
                ("worker/a.cc", "// Returns what was asked for, and who asked.\n"),
                ("worker/a.cc", "f(\"// What is a text. What else.\");\n"),
                ("worker/a.cc", "// A user who left; what the user had goes too, e.g. the key.\n"),
                ("tests/a.py", 'a = """What a text says."""\nf("# What")\n'),
                ("docs/a.md", "What FastChat is.\n"),
                ("deploy/a.sh", "#!/bin/sh\n# Starts all. When the link ends, starts it again.\n")):
            with self.subTest(path=path, text=text):
                self.assertEqual([], check_file(path, text))


if __name__ == "__main__":
    unittest.main()
