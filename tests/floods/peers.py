"""Other balancers under the same floods, so that what the machine itself costs the good clients can be told."""
import os
import shutil
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
from programs import Program, free_port

NGINX = """daemon off;
user root;
worker_processes 2;
pid {folder}/nginx.pid;
worker_rlimit_nofile 20000;
events {{ worker_connections 9000; }}
http {{
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  access_log off;
  client_header_timeout 4s;
  client_body_timeout 4s;
  keepalive_timeout 10s;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  upstream app {{ server 127.0.0.1:{app}; keepalive 64; }}
  upstream large {{ server 127.0.0.1:{large}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    location / {{ proxy_pass http://app; }}
    location /bytes {{ proxy_pass http://large; }}
  }}
}}
"""

HAPROXY = """global
  nbthread 2
  maxconn 9000
defaults
  mode http
  timeout http-request 4s
  timeout client 10s
  timeout server 30s
  timeout connect 2s
  option http-keep-alive
  http-reuse always
frontend web
  bind 127.0.0.1:{port} backlog 4096
  use_backend large if {{ path_beg /bytes }}
  default_backend app
backend app
  server a 127.0.0.1:{app}
backend large
  server a 127.0.0.1:{large}
"""


class Peer(Program):
    """`name`: nginx or haproxy, from its Debian package; with the times that the balancer has."""

    def __init__(self, folder, name, app, large):
        executable = shutil.which(name) or f"/usr/sbin/{name}"
        self.port = free_port()
        path = os.path.join(folder, name + ".conf")
        text = {"nginx": NGINX, "haproxy": HAPROXY}[name]
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.format(folder=folder, port=self.port, app=app.port, large=large.port))
        arguments = {"nginx": ["-p", folder, "-c", path, "-e", os.path.join(folder, "nginx.err")],
                     "haproxy": ["-db", "-f", path]}[name]
        super().__init__(folder, name, [executable, *arguments])
        self.wait_for_port(self.port)
