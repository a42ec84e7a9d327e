#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A POP3 server that misbehaves as told, on loopback and in clear text; and "good", which
does everything right. What it does may change between two connections.

with EvilPop3({"1": b"...", ...}) as server: server.how = "cut"; ... server.port ...
"""
import socket
import threading
import time


def stuffed(message):
    """A message (CRLF) as it goes over the wire, with the end."""
    return message.replace(b"\r\n.", b"\r\n..") + b".\r\n"


class EvilPop3:
    def __init__(self, messages, how="good", tls=None):
        self.messages = list(messages)  # bodies with CRLF
        self.how = how
        self.tls = tls  # an ssl.SSLContext for STLS
        self.commands = []  # verbs as they came, all connections
        self.asked = []  # numbers that DELE named
        self.gone = set()  # what is deleted for good
        self.closing = False
        self.listener = socket.create_server(("127.0.0.1", 0))
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
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            Session(self, connection).run()
        except OSError:
            pass
        finally:
            connection.close()


class Session:
    def __init__(self, server, connection):
        self.server, self.connection, self.how = server, connection, server.how
        self.buffer = b""
        self.deleted, self.gone = set(), set(server.gone)

    def send(self, data):
        self.connection.sendall(data)

    def forever(self, data, pause=0):
        while not self.server.closing and self.server.how == self.how:
            self.send(data)
            if pause:
                time.sleep(pause)

    def silence(self):
        while not self.server.closing and self.server.how == self.how:
            time.sleep(0.05)

    def line(self):
        while b"\n" not in self.buffer:
            data = self.connection.recv(65536)
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.strip().decode("latin-1")

    def run(self):
        greet = getattr(self, "greet_" + self.how.replace("-", "_"), None)
        if greet:
            greet()
        else:
            self.send(b"+OK ready\r\n")
        while True:
            line = self.line()
            if line is None:
                return
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            self.server.commands.append(verb)
            if verb == "DELE":
                self.server.asked.append(rest)
            evil = getattr(self, f"{verb.lower()}_{self.how.replace('-', '_')}", None)
            good = getattr(self, verb.lower(), None)
            if evil:
                evil(rest)
            elif good:
                good(rest)
            else:
                self.send(b"-ERR what?\r\n")
            if verb == "QUIT":
                return

    # ---- as it should be

    def capa(self, _):
        self.send(b"+OK\r\nTOP\r\nUIDL\r\nUSER\r\nPIPELINING\r\nSASL PLAIN\r\n" +
                  (b"STLS\r\n" if self.server.tls else b"") + b".\r\n")

    def auth(self, _):
        self.send(b"+OK\r\n")

    def user(self, _):
        self.send(b"+OK\r\n")

    def stat(self, _):
        self.send(b"+OK %d %d\r\n" % (len(self.server.messages),
                                      sum(map(len, self.server.messages))))

    def uid(self, number):
        return b"uid-%d" % number

    def uidl(self, _):
        self.send(b"+OK\r\n" + b"".join(b"%d %s\r\n" % (n, self.uid(n)) for n in self.numbers()) +
                  b".\r\n")

    def numbers(self):
        return [n for n in range(1, len(self.server.messages) + 1) if n not in self.gone]

    def message(self, number):
        return self.server.messages[int(number.split()[0]) - 1]

    def list(self, rest):
        if rest:
            self.send(b"+OK %d %d\r\n" % (int(rest), len(self.message(rest))))
        else:
            self.send(b"+OK\r\n" + b"".join(b"%d %d\r\n" % (n, len(self.message(str(n))))
                                            for n in self.numbers()) + b".\r\n")

    def top(self, rest):
        self.send(b"+OK\r\n" + stuffed(self.message(rest).split(b"\r\n\r\n")[0] + b"\r\n\r\n"))

    def retr(self, rest):
        self.send(b"+OK\r\n" + stuffed(self.message(rest)))

    def dele(self, rest):
        self.deleted.add(int(rest))
        self.send(b"+OK\r\n")

    def quit(self, _):
        self.server.gone |= self.deleted
        self.send(b"+OK bye\r\n")

    def stls(self, _):
        if not self.server.tls:
            self.send(b"-ERR no TLS here\r\n")
            return
        self.send(b"+OK go\r\n")
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)

    # ---- greetings

    def greet_greeting_endless(self):
        self.forever(b"A" * 65536)

    def greet_greeting_of_another(self):
        self.send(b"220 mail.example ESMTP\r\n")

    def greet_silent(self):
        self.silence()

    def greet_closes(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def greet_early_answers(self):
        """The whole conversation, before a question."""
        self.send(b"+OK ready\r\n+OK\r\nUIDL\r\n.\r\n+OK\r\n+OK\r\n1 early\r\n.\r\n+OK\r\n1 10\r\n"
                  b".\r\n+OK\r\nSubject: early\r\n\r\nhalf")
        self.silence()

    def stls_early_tls(self, _):
        self.send(b"+OK go\r\n+OK injected\r\n")
        self.silence()

    # ---- refusals

    def auth_echo(self, rest):
        """A refusal that tells the log what it must not hold."""
        self.send(b"-ERR [AUTH] anna@example.com with " + rest.encode() + b" is unknown\r\n")

    def auth_who(self, _):
        self.send(b"-ERR [AUTH] no such user <anna@example.com>\r\n")

    def auth_locked(self, _):
        self.send(b"-ERR [IN-USE] Do you have another POP session running?\r\n")

    def auth_temporary(self, _):
        self.send(b"-ERR [SYS/TEMP] try again\r\n")

    def capa_no_uidl(self, _):
        self.send(b"+OK\r\nTOP\r\nUSER\r\nSASL PLAIN\r\n.\r\n")

    def uidl_no_uidl(self, _):
        self.send(b"-ERR unknown command\r\n")

    # ---- listings

    def uidl_line_endless(self, _):
        self.send(b"+OK\r\n1 ")
        self.forever(b"x" * 65536)

    def uidl_listing_endless(self, _):
        self.send(b"+OK\r\n")
        n = 0
        while not self.server.closing and self.server.how == self.how:
            self.send(b"".join(b"%d u%d\r\n" % (i, i) for i in range(n + 1, n + 20001)))
            n += 20000

    def uidl_uidl_nul(self, _):
        self.send(b"+OK\r\n1 a\0b\r\n2 c\r\n.\r\n")

    def uidl_uidl_same_number(self, _):
        self.send(b"+OK\r\n1 a\r\n1 b\r\n.\r\n")

    def uidl_uidl_negative(self, _):
        self.send(b"+OK\r\n-1 a\r\n.\r\n")

    def uidl_uidl_huge_number(self, _):
        self.send(b"+OK\r\n99999999999999999999 a\r\n.\r\n")

    def uidl_uidl_duplicate(self, _):
        self.send(b"+OK\r\n" + b"".join(b"%d same\r\n" % n for n in self.numbers()) + b".\r\n")

    def uidl_uidl_long(self, _):
        self.send(b"+OK\r\n" + b"".join(b"%d %s%d\r\n" % (n, b"l" * 3000, n)
                                        for n in self.numbers()) + b".\r\n")

    def list_list_negative(self, _):
        self.send(b"+OK\r\n1 -5\r\n.\r\n")

    def list_list_huge(self, _):
        self.send(b"+OK\r\n" + b"".join(b"%d 99999999999999999999999\r\n" % n
                                        for n in self.numbers()) + b".\r\n")

    def list_list_differs(self, _):
        """One that UIDL did not list, and one less."""
        self.send(b"+OK\r\n1 100\r\n77 100\r\n78 100\r\n.\r\n")

    def stat_list_differs(self, _):
        self.send(b"+OK 4711 1\r\n")

    def list_larger(self, _):
        self.send(b"+OK\r\n" + b"".join(b"%d 1\r\n" % n for n in self.numbers()) + b".\r\n")

    # ---- messages

    def retr_cut(self, rest):
        if rest != "2":
            return self.retr(rest)
        self.send(b"+OK\r\n" + self.message(rest)[:200])
        self.connection.shutdown(socket.SHUT_RDWR)

    def retr_no_dot(self, rest):
        self.send(b"+OK\r\n" + self.message(rest))
        self.silence()

    def retr_no_dot_but_more(self, rest):
        """The next answer stands where the message should have ended."""
        self.send(b"+OK\r\n" + self.message(rest) + b"+OK\r\n")

    def retr_refused_one(self, rest):
        self.send(b"-ERR I will not\r\n") if rest == "2" else self.retr(rest)

    def retr_garbage(self, _):
        self.send(b"\x16\x03\x01 what\r\n")

    def retr_drip(self, rest):
        self.send(b"+OK\r\n")
        self.forever(b"x", 0.3)

    def retr_message_endless(self, rest):
        self.send(b"+OK\r\n")
        self.forever((b"y" * 998 + b"\r\n") * 64)

    def retr_line_of_message_endless(self, rest):
        self.send(b"+OK\r\n")
        self.forever(b"z" * 65536)

    # ---- deletes

    def dele_dele_refused(self, _):
        self.send(b"-ERR read-only\r\n")

    def dele_dele_silent(self, _):
        self.silence()

    def quit_quit_silent(self, _):
        self.silence()

    def quit_quit_refused(self, _):
        self.send(b"-ERR some deleted messages not removed\r\n")


setattr(Session, "pass", Session.user)
