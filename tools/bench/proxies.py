"""The balancers that are compared: how each is configured to do the same work, started, and what it cost."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(1, os.path.join(ROOT, "tools"))
from programs import Program, free_port

STICKLER = os.path.join(ROOT, "build/bin/stickler")
BENCH = os.path.join(ROOT, "build/bin/stickler-bench")
TICKS = os.sysconf("SC_CLK_TCK")


class Measured(Program):
    """What it and its children have cost."""

    def pids(self):
        """The program and its children: nginx has workers."""
        found, queue = [], [self.child.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            try:
                with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                    queue += [int(child) for child in file.read().split()]
            except OSError:
                pass
        return found

    def cpu(self):
        """Seconds of processor time so far: all of it by the scheduler's own account, and the user part in ticks."""
        total = user = 0.0
        for pid in self.pids():
            try:
                tasks = os.listdir(f"/proc/{pid}/task")
                for task in tasks:
                    with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                        total += int(file.read().split()[0]) / 1e9
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                    user += int(file.read().rsplit(")", 1)[1].split()[11]) / TICKS
            except OSError:
                pass
        return total, user

    def memory_bytes(self):
        """Memory that is the program's own: what is shared with the files it was loaded from does not count."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                text = file.read()
            total += sum(int(kib) for kib in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+) kB", text, re.M)) * 1024
        return total


class Proxy(Measured):
    """`setting`: origin (port), workers, cookie (affinity on), access_log (path or None)."""
    name = ""

    def __init__(self, folder, executable, setting, cpus):
        self.port = free_port()
        path = os.path.join(folder, f"{self.name}-{self.port}.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.configuration(setting, folder))
        super().__init__(folder, f"{self.name}-{self.port}", self.arguments(executable, path, folder), cpus)
        self.wait_for_port(self.port)


class Stickler(Proxy):
    name = "stickler"

    def arguments(self, executable, path, folder):
        return [executable or STICKLER, "run", path]

    def configuration(self, setting, folder):
        cookie = "affinity: {cookie: {name: SRV, keys: [0123456789012345678901234567890123456789]}}"
        log = f"access_log: {{file: {setting.access_log}}}" if setting.access_log else ""
        return f"""version: 1
process: {{workers: {setting.workers}}}
admin: {{listen: "127.0.0.1:0"}}
log: {{level: warn}}
{log}
listeners:
  web: {{listen: "127.0.0.1:{self.port}", pool: app}}
pools:
  app:
    {cookie if setting.cookie else "policy: round_robin"}
    backends:
      - {{name: a, address: "127.0.0.1:{setting.origin}"}}
"""


class Relay(Proxy):
    """Bytes passed on without HTTP: the floor on this machine of what a proxy over the same transport costs."""
    name = "relay"

    def arguments(self, executable, path, folder):
        return [executable or BENCH, "relay", "--listen", f"127.0.0.1:{self.port}", "--to", f"127.0.0.1:{self.origin}"]

    def configuration(self, setting, folder):
        self.origin = setting.origin
        return ""


class Nginx(Proxy):
    name = "nginx"

    def arguments(self, executable, path, folder):
        return [executable or "nginx", "-p", folder, "-c", path, "-e", os.path.join(folder, "nginx.err")]

    def configuration(self, setting, folder):
        temporary = "\n".join(f"  {kind}_temp_path {folder}/{kind};"
                              for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""daemon off;
user root;
worker_processes {setting.workers};
pid {folder}/nginx-{self.port}.pid;
worker_rlimit_nofile 20000;
events {{ worker_connections 9000; }}
http {{
{temporary}
  access_log {setting.access_log or "off"};
  keepalive_requests 1000000000;
  keepalive_timeout 60s;
  client_max_body_size 0;
  upstream app {{
    server 127.0.0.1:{setting.origin};
    keepalive 64;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{self.port} backlog=4096{" reuseport" if setting.workers > 1 else ""};
    location / {{
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header Via "1.1 nginx";
    }}
  }}
}}
"""


class Haproxy(Proxy):
    name = "haproxy"

    def arguments(self, executable, path, folder):
        return [executable or "haproxy", "-db", "-f", path]

    def configuration(self, setting, folder):
        cookie = "cookie SRV insert indirect nocache" if setting.cookie else ""
        return f"""global
  nbthread {setting.workers}
  maxconn 9000
defaults
  mode http
  timeout client 60s
  timeout server 30s
  timeout connect 2s
  timeout http-keep-alive 60s
  option http-keep-alive
  http-reuse always
frontend web
  bind 127.0.0.1:{self.port} backlog 4096
  unique-id-format %[uuid()]
  unique-id-header X-Request-Id
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header Via "1.1 haproxy"
  default_backend app
backend app
  {cookie}
  server a 127.0.0.1:{setting.origin} {"cookie a" if setting.cookie else ""} pool-max-conn 64
"""
