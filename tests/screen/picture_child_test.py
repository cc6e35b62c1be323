"""The picture process of the real program: its state in /proc while it waits for its picture, and its drawing.

Needs no terminal and no server. The process decodes only after the test has read its state.
"""
import os
import pwd
import struct
import subprocess
import tempfile
import unittest
import zlib

from fastchat_process import wait_until

PROGRAM = os.path.join(os.environ["FASTCHAT_BUILD"], "bin", "fastchat")
BLOCKS, KITTY, SIXEL = 0, 1, 2


def png(width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = (b"\0" + b"\xff\0\0" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


class Child:
    """The picture process. Its standard input is a pipe that the test feeds at the end."""

    def __init__(self, mode=BLOCKS, **options):
        self.popen = subprocess.Popen([PROGRAM, "--draw-picture", str(mode), "20", "10", "256", "10", "20"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={},
                                      **options)

    def __enter__(self):
        def locked():
            assert self.popen.poll() is None, f"ended with {self.popen.returncode}"
            return status_of(self.popen.pid).get("Seccomp") == "2"
        wait_until(locked, 60, "the picture process is locked in")
        return self

    def __exit__(self, *unused):
        self.popen.kill()
        self.popen.communicate()

    def draw(self, picture):
        out, _ = self.popen.communicate(picture, timeout=60)
        return self.popen.returncode, out


class PictureChild(unittest.TestCase):
    def test_the_system_says_that_it_is_locked_in(self):
        with tempfile.TemporaryFile() as secret:
            os.set_inheritable(secret.fileno(), True)
            with Child(close_fds=False) as child:
                pid = child.popen.pid
                status = status_of(pid)
                self.assertEqual("1", status["NoNewPrivs"])
                if "thread" not in os.environ.get("FASTCHAT_SANITIZE", ""):
                    self.assertEqual("1", status["Threads"].strip())
                self.assertEqual(pid, os.getsid(pid), "a session of its own, so no controlling terminal")
                if os.geteuid() == 0:  # the memory of the process is private, so other users may not look at these
                    self.assertEqual({"0", "1", "2"}, set(os.listdir(f"/proc/{pid}/fd")))
                    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0:
                        self.assertNotEqual(os.readlink("/proc/self/ns/net"), os.readlink(f"/proc/{pid}/ns/net"))
                self.assertEqual(0, child.draw(png(8, 8))[0])

    def test_it_draws_in_every_form(self):
        for mode in (BLOCKS, KITTY, SIXEL):
            with self.subTest(mode=mode), Child(mode) as child:
                code, out = child.draw(png(400, 300))
                self.assertEqual(0, code, out[:200])
                self.assertGreater(len(out), 20)

    def test_a_failure_is_one_line(self):
        with Child() as child:
            code, out = child.draw(b"\x89PNG\r\n\x1a\nnot one")
        self.assertEqual(1, code)
        self.assertIn(b"damaged", out)

    def test_a_picture_that_is_too_large_has_a_status_of_its_own(self):
        for picture, why in ((png(100_001, 1), b"100001x1"), (b"\x89PNG" + bytes(32 << 20), b"larger than 32 MiB")):
            with self.subTest(why=why):
                with Child() as child:
                    code, out = child.draw(picture)
                self.assertEqual(2, code)
                self.assertIn(why, out)

    def test_a_plain_user_is_locked_in_too(self):
        if os.geteuid() != 0:
            self.skipTest("the other tests ran as a plain user")
        nobody = pwd.getpwnam("nobody")
        try:
            subprocess.run([PROGRAM, "--version"], user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
                           stdout=subprocess.DEVNULL, check=True)
        except PermissionError:
            self.skipTest("another user cannot enter the build folder")
        with Child(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[]) as child:
            self.assertEqual("1", status_of(child.popen.pid)["NoNewPrivs"])
            self.assertEqual(0, child.draw(png(8, 8))[0])


if __name__ == "__main__":
    unittest.main()
