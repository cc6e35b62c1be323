"""Runs the libFuzzer targets of the preset `fuzz`: run.py BUILD [--seconds S] [--merge] [TARGET ...].

Each target runs for S seconds (60) on one core over its corpus and the inputs of earlier runs (BUILD/fuzz/TARGET). An
input that breaks a property is left in BUILD/fuzz/artifacts with its report, and the run ends with 1. --merge then
adds the fewest small inputs to the corpus in the tree that reach code it does not reach yet: look at them before a
commit."""
import argparse
import hashlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_INPUTS, MOST_BYTES, MOST_INPUT_BYTES = 60, 24_000, 1_500  # of a corpus in the tree
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=0:handle_abort=1",
               "UBSAN_OPTIONS": "print_stacktrace=1", "LC_ALL": "C.UTF-8"}
MOST_LENGTH = {"picture": 16384, "wire_bus": 8192, "content": 8192}  # bytes of an input; of the others 4096


class Target:
    def __init__(self, build, name):
        self.name = name
        self.program = os.path.join(build, "bin", "fuzz_" + name)
        self.tree = os.path.join(HERE, "corpus", name)
        self.found = os.path.join(build, "fuzz", name)
        self.artifacts = os.path.join(build, "fuzz", "artifacts", name)
        for folder in (self.tree, self.found, self.artifacts):
            os.makedirs(folder, exist_ok=True)

    def call(self, *arguments, **options):
        return subprocess.run([self.program, *arguments], env=os.environ | ENVIRONMENT, stdin=subprocess.DEVNULL, **options)

    def run(self, seconds):
        """Returns True when the run found no fault."""
        log_path = os.path.join(self.artifacts, "log")
        with open(log_path, "wb") as log:
            done = self.call(f"-max_total_time={seconds}", "-timeout=120", "-rss_limit_mb=2048", "-print_final_stats=1",
                             f"-max_len={MOST_LENGTH.get(self.name, 4096)}", f"-artifact_prefix={self.artifacts}/", "-use_value_profile=1",
                             self.found, self.tree, stdout=log, stderr=subprocess.STDOUT, timeout=seconds + 300)
        with open(log_path, encoding="utf-8", errors="replace") as log:
            text = log.read()
        runs = [line.split()[-1] for line in text.splitlines() if line.startswith("stat::number_of_executed_units")]
        covered = [line for line in text.splitlines() if " cov: " in line]
        state = covered[-1].split("\t")[-1].strip() if covered else ""
        print(f"{self.name}: {runs[-1] if runs else '?'} inputs, {state}", flush=True)
        if done.returncode != 0:
            print(text[-6000:], flush=True)
        return done.returncode == 0

    def merge(self):
        """Copies inputs that reach more code than the tree's into the tree, smallest first, up to the size limit."""
        fresh = os.path.join(self.found + "-merged")
        os.makedirs(fresh, exist_ok=True)
        for name in os.listdir(fresh):
            os.remove(os.path.join(fresh, name))
        self.call("-merge=1", f"-max_len={MOST_INPUT_BYTES}", fresh, self.tree, self.found, check=True, stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL)
        present = {hashlib.sha1(read(os.path.join(self.tree, n))).digest() for n in os.listdir(self.tree)}
        count = len(present)
        size = sum(os.path.getsize(os.path.join(self.tree, n)) for n in os.listdir(self.tree))
        for path in sorted((os.path.join(fresh, n) for n in os.listdir(fresh)), key=os.path.getsize):
            data = read(path)
            if hashlib.sha1(data).digest() in present or count >= MOST_INPUTS or size + len(data) > MOST_BYTES:
                continue
            with open(os.path.join(self.tree, hashlib.sha1(data).hexdigest()[:12]), "wb") as file:
                file.write(data)
            count, size = count + 1, size + len(data)
        print(f"{self.name}: {count} inputs, {size} bytes in the tree", flush=True)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("targets", nargs="*")
    arguments = parser.parse_intermixed_args()
    built = sorted(n[5:] for n in os.listdir(os.path.join(arguments.build, "bin")) if n.startswith("fuzz_"))
    unknown = set(arguments.targets) - set(built)
    if unknown or not built:
        sys.exit(f"not built: {', '.join(sorted(unknown)) or 'any target'}")
    targets = [Target(arguments.build, name) for name in arguments.targets or built]
    failed = [target.name for target in targets if not target.run(arguments.seconds)]
    if arguments.merge:
        for target in targets:
            target.merge()
    if failed:
        sys.exit("found something: " + ", ".join(failed))


if __name__ == "__main__":
    main()
