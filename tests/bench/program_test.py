"""fastchat-bench as a program, against its bare relay: the JSON line, the exit status, nothing lost or out of order."""
import json
import os
import subprocess
import tempfile

PROGRAM = os.path.join(os.environ["FASTCHAT_BUILD"], "bin", "fastchat-bench")
COMMON = {"peer", "variant", "workload", "at", "tls", "confirm", "alu_ns", "sock_ns"}
USE = {"wall_s", "srv_cpu_s_per_M", "gen_cpu_s_per_M", "srv_cores", "gen_cores", "other_cores", "steal_cores", "srv_rss_mb"}
LATENCY = {"p50_us", "p90_us", "p99_us", "p999_us", "max_us"}
# The fields that the generator for other servers prints, so that one table holds all results.
FIELDS = {
    "w1": COMMON | USE | LATENCY | {"users", "senders", "window", "body", "msgs_per_s", "confirms_per_s", "mb_in_per_s",
                                    "mb_out_per_s", "sent", "undelivered", "unconfirmed", "bad", "out_of_order"},
    "w2": COMMON | USE | LATENCY | {"tx_" + name for name in LATENCY} | {
        "users", "rate", "body", "delivered_per_s", "gen_late_p50_us", "gen_late_p99_us", "gen_late_max_us", "measured",
        "undelivered", "bad", "out_of_order"},
    "w3": COMMON | USE | LATENCY | {"groups", "members", "window", "body", "deliveries_per_s", "messages_per_s",
                                    "undelivered", "bad", "out_of_order", "echoes"},
    "w5": COMMON | {"logins", "conc", "logins_per_s", "login_srv_cpu_ms", "srv_cores", "gen_cores", "other_cores", "idle",
                    "rss0_mb", "rss1_mb", "kb_per_conn", "idle_srv_cores"},
}
# Long enough for a first answer.
TIMES = ["--secs", "3" if os.environ.get("FASTCHAT_SANITIZE") else "0.2", "--warm", "0.05"]
SHORT = TIMES + ["--users", "10"]
RUNS = {
    "w1": [SHORT, SHORT + ["--batch", "1"], SHORT + ["--bidir", "--envelope", "real"]],
    "w2": [SHORT + ["--rate", "500"]],
    "w3": [TIMES + ["--groups", "2", "--members", "4"],
           TIMES + ["--groups", "1", "--members", "12", "--batch", "3"]],
    "w5": [["--logins", "8", "--idle", "12", "--conc", "4", "--idle-secs", "0.1"]],
}


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60)


def check_workload(workload, options, out):
    done = run("bare", workload, "--out", out, *options)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    missing = FIELDS[workload] - set(line)
    assert not missing, f"{workload}: no {missing}"
    assert line["workload"] == workload and line["peer"] == "libzmq"
    if workload == "w5":
        assert line["logins"] == 8 and line["idle"] == 12 and line["rss1_mb"] > 0
        return line
    rate = line[{"w1": "msgs_per_s", "w2": "delivered_per_s", "w3": "deliveries_per_s"}[workload]]
    assert rate > 0, line
    for name in ("undelivered", "bad", "out_of_order"):
        assert line[name] == 0, line
    assert line["p50_us"] <= line["p99_us"] <= line["max_us"], line
    return line


def main():
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "results.jsonl")
        printed = [check_workload(w, options, out) for w, runs in RUNS.items() for options in runs]
        with open(out, encoding="utf-8") as file:
            assert [json.loads(line) for line in file] == printed
    assert printed[1]["batch"] == 1 and printed[2]["senders"] == 10 and printed[2]["body"] > 1500

    for wrong in (["w1"], ["bare", "w4"], ["nothing"], ["bare", "w1", "--window", "0"]):
        done = run(*wrong)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and not done.stdout, (wrong, done)
    done = run("w1", "--invite", "fastchat://127.0.0.1:1/")
    assert done.returncode == 3 and done.stderr.count("\n") == 1, done
    assert run("--help").returncode == 0


if __name__ == "__main__":
    main()
