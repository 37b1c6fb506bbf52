"""Signs requests with http-message-signatures and sends them with requests, for the gateway to judge.

    message_signatures.py BASE_URL CLIENT_ID SECRET_ID CLIENT_SECRET TOKEN
Prints one line for each request, `NAME STATUS`, and the vectors' signatures verified by the library, `vector NAME`.
"""

import base64, hashlib, hmac, json, pathlib, secrets, sys
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
import datetime
import requests

BASE, CLIENT, SECRET_ID, SECRET, TOKEN = sys.argv[1:6]
REQUIRED = ("@method", "@authority", "@path", "@query", "authorization")


def signing_key(secret: str) -> bytes:
    prk = hmac.new(bytes(32), secret.encode(), hashlib.sha256).digest()
    return hmac.new(prk, b"gatehouse request signing v1\x01", hashlib.sha256).digest()


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, secret):
        self.key = signing_key(secret)

    def resolve_public_key(self, key_id):
        return self.key

    def resolve_private_key(self, key_id):
        return self.key


signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys(SECRET))


def send(name, method, path, body=None, sign_body=None, nonce=None, **options):
    request = requests.Request(method, BASE + path, data=body, headers={"Authorization": "Bearer " + TOKEN}).prepare()
    covered = REQUIRED
    if body is not None:
        request.headers["Content-Type"] = "application/json"
        covered += ("content-type",)
        if sign_body is None:
            # The library makes the digest and covers it.
            options["body"] = body
        else:
            request.headers["Content-Digest"] = "sha-256=:" + base64.b64encode(hashlib.sha256(sign_body).digest()).decode() + ":"
            covered += ("content-digest",)
            options["use_existing_digest"] = True
    signer.sign(request, key_id=f"{CLIENT}:{SECRET_ID}", nonce=nonce or secrets.token_urlsafe(24), tag="gatehouse", covered_component_ids=covered, **options)
    response = requests.Session().send(request)
    print(name, response.status_code, response.json().get("component", "-") if response.content else "-")
    return request


customer = json.dumps({"name": "Ada Ltd", "contactEmail": "ada@example.com"}).encode()
send("get", "GET", "/api/provisioning/customers?limit=1&name=A%C3%A9")
send("post", "POST", "/api/provisioning/customers", customer)
send("no-alg", "GET", "/api/provisioning/customers", include_alg=False)
send("other-label", "GET", "/api/provisioning/customers", label="sig1")
send("expires", "GET", "/api/provisioning/customers", expires=datetime.datetime.now() + datetime.timedelta(seconds=60))
send("wrong-body", "POST", "/api/provisioning/customers", customer, sign_body=b"{}")
send("short-nonce", "GET", "/api/provisioning/customers", nonce="short")
send("too-old", "GET", "/api/provisioning/customers", created=datetime.datetime.now() - datetime.timedelta(seconds=400))
replayed = send("first", "GET", "/api/provisioning/customers")
response = requests.Session().send(replayed)
print("again", response.status_code, response.json()["component"])

# What our signers sign is what the library verifies.
vectors = json.loads((pathlib.Path(__file__).parents[2] / "Sources/Documentation/signers/vectors.json").read_text())
keys = Keys(vectors["client_secret"])
assert keys.key.hex() == vectors["signing_key_hex"]


class Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, *_, **__):
        """The vectors are of another time."""


for vector in vectors["vectors"]:
    request = requests.Request(vector["method"], vector["url"], data=vector.get("body", "").encode() or None, headers=vector["headers"]).prepare()
    request.url = vector["url"] if "?" in vector["url"] or vector["url"].count("/") > 2 else vector["url"] + "/"
    results = Verifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=keys).verify(request, max_age=datetime.timedelta(days=36500))
    assert len(results) == 1
    print("vector", vector["name"])
