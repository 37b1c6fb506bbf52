#!/usr/bin/env python3
"""How much memory a gateway takes for connections that wait, and for large bodies that pass.

    Benchmarks/memory.py GATEHOUSE

Prints `idle_kib`, the growth of resident memory for each of 10,000 idle keep-alive connections that have each been answered once, in KiB;
and `body_kib`, the most by which resident memory grew while 64 MiB were sent and 64 MiB came back, in KiB. On free loopback ports and in a
directory of its own.
"""

import http.client, http.server, json, os, pathlib, resource, socket, subprocess, sys, tempfile, threading

PROGRAM = os.path.abspath(sys.argv[1])
CONNECTIONS = 10_000
BODY = 64 << 20
BLOCK = b"x" * (1 << 16)

POLICY = """policy: 1
scopes: { customers:read: Look }
roles: { partner-writer: { grants: [customers:read] } }
callers: { partner: { via: partner-token, roles: [partner-writer] } }
routes:
  - { id: large, methods: [POST], path: /large, needs: [customers:read], to: app, body: { max: 64MiB } }
"""


class Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        left = int(self.headers["content-length"])
        while left > 0:
            part = self.rfile.read(min(left, len(BLOCK)))
            if not part:
                return
            left -= len(part)
        self.send_response(200)
        self.send_header("content-length", str(BODY))
        self.end_headers()
        for _ in range(BODY // len(BLOCK)):
            self.wfile.write(BLOCK)

    def log_message(self, *arguments):
        pass


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def memory(pid, what):
    """KiB; `what` is VmRSS for now or VmHWM for the most since `forget`."""
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith(what))


def forget(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def idle(address, pid, token):
    request = f"GET /session HTTP/1.1\r\nHost: gatehouse.bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    connections = []

    def connect(count):
        for _ in range(count):
            connection = socket.create_connection(address)
            connection.sendall(request)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 "), "a request was not answered with 200"
            connections.append(connection)

    connect(100)
    before = memory(pid, "VmRSS")
    connect(CONNECTIONS)
    after = memory(pid, "VmRSS")
    for connection in connections:
        connection.close()
    return (after - before) / CONNECTIONS


def body(address, pid, token):
    def send():
        connection = http.client.HTTPConnection(*address, timeout=60)
        blocks = (BLOCK for _ in range(BODY // len(BLOCK)))
        connection.request("POST", "/large", blocks, {"authorization": "Bearer " + token, "content-length": str(BODY)})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        received = 0
        while part := answer.read(len(BLOCK)):
            received += len(part)
        assert received == BODY, received
        connection.close()

    before = memory(pid, "VmRSS")
    forget(pid)
    send()
    return max(0, memory(pid, "VmHWM") - before)


needed = CONNECTIONS + 1000
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if hard != resource.RLIM_INFINITY and hard < needed:
    sys.exit(f"error: a process may open {hard} files here; this needs {needed} (`ulimit -Hn`)")
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.mkdir("policies")
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    backend.daemon_threads = True
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    pathlib.Path("policies/policy.yaml").write_text(POLICY)
    pathlib.Path("policies/gateway.yaml").write_text(
        f"limits: {{ connections: {needed}, connectionsPerAddress: {needed} }}\n"
        f"upstreams: {{ app: {{ servers: ['http://127.0.0.1:{backend.server_port}'], assertion: none }} }}\n"
    )
    run("init")
    run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer", "--json")
    token = run("token", "mint", "--partner", "acme", "--lifetime", "1h", "--issuer", "http://gatehouse.bench").strip()
    process = subprocess.Popen(
        [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--admin", "off", "--issuer", "http://gatehouse.bench", "--log-format", "json"],
        stderr=subprocess.PIPE, text=True,
    )
    try:
        ready = next((json.loads(line) for line in process.stderr if '"event":"ready"' in line), None)
        assert ready, "the gateway did not start"
        threading.Thread(target=process.stderr.read, daemon=True).start()
        host, port = ready["address"].rsplit(":", 1)
        print("body_kib", body((host, int(port)), process.pid, token))
        print("idle_kib", round(idle((host, int(port)), process.pid, token), 2))
    finally:
        process.terminate()
        process.wait()
