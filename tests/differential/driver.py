#!/usr/bin/env python3
"""Stickler's reading of HTTP/1.1 messages against two parsers that share nothing with it: Node's http and h11.

driver.py --reader PROGRAM [--node PROGRAM] [--inputs N] [--seed N]

The same bytes (corpus.py) go to all three. Whatever Stickler accepts the others must understand with the same borders,
start and body, or refuse: a reader that takes a message to end elsewhere is one that a request can be smuggled past.
And whatever Stickler would send on for it the others must understand exactly so, without refusing. EXCEPTIONS says
where they may differ all the same.
"""
import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys

import corpus

HERE = os.path.dirname(os.path.abspath(__file__))
SHOWN_MAX = 10
COUNTED = ["inputs", "accepted by all", "refused by all", "refused by us alone", "refused by us, not by all",
           "refused by another alone", "messages sent on", "differences", "exceptions"]


def has_upgrade(data):
    return re.search(rb"(?im)^upgrade:", data)


def has_tab_behind_coding(data):
    return re.search(rb"(?im)^transfer-encoding:[ \t]*chunked *\t", data)


def stops_at_upgrade(data, what):
    return has_upgrade(data) and what.endswith(("they wait for more before it", "it does not end for them"))


def overlooks_coding_of_upgrade(data, what):
    return has_upgrade(data) and overlooks_coding(data, what)


def overlooks_coding(data, what):
    return has_tab_behind_coding(data) and what.endswith(("another body", "it ends for them"))


# Where another reading is allowed: kind of input, parser, whether it applies (to the input and the difference), reason.
EXCEPTIONS = [
    ("requests", "node", stops_at_upgrade,
     "Node stops, without an error, amid or behind a request that names an upgrade, though it refuses the upgrade; it is "
     "sent none but in a GET for websocket without a body"),
    ("requests", "node", overlooks_coding_of_upgrade,
     "llhttp does not know `chunked` with a tab behind it, which it refuses but in an upgrade; we write the line anew"),
    ("answers", "node", overlooks_coding,
     "the same in an answer, which it reads on to the connection's end; we write the line anew"),
]


def read(command, inputs):
    """One reading for each input."""
    data = b"".join(len(one).to_bytes(4, "little") + one for one in inputs)
    run = subprocess.run(command, input=data, stdout=subprocess.PIPE, timeout=120)
    lines = run.stdout.splitlines()
    if run.returncode != 0 or len(lines) != len(inputs):
        sys.exit(f"{command[0]} ended with {run.returncode} after {len(lines)} of {len(inputs)} inputs")
    return [json.loads(line) for line in lines]


def refuses(reading):
    return reading["end"].startswith("refused")


def border_difference(ours, theirs):
    """What they read otherwise than we do, of the messages that we accept; None: nothing."""
    for i, (start, body, whole, *_) in enumerate(ours["messages"]):
        if i == len(theirs["messages"]):
            # They have refused it, or gone before it. Who still waits takes it for part of something else.
            return None if theirs["end"] != "more" else f"message {i}: they wait for more before it"
        their_start, their_body, they_whole = theirs["messages"][i]
        if their_start != start:
            return f"message {i}: another start"
        if not whole:
            # Ours goes on, or we have refused it amid its body, and it is cut on its way to the backend.
            if they_whole and not refuses(ours):
                return f"message {i}: it ends for them"
            return None
        if not they_whole:
            return None if theirs["end"] != "more" else f"message {i}: it does not end for them"
        if their_body != body:
            return f"message {i}: another body"
    # Behind what we have refused or closed we read nothing.
    more = len(theirs["messages"]) - len(ours["messages"])
    return f"{more} messages more for them" if more > 0 and ours["end"] == "more" else None


def forwarded_difference(sent, theirs):
    """What is not understood as it was meant, of one message that we send on."""
    start, body, _, _ = sent
    if refuses(theirs):
        return theirs["end"]
    if len(theirs["messages"]) != 1:
        return f"{len(theirs['messages'])} messages"
    their_start, their_body, they_whole = theirs["messages"][0]
    # An absolute target goes on in origin form.
    if their_start[0] != start[0] or (len(start) > 1 and start[1].startswith("2f") and their_start[1] != start[1]):
        return "another start"
    return None if they_whole and their_body == body else "another body"


def shown(data):
    return repr(data)[2:-1]


class Comparison:
    """Of one kind of input: requests or answers."""

    def __init__(self, kind, commands):
        self.kind = kind
        self.ours = commands.pop("stickler")
        self.peers = commands
        self.counts = collections.Counter({name: 0 for name in COUNTED})
        self.differences = []

    def run(self, inputs):
        ours = read(self.ours + [self.kind], inputs)
        readings = {peer: read(command + [self.kind], inputs) for peer, command in self.peers.items()}
        for i, data in enumerate(inputs):
            self.compare(data, ours[i], {peer: readings[peer][i] for peer in readings})
        self.compare_forwarded(inputs, ours)

    def compare(self, data, ours, theirs):
        self.counts["inputs"] += 1
        refused_by = [peer for peer, reading in theirs.items() if refuses(reading)]
        if not refuses(ours):
            self.counts["accepted by all" if not refused_by else "refused by another alone"] += 1
        elif len(refused_by) == len(theirs):
            self.counts["refused by all"] += 1
        else:
            self.counts["refused by us, not by all" if refused_by else "refused by us alone"] += 1
        for peer, reading in theirs.items():
            what = border_difference(ours, reading)
            if what is not None:
                self.differ(peer, data, ours, reading, what)

    def compare_forwarded(self, inputs, ours):
        sent = [(data, message) for data, reading in zip(inputs, ours) for message in reading["messages"] if message[2]]
        mark = (lambda data: data[:1]) if self.kind == "answers" else (lambda data: b"")
        again = [mark(data) + bytes.fromhex(message[3]) for data, message in sent]
        self.counts["messages sent on"] += len(sent)
        for peer, command in self.peers.items():
            for (_, message), data, reading in zip(sent, again, read(command + [self.kind], again)):
                what = forwarded_difference(message, reading)
                if what is not None:
                    self.differ(peer, data, {"messages": [message[:3]], "end": "forwarded"}, reading, what)

    def differ(self, peer, data, ours, theirs, what):
        for kind, who, applies, _ in EXCEPTIONS:
            if kind == self.kind and who == peer and applies(data, what):
                self.counts["exceptions"] += 1
                return
        self.counts["differences"] += 1
        if len(self.differences) < SHOWN_MAX:
            messages = [message[:3] for message in ours["messages"]]
            self.differences.append(f"{peer}: {what}\n  input:  {shown(data)}\n  ours:   {messages}, {ours['end']}\n"
                                    f"  theirs: {theirs['messages']}, {theirs['end']}")

    def report(self):
        print(f"{self.kind}: " + ", ".join(f"{self.counts[name]} {name}" for name in COUNTED))
        for difference in self.differences:
            print(difference)
        return self.counts["differences"] == 0 and self.counts["accepted by all"] > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", required=True, help="framing_reader")
    parser.add_argument("--node", default="node")
    parser.add_argument("--inputs", type=int, default=10000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    commands = {"stickler": [options.reader], "node": [options.node, os.path.join(HERE, "node_parser.js")],
                "h11": [sys.executable, "-B", os.path.join(HERE, "h11_parser.py")]}
    print(f"seed {options.seed}")
    good = True
    for kind, make in (("requests", corpus.request_stream), ("answers", corpus.answer)):
        chance = random.Random(f"{kind} {options.seed}")
        comparison = Comparison(kind, dict(commands))
        comparison.run([make(chance) for _ in range(options.inputs)])
        good = comparison.report() and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
