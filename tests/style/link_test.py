"""The servers cannot open a message: neither links OpenSSL. The client links it, which shows that the reader finds
it."""
import os
import re
import subprocess
import unittest

BIN = os.path.join(os.environ["FASTCHAT_BUILD"], "bin")
OPENSSL = re.compile(r"lib(crypto|ssl)\.so")


def needed(program):
    """Returns the shared libraries that `program` needs itself, not those that its libraries load (libpq: OpenSSL)."""
    path = os.path.join(BIN, program)
    out = subprocess.run(["readelf", "-d", path], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", out)


class Links(unittest.TestCase):
    def test_servers_do_not_link_openssl(self):
        for program in ("fastchat-broker", "fastchat-worker"):
            libraries = needed(program)
            self.assertTrue([l for l in libraries if l.startswith("libzmq.so")], libraries)
            self.assertEqual([], [l for l in libraries if OPENSSL.match(l)], program)

    def test_servers_hold_no_openssl_code(self):
        for program in ("fastchat-broker", "fastchat-worker"):
            symbols = subprocess.run(["nm", "-C", os.path.join(BIN, program)], check=True, capture_output=True, text=True)
            self.assertEqual([], re.findall(r"\b(EVP_\w+|RSA_\w+|SSL_\w+)\b", symbols.stdout), program)

    def test_client_links_openssl(self):
        self.assertTrue([l for l in needed("fastchat") if OPENSSL.match(l)])


if __name__ == "__main__":
    unittest.main()
