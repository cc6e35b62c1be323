"""fastchat-bench against a real cluster: sign-up, logins, traffic, the queue, and the queue of a worker that was killed."""
import json
import signal
import subprocess

from fastchat_cluster import Cluster

SHORT = ["--secs", "0.3", "--warm", "0.1", "--users", "10"]
AWAY = ["--users", "6", "--senders", "3", "--msgs", "300"]


def bench(cluster, *arguments):
    command = [cluster.program("fastchat-bench"), *arguments, "--invite", cluster.invite,
               "--pids", f"worker={cluster.process('worker1').pid},broker={cluster.process('broker1').pid}"]
    done = subprocess.run(command, capture_output=True, text=True, env=cluster.env, timeout=100)
    assert done.returncode == 0, (arguments, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def check(line, **expected):
    for name, value in expected.items():
        assert line[name] == value, (name, line)


def main():
    with Cluster.temporary(workers=1) as cluster:
        bench(cluster, "register", "--users", "12")
        bench(cluster, "register", "--users", "12")  # a second registration is no error
        bench(cluster, "probe")

        line = bench(cluster, "w1", *SHORT)
        check(line, peer="fastchat", undelivered=0, unconfirmed=0, out_of_order=0, bad=0, queued=0, rejected=0)
        assert line["msgs_per_s"] > 0 and line["worker_rss_mb"] > 0
        check(bench(cluster, "w2", *SHORT, "--rate", "300"), undelivered=0, out_of_order=0, bad=0)
        line = bench(cluster, "w3", "--secs", "0.3", "--warm", "0.1", "--groups", "2", "--members", "4")
        check(line, mode="group", undelivered=0, unconfirmed=0, out_of_order=0, bad=0, queued=0, rejected=0)
        groups = ["--secs", "0.1", "--warm", "0", "--groups", "2", "--members", "4"]  # the groups exist already
        check(bench(cluster, "w3", *groups), undelivered=0, unconfirmed=0, bad=0, rejected=0)

        line = bench(cluster, "w4", *AWAY)
        check(line, store_unconfirmed=0, drained=300, missing=0, dups=0, wrong=0, rejected=0)
        line = bench(cluster, "w4", *AWAY, "--phases", "setup,store")
        check(line, store_unconfirmed=0)
        cluster.kill("worker1", signal.SIGKILL)
        cluster.start_part("worker1")
        check(bench(cluster, "w4", *AWAY, "--phases", "drain"), drained=300, missing=0, dups=0, wrong=0)

        check(bench(cluster, "w5", "--logins", "8", "--idle", "12", "--idle-secs", "0.1"), logins=8, idle=12)


if __name__ == "__main__":
    main()
