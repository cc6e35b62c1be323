#!/usr/bin/env python3
"""Answers each text that this account receives with the same text, in order, once each, whatever is killed meanwhile.
Usage: bot.py [fastchat's options, as --data-dir DIR]"""
import collections, itertools, json, os, subprocess, sys

fastchat = subprocess.Popen([os.environ.get("FASTCHAT", "fastchat"), *sys.argv[1:], "rpc"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
numbers, events = itertools.count(1), collections.deque()

def call(method, **params):
    number = next(numbers)
    print(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}), file=fastchat.stdin, flush=True)
    while (line := json.loads(fastchat.stdout.readline() or sys.exit("fastchat ended"))).get("id") != number:
        events.append(line)  # events come between the answers
    return line["result"] if "result" in line else sys.exit(line["error"]["message"])

number = call("subscribe", name="bot.py", ack=True, events=["message"])["subscription"]
for line in iter(lambda: events.popleft() if events else json.loads(fastchat.stdout.readline() or "null"), None):
    message, cursor = line["params"]["event"], line["params"]["cursor"]
    to = message["to"] if message["to"].startswith("#") else message["from"]
    if message["kind"] == "text":  # the same "id" is the same message, so a second try sends nothing
        call("send", to=to, text=message["text"], reply_to=message["id"], id="bot " + message["id"],
             timeout=86400)
    call("ack", subscription=number, cursor=cursor)
