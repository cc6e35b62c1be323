"""A program that talks to the holder of a profile over its socket, for tests; and the schema of the lines that it
reads.

Every line that a Connection reads is validated against docs/rpc.schema.json.
"""
import collections
import json
import os
import socket

import jsonschema

from chat import PATIENCE, ChatTest, wait_until

SOURCE = os.environ["FASTCHAT_SOURCE"]
WINDOW_FORMAT = 3  # kWindowFormat of client/tui/window/calls.h
with open(os.path.join(SOURCE, "docs", "rpc.schema.json"), encoding="utf-8") as file:
    SCHEMA = json.load(file)
LINE = jsonschema.Draft202012Validator(SCHEMA)
RESULTS = {method: jsonschema.Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]})
           for method, schema in {**SCHEMA["$defs"]["results"], **SCHEMA["$defs"]["window_results"],
                                   "stream": {"type": "null"}}.items()}


def connect(profile):
    """Returns a socket that is connected to the holder of the profile, whatever the length of its path."""
    folder = os.open(profile, os.O_PATH | os.O_DIRECTORY)
    out = socket.socket(socket.AF_UNIX)
    try:
        out.settimeout(60)
        out.connect(f"/proc/self/fd/{folder}/socket")
    except OSError:
        out.close()
        raise
    finally:
        os.close(folder)
    return out


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(error)
        self.code, self.text, self.data = error["code"], error["message"], error.get("data", {})


class Connection:
    """A connection. Answers and notifications are kept until a test asks for them."""

    def __init__(self, profile):
        self.socket = connect(profile)
        self.buffer = b""
        self.answers, self.told, self.next = {}, collections.deque(), 0
        self.methods = {}

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def write(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def ask(self, method, /, **params):
        """Sends a request and returns its id."""
        self.next += 1
        self.methods[self.next] = "stream" if params.get("stream") else method
        self.write(json.dumps({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}) + "\n")
        return self.next

    def tell(self, method, /, **params):
        self.write(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}) + "\n")

    def line(self):
        """Returns the next line as an object; None at the end."""
        while b"\n" not in self.buffer:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        out = json.loads(line.decode("utf-8"))
        LINE.validate(out)
        if "result" in out and out["id"] in self.methods:
            RESULTS[self.methods[out["id"]]].validate(out["result"])
        return out

    def read(self):
        """Reads one line and keeps it; raises EOFError at the end."""
        line = self.line()
        if line is None:
            raise EOFError
        if "method" in line:
            self.told.append(line)
        else:
            self.answers[line["id"]] = line

    def answer(self, number):
        while number not in self.answers:
            self.read()
        out = self.answers.pop(number)
        if "error" in out:
            raise RpcError(out["error"])
        return out["result"]

    def call(self, method, /, **params):
        return self.answer(self.ask(method, **params))

    def notification(self):
        while not self.told:
            self.read()
        return self.told.popleft()

    def wait_told(self, method):
        """Returns the parameters of the next notification of this method."""
        while (line := self.notification())["method"] != method:
            pass
        return line["params"]

    def event(self, *kinds):
        """Returns the parameters of the next event that is one of `kinds`; of any event without `kinds`."""
        while True:
            line = self.notification()
            if line["method"] == "event" and (not kinds or line["params"]["event"]["event"] in kinds):
                return line["params"]


def served(person):
    """Returns whether a holder answers on the profile's socket."""
    try:
        connect(person.data_dir).close()
        return True
    except OSError:
        return False


class Holding(ChatTest):
    def hold(self, person, *command, **env):
        holder = person.start(*command, **env)
        wait_until(lambda: served(person) or not holder.running(), PATIENCE, f"{command} serves the profile")
        self.assertTrue(holder.running(), holder.state())
        return holder

    def daemon(self, person, **env):
        """Starts a daemon that is connected."""
        holder = self.hold(person, "daemon", **env)
        with Connection(person.data_dir) as rpc:
            wait_until(lambda: rpc.call("connection")["state"] == "live", PATIENCE, "the daemon is connected")
        return holder
