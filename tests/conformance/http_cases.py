"""What an HTTP/1.1 server must do (RFC 9110, RFC 9112): bytes that are sent, and the answers that have to come back.

After each case the runner asks for one thing more on the same connection (unless the server says that it closes it) and
has it closed, so that nothing waits for a time to pass, and an answer too many or too few shows. Only requests that never end take as long as the server waits.
"""

from dataclasses import dataclass

GOOD, BAD = (200,), (400,)
STORED = (200, 201, 202, 204)
UNREADY = (400, 411, 413, 501)  # a body that is refused
REFUSED = (400, 501)

STAYS = "stays open"
CLOSES = "closes"
EITHER = "closes or stays open"


@dataclass
class Case:
    name: str
    section: str
    send: object  # bytes, or a list of bytes in segments of their own
    answers: tuple  # of each answer, in order: the statuses that it may have
    after: str = EITHER
    heads: tuple = ()  # which of the answers are to HEAD
    check: object = None  # of the answers: what is wrong with them, or None
    continues: tuple = None  # bytes to be sent only when 100 (Continue) has come


def single(name, section, send, statuses, *more, **most):
    """A case with one answer, which may have any of these statuses."""
    return Case(name, section, send, (statuses,), *more, **most)


class Request:
    """Builds requests for one server."""

    def __init__(self, get, post, authority):
        self.get_path, self.post_path, self.authority = get, post, authority

    def raw(self, line, *fields, host=True, body=b"", end=b"\r\n"):
        lines = [line, *(["Host: " + self.authority] if host else []), *fields]
        return b"".join((item if isinstance(item, bytes) else item.encode("latin-1")) + end for item in lines) + end + body

    def get(self, *fields, path=None, version="HTTP/1.1", method="GET", **more):
        return self.raw(f"{method} {path or self.get_path} {version}", *fields, **more)

    def post(self, *fields, body=b"hello", length=None, version="HTTP/1.1", **more):
        declared = [f"Content-Length: {len(body) if length is None else length}"] if length != "" else []
        return self.raw(f"POST {self.post_path} {version}", *declared, *fields, body=body, **more)

    def chunked(self, body, *fields, coding="Transfer-Encoding: chunked", **more):
        return self.post(*([coding] if coding else []), *fields, body=body, length="", **more)


def field_of(answer, name):
    return answer.fields.get(name, "")


# -- the request line -----------------------------------------------------------------------------


def line_cases(r):
    def case(name, line, answers, section="RFC 9112 §3", **more):
        return single(f"line/{name}", section, r.raw(line), answers, **more)

    get = r.get_path
    yield case("get", f"GET {get} HTTP/1.1", GOOD, after=STAYS)
    yield case("method-lower-case", f"get {get} HTTP/1.1", (400, 405, 501), "RFC 9110 §9.1")
    yield case("method-mixed-case", f"Get {get} HTTP/1.1", (400, 405, 501), "RFC 9110 §9.1")
    yield case("method-unknown", f"BREW {get} HTTP/1.1", (400, 405, 501), "RFC 9110 §9.1")
    yield case("method-begins-like-get", f"GETS {get} HTTP/1.1", (400, 405, 501), "RFC 9110 §9.1")
    yield case("method-no-token", f"GE(T {get} HTTP/1.1", (400, 405, 501))
    yield case("method-missing", f" {get} HTTP/1.1", BAD)
    yield case("method-long", f"{'M' * 3000} {get} HTTP/1.1", (400, 405, 414, 431, 501))
    yield case("trace", f"TRACE {get} HTTP/1.1", (405, 501), "RFC 9110 §9.3.8")
    yield case("connect", "CONNECT example.org:443 HTTP/1.1", (400, 405, 501), "RFC 9110 §9.3.6")
    yield case("version-missing", f"GET {get}", (400, 505))
    yield case("version-lower-case", f"GET {get} http/1.1", BAD, "RFC 9112 §2.3")
    yield case("version-2.0", f"GET {get} HTTP/2.0", (400, 505), "RFC 9110 §15.6.6")
    yield case("version-3", f"GET {get} HTTP/3", (400, 505), "RFC 9112 §2.3")
    yield case("version-0.9", f"GET {get} HTTP/0.9", (400, 505), "RFC 9112 §2.3")
    yield case("version-1.2", f"GET {get} HTTP/1.2", (200, 505), "RFC 9110 §2.5")
    yield case("version-1.10", f"GET {get} HTTP/1.10", BAD, "RFC 9112 §2.3")
    yield case("version-1.1x", f"GET {get} HTTP/1.1x", BAD, "RFC 9112 §2.3")
    yield case("version-with-space", f"GET {get} HTTP/ 1.1", BAD, "RFC 9112 §2.3")
    yield case("version-of-another", f"GET {get} HTCPCP/1.0", (400, 505), "RFC 9112 §2.3")
    yield case("version-plus", f"GET {get} HTTP/+1.1", BAD, "RFC 9112 §2.3")
    yield case("tabs", f"GET\t{get}\tHTTP/1.1", (200, 400))
    yield case("two-spaces", f"GET  {get} HTTP/1.1", (200, 400))
    yield case("trailing-space", f"GET {get} HTTP/1.1 ", (200, 400))
    yield case("target-with-space", f"GET {get} x HTTP/1.1", BAD)
    yield case("target-with-nul", f"GET {get}\0 HTTP/1.1", (400, 404))
    yield case("target-with-control", f"GET {get}\x01 HTTP/1.1", (400, 404))
    yield case("target-not-ascii", f"GET {get}\xe9\xff HTTP/1.1", (400, 404))
    yield case("target-with-fragment", f"GET {get}#top HTTP/1.1", (400, 404))
    yield case("target-without-slash", "GET load HTTP/1.1", (400, 404))
    yield case("target-asterisk-of-get", "GET * HTTP/1.1", (400, 404), "RFC 9112 §3.2.4")
    yield case("target-authority-of-get", "GET example.org:80 HTTP/1.1", (400, 404), "RFC 9112 §3.2.3")
    yield case("target-bad-escape", "GET /%zz HTTP/1.1", (400, 404), "RFC 3986 §2.1")
    yield case("target-cut-escape", "GET /% HTTP/1.1", (400, 404), "RFC 3986 §2.1")
    yield case("target-escaped-nul", "GET /%00 HTTP/1.1", (400, 404), "RFC 3986 §7.3")
    yield case("target-dots", "GET /../../etc/passwd HTTP/1.1", (400, 403, 404), "RFC 3986 §5.2.4")
    yield case("target-escaped-dots", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1", (400, 403, 404), "RFC 3986 §6.2.2.2")
    yield case("target-absolute", f"GET http://{r.authority}{get} HTTP/1.1", GOOD, "RFC 9112 §3.2.2")
    yield case("target-absolute-upper-case", f"GET HTTP://{r.authority}{get} HTTP/1.1", GOOD, "RFC 9112 §3.2.2")
    yield case("target-8000", f"GET /{'x' * 7999} HTTP/1.1", (404, 414), "RFC 9112 §3")
    yield case("target-too-long", f"GET /{'x' * 70_000} HTTP/1.1", (414, 431), "RFC 9110 §15.5.15")
    yield case("target-far-too-long", f"GET /{'x' * 1_000_000} HTTP/1.1", (414, 431, 400), "RFC 9110 §15.5.15")
    yield case("query-too-long", f"GET {get}?{'x' * 70_000} HTTP/1.1", (414, 431), "RFC 9110 §15.5.15")
    yield case("options-asterisk", "OPTIONS * HTTP/1.1", (200, 204, 405, 501), "RFC 9110 §9.3.7")
    whole = r.get()
    yield Case("line/empty-line-before", "RFC 9112 §2.2", b"\r\n" + whole, GOOD)
    yield Case("line/byte-by-byte", "RFC 9112 §3", [whole[i:i + 1] for i in range(20)] + [whole[20:]], GOOD, STAYS)
    yield Case("line/garbage", "RFC 9112 §3", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 3 + b"\r\n\r\n", BAD, CLOSES)
    yield single("line/only-a-line-end", "RFC 9112 §2.2", b"garbage\r\n\r\n", (400, 501), CLOSES)


# -- methods --------------------------------------------------------------------------------------


def allows(answers):
    return None if field_of(answers[0], "allow") or answers[0].status == 501 else "no Allow (RFC 9110 §10.2.1)"


def method_cases(r):
    def no_body(answers):
        return "a body in the answer to HEAD" if answers[0].body else None

    def same_length(answers):
        first, second = (field_of(answer, "content-length") for answer in answers)
        return None if first == second or not first else f"Content-Length {first} to HEAD, {second} to GET"

    both = r.get(method="HEAD") + r.get()
    yield Case("method/head", "RFC 9110 §9.3.2", r.get(method="HEAD"), GOOD, STAYS, (0,), no_body)
    yield Case("method/head-then-get", "RFC 9110 §9.3.2", both, GOOD * 2, STAYS, (0,), same_length)
    yield Case("method/head-of-nothing", "RFC 9110 §9.3.2", r.get(method="HEAD", path="/no/such/thing"), (404,), heads=(0,))
    for method in ("PUT", "PATCH"):
        data = r.raw(f"{method} {r.get_path} HTTP/1.1", "Content-Length: 5", body=b"hello")
        yield single(f"method/{method.lower()}", "RFC 9110 §15.5.6", data, (405, 501), check=allows)
    yield single("method/delete", "RFC 9110 §15.5.6", r.get(method="DELETE"), (405, 501), check=allows)
    yield Case("method/post-where-get-is", "RFC 9110 §15.5.6", r.raw(f"POST {r.get_path} HTTP/1.1", "Content-Length: 0"), (405,), check=allows)
    yield Case("method/get-where-post-is", "RFC 9110 §15.5.6", r.get(path=r.post_path), (405,), check=allows)
    yield single("method/options", "RFC 9110 §9.3.7", r.get(method="OPTIONS"), (200, 204, 405, 501), check=allows)
    yield Case("method/not-found", "RFC 9110 §15.5.5", r.get(path="/no/such/thing"), (404,))


# -- header fields --------------------------------------------------------------------------------


def field_cases(r):
    def case(name, field, answers, section="RFC 9112 §5", **more):
        return single(f"field/{name}", section, r.get(field), answers, **more)

    yield case("empty-value", "X-Empty:", GOOD, after=STAYS)
    yield case("no-space", "X-Some:thing", GOOD, after=STAYS)
    yield case("much-space", "X-Some: \t  thing \t ", GOOD, after=STAYS)
    yield case("space-before-colon", "X-Some : thing", BAD, "RFC 9112 §5.1")
    yield case("tab-before-colon", "X-Some\t: thing", BAD, "RFC 9112 §5.1")
    yield case("space-in-name", "X Some: thing", BAD, "RFC 9110 §5.1")
    yield case("no-token-in-name", "X(Some): thing", BAD, "RFC 9110 §5.1")
    yield case("not-ascii-in-name", "X\xe9: thing", BAD, "RFC 9110 §5.1")
    yield case("nul-in-name", "X\0Some: thing", BAD, "RFC 9110 §5.1")
    yield case("no-name", ": thing", BAD, "RFC 9110 §5.1")
    yield case("no-colon", "thing", BAD)
    yield case("nul-in-value", "X-Some: th\0ing", (200, 400), "RFC 9110 §5.5")
    yield case("bare-cr-in-value", "X-Some: th\ring", (200, 400), "RFC 9112 §2.2")
    yield case("control-in-value", "X-Some: th\x07ing", (200, 400), "RFC 9110 §5.5")
    yield case("not-ascii-in-value", "X-Some: th\xe9\xffing", (200, 400), "RFC 9110 §5.5")
    yield case("folded", "X-Some: one\r\n two", (200, 400), "RFC 9112 §5.2")
    yield case("folded-with-tab", "X-Some: one\r\n\ttwo", (200, 400), "RFC 9112 §5.2")
    yield single("field/folded-first", "RFC 9112 §2.2", r.raw(f"GET {r.get_path} HTTP/1.1\r\n X: y"), (200, 400))
    yield case("every-token-character", "!#$%&'*+-.^_`|~09azAZ: thing", GOOD, "RFC 9110 §5.6.2", after=STAYS)
    yield Case("field/name-in-another-case", "RFC 9110 §5.1", r.get("hOsT: " + r.authority, host=False), GOOD, STAYS)
    yield single("field/one-hundred-times-the-same", "RFC 9110 §5.3", r.get(*["X-Some: thing"] * 100), (200, 431))
    # Names that are the beginning of a usual one: a parser that looks names up letter by letter can lose its place.
    for name in ("X", "T", "C", "Accept-", "Content", "Content-", "If-", "Ho", "Sec-WebSocket-", "Transfer-"):
        yield case(f"short-name-{name.lower()}", f"{name}: thing", GOOD, "RFC 9110 §5.1", after=STAYS)
    for count in (20, 50):
        yield Case(f"field/{count}-fields", "RFC 9110 §5.4", r.get(*(f"X-{i}: {i}" for i in range(count))), GOOD, STAYS)
    for count in (1_000, 10_000):
        yield single(f"field/{count}-fields", "RFC 9110 §5.4", r.get(*(f"X-{i}: {i}" for i in range(count))), (400, 431), CLOSES)
    yield case("value-4000", "X-Some: " + "x" * 4_000, GOOD, "RFC 9110 §5.4", after=STAYS)
    for size in (20_000, 70_000, 1_000_000):
        yield case(f"value-{size}", "X-Some: " + "x" * size, (400, 431), "RFC 9110 §5.4", after=CLOSES)
    yield case("name-70000", "x" * 70_000 + ": thing", (400, 431), "RFC 9110 §5.4", after=CLOSES)
    yield single("field/never-ends", "RFC 9110 §5.4", [r.get()[:-2]] + [b"X-More: " + b"x" * 1_000 + b"\r\n"] * 80, (400, 431), CLOSES)
    yield single("field/bare-lf-everywhere", "RFC 9112 §2.2", r.get(end=b"\n"), (200, 400))
    yield single("field/bare-lf-in-one-line", "RFC 9112 §2.2", r.get("X-Some: thing\nX-Other: thing"), (200, 400))
    yield single("field/bare-cr-everywhere", "RFC 9112 §2.2", r.get(end=b"\r"), (400, 408), CLOSES)
    yield Case("field/in-two-segments", "RFC 9112 §5", [r.get()[:-20], r.get()[-20:]], GOOD, STAYS)
    yield Case("field/only-the-last-line-apart", "RFC 9112 §5", [r.get()[:-1], b"\n"], GOOD, STAYS)


def host_cases(r):
    def case(name, fields, answers, section="RFC 9112 §3.2", version="HTTP/1.1", **more):
        return single(f"host/{name}", section, r.get(*fields, host=False, version=version), answers, **more)

    yield case("missing", (), BAD)
    yield case("two", ("Host: a", "Host: b"), BAD)
    yield case("two-the-same", ("Host: a", "Host: a"), BAD)
    yield case("empty", ("Host:",), (200, 400))
    yield case("list", ("Host: a, b",), BAD)
    yield case("with-space", ("Host: a b",), BAD)
    yield case("with-user", ("Host: user@a",), BAD)
    yield case("with-path", ("Host: a/b",), BAD)
    yield case("with-query", ("Host: a?b",), BAD)
    yield case("bad-port", ("Host: a:port",), BAD)
    yield case("two-ports", ("Host: a:1:2",), BAD)
    yield case("bad-escape", ("Host: a%zz",), BAD)
    yield case("bad-ipv6", ("Host: [::1",), BAD)
    yield case("ipv6", ("Host: [::1]:9000",), (200, 400, 421))
    yield case("with-port", ("Host: localhost:9000",), (200, 400, 421))
    yield case("http-1.0-without", (), GOOD, "RFC 9112 §3.2", "HTTP/1.0", after=EITHER)
    yield case("http-1.0-with", ("Host: a",), (200, 421), "RFC 9112 §3.2", "HTTP/1.0")
    yield case("http-1.0-two", ("Host: a", "Host: b"), BAD, "RFC 9112 §3.2", "HTTP/1.0")
    absolute = r.raw(f"GET http://{r.authority}{r.get_path} HTTP/1.1", host=False)
    yield Case("host/absolute-target-without", "RFC 9112 §3.2", absolute, BAD)


# -- bodies ---------------------------------------------------------------------------------------

HIDDEN = b"GET /hidden-request HTTP/1.1\r\nHost: x\r\n\r\n"


def length_cases(r):
    def case(name, lengths, answers, after=EITHER, section="RFC 9112 §6.3", body=b"hello"):
        return single(f"length/{name}", section, r.post(*(f"Content-Length:{v}" for v in lengths), body=body, length=""), answers, after)

    yield Case("length/post", "RFC 9112 §6.2", r.post(), (STORED,), STAYS)
    yield Case("length/zero", "RFC 9112 §6.2", r.post(body=b""), (STORED + BAD,))
    yield Case("length/in-two-segments", "RFC 9112 §6.2", [r.post()[:-2], r.post()[-2:]], (STORED,), STAYS)
    yield Case("length/head-and-body-apart", "RFC 9112 §6.2", [r.post()[:-5], b"hello"], (STORED,), STAYS)
    yield Case("length/byte-by-byte", "RFC 9112 §6.2", [r.post()[:-5], b"h", b"e", b"l", b"l", b"o"], (STORED,), STAYS)
    yield Case("length/20000", "RFC 9112 §6.2", r.post(body=b"x" * 20_000), (STORED,), STAYS)
    yield Case("length/missing", "RFC 9110 §15.5.12", r.post(body=b"", length=""), (STORED + UNREADY,))
    yield case("same-twice", (" 5", " 5"), STORED + BAD, section="RFC 9110 §8.6")
    yield case("same-list", (" 5, 5",), STORED + BAD, section="RFC 9110 §8.6")
    for name, values in {
        "differ": (" 5", " 6"), "differ-longer-first": (" 6", " 5"), "differ-list": (" 5, 6",), "list-then-one": (" 5, 5", " 6"), "plus": (" +5",),
        "minus": (" -5",), "hex": (" 0x5",), "letters": (" five",), "trailing-letter": (" 5x",), "fraction": (" 5.0",),
        "exponent": (" 5e0",), "two-numbers": (" 5 5",), "comma-last": (" 5,",),
        "comma-first": (" ,5",), "quoted": (' "5"',), "nul-inside": (" 5\0" + "0",), "nul": (" 5\0",), "vertical-tab": (" \x0b5",), "form-feed": (" 5\x0c",), "semicolon": (" 5;x",),
        "underscore": (" 5_0",), "not-ascii-digit": (" \xb2",),
    }.items():
        yield case(name, values, BAD, CLOSES)
    for name, value in {"empty": "", "blank": "  "}.items():
        yield case(name, (value,), (400, 411), CLOSES)
    yield case("huge", (" 99999999999999999999999999",), (400, 413), CLOSES)
    yield case("wraps-at-64-bits", (" 18446744073709551621",), (400, 413), CLOSES)
    yield case("wraps-at-32-bits", (" 4294967301",), (400, 413), CLOSES)
    yield case("leading-zeros", (" 0005",), STORED + BAD)
    yield case("more-than-allowed", (" 1000000000",), (413,), CLOSES, "RFC 9110 §15.5.14")
    yield Case("length/space-before-colon", "RFC 9112 §5.1", r.post("Content-Length : 5", length=""), BAD, CLOSES)
    yield Case("length/folded", "RFC 9112 §5.2", r.post("Content-Length:\r\n 5", length=""), (STORED + BAD,))
    yield single("length/of-get", "RFC 9110 §9.3.1", r.get(f"Content-Length: {len(HIDDEN)}", body=HIDDEN), (200, 400))
    yield Case("length/of-get-differ", "RFC 9112 §6.3", r.get("Content-Length: 0", f"Content-Length: {len(HIDDEN)}", body=HIDDEN), BAD, CLOSES)
    yield single("length/body-never-comes", "RFC 9110 §15.5.9", r.post(length=50), (400, 408), CLOSES)


def chunked_cases(r):
    def good(name, body, *fields, section="RFC 9112 §7.1"):
        return Case(f"chunked/{name}", section, r.chunked(body, *fields), (STORED,))

    def bad(name, body, section="RFC 9112 §7.1", **more):
        return Case(f"chunked/{name}", section, r.chunked(body, **more), (UNREADY,), CLOSES)

    plain = b"5\r\nhello\r\n0\r\n\r\n"
    yield good("one", plain)
    yield good("three", b"1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n")
    yield good("upper-case-hex", b"A\r\n0123456789\r\n0\r\n\r\n")
    yield good("lower-case-hex", b"a\r\n0123456789\r\n0\r\n\r\n")
    yield good("leading-zeros", b"0005\r\nhello\r\n000\r\n\r\n")
    yield good("extension", b"5;name=value\r\nhello\r\n0;x\r\n\r\n", section="RFC 9112 §7.1.1")
    yield good("extension-quoted", b'5;name="va;lue"\r\nhello\r\n0\r\n\r\n', section="RFC 9112 §7.1.1")
    yield good("trailer", b"5\r\nhello\r\n0\r\nX-Trailer: thing\r\n\r\n", "Trailer: X-Trailer", section="RFC 9112 §7.1.2")
    yield good("crlf-inside", b"7\r\nhe\r\nllo\r\n0\r\n\r\n")
    whole = r.chunked(plain)
    yield Case("chunked/in-pieces", "RFC 9112 §7.1", [whole[:-15], *(whole[-15 + i:-14 + i] for i in range(14)), whole[-1:]], (STORED,))
    yield Case("chunked/coding-in-another-case", "RFC 9112 §7", r.chunked(plain, coding="Transfer-Encoding: ChunKed"), (STORED,))
    yield bad("size-missing", b"\r\nhello\r\n0\r\n\r\n")
    yield bad("size-no-hex", b"x\r\nhello\r\n0\r\n\r\n")
    yield bad("size-0x", b"0x5\r\nhello\r\n0\r\n\r\n")
    yield bad("size-plus", b"+5\r\nhello\r\n0\r\n\r\n")
    yield bad("size-minus", b"-5\r\nhello\r\n0\r\n\r\n")
    yield bad("size-space-before", b" 5\r\nhello\r\n0\r\n\r\n")
    yield bad("size-wraps-at-64-bits", b"10000000000000005\r\nhello\r\n0\r\n\r\n")
    yield bad("size-wraps-at-32-bits", b"100000005\r\nhello\r\n0\r\n\r\n")
    yield bad("size-huge", b"f" * 40 + b"\r\nhello\r\n0\r\n\r\n")
    yield bad("more-than-allowed", b"40000000\r\n" + b"x" * 100)
    yield bad("data-longer-than-said", b"4\r\nhello\r\n0\r\n\r\n")
    yield bad("no-line-end-behind-data", b"5\r\nhello0\r\n\r\n")
    yield bad("bare-lf", b"5\nhello\n0\n\n")
    yield bad("bare-cr", b"5\rhello\r0\r\r")
    yield bad("extension-far-too-long", b"5;" + b"x" * 100_000 + b"\r\nhello\r\n0\r\n\r\n", "RFC 9112 §7.1.1")
    yield bad("trailers-far-too-long", b"5\r\nhello\r\n0\r\n" + b"X-T: y\r\n" * 20_000 + b"\r\n", "RFC 9112 §7.1.2")
    yield Case("chunked/never-ends", "RFC 9110 §15.5.9", r.chunked(b"5\r\nhel"), (UNREADY + (408,),), CLOSES)
    yield single("chunked/of-get", "RFC 9110 §9.3.1", r.get("Transfer-Encoding: chunked", body=b"0\r\n\r\n"), (200, 400, 501), EITHER)


def smuggling_cases(r):
    """Requests whose end two readers may see in two places: the hidden one must never be answered."""
    def bad(name, data, section="RFC 9112 §6.1", answers=REFUSED):
        return Case(f"smuggling/{name}", section, data, (answers,), CLOSES)

    ends = b"0\r\n\r\n" + HIDDEN
    yield bad("length-and-chunked", r.post("Transfer-Encoding: chunked", body=ends), "RFC 9112 §6.3")
    yield bad("chunked-and-length", r.post("Transfer-Encoding: chunked", f"Content-Length: {len(ends)}", body=ends, length=""), "RFC 9112 §6.3")
    short = r.post("Transfer-Encoding: chunked", body=ends, length=4)
    yield bad("short-length-and-chunked", short, "RFC 9112 §6.3")
    yield bad("length-and-identity", r.post("Transfer-Encoding: identity", body=HIDDEN, length=0))
    for name, coding in {
        "unknown": "xchunked", "gzip-chunked": "gzip, chunked", "chunked-gzip": "chunked, gzip", "identity": "identity", "chunked-twice": "chunked, chunked",
        "quoted": '"chunked"', "vertical-tab": "\x0bchunked", "nul": "chunked\0", "semicolon": "chunked;x", "comma-first": ", xchunked",
        "not-ascii": "chunked\xff", "space-inside": "chun ked",
    }.items():
        yield bad(f"coding-{name}", r.chunked(ends, coding=f"Transfer-Encoding: {coding}"))
    yield bad("coding-empty-with-length", r.post("Transfer-Encoding:", body=HIDDEN, length=0), answers=REFUSED + STORED)
    yield bad("coding-in-two-fields", r.chunked(ends, "Transfer-Encoding: identity"))
    yield bad("coding-of-http-1.0", r.chunked(ends, version="HTTP/1.0"))
    yield bad("coding-space-before-colon", r.post("Transfer-Encoding : chunked", body=ends), "RFC 9112 §5.1")
    yield bad("coding-tab-before-colon", r.post("Transfer-Encoding\t: chunked", body=ends), "RFC 9112 §5.1")
    yield bad("coding-folded", r.post("Transfer-Encoding:\r\n chunked", body=ends), "RFC 9112 §5.2")
    yield bad("coding-folded-inside", r.post("Transfer-Encoding: chun\r\n ked", body=ends), "RFC 9112 §5.2")
    hidden_coding = r.post("X-Some: thing\rTransfer-Encoding: chunked", body=ends)
    yield Case("smuggling/coding-behind-bare-cr", "RFC 9112 §2.2", hidden_coding, (STORED + BAD,))
    for name, value in {"cut": "5\r0", "joined": "\r5", "field": "5\rX-Some: thing"}.items():
        data = r.post(f"Content-Length: {value}", length="")
        yield Case(f"smuggling/length-{name}-by-bare-cr", "RFC 9112 §2.2", data, (BAD + ((STORED) if name == "joined" else ()),))
    yield bad("length-with-letter-after-good", r.post("Content-Length: 0x", body=HIDDEN, length=0), "RFC 9112 §6.3")
    # The field behind must be seen, whatever stands before it; hidden, the body would be taken for a request.
    for name, before in {
        "short-name": "X: thing", "shorter-known-name": "Accept-: thing", "no-colon": "thing", "empty-name": ": thing", "space-in-name": "X Y: thing",
        "space-first": " X: thing", "name-with-nul": "X\0: thing", "beginning-of-length": "Content-Len: 3", "beginning-of-coding": "Transfer-: x",
    }.items():
        data = r.raw(f"POST {r.post_path} HTTP/1.1", before, f"Content-Length: {len(HIDDEN)}", "X-Last: thing", body=HIDDEN)
        yield Case(f"smuggling/length-behind-{name}", "RFC 9112 §5", data, (STORED + BAD,), EITHER)
        data = r.raw(f"GET {r.get_path} HTTP/1.1", before, f"Content-Length: {len(HIDDEN)}", "X-Last: thing", body=HIDDEN)
        yield single(f"smuggling/length-of-get-behind-{name}", "RFC 9112 §5", data, (200, 400), EITHER)
        data = r.post(before, "Transfer-Encoding: chunked", "X-Last: thing", body=ends)
        yield bad(f"coding-behind-{name}", data, "RFC 9112 §5")
        inside = b"%x\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)  # in a chunk: behind the last one it would be a request of its own
        after = r.get() + r.raw(f"POST {r.post_path} HTTP/1.1", before, "Transfer-Encoding: chunked", "X-Last: thing", body=inside)
        yield Case(f"smuggling/coding-behind-{name}-of-a-second-request", "RFC 9112 §5", [r.get(), after[len(r.get()):]], (200, STORED + UNREADY), EITHER)


def expect_cases(r):
    head = r.post("Expect: 100-continue", body=b"", length=5)
    yield Case("expect/100-continue", "RFC 9110 §10.1.1", head, (STORED,), continues=b"hello")
    yield Case("expect/upper-case", "RFC 9110 §10.1.1", r.post("Expect: 100-Continue", body=b"", length=5), (STORED,), continues=b"hello")
    yield Case("expect/body-at-once", "RFC 9110 §10.1.1", head + b"hello", (STORED,))
    yield Case("expect/refused-before-the-body", "RFC 9110 §10.1.1", r.post("Expect: 100-continue", body=b"", length=10**9), (413,), CLOSES)
    yield single("expect/without-body", "RFC 9110 §10.1.1", r.get("Expect: 100-continue"), (200, 400, 417))
    yield Case("expect/of-http-1.0", "RFC 9110 §10.1.1", r.post("Expect: 100-continue", version="HTTP/1.0"), (STORED,))
    yield single("expect/unknown", "RFC 9110 §10.1.1", r.get("Expect: miracles"), (200, 417))


# -- connections ----------------------------------------------------------------------------------


def connection_cases(r):
    def says_close(answers):
        return None if "close" in field_of(answers[-1], "connection").lower() else "closes without Connection: close"

    def has_date(answers):
        return None if field_of(answers[0], "date").endswith(" GMT") else "no Date"

    def delimited(answers):
        fields = answers[0].fields
        return None if "content-length" in fields or "transfer-encoding" in fields else "no end of the body in the head"

    get, one = r.get(), "HTTP/1.0"
    yield Case("connection/kept", "RFC 9112 §9.3", get, GOOD, STAYS)
    yield Case("connection/ten-one-after-the-other", "RFC 9112 §9.3", [get] * 10, GOOD * 10, STAYS)
    yield Case("connection/close", "RFC 9112 §9.6", r.get("Connection: close"), GOOD, CLOSES, check=says_close)
    yield Case("connection/close-in-capitals", "RFC 9112 §9.6", r.get("Connection: CLOSE"), GOOD, CLOSES)
    yield Case("connection/close-in-a-list", "RFC 9112 §9.6", r.get("Connection: x, close"), GOOD, CLOSES)
    yield Case("connection/close-in-two-fields", "RFC 9112 §9.6", r.get("Connection: x", "Connection: close"), GOOD, CLOSES)
    yield Case("connection/closed-is-not-close", "RFC 9112 §9.6", r.get("Connection: closed"), GOOD, STAYS)
    yield Case("connection/behind-close", "RFC 9112 §9.6", r.get("Connection: close") + get, GOOD, CLOSES)
    yield Case("connection/post-close", "RFC 9112 §9.6", r.post("Connection: close"), (STORED,), CLOSES)
    yield Case("connection/http-1.0", "RFC 9112 §9.3", r.get(version=one), GOOD, CLOSES)
    yield Case("connection/http-1.0-keep-alive", "RFC 9112 §9.3", r.get("Connection: keep-alive", version=one), GOOD, EITHER)
    yield Case("connection/http-1.0-behind", "RFC 9112 §9.3", r.get(version=one) + get, GOOD, CLOSES)
    yield Case("connection/http-1.0-no-chunks-back", "RFC 9112 §6.1", r.get(version=one), GOOD, CLOSES, check=lambda a: field_of(a[0], "transfer-encoding"))
    yield Case("connection/date", "RFC 9110 §6.6.1", get, GOOD, check=has_date)
    yield Case("connection/date-of-an-error", "RFC 9110 §6.6.1", r.get(path="/no/such/thing"), (404,), check=has_date)
    yield Case("connection/delimited", "RFC 9112 §6.3", get, GOOD, check=delimited)
    yield Case("connection/not-found-keeps-count", "RFC 9112 §9.3", r.get(path="/no/such/thing") + get, (404,), EITHER)
    for count in (2, 20, 200):
        yield Case(f"pipeline/{count}-gets", "RFC 9112 §9.3.2", get * count, GOOD * count, STAYS)
    order = b"".join(r.get(method=method) for method in ("GET", "HEAD", "GET", "HEAD", "GET"))
    yield Case("pipeline/gets-and-heads", "RFC 9112 §9.3.2", order, GOOD * 5, STAYS, (1, 3))
    halves = get * 3
    yield Case("pipeline/cut-anywhere", "RFC 9112 §9.3.2", [halves[:len(get) + 7], halves[len(get) + 7:]], GOOD * 3, STAYS)
    yield Case("pipeline/get-behind-post", "RFC 9112 §9.3.2", r.post() + get, (STORED, 200), STAYS)
    busy = (STORED + (503,),)
    yield Case("pipeline/post-behind-get", "RFC 9112 §9.3.2", get + r.post(), GOOD + busy, EITHER)
    yield Case("pipeline/post-behind-post", "RFC 9112 §9.3.2", r.post() + r.post(), (STORED, *busy), EITHER)
    yield Case("pipeline/bad-behind-good", "RFC 9112 §9.3.2", get + r.get("Host: twice"), (200, 400), CLOSES)
    yield Case("pipeline/good-behind-bad", "RFC 9112 §9.3.2", r.get("Host: twice") + get, BAD, CLOSES)
    yield Case("pipeline/garbage-behind-post", "RFC 9112 §9.3.2", r.post() + b"garbage\r\n\r\n", (STORED, (400, 501)), CLOSES)
    yield Case("pipeline/line-end-behind-post", "RFC 9112 §2.2", r.post() + b"\r\n" + get, (STORED, 200), STAYS)
    yield single("slow/line-never-ends", "RFC 9110 §15.5.9", b"GET / HT", (400, 408), CLOSES)
    yield single("slow/fields-never-end", "RFC 9110 §15.5.9", r.get()[:-2], (400, 408), CLOSES)
    yield Case("slow/second-request-never-ends", "RFC 9110 §15.5.9", [get, get[:-2]], (200, (400, 408)), CLOSES)


def all_cases(get, post, authority):
    r = Request(get, post, authority)
    return [
        *line_cases(r), *method_cases(r), *field_cases(r), *host_cases(r), *length_cases(r), *chunked_cases(r),
        *smuggling_cases(r), *expect_cases(r), *connection_cases(r),
    ]


# -- the opening handshake of a WebSocket (RFC 6455 §4) ---------------------------------------------

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # of that key, in §1.3


def handshake_cases(path, authority):
    r = Request(path, path, authority)
    usual = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13",
    }

    def case(name, answers, section="§4.2.1", method="GET", version="HTTP/1.1", host=True, check=None, body=b"", **changes):
        fields = {**usual, **{name.replace("_", "-"): value for name, value in changes.items()}}
        lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
        data = r.raw(f"{method} {path} {version}", *lines, host=host, body=body)
        return Case(f"handshake/{name}", section, data, answers, heads=(0,) if method == "HEAD" else (), check=check)

    def accepted(answers):
        fields = answers[0].fields
        if fields.get("sec-websocket-accept") != ACCEPT:
            return "wrong Sec-WebSocket-Accept"
        if fields.get("upgrade", "").lower() != "websocket" or "upgrade" not in fields.get("connection", "").lower():
            return "no Upgrade: websocket, or no Connection: Upgrade"
        return None

    def offers(answers):
        return None if "13" in answers[0].fields.get("sec-websocket-version", "") else "no Sec-WebSocket-Version: 13"

    def no_extension(answers):
        return "agreed to an extension that nobody knows" if "sec-websocket-extensions" in answers[0].fields else None

    def no_protocol(answers):
        return "chose a subprotocol" if "sec-websocket-protocol" in answers[0].fields else None

    switched, refused = (101,), ((400, 426),)
    yield case("usual", switched, "§4.2.2", check=accepted)
    yield case("upgrade-in-capitals", switched, check=accepted, Upgrade="WEBSOCKET")
    yield case("connection-in-lower-case", switched, check=accepted, Connection="upgrade")
    yield case("connection-list", switched, check=accepted, Connection="keep-alive, Upgrade")
    yield case("origin", switched, check=accepted, Origin=f"http://{authority}")
    yield case("extension-unknown", switched, "§9.1", check=no_extension, Sec_WebSocket_Extensions="x-nobody-knows")
    yield case("extension-deflate-offer", switched, "§9.1", check=accepted, Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    yield case("subprotocol-unknown", ((101, 400),), "§4.2.2", check=no_protocol, Sec_WebSocket_Protocol="nobody-knows")
    yield case("key-missing", BAD, Sec_WebSocket_Key=None)
    yield case("key-empty", BAD, Sec_WebSocket_Key="")
    yield case("key-short", BAD, Sec_WebSocket_Key="c2hvcnQ=")
    yield case("key-long", BAD, Sec_WebSocket_Key=KEY[:-2] + "AAAA" + "==")
    yield case("key-no-base64", BAD, Sec_WebSocket_Key="!" * 22 + "==")
    yield case("key-without-padding", BAD, Sec_WebSocket_Key=KEY[:-2])
    yield case("version-missing", refused, check=None, Sec_WebSocket_Version=None)
    yield case("version-8", refused, "§4.4", check=offers, Sec_WebSocket_Version="8")
    yield case("version-14", refused, "§4.4", check=offers, Sec_WebSocket_Version="14")
    yield case("version-no-number", refused, "§4.4", Sec_WebSocket_Version="thirteen")
    yield case("version-with-zero", refused, "§4.4", Sec_WebSocket_Version="013")
    yield case("upgrade-missing", ((400, 426),), Upgrade=None)
    yield case("upgrade-to-something-else", ((400, 426, 501),), Upgrade="h2c")
    yield case("connection-missing", refused, Connection=None)
    yield case("connection-without-upgrade", refused, Connection="keep-alive")
    yield case("post", ((400, 405, 426),), method="POST", Content_Length="0")
    yield case("head", ((400, 405, 426),), method="HEAD")
    yield case("http-1.0", ((400, 426, 505),), version="HTTP/1.0")
    yield case("host-missing", BAD, host=False)
    yield case("with-a-body", ((400, 413),), body=b"hello", Content_Length="5")
    yield case("chunked", ((400, 501),), body=b"0\r\n\r\n", Transfer_Encoding="chunked")
    data = r.raw(f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in usual.items()), f"Sec-WebSocket-Key: {KEY}")
    yield Case("handshake/two-keys", "§11.3.1", data, BAD)
    data = r.raw(f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in usual.items()), "Sec-WebSocket-Version: 13")
    yield Case("handshake/two-versions", "§11.3.5", data, ((101, 400, 426),))
    data = r.raw(f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in usual.items()))
    yield Case("handshake/byte-by-byte", "§4.2.1", [data[:3], *(data[i:i + 1] for i in range(3, 20)), data[20:]], switched, check=accepted)
    elsewhere = data.replace(path.encode(), b"/no/such/place", 1)
    yield Case("handshake/elsewhere", "§4.2.2", elsewhere, ((400, 403, 404),))
