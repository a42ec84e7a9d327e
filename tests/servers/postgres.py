# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of its own in a folder, reached by a socket there."""
import os
import pwd
import subprocess
import tempfile
import time

BIN = "/usr/lib/postgresql/15/bin/"


def there():
    return os.access(BIN + "postgres", os.X_OK) and os.access(BIN + "psql", os.X_OK)


class Postgres:
    def __init__(self):
        # Short: the path of a socket has 107 bytes at most.
        self.folder = tempfile.mkdtemp(prefix="brygga-pg-")
        self.database = f"host={self.folder} user=brygga dbname=postgres"
        self.who = {}
        if os.getuid() == 0:  # PostgreSQL does not run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.server = None

    def start(self):
        how = {"cwd": self.folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
               **self.who}
        subprocess.run([BIN + "initdb", "-D", "data", "-A", "trust", "-U", "brygga", "-E", "UTF8",
                        "-N", "--locale=C"], check=True, **how)
        self.server = subprocess.Popen(
            [BIN + "postgres", "-D", "data", "-k", self.folder, "-c", "listen_addresses=",
             "-c", "fsync=off"], **how)
        for _ in range(300):
            if subprocess.run([BIN + "pg_isready", "-q", "-h", self.folder, "-d", "postgres"],
                              check=False).returncode == 0:
                return self
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not answer")

    def stop(self):
        if self.server:
            self.server.send_signal(2)  # fast: it does not wait for clients
            self.server.wait(20)
        subprocess.run(["rm", "-rf", self.folder], check=False)

    def sql(self, text, schema="brygga"):
        """The rows as lists of texts."""
        done = subprocess.run([BIN + "psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1",
                               self.database], capture_output=True, text=True, check=False,
                              input=f"SET search_path TO {schema};\n{text}")
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]
