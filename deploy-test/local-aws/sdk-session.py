"""Calls AWS through its SDK for Python: one JSON request per input line, one JSON answer per output line.

Ends when its standard input ends.
"""

import base64
import json
import sys

import boto3
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

clients = {}


def client(service, region):
    key = (service, region)
    if key not in clients:
        clients[key] = boto3.client(service, region_name=region)
    return clients[key]


def as_json(value):
    """Bodies as base64, times as text."""
    if isinstance(value, StreamingBody):
        return base64.b64encode(value.read()).decode()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


for line in sys.stdin:
    request = json.loads(line)
    try:
        call = getattr(client(request["service"], request["region"]), request["operation"])
        answer = {"result": call(**request["parameters"])}
    except ClientError as error:
        answer = {"code": error.response["Error"]["Code"], "message": str(error)}
    except Exception as error:  # the caller must see every failure
        answer = {"code": type(error).__name__, "message": str(error)}
    print(json.dumps(answer, default=as_json), flush=True)
