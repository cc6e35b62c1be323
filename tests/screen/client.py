"""Helpers of the tests of the screen: a cluster, accounts made on the command line, clients in tmux."""
import os
import shutil
import subprocess
import tempfile
import unittest

from fastchat_cluster import Cluster
from tmux import Terminal

PASSWORD = "correct horse battery"


class ScreenTest(unittest.TestCase):
    PEOPLE = ()
    CLUSTER = {"workers": 2}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="fc-screen-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.cluster = Cluster.temporary(**cls.CLUSTER)
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__, None, None, None)
        for name in cls.PEOPLE:
            cls.fastchat(name, "--server", cls.cluster.invite, "signup", name)

    @classmethod
    def data_dir(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def fastchat(cls, profile, *args, text=None):
        return subprocess.run([cls.cluster.program("fastchat"), "--data-dir", cls.data_dir(profile), *args], check=True,
                              input=text, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "FASTCHAT_PASSWORD": PASSWORD}).stdout

    def client(self, profile, *args, env=None, **options):
        return Terminal([self.cluster.program("fastchat"), "--data-dir", self.data_dir(profile), *args],
                        env={"XDG_CONFIG_HOME": self.folder, **(env or {})}, **options)
