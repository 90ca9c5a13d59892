#!/usr/bin/env python3
"""Instructions that each micro-bench takes, counted by callgrind: a figure that a busy machine does not change.

instructions.py [--only REGEX] [--micro PATH]

Every operation runs twice, with few and with many iterations; the difference is the operation's alone, because start
and set-up are the same in both. Prints the table of docs/performance.md.
"""
import argparse
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FEW, MANY = 500, 2500  # Few enough for a pick among 10,000, many enough that a time printed shorter is no instruction.


class Failure(Exception):
    pass


def output_of(arguments):
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise Failure(f"{' '.join(arguments)}: exit code {run.returncode}\n{run.stderr.strip()}")
    return run


def collected(micro, name, iterations):
    run = output_of(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", micro,
                     f"--iterations={iterations}", f"--benchmark_filter=^{re.escape(name)}/iterations:{iterations}$"])
    found = re.search(r"Collected : (\d+)", run.stderr)
    if not found:
        raise Failure(f"callgrind counted nothing for {name}:\n{run.stderr}")
    return int(found.group(1))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench --instructions")
    parser.add_argument("--only", default="", help="operations whose name fits this expression")
    parser.add_argument("--micro", default=os.path.join(ROOT, "build/bin/micro"), help="another build of the micro-benches")
    options = parser.parse_args()
    try:
        names = output_of([options.micro, "--benchmark_list_tests"]).stdout.split()
        print("| operation | instructions |\n|---|---|")
        for name in names:
            if re.search(options.only, name):
                many, few = (collected(options.micro, name, iterations) for iterations in (MANY, FEW))
                print(f"| {name} | {round((many - few) / (MANY - FEW)):,} |", flush=True)
        return 0
    except (Failure, OSError) as failure:
        print(f"instructions: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
