"""A whole FastChat on this machine: PostgreSQL, brokers, workers. run-cluster and the tests start it.

    with Cluster.temporary(workers=2) as cluster:          # own directory, own loopback address, gone afterwards
        subprocess.run([cluster.program("fastchat"), "--data-dir", d, "--server", cluster.invite, "status"])
        cluster.kill("worker1", signal.SIGKILL)
        cluster.start_part("worker1")                      # returns when it is healthy again

Parts are called postgres, broker1.., worker1... A Cluster belongs to one thread: its programs end with that thread.
Standard library only.
"""
import fcntl
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import zlib

from fastchat_postgres import Postgres
from fastchat_process import ClusterError, Process, clean_environment, wait_until  # noqa: F401 (part of this module)

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLIENT_PORT = 7999
# The kernel's ports for outgoing connections start at 32768: below, no outgoing connection can take a listener's port.
PORTS = range(20000, 32000)
_counter = itertools.count()


def own_loopback_address():
    """Returns an address of 127.0.0.0/8 that no other live process uses: made from our pid (22 bits) and a counter."""
    pid, turn = os.getpid(), next(_counter) % 3
    return f"127.{1 + (pid >> 16) + 66 * turn}.{pid >> 8 & 255}.{pid & 255}"


def bracketed(address):
    return f"[{address}]" if ":" in address else address


def port_is_free(address, port):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
        return True


class Ports:
    """Free ports that stay the same from one start to the next as long as nobody else took them.

    A port is reserved from here until the Ports is closed, by a name in the kernel's abstract socket namespace: two
    launchers that start at once would else both find it free."""

    def __init__(self, path):
        self.path = path
        self.next = PORTS.start + zlib.crc32(path.encode()) % (len(PORTS) - 1000)
        self.given = {}
        self.reservations = []
        try:
            with open(path, encoding="utf-8") as file:
                self.remembered = {k: int(v) for k, v in json.load(file).items()}
        except (OSError, ValueError, AttributeError, TypeError):
            self.remembered = {}

    def take(self, name, address, preferred=None):
        for port in (self.remembered.get(name), preferred):
            if port and self.take_exactly(name, address, port):
                return port
        kept = set(self.remembered.values())
        for port in itertools.chain(range(self.next, PORTS.stop), range(PORTS.start, self.next)):
            if port not in kept and self.take_exactly(name, address, port):
                self.next = port + 1
                return port
        raise ClusterError(f"No free port from {PORTS.start} to {PORTS.stop} on {address}.")

    def take_exactly(self, name, address, port):
        """Returns False when another program has the port."""
        of_one_test = address.startswith("127.") and address != "127.0.0.1"
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0fastchat-port-{address if of_one_test else ''}-{port}")
        except OSError:
            reservation.close()
            return False
        if not port_is_free(address, port):
            reservation.close()
            return False
        self.reservations.append(reservation)
        self.given[name] = port
        return True

    def save(self):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump({**self.remembered, **self.given}, file, indent=1)

    def close(self):
        for reservation in self.reservations:
            reservation.close()


class Cluster:
    """address: all sockets bind this address and clients are told it, unless bind or public name others. port: the
    first broker's port for clients; None prefers 7999. durable=False spares initdb's fsync. files: the workers'
    directory for bytes of files; None is the run directory, "" the database. *_args: more flags for each program."""

    def __init__(self, run_dir, build, brokers=1, workers=3, address="127.0.0.1", bind=None, public=None, port=None,
                 durable=True, log_level=None, files=None, broker_args=(), worker_args=(), death_signal=signal.SIGTERM):
        self.run_dir = os.path.realpath(run_dir)
        self.build = os.path.abspath(build)
        self.address = address
        self.bind = bind or address
        self.public = public or address
        self.port = port
        self.broker_names = [f"broker{i + 1}" for i in range(brokers)]
        self.worker_names = [f"worker{i + 1}" for i in range(workers)]
        self.durable = durable
        self.files = self._path("files") if files is None else files
        self.death_signal = death_signal
        level = ["--log-level", log_level] if log_level else []
        # All clients of a trial or of a test have one address.
        sign_ups = [] if "--sign-ups-per-hour" in broker_args else ["--sign-ups-per-hour", "1000000"]
        self.extra = {"broker": [*level, *sign_ups, *broker_args], "worker": [*level, *worker_args]}
        self.keys = self._path("keys")
        self.invite = None
        self.postgres = None
        self.processes = {}
        self.metrics_port = {}
        self.ports = self._temporary = self._lock = None

    @classmethod
    def temporary(cls, build=None, **options):
        """Returns a cluster for a test: a new directory and a loopback address of its own; `with` removes all of it."""
        folder = tempfile.mkdtemp(prefix="fastchat-")
        os.chmod(folder, 0o711)
        if "--strangers" not in options.get("broker_args", ()):  # unless the test is about strangers
            options["broker_args"] = [*options.get("broker_args", ()), "--strangers", "take"]
        options = {"address": own_loopback_address(), "durable": False, "death_signal": signal.SIGKILL, **options}
        cluster = cls(os.path.join(folder, "run"), build or os.environ.get("FASTCHAT_BUILD") or default_build(), **options)
        cluster._temporary = folder
        return cluster

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *unused):
        self.stop()
        if self._temporary:
            self.wipe()
            shutil.rmtree(self._temporary, ignore_errors=True)

    # Life

    def start(self):
        """Starts every part; returns when all are healthy. On ClusterError, which has the reason, all have ended."""
        try:
            self.prepare()
            self.start_postgres()
            self.make_keys()
            for name in self.broker_names + self.worker_names:
                self.start_part(name, wait=False)
            for name in self.broker_names + self.worker_names:
                self.wait_healthy(name)
        except BaseException:
            self.stop()
            raise
        with open(self._path("invite"), "w", encoding="utf-8") as file:
            file.write(self.invite + "\n")

    def stop(self, deadline_s=15):
        """Ends every part, workers first. Returns the names of parts that had to be killed or ended with an error."""
        parts = [p for n, p in sorted(self.processes.items(), reverse=True)]
        for part in parts:
            part.kill(signal.SIGTERM)
        unclean = [p.name for p in parts if not p.stop(deadline_s)]
        self.processes.clear()
        if self.postgres is not None and not self.postgres.stop(deadline_s):
            unclean.append("postgres")
        for held in (self.ports, self._lock):
            if held is not None:
                held.close()
        self.ports = self._lock = None
        return unclean

    def wipe(self):
        """Removes keys, accounts and messages of a stopped cluster."""
        (self.postgres or self._new_postgres()).wipe()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def prepare(self):
        """Makes directories, takes the lock, checks the programs, ends leftovers of a killed launcher, takes ports."""
        for folder in (self.run_dir, self._path("logs"), self._path("pids")):
            os.makedirs(folder, exist_ok=True)
        # The user postgres has to pass through to its own directory; others may not look around.
        os.chmod(self.run_dir, 0o711 if os.geteuid() == 0 else 0o700)
        os.chmod(self._path("logs"), 0o700)
        self._take_lock()
        for program in ("fastchat-broker", "fastchat-worker"):
            if not os.access(self.program(program), os.X_OK):
                raise ClusterError(f"{self.program(program)} is missing; build first: make build")
        self.end_leftovers()
        ports = self.ports = Ports(self._path("ports.json"))
        for name in self.broker_names + self.worker_names:
            self._give_ports(name, ports)
        ports.save()

    def end_leftovers(self):
        """Ends the programs that a killed launcher left running, before their PostgreSQL."""
        folder = self._path("pids")
        for name in sorted(os.listdir(folder) if os.path.isdir(folder) else [], reverse=True):
            if name != "postgres":
                Process(name, None, None, os.path.join(folder, name)).end_leftover()
        self._postgres().end_leftover()

    def _take_lock(self):
        lock = open(self._path("lock"), "a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise ClusterError(f"A cluster runs here already (pid {lock_holder(self.run_dir)}); "
                               "make stop-cluster stops it.") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _give_ports(self, name, ports):
        kind = name.rstrip("0123456789")
        first_broker = name == self.broker_names[0]
        if first_broker and self.port is not None:
            if not ports.take_exactly("broker1.clients", self.bind, self.port):
                raise ClusterError(f"Port {self.port} on {self.bind} is in use.")
            clients = self.port
        else:
            clients = ports.take(f"{name}.clients", self.bind, CLIENT_PORT if first_broker else None)
        inner = ports.take(f"{name}.inner", self.address)
        metrics = self.metrics_port[name] = ports.take(f"{name}.metrics", self.address)
        command = [self.program(f"fastchat-{kind}"), "--keys", self.keys, "--clients", f"tcp://{bracketed(self.bind)}:{clients}",
                   "--database", self.conninfo, "--metrics", f"{self.address}:{metrics}"]
        if kind == "broker":
            command += ["--control", f"tcp://{self.address}:{inner}"]
        else:
            command += ["--name", name, "--bus", f"tcp://{self.address}:{inner}",
                        "--advertise", f"tcp://{bracketed(self.public)}:{clients}", "--files", self.files]
            for broker in self.broker_names:
                command += ["--broker", f"tcp://{self.address}:{ports.given[broker + '.inner']}"]
        self.processes[name] = Process(name, command + self.extra[kind], self._path("logs", name + ".log"),
                                       self._path("pids", name), self.death_signal, cwd=self.run_dir)
        if first_broker:
            self.port = clients

    # Parts

    def start_postgres(self):
        self._postgres().start()

    def make_keys(self):
        """Makes the keys and the realm once, and sets the invite line that names them."""
        broker = self.program("fastchat-broker")
        self._run([broker, "keys", "--keys", self.keys])
        self.invite = self._run([broker, "invite", "--keys", self.keys, "--address", f"{bracketed(self.public)}:{self.port}"]).strip()

    def start_part(self, name, wait=True):
        """Starts a part that does not run; returns when it is healthy, unless wait is False."""
        if name == "postgres":
            self.start_postgres()
            return
        self.processes[name].start()
        if wait:
            self.wait_healthy(name)

    def stop_part(self, name, deadline_s=15):
        """Sends SIGTERM (PostgreSQL: a fast shutdown). Returns True when the part ended by itself, with status 0."""
        part = self.postgres if name == "postgres" else self.processes[name]
        return part.stop(deadline_s)

    def restart(self, name):
        self.stop_part(name)
        self.start_part(name)

    def kill(self, name, number=signal.SIGKILL):
        """Sends a signal; after SIGKILL returns when the part is gone."""
        part = self.process(name)
        part.kill(number)
        if number == signal.SIGKILL and part.popen is not None:
            part.popen.wait()

    def process(self, name):
        return self.postgres.process if name == "postgres" else self.processes[name]

    def running(self, name):
        return self.process(name).running()

    def names(self):
        return ["postgres", *self.broker_names, *self.worker_names]

    # Observation

    def health(self, name):
        """Returns (True, "ok") or (False, reason), as the part reports."""
        try:
            status, text = self._get(name, "/healthz")
        except (OSError, http.client.HTTPException) as error:
            return False, str(error)
        return status == 200, text.strip()

    def wait_healthy(self, name, timeout=60):
        """Waits until /healthz answers 200; a failure shows the reported reason and the part's last log lines."""
        last = [""]

        def healthy():
            good, last[0] = self.health(name)
            return good
        try:
            self.processes[name].wait_until(healthy, timeout, "healthy")
        except ClusterError as error:
            raise ClusterError(f"{error}\n/healthz: {last[0]}") from None

    def metrics(self, name):
        """Returns {"fastchat_broker_workers": 3.0, 'family{label="x"}': 1.0, ...}"""
        status, text = self._get(name, "/metrics")
        if status != 200:
            raise ClusterError(f"{name}: /metrics answers {status}")
        rows = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {key: float(value) for key, value in rows}

    def psql(self, sql):
        return self._postgres().psql(sql)

    @property
    def conninfo(self):
        return self._postgres().conninfo

    @property
    def env(self):
        """The environment for clients: ours without FASTCHAT_* and PG*."""
        return clean_environment()

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    # Inside

    def _path(self, *parts):
        return os.path.join(self.run_dir, *parts)

    def _new_postgres(self):
        death = signal.SIGINT if self.durable else signal.SIGQUIT
        return Postgres(self.run_dir, self._path("logs", "postgres.log"), self._path("pids", "postgres"), self.durable, death)

    def _postgres(self):
        if self.postgres is None:
            self.postgres = self._new_postgres()
        return self.postgres

    def _run(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=clean_environment(),
                              cwd=self.run_dir)
        if done.returncode != 0:
            raise ClusterError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def _get(self, name, path):
        connection = http.client.HTTPConnection(self.address, self.metrics_port[name], timeout=2)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()


def lock_holder(run_dir):
    """Returns the pid of the launcher that runs a cluster in run_dir, or None when none does."""
    try:
        with open(os.path.join(run_dir, "lock"), "r+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return None
            except OSError:
                return int(lock.read().strip() or 0)
    except FileNotFoundError:
        return None


def default_build():
    """Returns build/release of this checkout."""
    return os.path.join(SOURCE, "build", "release")
