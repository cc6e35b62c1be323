"""examples/webhook.py: a POST becomes a message, a message becomes a POST; only with its token, only on loopback."""
import http.server
import json
import os
import queue
import threading
import unittest
import urllib.error
import urllib.request

from chat import PATIENCE, wait_until
from rpc_client import SOURCE, Connection, Holding

TOKEN = "a token of the test"


class Hook(http.server.BaseHTTPRequestHandler):
    """Takes each POST; answers the first ones with the statuses in `refusals`."""
    got, refusals = queue.Queue(), []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.refusals.pop() if self.refusals else 204
        self.got.put((status, self.headers["Authorization"], json.loads(body)))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *unused):
        pass


class WebhookTest(Holding):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def setUp(self):
        super().setUp()
        hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=hook.serve_forever, daemon=True).start()
        self.addCleanup(hook.server_close)
        self.addCleanup(hook.shutdown)
        self.holder = self.daemon(self.bob)
        with Connection(self.bob.data_dir) as rpc:
            rpc.call("subscribe", name="webhook")  # the bridge begins here, whenever it starts
        env = {**self.chat.env, "FASTCHAT": self.cluster.program("fastchat"), "WEBHOOK_TOKEN": TOKEN}
        self.bridge = self.chat.start_program(
            [os.path.join(SOURCE, "examples", "webhook.py"), "--listen", "127.0.0.1:0", "--post",
             f"http://127.0.0.1:{hook.server_port}/", "--", "--data-dir", self.bob.data_dir], env)
        self.bridge.wait_lines(1)
        self.address = self.bridge.text().split()[-1]

    def post(self, to, text, token=TOKEN, **headers):
        request = urllib.request.Request(f"http://{self.address}/{to}", text.encode(),
                                         {"Authorization": f"Bearer {token}", **headers})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def test_both_ways(self):
        self.assertTrue(self.address.startswith("127.0.0.1:"))
        self.assertEqual(self.post("alice", "no", token="wrong")[0], 401)
        self.assertEqual(self.post("nobody-at-all", "no")[0], 400)
        self.assertEqual(self.post("alice", "x" * 20000)[0], 413)
        status, sent = self.post("alice", "from the web \u00e9", **{"Idempotency-Key": "1"})
        self.assertEqual((status, sent["to"]), (200, "alice"))
        self.assertEqual(self.post("alice", "again", **{"Idempotency-Key": "1"})[1]["id"], sent["id"])
        wait_until(lambda: [m["text"] for m in self.bob.history("alice")] == ["from the web \u00e9"], PATIENCE, "once")
        # A message that was refused once is posted again, before the one behind it.
        Hook.refusals.append(503)
        for text in ("one", "two"):
            self.alice.send("bob", text)
        got = [Hook.got.get(timeout=PATIENCE) for _ in range(3)]
        self.assertEqual([(status, m["text"]) for status, _, m in got], [(503, "one"), (204, "one"), (204, "two")])
        self.assertEqual({token for _, token, _ in got}, {f"Bearer {TOKEN}"})
        self.bridge.kill()
        self.assertClean(self.holder.interrupt())


if __name__ == "__main__":
    unittest.main()
