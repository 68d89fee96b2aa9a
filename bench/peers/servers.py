"""The servers that are measured beside each other: each on loopback, an ordinary process on a processor of its own, with
bounds on its memory and descriptors, its files in a scratch folder, ended by its id."""

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GIVE_UP_S = 30
ADDRESS_SPACE_BYTES = 2 << 30  # many times what 5,000 subscribers take; a leak ends the server, not the machine
NODE_HEAP_MIB = 1024  # node reserves more addresses than it ever uses, so that its heap is bounded instead
NCHAN_MODULES = ("/usr/lib/nginx/modules/ngx_nchan_module.so", "/usr/lib64/nginx/modules/ngx_nchan_module.so")
CHANNEL = "bench"


class Missing(Exception):
    """What a server needs is not installed; the text says how to get it."""


def descriptors():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """A context manager: inside it the server answers at `url`."""

    dialect = "wirelab"
    bounded_addresses = True

    def __init__(self, build, cpu):
        self.build, self.cpu = Path(build), cpu
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="wirelab-peers-")
        self.folder = Path(self.scratch.name)
        os.chmod(self.folder, 0o755)  # nginx's worker is another user when its master is root
        log = (self.folder / "log").open("w+")
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        preexec_fn=self.confine)
        try:
            self.wait_for_it(log)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(GIVE_UP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.scratch.cleanup()

    def confine(self):
        if self.cpu is not None:
            os.sched_setaffinity(0, {self.cpu})
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors(), descriptors()))
        if self.bounded_addresses:
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))

    def wait_for_it(self, log):
        deadline = time.monotonic() + GIVE_UP_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        log.seek(0)
        raise RuntimeError(f"{self.name} did not start: {log.read().strip() or self.complaint()}")

    def look_for_it(self):
        """Raises Missing or FileNotFoundError when it is not installed."""
        self.version()

    def complaint(self):
        return "it said nothing"

    @property
    def pid(self):
        return self.process.pid


class Wirelab(Server):
    name = "wirelab"

    def command(self):
        return [str(self.build / "wirelab"), "serve", "--port", str(self.port)]

    def poll_target(self, transport):
        """A question whose answer is that there is nothing new."""
        return f"/{transport}/{CHANNEL}?after={get_json(self.url + f'/{transport}/{CHANNEL}')['cursor']}"

    def version(self):
        return output(str(self.build / "wirelab"), "--version").splitlines()[0]


class Nchan(Server):
    name = dialect = "nchan"

    def command(self):
        values = {"module": self.module(), "port": self.port, "folder": self.folder, "descriptors": descriptors(),
                  "connections": min(descriptors() - 64, 16_000)}
        config = self.folder / "nginx.conf"
        config.write_text(Template((HERE / "nginx.conf").read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
        return ["nginx", "-p", str(self.folder), "-c", str(config), "-e", str(self.folder / "error.log")]

    def complaint(self):
        return (self.folder / "error.log").read_text(encoding="utf-8").strip()

    @staticmethod
    def module():
        found = [path for path in NCHAN_MODULES if Path(path).exists()]
        if not found:
            raise Missing("nginx's nchan module is not here: scripts/install peers")
        return found[0]

    def poll_target(self, _transport):
        import email.utils
        import urllib.request

        publish = urllib.request.Request(f"{self.url}/pub/{CHANNEL}", data=b"first", headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(publish, timeout=GIVE_UP_S).close()
        with urllib.request.urlopen(f"{self.url}/poll/{CHANNEL}", timeout=GIVE_UP_S) as answer:
            at = int(email.utils.parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp())
            return f"/poll/{CHANNEL}?last_event_id={at}:{answer.headers['Etag']}"

    def version(self):
        self.module()
        nchan = output("dpkg-query", "-W", "-f=${Version}", "libnginx-mod-nchan")
        return f"nchan {nchan}, nginx {output('nginx', '-v').split('/')[-1].strip()}"


class SocketIo(Server):
    name = dialect = "socket.io"
    bounded_addresses = False

    def command(self):
        return ["node", f"--max-old-space-size={NODE_HEAP_MIB}", str(HERE / "socketio.js"), str(self.port)]

    def version(self):
        import json

        if not (HERE / "node_modules" / "socket.io").is_dir():
            raise Missing(f"Socket.IO's server is not here: npm ci --prefix {HERE.relative_to(ROOT)}")
        package = json.loads((HERE / "node_modules" / "socket.io" / "package.json").read_text(encoding="utf-8"))
        return f"socket.io {package['version']}, node {output('node', '--version').strip()}"


SERVERS = {server.name: server for server in (Wirelab, Nchan, SocketIo)}


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip() or "unknown"


def get_json(url):
    import json
    import urllib.request

    with urllib.request.urlopen(url, timeout=GIVE_UP_S) as answer:
        return json.load(answer)


def tree(pid):
    """The process and all that it started."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, children.read_text(encoding="ascii").split())
    return found


def cpu_s(pid):
    """Processor time of a tree, exact: the clock of a process, as clock_getcpuclockid(3) makes it of its id."""
    return sum(time.clock_gettime((~one << 3) | 2) for one in tree(pid))


if __name__ == "__main__":
    sys.exit("This is a part of bench/peers/run.")
