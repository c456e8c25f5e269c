"""As much DER as the key files of gpg-agent ask for: it keeps private keys as
S-expressions, and its own PKCS#12 reader does not take every key."""
import base64
import re

CURVES = {bytes.fromhex('2a8648ce3d030107'): 'NIST P-256', bytes.fromhex('2b81040022'): 'NIST P-384',
          bytes.fromhex('2b81040023'): 'NIST P-521', bytes.fromhex('2b2403030208010107'): 'brainpoolP256r1'}

ED25519 = bytes.fromhex('2b6570')


def elements(data):
    """[(tag, content)] of the elements in data."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            n = length & 0x7f
            length, at = int.from_bytes(data[at:at + n], 'big'), at + n
        found.append((tag, data[at:at + length]))
        at += length
    return found


def from_pem(text):
    return base64.b64decode(re.search('-----BEGIN [A-Z ]+-----(.*?)-----END', text, re.S)[1])


def _sexp(x):
    if isinstance(x, (list, tuple)):
        return b'(' + b''.join(_sexp(y) for y in x) + b')'
    if isinstance(x, str):
        x = x.encode()
    return b'%d:%s' % (len(x), x)


def _positive(n):
    return n.to_bytes(n.bit_length() // 8 + 1, 'big')


def _rsa(der):
    n, e, d, p, q = (int.from_bytes(v, 'big') for _, v in elements(elements(der)[0][1])[1:6])
    if p > q:
        p, q = q, p
    numbers = zip('nedpqu', (n, e, d, p, q, pow(p, -1, q)))
    return ['rsa', *([name, _positive(v)] for name, v in numbers)]


def _ec(curve, der):
    fields = dict(elements(elements(der)[0][1])[1:])
    point = elements(fields[0xa1])[0][1][1:]
    return ['ecc', ['curve', curve], ['q', point], ['d', b'\0' + fields[4]]]


def _eddsa(seed, public):
    return ['ecc', ['curve', 'Ed25519'], ['flags', 'eddsa'], ['q', b'\x40' + public], ['d', elements(seed)[0][1]]]


def agent_key(pkcs8_pem, public_pem):
    """The file of a key in private-keys-v1.d, without passphrase; public_pem() is
    asked where PKCS #8 lacks the public key."""
    _, algorithm, key = (v for _, v in elements(elements(from_pem(pkcs8_pem))[0][1])[:3])
    oids = [v for tag, v in elements(algorithm) if tag == 6]
    if oids[0] == ED25519:
        return _sexp(['private-key', _eddsa(key, from_pem(public_pem())[-32:])])
    return _sexp(['private-key', _ec(CURVES[oids[1]], key) if len(oids) > 1 else _rsa(key)])
