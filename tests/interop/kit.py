"""What the interop tests share: folders, certificates, contents, and the MIME
around CMS for programs that know CMS alone."""
import base64
import email.parser
import email.policy
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(os.environ.get('SEALMAIL_ROOT', Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get('SEALMAIL_BUILD', ROOT / 'build'))
SEALMAIL = Path(os.environ.get('SEALMAIL', BUILD / 'sealmail'))
WRITER, READER = 'alice', 'bob'
PASSWORD = 'correct horse battery staple'
KEKS = {n: hashlib.sha512(b'shared key %d' % n).digest()[:n] for n in (16, 24, 32)}
MIB = 1 << 20


class Cannot(Exception):
    """The program offers no way to do this."""


class Failed(Exception):
    """The program was asked, and refused or went wrong."""


def run(*words, stdin=None, env=None, ok=(0,), seconds=60):
    """Runs a program; Failed with the last it said when the status is not in ok."""
    words = [str(w) for w in words]
    done = subprocess.run(words, stdin=subprocess.DEVNULL if stdin is None else None, input=stdin,
                          capture_output=True, env=env, timeout=seconds)
    done.said = (done.stderr + done.stdout[-2000:]).decode(errors='replace').strip()
    if ok is not None and done.returncode not in ok:
        last = [line for line in done.stderr.decode(errors='replace').splitlines() if line.strip()]
        raise Failed(f"{Path(words[0]).name} {words[1] if len(words) > 1 else ''}: status {done.returncode}: "
                     f"{last[-1] if last else 'no word'}")
    return done


def without(*programs):
    """Those of the programs that are not installed."""
    return [p for p in programs if shutil.which(p) is None]


def version_of(*words):
    m = re.search(r'\d+\.\d+(\.\d+)?', run(*words, ok=None).said)
    return m[0] if m else ''


def numbers(version):
    return tuple(int(n) for n in re.findall(r'\d+', version)[:3])


# ---- certificates ----

KINDS = ['rsa2048', 'rsa3072', 'p256', 'p384', 'p521', 'ed25519']
READS_OAEP_SHA1 = '30:1a:30:0b:06:09:60:86:48:01:65:03:04:01:06:30:0b:06:09:2a:86:48:86:f7:0d:01:01:07'
CONFIG = '''
[req]
distinguished_name = dn
[dn]
[both]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment,keyAgreement
extendedKeyUsage = emailProtection
subjectAltName = email:{who}@example.org
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
{more}
'''
CROWD = {'rsa2048': 99, 'p256': 49}
HEAD = b'From: Alice <alice@example.org>\r\nTo: bob@example.org\r\nSubject: a letter\r\n'


class Pki:
    """The project's test PKI and what interop needs besides: key types of some
    peers only, and a hundred people."""

    def __init__(self, folder):
        self.dir = folder
        run(ROOT / 'tools' / 'test-pki.sh', folder, '--kinds', ' '.join(KINDS), '--people', f'{WRITER} {READER}',
            '--extras', '')
        self.root, self.inter, self.chain = (folder / n for n in ('root.pem', 'inter.pem', 'chain.pem'))
        for who in (WRITER, READER):
            self.issue(f'{who}-bp256', ['EC', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'])
            self.issue(f'{who}-ed448-sign', ['ED448'])
            self.issue(f'{who}-ed448-enc', ['X448'])
        self.issue(f'{WRITER}-rsapss', ['RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'])
        for size in ('44', '65', '87'):
            try:
                self.issue(f'{WRITER}-mldsa{size}', [f'ML-DSA-{size}'])
            except Failed:
                break   # before OpenSSL 3.5
        # Two owners of the RSA key of whom other things are known: that they read
        # OAEP with SHA-1, and nothing.
        self.like(f'{READER}-oaep1', f'{READER}-rsa2048', f'1.2.840.113549.1.9.15 = DER:{READS_OAEP_SHA1}')
        self.like(f'{READER}-oaep256', f'{READER}-rsa2048')
        # Names of their own; two keys serve them all.
        self.crowd = {kind: [self.like(f'{kind}-{i:02}', f'{WRITER}-{kind}') for i in range(1, count + 1)]
                      for kind, count in CROWD.items()}

    def issue(self, name, algorithm, more=''):
        """A new key and its certificate."""
        run('openssl', 'genpkey', '-algorithm', *algorithm, '-out', self.key(name))
        run('openssl', 'pkey', '-in', self.key(name), '-pubout', '-out', self.dir / f'{name}.pub')
        self.certify(name, self.dir / f'{name}.pub', more)

    def like(self, name, other, more=''):
        """Another certificate for the key of other."""
        pub = self.dir / f'{other}.pub'
        if not pub.exists():
            run('openssl', 'pkey', '-in', self.key(other), '-pubout', '-out', pub)
        self.key(name).symlink_to(f'{other}.key')
        self.certify(name, pub, more)
        return name

    def certify(self, name, pub, more):
        config = self.dir / 'leaf.cnf'
        config.write_text(CONFIG.format(who=name.partition('-')[0], more=more))
        run('openssl', 'x509', '-new', '-force_pubkey', pub, '-subj', f'/O=Example Organisation/CN={name}',
            '-CA', self.inter, '-CAkey', self.dir / 'inter.key', '-days', '3650', '-sha256', '-extfile', config,
            '-extensions', 'both', '-out', self.cert(name))

    def public(self, name):
        """The public key of a private one, PEM."""
        return run('openssl', 'pkey', '-in', self.key(name), '-pubout').stdout.decode()

    def crowd_of(self, count, kinds):
        """That many people, of the kinds in turn."""
        return [self.crowd[kinds[i % len(kinds)]][i // len(kinds)] for i in range(count)]

    def cert(self, name):
        return self.dir / f'{name}.pem'

    def key(self, name):
        return self.dir / f'{name}.key'


# ---- contents ----

def _noise(size):
    block = hashlib.sha512(b'noise').digest()
    out = bytearray()
    while len(out) < size:
        block = hashlib.sha512(block).digest()
        out += block
    return bytes(out[:size])


def _lines(size):
    line = b'The quick brown fox jumps over the lazy dog, and writes a letter home.\r\n'
    return (line * (size // len(line) + 1))[:size]


def _entity(body, kind=b'text/plain; charset=utf-8', coding=b'8bit'):
    return b'Content-Type: ' + kind + b'\r\nContent-Transfer-Encoding: ' + coding + b'\r\n\r\n' + body


def _attachment(size):
    body = base64.encodebytes(_noise(size)).replace(b'\n', b'\r\n')
    return _entity(body, b'application/octet-stream', b'base64')


_PARTS = (b'preamble\r\n--x\r\nContent-Type: text/plain\r\n\r\none\r\n--x\r\nContent-Type: text/html\r\n\r\n'
          b'<p>two</p>\r\n--x--\r\n')
CONTENTS = {
    # files: any bytes
    'file': lambda: b'A file, not a letter.\x00\xff\n',
    '0 bytes': lambda: b'',
    '1 byte': lambda: b'x',
    '64 KiB - 1': lambda: _noise(65535),
    '64 KiB': lambda: _noise(65536),
    '64 KiB + 1': lambda: _noise(65537),
    '20 MiB': lambda: _noise(MIB) * 20,
    'LF lines': lambda: b'one\ntwo\n\nthree\n',
    'CRLF lines': lambda: b'one\r\ntwo\r\n\r\nthree\r\n',
    'mixed line ends': lambda: b'one\ntwo\r\nthree\rfour\n\rfive\r\r\nsix',
    # entities
    'letter': lambda: _entity(b'Hello Bob,\r\n\r\nall is well.\r\n'),
    'empty letter': lambda: _entity(b''),
    '1 byte letter': lambda: _entity(b'x'),
    'letter without a last line end': lambda: _entity(b'Hello Bob,\r\nall is well'),
    'letter with LF lines': lambda: _entity(b'Hello Bob,\r\n\r\nall is well.\r\n').replace(b'\r\n', b'\n'),
    'letter with blanks and dots': lambda: _entity(
        b'trailing blanks  \r\ntab\t\r\n.\r\n..\r\nFrom here\r\n-- \r\n--dashes\r\n\r\n\r\n'),
    'letter in UTF-8': lambda: _entity('Grüße, 你好, здравствуй\r\n'.encode() * 3),
    'letter of parts': lambda: _entity(_PARTS, b'multipart/mixed; boundary=x', b'7bit'),
    # JavaMail writes parts anew, without their epilogue.
    'letter of parts with an epilogue': lambda: _entity(_PARTS + b'epilogue\r\n', b'multipart/mixed; boundary=x',
                                                        b'7bit'),
    'letter of 64 KiB - 1': lambda: _sized_letter(65535),
    'letter of 64 KiB': lambda: _sized_letter(65536),
    'letter of 64 KiB + 1': lambda: _sized_letter(65537),
    'letter of 20 MiB': lambda: _attachment(20 * MIB * 57 // 78),
}


def _sized_letter(size):
    head = len(_entity(b''))
    body = _lines(size - head)
    # A lone CR at the end would not be canonical.
    return _entity(body[:-2] + b'..')


_content = {}


def content(name):
    if name not in _content:
        _content[name] = CONTENTS[name]()
    return _content[name]


def canonical(data):
    """Line ends as RFC 8551 section 3.1.1 wants them."""
    return re.sub(rb'\r\n|\r|\n', b'\r\n', data)


# ---- MIME around CMS, as a mail program puts it around gpgsm or NSS ----

def _base64_lines(der):
    return base64.encodebytes(der).replace(b'\n', b'\r\n')


def opaque_mail(der, kind):
    return (b'MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=' + kind.encode() +
            b'; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + _base64_lines(der))


def clear_mail(entity, der, micalg):
    return (b'MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=' +
            micalg.encode() + b'; boundary="=_interop"\r\n\r\nThis is a signed message.\r\n--=_interop\r\n' + entity +
            b'\r\n--=_interop\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n' + _base64_lines(der) + b'\r\n--=_interop--\r\n')


def _header(message):
    head, _, body = message.partition(b'\r\n\r\n')
    return email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + b'\r\n\r\n', headersonly=True), body


def split_opaque(message):
    head, body = _header(canonical(message))
    assert head.get_content_type() == 'application/pkcs7-mime', head['Content-Type']
    return base64.b64decode(body)


def split_clear(message):
    """The signed entity, byte by byte, and the signature."""
    head, body = _header(canonical(message))
    assert head.get_content_type() == 'multipart/signed', head['Content-Type']
    line = b'\r\n--' + head['Content-Type'].params['boundary'].encode()
    pieces = (b'\r\n' + body).split(line)
    assert len(pieces) == 4 and pieces[3].startswith(b'--')
    assert all(p.startswith(b'\r\n') for p in pieces[1:3])
    _, signature = _header(pieces[2][2:])
    return pieces[1][2:], base64.b64decode(signature)
