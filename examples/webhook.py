#!/usr/bin/env python3
"""Joins an account to the web: a POST becomes a message, and a message becomes a POST.

    WEBHOOK_TOKEN=... webhook.py [--listen 127.0.0.1:8181] [--post URL] -- [fastchat's options, as --data-dir DIR]

In: POST /NAME, or /%23GROUP, with "Authorization: Bearer TOKEN" and the text as the body. The answer is the accepted
message as JSON, or an error. A header Idempotency-Key sends the message once, however often the POST comes.
Out: each message that arrives is a POST of one JSON object to URL, with the same Authorization, tried until the answer
is 2xx, in order, each once at least: compare "id". Listens on loopback alone unless --listen names another address.
"""
import argparse, hmac, http.server, itertools, json, os, queue, subprocess, sys, threading, time, urllib.parse, urllib.request

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("--listen", default="127.0.0.1:8181", metavar="ADDRESS:PORT")
options.add_argument("--post", metavar="URL")
options.add_argument("fastchat", nargs="*")
options = options.parse_args()
TOKEN = os.environ.get("WEBHOOK_TOKEN") or sys.exit("WEBHOOK_TOKEN is not set: whoever can reach the port could send messages")

fastchat = subprocess.Popen([os.environ.get("FASTCHAT", "fastchat"), *options.fastchat, "rpc"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
numbers, answers, events, writing = itertools.count(1), {}, queue.Queue(), threading.Lock()


def read():
    """Gives each answer to the call that waits for it, each other line to `events`; ends the program with fastchat."""
    for line in map(json.loads, fastchat.stdout):
        (answers.pop(line["id"]) if "id" in line and line["id"] in answers else events).put(line)
    os._exit(1)


def call(method, **params):
    """Returns the answer of fastchat, with `result` or `error`."""
    mine = queue.Queue()
    with writing:
        number = next(numbers)
        answers[number] = mine
        print(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}), file=fastchat.stdin, flush=True)
    return mine.get()


class Incoming(http.server.BaseHTTPRequestHandler):
    timeout = 30

    def do_POST(self):
        if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), f"Bearer {TOKEN}".encode()):
            return self.answer(401, {"error": "wrong token"})
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= 16384:
            return self.answer(413, {"error": "a message has 1 to 16384 bytes"})
        once = self.headers.get("Idempotency-Key")
        done = call("send", to=urllib.parse.unquote(self.path.lstrip("/")), text=self.rfile.read(length).decode("utf-8", "replace"),
                    **({"id": "webhook " + once} if once else {}))
        if "result" in done:
            return self.answer(200, done["result"])
        return self.answer(400 if done["error"]["code"] in (1, -32602) else 502, {"error": done["error"]["message"]})

    def answer(self, status, body):
        data = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *unused):
        pass


def post(message):
    """Returns True when the other side took the message."""
    request = urllib.request.Request(options.post, json.dumps(message).encode(), {"Content-Type": "application/json",
                                                                                 "Authorization": f"Bearer {TOKEN}"})
    try:
        return 200 <= urllib.request.urlopen(request, timeout=30).status < 300
    except OSError as error:
        print(f"not taken: {error}", file=sys.stderr)
        return False


threading.Thread(target=read, daemon=True).start()
address, _, port = options.listen.rpartition(":")
server = http.server.ThreadingHTTPServer((address, int(port)), Incoming)
print(f"listening on {server.server_address[0]}:{server.server_address[1]}", flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
if options.post:
    number = call("subscribe", name="webhook", ack=True, events=["message"])["result"]["subscription"]
while True:
    line = events.get()
    if line.get("method") == "event":
        for pause in itertools.count():
            if post(line["params"]["event"]):
                break
            time.sleep(min(60, 2 ** pause))
        call("ack", subscription=number, cursor=line["params"]["cursor"])
