"""A machine of its own for a test that runs the commands of the handbook as they stand: other mounts, network and
processes than those of the host (namespaces of Linux), a real PostgreSQL on its usual socket, real users.

Four commands are stand-ins: `sudo` becomes the user without a question, `systemctl` starts the programs by the lines of
the installed units, and `make` and `apt-get` do nothing, because all is built and installed when a test runs. Only root
can make such a machine.
"""
import fcntl
import fnmatch
import json
import os
import pwd
import re
import select
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request

from fastchat_process import Process, clean_environment

INSIDE = "FASTCHAT_TEST_MACHINE"  # in the environment: the folder of the machine
FOLDERS = {"/etc": True, "/usr/local": False, "/var/lib": False, "/var/backups": False, "/run": False}  # True: with a copy
UNITS = "/usr/local/lib/systemd/system"
SUDO = """#!/bin/sh
if [ "$1" = -u ]; then user=$2; shift 2; exec runuser -u "$user" -- "$@"; fi
exec "$@"
"""
NOTHING = "#!/bin/sh\nexit 0\n"
SYSTEMCTL = """#!/usr/bin/python3
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect(os.environ["SYSTEMCTL_SOCKET"])
    asked.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
    status, text = json.loads(asked.makefile().readline())
print(text, end="", file=sys.stderr)
sys.exit(status)
"""


def can_be_made():
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "true"],
                                                stderr=subprocess.DEVNULL).returncode == 0


def run_inside(folder):
    """Runs this very program again inside a machine whose files lie in `folder`; returns its status."""
    os.chmod(folder, 0o755)
    return subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                           "--propagation", "private", sys.executable, *sys.argv], env={**os.environ, INSIDE: folder}).returncode


def is_inside():
    return INSIDE in os.environ


class Machine:
    """Belongs to the main thread of a program that run_inside() started."""

    def __init__(self, build):
        self.folder = os.environ[INSIDE]
        self.units = {}
        self.healthy = {}
        self._mount(build)
        self._raise_loopback()
        with open("/etc/hosts", "w", encoding="utf-8") as file:
            file.write("127.0.0.1 localhost chat.example.org db.internal\n")
        for name, text in (("sudo", SUDO), ("systemctl", SYSTEMCTL), ("make", NOTHING), ("apt-get", NOTHING)):
            self._write_program(name, text)
        self.asked = socket.socket(socket.AF_UNIX)
        self.asked.bind(self.path("systemctl"))
        self.asked.listen()
        self.postgres = self._start_postgres()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def close(self):
        for name in sorted(self.units, reverse=True):
            self._stop(name)
        self.postgres.stop(20)
        self.asked.close()

    def run(self, script):
        """Runs a block of a page; returns (status, standard output, standard error)."""
        environment = {**clean_environment(), "SYSTEMCTL_SOCKET": self.path("systemctl"), "HOME": self.folder,
                       "PATH": self.path("shims") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        with open(self.path("out"), "w+", encoding="utf-8") as out, open(self.path("err"), "w+", encoding="utf-8") as err:
            with subprocess.Popen(["bash", "-euo", "pipefail", "-c", script], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                  cwd=self.path("checkout"), env=environment) as shell:
                ended = os.pidfd_open(shell.pid)
                while ended not in (ready := select.select([ended, self.asked], [], [])[0]):
                    assert self.asked in ready
                    self._answer()
                os.close(ended)
                shell.wait()
            for file in (out, err):
                file.seek(0)
            return shell.returncode, out.read(), err.read()

    # Namespaces

    def _mount(self, build):
        for place, copied in FOLDERS.items():
            ours = self.path(place.strip("/").replace("/", "-"))
            if copied:
                subprocess.run(["cp", "-a", place, ours], check=True)
            else:
                os.mkdir(ours)
            subprocess.run(["mount", "--bind", ours, place], check=True)
        # `cmake --install` writes a list of its files into the folder of the build: here into a layer above
        # it, unless the kernel has none for this folder.
        for name in ("upper", "work", "shims", "checkout", "checkout/build"):
            os.mkdir(self.path(name))
        layers = f"lowerdir={build},upperdir={self.path('upper')},workdir={self.path('work')}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, build], check=False)
        os.symlink(build, self.path("checkout", "build", "release"))

    @staticmethod
    def _raise_loopback():
        get_flags, set_flags, is_up = 0x8913, 0x8914, 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            request = fcntl.ioctl(any_socket, get_flags, struct.pack("16sh22x", b"lo", 0))
            flags = struct.unpack("16sh22x", request)[1]
            fcntl.ioctl(any_socket, set_flags, struct.pack("16sh22x", b"lo", flags | is_up))

    def _write_program(self, name, text):
        with open(self.path("shims", name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path("shims", name), 0o755)

    def _start_postgres(self):
        """Starts PostgreSQL as Debian does: socket in /run/postgresql, users of the system are those of the database."""
        user = pwd.getpwnam("postgres")
        for folder in ("/run/postgresql", self.path("postgres")):
            os.mkdir(folder)
            os.chown(folder, user.pw_uid, user.pw_gid)
        programs = max(path for path in map(lambda v: f"/usr/lib/postgresql/{v}/bin", os.listdir("/usr/lib/postgresql"))
                       if os.path.exists(path))
        data = self.path("postgres", "data")
        subprocess.run(["runuser", "-u", "postgres", "--", programs + "/initdb", "-D", data, "--auth-local=peer",
                        "--auth-host=scram-sha-256", "--no-sync", "--encoding=UTF8", "--no-locale"], check=True,
                       stdout=subprocess.DEVNULL, cwd="/")
        self._make_certificate(data, user)
        server = Process("postgres", [programs + "/postgres", "-D", data, "-k", "/run/postgresql", "-c", "ssl=on",
                                      "-c", "listen_addresses=127.0.0.1"],
                         self.path("postgres.log"), self.path("postgres.pid"), user=user, cwd=data)
        server.start()
        server.wait_until(lambda: subprocess.run(["runuser", "-u", "postgres", "--", programs + "/pg_isready", "-q", "-h",
                                                  "/run/postgresql"], cwd="/").returncode == 0, 60, "ready")
        return server

    def _make_certificate(self, data, user):
        """Gives PostgreSQL a certificate for db.internal, signed by the authority in the file "ca.pem"."""
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=db.internal", "-keyout", "db.key", "-out", "db.csr")
        openssl("x509", "-req", "-in", "db.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "db.pem")
        for name, there in (("db.key", "server.key"), ("db.pem", "server.crt")):
            shutil.copy(self.path(name), os.path.join(data, there))
            shutil.chown(os.path.join(data, there), user.pw_uid, user.pw_gid)
            os.chmod(os.path.join(data, there), 0o600)

    # systemd

    def _answer(self):
        with self.asked.accept()[0] as one:
            words = json.loads(one.makefile().readline())
            try:
                text = self._systemctl(words)
                answer = (0, text)
            except Exception as error:  # noqa: BLE001 (the page's command fails with this text)
                answer = (1, f"systemctl {' '.join(words)}: {error}\n")
            one.sendall(json.dumps(answer).encode() + b"\n")

    def _systemctl(self, words):
        if words == ["daemon-reload"]:
            return ""
        verb, names = words[0], [word for word in words[1:] if word != "--now"]
        if verb == "enable" and "--now" in words:
            verb = "start"
        if verb not in ("start", "stop", "restart"):
            raise ValueError("not known to this test")
        running = [name for name, unit in self.units.items() if unit.running()]
        chosen = [found for name in names for found in (fnmatch.filter(running, name) if "*" in name else [name])]
        if not chosen and verb != "start":
            return ""
        if verb != "start":
            for name in chosen:
                self._stop(name)
        if verb != "stop":
            for name in chosen:
                if name not in self.units or not self.units[name].running():
                    self._start(name)
            for name in chosen:
                self.units[name].wait_until(lambda: self.is_healthy(name), 60, "healthy")  # noqa: B023 (called at once)
        return ""

    def _stop(self, name):
        if name in self.units and not self.units[name].stop(30):
            raise ValueError(f"{name} {self.units[name].ending()}: {self.units[name].log_tail()}")

    def _start(self, name):
        base, at, instance = name.partition("@")
        with open(f"{UNITS}/{base}{at}.service", encoding="utf-8") as file:
            lines = dict(re.findall(r"^(\w+)=(.*)$", file.read().replace("%i", instance), re.M))
        user = pwd.getpwnam(lines["User"])
        if "StateDirectory" in lines:
            state = "/var/lib/" + lines["StateDirectory"]
            os.makedirs(state, exist_ok=True)
            os.chmod(state, int(lines["StateDirectoryMode"], 8))
            shutil.chown(state, user.pw_uid, user.pw_gid)
        check = subprocess.run(["runuser", "-u", lines["User"], "--", *shlex.split(lines["ExecStartPre"])],
                               capture_output=True, text=True, cwd="/", env=clean_environment())
        if check.returncode != 0:
            raise ValueError(check.stdout + check.stderr)
        command = shlex.split(lines["ExecStart"])
        with open(command[command.index("--config") + 1], "rb") as file:
            self.healthy[name] = f"http://{tomllib.load(file)['metrics']}/healthz"
        self.units[name] = Process(name, command, self.path(name + ".log"), self.path(name + ".pid"), user=user, cwd="/")
        self.units[name].start()

    def is_healthy(self, name):
        try:
            with urllib.request.urlopen(self.healthy[name], timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
