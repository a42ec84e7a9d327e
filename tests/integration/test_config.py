# SPDX-License-Identifier: Apache-2.0
"""What people write, and what lies on the disk: everything wrong is refused with file, line and
what to do, everything right is taken as it stands, and a bad file harms nothing that runs."""
import os
import shutil
import signal
import subprocess

from lib import ROOT, Brygga, deliver, ini, serve, until, write
from trouble import plugins, quiet, troubled


def checked(b, *words, path=None):
    """`check` finds it, and says it in one line with file and line number."""
    done = b.run("check", *([path] if path else []), ok=False)
    text = done.stdout + done.stderr
    assert done.returncode == 1, f"check finds nothing; expected {words}: {text}"
    lines = [line for line in text.splitlines() if all(word in line for word in words)]
    assert len(lines) == 1, f"{words} in {text!r}"
    return lines[0]


def refused(b, *words):
    """The daemon does not start, and says why in one line."""
    done = subprocess.run([os.path.join(ROOT, "sbin", "bryggad"), "-c", b.conf], timeout=20,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    lines = [line for line in done.stderr.splitlines() if all(word in line for word in words)]
    assert done.returncode in (1, 78) and lines, (done.returncode, words, done.stderr)
    assert not os.path.exists(os.path.join(b.state, "brygga.db")), "a store was made"
    return lines


def conf_with(b, text):
    """The good configuration with lines added."""
    return write(b.conf, ini(b.sections) + text)


def test_config(t):
    """unknown names, doubles, bad values: refused with the line and the nearest right name"""
    b = Brygga(t)
    good = ini(b.sections)
    first = good.count("\n") + 1
    for text, line, words in (
            ("[schedule]\nnormall = 5m\n", 1, ["normall", "did you mean normal?"]),
            ("[schedul]\nnormal = 5m\n", 0, ["[schedul]", "did you mean [schedule]?"]),
            ("[role incomin]\n", 0, ["did you mean [role incoming]?"]),
            ("[wibble]\n", 0, ["[wibble]", "known are: core, storage"]),
            ("[connector pop3]\n", 0, ["connector pop3"]),
            ("[schedule]\nnormal = 5m\nnormal = 6m\n", 2, ["normal"]),
            ("[schedule]\nnormal = 5\n", 1, ["normal", "unit", '"5"']),
            ("[schedule]\nnormal = 5m ; quick\n", 1, ["normal", '"5m ; quick"']),
            ("[schedule]\nnormal = 5m # quick\n", 1, ["normal", '"5m # quick"']),
            ("[schedule]\nnormal\n", 1, []),
            ("[schedule]\nfastest = 10m\nnormal = 5m\n", 2, ["fastest", "normal"]),
            ("[role incoming]\nthreads = -1\n", 1, ["threads", "0", "512"])):
        conf_with(b, text)
        line = checked(b, f"brygga.conf:{first + line}:", *words)
        refused(b, line.split(": ", 1)[1])
    write(b.conf, good.replace(b.state, "relative/path"))
    checked(b, "brygga.conf:2:", "begins with /")
    # Everything at once, in the order of the lines.
    conf_with(b, "[schedule]\nnormall = 5m\n[retention]\ndecisions = never\n")
    said = b.run("check", ok=False)
    assert len((said.stdout + said.stderr).splitlines()) == 2, said
    write(b.conf, b"[core]\nstate = /tmp/\xff\n")
    checked(b, "brygga.conf:2:", "not UTF-8")
    os.unlink(b.conf)
    checked(b, "there is no configuration", "brygga.conf", "-c FILE")


def test_taken_as_it_stands(t):
    """BOM, CRLF, very long lines, quotes, # and ; in values: nothing is cut or lost"""
    b = Brygga(t)
    text = ini(b.sections)
    write(b.conf, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert b.run("check").returncode == 0
    server = serve(t, ["bo"])
    deliver(server, "bo", range(2))
    secret = "a ;b #c \"d\" = e 'f'"
    server.users["bo"] = secret
    server.restart()
    write(b.password, secret + "\r\n")
    long = " ".join(f"person{i}@customer{i}.example" for i in range(20000))
    b.profile("mail", server)
    b.mailbox("bo", "mail", accept="senders", senders=long + " sender0@customer0.example")
    b.apply()
    told = b.json("visit", "bo")
    assert told["items"] == 2 and sum(b.bodies().values()) == 1, told
    kept = b.sql("SELECT settings FROM mailbox")[0][0]
    assert "person19999@customer19999.example" in kept and kept.count("person") == 20000
    assert secret not in "".join(map(str, b.sql("SELECT settings FROM mailbox")))


def test_directory(t):
    """apply: unknown names, doubles, missing and open secrets; a bad file changes nothing"""
    b = Brygga(t)
    b.profile("mail", host="localhost")
    b.mailbox("bo", "mail")
    b.apply()
    good = open(b.directory).read()
    opened = write(os.path.join(b.folder, "open"), "s3cret-open\n", 0o644)
    empty = write(os.path.join(b.folder, "empty"), "\n")
    where = good[:good.index("password =")].count("\n") + 1
    for old, new, line, words in (
            (f"file:{b.password}", f"file:{b.folder}/none", where, ["none", "No such file"]),
            (f"file:{b.password}", f"file:{opened}", where, ["read by everybody", "chmod o-rwx"]),
            (f"file:{b.password}", f"file:{empty}", where, ["should hold a secret"]),
            (f"file:{b.password}", "file:password", where, ["absolute path"]),
            (f"file:{b.password}", "env:BRYGGA_NO_SUCH", where, ["BRYGGA_NO_SUCH", "not set"]),
            (f"file:{b.password}", "s3cret-here", where, ["password", "file:"]),
            ("username =", "usernam =", where - 1, ["did you mean username?"]),
            ("profile = mail", "profile = mial", None, ["mial"]),
            ("[profile mail]", "[profil mail]", None, ["[profil", "did you mean"]),
            ("bo@example.com", "bo at example", None, ["no email address"]),
            ("username = bo", "username = bo\nusername = eva", where, ["username"])):
        assert old in good, old
        write(b.directory, good.replace(old, new))
        line = f"directory.ini:{line}:" if line else "directory.ini:"
        said = checked(b, line, *words, path=b.directory)
        done = b.run("apply", b.directory, ok=False)
        assert done.returncode == 1 and said in done.stderr, (said, done.stderr)
        assert "s3cret" not in done.stderr + done.stdout + said, "a secret was shown"
        assert len(b.json("mailbox", "list")) == 1
    write(b.directory, good)
    assert b.run("apply", b.directory).stdout == "nothing to change\n"


def take_away(folder, kind, name):
    path = os.path.join(folder, kind, name + ".so")
    if os.path.exists(path):
        os.remove(path)


def test_plugins(t):
    """folders and files of plugins that others can write, and what is not installed"""
    b = Brygga(t, plugins=plugins(t))
    del b.sections["connector smtp"]
    b.write_config()
    folder = plugins(t)
    file = os.path.join(folder, "connector", "pop3.so")
    os.chmod(file, 0o775)
    checked(b, "pop3.so", "others can write it (mode 0775)", "chmod go-w")
    listed = {p["name"]: p for p in b.json("plugin", "list")}
    assert not listed["pop3"]["loads"] and "chmod go-w" in listed["pop3"]["summary"], listed
    os.chmod(file, 0o755)
    os.chmod(os.path.join(folder, "connector"), 0o777)
    checked(b, "/connector", "others can write it (mode 0777)", "chmod go-w")
    os.chmod(os.path.join(folder, "connector"), 0o755)
    b.run("check")
    if os.geteuid() == 0:
        os.chown(file, 4711, 0)
        checked(b, "pop3.so", "belongs to user id 4711", "chown root")
        os.chown(file, 0, 0)
    take_away(folder, "connector", "exchange")
    conf_with(b, "[connector exchange]\n")
    checked(b, "brygga.conf:", "exchange is not installed", "brygga-connector-exchange",
            "installed: pop3")
    conf_with(b, "[connector pop]\n")
    checked(b, "brygga.conf:", "pop is not installed", "installed: pop3")
    os.chmod(os.path.join(folder, "storage", "sqlite.so"), 0o757)
    b.write_config()
    lines = refused(b, "sqlite.so", "others can write it")
    assert len(lines) <= 2, lines
    os.chmod(os.path.join(folder, "storage", "sqlite.so"), 0o755)
    take_away(folder, "storage", "postgres")
    b.sections["storage"]["plugin"] = "postgres"
    b.write_config()
    lines = refused(b, "postgres is not installed", "brygga-storage-postgres", "installed: sqlite")
    assert len(lines) <= 2, lines


def test_running(t):
    """a bad file under a running daemon changes nothing, and says what is wrong"""
    b, good = troubled(t)
    b.apply()
    b.start()
    good.goes_on()
    children = set(b.children())
    conf_with(b, "[schedule2]\n")
    b.daemon.send_signal(signal.SIGHUP)
    until(lambda: "config.refused" in b.log(), 10, "a refusal")
    assert "[schedule2]" in b.log() and "did you mean [schedule]?" in b.log()
    assert "nothing was changed" in b.log()
    good.goes_on()
    assert set(b.children()) == children, "processes were replaced"
    quiet(b)
    second = subprocess.run([os.path.join(ROOT, "sbin", "bryggad"), "-c", b.conf],
                            capture_output=True, text=True, timeout=20)
    assert second.returncode == 78, second
    b.write_config()
    second = subprocess.run([os.path.join(ROOT, "sbin", "bryggad"), "-c", b.conf],
                            capture_output=True, text=True, timeout=20)
    assert second.returncode == 1 and len(second.stderr.splitlines()) == 1, second
    assert f"process {b.daemon.pid}" in second.stderr and "stop it first" in second.stderr, second
    good.goes_on()
    assert b.stop() == 0


def test_key(t):
    """the key of another store, a key that others can read, no key: one line, and no start"""
    b, other = Brygga(t), Brygga(t, "other")
    for x in (b, other):
        x.profile("mail", host="localhost")
        x.mailbox("bo", "mail")
        x.apply()
    for name in ("key", "key.pub", "hash.key"):
        shutil.copy(os.path.join(b.state, name), os.path.join(b.state, name + ".keep"))
        shutil.copy(os.path.join(other.state, name), os.path.join(b.state, name))
    stops(b, "BRG-CORE-0030", "does not belong to this store", b.state)
    done = b.run("mailbox", "list", ok=False)
    assert done.returncode == 1 and "does not belong to this store" in done.stderr, done
    for name in ("key", "key.pub", "hash.key"):
        shutil.copy(os.path.join(b.state, name + ".keep"), os.path.join(b.state, name))
    os.chmod(os.path.join(b.state, "key"), 0o644)
    stops(b, "can be read by others than its owner", "chmod 600")
    os.unlink(os.path.join(b.state, "key"))
    stops(b, f"the key file {b.state}/key is not there")
    assert not os.path.exists(os.path.join(b.state, "key")), "a new key was made for an old store"
    shutil.copy(os.path.join(b.state, "key.keep"), os.path.join(b.state, "key"))
    os.chmod(os.path.join(b.state, "key"), 0o600)
    b.start()
    assert b.stop() == 0


def stops(b, *words):
    """The daemon ends by itself, with one line about the reason."""
    b.start(wait=False)
    status = b.daemon.wait(20)
    b.daemon = None
    lines = [line for line in b.log().splitlines() if "process.failed" in line]
    assert status == 1 and all(w in lines[0] for w in words), (status, words, b.log())
    assert len(lines) == 1, lines
