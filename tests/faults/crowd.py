"""Thousands of raw WebSockets in one process: subscribers that keep their cursor and check what they hear, that can all be cut at once,
and that need not read. Messages are numbers, in order."""

import json
import select
import socket
import struct
import time

REQUEST = ("GET /websocket/{channel}?after={after} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() is a reset


class Subscriber:
    def __init__(self, channel):
        self.channel, self.cursor, self.next = channel, "earliest", 0
        self.lost = self.again = self.gaps = 0
        self.socket = None
        self.got = b""
        self.open = self.caught_up = False
        self.close_code = None

    def dial(self, port, receive_bytes=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", port))
        self.got, self.open, self.caught_up = b"", False, False

    def ask(self):
        self.socket.send(REQUEST.format(channel=self.channel, after=self.cursor).encode())

    def cut(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.socket.close()

    def read(self):
        """False: the connection is over."""
        try:
            part = self.socket.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.got += part
        if not self.open and b"\r\n\r\n" in self.got:
            head, self.got = self.got.split(b"\r\n\r\n", 1)
            if b" 101 " not in head.split(b"\r\n")[0]:
                return False
            self.open = True
        while self.open and self.take_frame():
            pass
        return bool(part)

    def take_frame(self):
        if len(self.got) < 2:
            return False
        length, at = self.got[1] & 127, 2
        if length > 125:
            at = 4 if length == 126 else 10
            if len(self.got) < at:
                return False
            length = int.from_bytes(self.got[2:at], "big")
        if len(self.got) < at + length:
            return False
        opcode, payload = self.got[0] & 15, self.got[at : at + length]
        self.got = self.got[at + length :]
        if opcode == 1:
            self.hear(json.loads(payload))
        elif opcode == 8:
            self.close_code = int.from_bytes(payload[:2], "big")
            self.socket.send(bytes([0x88, 0x82, 0, 0, 0, 0]) + payload[:2])
        elif opcode == 9:
            self.socket.send(bytes([0x8A, 0x80 | length, 0, 0, 0, 0]) + payload)
        return True

    def hear(self, envelope):
        self.cursor = envelope["cursor"]
        self.caught_up = True
        self.gaps += envelope.get("gap", False)
        for text in envelope["messages"]:
            number = int(text.split(" ", 1)[0])
            self.again += number < self.next
            self.lost += max(0, number - self.next)
            self.next = max(self.next, number + 1)


class Crowd:
    """All of them on one epoll."""

    def __init__(self, port, count, channel="storm"):
        self.port = port
        self.everyone = [Subscriber(channel) for _ in range(count)]
        self.poll = select.epoll()
        self.by_descriptor = {}
        self.failed_dials = 0

    def dial_all(self):
        for one in self.everyone:
            self.dial(one)

    def dial(self, one):
        one.dial(self.port)
        self.by_descriptor[one.socket.fileno()] = one
        self.poll.register(one.socket.fileno(), select.EPOLLOUT)

    def cut_all(self):
        for one in self.everyone:
            self.poll.unregister(one.socket.fileno())
            one.cut()
        self.by_descriptor.clear()

    def turn(self, wait_s=0.05):
        for descriptor, event in self.poll.poll(wait_s, 1024):
            one = self.by_descriptor[descriptor]
            if event & select.EPOLLOUT and not event & (select.EPOLLERR | select.EPOLLHUP):
                one.ask()
                self.poll.modify(descriptor, select.EPOLLIN)
            elif event & (select.EPOLLERR | select.EPOLLHUP) or not one.read():
                self.poll.unregister(descriptor)
                del self.by_descriptor[descriptor]
                one.socket.close()
                if one.close_code is None:
                    self.failed_dials += not one.open
                    self.dial(one)  # at once: the storm is to be one

    def turn_until(self, holds, give_up_s):
        """Whether it held in time."""
        deadline = time.monotonic() + give_up_s
        while not holds():
            if time.monotonic() > deadline:
                return False
            self.turn()
        return True

    def close(self):
        for one in self.everyone:
            one.socket.close()
        self.poll.close()

    def count(self, key):
        return sum(getattr(one, key) for one in self.everyone)
