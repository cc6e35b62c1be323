"""Runs bench/abuse/run at a small scale. Checks that each attack gets the right answers, and that honest users lose
nothing.

Checks no times, because they need a machine of their own."""
import json
import os
import subprocess
import sys
import tempfile

RUN = os.path.join(os.environ["FASTCHAT_SOURCE"], "bench", "abuse", "run")
SMALL = ["--pairs", "2", "--guests", "6", "--secs", "1", "--login-secs", "1", "--back", "1", "--scale", "0.01", "--together"]
# The expected answers to each attack. An attacker may also get those of NOT_NOW.
GOOD = {
    "D1": {"users"}, "D2": {"vault_stored"}, "D3": {"queued", "delivered", "logged_in"}, "D4": {"BAD_CREDENTIALS"},
    "D5": {"queued", "RECIPIENT_FULL", "SHARE_FULL"}, "D6": {"UNKNOWN_GROUP", "devices"},
    "D7": {"signed_up", "TOO_LARGE"}, "D8": {"group_stored"}, "D9": {"connected"}, "D10": {"users", "delivered", "queued"},
}
NOT_NOW = {"BUSY", "THROTTLED", "TOO_MANY_DEVICES", "STORAGE_FULL", "NOT_ALLOWED"}


def check(line):
    name, told = line["attack"], json.loads(line["rogue"]["answers"])
    assert GOOD[name] & set(told), (name, told)
    unexpected = {answer for answer in told if answer not in GOOD[name] | NOT_NOW and not answer.startswith("ended")}
    assert not unexpected - {"closed"}, (name, told)
    end = line["end"]
    assert end["messages"] > 20 and end["lost"] == 0 and end["unaccepted"] == 0, (name, end)
    for label in ("quiet", "attacked"):
        assert line[label]["messages"] > 0 and line[label]["late"] == 0, (name, line[label])
    assert line["running"], (name, "a server ended")
    assert set(line["memory"]) == {"broker1", "worker1", "worker2"}
    if name == "D10":
        assert "ended" not in line["victim"], line["victim"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "abuse.jsonl")
        done = subprocess.run([sys.executable, RUN, *SMALL, "--build", os.environ["FASTCHAT_BUILD"], "--out", out],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with open(out, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        assert [line["attack"] for line in lines] == list(GOOD)
        for line in lines:
            check(line)
        shown = subprocess.run([sys.executable, RUN, "--table", "--out", out], capture_output=True, text=True, check=True).stdout
        assert shown == done.stdout and len(shown.splitlines()) == 2 + len(GOOD), shown
    done = subprocess.run([sys.executable, RUN, "D11"], capture_output=True, text=True)
    assert done.returncode == 2 and "D11" in done.stderr, done


if __name__ == "__main__":
    main()
