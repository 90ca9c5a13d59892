"""Inputs for driver.py, made from a seed: well-formed messages, one or several behind each other, then broken in up to
three places. What is broken is chosen where readers are known to differ: line ends, blanks, lengths, codings, chunks.
"""
TOKENS = ["X-A", "Accept", "x-b", "Cookie", "User-Agent", "TE", "Via", "Keep-Alive", "Range"]
VALUES = ["1", "a, b", "", "text/html;q=0.5", "\xe4\xff", "a\tb", '"q"', "timeout=5", "bytes=0-1", "=?;,"]
METHODS = ["GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"]
TARGETS = ["/", "/x", "/a/b?c=d", "/%20%2f", "/?a=[1]|^", "http://a.example/x", "http://a.example", "/a//b/../c", "*"]
LENGTHS = ["{0}", "{0}\t", "0{0}", "+{0}", "-{0}", "{0},{0}", "{0}, {0}", " {0} ", "\t{0}", "{0} 1", "0x{0}", "{0}.0", "", "{0};",
           "{0}\0", "\v{0}", "9223372036854775808", "18446744073709551616", "1{0}", '"{0}"', "{0}_0", "{0}\xb2"]
CODINGS = ["chunked", "Chunked", " chunked\t", "chunked, chunked", "identity", "gzip, chunked", "chunked, gzip", "",
           "xchunked", "chunked;q=1", '"chunked"', ",chunked", "chunked,", "chun ked", "\vchunked", "chunked\0", "x"]
CONNECTIONS = ["keep-alive", "close", "Close", "keep-alive, close", "x-a", ", close", "Upgrade", "content-length",
               "transfer-encoding", "closed", "close;a"]
OTHERS = ["Upgrade: websocket", "Upgrade: h2c", "Expect: 100-continue", "Trailer: X-T", "HTTP2-Settings: AAMAAABk",
          "Connection: Upgrade\r\nUpgrade: websocket", "Connection: Upgrade\r\nUpgrade: h2c", "Proxy-Connection: close"]
LINE_ENDS = ["\n", "\r", "\r\r\n", "\n\r", "\r\n ", "\r\n\t", " \r\n", "\t\r\n", "\0\r\n", "", "\r\n\r\n", "\v\r\n",
             "\r\n\n", "\x0c\r\n", "\xa0\r\n"]
COLONS = [" :", "\t:", "", "::", ":\r\n ", "\0:", "\v:", ":\v", ":\x0c", ":\xa0", ": : "]
SIZES = ["0{0}", "+{0}", "-{0}", "0x{0}", " {0}", "{0} ", "{0}\t", "{0};", "{0};a=b", '{0};a="b"', "{0} ;a", "{0}; a",
         "{0};\xe4", "{0};\0", "{0};a\n", "{0}\n", "{0}g", "", "0000000000000000{0}", "00000000000000000{0}", "1{0}",
         "{0}h", "10000000000000000{0}", "{0},", '{0};a="\r\n"', "{0};a\r", "{0}\r", "{0}_0", "{0}\xb2"]
TRAILERS = ["X-T: 1", "Content-Length: 3", "Transfer-Encoding: chunked", "X-T : 1", " X-T: 1", "X-T", ": 1", "Host: b",
            "X-T: 1\n", "X-T: \0", "Connection: close", "X-T: 1\r\n 2", "GET /y HTTP/1.1\r\nHost: a"]
VERSIONS = ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.10", "HTTP/01.1", "HTTP/1,1", "HTTP/1.",
            "RTSP/1.0", "", "HTTP/1.1 ", " HTTP/1.1", "HTTP/1.1\0", "HTTP/1.1 HTTP/1.1"]
SPACES = ["  ", "\t", " \t", "\v", "", "\xa0", "\0", "\r", " \r\n "]
BYTES = "\0\t\n\v\f\r !\"#%*+,-./09:;<=>?@AFaf\\[]_{|}~\x7f\x80\xa0\xff"
STATUS_LINES = ["HTTP/1.1 200 OK", "HTTP/1.1 204 None", "HTTP/1.1 304 Same", "HTTP/1.1 404 Not Found", "HTTP/1.1 200 ",
                "HTTP/1.1 200", "HTTP/1.0 200 OK", "HTTP/1.1 500 \xe4", "HTTP/1.1 205 Reset", "HTTP/1.1 299 Odd"]
BAD_STATUS_LINES = ["HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK", "HTTP/2.0 200 OK", "HTTP/1.1 099 OK", "OK",
                    "HTTP/1.1 200\tOK", "HTTP/1.1 200 O\0K", "HTTP/1.1 200 O\rK", "HTTP/1.1 600 OK", "ICY 200 OK",
                    "HTTP/1.2 200 OK", "HTTP/1.1 101 Switch", "HTTP/1.1 +20 OK", "\r\nHTTP/1.1 200 OK", "HTTP/1.1 2 0"]
INTERIM = ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n",
           "HTTP/1.1 103 Early\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 102 P\r\nTransfer-Encoding: chunked\r\n\r\n"]


class Message:
    """Pieces, so that each can be broken where it stands: [kind, text]."""

    def __init__(self, start, random):
        self.random = random
        self.pieces = [*start, ["end", "\r\n"]]

    def field(self, name, value, kind="value"):
        self.pieces += [["name", name], ["colon", ": "], [kind, value], ["end", "\r\n"]]

    def finish(self, body, framing):
        """framing: length, chunked or none. The head's end and the body."""
        random = self.random
        fields = [(random.choice(TOKENS), random.choice(VALUES)) for _ in range(random.randrange(4))]
        if framing == "length":
            fields.insert(random.randrange(len(fields) + 1), ("Content-Length", str(len(body)), "length"))
        elif framing == "chunked":
            fields.insert(random.randrange(len(fields) + 1), ("Transfer-Encoding", "chunked", "coding"))
        if random.random() < 0.15:
            fields.append(("Connection", random.choice(CONNECTIONS)))
        for field in fields:
            self.field(*field)
        if random.random() < 0.1:
            self.pieces += [["line", random.choice(OTHERS)], ["end", "\r\n"]]
        self.pieces.append(["end", "\r\n"])
        if framing == "chunked":
            self.chunks(body)
        else:
            self.pieces.append(["body", body])
        return self

    def chunks(self, body):
        random = self.random
        while body:
            size = random.randrange(1, len(body) + 1)
            self.pieces += [["size", random.choice(["%x", "%X", "%03x"]) % size], ["end", "\r\n"], ["body", body[:size]],
                            ["end", "\r\n"]]
            body = body[size:]
        self.pieces += [["size", "0"], ["end", "\r\n"]]
        if random.random() < 0.2:
            self.pieces += [["line", random.choice(TRAILERS)], ["end", "\r\n"]]
        self.pieces.append(["end", "\r\n"])

    def text(self):
        return "".join(text for _, text in self.pieces)


def _body(random):
    return random.choice(["", "hello", "x", "\r\n", "0\r\n\r\n", "a" * 20, "\0\xff\n",
                          "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"])


def _request(random):
    framing = random.choice(["none", "length", "length", "chunked", "chunked"])
    version = "HTTP/1.0" if random.random() < 0.05 else "HTTP/1.1"
    message = Message([["method", random.choice(METHODS)], ["space", " "], ["target", random.choice(TARGETS)],
                       ["space", " "], ["version", version]], random)
    message.field("Host", "a.example", "host")
    return message.finish(_body(random) if framing != "none" else "", framing)


def _answer(random):
    framing = random.choice(["none", "length", "length", "chunked", "chunked"])
    message = Message([["status", random.choice(STATUS_LINES)]], random)
    return message.finish(_body(random), framing)


# What is done to a piece of each kind: a function of its text and the source of chance.
BREAK = {
    "end": lambda text, random: random.choice(LINE_ENDS),
    "colon": lambda text, random: random.choice(COLONS),
    "space": lambda text, random: random.choice(SPACES),
    "version": lambda text, random: random.choice(VERSIONS),
    "status": lambda text, random: random.choice(BAD_STATUS_LINES),
    "length": lambda text, random: random.choice(LENGTHS).format(text),
    "coding": lambda text, random: random.choice(CODINGS),
    "size": lambda text, random: random.choice(SIZES).format(text),
    "host": lambda text, random: random.choice(["", "a, b", "a b", "me@a", "a:80", "a:b", "[::1]:80", "a/b", "[::1"]),
    "name": lambda text, random: random.choice(["", "X A", "X\0", "Content-Length", "Transfer-Encoding", "Host", "\xe4",
                                                "Content_Length", "Content-Length ", text.swapcase(), "X(A)"]),
    "line": lambda text, random: text.swapcase(),
    "method": lambda text, random: random.choice(["get", "BREW", "G T", "", "CONNECT", "PRI", "G\0T", "M-SEARCH", "GET\t"]),
    "target": lambda text, random: random.choice(["x", "#", "/#a", "/a b", "/\0", "/\xe4", "", "//a", "*", "a:80", "/\\",
                                                  "http://", "http://me@a/", "https://a/", "ftp://a/", "/\t", "?a"]),
    "body": lambda text, random: random.choice([text[1:], text + "x", text + "\r\n", text * 2]),
}


def _break_piece(message, random):
    weights = {"length": 4, "coding": 4, "size": 3, "end": 1}
    pieces = message.pieces
    piece = random.choices(pieces, [weights.get(kind, 1) for kind, _ in pieces])[0]
    if piece[0] in BREAK:
        piece[1] = BREAK[piece[0]](piece[1], random)
    else:
        piece[1] = random.choice(VALUES)


def _add_line(message, random):
    """A second statement about the body, or a copy of some line, among the first lines."""
    size = random.randrange(9)
    line = random.choice(["Content-Length: " + random.choice(LENGTHS).format(size), f"Content-Length: {size}",
                          "Transfer-Encoding: " + random.choice(CODINGS), "Transfer-Encoding: chunked", "Host: b",
                          " folded", "\tfolded: x", "Connection: " + random.choice(CONNECTIONS), "X", ": x"])
    ends = [i for i, piece in enumerate(message.pieces) if piece[0] == "end"]
    at = random.choice(ends[:4])
    message.pieces[at + 1:at + 1] = [["line", line], ["end", "\r\n"]]


def _break_byte(text, random):
    at = random.randrange(len(text) + 1)
    choice = random.randrange(5)
    if choice == 0:
        return text[:at] + random.choice(BYTES) + text[at:]
    if choice == 1:
        return text[:at] + random.choice(BYTES) + text[at + 1:]
    if choice == 2:
        return text[:at] + text[at + random.randrange(1, 4):]
    if choice == 3:
        return text[:at] + text[max(0, at - 9):at] + text[at:]
    return text[:at]


def _broken(message, random):
    """Its text, broken in none to three places."""
    bytewise = 0
    for _ in range(random.choices([0, 1, 2, 3], [20, 60, 15, 5])[0]):
        choice = random.random()
        if choice < 0.6:
            _break_piece(message, random)
        elif choice < 0.8:
            _add_line(message, random)
        else:
            bytewise += 1
    text = message.text()
    for _ in range(bytewise):
        text = _break_byte(text, random)
    return text


def request_stream(random):
    """One to three requests, of which one is broken."""
    messages = [_request(random) for _ in range(random.choice([1, 2, 2, 3]))]
    victim = random.randrange(len(messages))
    text = "".join(_broken(m, random) if i == victim else m.text() for i, m in enumerate(messages))
    return text.encode("latin-1")


def answer(random):
    """One answer, perhaps behind interim ones, and the mark of the request's method."""
    text = _broken(_answer(random), random)
    if random.random() < 0.2:
        text = random.choice(INTERIM) + text
    return bytes([random.random() < 0.15]) + text.encode("latin-1")
