"""Servers and clients over IPv6, and names with several addresses: each is tried until one answers.

The names are in a hosts file of our own, in a mount namespace of the client's. Where the system allows no mount
namespace, the cases that need one are skipped. Needs ::1.
"""
import os
import re
import socket
import subprocess
import unittest

from chat import PATIENCE, ChatTest, Done, dies_with_us, wait_until


def can_mount():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "-m", "sh", "-c", "mount --bind /etc/hostname /etc/hosts"], capture_output=True).returncode == 0


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@unittest.skipUnless(has_ipv6(), "this machine has no ::1")
class AddressesTest(ChatTest):
    """All endpoints for clients listen on ::1 alone. The servers give clients a name, or the address."""
    CLUSTER = {"workers": 1, "bind": "::1", "public": "::1"}
    PEOPLE = ("alice",)

    def with_hosts(self, lines, command, **env):
        path = os.path.join(self.chat.folder, "hosts")
        with open(path, "w", encoding="utf-8") as file:
            file.write(lines)
        script = 'mount --bind "$0" /etc/hosts && exec "$@"'
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, path, *command], stdin=subprocess.DEVNULL,
                              capture_output=True, env={**self.chat.env, **env}, timeout=PATIENCE,
                              start_new_session=True, preexec_fn=dies_with_us())
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def named(self, name):
        return self.cluster.invite.replace("[::1]", name)

    def test_an_ipv6_address_does(self):
        self.assertIn("[::1]", self.cluster.invite)
        self.alice.send("alice", "over six")
        self.assertIn("[::1]", self.alice.status()["servers"])

    @unittest.skipUnless(can_mount(), "no mount namespace")
    def test_a_name_with_only_an_ipv6_address_does(self):
        person = self.chat.stranger("sixer")
        done = self.with_hosts("::1 six.test\n", person.command("signup", "sixer", server=self.named("six.test")),
                               FASTCHAT_PASSWORD=person.password)
        self.assertClean(done)

    @unittest.skipUnless(can_mount(), "no mount namespace")
    def test_every_address_of_a_name_is_tried(self):
        # No program listens at the first two.
        hosts = "127.0.0.1 both.test\n127.0.0.2 both.test\n::1 both.test\n"
        person = self.chat.stranger("booth")
        done = self.with_hosts(hosts, person.command("signup", "booth", server=self.named("both.test")),
                               FASTCHAT_PASSWORD=person.password)
        self.assertClean(done)
        done = self.with_hosts("127.0.0.1 both.test\n", person.command("send", "booth", "hi", "--timeout", "5"))
        self.assertEqual(6, done.code, done)
        self.assertRegex(done.err, r"\Afastchat: [^\n]*cannot be reached[^\n]*\n\Z")

    @unittest.skipUnless(can_mount(), "no mount namespace")
    def test_a_name_that_nobody_has_is_unreachable(self):
        person = self.chat.stranger("nobody-there")
        done = self.with_hosts("127.0.0.1 localhost\n",
                               person.command("login", "nobody-there", server=self.named("none.invalid")),
                               FASTCHAT_PASSWORD=person.password)
        self.assertEqual(3, done.code, done)

    @unittest.skipUnless(can_mount(), "no mount namespace")
    def test_a_worker_finds_its_broker_by_any_address_of_its_name(self):
        """The control endpoint is an IPv4 address here. No program listens at the first address of the name."""
        process = self.cluster.process("worker1")
        command = [re.sub(r"^tcp://127[.0-9]*:", "tcp://broker.test:", word) if before == "--broker" else word
                   for before, word in zip(["", *process.command], process.command)]
        self.assertNotEqual(command, process.command)
        path = os.path.join(self.chat.folder, "worker-hosts")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"::1 broker.test\n{self.cluster.address} broker.test\n")
        self.assertTrue(self.cluster.stop_part("worker1"))
        with subprocess.Popen(["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', path, *command],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              cwd=self.cluster.run_dir, env=self.cluster.env, preexec_fn=dies_with_us()) as popen:
            wait_until(lambda: self.cluster.health("worker1")[0], PATIENCE, "the worker is registered")
            popen.terminate()
            self.assertEqual(0, popen.wait(PATIENCE))


@unittest.skipUnless(has_ipv6(), "this machine has no ::1")
class BothFamilies(ChatTest):
    """[::] accepts both families; an IPv4 client counts as itself."""
    CLUSTER = {"workers": 1, "bind": "::", "public": "127.0.0.1"}
    PEOPLE = ("alice",)

    def test_both_are_served(self):
        self.alice.send("alice", "over four")
        other = self.alice.another_device(server=self.cluster.invite.replace("127.0.0.1", "[::1]"))
        self.assertIn("[::1]", other.status()["servers"])


if __name__ == "__main__":
    unittest.main()
