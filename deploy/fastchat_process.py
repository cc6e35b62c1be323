"""One program of a cluster: started with a log and a pid file, watched, ended. Standard library only.

A Process belongs to the thread that started it: the kernel ends the program when that thread is gone, kill -9 included.
A pid file names a process by pid, start time and boot, so that a number used again is never mistaken for it.
"""
import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class ClusterError(Exception):
    """A fault that a person can repair; the text names it."""


def wait_until(condition, timeout, what="the condition"):
    """Returns the first true value of condition(), asked again and again; ClusterError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise ClusterError(f"{what}: not within {timeout:g} s")
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.5, 0.05)


def clean_environment():
    """Returns our environment without variables that would reconfigure the programs."""
    return {k: v for k, v in os.environ.items()
            if not k.startswith(("FASTCHAT_", "PG")) and k not in ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID")}


def _stat(pid):
    """Returns (state, start time in ticks since boot) of a process, or None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return None


def identity(pid):
    """Returns a value that is unique among all processes since the installation; None for an ended process."""
    stat = _stat(pid)
    if stat is None or stat[0] in "ZX":
        return None
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
        return f"{pid} {stat[1]} {file.read().strip()}"


def read_pid_file(path):
    """Returns the pid in a pid file of ours whose process still lives, else None."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read().strip()
        pid = int(text.split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if identity(pid) == text else None


def end_process(pid, gentle, deadline_s, alive):
    """Sends `gentle`, and SIGKILL past the deadline, until alive() is false. Returns True unless it took SIGKILL."""
    try:
        os.kill(pid, gentle)
        # Continues only a stopped process: SIGCONT would undo the stops by which a leak checker looks at an ending
        # process.
        if (_stat(pid) or "-")[0] == "T":
            os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return True
    try:
        wait_until(lambda: not alive(), deadline_s)
        return True
    except ClusterError:
        pass
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return True
    wait_until(lambda: not alive(), 20, f"process {pid} ends after SIGKILL")
    return False


class Process:
    """`command` runs as `user` (a pwd entry; None: as we are) with its output appended to `log_path`."""

    def __init__(self, name, command, log_path, pid_path, death_signal=signal.SIGTERM, user=None, cwd=None):
        self.name = name
        self.command = command
        self.log_path = log_path
        self.pid_path = pid_path
        self.death_signal = death_signal
        self.user = user
        self.cwd = cwd
        self.popen = None
        self.log_start = 0
        self.started_at = 0.0

    def end_leftover(self):
        """Ends a program that an earlier launcher started under this pid file and could not end."""
        pid = read_pid_file(self.pid_path)
        if pid is not None:
            end_process(pid, signal.SIGTERM, 10, lambda: read_pid_file(self.pid_path) is not None)
        self._forget()
        return pid

    def start(self):
        parent, death_signal = os.getpid(), int(self.death_signal)

        def in_child():
            LIBC.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:
                os._exit(1)

        as_user = {} if self.user is None else {
            "user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        with open(self.log_path, "ab") as log:
            self.log_start = log.tell()
            self.popen = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.cwd, env=clean_environment(),
                start_new_session=True, preexec_fn=in_child, **as_user)
        self.started_at = time.monotonic()
        with open(self.pid_path, "w", encoding="utf-8") as file:
            file.write((identity(self.popen.pid) or "") + "\n")

    @property
    def pid(self):
        return None if self.popen is None else self.popen.pid

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def ending(self):
        """Returns the way the program ended, in words."""
        if self.popen is None:
            return "was never started"
        code = self.popen.poll()
        if code is None:
            return "runs"
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    def kill(self, number):
        if self.running():
            self.popen.send_signal(number)

    def stop(self, deadline_s=15, gentle=signal.SIGTERM):
        """Ends the program. Returns True when it ended within the deadline by itself, with status 0."""
        if self.popen is None:
            return True
        gently = not self.running() or end_process(self.popen.pid, gentle, deadline_s, self.running)
        code = self.popen.wait()
        self._forget()
        return gently and code == 0

    def log_tail(self, lines=15):
        """Returns the last lines that the program wrote since its last start."""
        try:
            with open(self.log_path, "rb") as file:
                file.seek(self.log_start)
                return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
        except OSError:
            return ""

    def wait_until(self, condition, timeout, what):
        """Waits as wait_until does, but fails at once for an ended program; either failure shows its last log lines."""
        def checked():
            if not self.running():
                raise ClusterError(f"{self.name} {self.ending()} before it was {what}")
            return condition()
        try:
            return wait_until(checked, timeout, f"{self.name} is {what}")
        except ClusterError as error:
            tail = self.log_tail() or "(nothing)"
            raise ClusterError(f"{error}. Its last log lines ({self.log_path}):\n{tail}") from None

    def _forget(self):
        try:
            os.unlink(self.pid_path)
        except FileNotFoundError:
            pass
