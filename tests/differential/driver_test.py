#!/usr/bin/env python3
"""Proves that each kind of difference is found, and that stricter readers are none."""
import unittest

from driver import border_difference, forwarded_difference

A = [["41"], "6869", True]
B = [["42"], "", True]
HALF_A = [["41"], "68", False]


def reading(*messages, end="more"):
    return {"messages": list(messages), "end": end}


BORDERS = [
    ("the same", reading(A, B), reading(A, B), None),
    ("nothing", reading(), reading(), None),
    ("they refuse the second", reading(A, B), reading(A, end="refused X"), None),
    ("they refuse amid the first", reading(A), reading(HALF_A, end="refused X"), None),
    ("they close amid the first", reading(A), reading(HALF_A, end="closed"), None),
    ("they close behind the first", reading(A, B), reading(A, end="closed"), None),
    ("we refuse the second", reading(A, end="refused x"), reading(A, B), None),
    ("we refuse amid the first", reading(HALF_A, end="refused x"), reading(A, B), None),
    ("we close behind the first", reading(A, end="closed"), reading(A, B), None),
    ("both wait amid the first", reading(HALF_A), reading(HALF_A), None),
    ("they wait before the second", reading(A, B), reading(A), "message 1: they wait for more before it"),
    ("they wait amid the second", reading(A, A), reading(A, HALF_A), "message 1: it does not end for them"),
    ("they end the first where we wait", reading(HALF_A), reading(A), "message 0: it ends for them"),
    ("another start", reading(A), reading([["43"], "6869", True]), "message 0: another start"),
    ("another body", reading(A), reading([["41"], "68", True]), "message 0: another body"),
    ("they find more", reading(A), reading(A, B), "1 messages more for them"),
    ("they find more, and refuse what follows", reading(A), reading(A, B, end="refused X"), "1 messages more for them"),
]

SENT = [["47", "2f78"], "6869", True, ""]

FORWARDED = [
    ("the same", reading([["47", "2f78"], "6869", True]), None),
    ("refused", reading(end="refused X"), "refused X"),
    ("taken, and then refused", reading([["47", "2f78"], "6869", True], end="refused X"), "refused X"),
    ("none", reading(), "0 messages"),
    ("two", reading([["47", "2f78"], "6869", True], B), "2 messages"),
    ("another method", reading([["48", "2f78"], "6869", True]), "another start"),
    ("another target", reading([["47", "2f"], "6869", True]), "another start"),
    ("another body", reading([["47", "2f78"], "68", True]), "another body"),
    ("no end", reading([["47", "2f78"], "6869", False]), "another body"),
]


class DriverTest(unittest.TestCase):
    def test_borders(self):
        for name, ours, theirs, what in BORDERS:
            with self.subTest(name):
                self.assertEqual(border_difference(ours, theirs), what)

    def test_forwarded(self):
        for name, theirs, what in FORWARDED:
            with self.subTest(name):
                self.assertEqual(forwarded_difference(SENT, theirs), what)


if __name__ == "__main__":
    unittest.main()
