#!/usr/bin/env python3
"""Says how h11 reads HTTP/1.1 messages, for driver.py; the protocol is that of framing_reader_main.cpp, without what
is forwarded.

h11_parser.py requests|answers
"""
import json
import sys

import h11

# An error, because a success would open a tunnel behind CONNECT.
REPLY = h11.Response(status_code=404, headers=[("content-length", "0")])


class Reading:
    def __init__(self):
        self.messages = []
        self.end = "more"

    def begin(self, *start):
        self.messages.append([[part.hex() for part in start], b"", False])

    def body(self, data):
        self.messages[-1][1] += bytes(data)

    def finish(self):
        self.messages[-1][2] = True

    def line(self):
        messages = [[start, body.hex(), whole] for start, body, whole in self.messages]
        return json.dumps({"messages": messages, "end": self.end})


def read_requests(data, reading):
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(data)
    while True:
        event = peer.next_event()
        if isinstance(event, h11.Request):
            reading.begin(event.method, event.target)
        elif isinstance(event, h11.Data):
            reading.body(event.data)
        elif isinstance(event, h11.EndOfMessage):
            reading.finish()
            peer.send(REPLY)
            peer.send(h11.EndOfMessage())
            if peer.our_state is h11.MUST_CLOSE:
                reading.end = "closed"
                return
            peer.start_next_cycle()
        else:  # NEED_DATA
            return


def read_answer(data, reading):
    peer = h11.Connection(h11.CLIENT)
    peer.send(h11.Request(method="HEAD" if data[0] == 1 else "GET", target="/", headers=[("Host", "a")]))
    peer.send(h11.EndOfMessage())
    peer.receive_data(data[1:])
    ended = False
    while True:
        event = peer.next_event()
        if isinstance(event, h11.Response):
            reading.begin(str(event.status_code).encode())
        elif isinstance(event, h11.Data):
            reading.body(event.data)
        elif isinstance(event, h11.EndOfMessage):
            reading.finish()
            reading.end = "closed"
            return
        elif event is h11.NEED_DATA and not ended:
            peer.receive_data(b"")
            ended = True
        elif not isinstance(event, h11.InformationalResponse):
            return


def main():
    read = {"requests": read_requests, "answers": read_answer}[sys.argv[1]]
    while size := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(int.from_bytes(size, "little"))
        reading = Reading()
        try:
            read(data, reading)
        except h11.RemoteProtocolError as error:
            reading.end = f"refused {error}"
        print(reading.line())


if __name__ == "__main__":
    main()
