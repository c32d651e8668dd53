"""The servers that the lab loads: nginx in several dresses, the stalling server, and one that waits for a first byte.

Each is pinned (LAB_SERVER_CPU), counts requests itself, and is ended by whoever started it.
"""
import json, os, re, selectors, shutil, signal, socket, subprocess, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.environ.get("LAB", os.path.join(tempfile.gettempdir(), "lab"))
CPU_C, CPU_S = os.environ.get("LAB_CLIENT_CPU", "0"), os.environ.get("LAB_SERVER_CPU", "1")
NICE = int(os.environ.get("LAB_NICE", "-20"))
TICK = os.sysconf("SC_CLK_TCK")
# What nginx answers for a product; it puts in the id.
PRODUCT = ('{"id":$1,"name":"item-$1","price_cents":1250,"currency":"EUR","in_stock":true,"stock":42,"rating":4.6,"tags":["tea","green","loose"],'
           '"maker":{"id":7,"name":"Garden and Leaf","country":"JP"},"description":"Loose leaf tea of the first harvest, in a tin of 100 g. Keep it cool and dry."}')
PATHS = ("/ok", "/1k", "/16k", "/1m", "/gz")  # what nginx answers here
GZ_LAST = "the-last-word-of-the-body"  # /gz ends in it once unpacked


def first():
    """Own session, so an autogroup of its own, at a raised priority where we may."""
    os.setsid()
    try:
        with open("/proc/self/autogroup", "w") as f:
            f.write(str(NICE))
    except OSError:
        pass
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    except OSError:
        pass
    if os.environ.get("LAB_RT") == "1":  # for timing on a busy machine: round-robin real time, ahead of everything else
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except OSError:
            pass
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (60000, 60000))
    except (OSError, ValueError):
        pass


def free_port(p=21080):
    while True:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", p))
                return p
            except OSError:
                p += 1


def http_get(port, path, timeout=5):
    s = socket.create_connection(("127.0.0.1", port), timeout)
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    b = b""
    while True:
        try:
            d = s.recv(65536)
        except socket.timeout:
            break
        b += d
        if not d or (b"\r\n\r\n" in b and (m := re.search(rb"(?i)content-length: (\d+)", b)) and len(b.split(b"\r\n\r\n", 1)[1]) >= int(m[1])):
            break
    s.close()
    return b.split(b"\r\n\r\n", 1)[1].decode()


def proc_cpu(pid):
    f = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(f[11]) + int(f[12])) / TICK


def machine_busy():
    v = list(map(int, open("/proc/stat").readline().split()[1:9]))
    return (sum(v) - v[3] - v[4]) / TICK


def json_of(size):
    """About `size` bytes of JSON that compress as an API's answers do."""
    items, n, length = [], 0, 0
    while length < size:
        items.append('{"id":%d,"name":"item-%d","price":%d.99,"tags":["a","b"]}' % (n, n, n * 7))
        length += len(items[-1]) + 1
        n += 1
    return '{"items":[' + ",".join(items) + '],"end":"' + GZ_LAST + '"}'


class Nginx:
    """nginx with `workers` processes, all on `cpus`; answers the PATHS; no logs; endless keep-alive.

    For `journey` also GET /products/{id}, a few hundred bytes of JSON with that id, and POST /cart, 201.
    Plain HTTP/1.1 on `port`; with `tls` also HTTPS on `tls_port`, with `h2` that speaks HTTP/2 there.
    """
    def __init__(self, port, workers=1, cpus=CPU_S, tls=False, h2=False):
        self.port, self.tls_port, self.d = port, None, tempfile.mkdtemp(prefix="lab-nginx-")
        os.chmod(self.d, 0o755)
        json_1k = ('{"items":[' + ",".join('{"id":%d,"name":"item-%d","price":%d.99,"tags":["a","b"]}' % (i, i, i * 7) for i in range(18)) + "]}")[:1040]
        self.files(("16k", 16 * 1024), ("1m", 1024 * 1024))
        secure = ""
        if tls:
            self.tls_port = free_port(port + 1)
            self.certificate()
            secure = (f"server {{ listen 127.0.0.1:{self.tls_port} ssl {'http2' if h2 else ''} backlog=16384; "
                      f"ssl_certificate {self.d}/cert.pem; ssl_certificate_key {self.d}/key.pem; ssl_session_cache shared:s:10m; {'http2_max_concurrent_streams 1024;' if h2 else ''} include {self.d}/locations; }}")
        locations = f"""location = /ok {{ default_type text/plain; return 200 "ok"; }}
location = /1k {{ default_type application/json; return 200 '{json_1k}'; }}
location = /16k {{ default_type application/json; alias {self.d}/16k; }}
location = /1m {{ default_type application/json; alias {self.d}/1m; }}
location = /gz {{ default_type application/json; add_header Content-Encoding gzip; alias {self.d}/gz; }}
location ~ ^/products/(\d+)$ {{ default_type application/json; return 200 '{PRODUCT}'; }}
location = /cart {{ default_type application/json; return 201 '{{"items":1}}'; }}
location = /__n {{ stub_status; }}
"""
        user = "user root;" if os.geteuid() == 0 else ""
        conf = f"""daemon off; master_process on; {user} worker_processes {workers}; worker_rlimit_nofile 60000; pid {self.d}/pid; error_log {self.d}/err;
events {{ worker_connections 30000; multi_accept on; use epoll; }}
http {{ access_log off; keepalive_timeout 3600s; keepalive_requests 1000000000; tcp_nodelay on; tcp_nopush on; sendfile on; server_tokens off; open_file_cache max=16;
 client_body_temp_path {self.d}; proxy_temp_path {self.d}; fastcgi_temp_path {self.d}; uwsgi_temp_path {self.d}; scgi_temp_path {self.d};
 server {{ listen 127.0.0.1:{port} backlog=16384; include {self.d}/locations; }}
 {secure}
}}
"""
        open(f"{self.d}/locations", "w").write(locations)
        open(f"{self.d}/nginx.conf", "w").write(conf)
        self.p = subprocess.Popen(["taskset", "-c", cpus, "nginx", "-p", self.d, "-c", f"{self.d}/nginx.conf"], preexec_fn=first,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            time.sleep(0.05)
            try:
                http_get(port, "/ok"); break
            except OSError:
                pass
        else:
            raise SystemExit("nginx did not come up: " + open(f"{self.d}/err").read()[-1000:])
        self.workers = [int(k) for k in open(f"/proc/{self.p.pid}/task/{self.p.pid}/children").read().split()]

    def files(self, *sizes):
        for name, size in sizes:
            open(f"{self.d}/{name}", "w").write(json_of(size)[:size])
        import gzip
        open(f"{self.d}/gz", "wb").write(gzip.compress(json_of(1024 * 1024).encode(), 6))

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", f"{self.d}/key.pem", "-out", f"{self.d}/cert.pem"], check=True, capture_output=True)

    def base(self):
        return f"https://127.0.0.1:{self.tls_port}" if self.tls_port else f"http://127.0.0.1:{self.port}"

    def count(self):
        return int(http_get(self.port, "/__n").split("\n")[2].split()[2])

    def cpu(self):
        return sum(proc_cpu(w) for w in self.workers)

    def reset(self):
        self.n0 = self.count()

    def served(self):
        return self.count() - self.n0 - 1

    def pacing(self):
        return None

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        self.p.wait(10)
        shutil.rmtree(self.d, ignore_errors=True)


class Stall:
    """stall_server.rs, pinned. freeze=0 makes it a plain server that also measures the pacing of what arrives."""
    def __init__(self, port, freeze=1000, service_us=1000):
        self.port = port
        exe = os.path.join(LAB, "bin", "stall_server")
        src = os.path.join(HERE, "stall_server.rs")
        if not os.path.exists(exe) or os.path.getmtime(exe) < os.path.getmtime(src):
            os.makedirs(os.path.dirname(exe), exist_ok=True)
            subprocess.run(["rustc", "-O", "-o", exe, src], check=True)
        self.p = subprocess.Popen(["taskset", "-c", CPU_S, exe, str(port), str(service_us), "10000", str(freeze)], preexec_fn=first, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        self.worker = self.p.pid

    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def cpu(self):
        return proc_cpu(self.worker)

    def reset(self):
        http_get(self.port, "/reset")

    def stats(self):
        return json.loads(http_get(self.port, "/stats", 5))

    def served(self):
        self.last = self.stats()
        return self.last["served"]

    def pacing(self):
        return self.last.get("dispersion_10ms")

    def stop(self):
        self.p.terminate(); self.p.wait(10)


class FirstByte:
    """Waits for the first byte of a request on any connection, and answers everything with 200."""
    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    def __init__(self, port):
        self.s = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port = port

    def drain(self):
        """Forgets the connections that a tool that was ended has left in the backlog: their bytes are not the next one's."""
        self.s.settimeout(0.02)
        try:
            while True:
                self.s.accept()[0].close()
        except TimeoutError:
            pass
        self.s.settimeout(None)

    def wait(self, limit_s):
        """The monotonic time of the first byte, or None; then answers for a short while, so that a tool may end well."""
        poll, end, at = selectors.DefaultSelector(), time.monotonic() + limit_s, None
        poll.register(self.s, selectors.EVENT_READ)
        taken = []
        while (left := end - time.monotonic()) > 0:
            for key, _ in poll.select(left):
                if key.fileobj is self.s:
                    c, _ = self.s.accept()
                    taken.append(c)
                    poll.register(c, selectors.EVENT_READ)
                    continue
                try:
                    d = key.fileobj.recv(65536)
                except OSError:
                    d = b""
                if not d:
                    poll.unregister(key.fileobj)
                    continue
                if at is None:
                    at, end = time.monotonic(), min(end, time.monotonic() + 0.2)
                try:
                    key.fileobj.sendall(self.ANSWER)
                except OSError:
                    pass
        for c in taken:
            c.close()
        return at

    def stop(self):
        self.s.close()
