"""Attacks by a program of the same user on a holder's socket: the holder answers with a code, or ends the connection,
and goes on serving the others at once."""
import json
import os
import socket
import subprocess
import unittest

from chat import PATIENCE, wait_until
from rpc_client import WINDOW_FORMAT, Connection, Holding, RpcError, connect


class HostileTest(Holding):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def setUp(self):
        super().setUp()
        self.holder = self.daemon(self.bob)
        self.honest = Connection(self.bob.data_dir)
        self.addCleanup(self.honest.socket.close)

    def tearDown(self):
        self.assertEqual(self.honest.call("status")["user"], "bob")
        self.assertClean(self.holder.interrupt())

    def errors(self, *lines):
        """Sends lines as they are; returns the codes and ids of the answers, one for each line."""
        with Connection(self.bob.data_dir) as rpc:
            for line in lines:
                rpc.write(line + b"\n")
            out = []
            for _ in lines:
                answer = rpc.line()
                out.append((answer["error"]["code"], answer["id"]))
            self.assertIn("version", rpc.call("version"))  # the connection goes on
            return out

    def test_lines_that_are_no_requests(self):
        call = {"jsonrpc": "2.0", "id": 1, "method": "status"}

        def with_(**changes):
            return json.dumps({**call, **changes}).encode()
        self.assertEqual(self.errors(
            b"hello", b"{", b'"\xff"', b"{}\x00", b"[" * 100_000, b'{"a":' * 50 + b"1" + b"}" * 50, b"nul", b"1 2",
            b'{"jsonrpc":"2.0","id":1,"id":2,"method":"status"}'), [(-32700, None)] * 9)
        self.assertEqual(self.errors(
            b"[]", b"[" + with_() + b"]", b"1", b"null", b'"status"', with_(id=[1]), with_(id={}), with_(id=True),
            with_(id="x" * 257)), [(-32600, None)] * 9)
        self.assertEqual(self.errors(
            with_(jsonrpc="1.0"), with_(jsonrpc=2), with_(method=5), with_(method=None), with_(extra=1)),
            [(-32600, 1)] * 5)
        self.assertEqual(self.errors(with_(params=[1]), with_(params="x"), with_(params=None)), [(-32602, 1)] * 3)
        self.assertEqual(self.errors(with_(method="\x00\n\u202e" * 99)), [(-32601, 1)])

    def test_ids_of_every_kind_come_back(self):
        with Connection(self.bob.data_dir) as rpc:
            for number in ("text", "", 0, -1, 1.5, 10 ** 15, None, "\u00e9\n\""):
                rpc.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": "version"}) + "\n")
                self.assertEqual(rpc.line()["id"], number)
            rpc.write('{"jsonrpc":"2.0","method":"version"}\r\n\n{"jsonrpc":"2.0","method":"nothing"}\n')
            self.assertEqual(rpc.call("version"), rpc.call("version"))  # a notification has no answer
            rpc.write('{"jsonrpc":"2.0","id":"same","method":"listen"}\n' * 2)
            self.assertEqual(rpc.line()["error"]["code"], -32600)

    def test_a_line_without_an_end(self):
        with Connection(self.bob.data_dir) as rpc:
            rpc.write(b'{"a":"')
            try:
                for _ in range(64):
                    rpc.write(b"x" * 65536)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertEqual(rpc.line()["error"]["code"], -32001)
            self.assertIsNone(rpc.line())

    def test_too_many_connections(self):
        crowd = [connect(self.bob.data_dir) for _ in range(63)]
        with Connection(self.bob.data_dir) as rpc:
            self.assertEqual(rpc.line()["error"]["code"], -32000)
            self.assertIsNone(rpc.line())
        for one in crowd:
            one.close()
        self.bob.send("alice", "there is room again")

    def test_too_many_calls(self):
        with Connection(self.bob.data_dir) as rpc:
            waiting = [rpc.ask("listen") for _ in range(64)]
            with self.assertRaises(RpcError) as refused:
                rpc.call("listen")
            self.assertEqual(refused.exception.code, -32000)
            rpc.call("cancel", id=waiting[0])
            rpc.answer(waiting[0])
            waiting.append(rpc.ask("listen"))
            rpc.call("cancel", id=waiting[-1])
            rpc.answer(waiting[-1])

    def test_a_reader_that_takes_nothing_is_ended_and_delays_nobody(self):
        self.alice.run("send", "bob", "--lines", stdin=("x" * 10_000 + "\n") * 100)
        wait_until(lambda: self.honest.call("status")["unread"] >= 100, PATIENCE, "the messages")
        with Connection(self.bob.data_dir) as rpc:
            rpc.socket.setblocking(False)
            request = b'{"jsonrpc":"2.0","id":%d,"method":"history","params":{"peer":"alice","limit":1000}}\n'
            sent = 0
            try:
                for sent in range(30):  # a megabyte each
                    rpc.write(request % sent)
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                pass
            self.assertGreater(sent, 16)
            for _ in range(5):
                self.assertEqual(self.honest.call("status")["user"], "bob")
            rpc.socket.settimeout(PATIENCE)
            last = None
            while (line := rpc.line()) is not None:
                last = line
            self.assertEqual((last["id"], last["error"]["code"]), (None, -32002))

    def test_a_window_that_takes_nothing_is_ended_and_delays_nobody(self):
        self.alice.run("send", "bob", "--lines", stdin=("w" * 10_000 + "\n") * 32)
        wait_until(lambda: self.honest.call("status")["unread"] >= 32, PATIENCE, "the messages")
        with Connection(self.bob.data_dir) as rpc:
            rpc.call("window", version=self.honest.call("version")["version"], format=WINDOW_FORMAT)
            rpc.socket.setblocking(False)
            request = b'{"jsonrpc":"2.0","id":%d,"method":"window.history","params":{"peer":"alice","limit":32}}\n'
            try:
                for sent in range(2, 100):  # a third of a megabyte each
                    rpc.write(request % sent)
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                pass
            for _ in range(5):
                self.assertEqual(self.honest.call("status")["user"], "bob")
            rpc.socket.settimeout(PATIENCE)
            last = None
            while (line := rpc.line()) is not None:
                last = line
            self.assertEqual((last["id"], last["error"]["code"]), (None, -32002))

    def test_windows_are_counted(self):
        version = self.honest.call("version")["version"]
        windows = [Connection(self.bob.data_dir) for _ in range(17)]
        try:
            for window in windows[:16]:
                window.call("window", version=version, format=WINDOW_FORMAT)
            with self.assertRaises(RpcError) as refused:
                windows[16].call("window", version=version, format=WINDOW_FORMAT)
            self.assertEqual(refused.exception.code, -32000)
        finally:
            for window in windows:
                window.socket.close()

    def test_a_result_that_is_too_large_is_refused_and_streamed(self):
        with Connection(self.bob.data_dir) as rpc:
            self.alice.run("send", "bob", "--lines", stdin=("y" * 16_000 + "\n") * 600)
            wait_until(lambda: rpc.call("status")["unread"] >= 600, PATIENCE, "the messages")
            with self.assertRaises(RpcError) as refused:
                rpc.call("history", peer="alice", limit=100_000)
            self.assertEqual(refused.exception.code, 2)
            self.assertIn("8 MiB", refused.exception.text)
        self.assertGreaterEqual(len(self.bob.history("alice")), 600)

    def test_calls_of_a_connection_that_goes_end_with_it(self):
        with Connection(self.bob.data_dir) as rpc:
            for _ in range(20):
                rpc.ask("listen", stream=True)
            rpc.ask("send", to="alice", lines=True, stream=True)
            rpc.call("version")
        with Connection(self.bob.data_dir) as rpc:
            rpc.ask("listen", stream=True)
            rpc.write(b'{"jsonrpc":"2.0","id":"half')
        self.bob.send("alice", "after them")

    def test_input_that_nobody_asked_for(self):
        with Connection(self.bob.data_dir) as rpc:
            call = rpc.ask("send", to="alice", lines=True, stream=True)
            self.assertEqual(rpc.notification()["method"], "wants_input")
            rpc.call("input", id=call, text="one\n")
            self.assertEqual(rpc.notification()["method"], "wants_input")
            rpc.call("input", id=call)
            with self.assertRaises(RpcError):
                rpc.call("input", id=call, text="two\n")
            listen = rpc.ask("listen")
            with self.assertRaises(RpcError):
                rpc.call("input", id=listen, text="x")

    @unittest.skipUnless(os.geteuid() == 0, "needs another user")
    def test_another_user_is_turned_away(self):
        folder = os.open(self.bob.data_dir, os.O_PATH)
        self.addCleanup(os.close, folder)
        script = ("import socket\ns = socket.socket(socket.AF_UNIX)\n"
                  f"s.connect('/proc/self/fd/{folder}/socket')\ns.settimeout(60)\nprint(s.recv(9))\n")
        # The holder refuses another user even where the mode of the file would let him in.
        os.chmod(self.bob.data_dir, 0o711)
        os.chmod(os.path.join(self.bob.data_dir, "socket"), 0o666)
        done = subprocess.run(["/usr/bin/python3", "-c", script], user=65534, group=65534, pass_fds=[folder],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertIn("b''", done.stdout, done)

    def test_half_a_connection_is_answered(self):
        one = connect(self.bob.data_dir)
        one.sendall(b'{"jsonrpc":"2.0","id":1,"method":"send","params":{"to":"alice","text":"last words"}}\n')
        one.shutdown(socket.SHUT_WR)
        data = b""
        while more := one.recv(4096):
            data += more
        one.close()
        self.assertEqual(json.loads(data)["result"]["to"], "alice")


if __name__ == "__main__":
    unittest.main()
