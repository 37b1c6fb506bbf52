#!/usr/bin/env python3
"""Puts mixed traffic on a gateway for some minutes and tells whether its memory came back and whether anything answered that should not.

    Benchmarks/soak.py GATEHOUSE [SECONDS, 600 unless given]

Tokens issued and revoked, sessions, signed requests (some sent twice), forwards, creates, lists, reloads, bad tokens, malformed requests,
slow and broken connections, at once, on free loopback ports and in a directory of its own. Exits 1 when an answer was not the one that was
asked for, or when memory after the traffic is more than 16 MiB above memory after a warm-up.
"""

import base64, collections, hashlib, hmac, http.client, http.server, json, os, pathlib, random, secrets, signal, socket, subprocess, sys
import tempfile, threading, time

PROGRAM = os.path.abspath(sys.argv[1])
LENGTH = int(sys.argv[2]) if len(sys.argv) > 2 else 600
WARM_UP = min(60, LENGTH / 4)

POLICY = """policy: 1
scopes: { customers:read: Look, customers:write: Change }
roles:
  partner-writer: { grants: [customers:read, customers:write], objects: own }
  support: { grants: [customers:read], objects: any }
callers:
  partner: { via: partner-token, roles: [partner-writer] }
  staff: { via: session, roles: [support] }
routes:
  - { id: list, methods: [GET], path: /api/provisioning/customers, needs: [customers:read], to: provisioning }
  - { id: create, methods: [POST], path: /api/provisioning/customers, needs: [customers:write], to: provisioning }
  - { id: read, methods: [GET], path: "/api/provisioning/customers/{id}", needs: [customers:read], object: id, to: provisioning }
  - { id: forward, methods: [GET, POST], path: "/app/{rest...}", needs: [customers:read], to: app, body: { max: 8MiB } }
"""


class Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"ok")

    def do_POST(self):
        left = int(self.headers.get("content-length", 0))
        while left > 0:
            left -= len(self.rfile.read(min(left, 65536)))
        self.answer(b"ok")

    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def b64(data):
    return base64.b64encode(data).decode()


folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
os.mkdir("policies")
backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
backend.daemon_threads = True
threading.Thread(target=backend.serve_forever, daemon=True).start()
pathlib.Path("policies/policy.yaml").write_text(POLICY)
pathlib.Path("policies/gateway.yaml").write_text(f"upstreams:\n  app: {{ servers: ['http://127.0.0.1:{backend.server_port}'], assertion: hmac }}\n")
run("init")
partner = json.loads(run("partner", "add", "acme", "--name", "Acme", "--role", "partner-writer", "--json"))
SECRET, SECRET_ID = partner["client_secret"], partner["secret_id"]
SIGNING_KEY = None


def hkdf(secret, info):
    key = hmac.new(b"\0" * 32, secret, hashlib.sha256).digest()
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()


SIGNING_KEY = hkdf(SECRET.encode(), b"gatehouse request signing v1")
process = subprocess.Popen(
    [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--issuer", "http://soak.test", "--log-format", "json"],
    stderr=open("log", "w"),
)
ready = None
while ready is None:
    time.sleep(0.05)
    assert process.poll() is None, pathlib.Path("log").read_text()
    ready = next((json.loads(line) for line in open("log") if '"event":"ready"' in line), None)
HOST, PORT = ready["address"].rsplit(":", 1)[0], int(ready["address"].rsplit(":", 1)[1])
ADMIN_PORT = int(ready["admin"].rsplit(":", 1)[1])
SESSION = run("session", "mint", "--profile", "authjs-v5", "--subject", "ada", "--role", "support").split()[-1]

counts = collections.Counter()
wrong = []
ending = time.monotonic() + LENGTH


class Client:
    def __init__(self):
        self.connection = None

    def ask(self, kind, expected, method, path, headers={}, body=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(HOST, PORT, timeout=20)
        try:
            self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.connection = None
            # An idle connection that both sides end at once is nobody's mistake; an answer that is cut off is.
            if not isinstance(error, (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)):
                wrong.append(f"{kind}: {error!r}")
            counts[kind + " (connection ended)"] += 1
            return None
        if response.status not in expected:
            wrong.append(f"{kind}: {response.status} {data[:200]!r}")
        counts[kind] += 1
        if response.getheader("connection") == "close":
            self.connection.close()
            self.connection = None
        return data


def token(client):
    basic = b64(f"acme:{SECRET}".encode())
    data = client.ask(
        "token", {200}, "POST", "/oauth2/token", {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"},
        "grant_type=client_credentials",
    )
    return json.loads(data)["access_token"] if data else None


def signed(token_text):
    created, nonce = int(time.time()), secrets.token_urlsafe(24)
    components = '("@method" "@authority" "@path" "@query" "authorization")'
    parameters = f'{components};created={created};keyid="acme:{SECRET_ID}";nonce="{nonce}";tag="gatehouse"'
    base = (
        f'"@method": GET\n"@authority": {HOST}:{PORT}\n"@path": /api/provisioning/customers\n"@query": ?limit=1\n'
        f'"authorization": Bearer {token_text}\n"@signature-params": {parameters}'
    )
    mac = b64(hmac.new(SIGNING_KEY, base.encode(), hashlib.sha256).digest())
    return {"authorization": f"Bearer {token_text}", "signature-input": f"gatehouse={parameters}", "signature": f"gatehouse=:{mac}:"}


def traffic(seed):
    chance, client, current, used = random.Random(seed), Client(), None, 0
    while time.monotonic() < ending:
        if current is None or used > 300:
            if current is not None and chance.random() < 0.5:
                basic = b64(f"acme:{SECRET}".encode())
                client.ask(
                    "revoke", {200}, "POST", "/oauth2/revoke",
                    {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}, f"token={current}",
                )
                client.ask("revoked token", {401}, "GET", "/session", {"authorization": f"Bearer {current}"})
            current, used = token(client), 0
            continue
        used += 1
        bearer = {"authorization": f"Bearer {current}"}
        what = chance.randrange(10)
        if what < 3:
            client.ask("forward", {200}, "GET", f"/app/{chance.randrange(100)}?x=1", bearer)
        elif what == 3:
            client.ask("forward with a body", {200}, "POST", "/app/upload", bearer, b"x" * chance.randrange(1 << 17))
        elif what == 4:
            customer = json.dumps({"name": "Ada", "contactEmail": "ada@example.com"})
            client.ask("create", {201}, "POST", "/api/provisioning/customers", bearer | {"content-type": "application/json"}, customer)
        elif what == 5:
            client.ask("list", {200}, "GET", "/api/provisioning/customers?limit=5", bearer)
        elif what == 6:
            client.ask("session", {200}, "GET", "/session", {"cookie": f"authjs.session-token={SESSION}"})
        elif what == 7:
            headers = signed(current)
            client.ask("signed", {200}, "GET", "/api/provisioning/customers?limit=1", headers)
            if chance.random() < 0.3:
                client.ask("signed again", {401}, "GET", "/api/provisioning/customers?limit=1", headers)
        elif what == 8:
            bad = current[:-4] + "AAAA" if chance.random() < 0.5 else secrets.token_urlsafe(400)
            client.ask("bad token", {401}, "GET", "/api/provisioning/customers", {"authorization": f"Bearer {bad}"})
        else:
            client.ask("target", {400}, "GET", chance.choice(["/app/%2e%2e/x", "/app//x", "/app/a;b", "/app/%00"]), bearer)


def attacks(seed):
    chance = random.Random(seed)
    while time.monotonic() < ending:
        try:
            with socket.create_connection((HOST, PORT), timeout=5) as connection:
                what = chance.randrange(4)
                if what == 0:
                    connection.sendall(os.urandom(2000))
                elif what == 1:
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 500) for n in range(120)))
                elif what == 2:
                    connection.sendall(b"POST /app/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                else:
                    connection.sendall(b"GET /session HTTP/1.1\r\nHost")
                    time.sleep(chance.random())
                connection.settimeout(1)
                connection.recv(4096)
        except OSError:
            pass
        counts["attack"] += 1
        time.sleep(0.01)


def reloads():
    marks = 0
    while time.monotonic() < ending:
        time.sleep(3)
        marks += 1
        pathlib.Path("policies/policy.new").write_text(POLICY + f"# {marks}\n")
        os.replace("policies/policy.new", "policies/policy.yaml")
        counts["reload"] += 1


def resident():
    return int(next(line for line in open(f"/proc/{process.pid}/status") if line.startswith("VmRSS")).split()[1]) / 1024


threads = [threading.Thread(target=traffic, args=(n,)) for n in range(12)]
threads += [threading.Thread(target=attacks, args=(n,)) for n in range(2)] + [threading.Thread(target=reloads)]
begun = time.monotonic()
for thread in threads:
    thread.start()
samples, warm = [], None
while any(thread.is_alive() for thread in threads):
    time.sleep(1)
    samples.append(resident())
    if warm is None and time.monotonic() - begun > WARM_UP:
        warm = samples[-1]
    if len(samples) % 60 == 0:
        print(f"{len(samples):5d} s  {samples[-1]:6.1f} MiB  {sum(counts.values()):9,d} requests  {len(wrong)} wrong", flush=True)
time.sleep(5)
after = resident()
admin = http.client.HTTPConnection(HOST, ADMIN_PORT, timeout=10)
admin.request("GET", "/status")
status = json.loads(admin.getresponse().read())
process.send_signal(signal.SIGTERM)
code = process.wait(35)
verified = subprocess.run([PROGRAM, "audit", "verify"], capture_output=True, text=True).stdout.strip().splitlines()[:1]
errors = [line for line in open("log") if '"level":"error"' in line or '"level":"critical"' in line]
for kind, count in sorted(counts.items()):
    print(f"{count:10,d}  {kind}")
print(f"memory: {warm:.1f} MiB after {WARM_UP:.0f} s, {max(samples):.1f} at most, {after:.1f} at the end; exit code {code}; {verified}")
print(f"records not written: {status['decisions']['unwritten']}; errors in the log: {len(errors)}; wrong answers: {len(wrong)}")
for line in wrong[:10] + errors[:10]:
    print(" ", line.strip()[:300])
sys.exit(1 if wrong or errors or code != 0 or after - warm > 16 else 0)
