"""Writes signatures.json with the openssl command, botocore and the AWS CLI, without this project's code.

Run: python3 make-signatures.py
"""

import base64
import datetime
import json
import pathlib
import subprocess
import tempfile

from botocore.signers import CloudFrontSigner

UNTIL = 1_800_000_000
FROM = 1_700_000_000


def run(*command: str, given: bytes | None = None) -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode().translate(str.maketrans('+=/', '-_~'))


def moment(epoch: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)


def statement(resource: str | None, **conditions: object) -> str:
    condition = {'DateLessThan': {'AWS:EpochTime': UNTIL}, **conditions}
    fields = {} if resource is None else {'Resource': resource}
    return json.dumps({'Statement': [{**fields, 'Condition': condition}]}, separators=(',', ':'))


# Name, policy, and a URL that it covers.
POLICIES = [
    ('custom', statement('https://site.example/docs/*'), 'https://site.example/docs/a.html'),
    ('canned', statement('https://site.example/a.txt?size=1'), 'https://site.example/a.txt?size=1'),
    (
        'bounded',
        statement(
            'https://site.example/*',
            DateGreaterThan={'AWS:EpochTime': FROM},
            IpAddress={'AWS:SourceIp': '192.0.2.0/24'},
        ),
        'https://site.example/docs/a.html',
    ),
    ('wildcard', statement('*://*.example/shelf-?/*book*'), 'https://site.example/shelf-7/a/notebook.html?page=1'),
    # The documentation's examples need a newline after the closing brace.
    ('everywhere', statement(None) + '\n', 'https://other.example/any?x'),
    (
        'spaced',
        json.dumps(json.loads(statement('https://site.example/docs/*')), indent=4),
        'https://site.example/docs/',
    ),
]

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    key_of = {'rsa': str(folder / 'rsa.pem'), 'ec': str(folder / 'ec.pem')}
    run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', key_of['rsa'])
    run('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key_of['ec'])

    def sign(key: str, digest: str, message: bytes) -> bytes:
        return run('openssl', 'dgst', f'-{digest.lower()}', '-sign', key_of[key], given=message)

    def botocore_url(key: str, digest: str, url: str, **how: object) -> str:
        signer = CloudFrontSigner(f'K{key.upper()}', lambda message: sign(key, digest, message))
        signed = signer.generate_presigned_url(url, **how)
        return signed if digest == 'SHA1' else f'{signed}&Hash-Algorithm={digest}'

    # The CLI reads RSA keys in the older form only.
    traditional = str(folder / 'traditional.pem')
    run('openssl', 'rsa', '-traditional', '-in', key_of['rsa'], '-out', traditional)

    def cli_url(url: str, *more: str) -> str:
        key = ('--key-pair-id', 'KRSA', '--private-key', f'file://{traditional}')
        return run('aws', 'cloudfront', 'sign', '--url', url, *key, '--date-less-than', str(UNTIL), *more).decode()

    combinations = [(key, digest) for key in key_of for digest in ('SHA1', 'SHA256')]
    build_policy = CloudFrontSigner('', None).build_policy
    bounded = build_policy('https://site.example/docs/*', moment(UNTIL), moment(FROM), '192.0.2.0/24')
    result = {
        'publicKeys': {key: run('openssl', 'pkey', '-in', path, '-pubout').decode() for key, path in key_of.items()},
        'cookies': [
            {
                'name': f'{name} {key} {digest}',
                'url': url,
                'Key-Pair-Id': f'K{key.upper()}',
                'Hash-Algorithm': digest,
                **({'Expires': str(UNTIL)} if name == 'canned' else {'Policy': encode(policy.encode())}),
                'Signature': encode(sign(key, digest, policy.encode())),
            }
            for name, policy, url in POLICIES
            for key, digest in combinations
        ],
        'urls': {
            **{
                f'botocore canned {key} {digest}': botocore_url(
                    key, digest, 'https://site.example/a.txt?size=1', date_less_than=moment(UNTIL)
                )
                for key, digest in combinations
            },
            **{
                f'botocore custom {key} {digest}': botocore_url(
                    key, digest, 'https://site.example/docs/a.html?x=1', policy=bounded
                )
                for key, digest in combinations
            },
            'aws cli canned rsa SHA1': cli_url('https://site.example/a.txt?size=1'),
            'aws cli custom rsa SHA1': cli_url('https://site.example/docs/a.html', '--ip-address', '192.0.2.0/24'),
        },
    }

pathlib.Path(__file__).with_name('signatures.json').write_text(json.dumps(result, indent=2) + '\n')
