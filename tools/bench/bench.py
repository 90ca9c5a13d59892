#!/usr/bin/env python3
"""Stickler beside nginx and HAProxy, the same work in the same run: what a request costs, and how long it takes.
Where it says "relay", a program that only passes bytes on shows the floor of the machine.

bench.py [--rounds N] [--seconds S] [--only WORK,...] [--json FILE] [--stickler PATH] [--nginx PATH] [--haproxy PATH]

The balancer has one core, the origin and the load generator share another; where it says so, all share both. The
balancers take turns within each round, so that what the machine does meanwhile meets all of them. Only the ratios of
one run count; the processor time of a request is the figure to trust. Nothing here passes or fails.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from proxies import BENCH, ROOT, Haproxy, Nginx, Relay, Stickler  # First: it says where the next one is.
from programs import Failure, Program

PROXIES = [Stickler, Nginx, Haproxy]


@dataclass
class Setting:
    origin: int
    workers: int = 1
    cookie: bool = False
    access_log: str = ""


@dataclass
class Work:
    name: str
    says: str
    load: tuple = ()
    path: str = "/"
    workers: int = 1
    shared: bool = False  # Both cores for all.
    cookie: bool = False
    access_log: bool = False
    half_load: bool = False  # At half of what the slowest carries, open loop.
    idle: int = 0
    floor: bool = False  # Beside a relay without HTTP.
    goal: str = ""


WORKS = [
    Work("keep_alive", "64 clients, 64-byte answers, kept connections", ("-c", "64"), floor=True,
         goal="CPU <= 0.80 x nginx, <= 0.60 x HAProxy"),
    Work("cookie", "the same with cookie affinity, cookies sent back", ("-c", "64"), cookie=True, floor=True,
         goal="CPU <= 0.67 x HAProxy"),
    Work("access_log", "the same with the access log written", ("-c", "64"), access_log=True),
    Work("close", "a new client connection for each request", ("-c", "64", "--close"), goal="CPU <= 0.90 x nginx"),
    Work("mebibyte", "answers of 1 MiB, 16 clients", ("-c", "16"), path="/bytes/1048576", floor=True,
         goal="CPU <= 0.80 x nginx"),
    Work("upload", "requests of 1 MiB, 16 clients", ("-c", "16", "-X", "POST", "--body-bytes", "1048576"), floor=True),
    Work("one_worker", "as keep_alive, but all share both cores", ("-c", "64"), shared=True),
    Work("two_workers", "the same with two workers", ("-c", "64"), workers=2, shared=True,
         goal="CPU <= 1.10 x one_worker's own"),
    Work("half_load", "half the load, two workers, 5,000 idle clients beside it", ("-c", "256"), workers=2,
         shared=True, half_load=True, idle=5000, goal="p99 ahead of both"),
]


def cpus_of(shared):
    """The balancer's cores, and those of the rest."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise Failure("a bench needs two cores: one for the balancer, one for the origin and the load")
    return (set(usable[:2]), set(usable[:2])) if shared else ({usable[0]}, {usable[1]})


def drive(port, work, seconds, cpus, extra=()):
    arguments = [BENCH, "load", f"http://127.0.0.1:{port}{work.path}", "--json", "--warm-up", "0.5", "-d", str(seconds),
                 *work.load, *extra]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False,
                         preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    if not run.stdout:
        raise Failure(f"{' '.join(arguments)}: {run.stderr.strip()}")
    return json.loads(run.stdout)


def measure(kind, options, folder, origin, work, rate):
    """One proxy, one round."""
    proxy_cpus, load_cpus = cpus_of(work.shared)
    log = os.path.join(folder, f"{kind.name}-access.log") if work.access_log else ""
    setting = Setting(origin=origin, workers=work.workers, cookie=work.cookie, access_log=log)
    proxy = kind(folder, getattr(options, kind.name, ""), setting, proxy_cpus)
    try:
        extra = ("--rate", str(rate)) if rate else ()
        extra += ("--idle", str(work.idle)) if work.idle else ()
        before = proxy.cpu()
        # The warm-up is not measured by the driver but costs the proxy: it is counted by its share of requests.
        found = drive(proxy.port, work, options.seconds, load_cpus, extra)
        after = proxy.cpu()
        served = found["requests"] * (1 + 0.5 / options.seconds) + work.idle
        return {"requests_per_second": found["requests_per_second"], "errors": found["errors"],
                "p50_ms": found["latency_ms"]["p50"], "p99_ms": found["latency_ms"]["p99"],
                "p999_ms": found["latency_ms"]["p999"],
                "cpu_us": (after[0] - before[0]) / served * 1e6, "user_us": (after[1] - before[1]) / served * 1e6,
                "memory_mib": proxy.memory_bytes() / 2**20}
    finally:
        proxy.stop()


def measure_idle_memory(kind, options, folder, origin):
    """Bytes that one idle kept client connection costs: 5,000 of them, each after one request."""
    proxy_cpus, load_cpus = cpus_of(False)
    proxy = kind(folder, getattr(options, kind.name), Setting(origin=origin), proxy_cpus)
    try:
        drive(proxy.port, Work("", "", ("-c", "64")), 1, load_cpus)
        before = proxy.memory_bytes()
        load = Program(folder, "idle", [BENCH, "load", f"http://127.0.0.1:{proxy.port}/", "-c", "1", "--rate", "20",
                                        "--idle", "5000", "-d", "3600"], load_cpus)
        try:
            load.wait_for("idle 5000")
            return {"bytes_per_idle_client": (proxy.memory_bytes() - before) / 5000}
        finally:
            load.stop()
    finally:
        proxy.stop()


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def ratio(rows, base, key):
    """The median of the rounds' own ratios: both sides of each met the same machine."""
    values = [mine[key] / theirs[key] for mine, theirs in zip(rows, base) if theirs[key] > 0]
    return statistics.median(values) if values else float("nan")


def spread(rows, key):
    values = [row[key] for row in rows]
    return f"{min(values):.1f}-{max(values):.1f}"


def show(work, found):
    print(f"\n{work.name}: {work.says}" + (f"   [goal: {work.goal}]" if work.goal else ""))
    print(f"  {'':10}{'req/s':>9}{'CPU us':>9}{'spread':>13}{'user us':>9}{'p50 ms':>9}{'p99 ms':>9}{'p999 ms':>9}"
          f"{'MiB':>7}{'errors':>8}{'CPU ratio':>11}{'p99 ratio':>11}")
    mine = found["stickler"]
    for name, rows in found.items():
        line = (f"  {name:10}{median(rows, 'requests_per_second'):9.0f}{median(rows, 'cpu_us'):9.2f}"
                f"{spread(rows, 'cpu_us'):>13}{median(rows, 'user_us'):9.2f}{median(rows, 'p50_ms'):9.3f}"
                f"{median(rows, 'p99_ms'):9.3f}{median(rows, 'p999_ms'):9.3f}{median(rows, 'memory_mib'):7.1f}"
                f"{sum(row['errors'] for row in rows):8}")
        if name != "stickler":
            line += f"{ratio(mine, rows, 'cpu_us'):11.2f}{ratio(mine, rows, 'p99_ms'):11.2f}"
        print(line, flush=True)


def run_work(work, options, folder, origin, carried):
    kinds = [kind for kind in PROXIES if not (work.cookie and kind is Nginx)] + ([Relay] if work.floor else [])
    rate = min(carried.values()) / 2 if work.half_load and carried else 0
    if work.half_load and not carried:
        rate = min(measure(kind, options, folder, origin, WORKS[-2], 0)["requests_per_second"] for kind in kinds) / 2
    found = {kind.name: [] for kind in kinds}
    for number in range(options.rounds):
        for kind in kinds[number % len(kinds):] + kinds[:number % len(kinds)]:
            found[kind.name].append(measure(kind, options, folder, origin, work, rate))
    show(work, found)
    if work.name == "two_workers":
        carried.update({name: median(rows, "requests_per_second") for name, rows in found.items()})
    return found


def run(options, folder):
    load_cpus = cpus_of(False)[1]
    origin_program = Program(folder, "origin", [BENCH, "origin", "--listen", "127.0.0.1:0"], load_cpus)
    try:
        origin = int(origin_program.wait_for(r"^listening origin .*:(\d+)$").group(1))
        results, carried = {}, {}
        for work in WORKS:
            if not options.only or work.name in options.only:
                os.sched_setaffinity(origin_program.child.pid, cpus_of(work.shared)[1])
                results[work.name] = run_work(work, options, folder, origin, carried)
        if not options.only or "idle_memory" in options.only:
            idle = {kind.name: measure_idle_memory(kind, options, folder, origin) for kind in PROXIES}
            print("\nidle_memory: bytes of the balancer for one idle kept client (5,000 of them)   [goal: <= 614]")
            print("  " + "   ".join(f"{name} {row['bytes_per_idle_client']:.0f}" for name, row in idle.items()))
            results["idle_memory"] = idle
        if "one_worker" in results and "two_workers" in results:
            one, two = (median(results[name]["stickler"], "cpu_us") for name in ("one_worker", "two_workers"))
            print(f"\nsecond worker: {two / one:.2f} x the processor time of a request with one   [goal: <= 1.10]")
        return results
    finally:
        origin_program.stop()


def versions(options):
    def first_line(arguments):
        found = subprocess.run(arguments, capture_output=True, text=True, check=False)
        return (found.stdout + found.stderr).strip().split("\n")[0]

    return {"nginx": first_line([options.nginx or "nginx", "-v"]),
            "haproxy": first_line([options.haproxy or "haproxy", "-v"]),
            "stickler": first_line([os.path.join(ROOT, "build/bin/stickler"), "version"]),
            "kernel": platform.release(), "machine": platform.machine(), "cpus": len(os.sched_getaffinity(0))}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[],
                        help="some of: " + " ".join([*(work.name for work in WORKS), "idle_memory"]))
    parser.add_argument("--json", default="build/bench.json", help="where the figures of every round go")
    for name in ("stickler", "nginx", "haproxy"):
        parser.add_argument(f"--{name}", default="", help=f"another build of {name}")
    options = parser.parse_args()
    unknown = set(options.only) - {work.name for work in WORKS} - {"idle_memory"}
    if unknown:
        parser.error(f"--only: unknown work {', '.join(sorted(unknown))}")
    folder = tempfile.mkdtemp(prefix="stickler-bench.")
    os.chmod(folder, 0o755)
    try:
        about = versions(options)
        print("\n".join(f"{name}: {text}" for name, text in about.items()))
        results = run(options, folder)
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"about": about, "rounds": options.rounds, "seconds": options.seconds, "works": results}, file, indent=1)
        print(f"\nevery round's figures: {options.json}")
        return 0
    except Failure as failure:
        print(f"bench failed: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
