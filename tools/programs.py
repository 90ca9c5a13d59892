"""Programs that a script starts: what they print goes to a file, they are awaited by that or by their port, and stopped
by the id of what was started."""
import os
import re
import signal
import socket
import subprocess
import time

START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 20


class Failure(Exception):
    pass


def free_port(host="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Program:
    """In a session of its own, so that Ctrl-C reaches only the script, which ends what it has started, in order.
    `cpus`: those that it may run on."""

    def __init__(self, folder, name, arguments, cpus=None):
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        settle = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          start_new_session=True, preexec_fn=settle)

    def printed(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_for(self, pattern):
        """The first match of `pattern`, which ^ and $ bind to lines, in what it prints."""
        return self._await(lambda: re.search(pattern, self.printed(), re.MULTILINE), f"did not print '{pattern}'")

    def wait_for_port(self, port):
        """Until it accepts there."""
        def accepts():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        self._await(accepts, f"does not listen on {port}")

    def _await(self, condition, else_it):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            ended = self.child.poll() is not None
            result = condition()
            if result:
                return result
            if ended:
                else_it = f"stopped with exit code {self.child.returncode}"
                break
            time.sleep(0.02)
        raise Failure(f"{self.name} {else_it}; it printed:\n{self.printed().strip()}")

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        """Its exit code; killed with all that it has started, and None, when it does not end."""
        if self.child.poll() is None:
            self.child.terminate()
        try:
            return self.child.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
            return None
