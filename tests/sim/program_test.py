"""The simulator's program: a schedule that does not end by itself has no result, and is no notice of a sabotage."""

import os
import signal
import subprocess
import unittest
from pathlib import Path

from fastchat_cluster import wait_until

SIM = os.path.join(os.environ["FASTCHAT_BUILD"], "bin", "sim")
SEED = "700001"  # a schedule of whole sessions, which takes a second or more


def run_and_end(signal_number: int, *options: str) -> tuple[int, str]:
    """Starts one schedule, ends its process by a signal, and returns the program's exit status and its output."""
    program = subprocess.Popen([SIM, *options, "--runs", "1", "--from", SEED], stdout=subprocess.PIPE, text=True)
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
    wait_until(lambda: children.read_text().split(), 30, "a schedule in a process of its own")
    os.kill(int(children.read_text().split()[0]), signal_number)
    output, _ = program.communicate(timeout=60)
    return program.returncode, output


class Program(unittest.TestCase):
    def test_a_schedule_that_ran_out_of_time_noticed_nothing(self):
        status, output = run_and_end(signal.SIGALRM, "--must-fail", "disk-forgets")
        self.assertEqual(status, 1, output)
        self.assertIn(f"seed {SEED} has no result: it took longer than 120 real seconds", output)
        self.assertIn("1 schedules, 0 failed, 1 without a result", output)

    def test_a_schedule_that_a_signal_ended_noticed_nothing(self):
        status, output = run_and_end(signal.SIGABRT, "--must-fail", "disk-forgets")
        self.assertEqual(status, 1, output)
        self.assertIn(f"seed {SEED} ends by signal 6", output)

    def test_a_schedule_without_a_result_fails_a_run(self):
        status, output = run_and_end(signal.SIGALRM)
        self.assertEqual(status, 1, output)
        self.assertIn("1 schedules, 0 failed, 1 without a result", output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
