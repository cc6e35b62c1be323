"""Workers without a directory keep the bytes of files in the database."""
import unittest

from file_chat import BytesAtTheServer, FileChatTest
from fastchat_cluster import Cluster, ClusterError


class FilesInTheDatabaseTest(BytesAtTheServer, FileChatTest):
    CLUSTER = {"workers": 2, "files": ""}


class OneDirectoryTest(unittest.TestCase):
    def test_a_worker_that_would_look_elsewhere_does_not_start(self):
        with Cluster.temporary(workers=2) as cluster:
            for wrong in ("", cluster.files + "-other"):
                cluster.stop_part("worker2")
                command = cluster.process("worker2").command
                command[command.index("--files") + 1] = wrong
                with self.assertRaisesRegex(ClusterError, "--files has to name"):
                    cluster.start_part("worker2")


if __name__ == "__main__":
    unittest.main()
