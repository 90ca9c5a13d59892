#!/usr/bin/env python3
"""Two pools of three log-in servers behind Stickler: users log in to both, one server of each is killed, and a table
shows who noticed. The servers of one pool keep sessions in their own memory, those of the other replicate them.

demo.py [--once]: stays up until Ctrl-C; with --once it stops at the end, with exit code 1 unless exactly the users of
the dead server without replicas lost their session, and those of the other went on at the backup that they were named.
Runs the programs of build/bin with conf/demo.yaml; a port of it that is taken is replaced by a free one.
"""
import argparse
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field

from programs import Failure, Program, free_port

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONFIG = "conf/demo.yaml"
USERS = 30
VISITS = 3
STRATEGIES = {"memory": "memory", "replicated": "primary-backup"}  # Of each pool's servers: --sessions.
COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


@dataclass
class Answer:
    status: int  # 0: no answer
    body: dict
    seconds: float


@dataclass
class User:
    name: str
    jar: str
    node: str = ""
    backup: str = ""


@dataclass
class Pool:
    name: str
    nodes: dict  # Name -> address.
    site: str = ""
    users: list = field(default_factory=list)
    dead: str = ""

    def users_of(self, node):
        return [user for user in self.users if user.node == node]


def paint(colour, text):
    return f"\033[{ {'green': 32, 'red': 31, 'bold': 1, 'dim': 2}[colour] }m{text}\033[0m" if COLOURS else text


def say(text=""):
    print(text, flush=True)


def step(text):
    say(f"\n{paint('bold', text)}")


def table(header, rows):
    """Columns as wide as their text; the last one wraps to the terminal."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    room = max(24, min(shutil.get_terminal_size((100, 24)).columns, 120) - sum(widths[:-1]) - 3 * len(widths))
    widths[-1] = min(widths[-1], room)

    def line(cells):
        return "  " + "   ".join(str(cell).ljust(width) for cell, width in zip(cells, widths)).rstrip()

    say(paint("dim", line(header)))
    say(paint("dim", line("-" * width for width in widths)))
    for row in rows:
        last = str(row[-1])
        while len(last) > room:
            cut = last.rfind(" ", 0, room)
            say(line([*row[:-1], last[:cut]]))
            row, last = [""] * len(row), last[cut + 1:]
        say(line([*row[:-1], last]))


# The configuration and its ports --------------------------------------------------------------------------------

def is_free(host, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return True
        except OSError:
            return False


def configuration(folder):
    """The path of the configuration to run, and its text: conf/demo.yaml, or a copy with free ports."""
    path = CONFIG
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for host, port in dict.fromkeys(re.findall(r"(\d+\.\d+\.\d+\.\d+):(\d+)\b", re.sub(r"#.*", "", text))):
        if is_free(host, int(port)):
            continue
        free = free_port(host)
        say(f"  port {port} is taken, using {free}")
        text = text.replace(f"{host}:{port}", f"{host}:{free}")
        path = os.path.join(folder, "demo.yaml")
    if path != CONFIG:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return path, text


def read_pools(text):
    pools = []
    for part in re.split(r"\n  (?=\w+:)", text.partition("\npools:")[2])[1:]:
        nodes = dict(re.findall(r"name:\s*(\w+),\s*address:\s*([\d.]+:\d+)", part))
        pools.append(Pool(part.partition(":")[0], nodes))
    return pools


# Users ----------------------------------------------------------------------------------------------------------

def request(url, user, form=None):
    """One request by curl with the user's cookie jar; with a form, perhaps an empty one, it is a POST."""
    arguments = ["curl", "-sS", "--noproxy", "*", "--max-time", "10", "-b", user.jar, "-c", user.jar,
                 "-w", "\n%{http_code} %{time_total}", url]
    for pair in [] if form is None else form or [""]:
        arguments += ["--data-urlencode", pair]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)
    body, _, figures = run.stdout.rpartition("\n")
    status, seconds = figures.split()
    try:
        content = json.loads(body)
    except ValueError:
        content = {}
    return Answer(int(status), content if isinstance(content, dict) else {}, float(seconds))


def log_in(site, user):
    """Logs in, and remembers the node that answers and the backup that it names; the visits must land there too."""
    answer = request(site + "/login", user, [f"user={user.name}", f"password={user.name}"])
    if answer.status not in (200, 204, 303):
        raise Failure(f"{user.name} could not log in: status {answer.status} {answer.body or ''}")
    seen = [request(site + "/visit", user, []) for _ in range(VISITS)] + [request(site + "/me", user)]
    for me in seen:
        if me.status != 200 or me.body.get("user") != user.name:
            raise Failure(f"{user.name} logged in, but was answered {me.status} {me.body or ''}")
    nodes = {me.body.get("node") for me in seen}
    if len(nodes) != 1:
        raise Failure(f"{user.name} was sent to several nodes: {sorted(nodes)}")
    user.node = nodes.pop()
    user.backup = seen[-1].body.get("backup") or ""


def names(users):
    return " ".join(user.name for user in users) or "-"


def show_landing(pools):
    rows = []
    for pool in pools:
        for name, address in pool.nodes.items():
            here = pool.users_of(name)
            rows.append([pool.name, name, "dead" if name == pool.dead else address, len(here), names(here)])
    table(["pool", "node", "address", "users", "who"], rows)


def has_all(answer, user):
    return answer.status == 200 and answer.body.get("user") == user.name and answer.body.get("visits") == VISITS


def show_loss(pools, after):
    """The table of the main point. Returns the sentences that are not as they must be."""
    rows, wrong = [], []
    for pool in pools:
        for name in pool.nodes:
            here = pool.users_of(name)
            answers = [(user, after[pool.name, user.name]) for user in here]
            same = [u for u, answer in answers if has_all(answer, u) and answer.body.get("node") == name]
            moved = [u for u, answer in answers if has_all(answer, u) and answer.body.get("node") == u.backup]
            lost = [u for u, answer in answers if answer.status == 401]
            errors = len(here) - len(same) - len(moved) - len(lost)
            rows.append([pool.name, name + (" (dead)" if name == pool.dead else ""), len(here), len(same), len(moved),
                         len(lost), errors, names(lost)])
            wanted = same if name != pool.dead else lost if pool.name == "memory" else moved
            if len(wanted) != len(here):
                wrong.append(f"{len(here) - len(wanted)} users of {name} were not answered as they should be")
    table(["pool", "node", "users", "same node", "backup", "lost session", "errors", "who lost it"], rows)
    return wrong


# The play -------------------------------------------------------------------------------------------------------

def start_servers(folder, processes, pool):
    peers = {name: f"127.0.0.1:{free_port()}" for name in pool.nodes}
    secret = secrets.token_hex(16)
    strategy = STRATEGIES[pool.name]
    for name, address in pool.nodes.items():
        arguments = ["--listen", address, "--name", name, "--sessions", strategy, "--password-cost", "off"]
        if strategy != "memory":
            others = ",".join(f"{other}={peer}" for other, peer in peers.items() if other != name)
            arguments += ["--peer-listen", peers[name], "--peers", others, "--peer-secret", secret]
        processes[name] = Program(folder, name, ["build/bin/login-stub", *arguments])
        processes[name].wait_for(r" info ready$")
        say(f"  login-stub {name} on {address}, --sessions {strategy}")
    for name in pool.nodes if strategy != "memory" else []:
        for other in pool.nodes.keys() - {name}:
            processes[name].wait_for(f" info peer {other}: connected")


def start(folder, processes):
    """Everything that runs. Returns the pools and the address of the admin API."""
    config, text = configuration(folder)
    pools = read_pools(text)
    for pool in pools:
        start_servers(folder, processes, pool)
    balancer = Program(folder, "stickler", ["build/bin/stickler", "run", config])
    processes["stickler"] = balancer
    balancer.wait_for(r" info ready$")
    with open(balancer.log, encoding="utf-8", errors="replace") as log:
        listening = dict(re.findall(r" info listening (\S+) (\S+)", log.read(), re.MULTILINE))
    # Two names of this machine, or a browser would mix the cookies of the two.
    for pool, host in zip(pools, ["127.0.0.1", "localhost"]):
        pool.site = f"http://{host}:{listening[pool.name].rpartition(':')[2]}"
        pool.users = [User(name, os.path.join(folder, f"{pool.name}-{name}.jar"))
                      for name in (f"u{i:02}" for i in range(1, USERS + 1))]
    say(f"  stickler run {config} on " + " and ".join(pool.site for pool in pools))
    return pools, listening["admin"]


def ask_admin(admin, path):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{admin}{path}", timeout=10) as answer:
        return answer.read().decode()


def await_down(admin, pool, seconds=30):
    deadline = time.monotonic() + seconds
    while json.loads(ask_admin(admin, f"/api/v1/pools/{pool.name}/backends/{pool.dead}"))["state"] != "down":
        if time.monotonic() > deadline:
            raise Failure(f"{pool.dead} was killed, and is not found down after {seconds} s")
        time.sleep(0.05)


def failovers(admin, pool):
    sample = rf'stickler_pool_verdicts_total{{pool="{pool.name}",reason="failover"}} (\d+)'
    return int(re.search(sample, ask_admin(admin, "/metrics")).group(1))


def go_on(admin, memory, replicated):
    """What the users of the dead do next. Returns the sentences that are not as they must be."""
    wrong = []
    for pool in (memory, replicated):
        await_down(admin, pool)
    hit = replicated.users_of(replicated.dead)
    for user in hit:
        answer = request(replicated.site + "/me", user)
        if not has_all(answer, user) or answer.body.get("node") != user.backup:
            wrong.append(f"{user.name} did not go on at {user.backup}: {answer.status} {answer.body or ''}")
        user.node = answer.body.get("node", "")
    count = failovers(admin, replicated)
    if count != len(hit):
        wrong.append(f"{count} requests have the verdict failover, not {len(hit)}")
    for user in memory.users_of(memory.dead):
        log_in(memory.site, user)
    show_landing([memory, replicated])
    if memory.users_of(memory.dead):
        wrong.append(f"a user logged in to {memory.dead}, which is dead")
    return wrong


def play(folder, processes, once):
    step("Starting")
    pools, admin = start(folder, processes)
    memory, replicated = pools
    step(f"{USERS} users log in to each pool, and come back {VISITS + 1} times")
    for pool in pools:
        for user in pool.users:
            log_in(pool.site, user)
    show_landing(pools)

    for pool in pools:
        pool.dead = sorted(pool.nodes)[len(pool.nodes) // 2]
    step(f"kill -9 {memory.dead} {replicated.dead}, then every user sends GET /me")
    for pool in pools:
        processes[pool.dead].kill()
    after = {(pool.name, user.name): request(pool.site + "/me", user) for pool in pools for user in pool.users}
    wrong = show_loss(pools, after)
    lost, saved = (len(pool.users_of(pool.dead)) for pool in pools)

    step(f"Both are found down: the {lost} users of {memory.dead} log in again, the {saved} of {replicated.dead} just go on")
    wrong += go_on(admin, memory, replicated)
    if wrong:
        raise Failure("not as it must be: " + "; ".join(wrong))
    say("\n" + paint("red", f"memory:     {lost} of {USERS} users lost their session, those whose node died."))
    say(paint("green", f"replicated: nobody did. The {saved} users of {replicated.dead} went on at the backup that their "
                       f"cookie named, with every visit they had made."))
    say(f"The slowest answer right after the kill took {max(answer.seconds for answer in after.values()) * 1000:.0f} ms.")
    if not once:
        stay_up(pools, admin, processes)


def stay_up(pools, admin, processes):
    step("Everything else stays up. Ctrl-C stops it.")
    table(["what", "where"],
          [[f"log in to {pool.name} (password = user name)", pool.site + "/"] for pool in pools] +
          [["status", f"http://{admin}/api/v1/status"], ["pools", f"http://{admin}/api/v1/pools"],
           ["metrics", f"http://{admin}/metrics"], ["on the command line", f"build/bin/stickler status --admin {admin}"]])
    dead = {pool.dead for pool in pools}
    while True:
        for name, process in processes.items():
            if name not in dead and process.child.poll() is not None:
                raise Failure(f"{name} stopped with exit code {process.child.returncode}")
        time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(prog="./dev demo")
    parser.add_argument("--once", action="store_true", help="check the outcome and stop")
    once = parser.parse_args().once

    def interrupted(*_):
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    os.chdir(ROOT)
    folder = tempfile.mkdtemp(prefix="stickler-demo.")
    processes = {}
    code = 1
    try:
        play(folder, processes, once)
        code = 0
    except KeyboardInterrupt:
        say("\nstopping")
        code = 130 if once else 0
    except (Failure, OSError) as failure:
        say(f"\n{paint('red', 'demo failed:')} {failure}\nlogs: {folder}")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # A second Ctrl-C must not leave half of them running.
        for process in reversed(processes.values()):
            process.stop()
    if code != 1:
        shutil.rmtree(folder)
    return code


if __name__ == "__main__":
    sys.exit(main())
