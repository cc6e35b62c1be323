"""A private PostgreSQL: its own data, one unix socket in a directory nobody else enters, no port. Standard library only.

PostgreSQL refuses to run as root, so root's server runs as `postgres`. Data and socket lie under the run directory
when that user can get there and the socket's path is short enough, else in /var/tmp under a name made from the run
directory.
"""
import glob
import hashlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess

from fastchat_process import ClusterError, Process, clean_environment, end_process, wait_until

SOCKET_NAME = ".s.PGSQL.5432"
MAX_SOCKET_PATH = 107
DATABASE = "fastchat"


class Postgres:
    """durable=False spares the fsync of a new data directory (tests); the server itself always runs with PostgreSQL's
    durable defaults, without which a worker would refuse it."""

    def __init__(self, run_dir, log_path, pid_path, durable=True, death_signal=signal.SIGINT):
        self.run_dir = os.path.realpath(run_dir)
        self.durable = durable
        self.user = None
        if os.geteuid() == 0:
            try:
                self.user = pwd.getpwnam("postgres")
            except KeyError:
                raise ClusterError("There is no user postgres; install Debian's postgresql package.") from None
        digest = hashlib.sha256(self.run_dir.encode()).hexdigest()[:12]
        self.elsewhere = f"/var/tmp/fastchat-{os.geteuid()}-{digest}"
        self.base = self._choose_base()
        self.data = os.path.join(self.base, "data")
        self.socket_dir = os.path.join(self.base, "socket")
        if len(os.path.join(self.socket_dir, SOCKET_NAME).encode()) > MAX_SOCKET_PATH:
            self.socket_dir = os.path.join(self.elsewhere, "socket")
        self.process = Process("postgres", None, log_path, pid_path, death_signal=death_signal, user=self.user)

    @property
    def conninfo(self):
        return f"host={self.socket_dir} dbname={DATABASE} user=postgres"

    def remark(self):
        """Returns a line when data lies outside the run directory, else None."""
        if self.base == self.elsewhere:
            return f"PostgreSQL's data lies in {self.base} (the user postgres cannot enter {self.run_dir})."
        if self.socket_dir.startswith(self.elsewhere):
            return f"PostgreSQL's socket lies in {self.socket_dir} (a longer path is not allowed)."
        return None

    def start(self, timeout=60):
        self.end_leftover()
        self._make_directories()
        if not os.path.exists(os.path.join(self.data, "PG_VERSION")):
            self._initdb()
        postgres = os.path.join(self._programs(), "postgres")
        self.process.cwd = self.data
        self.process.command = [postgres, "-D", self.data, "-k", self.socket_dir, "-c", "listen_addresses=",
                                "-c", "unix_socket_permissions=0700", "-c", "logging_collector=off",
                                "-c", "log_destination=stderr", "-c", "max_connections=100"]
        # Backends of a killed server hold its shared memory for a moment; until they are gone a new server ends at once.
        for attempt in range(40):
            self.process.start()
            try:
                self.process.wait_until(self._ready, timeout, "ready")
                break
            except ClusterError:
                if "still in use" not in self.process.log_tail() or self.process.running() or attempt == 39:
                    raise
            wait_until(lambda: not self._backends(), 30, "backends of the previous PostgreSQL end")
        self._create_database()

    def stop(self, deadline_s=20):
        """Does a fast shutdown: ends the sessions and writes everything."""
        return self.process.stop(deadline_s, signal.SIGINT)

    def kill(self, number):
        self.process.kill(number)

    def running(self):
        return self.process.running()

    def psql(self, sql, database=DATABASE):
        """Returns the rows as text, one a line, columns separated by `|`."""
        command = [os.path.join(self._programs(), "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                   "-h", self.socket_dir, "-U", "postgres", "-d", database, "-c", sql]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/",
                              env=clean_environment())
        if done.returncode != 0:
            raise ClusterError(f"psql: {done.stderr.strip()}")
        return done.stdout

    def end_leftover(self):
        """Ends a server on our data that outlived its launcher, and removes the pid file of one that did not."""
        pid = self._postmaster_pid()
        ended = pid is not None and self._is_ours(pid)
        if ended:
            end_process(pid, signal.SIGINT, 20, lambda: self._is_ours(pid))
        # PostgreSQL would mistake any process of ours that has this pid by now for a running server.
        for path in (os.path.join(self.data, "postmaster.pid"), os.path.join(self.socket_dir, SOCKET_NAME + ".lock"),
                     self.process.pid_path):
            if os.path.lexists(path):
                os.unlink(path)
        return pid if ended else None

    def wipe(self):
        """Removes the data for good; the server has been stopped."""
        for path in (self.base, self.elsewhere):
            if os.path.isdir(path) and not os.path.islink(path):
                self._check_private(path)
                shutil.rmtree(path)

    def _choose_base(self):
        inside = os.path.join(self.run_dir, "postgres")
        if os.path.exists(os.path.join(self.elsewhere, "data", "PG_VERSION")):
            return self.elsewhere
        if self.user is None:
            return inside
        os.makedirs(self.run_dir, exist_ok=True)
        reached = subprocess.run(["/bin/sh", "-c", 'cd "$1"', "sh", self.run_dir], stderr=subprocess.DEVNULL, cwd="/",
                                 user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[]).returncode == 0
        return inside if reached else self.elsewhere

    def _make_directories(self):
        for path in dict.fromkeys((self.base, os.path.dirname(self.socket_dir), self.socket_dir)):
            if not os.path.lexists(path):
                os.mkdir(path, 0o700)
                if self.user is not None:
                    os.chown(path, self.user.pw_uid, self.user.pw_gid)
            self._check_private(path)

    def _check_private(self, path):
        """Refuses a directory that somebody else made: everybody can make one in /var/tmp."""
        info = os.lstat(path)
        owner = os.geteuid() if self.user is None else self.user.pw_uid
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != owner or info.st_mode & 0o077:
            raise ClusterError(f"{path} is not a directory of mode 0700 that belongs to uid {owner}; remove it.")

    def _initdb(self):
        fresh = self.data + ".new"
        if os.path.isdir(fresh):
            shutil.rmtree(fresh)
        command = [os.path.join(self._programs(), "initdb"), "-D", fresh, "-U", "postgres", "--auth=trust",
                   "--encoding=UTF8", "--no-locale"] + ([] if self.durable else ["--no-sync"])
        as_user = {} if self.user is None else {
            "user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.base,
                              env=clean_environment(), **as_user)
        if done.returncode != 0:
            raise ClusterError(f"initdb: {done.stderr.strip()}")
        os.rename(fresh, self.data)

    def _programs(self):
        """Returns the programs of the newest PostgreSQL for new data, of the data's version for old data."""
        found = {path.split("/")[4]: path for path in glob.glob("/usr/lib/postgresql/*/bin")
                 if os.access(os.path.join(path, "postgres"), os.X_OK)}
        try:
            with open(os.path.join(self.data, "PG_VERSION"), encoding="utf-8") as file:
                version = file.read().strip()
        except FileNotFoundError:
            version = max(found, key=lambda v: [int(n) for n in re.findall(r"\d+", v)], default=None)
        if version not in found:
            raise ClusterError(f"PostgreSQL {version or ''} is not in /usr/lib/postgresql; install Debian's postgresql.")
        return found[version]

    def _postmaster_pid(self):
        try:
            with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as file:
                return int(file.readline())
        except (OSError, ValueError):
            return None

    def _is_ours(self, pid):
        """Returns True for a postmaster that was started on our data directory."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                arguments = file.read().split(b"\0")
        except OSError:
            return False
        return os.path.basename(arguments[0]) == b"postgres" and self.data.encode() in arguments

    def _backends(self):
        """Returns the pids of server processes: all of them have our data as working directory."""
        found = []
        for path in glob.glob("/proc/[0-9]*/cwd"):
            try:
                if os.readlink(path) == self.data:
                    found.append(int(path.split("/")[2]))
            except OSError:
                continue
        return found

    def _ready(self):
        """Reads the eighth line of postmaster.pid, as pg_ctl does."""
        try:
            with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def _create_database(self):
        if not self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'", "postgres").strip():
            self.psql(f"CREATE DATABASE {DATABASE}", "postgres")
