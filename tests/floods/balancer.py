"""The programs of a flood: the origins, the balancer before them, and what is asked of them while they run."""
import os
import re
import sys
import urllib.request

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
from programs import Program

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


class Origin(Program):
    def __init__(self, folder, name, bench):
        super().__init__(folder, name, [bench, "origin"])
        self.port = int(self.wait_for(r"127\.0\.0\.1:(\d+)").group(1))


class Balancer(Program):
    """Large answers have an origin of their own: it is not the balancer's fault what one that is flooded does."""

    def __init__(self, folder, executable, app, large):
        path = os.path.join(folder, "stickler.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(app=app.port, large=large.port))
        super().__init__(folder, "stickler", [executable, "run", path])
        self.port = int(self.wait_for(r"listening web 127\.0\.0\.1:(\d+)").group(1))
        self.admin_port = int(self.wait_for(r"listening admin 127\.0\.0\.1:(\d+)").group(1))

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
