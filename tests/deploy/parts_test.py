"""The launcher's parts: the private PostgreSQL, ports, pid files. Real PostgreSQL, no FastChat programs."""
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from fastchat_cluster import Ports, own_loopback_address
from fastchat_postgres import MAX_SOCKET_PATH, SOCKET_NAME, Postgres
from fastchat_process import ClusterError, Process, identity, read_pid_file, wait_until


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fastchat-")
        os.chmod(self.folder, 0o711)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)


class PostgresTest(Folder):
    def postgres(self, run_dir=None):
        run_dir = run_dir or self.path("run")
        os.makedirs(run_dir, exist_ok=True)
        os.chmod(run_dir, 0o711)
        server = Postgres(run_dir, self.path("log"), self.path("pid"), durable=False, death_signal=signal.SIGQUIT)
        self.addCleanup(server.wipe)
        self.addCleanup(server.stop)
        return server

    def test_keeps_its_data_and_listens_on_no_port(self):
        server = self.postgres()
        server.start()
        server.psql("CREATE TABLE kept AS SELECT 42 AS n")
        self.assertEqual("\n", server.psql("SHOW listen_addresses"))
        self.assertTrue(server.stop())
        server.start()
        self.assertEqual("42\n", server.psql("SELECT n FROM kept"))

    def test_is_durable_and_utf8_without_locale(self):
        server = self.postgres()
        server.start()
        for setting, value in (("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on"),
                               ("server_encoding", "UTF8"), ("lc_collate", "C")):
            self.assertEqual(value, server.psql(f"SHOW {setting}").strip(), setting)

    def test_nobody_else_reaches_data_or_socket(self):
        server = self.postgres()
        server.start()
        for folder in (server.data, server.socket_dir):
            self.assertEqual(0, os.stat(folder).st_mode & 0o077, folder)

    def test_starts_again_after_being_killed(self):
        server = self.postgres()
        server.start()
        server.psql("CREATE TABLE kept AS SELECT 42 AS n")
        server.kill(signal.SIGKILL)
        server.process.popen.wait()
        self.assertTrue(os.path.exists(os.path.join(server.data, "postmaster.pid")))
        server.start()
        self.assertEqual("42\n", server.psql("SELECT n FROM kept"))

    def test_ends_a_server_that_outlived_its_launcher(self):
        old, new = self.postgres(), self.postgres()
        old.start()
        new.start()
        self.assertFalse(old.running())
        self.assertEqual("1\n", new.psql("SELECT 1"))

    def test_a_pid_that_now_belongs_to_another_process_is_no_server(self):
        server = self.postgres()
        server.start()
        server.kill(signal.SIGKILL)
        server.process.popen.wait()
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as other:
            pid_file = os.path.join(server.data, "postmaster.pid")
            with open(pid_file, encoding="utf-8") as file:
                lines = file.read().split("\n")
            with open(pid_file, "w", encoding="utf-8") as file:
                file.write("\n".join([str(other.pid)] + lines[1:]))
            server.start()
            self.assertIsNone(other.poll(), "the other process lives")

    def test_a_long_path_gets_a_socket_elsewhere(self):
        server = self.postgres(self.path("a" * 60, "b" * 60))
        self.addCleanup(shutil.rmtree, server.elsewhere, ignore_errors=True)
        server.start()
        self.assertIn("socket", server.remark())
        self.assertLessEqual(len(os.path.join(server.socket_dir, SOCKET_NAME)), MAX_SOCKET_PATH)
        self.assertEqual("1\n", server.psql("SELECT 1"))

    def test_a_folder_that_others_enter_is_refused(self):
        server = self.postgres()
        os.makedirs(server.base, exist_ok=True)
        os.chmod(server.base, 0o755)
        with self.assertRaisesRegex(ClusterError, "mode 0700"):
            server.start()
        os.rmdir(server.base)

    @unittest.skipUnless(os.geteuid() == 0, "root alone has a second user")
    def test_data_moves_when_postgres_cannot_enter(self):
        os.chmod(self.folder, 0o700)
        server = self.postgres()
        server.start()
        self.assertEqual(server.elsewhere, server.base)
        self.assertIn(server.elsewhere, server.remark())


class PortsTest(Folder):
    def test_two_launchers_at_once_never_share_a_port(self):
        address = own_loopback_address()
        first, second = Ports(self.path("ports.json")), Ports(self.path("ports.json"))
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        a = {first.take(f"part{i}", address, 7999) for i in range(20)}
        b = {second.take(f"part{i}", address, 7999) for i in range(20)}
        self.assertEqual(40, len(a | b))
        self.assertIn(7999, a)
        self.assertLess(max(a | b), 32768)

    def test_ports_are_remembered(self):
        address = own_loopback_address()
        first = Ports(self.path("ports.json"))
        port = first.take("part", address)
        first.save()
        first.close()
        again = Ports(self.path("ports.json"))
        self.addCleanup(again.close)
        self.assertEqual(port, again.take("part", address, 7999))

    def test_a_broken_file_of_ports_is_forgotten(self):
        for text in ("", "[]", "{", '{"part": "x"}'):
            with open(self.path("ports.json"), "w", encoding="utf-8") as file:
                file.write(text)
            ports = Ports(self.path("ports.json"))
            ports.take("part", own_loopback_address())
            ports.close()


class ProcessTest(Folder):
    def process(self, *command):
        process = Process("part", list(command), self.path("log"), self.path("pid"))
        self.addCleanup(process.stop, 1)
        return process

    def test_a_pid_file_is_believed_for_the_very_process_only(self):
        process = self.process("tail", "-f", "/dev/null")
        process.start()
        self.assertEqual(process.pid, read_pid_file(self.path("pid")))
        boot = identity(process.pid).split()[2]
        for text in (f"{process.pid} 1 {boot}", f"{process.pid}", "", "x", f"{os.getpid()} 1 {boot}"):
            with open(self.path("pid"), "w", encoding="utf-8") as file:
                file.write(text)
            self.assertIsNone(read_pid_file(self.path("pid")), text)

    def test_a_program_that_ends_early_shows_its_last_words(self):
        process = self.process("sh", "-c", "echo the reason; exit 3")
        process.start()
        with self.assertRaisesRegex(ClusterError, "(?s)part ended with status 3 before it was healthy.*the reason"):
            process.wait_until(lambda: False, 30, "healthy")

    def test_a_program_that_ignores_sigterm_is_killed(self):
        process = self.process("/usr/bin/python3", "-c", "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN); "
                               "print('up', flush=True); s.pause()")
        process.start()
        wait_until(lambda: "up" in process.log_tail(), 10)
        self.assertFalse(process.stop(0.1))
        self.assertFalse(process.running())

    def test_a_stopped_program_ends(self):
        process = self.process("tail", "-f", "/dev/null")
        process.start()
        process.kill(signal.SIGSTOP)
        pid = process.pid
        process.stop(10)
        self.assertIsNone(identity(pid))

    def test_servers_see_no_settings_of_ours(self):
        os.environ["FASTCHAT_DATABASE"] = os.environ["PGHOST"] = "elsewhere"
        self.addCleanup(os.environ.pop, "FASTCHAT_DATABASE")
        self.addCleanup(os.environ.pop, "PGHOST")
        process = self.process("env")
        process.start()
        process.popen.wait()
        self.assertIn("PATH=", process.log_tail(1000))
        self.assertNotIn("elsewhere", process.log_tail(1000))


if __name__ == "__main__":
    unittest.main()
