"""Bytes to and from a server, as they are: a TCP connection, the HTTP answers in what came, and WebSocket frames."""

import os
import re
import socket
import ssl
import struct
import time
import urllib.parse
from dataclasses import dataclass, field

SEGMENT_PAUSE_S = 0.03  # apart in time, so that they arrive apart; no outcome depends on it


class Target:
    """Where a URL points: http, https, ws or wss."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.secure = parts.scheme in ("https", "wss")
        self.host, self.port = parts.hostname, parts.port or (443 if self.secure else 80)
        self.path = parts.path or "/"
        self.authority = parts.netloc


class Connection:
    """Keeps all that comes. `ended` is None while it is open, then "closed", "reset" or, after patience_s, "silent"."""

    def __init__(self, target, patience_s):
        self.got, self.ended = b"", None
        self.stream = socket.create_connection((target.host, target.port), timeout=patience_s)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.secure:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # what is tested is HTTP
            self.stream = context.wrap_socket(self.stream, server_hostname=target.host)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def send(self, parts):
        """Each part in a segment of its own. What cannot be sent since the server has closed is left out."""
        for i, part in enumerate([parts] if isinstance(parts, bytes) else parts):
            if i > 0:
                time.sleep(SEGMENT_PAUSE_S)
            try:
                self.stream.sendall(part)
            except OSError:
                return

    def receive(self):
        """Waits for more; False when there is none."""
        if self.ended:
            return False
        try:
            part = self.stream.recv(1 << 18)
        except TimeoutError:
            self.ended = "silent"
        except OSError:
            self.ended = "reset"
        else:
            self.got += part
            if not part:
                self.ended = "closed"
        return self.ended is None

    def receive_until(self, enough):
        while not enough(self.got) and self.receive():
            pass


# -- HTTP -----------------------------------------------------------------------------------------


class Malformed(Exception):
    """What the server sent is not what it claims to be."""


@dataclass
class Answer:
    status: int
    fields: dict  # names in lower case; of several, the last
    body: bytes


STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")


def parse_head(head):
    first, *lines = head.split(b"\r\n")
    status = STATUS_LINE.fullmatch(first)
    if not status:
        raise Malformed(f"status line {first[:60]!r}")
    fields = {}
    for line in lines:
        match = FIELD_LINE.fullmatch(line)
        if not match:
            raise Malformed(f"field line {line[:60]!r}")
        fields[match[1].decode().lower()] = match[2].decode("latin-1")
    return int(status[1]), fields


def take_chunks(stream):
    """The body of a chunked answer and what is behind it; None while it is not complete."""
    body = b""
    while True:
        line, found, rest = stream.partition(b"\r\n")
        if not found:
            return None
        size = int(line.split(b";")[0], 16)
        if size == 0:
            end = rest.find(b"\r\n") if rest.startswith(b"\r\n") else rest.find(b"\r\n\r\n") + 2
            return None if end < 0 else (body, rest[end + 2:])
        if len(rest) < size + 2:
            return None
        body, stream = body + rest[:size], rest[size + 2:]


def parse_answers(stream, heads=(), ended=False):
    """The complete answers in these bytes, and what is left. `heads`: which of them are answers to HEAD."""
    answers = []
    while stream:
        head, found, rest = stream.partition(b"\r\n\r\n")
        if not found:
            break
        status, fields = parse_head(head)
        final = sum(answer.status >= 200 for answer in answers)
        if status < 200 or status in (204, 304) or final in heads:
            body = b""
        elif "chunked" in fields.get("transfer-encoding", ""):
            taken = take_chunks(rest)
            if taken is None:
                break
            body, rest = taken
        elif "content-length" in fields:
            length = int(fields["content-length"])
            if len(rest) < length:
                break
            body, rest = rest[:length], rest[length:]
        elif ended:
            body, rest = rest, b""
        else:
            break
        answers.append(Answer(status, fields, body))
        stream = rest
        if status == 101:
            break
    return answers, stream


# -- WebSocket ------------------------------------------------------------------------------------

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None, width=None, mask=None):
    """One frame. `length` is what it says, when that is not true; `width` is how many bytes it takes to say it: 1, 3, 9."""
    said = len(payload) if length is None else length
    width = width or (1 if said < 126 else 3 if said < 65536 else 9)
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    bit = 0x80 if masked else 0
    head = bytes([first]) + {
        1: lambda: bytes([bit | said]),
        3: lambda: bytes([bit | 126]) + struct.pack(">H", said),
        9: lambda: bytes([bit | 127]) + struct.pack(">Q", said),
    }[width]()
    if not masked:
        return head + payload
    key = os.urandom(4) if mask is None else mask
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


@dataclass
class Frames:
    """What a server has sent: whole messages, the payloads of its pongs, and its close code (1005: it had none)."""

    messages: list = field(default_factory=list)  # (TEXT or BINARY, payload)
    pongs: list = field(default_factory=list)
    close: int = None


def parse_frames(stream):
    seen, parts, kind = Frames(), [], None
    while len(stream) >= 2 and seen.close is None:
        first, second = stream[0], stream[1]
        opcode, length, at = first & 15, second & 127, 2
        if first & 0x70 or second & 0x80:
            raise Malformed(f"frame {stream[:2]!r}: reserved bits, or masked")
        if length >= 126:
            width = 2 if length == 126 else 8
            length, at = int.from_bytes(stream[2:2 + width], "big"), 2 + width
        if len(stream) < at + length:
            break
        payload, stream = stream[at:at + length], stream[at + length:]
        if opcode == PONG:
            seen.pongs.append(payload)
        elif opcode == CLOSE:
            seen.close = struct.unpack(">H", payload[:2])[0] if payload else 1005
        elif opcode in (CONTINUATION, TEXT, BINARY):
            parts, kind = (parts, kind) if opcode == CONTINUATION else ([], opcode)
            parts.append(payload)
            if first & 0x80:
                seen.messages.append((kind, b"".join(parts)))
        elif opcode != PING:
            raise Malformed(f"frame with opcode {opcode}")
    return seen
