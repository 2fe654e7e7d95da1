"""Runs moto on a free loopback port, prints that port, and ends when its standard input does."""

import os
import sys

# A certificate counts as issued one second after it was asked for. Read when moto loads.
os.environ["MOTO_ACM_VALIDATION_WAIT"] = "1"

import moto.s3.models as s3
from moto.core.config import default_user_config
from moto.iam.access_control import PermissionResult
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

# Functions are stored, never run: no container.
default_user_config["lambda"]["use_docker"] = False

# moto 5.2 answers 500 when a bucket with delete markers is emptied.
if not hasattr(s3.FakeDeleteMarker, "dispose"):
    s3.FakeDeleteMarker.dispose = lambda self, *_, **__: None

# moto 5.2 evaluates bucket policies without their conditions: a refusal of everything without TLS would refuse everything.
# The policies are evaluated by a simulator that knows conditions.
s3.FakeBucket.get_permission = lambda self, *_, **__: PermissionResult.NEUTRAL

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
