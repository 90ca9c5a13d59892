"""Requests that are too much: heads with many, big or endless fields, and cookies. Each client sends one after another,
on a connection of its own, and notes how it was answered."""
import collections
import socket
import threading

START = b"GET / HTTP/1.1\r\nHost: flood.example\r\n"
ENDLESS_BYTES_MAX = 64 << 20
ANSWER_SECONDS_MAX = 20


def head(*fields):
    return START + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def whole(data):
    yield data


def endless():
    yield START
    line = b"X-Endless: " + b"e" * 1000 + b"\r\n"
    for _ in range(ENDLESS_BYTES_MAX // len(line)):
        yield line


# Name, what is sent, the answers that are right.
BOMBS = [
    ("10,000 fields", lambda: whole(head(*(b"X-%d: 1" % i for i in range(10_000)))), {431}),
    ("101 fields", lambda: whole(head(*(b"X-%d: 1" % i for i in range(101)))), {431}),
    ("a field of 1 MiB", lambda: whole(head(b"X-Big: " + b"b" * (1 << 20))), {431}),
    ("an endless head", endless, {431}),
    ("a URI of 100 KiB", lambda: whole(b"GET /" + b"u" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"), {414}),
    ("a cookie of 64 KiB", lambda: whole(head(b"Cookie: big=" + b"c" * 65_536)), {431}),
    ("4,000 cookies in 24 KiB", lambda: whole(head(b"Cookie: " + b"; ".join([b"a=bc"] * 4_000))), {200}),
    ("2,000 cookies of our name", lambda: whole(head(b"Cookie: " + b"; ".join([b"STICKLER=x"] * 2_000))), {200}),
    ("90 lines of cookies", lambda: whole(head(*[b"Cookie: " + b"; ".join([b"a=b"] * 50)] * 90)), {200}),
]


def throw(port, pieces):
    """The status of the answer; "closed" when the connection ended without one, which it may, for bytes that the
    balancer has not read turn its close into a reset."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX) as client:
        try:
            for piece in pieces:
                client.sendall(piece)
        except ConnectionError:
            pass  # It has heard enough.
        try:
            while b"\r\n" not in answer:
                data = client.recv(4096)
                if not data:
                    break
                answer += data
        except ConnectionError:
            pass
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else "closed"


class Throwers:
    """`count` clients, until stopped."""

    def __init__(self, port, count):
        self.port = port
        self.stopping = threading.Event()
        self.answers = {name: collections.Counter() for name, _, _ in BOMBS}
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, turn):
        while not self.stopping.is_set():
            name, pieces, _ = BOMBS[turn % len(BOMBS)]
            turn += 1
            try:
                status = throw(self.port, pieces())
            except OSError as error:
                status = str(error)
            with self.lock:
                self.answers[name][status] += 1

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def thrown(self):
        return sum(sum(counter.values()) for counter in self.answers.values())

    def wrongs(self):
        """What is not right of the answers."""
        for name, _, right in BOMBS:
            answers = self.answers[name]
            if not any(status in answers for status in right):
                yield f"{name}: never answered {right}, but {dict(answers)}"
            may = right if 200 in right else right | {"closed"}
            for status, times in answers.items():
                if status not in may:
                    yield f"{name}: answered {status}, {times} times"
