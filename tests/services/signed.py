"""Requests signed by botocore, sent to a gateway: prints a status for each."""

import json
import sys
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

BASE = sys.argv[1]
ALICE = Credentials("AKIDALICE", "alice-secret")
CAROL = Credentials("AKIDCAROL", "carol-secret")
SESSION = Credentials("ASIDSESSION", "session-secret", "session/token+1==")


def signed(credentials, path, method="GET", body=b"", headers=None, expires=None):
    headers = {"Host": "rest.execute-api.localhost", **(headers or {})}
    request = AWSRequest(method=method, url=BASE + path, data=body, headers=headers)
    if expires is None:
        SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
    else:
        SigV4QueryAuth(credentials, "execute-api", "us-east-1", expires=expires).add_auth(request)
    return request


def send(request, url=None, body=None, headers=None):
    fields = {**dict(request.headers.items()), **(headers or {})}
    data = request.data if body is None else body
    sent = urllib.request.Request(url or request.url, data=data or None, headers=fields, method=request.method)
    try:
        return urllib.request.urlopen(sent, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code


presigned = signed(ALICE, "/prod/secure/1?b=2", expires=60)
posted = signed(ALICE, "/prod/secure/1", "POST", b'{"a":1}', {"Content-Type": "application/json"})
unsigned_payload = signed(ALICE, "/prod/secure/1", "POST", b"x", {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD", "Content-Type": "application/json"})
session = signed(SESSION, "/prod/secure/1")
print(json.dumps({
    "header": send(signed(ALICE, "/prod/secure/1")),
    "escapes": send(signed(ALICE, "/prod/secure/a%20b%2Fc~'?b=2&a=%20x&b=1&c=&a=~z%2B")),
    "slashes": send(signed(ALICE, "/prod/secure//1/./2")),
    "body": send(posted),
    "another body": send(posted, body=b'{"a":2}'),
    "unsigned payload": send(unsigned_payload),
    "unsigned payload, another body": send(unsigned_payload, body=b"y"),
    "presigned": send(presigned),
    "presigned, another query": send(presigned, url=presigned.url.replace("b=2", "b=3")),
    "another path": send(signed(ALICE, "/prod/secure/1"), url=BASE + "/prod/secure/2"),
    "another secret": send(signed(Credentials("AKIDALICE", "guess"), "/prod/secure/1")),
    "another key": send(signed(Credentials("AKIDNOBODY", "alice-secret"), "/prod/secure/1")),
    "no policy": send(signed(CAROL, "/prod/secure/1")),
    "session": send(session),
    "presigned session": send(signed(SESSION, "/prod/secure/1", expires=60)),
    "another token": send(session, headers={"X-Amz-Security-Token": "guess"}),
    "no token": send(signed(Credentials("ASIDSESSION", "session-secret"), "/prod/secure/1")),
    "unsigned": send(AWSRequest(method="GET", url=BASE + "/prod/secure/1", headers={"Host": "rest.execute-api.localhost"})),
}))
