"""Obtains, uses, introspects and revokes tokens with Authlib and requests-oauthlib.

    oauth_clients.py BASE_URL CLIENT_ID CLIENT_SECRET
Prints one line for each step that went as it should; anything else ends it.
"""

import os, sys, time

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import ClientSecretJWT
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

BASE, CLIENT, SECRET = sys.argv[1:4]
metadata = requests.get(BASE + "/.well-known/oauth-authorization-server").json()
issuer, token_url = metadata["issuer"], metadata["token_endpoint"]
assert issuer == BASE and token_url == BASE + "/oauth2/token"
CUSTOMERS = BASE + "/api/provisioning/customers"

session = OAuth2Session(client=BackendApplicationClient(client_id=CLIENT))
token = session.fetch_token(token_url, auth=HTTPBasicAuth(CLIENT, SECRET))
assert token["token_type"] == "Bearer" and token["expires_in"] == 600, token
assert session.get(CUSTOMERS).status_code == 200
print("requests-oauthlib client_secret_basic")

session = OAuth2Session(client=BackendApplicationClient(client_id=CLIENT, scope=["customers:read"]))
token = session.fetch_token(token_url, auth=HTTPBasicAuth(CLIENT, SECRET))
assert token["scope"] == ["customers:read"], token
assert session.post(CUSTOMERS, json={}).status_code == 403
print("requests-oauthlib narrowed scope")

client = AuthlibSession(CLIENT, SECRET, token_endpoint_auth_method="client_secret_basic", scope="customers:read")
token = client.fetch_token(token_url, grant_type="client_credentials")
assert client.get(CUSTOMERS).status_code == 200
print("authlib client_secret_basic")

answer = client.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
assert answer["active"] is True and answer["client_id"] == CLIENT and answer["scope"] == "customers:read", answer
print("authlib introspect")

assert client.revoke_token(metadata["revocation_endpoint"], token=token["access_token"]).status_code == 200
assert client.get(CUSTOMERS).status_code == 401
assert client.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json() == {"active": False}
print("authlib revoke")


def with_assertion(claims):
    client = AuthlibSession(CLIENT, SECRET, token_endpoint_auth_method="client_secret_jwt")
    client.register_client_auth_method(ClientSecretJWT(token_url, claims=claims))
    return client.fetch_token(token_url, grant_type="client_credentials")


now = int(time.time())
assert with_assertion({"aud": issuer, "iat": now, "exp": now + 60})["token_type"] == "Bearer"
print("authlib client_secret_jwt")

for claims in ({"aud": token_url, "iat": now, "exp": now + 60}, {"aud": issuer, "iat": now, "exp": now + 600}):
    try:
        with_assertion(claims)
    except Exception as error:
        assert getattr(error, "error", "") == "invalid_client", repr(error)
    else:
        raise SystemExit("an assertion that should be refused was not")
print("authlib client_secret_jwt refused")

try:
    OAuth2Session(client=BackendApplicationClient(client_id=CLIENT)).fetch_token(token_url, auth=HTTPBasicAuth(CLIENT, "wrong"))
except Exception as error:
    assert getattr(error, "error", "") == "invalid_client", repr(error)
else:
    raise SystemExit("a wrong secret was not refused")
print("requests-oauthlib wrong secret")
