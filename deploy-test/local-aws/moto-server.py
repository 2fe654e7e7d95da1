"""Runs moto on a free loopback port, prints that port, and ends when its standard input ends."""

import base64
import json
import os
import sys
from threading import Thread

# A certificate counts as issued one second after the request for it. moto reads this when it loads.
os.environ["MOTO_ACM_VALIDATION_WAIT"] = "1"

import moto.s3.models as s3
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.hashes import SHA256
from moto.core.config import default_user_config
from moto.iam.access_control import PermissionResult
from moto.kms.responses import KmsResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

# Functions are stored, never run, so no container is needed.
default_user_config["lambda"]["use_docker"] = False

# moto 5.2 answers 500 if a bucket with delete markers is emptied.
if not hasattr(s3.FakeDeleteMarker, "dispose"):
    s3.FakeDeleteMarker.dispose = lambda self, *_, **__: None

# moto 5.2 evaluates bucket policies without their conditions, so a denial of requests without TLS would deny
# everything. A simulator that knows conditions evaluates the policies instead.
s3.FakeBucket.get_permission = lambda self, *_, **__: PermissionResult.NEUTRAL

# moto 5.2 treats a digest as a message, and hashes it again.
sign_message = KmsResponse.sign


def sign(self):
    checked = json.loads(sign_message(self))
    if self._get_param("MessageType") == "DIGEST":
        key = self.kms_backend.describe_key(self._get_param("KeyId")).private_key.private_key
        digest = utils.Prehashed(SHA256())
        how = [ec.ECDSA(digest)] if isinstance(key, ec.EllipticCurvePrivateKey) else [padding.PKCS1v15(), digest]
        checked["Signature"] = base64.b64encode(key.sign(self._get_param("Message"), *how)).decode()
    return json.dumps(checked)


KmsResponse.sign = sign

# One request at a time: otherwise a bucket that is emptied in parallel answers 500, because moto's stores are read
# while others write to them.
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
