"""What a WebSocket echo server must do (RFC 6455): frames that are sent, and what has to come back.

A case that the server has to survive ends with a text message of the runner's own and a closing handshake; one that it
has to fail ends with its close frame. So nothing waits for a time to pass.
"""

from dataclasses import dataclass

from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_frame, frame

DROPPED = None  # among close codes: the connection may end without a close frame (§7.1.7)


@dataclass
class Case:
    name: str
    section: str
    send: object  # bytes, or a list of bytes in segments of their own
    messages: tuple = ()  # (opcode, payload) of each message that comes back
    pongs: tuple = None  # must all come; None: none
    last_pong: bytes = None  # of several pings at once only the last need be answered (§5.5.3)
    closes: tuple = None  # the server closes with one of these codes; None: it goes on
    client_closes: bool = False  # what is sent ends with a close frame


def pieces(data, size=1):
    return [data[i:i + size] for i in range(0, len(data), size)]


def fragments(opcode, parts):
    """A message in fragments."""
    last = len(parts) - 1
    return [frame(CONTINUATION if i else opcode, part, fin=i == last) for i, part in enumerate(parts)]


def joined(frames):
    return b"".join(frames)


# -- sizes ----------------------------------------------------------------------------------------


def size_cases(limit):
    for opcode, kind in ((TEXT, "text"), (BINARY, "binary")):
        for size in (0, 1, 125, 126, 127, 128, 4096, 65535, 65536):
            if size <= limit:
                payload = b"*" * size
                yield Case(f"size/{kind}-{size}", "§5.2", frame(opcode, payload), ((opcode, payload),))
    payload = bytes(range(256)) * 4
    yield Case("size/binary-every-byte", "§5.6", frame(BINARY, payload), ((BINARY, payload),))
    data = frame(TEXT, b"x" * 300)
    yield Case("size/frame-byte-by-byte", "§5.2", pieces(data[:12]) + [data[12:]], ((TEXT, b"x" * 300),))
    data = frame(TEXT, b"y" * 5000)
    yield Case("size/frame-in-pieces", "§5.2", pieces(data, 997), ((TEXT, b"y" * 5000),))
    many = [str(i).encode() for i in range(100)]
    yield Case("size/hundred-at-once", "§5.4", joined(frame(TEXT, text) for text in many), tuple((TEXT, text) for text in many))
    yield Case("size/length-16-bit-needless", "§5.2", frame(TEXT, b"x" * 5, width=3), closes=(1002, DROPPED))
    yield Case("size/length-64-bit-needless-small", "§5.2", frame(TEXT, b"x" * 5, width=9), closes=(1002, DROPPED))
    yield Case("size/length-64-bit-needless", "§5.2", frame(TEXT, b"x" * 300, width=9), closes=(1002, DROPPED))
    top = frame(BINARY, b"x" * 16, width=9, length=1 << 63)
    yield Case("size/length-64-bit-top-bit", "§5.2", top, closes=(1002, 1009, DROPPED))
    yield Case("size/length-64-bit-largest", "§5.2", frame(BINARY, b"x" * 16, width=9, length=(1 << 63) - 1), closes=(1009, DROPPED))
    yield Case("size/length-32-bit-wraps", "§5.2", frame(BINARY, b"x" * 16, width=9, length=(1 << 32) + 5), closes=(1009, DROPPED))
    yield Case("limit/at", "§10.4", frame(TEXT, b"x" * limit), ((TEXT, b"x" * limit),))
    yield Case("limit/one-beyond", "§10.4", frame(TEXT, b"x" * (limit + 1)), closes=(1009,))
    yield Case("limit/binary-one-beyond", "§10.4", frame(BINARY, b"x" * (limit + 1)), closes=(1009,))
    yield Case("limit/declared-only", "§10.4", frame(BINARY, b"x", length=1 << 30, width=9), closes=(1009,))
    half = b"x" * (limit // 2 + 1)
    yield Case("limit/two-fragments-beyond", "§10.4", fragments(TEXT, [half, half]), closes=(1009,))
    parts = [b"x" * (limit // 16 + 1)] * 16
    yield Case("limit/many-fragments-beyond", "§10.4", joined(fragments(BINARY, parts)), closes=(1009,))
    parts = [b"x" * (limit // 16)] * 16
    yield Case("limit/many-fragments-at", "§10.4", joined(fragments(BINARY, parts)), ((BINARY, joined(parts)),))


# -- control frames -------------------------------------------------------------------------------


def control_cases():
    for size in (0, 1, 124, 125):
        payload = bytes(range(size))
        yield Case(f"ping/{size}", "§5.5.2", frame(PING, payload), pongs=(payload,))
    yield Case("ping/126", "§5.5", frame(PING, b"x" * 126), closes=(1002,))
    yield Case("ping/65536", "§5.5", frame(PING, b"x" * 65536), closes=(1002,))
    yield Case("ping/declared-126-only", "§5.5", frame(PING, b"", length=126), closes=(1002,))
    yield Case("ping/fragmented", "§5.4", frame(PING, b"x", fin=False), closes=(1002,))
    yield Case("ping/not-utf8", "§5.5.2", frame(PING, b"\x00\xff\xfe\xfd"), pongs=(b"\x00\xff\xfe\xfd",))
    yield Case("ping/byte-by-byte", "§5.5.2", pieces(frame(PING, b"12345")), pongs=(b"12345",))
    many = joined(frame(PING, b"ping %d" % i) for i in range(10))
    yield Case("ping/ten-at-once", "§5.5.3", many, last_pong=b"ping 9")
    yield Case("ping/before-text", "§5.5.2", [frame(PING, b"p"), frame(TEXT, b"t")], ((TEXT, b"t"),), pongs=(b"p",))
    yield Case("pong/unasked", "§5.5.3", frame(PONG, b"nobody asked"))
    yield Case("pong/empty", "§5.5.3", frame(PONG))
    yield Case("pong/125", "§5.5.3", frame(PONG, b"x" * 125))
    yield Case("pong/126", "§5.5", frame(PONG, b"x" * 126), closes=(1002,))
    yield Case("pong/fragmented", "§5.4", frame(PONG, b"x", fin=False), closes=(1002,))
    yield Case("pong/then-ping", "§5.5.3", [frame(PONG, b"a"), frame(PING, b"b")], pongs=(b"b",))


def reserved_cases():
    for rsv in range(1, 8):
        yield Case(f"rsv/text-{rsv}", "§5.2", frame(TEXT, b"x", rsv=rsv), closes=(1002,))
    for opcode, name in ((BINARY, "binary"), (PING, "ping"), (PONG, "pong"), (CLOSE, "close")):
        yield Case(f"rsv/{name}-4", "§5.2", frame(opcode, b"", rsv=4), closes=(1002,))
    yield Case("rsv/empty-text-1", "§5.2", frame(TEXT, b"", rsv=1), closes=(1002,))
    yield Case("rsv/continuation-2", "§5.2", [frame(TEXT, b"x", fin=False), frame(CONTINUATION, b"y", rsv=2)], closes=(1002,))
    yield Case("rsv/after-a-good-one", "§5.2", frame(TEXT, b"good") + frame(TEXT, b"bad", rsv=2), ((TEXT, b"good"),), closes=(1002,))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield Case(f"opcode/reserved-{opcode}", "§5.2", frame(opcode), closes=(1002,))
    yield Case("opcode/reserved-3-with-payload", "§5.2", frame(3, b"payload"), closes=(1002,))
    yield Case("opcode/reserved-11-after-text", "§5.2", frame(TEXT, b"good") + frame(11), ((TEXT, b"good"),), closes=(1002,))
    yield Case("opcode/reserved-5-in-a-message", "§5.2", [frame(TEXT, b"x", fin=False), frame(5)], closes=(1002,))


def mask_cases():
    for opcode, name in ((TEXT, "text"), (BINARY, "binary"), (PING, "ping"), (CLOSE, "close")):
        payload = b"\x03\xe8" if opcode == CLOSE else b"x"
        yield Case(f"mask/none-{name}", "§5.1", frame(opcode, payload, masked=False), closes=(1002, DROPPED))
    data = frame(TEXT, b"good") + frame(TEXT, b"bad", masked=False)
    yield Case("mask/none-after-a-good-one", "§5.1", data, ((TEXT, b"good"),), closes=(1002, DROPPED))
    yield Case("mask/zero", "§5.3", frame(TEXT, b"masked with nothing", mask=bytes(4)), ((TEXT, b"masked with nothing"),))
    yield Case("mask/all-ones", "§5.3", frame(BINARY, b"\xff" * 9, mask=b"\xff" * 4), ((BINARY, b"\xff" * 9),))
    keys = joined(frame(TEXT, b"same", mask=bytes([i] * 4)) for i in range(8))
    yield Case("mask/another-each-time", "§5.3", keys, ((TEXT, b"same"),) * 8)


# -- fragments ------------------------------------------------------------------------------------


def fragment_cases():
    def message(name, frames, payload, opcode=TEXT, **more):
        return Case(f"fragment/{name}", "§5.4", frames, ((opcode, payload),), **more)

    yield message("two", joined(fragments(TEXT, [b"one", b"two"])), b"onetwo")
    yield message("two-apart", fragments(TEXT, [b"one", b"two"]), b"onetwo")
    yield message("binary", fragments(BINARY, [b"\xff", b"\xfe", b"\xfd"]), b"\xff\xfe\xfd", BINARY)
    yield message("fifty", joined(fragments(TEXT, [b"x"] * 50)), b"x" * 50)
    yield message("empty-first", fragments(TEXT, [b"", b"x"]), b"x")
    yield message("empty-last", fragments(TEXT, [b"x", b""]), b"x")
    yield message("empty-middle", fragments(TEXT, [b"x", b"", b"y"]), b"xy")
    yield message("all-empty", fragments(TEXT, [b"", b"", b""]), b"")
    yield message("byte-by-byte", pieces(joined(fragments(TEXT, [b"a", b"b"]))), b"ab")
    first, second = fragments(TEXT, [b"one", b"two"])
    yield message("ping-between", [first, frame(PING, b"p"), second], b"onetwo", pongs=(b"p",))
    yield message("ping-between-at-once", first + frame(PING, b"p") + second, b"onetwo", pongs=(b"p",))
    yield message("pong-between", [first, frame(PONG, b"p"), second], b"onetwo")
    five = fragments(TEXT, [b"a", b"b", b"c", b"d", b"e"])
    mixed = joined(part + frame(PING, b"%d" % i) for i, part in enumerate(five[:-1])) + five[-1]
    yield message("pings-between-all", mixed, b"abcde", last_pong=b"3")
    yield Case("fragment/close-between", "§5.4", first + close_frame(1000), closes=(1000,), client_closes=True)
    two = joined(fragments(TEXT, [b"1", b"2"])) + joined(fragments(BINARY, [b"3", b"4"]))
    yield Case("fragment/two-messages", "§5.4", two, ((TEXT, b"12"), (BINARY, b"34")))
    for opcode, name in ((TEXT, "text"), (BINARY, "binary")):
        again = frame(opcode, b"x", fin=False) + frame(opcode, b"y")
        yield Case(f"fragment/new-{name}-inside", "§5.4", again, closes=(1002,))
    yield Case("fragment/text-inside-binary", "§5.4", frame(BINARY, b"x", fin=False) + frame(TEXT, b"y"), closes=(1002,))
    yield Case("fragment/new-unfinished-inside", "§5.4", frame(TEXT, b"x", fin=False) + frame(TEXT, b"y", fin=False), closes=(1002,))
    yield Case("fragment/continuation-of-nothing", "§5.4", frame(CONTINUATION, b"x"), closes=(1002,))
    yield Case("fragment/continuation-of-nothing-unfinished", "§5.4", frame(CONTINUATION, b"x", fin=False), closes=(1002,))
    after = frame(TEXT, b"whole") + frame(CONTINUATION, b"x")
    yield Case("fragment/continuation-after-a-whole-one", "§5.4", after, ((TEXT, b"whole"),), closes=(1002,))
    after = joined(fragments(TEXT, [b"a", b"b"])) + frame(CONTINUATION, b"x", fin=False)
    yield Case("fragment/continuation-after-the-last", "§5.4", after, ((TEXT, b"ab"),), closes=(1002,))


# -- UTF-8 ----------------------------------------------------------------------------------------

VALID = {
    "two-bytes": "\u0080\u07ff".encode(),
    "three-bytes": "\u0800\uffff".encode(),
    "four-bytes": "\U00010000\U0010ffff".encode(),
    "around-the-surrogates": "\ud7ff\ue000".encode(),
    "greek": "κόσμε".encode(),
    "noncharacters": "\ufffe\uffff\ufdd0\U0001fffe".encode(),
    "nul": b"\x00",
    "byte-order-mark": "\ufeffx".encode(),
}

INVALID = {
    "continuation-alone": b"\x80",
    "continuation-last-alone": b"ok\xbf",
    "two-bytes-cut": b"\xc3",
    "three-bytes-cut": b"\xe2\x82",
    "four-bytes-cut": b"\xf0\x9f\x98",
    "two-bytes-cut-inside": b"\xc3x",
    "three-bytes-cut-inside": b"\xe2\x82x",
    "four-bytes-cut-inside": b"\xf0\x9f\x98x",
    "overlong-2": b"\xc0\xaf",
    "overlong-2-largest": b"\xc1\xbf",
    "overlong-3": b"\xe0\x80\xaf",
    "overlong-3-largest": b"\xe0\x9f\xbf",
    "overlong-4": b"\xf0\x80\x80\xaf",
    "overlong-4-largest": b"\xf0\x8f\xbf\xbf",
    "overlong-nul": b"\xc0\x80",
    "surrogate-first": b"\xed\xa0\x80",
    "surrogate-last": b"\xed\xbf\xbf",
    "surrogate-pair": b"\xed\xa0\x80\xed\xb0\x80",
    "beyond-10ffff": b"\xf4\x90\x80\x80",
    "f5": b"\xf5\x80\x80\x80",
    "five-bytes": b"\xf8\x88\x80\x80\x80",
    "six-bytes": b"\xfc\x84\x80\x80\x80\x80",
    "fe": b"\xfe",
    "ff": b"\xff",
    "autobahn": "κόσμε".encode() + b"\xed\xa0\x80" + b"edited",
}


def utf8_cases():
    for name, text in VALID.items():
        yield Case(f"utf8/{name}", "§8.1", frame(TEXT, text), ((TEXT, text),))
        yield Case(f"utf8/{name}-in-fragments-of-a-byte", "§8.1", joined(fragments(TEXT, pieces(text))), ((TEXT, text),))
    greek = VALID["greek"]
    yield Case("utf8/split-frame-inside-a-character", "§8.1", pieces(frame(TEXT, greek), 7), ((TEXT, greek),))
    parts = fragments(TEXT, [greek[:1], greek[1:]])
    yield Case("utf8/ping-inside-a-character", "§5.4", parts[0] + frame(PING, b"p") + parts[1], ((TEXT, greek),), pongs=(b"p",))
    for name, text in INVALID.items():
        yield Case(f"utf8/bad-{name}", "§8.1", frame(TEXT, text), closes=(1007,))
    for name in ("two-bytes-cut", "overlong-2", "surrogate-first", "beyond-10ffff", "ff", "autobahn"):
        yield Case(f"utf8/bad-{name}-in-fragments", "§8.1", joined(fragments(TEXT, pieces(INVALID[name]))), closes=(1007,))
    for name in ("overlong-2", "surrogate-first", "beyond-10ffff", "ff"):
        yield Case(f"utf8/bad-{name}-fails-before-the-last-fragment", "§8.1", frame(TEXT, INVALID[name], fin=False), closes=(1007,))
        half = frame(TEXT, INVALID[name] + b"x" * 100)[:-100]
        yield Case(f"utf8/bad-{name}-fails-before-the-frame-ends", "§8.1", half, closes=(1007,))
    yield Case("utf8/bad-cut-before-an-empty-last-fragment", "§8.1", joined(fragments(TEXT, [b"\xc3", b""])), closes=(1007,))
    yield Case("utf8/bad-across-fragments", "§8.1", frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"x", fin=False), closes=(1007,))
    yield Case("utf8/binary-is-not-looked-at", "§5.6", frame(BINARY, b"\xff\xfe"), ((BINARY, b"\xff\xfe"),))
    bad = fragments(BINARY, [b"\xff", b"\xfe"])
    yield Case("utf8/binary-fragments-are-not-looked-at", "§5.6", bad, ((BINARY, b"\xff\xfe"),))
    mixed = frame(TEXT, b"\xce\xba") + joined(fragments(TEXT, [b"\xce", b"\xba"])) + frame(BINARY, b"\xce")
    yield Case("utf8/nothing-is-left-from-the-message-before", "§8.1", mixed, ((TEXT, b"\xce\xba"),) * 2 + ((BINARY, b"\xce"),))


# -- closing --------------------------------------------------------------------------------------


def close_cases():
    def case(name, section, data, closes):
        return Case(f"close/{name}", section, data, closes=closes, client_closes=True)

    yield case("empty", "§5.5.1", close_frame(), (1005, 1000))
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999):
        yield case(f"code-{code}", "§7.4", close_frame(code), (code, 1000))
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
        yield case(f"bad-code-{code}", "§7.4", close_frame(code), (1002,))
    yield case("one-byte", "§5.5.1", frame(CLOSE, b"\x03"), (1002,))
    yield case("reason", "§5.5.1", close_frame(1000, b"goodbye"), (1000,))
    yield case("reason-123", "§5.5.1", close_frame(1000, b"x" * 123), (1000,))
    yield case("reason-124", "§5.5", close_frame(1000, b"x" * 124), (1002,))
    yield case("reason-utf8", "§5.5.1", close_frame(1000, "κόσμε".encode()), (1000,))
    yield case("reason-not-utf8", "§5.5.1", close_frame(1000, INVALID["autobahn"]), (1007, 1002))
    yield case("reason-cut", "§5.5.1", close_frame(1000, b"\xc3"), (1007, 1002))
    yield case("byte-by-byte", "§5.5.1", pieces(close_frame(1000, b"slow")), (1000,))
    yield case("fragmented", "§5.4", frame(CLOSE, b"\x03\xe8", fin=False), (1002,))
    yield case("twice", "§5.5.1", close_frame(1000) + close_frame(1001), (1000,))
    yield case("then-text", "§5.5.1", close_frame(1000) + frame(TEXT, b"too late"), (1000,))
    yield case("then-ping", "§5.5.1", close_frame(1000) + frame(PING, b"too late"), (1000,))
    yield case("then-garbage", "§5.5.1", close_frame(1000) + b"\xff" * 64, (1000,))
    data = frame(TEXT, b"last words") + close_frame(1000)
    yield Case("close/after-text", "§5.5.1", data, ((TEXT, b"last words"),), closes=(1000,), client_closes=True)
    yield Case("close/garbage", "§5.2", b"\xff" * 64, closes=(1002,))
    yield Case("close/http-instead-of-frames", "§5.2", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", closes=(1002, 1009, DROPPED))


def all_cases(limit):
    return [
        *size_cases(limit), *control_cases(), *reserved_cases(), *mask_cases(), *fragment_cases(), *utf8_cases(), *close_cases(),
    ]
