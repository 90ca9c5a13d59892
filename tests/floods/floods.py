#!/usr/bin/env python3
"""Floods of slow, idle and oversized clients, and the good clients beside them.

floods.py --stickler PROGRAM --bench PROGRAM [--slowhttptest PROGRAM] [--seconds S] [--only NAME,...]
          [--beside nginx,haproxy]

Each flood hits the running balancer for some seconds while good clients go on at a steady rate. No good request may
fail, memory stays below a limit, and once a flood is over its descriptors are given back. The table shows the good
clients' p99 beside that of an undisturbed run; times are no ground to fail, for the machine may be shared. With
--beside each flood then hits the other balancers too, so that the times can be read against theirs.
"""
import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from balancer import Balancer, Origin
from bombs import Throwers
from peers import Peer
from programs import Failure, Program

CONNECTIONS = 1000
IDLE = 5000
GOOD_CLIENTS = 16
GOOD_RATE = 400
THROWERS = 8
# A client that does not read holds back at most the high water of lb/io and one read: 64 KiB each.
MEMORY_BYTES_MAX = (64 << 20) + CONNECTIONS * (128 << 10)
CALM_SECONDS_MAX = 30  # For what a flood leaves behind to go.
BODY_BYTES = 1 << 20


class Slow(Program):
    """slowhttptest, in one of its modes; ends by itself."""

    def __init__(self, run, *arguments):
        super().__init__(run.folder, "slowhttptest" + arguments[0],
                         [run.options.slowhttptest, *arguments, "-c", str(CONNECTIONS), "-r", str(CONNECTIONS),
                          "-l", str(run.options.seconds), "-v", "1"])

    def stop(self):
        if self.child.wait(timeout=CALM_SECONDS_MAX) != 0:
            yield f"slowhttptest failed:\n{self.printed()[-2000:]}"


class Idle(Program):
    """Clients that were served once and stay; one that goes on keeps the program alive."""

    def __init__(self, run):
        super().__init__(run.folder, "idle", [run.options.bench, "load", run.url("/"), "-c", "1", "--rate", "20",
                                              "--idle", str(IDLE), "-d", "3600"])
        self.wait_for(r"idle \d+")

    def stop(self):
        super().stop()
        return []


class Bombs(Throwers):
    def __init__(self, run):
        super().__init__(run.target.port, THROWERS)

    def stop(self):
        super().stop()
        yield from self.wrongs()


def slow(path, *arguments):
    return lambda run: Slow(run, *arguments, "-u", run.url(path))


# Name, what starts it (None: nothing), how many connections it must have opened to have been one.
FLOODS = [
    ("calm", None, 0),
    ("slow headers", slow("/", "-H", "-i", "1"), CONNECTIONS),
    ("slow body", slow("/", "-B", "-i", "1", "-s", "1000000"), CONNECTIONS),
    ("ranges", slow("/", "-R", "-a", "1", "-b", "3000"), CONNECTIONS),
    ("slow read", slow(f"/bytes/{BODY_BYTES}", "-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "3"),
     CONNECTIONS),
    ("idle", Idle, IDLE),
    ("bombs", Bombs, 100),
    ("calm again", None, 0),
]


class Run:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.wrongs = []
        self.origins = [Origin(folder, name, options.bench) for name in ("app", "large")]
        self.balancer = Balancer(folder, options.stickler, *self.origins)
        self.target = self.balancer
        self.peers = [Peer(folder, name, *self.origins) for name in options.beside.split(",") if name]

    def url(self, path):
        return f"http://127.0.0.1:{self.target.port}{path}"

    def good_clients(self, seconds):
        arguments = [self.options.bench, "load", self.url("/"), "--json", "-c", str(GOOD_CLIENTS), "--rate",
                     str(GOOD_RATE), "--warm-up", "0.5", "-d", str(seconds), "--timeout", "20"]
        run = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if not run.stdout:
            raise Failure(f"{' '.join(arguments)}: {run.stderr.strip()}")
        return json.loads(run.stdout)

    def beside_good_clients(self, start):
        """What became of the good clients during a flood, and what the flood found wrong."""
        flood = start(self) if start else None
        try:
            good = self.good_clients(self.options.seconds)
        finally:
            wrongs = list(flood.stop()) if flood else []
        return good, wrongs

    def opened(self):
        return int(self.balancer.metric("stickler_listener_connections_total"))

    def flood(self, name, start, opened_min):
        before = self.opened()
        descriptors_before = self.balancer.descriptors()
        self.balancer.start_peak()
        good, wrongs = self.beside_good_clients(start)
        row = {"name": name, "opened": self.opened() - before - GOOD_CLIENTS, "requests": good["requests"],
               "errors": good["errors"], "p50": good["latency_ms"]["p50"], "p99": good["latency_ms"]["p99"],
               "peak": self.balancer.peak_bytes()}
        if good["errors"] > 0 or good["statuses"]["2xx"] != good["requests"]:
            wrongs.append(f"good requests failed: {good['statuses']}, {good['endings']}")
        if row["peak"] > MEMORY_BYTES_MAX:
            wrongs.append(f"{row['peak'] >> 20} MiB of memory, above {MEMORY_BYTES_MAX >> 20} MiB")
        if row["opened"] < opened_min:
            wrongs.append(f"only {row['opened']} connections were opened: that was no flood")
        row["descriptors"] = self.descriptors_after(descriptors_before)
        if row["descriptors"] > descriptors_before:
            wrongs.append(f"{row['descriptors']} descriptors are open, {descriptors_before} were before")
        self.wrongs += [f"{name}: {wrong}" for wrong in wrongs]
        return row

    def flood_peer(self, peer, name, start):
        """How it went for the good clients; what another balancer does wrong is not ours to judge."""
        self.target = peer
        good, _ = self.beside_good_clients(start)
        self.target = self.balancer
        latency = good["latency_ms"]
        return {"name": name, "peer": os.path.basename(peer.child.args[0]), "requests": good["requests"],
                "errors": good["errors"], "p50": latency["p50"], "p99": latency["p99"]}

    def descriptors_after(self, before):
        deadline = time.monotonic() + CALM_SECONDS_MAX
        while self.balancer.descriptors() > before and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.balancer.descriptors()

    def stop(self):
        code = self.balancer.stop()
        if code != 0:
            self.wrongs.append(f"the balancer ended with {code}:\n{self.balancer.printed()[-4000:]}")
        for program in self.peers + self.origins:
            program.stop()


def show(rows):
    calm = [row["p99"] for row in rows if row["name"].startswith("calm")]
    undisturbed = sum(calm) / len(calm) if calm else 0
    print(f"{'flood':14}{'opened':>8}{'good':>7}{'errors':>8}{'p50 ms':>9}{'p99 ms':>9}{'p99 ratio':>11}{'peak MiB':>10}"
          f"{'open after':>12}")
    for row in rows:
        ratio = f"{row['p99'] / undisturbed:.2f}" if undisturbed else "-"
        print(f"{row['name']:14}{row['opened']:8}{row['requests']:7}{row['errors']:8}{row['p50']:9.3f}{row['p99']:9.3f}"
              f"{ratio:>11}{row['peak'] / 2**20:10.1f}{row['descriptors']:12}")


def show_peers(rows):
    print(f"\n{'flood':14}{'before':>10}{'good':>8}{'errors':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for row in rows:
        print(f"{row['name']:14}{row['peer']:>10}{row['requests']:8}{row['errors']:8}{row['p50']:9.3f}{row['p99']:9.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stickler", required=True)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--slowhttptest", default=shutil.which("slowhttptest"))
    parser.add_argument("--seconds", type=int, default=4, help="of each flood")
    parser.add_argument("--only", default="", help="names of floods, with commas between them")
    parser.add_argument("--beside", default="", help="other balancers to flood as well: nginx, haproxy")
    options = parser.parse_args()
    if not options.slowhttptest:
        sys.exit("slowhttptest is not installed (packages.txt)")
    only = options.only.split(",") if options.only else [name for name, _, _ in FLOODS]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))  # Each of the programs needs its thousands.

    with tempfile.TemporaryDirectory(prefix="stickler-floods-") as folder:
        run = Run(options, folder)
        try:
            run.good_clients(1)  # So that "before" is a balancer that has served.
            rows, peers = [], []
            for name, start, opened_min in FLOODS:
                if name not in only:
                    continue
                # In any order: who comes first pays for the memory that the kernel finds for the others.
                for target in random.sample([run.balancer, *run.peers], 1 + len(run.peers)):
                    if target is run.balancer:
                        rows.append(run.flood(name, start, opened_min))
                    else:
                        peers.append(run.flood_peer(target, name, start))
        finally:
            run.stop()
    show(rows)
    if peers:
        show_peers(peers)
    for wrong in run.wrongs:
        print("WRONG:", wrong)
    sys.exit(1 if run.wrongs else 0)


if __name__ == "__main__":
    main()
