#!/usr/bin/env python3
"""Three log-in servers behind Stickler: users log in, one server is killed, and a table shows who noticed.

demo.py [--once]: stays up until Ctrl-C; with --once it stops at the end, with exit code 1 unless exactly the users of
the dead server lost their session. Runs the programs of build/bin with conf/demo.yaml; a port of it that is taken is
replaced by a free one.
"""
import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONFIG = "conf/demo.yaml"
USERS = 30
COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Failure(Exception):
    pass


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


def free_port(host):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def configuration(folder):
    """The path of the configuration to run, and its text: conf/demo.yaml, or a copy with free ports."""
    with open(os.path.join(ROOT, CONFIG), encoding="utf-8") as file:
        text = file.read()
    path = CONFIG
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


# Processes ------------------------------------------------------------------------------------------------------

class Process:
    """A program of build/bin in its own session, so that Ctrl-C reaches only this script, which ends them in order."""

    def __init__(self, folder, name, arguments):
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          start_new_session=True)

    def wait_for(self, pattern, seconds=20):
        """The first match of `pattern` in what the program prints."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            dead = self.child.poll() is not None
            with open(self.log, encoding="utf-8", errors="replace") as log:
                text = log.read()
            match = re.search(pattern, text, re.MULTILINE)
            if match:
                return match
            if dead:
                raise Failure(f"{self.name} stopped with exit code {self.child.returncode}:\n{text.strip()}")
            time.sleep(0.02)
        raise Failure(f"{self.name} was not ready within {seconds} s; it printed:\n{text.strip()}")

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.kill()


# Users ----------------------------------------------------------------------------------------------------------

def request(url, user, form=None):
    """One request by curl with the user's cookie jar."""
    arguments = ["curl", "-sS", "--noproxy", "*", "--max-time", "10", "-b", user.jar, "-c", user.jar,
                 "-w", "\n%{http_code} %{time_total}", url]
    for field in form or []:
        arguments += ["--data-urlencode", field]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)
    body, _, figures = run.stdout.rpartition("\n")
    status, seconds = figures.split()
    try:
        content = json.loads(body)
    except ValueError:
        content = {}
    return Answer(int(status), content if isinstance(content, dict) else {}, float(seconds))


def log_in(site, user):
    """Logs in and remembers the node that /me names; three more requests must land there too."""
    answer = request(site + "/login", user, [f"user={user.name}", f"password={user.name}"])
    if answer.status not in (200, 204, 303):
        raise Failure(f"{user.name} could not log in: status {answer.status} {answer.body or ''}")
    seen = [request(site + "/me", user) for _ in range(4)]
    for me in seen:
        if me.status != 200 or me.body.get("user") != user.name:
            raise Failure(f"{user.name} logged in, but /me answered {me.status} {me.body or ''}")
    nodes = {me.body.get("node") for me in seen}
    if len(nodes) != 1:
        raise Failure(f"{user.name} was sent to several nodes: {sorted(nodes)}")
    user.node = nodes.pop()


def names(users):
    return " ".join(user.name for user in users) or "-"


def show_landing(nodes, users, dead=()):
    rows = []
    for name, address in nodes.items():
        here = [user for user in users if user.node == name]
        rows.append([name, "dead" if name in dead else address, len(here), names(here)])
    table(["node", "address", "users", "who"], rows)


def show_loss(nodes, users, after, dead):
    """The table of the main point. Returns the sentences that are not as they must be."""
    rows, wrong = [], []
    for name in nodes:
        here = [user for user in users if user.node == name]
        kept = [u for u in here if after[u.name].status == 200 and after[u.name].body.get("node") == name]
        lost = [u for u in here if after[u.name].status == 401]
        other = [u for u in here if u not in kept and u not in lost]
        rows.append([name + (" (dead)" if name == dead else ""), len(here), len(kept), len(lost), len(other), names(lost)])
        if name == dead and len(lost) != len(here):
            wrong.append(f"{len(here) - len(lost)} users of the dead node {name} were not asked to log in again")
        if name != dead and len(kept) != len(here):
            wrong.append(f"{len(here) - len(kept)} users of {name} noticed: {names(lost + other)}")
    table(["node", "users", "still logged in", "lost session", "errors", "who lost it"], rows)
    return wrong


# The play -------------------------------------------------------------------------------------------------------

def play(folder, processes, once):
    step("Starting")
    config, text = configuration(folder)
    nodes = dict(re.findall(r"name:\s*(\w+),\s*address:\s*([\d.]+:\d+)", text))
    for name, address in nodes.items():
        stub = Process(folder, name, ["build/bin/login-stub", "--listen", address, "--name", name,
                                      "--sessions", "memory", "--password-cost", "off"])
        processes[name] = stub
        stub.wait_for(r" info listening ")
        say(f"  login-stub {name} on {address}")
    balancer = Process(folder, "stickler", ["build/bin/stickler", "run", config])
    processes["stickler"] = balancer
    balancer.wait_for(r" info ready$")
    with open(balancer.log, encoding="utf-8", errors="replace") as log:
        listening = dict(re.findall(r" info listening (\S+) (\S+)", log.read(), re.MULTILINE))
    admin = listening.pop("admin", "")
    site = "http://" + next(iter(listening.values())).replace("0.0.0.0", "127.0.0.1")
    say(f"  stickler run {config} on {site}")

    step(f"{USERS} users log in through {site}, and come back three times each")
    users = [User(f"u{i:02}", os.path.join(folder, f"u{i:02}.jar")) for i in range(1, USERS + 1)]
    for user in users:
        log_in(site, user)
    show_landing(nodes, users)

    dead = sorted(nodes)[len(nodes) // 2]
    step(f"kill -9 {dead}, then every user sends GET /me")
    processes[dead].kill()
    after = {user.name: request(site + "/me", user) for user in users}
    wrong = show_loss(nodes, users, after, dead)

    lost = [user for user in users if user.node == dead]
    step(f"The {len(lost)} users of {dead} log in again and land on the nodes that live")
    for user in lost:
        log_in(site, user)
    show_landing(nodes, users, dead=(dead,))
    if any(user.node == dead for user in users):
        wrong.append(f"a user logged in to {dead}, which is dead")

    if wrong:
        raise Failure("not as it must be: " + "; ".join(wrong))
    slowest = max(answer.seconds for answer in after.values()) * 1000
    say("\n" + paint("green", f"{len(lost)} of {USERS} users lost their session: those whose node died. The other "
                              f"{USERS - len(lost)} noticed nothing."))
    say(f"The slowest answer right after the kill took {slowest:.0f} ms.")
    if not once:
        stay_up(site, admin, processes, dead)


def stay_up(site, admin, processes, dead):
    step("Everything stays up. Ctrl-C stops it.")
    rows = [["log in (password = user name)", site + "/"]]
    if admin:
        rows += [["status", f"http://{admin}/api/v1/status"], ["pools", f"http://{admin}/api/v1/pools"],
                 ["metrics", f"http://{admin}/metrics"], ["on the command line", f"build/bin/stickler status --admin {admin}"]]
    table(["what", "where"], rows)
    while True:
        for name, process in processes.items():
            if name != dead and process.child.poll() is not None:
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
