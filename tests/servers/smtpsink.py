#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An SMTP server that keeps what it takes and misbehaves as told, on loopback.

with Sink() as sink: sink.answers["RCPT"] = ["450 later"]; ... sink.port ... sink.taken

What it does may change between two commands. `taken` has one entry a mail, in the order in which
they were taken: the envelope, and the bytes as they were meant (unstuffed).
"""
import collections
import socket
import threading
import time

Mail = collections.namedtuple("Mail", "sender recipients data")


class Sink:
    def __init__(self, extensions=("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 20000000",
                                   "CHUNKING"), tls=None, implicit=None, users=None,
                 address="127.0.0.1"):
        self.extensions = list(extensions)
        self.tls = tls            # an ssl.SSLContext for STARTTLS
        self.implicit = implicit  # one for TLS from the first byte
        self.users = users        # {name: password}: AUTH is offered and required
        self.answers = {}         # verb, or "END" for the end of a mail -> replies, each used once
        self.always = {}          # the same, used again and again
        self.how = ""             # drop-end, lose-end, half-end, garbage, hang-up, silent, trickle,
                                  # half-closed, half-closed-end, inject
        self.pause = 0.0          # before the answer to the end of a mail
        self.taken = []
        self.commands = []        # (connection, line)
        self.connections = 0
        self.closing = False
        self.lock = threading.Lock()
        self.listener = socket.create_server((address, 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        self.closing = True
        self.listener.close()

    def accept(self):
        while not self.closing:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection, self.connections),
                             daemon=True).start()

    def serve(self, connection, number):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.implicit:
                connection = self.implicit.wrap_socket(connection, server_side=True)
            Session(self, connection, number).run()
        except (OSError, EOFError):
            pass
        finally:
            connection.close()

    def messages(self):
        """How often each Message-ID was taken."""
        found = collections.Counter()
        for mail in list(self.taken):
            for line in mail.data.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
                if line.lower().startswith(b"message-id:"):
                    found[line.split(b":", 1)[1].strip().strip(b"<>").decode()] += 1
        return found


class Session:
    def __init__(self, sink, connection, number):
        self.sink, self.connection, self.number = sink, connection, number
        self.buffer = b""
        self.in_user = not sink.users
        self.secure = bool(sink.implicit)
        self.sender, self.recipients, self.chunks = None, [], b""

    def say(self, text):
        data = text.encode() + b"\r\n"
        if self.sink.how == "trickle":
            for i in range(len(data)):
                self.connection.sendall(data[i:i + 1])
                time.sleep(0.005)
        else:
            self.connection.sendall(data)

    def more(self):
        data = self.connection.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def octets(self, n):
        while len(self.buffer) < n:
            self.more()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def scripted(self, verb):
        """The reply that was asked for, or None."""
        with self.sink.lock:
            once = self.sink.answers.get(verb)
            if once:
                return once.pop(0)
            return self.sink.always.get(verb)

    def run(self):
        if self.sink.how == "silent":
            time.sleep(30)
            return
        self.say(self.scripted("CONNECT") or "220 sink.example ESMTP")
        while True:
            line = self.line().decode("utf-8", "surrogateescape")
            self.sink.commands.append((self.number, line))
            verb = line.split(" ")[0].upper()
            if self.sink.how == "garbage" and verb in ("MAIL", "RCPT"):
                self.say("what do you want?")
                continue
            if self.sink.how == "hang-up" and verb == "MAIL":
                return
            if self.sink.how == "half-closed" and verb == "MAIL":
                self.connection.shutdown(socket.SHUT_WR)
                while True:
                    self.more()
            forced = self.scripted(verb)
            if forced:
                if verb == "BDAT":
                    self.octets(int(line.split(" ")[1]))
                if verb == "RCPT" and forced.startswith("2"):
                    self.recipients.append(line[line.index("<") + 1:line.rindex(">")])
                self.say(forced)
                if forced.startswith("421"):
                    return
                continue
            act = getattr(self, "do_" + verb.lower(), None)
            if not act:
                self.say("500 what is that?")
            elif act(line) is False:
                return

    def do_ehlo(self, line):
        lines = ["sink.example"] + list(self.sink.extensions)
        if self.sink.tls and not self.secure:
            lines.append("STARTTLS")
        if self.sink.users:
            lines.append("AUTH PLAIN LOGIN CRAM-MD5")
        self.connection.sendall(b"".join(
            f"250{'-' if i + 1 < len(lines) else ' '}{text}\r\n".encode()
            for i, text in enumerate(lines)))

    def do_helo(self, line):
        self.say("250 sink.example")

    def do_starttls(self, line):
        if self.sink.how == "inject":  # whoever sits between could do that
            self.connection.sendall(b"220 go ahead\r\n250 ready\r\n")
        else:
            self.say("220 go ahead")
        self.connection = self.sink.tls.wrap_socket(self.connection, server_side=True)
        self.buffer, self.secure = b"", True

    def do_auth(self, line):
        import base64
        import hmac
        words = line.split(" ")
        if words[1].upper() == "PLAIN":
            _, user, password = base64.b64decode(words[2]).decode().split("\0")
        elif words[1].upper() == "LOGIN":
            self.say("334 VXNlcm5hbWU6")
            user = base64.b64decode(self.line()).decode()
            self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self.line()).decode()
        else:
            challenge = b"<1.2@sink.example>"
            self.say("334 " + base64.b64encode(challenge).decode())
            user, digest = base64.b64decode(self.line()).decode().split(" ")
            password = self.sink.users.get(user, "")
            if hmac.new(password.encode(), challenge, "md5").hexdigest() != digest:
                password = None
        self.in_user = password is not None and self.sink.users.get(user) == password
        self.say("235 welcome" if self.in_user else "535 5.7.8 no such user and password")

    def do_mail(self, line):
        if not self.in_user:
            self.say("530 5.7.0 log in first")
            return
        if self.sender is not None:
            self.say("503 5.5.1 one mail at a time")
            return
        self.sender, self.recipients, self.chunks = line[line.index("<") + 1:line.index(">")], [], b""
        self.say("250 2.1.0 ok")

    def do_rcpt(self, line):
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
            return
        address = line[line.index("<") + 1:line.rindex(">")]
        if address.startswith("nobody@"):
            self.say("550 5.1.1 no such mailbox here")
        elif address.startswith("later@"):
            self.say("450-4.2.1 not now,\r\n450 4.2.1 come back")
        else:
            self.recipients.append(address)
            self.say("250 2.1.5 ok")

    def do_data(self, line):
        if not self.recipients:
            self.say("554 5.5.1 no valid recipients")
            return
        self.say("354 end with a dot")
        lines = []
        while True:
            text = self.line()
            if text == b".":
                break
            lines.append(text[1:] if text.startswith(b".") else text)
        return self.take(b"".join(text + b"\r\n" for text in lines))

    def do_bdat(self, line):
        words = line.split(" ")
        self.chunks += self.octets(int(words[1]))
        if not self.recipients:
            self.say("503 5.5.1 no recipients")
        elif len(words) > 2 and words[2].upper() == "LAST":
            return self.take(self.chunks)
        else:
            self.say("250 2.0.0 go on")

    def take(self, data):
        """The end of a mail. Whether it is kept, and whether that is told, may differ."""
        sink, mail = self.sink, Mail(self.sender, self.recipients, data)
        self.sender, self.recipients = None, []
        if sink.pause:
            time.sleep(sink.pause)
        forced = self.scripted("END")
        if forced and not forced.startswith("2"):
            self.say(forced)
            return not forced.startswith("421")
        if sink.how == "lose-end":
            return False  # neither kept nor told
        with sink.lock:
            sink.taken.append(mail)
        if sink.how == "drop-end":
            return False  # kept, and nobody learns of it
        if sink.how == "half-closed-end":
            self.connection.shutdown(socket.SHUT_WR)
            while True:
                self.more()
        if sink.how == "half-end":
            self.connection.sendall(b"25")
            return False
        self.say(forced or f"250 2.0.0 taken as {len(sink.taken)}")

    def do_rset(self, line):
        self.sender, self.recipients = None, []
        self.say("250 2.0.0 ok")

    def do_noop(self, line):
        self.say("250 2.0.0 ok")

    def do_quit(self, line):
        self.say("221 2.0.0 bye")
        return False
