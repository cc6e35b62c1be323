"""An installation of an earlier version, restored on this machine under the programs of this version.

`with contextlib.closing(Installation("version-1"))`: the dump is in a private PostgreSQL, the servers that run on it
have its keys, and each profile lies in a folder of its own. `manifest` has the output of the earlier programs.
"""
import json
import lzma
import os
import subprocess
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", folder) for folder in ("integration", "screen", "independent")]

from chat import Chat, Person  # noqa: E402
from fastchat_cluster import Cluster, clean_environment  # noqa: E402

# The servers delete old data (files after 30 days), so an installation is always as old as on the day of its dump.
SHIFT_TIMES = """
DO $$
DECLARE c record;
BEGIN
  FOR c IN SELECT table_name, column_name FROM information_schema.columns
           WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' LOOP
    EXECUTE format('UPDATE public.%%I SET %%I = %%I + (now() - %%L::timestamptz)',
                   c.table_name, c.column_name, c.column_name, '%s');
  END LOOP;
END $$;
"""


class RestoredCluster(Cluster):
    """A cluster that begins with a dump and with keys; `installation` has their paths."""
    installation = None

    def make_keys(self):
        with lzma.open(os.path.join(self.installation, "database.sql.xz"), "rt", encoding="utf-8") as file:
            self.feed(file.read())
        self.feed(SHIFT_TIMES % read_manifest(self.installation)["dumped"])
        with tarfile.open(os.path.join(self.installation, "keys.tar.xz")) as archive:
            archive.extractall(self.run_dir)
        super().make_keys()

    def feed(self, sql):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo], input=sql, check=True, text=True,
                       stdout=subprocess.DEVNULL, cwd="/", env=clean_environment())


class Installation(Chat):
    """devices: a Person for each profile, by its name in the manifest."""

    def __init__(self, name):
        path = os.path.join(HERE, name)
        self.CLUSTER_KIND = type("Restored", (RestoredCluster,), {"installation": path})
        super().__init__(workers=2, files="")
        self.manifest = read_manifest(path)
        with tarfile.open(os.path.join(path, "profiles.tar.xz")) as archive:
            archive.extractall(os.path.join(self.folder, "profiles"))
        self.devices = {device: self.person(seen["user"], os.path.join(self.folder, "profiles", device))
                        for device, seen in self.manifest["devices"].items()}

    def person(self, user, folder):
        return Person(self, user, folder, self.manifest["passwords"][user])


def read_manifest(path):
    with open(os.path.join(path, "manifest.json"), encoding="utf-8") as file:
        return json.load(file)
