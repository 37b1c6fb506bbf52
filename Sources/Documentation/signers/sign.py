#!/usr/bin/env python3
"""Signs a request for Gatehouse and prints its headers. Needs Python 3.8 and nothing else.
    GATEHOUSE_KEY_ID=acme:s1 GATEHOUSE_SECRET=ghs_… GATEHOUSE_TOKEN=… python3 sign.py METHOD URL [BODY-FILE]"""
import base64, hashlib, hmac, os, secrets, sys, time
from urllib.parse import urlsplit


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def sign(method, url, token, key_id, secret, body=None, content_type="application/json", idempotency_key=None, created=None, nonce=None):
    """The headers to send, as a dictionary in order. `body` is bytes, exactly as they will be sent."""
    parts = urlsplit(url)
    host = parts.netloc.lower()
    for port in (":80", ":443"):
        if host.endswith(port): host = host[: -len(port)]
    headers = {"Authorization": "Bearer " + token}
    if body is not None:
        headers["Content-Digest"] = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
        headers["Content-Type"] = content_type
    if idempotency_key: headers["Idempotency-Key"] = idempotency_key
    covered = {"@method": method, "@authority": host, "@path": parts.path or "/", "@query": "?" + parts.query}
    covered.update((name.lower(), value) for name, value in headers.items())
    parameters = "(%s);created=%d;nonce=\"%s\";keyid=\"%s\";alg=\"hmac-sha256\";tag=\"gatehouse\"" % (
        " ".join('"%s"' % name for name in covered), created or time.time(), nonce or secrets.token_hex(16), key_id)
    base = "".join('"%s": %s\n' % item for item in covered.items()) + '"@signature-params": ' + parameters
    # HKDF-SHA-256 without salt, 32 bytes (RFC 5869): extract, then expand once.
    key = mac(mac(bytes(32), secret.encode()), b"gatehouse request signing v1\x01")
    headers["Signature-Input"] = "gatehouse=" + parameters
    headers["Signature"] = "gatehouse=:" + base64.b64encode(mac(key, base.encode())).decode() + ":"
    return headers


if __name__ == "__main__":
    env = os.environ
    content = open(sys.argv[3], "rb").read() if len(sys.argv) > 3 else None
    for line in sign(sys.argv[1], sys.argv[2], env["GATEHOUSE_TOKEN"], env["GATEHOUSE_KEY_ID"], env["GATEHOUSE_SECRET"], content,
                     env.get("CONTENT_TYPE", "application/json"), env.get("IDEMPOTENCY_KEY"), int(env.get("CREATED", 0)), env.get("NONCE")).items():
        print("%s: %s" % line)
