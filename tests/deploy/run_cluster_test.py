"""deploy/run-cluster as a person uses it: start, Ctrl-C, start again, kill -9, two at once, a part that dies."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from fastchat_cluster import SOURCE, Cluster, own_loopback_address
from fastchat_process import read_pid_file, wait_until

BUILD = os.environ["FASTCHAT_BUILD"]
PARTS = ["broker1", "postgres", "worker1", "worker2", "worker3"]


class Launcher:
    """A run-cluster of its own: its output is a file, so that it never waits for a reader."""

    def __init__(self, run_dir, output, *arguments):
        self.output = output
        self.run_dir = run_dir
        with open(output, "wb") as file:
            self.popen = subprocess.Popen(
                ["/usr/bin/python3", os.path.join(SOURCE, "deploy", "run-cluster"), "--build", BUILD, "--run-dir", run_dir,
                 *arguments], stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    def text(self):
        with open(self.output, encoding="utf-8") as file:
            return file.read()

    def wait_text(self, pattern, timeout=90):
        def seen():
            ended = self.popen.poll() is not None
            match = re.search(pattern, self.text())
            if ended and not match:
                raise AssertionError(f"run-cluster ended with {self.popen.returncode}:\n{self.text()}")
            return match
        return wait_until(seen, timeout, f"run-cluster says {pattern}")

    def pids(self):
        return {name: read_pid_file(os.path.join(self.run_dir, "pids", name)) for name in PARTS}

    def end(self, number=signal.SIGTERM):
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(timeout=90)


class RunCluster(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fastchat-")
        os.chmod(self.folder, 0o711)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.address = own_loopback_address()
        self.launchers = 0

    def launch(self, name="run", *arguments):
        self.launchers += 1
        launcher = Launcher(os.path.join(self.folder, name), os.path.join(self.folder, f"output{self.launchers}"),
                            "--address", self.address, *arguments)
        self.addCleanup(launcher.end)
        return launcher

    def command(self, *arguments):
        return subprocess.run(
            ["/usr/bin/python3", os.path.join(SOURCE, "deploy", "run-cluster"), "--build", BUILD, "--run-dir",
             os.path.join(self.folder, "run"), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90)

    def test_starts_stops_and_starts_again_as_the_same_realm(self):
        invites = []
        for unused in range(2):
            launcher = self.launch()
            launcher.wait_text(r"ready in [\d.]+ s: PostgreSQL, 1 broker, 3 workers")
            invites.append(launcher.wait_text(r"invite: (fastchat://\S+)").group(1))
            launcher.wait_text(r"Ctrl-C stops everything")
            pids = launcher.pids()
            self.assertNotIn(None, pids.values(), pids)
            self.assertEqual(0, launcher.end(signal.SIGINT), launcher.text())
            self.assertNotIn("Did not end cleanly", launcher.text())
            for pid in pids.values():
                self.assertFalse(os.path.exists(f"/proc/{pid}"))
        self.assertEqual(invites[0], invites[1])
        with open(os.path.join(self.folder, "run", "invite"), encoding="utf-8") as file:
            self.assertEqual(invites[0], file.read().strip())

    def test_a_second_one_in_the_same_folder_says_so_in_one_line(self):
        launcher = self.launch()
        launcher.wait_text("Ctrl-C stops everything")
        second = self.command()
        self.assertEqual(1, second.returncode)
        self.assertEqual("", second.stdout)
        self.assertRegex(second.stderr, rf"\A[^\n]*already \(pid {launcher.popen.pid}\)[^\n]*\n\Z")
        self.assertNotIn(None, launcher.pids().values(), "the first one runs on")

    def test_two_folders_at_once(self):
        first, second = self.launch("one"), self.launch("two")
        a = first.wait_text(r"invite: (fastchat://\S+)").group(1)
        b = second.wait_text(r"invite: (fastchat://\S+)").group(1)
        self.assertNotEqual(a, b)

    def test_nothing_survives_a_killed_launcher_and_the_next_one_starts(self):
        launcher = self.launch()
        launcher.wait_text("Ctrl-C stops everything")
        pids = launcher.pids()
        os.kill(pids["worker1"], signal.SIGSTOP)
        launcher.end(signal.SIGKILL)
        again = self.launch()
        again.wait_text("Ctrl-C stops everything")
        for name, pid in pids.items():
            self.assertNotEqual(pid, again.pids()[name], name)
            wait_until(lambda: not os.path.exists(f"/proc/{pid}") or zombie(pid), 30, f"the old {name} is gone")

    def test_a_part_that_dies_is_started_again(self):
        launcher = self.launch()
        launcher.wait_text("Ctrl-C stops everything")
        for name in ("worker2", "broker1", "postgres"):
            before = launcher.pids()[name]
            os.kill(before, signal.SIGKILL)
            launcher.wait_text(rf"{name} ended by SIGKILL; starting it again")
            launcher.wait_text(rf"{name} is healthy again")
            self.assertNotIn(launcher.pids()[name], (None, before))

    def test_stop_and_wipe_from_another_terminal(self):
        launcher = self.launch()
        launcher.wait_text("Ctrl-C stops everything")
        self.assertEqual(0, self.command("--stop").returncode)
        self.assertEqual(0, launcher.popen.wait(timeout=60))
        self.assertEqual("No cluster runs here.\n", self.command("--stop").stdout)
        self.assertEqual(0, self.command("--wipe").returncode)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "run")))

    def test_a_taken_port_is_named(self):
        launcher = self.launch("run", "--port", "7998")
        launcher.wait_text("Ctrl-C stops everything")
        second = self.launch("other", "--port", "7998")
        self.assertEqual(1, second.popen.wait(timeout=60))
        self.assertIn("Port 7998", second.text())


class ClusterClass(unittest.TestCase):
    def test_parts_are_killed_and_restarted_one_by_one(self):
        with Cluster.temporary(build=BUILD, workers=2) as cluster:
            wait_until(lambda: cluster.metrics("broker1").get("fastchat_broker_workers") == 2, 30, "two workers")
            cluster.kill("worker1")
            self.assertFalse(cluster.running("worker1"))
            self.assertFalse(cluster.health("worker1")[0])
            cluster.start_part("worker1")
            self.assertEqual((True, "ok"), cluster.health("worker1"))
            self.assertTrue(cluster.stop_part("worker2"), "SIGTERM ends a worker with status 0")
            cluster.start_part("worker2")
            cluster.restart("broker1")
            folder = os.path.dirname(cluster.run_dir)
        self.assertFalse(os.path.exists(folder))


def zombie(pid):
    """Returns whether the process has ended and waits for an init that does not collect it (some containers)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


if __name__ == "__main__":
    unittest.main()
