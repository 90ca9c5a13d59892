"""The programs of a flood: the origins, the balancer before them, and what is asked of them while they run."""
import os
import re
import subprocess
import time
import urllib.request

START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 20

# Short times, so that what the flood leaves behind is gone within seconds, and the affinity cookie, so that cookies are
# read.
CONFIGURATION = """version: 1
process: {{workers: 2, shutdown_grace: 2s}}
admin: {{listen: "127.0.0.1:0"}}
listeners:
  web:
    listen: "127.0.0.1:0"
    timeouts: {{request_header: 4s, request_body: 4s, idle: 10s}}
    routes: [{{path: /bytes, pool: large}}]
    pool: app
pools:
  app:
    affinity: {{cookie: {{keys: [0123456789012345678901234567890123456789]}}}}
    connections: {{idle_timeout: 2s}}
    backends: [{{name: a, address: "127.0.0.1:{app}"}}]
  large:
    connections: {{idle_timeout: 2s}}
    backends: [{{name: a, address: "127.0.0.1:{large}"}}]
"""


class Failure(Exception):
    pass


class Program:
    """Started with its output in a file; stopped by its process id."""

    def __init__(self, folder, name, arguments):
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def printed(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def await_port(self, pattern):
        """The number in the first thing it prints that `pattern` fits."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.child.poll() is None:
            found = re.search(pattern, self.printed())
            if found:
                return int(found.group(1))
            time.sleep(0.02)
        raise Failure(f"{self.child.args[0]} did not start:\n{self.printed()}")

    def stop(self):
        """Its exit code; killed, and None, when it does not end."""
        self.child.terminate()
        try:
            return self.child.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            return None


class Origin(Program):
    def __init__(self, folder, name, bench):
        super().__init__(folder, name, [bench, "origin"])
        self.port = self.await_port(r"127\.0\.0\.1:(\d+)")


class Balancer(Program):
    """Large answers have an origin of their own: it is not the balancer's fault what one that is flooded does."""

    def __init__(self, folder, executable, app, large):
        path = os.path.join(folder, "stickler.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(app=app.port, large=large.port))
        super().__init__(folder, "stickler", [executable, "run", path])
        self.port = self.await_port(r"listening web 127\.0\.0\.1:(\d+)")
        self.admin_port = self.await_port(r"listening admin 127\.0\.0\.1:(\d+)")

    def metric(self, name):
        """The sum over all labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=30) as page:
            text = page.read().decode()
        return sum(float(value) for value in re.findall(rf"(?m)^{name}(?:\{{[^}}]*\}})? (\S+)$", text))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def start_peak(self):
        """From now on peak_bytes() says the most memory since."""
        with open(f"/proc/{self.child.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")

    def peak_bytes(self):
        with open(f"/proc/{self.child.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1)) * 1024
