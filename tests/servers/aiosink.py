#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's aiosmtpd as a sink that misbehaves as told, a process of its own on loopback.

As a program: aiosink.py FOLDER [CERTIFICATE KEY]. FOLDER/how says what goes wrong and may change at
any time; each mail that is taken is a file FOLDER/taken-N. The port is printed.

with AioSink(folder) as sink: sink.how("drop-end"); ... sink.port ... sink.taken()
"""
import asyncio
import os
import socket
import ssl
import subprocess
import sys

PROGRAM = "/usr/bin/python3"  # the one that has Debian's packages


class AioSink:
    def __init__(self, folder, *certificate):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.how("")
        with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([PROGRAM, __file__, folder, *certificate], text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log)
        self.port = int(self.process.stdout.readline())

    def how(self, word):
        with open(os.path.join(self.folder, "how"), "w", encoding="ascii") as f:
            f.write(word)

    def taken(self):
        """the mails, in no order"""
        mails = []
        for name in os.listdir(self.folder):
            if name.startswith("taken-"):
                with open(os.path.join(self.folder, name), "rb") as f:
                    mails.append(f.read())
        return mails

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def how(self):
        with open(os.path.join(self.folder, "how"), encoding="ascii") as f:
            return f.read()

    async def handle_RCPT(self, server, session, envelope, address, options):
        how = self.how()
        if how == "half-closed":
            server.transport.write_eof()
            await asyncio.sleep(10)
        if how in ("421", "450"):
            return how + " 4.3.0 not now"
        envelope.rcpt_tos.append(address)
        return "250 yes"

    async def handle_DATA(self, server, session, envelope):
        how = self.how()
        if how == "421-end":
            return "421 4.3.2 closing"
        self.count += 1
        path = os.path.join(self.folder, f"new-{self.count}")
        with open(path, "wb") as f:
            f.write(envelope.original_content)
        os.rename(path, os.path.join(self.folder, f"taken-{self.count}"))
        if how == "drop-end":
            server.transport.abort()
        if how == "half-closed-end":
            server.transport.write_eof()
        if how in ("slow", "half-closed-end"):
            await asyncio.sleep(10)
        return "250 taken"


def main(folder, certificate=None, key=None):
    from aiosmtpd.controller import Controller  # only this process has it
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
    # The controller asks its own port whether it is up, so it cannot be given 0.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Handler(folder), hostname="127.0.0.1", port=port, tls_context=tls)
    controller.start()
    print(port, flush=True)
    sys.stdin.read()  # until the test is over
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
