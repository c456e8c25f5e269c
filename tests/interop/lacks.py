"""What peers cannot do, and why: the exceptions of the matrix.

Each is checked in the run.  Where it is listed and works all the same, the test
fails, so that nothing stale stays here.  Where a peer does not read ours, what
another program wrote of the same kind must fail there too.
"""
from dataclasses import dataclass
from typing import Callable

import kit


@dataclass(frozen=True)
class Lack:
    peer: str
    ways: str                  # of 'to', 'from', 'pkcs12'
    about: Callable            # of the job; of the kind of key for 'pkcs12'
    reason: str
    before: tuple = ()         # the first version of the peer without the lack
    since: tuple = ()          # the first version of the peer with it
    alone: bool = False        # no other program here writes this kind

    def covers(self, peer, way, job, version):
        v = kit.numbers(version)
        return (self.peer == peer and way in self.ways.split() and self.about(job)
                and (not self.before or v < self.before) and (not self.since or v >= self.since))


NIST = ('p256', 'p384', 'p521', 'bp256')


def agreement(job):
    return any(k in NIST for k in job.to)


def agreement_opens(job):
    """It is the last recipient who reads."""
    return job.to and job.to[-1] in NIST


LACKS = [
    # ---- OpenSSL ----
    Lack('O', 'to from', lambda j: 'ed25519' in j.signers or 'ed448' in j.signers,
         'its CMS has no EdDSA: it knows no default digest for the key and refuses RFC 8419\'s', before=(3, 5)),
    Lack('O', 'to', lambda j: 'ed448' in j.signers,
         'it does not know id-shake256-len, which RFC 8419 section 3.1 demands for Ed448, and writes id-shake256',
         since=(3, 5), alone=True),
    Lack('O', 'to from', lambda j: 'x25519' in j.to or 'x448' in j.to,
         'its CMS has no key agreement with X25519 and X448 (RFC 8418)', alone=True),
    Lack('O', 'to from', lambda j: 'ccm' in j.cipher, 'its CMS has no AES-CCM'),
    Lack('O', 'from', lambda j: 'chacha' in j.cipher, 'its CMS has no ChaCha20-Poly1305 (RFC 8103)'),
    Lack('O', 'to', lambda j: 'chacha' in j.cipher, 'its CMS has no ChaCha20-Poly1305 (RFC 8103)', alone=True),
    Lack('O', 'to from', lambda j: j.cek_hkdf, 'its command has no CEK-HKDF (RFC 9709)', alone=True),
    Lack('O', 'to from', lambda j: j.compress, 'Debian builds it without zlib', before=(3, 5)),
    Lack('O', 'from', lambda j: j.secret == 'password' and j.aead,
         'it takes the content cipher for the password recipient too, and that must be CBC (RFC 3211)'),
    Lack('O', 'from', lambda j: 'p256' in j.signers and 'sha3' in j.digest, 'its CMS has no ECDSA with SHA-3',
         before=(3, 5)),
    Lack('O', 'from', lambda j: any(k.startswith('mldsa') for k in j.signers),
         'it has no ML-DSA before 3.5 (and Sealmail has none over it)', before=(3, 5)),
    # ---- gpgsm ----
    Lack('G', 'to from', lambda j: j.aead, 'it writes no AuthEnvelopedData and reads nobody\'s AES-GCM parameters'),
    Lack('G', 'from', agreement, 'it has no key agreement (ECDH) before 2.3', before=(2, 3)),
    Lack('G', 'to', agreement_opens, 'it has no key agreement (ECDH) before 2.3', before=(2, 3)),
    Lack('G', 'pkcs12', lambda kind: kind.startswith('p'), 'it exports RSA keys alone as PKCS#12', before=(2, 3)),
    Lack('G', 'pkcs12', lambda kind: kind.startswith('p'),
         'it writes EC keys into PKCS#12 as a constructed OCTET STRING, which nobody reads', since=(2, 3)),
    Lack('G', 'to from', lambda j: j.oaep, 'it has no RSA-OAEP'),
    Lack('G', 'from', lambda j: j.secret, 'it has no option to encrypt for a password'),
    Lack('G', 'from', lambda j: j.pss, 'it verifies RSA-PSS but does not sign so'),
    Lack('G', 'to from', lambda j: 'ed25519' in j.signers, 'its library reads no Ed25519 signature in CMS'),
    Lack('G', 'to from', lambda j: 'p384' in j.signers and j.digest == 'sha256',
         'it wants a digest at least as long as the curve'),
    Lack('G', 'to', lambda j: 'p521' in j.signers,
         'it finds every P-521 signature bad, its own too', before=(2, 3)),
    Lack('G', 'from', lambda j: j.signers and not j.detached and j.content == '0 bytes',
         'it does not sign empty content ("No data")'),
    # ---- NSS ----
    Lack('N', 'to from', lambda j: j.form == 'pem', 'cmsutil reads and writes DER alone'),
    Lack('N', 'to from', lambda j: j.aead, 'its CMS has no AuthEnvelopedData'),
    Lack('N', 'to from', lambda j: agreement(j) and not j.aead,
         'its CMS stops at a KeyAgreeRecipientInfo, whoever reads', before=(3, 110)),
    Lack('N', 'to', lambda j: j.oaep, 'its CMS has no RSA-OAEP', before=(3, 110)),
    Lack('N', 'from', lambda j: j.oaep, 'cmsutil has no option for RSA-OAEP'),
    Lack('N', 'to from', lambda j: j.secret, 'its CMS has no password recipients'),
    Lack('N', 'from', lambda j: j.pss, 'cmsutil has no option for RSA-PSS'),
    Lack('N', 'to from', lambda j: 'ed25519' in j.signers, 'its CMS has no EdDSA'),
    Lack('N', 'to from', lambda j: 'bp256' in j.signers, 'it knows no Brainpool curves'),
    Lack('N', 'from', lambda j: len(j.signers) > 1, 'cmsutil signs with one key'),
    Lack('N', 'from', lambda j: j.to and j.cipher in ('aes-192-cbc', 'aes-256-cbc'),
         'cmsutil has no option for the cipher and takes AES-128-CBC'),
    Lack('N', 'to', lambda j: j.signers and not j.detached and j.content == '0 bytes',
         'its CMS takes empty content for missing content'),
    Lack('N', 'from', lambda j: j.signers and j.content == '0 bytes',
         'cmsutil does not sign empty content'),
    # ---- Bouncy Castle ----
    Lack('B', 'to from', lambda j: 'x25519' in j.to or 'x448' in j.to,
         'its CMS of this release has no key agreement with X25519 and X448 (RFC 8418)', alone=True),
    Lack('B', 'from', lambda j: 'chacha' in j.cipher,
         'its CMS of this release decrypts ChaCha20-Poly1305 but has no encryptor for it'),
    Lack('B', 'to from', lambda j: j.cek_hkdf, 'its CMS of this release knows no CEK-HKDF (RFC 9709)', alone=True),
]


def lack_of(peer, way, job, version):
    found = [lack for lack in LACKS if lack.covers(peer, way, job, version)]
    return found[0] if found else None
