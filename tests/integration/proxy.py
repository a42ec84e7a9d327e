# SPDX-License-Identifier: Apache-2.0
"""A way to a server that counts who goes in at the same time, can be slow, and can lose answers.

It carries clear text, because it looks whose mailbox a connection is for.
"""
import base64
import collections
import re
import select
import socket
import threading
import time

LOGIN = re.compile(rb"(?:^|\n)(?:AUTH PLAIN (\S+)|USER (\S+))", re.I)


class Connection:
    def __init__(self, client, server):
        self.client, self.server = client, server
        self.user = None
        self.commands = 0  # writes of the client so far
        self.lost = False  # what the server says from now on is lost
        poll = select.poll()
        poll.register(client, select.POLLRDHUP)
        self.poll = poll

    def is_open(self):
        """False as soon as the client has closed it, though not all is read that it sent."""
        return self.client.fileno() >= 0 and not self.poll.poll(0)

    def close(self):
        for s in (self.client, self.server):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Proxy:
    """pace: seconds between pieces of an answer. lose: the answer to the client's n-th write of
    the first connection is lost, and with it the connection."""

    def __init__(self, t, port, pace=0.0, lose=None):
        self.to, self.pace, self.lose = port, pace, lose
        self.lock = threading.Lock()
        self.connections = []
        self.accepted = self.peak = 0
        self.peak_of = collections.Counter()   # of a user
        self.visits_of = collections.defaultdict(list)  # when each began
        self.moved = 0  # bytes to clients
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        t.at_end(self.stop)
        threading.Thread(target=self.accept, daemon=True).start()

    def stop(self):
        self.listener.close()
        with self.lock:
            for c in self.connections:
                c.close()

    def open(self, user=None):
        """How many connections are open, all or those of a user. With the lock held."""
        self.connections = [c for c in self.connections if c.is_open()]
        return sum(user is None or c.user == user for c in self.connections)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            for s in (client, server):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            c = Connection(client, server)
            with self.lock:
                self.accepted += 1
                if self.lose and self.accepted > 1:
                    self.lose = None
                self.connections.append(c)
                self.peak = max(self.peak, self.open())
            for way in (self.commands, self.answers):
                threading.Thread(target=self.carry, args=(way, c), daemon=True).start()

    def carry(self, way, c):
        try:
            way(c)
        except OSError:
            pass
        c.close()
        if way == self.answers:
            c.server.close()
            c.client.close()

    def commands(self, c):
        while data := c.client.recv(65536):
            c.commands += 1
            if self.lose == c.commands:
                c.lost = True
            login = LOGIN.search(data)
            if login and not c.user:
                self.log_in(c, login)
            c.server.sendall(data)

    def log_in(self, c, login):
        name = base64.b64decode(login[1]).split(b"\0")[1] if login[1] else login[2]
        with self.lock:
            c.user = name.decode()
            self.visits_of[c.user].append(time.monotonic())
            self.peak_of[c.user] = max(self.peak_of[c.user], self.open(c.user))

    def answers(self, c):
        while data := c.server.recv(16384):
            if c.lost:
                return
            if self.pace:
                time.sleep(self.pace)
            c.client.sendall(data)
            self.moved += len(data)
