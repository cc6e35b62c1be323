"""People and their clients on a real cluster, shared by the integration tests. Standard library only.

A Person is an account with one data directory (a device). run() is one command to its end; start() is a client in the
background whose output grows in a file, so that a test waits for lines and for nothing else. A Client belongs to the
thread that started it: the kernel ends the client with that thread.
"""
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
import uuid

from fastchat_cluster import Cluster, ClusterError, wait_until
from fastchat_process import LIBC, PR_SET_PDEATHSIG

PATIENCE = 120  # seconds; a quiet machine needs a few, the rest is for a busy one
BURST = 2000


def text_lines(numbers):
    return "".join(f"{n}\n" for n in numbers)


def dies_with_us():
    """Returns a preexec_fn with which the kernel ends the child with the thread that started it."""
    parent = os.getpid()

    def in_child():
        LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)
    return in_child


def plain(err):
    """Returns the standard error of a command. With --json each line has to be an object, and counts as its text."""
    lines = []
    for line in err.splitlines(keepends=True):
        if line.startswith("{"):
            told = json.loads(line)
            assert told["event"] in ("error", "warning"), line
            line = f"fastchat: {told['text']}\n"
        lines.append(line)
    return "".join(lines)


class Done:
    """A command that has ended. `err` is plain()."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, plain(err)
        if err.startswith("{"):
            statuses = [json.loads(line).get("status") for line in err.splitlines() if '"event":"error"' in line]
            assert statuses in ([], [code]), err

    def json(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"exit {self.code}, stderr {self.err!r}, stdout {self.out[-2000:]!r}"


class Client:
    """A client in the background; its standard input is a pipe, its output goes to files."""

    def __init__(self, command, env, folder):
        self.name = command[-1] if len(command) < 3 else " ".join(command[-4:])
        self.out_path = os.path.join(folder, uuid.uuid4().hex)
        self.err_path = self.out_path + ".err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.popen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err, env=env,
                                          start_new_session=True, preexec_fn=dies_with_us())

    @property
    def pid(self):
        return self.popen.pid

    def feed(self, text):
        self.popen.stdin.write(text.encode())
        self.popen.stdin.flush()

    def end_of_input(self):
        self.popen.stdin.close()

    def text(self):
        """Returns the whole lines that the client printed so far."""
        with open(self.out_path, "rb") as file:
            out = file.read()
        return out[:out.rfind(b"\n") + 1].decode()

    def count(self):
        with open(self.out_path, "rb") as file:
            return file.read().count(b"\n")

    def json(self):
        return [json.loads(line) for line in self.text().splitlines()]

    def errors(self):
        with open(self.err_path, encoding="utf-8") as file:
            return file.read()

    def running(self):
        return self.popen.poll() is None

    def state(self):
        return f"{self.name}: {'runs' if self.running() else 'exit ' + str(self.popen.returncode)}, " \
               f"{self.count()} lines, stderr {self.errors()!r}"

    def wait_lines(self, count, timeout=PATIENCE):
        """Waits until the client has printed `count` lines; the client may not end before."""
        def there():
            if self.count() >= count:
                return True
            if not self.running() and self.count() < count:
                raise ClusterError(f"ended before its line {count}: {self.state()}")
            return False
        try:
            wait_until(there, timeout, f"line {count}")
        except ClusterError as error:
            raise ClusterError(f"{error}; {self.state()}") from None

    def wait(self, timeout=PATIENCE):
        """Waits for the end of the client; returns a Done."""
        try:
            self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise ClusterError(f"does not end within {timeout} s: {self.state()}") from None
        return Done(self.popen.returncode, self.text(), self.errors())

    def signal(self, number):
        self.popen.send_signal(number)

    def kill(self):
        """Kills the client with SIGKILL and waits until it is gone."""
        self.popen.kill()
        self.popen.wait()

    def interrupt(self, timeout=PATIENCE):
        self.signal(signal.SIGINT)
        return self.wait(timeout)


class Person:
    def __init__(self, chat, name, data_dir, password):
        self.chat, self.name, self.data_dir, self.password = chat, name, data_dir, password

    def command(self, *arguments, server=None):
        head = [self.chat.cluster.program("fastchat"), "--data-dir", self.data_dir]
        return head + (["--server", server] if server else []) + [str(a) for a in arguments]

    def run(self, *arguments, stdin="", code=0, server=None, timeout=PATIENCE, **env):
        """Runs one command; AssertionError unless it ends with `code` (None: any)."""
        done = subprocess.run(self.command(*arguments, server=server), input=stdin.encode(), capture_output=True,
                              env={**self.chat.env, **env}, timeout=timeout, start_new_session=True,
                              preexec_fn=dies_with_us())
        done = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert code is None or done.code == code, f"{self.name} {arguments}: expected exit {code}, {done}"
        return done

    def start(self, *arguments, server=None, **env):
        client = Client(self.command(*arguments, server=server), {**self.chat.env, **env}, self.chat.folder)
        self.chat.clients.append(client)
        return client

    def sign_up(self):
        self.run("signup", self.name, server=self.chat.cluster.invite, FASTCHAT_PASSWORD=self.password)
        return self

    def another_device(self, server=None):
        """Logs the same person in on another terminal: `login` in a new data directory."""
        other = Person(self.chat, self.name, self.chat.new_dir(self.name), self.password)
        other.run("login", self.name, server=server or self.chat.cluster.invite, FASTCHAT_PASSWORD=self.password)
        return other

    def listen(self, count=None, json=True):
        return self.start("listen", *(["--json"] if json else []), *(["--count", count] if count else []))

    def send_lines(self, to, timeout=2 * PATIENCE):
        """Sends the lines that are fed. The client prints a JSON line for each message that got its first receipt."""
        return self.start("send", to, "--lines", "--json", "--timeout", timeout)

    def send(self, to, text):
        return self.run("send", to, text, "--json").json()[0]

    def receive(self, count):
        """Returns the next messages, as listen prints them, without lines about devices of the account."""
        return [m for m in self.run("listen", "--json", "--count", count).json() if m["event"] != "device"]

    def texts(self, count):
        return [m["text"] for m in self.receive(count)]

    def status(self):
        return self.run("status", "--json").json()[0]

    def history(self, peer, limit=100000):
        return self.run("history", peer, "--json", "--limit", limit).json()

    def empty_outbox(self):
        """Connects until the device has receipts for the delivery of all its messages."""
        def empty():
            status = self.status()
            if status["outbox"] == 0:
                return True
            self.run("listen", "--timeout", "1")
            return False
        wait_until(empty, PATIENCE, f"the outbox of {self.name} is empty")


class Chat:
    """A cluster, a folder for profiles and outputs, accounts."""
    CLUSTER_KIND = Cluster

    def __init__(self, **cluster_options):
        self.folder = tempfile.mkdtemp(prefix="fastchat-clients-")
        self.cluster = self.CLUSTER_KIND.temporary(**cluster_options)
        self.clients = []
        self.salt = uuid.uuid4().hex[:6]
        try:
            self.cluster.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        home = os.path.join(self.folder, "home")
        os.mkdir(home)
        self.env = {**{k: v for k, v in self.cluster.env.items() if not k.startswith("XDG_")},
                    "HOME": home, "LC_ALL": "C.UTF-8"}

    def close(self):
        self.end_clients()
        self.cluster.__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def end_clients(self):
        for client in self.clients:
            if client.running():
                client.kill()
            if not client.popen.stdin.closed:
                try:
                    client.popen.stdin.close()
                except BrokenPipeError:
                    pass
        self.clients.clear()

    def new_dir(self, name):
        return os.path.join(self.folder, f"{name}-{uuid.uuid4().hex[:8]}")

    def start_program(self, command, env):
        """Starts another program in the background, as a Client."""
        client = Client(command, env, self.folder)
        self.clients.append(client)
        return client

    def stranger(self, name):
        """Returns a person without an account."""
        return Person(self, name, self.new_dir(name), f"tulip harbour {self.salt} kestrel 4921")

    def people(self, *names):
        """Makes accounts, two at a time, because each takes 256 MiB and a second of a core."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda name: self.stranger(name).sign_up(), names))

    # Workers and their clients

    def total(self, metric):
        """Returns the sum of the metric over all workers that answer."""
        total = 0
        for name in self.cluster.worker_names:
            try:
                total += self.cluster.metrics(name)[metric]
            except OSError:
                continue
        return total

    def sessions(self):
        counts = {}
        for name in self.cluster.worker_names:
            counts[name] = int(self.cluster.metrics(name)["fastchat_worker_sessions"])
        return counts

    def attached(self, start):
        """Returns (the client that start() started, its worker). No other client may attach or leave meanwhile."""
        before = self.sessions()
        client = start()

        def holder():
            if not client.running():
                raise ClusterError(f"ended before it was attached: {client.state()}")
            return next((w for w, n in self.sessions().items() if n > before[w]), None)
        return client, wait_until(holder, PATIENCE, "a client is attached")

    def nobody_attached(self):
        wait_until(lambda: not any(self.sessions().values()), PATIENCE, "nobody is attached")

    def placed(self, sender, listener, together):
        """Starts two clients by two functions, on one worker or on two; returns (client, worker) of each."""
        self.nobody_attached()
        listening = self.attached(listener)
        for _ in range(4 * len(self.cluster.worker_names)):
            sending = self.attached(sender)
            if (sending[1] == listening[1]) == together:
                return sending, listening
            before = sum(self.sessions().values())
            sending[0].interrupt()
            wait_until(lambda: sum(self.sessions().values()) < before, PATIENCE, "a client has left")
        raise ClusterError(f"no placement with together={together}: {self.sessions()}")

    def heal(self):
        """Starts missing parts. Waits until all are healthy and the workers see each other, as after the start."""
        for name in self.cluster.names():
            if not self.cluster.running(name):
                self.cluster.start_part(name)
            self.cluster.kill(name, signal.SIGCONT)
        others = len(self.cluster.worker_names) - 1

        def whole():
            return (all(self.cluster.health(n)[0] for n in self.cluster.names() if n != "postgres") and
                    all(self.cluster.metrics(b)["fastchat_broker_workers"] == others + 1
                        for b in self.cluster.broker_names) and
                    all(self.cluster.metrics(w)["fastchat_worker_peers_up"] == others
                        for w in self.cluster.worker_names))
        wait_until(whole, PATIENCE, "the cluster is whole")


class ChatTest(unittest.TestCase):
    """The cases of a class share a cluster and accounts; each leaves both as it found them."""
    CLUSTER = {"workers": 2}
    PEOPLE = ()

    @classmethod
    def setUpClass(cls):
        cls.chat = Chat(**cls.CLUSTER)
        cls.addClassCleanup(cls.chat.close)
        cls.cluster = cls.chat.cluster
        for person in cls.chat.people(*cls.PEOPLE):
            setattr(cls, person.name, person)

    def setUp(self):
        self.addCleanup(self.chat.end_clients)
        self.chat.heal()

    def assertClean(self, done, code=0):
        self.assertEqual(code, done.code, done)

    def assertTexts(self, expected, messages):
        """Checks messages as listen or history prints them: these texts in this order and nothing between."""
        expected = [str(e) for e in expected]
        texts = [m["text"] for m in messages]
        if texts != expected:
            at = next((i for i, (a, b) in enumerate(zip(texts, expected)) if a != b), min(len(texts), len(expected)))
            missing = [e for e in expected if e not in set(texts)]
            self.fail(f"{len(texts)} messages, expected {len(expected)}; first difference at {at}: "
                      f"{messages[max(0, at - 2):at + 4]}; missing {missing[:10]}, "
                      f"doubled {sorted({t for t in texts if texts.count(t) > 1})[:10]}")
        wrong = [m for m in messages if m["event"] not in ("message", "sent") or m.get("late")]
        self.assertEqual([], wrong)

    def assertNothingWaits(self, *people):
        """Waits until PostgreSQL keeps no message. A sender that hears late of a delivery may have sent a message once
        more: then `people`, who connect meanwhile, receive it and are shown nothing."""
        def nothing():
            if not self.cluster.psql(WAITING).strip():
                return True
            for person in people:
                self.assertEqual("", person.run("listen", "--json", "--timeout", "1").out)
            return False
        try:
            wait_until(nothing, PATIENCE, "the queue is empty")
        except ClusterError as error:
            self.fail(f"{error}; for whom, which device, how many, first and last seq, since, sender's device: "
                      f"{self.cluster.psql(WAITING)}")


WAITING = ("SELECT u.name, q.did, count(*), min(b.seq), max(b.seq), min(b.stored_at), b.from_did FROM queue q "
           "JOIN devices USING (did) JOIN users u USING (uid) LEFT JOIN bodies b USING (mid) "
           "GROUP BY u.name, q.did, b.from_did")
