"""The table of pairings.

A row is (group, job, peers that read ours, peers whose we read), peers by one
letter: O OpenSSL, G gpgsm, N NSS, B Bouncy Castle.  A row that only reads is of
a kind that Sealmail accepts and never writes.
"""
from dataclasses import dataclass

from job import Job

PEERS = {'O': 'openssl', 'G': 'gpgsm', 'N': 'nss', 'B': 'bc'}
ALL = 'OGNB'


@dataclass(frozen=True)
class Case:
    group: str
    peer: str    # a letter
    way: str     # 'to': the peer reads ours; 'from': we read the peer's
    job: Job

    def id(self):
        arrow = f'sealmail>{PEERS[self.peer]}' if self.way == 'to' else f'{PEERS[self.peer]}>sealmail'
        return f'{arrow} {self.job.title()}'


def both(group, job, peers=ALL):
    return group, job, peers, peers


def reads(group, job, peers):
    return group, job, '', peers


def signatures():
    g = 'Signature algorithms'
    for digest in ('sha256', 'sha384', 'sha512'):
        yield both(g, Job(signers=('rsa2048',), digest=digest))
    yield both(g, Job(signers=('rsa3072',)))
    for kind, digest in (('p256', 'sha256'), ('p256', 'sha512'), ('p384', 'sha384'), ('p384', 'sha256'),
                         ('p521', 'sha512')):
        yield both(g, Job(signers=(kind,), digest=digest))
    yield both(g, Job(signers=('bp256',)))
    yield both(g, Job(signers=('ed25519',), digest='sha512'))
    yield both(g, Job(signers=('ed448',), digest='shake256'), 'OB')
    for digest in ('sha256', 'sha384', 'sha512'):
        yield both(g, Job(signers=('rsa2048',), digest=digest, pss=True))
    yield both(g, Job(signers=('rsapss',), pss=True), 'OB')
    yield both(g, Job(signers=('rsa2048', 'p256')))
    yield reads(g, Job(signers=('rsa2048',), digest='sha224'), 'OGB')
    yield reads(g, Job(signers=('p256',), digest='sha224'), 'OB')
    yield reads(g, Job(signers=('rsa2048',), digest='sha3-256'), 'OB')
    yield reads(g, Job(signers=('rsa2048',), digest='sha3-512'), 'OB')
    yield reads(g, Job(signers=('p256',), digest='sha3-256'), 'OB')
    for kind in ('mldsa44', 'mldsa65', 'mldsa87'):
        yield reads(g, Job(signers=(kind,), digest='sha512'), 'O')
    yield reads(g, Job(signers=('rsa2048',), digest='sha1'), ALL)
    yield reads(g, Job(signers=('p256',), digest='sha1'), 'ONB')


def forms():
    g = 'Forms of signed messages'
    for form in ('der', 'pem'):
        yield both(g, Job(signers=('p256',), form=form, detached=True))
        yield both(g, Job(signers=('rsa2048',), form=form, detached=True))
    yield both(g, Job(signers=('p256',), form='pem'))
    for kind in ('rsa2048', 'p256'):
        for detached in (True, False):
            yield both(g, Job(signers=(kind,), form='mail', content='letter', detached=detached))
    for detached in (True, False):
        yield both(g, Job(signers=('p256',), form='mail', content='letter', detached=detached, message=True))
    yield both(g, Job(signers=('rsa2048', 'p256'), form='mail', content='letter', detached=True))
    for kind in ('rsa2048', 'p256'):
        yield reads(g, Job(signers=(kind,), ski=True), 'OB')
    yield reads(g, Job(signers=('p256',), form='mail', content='letter', detached=True, ski=True), 'OB')
    yield reads(g, Job(signers=('rsa2048',), attributes=False), 'OB')
    yield reads(g, Job(signers=('rsa2048',), form='mail', content='letter', detached=True, attributes=False), 'OB')


SIZES = ('0 bytes', '1 byte', '64 KiB - 1', '64 KiB', '64 KiB + 1')
LINES = ('LF lines', 'CRLF lines', 'mixed line ends')
LETTERS = ('empty letter', '1 byte letter', 'letter without a last line end', 'letter with LF lines',
           'letter with blanks and dots', 'letter in UTF-8', 'letter of parts', 'letter of 64 KiB - 1',
           'letter of 64 KiB', 'letter of 64 KiB + 1')


def sizes():
    g = 'Sizes and line ends'
    for content in SIZES:
        yield both(g, Job(signers=('p256',), content=content))
        yield both(g, Job(to=('rsa2048',), content=content, cipher='aes-128-cbc'))
        yield both(g, Job(to=('p256',), content=content, cipher='aes-256-gcm'), 'OB')
    yield both(g, Job(signers=('p256',), content='0 bytes', detached=True))
    for content in LINES:
        yield both(g, Job(signers=('p256',), content=content, detached=True))
        yield both(g, Job(to=('rsa2048',), content=content, cipher='aes-128-cbc'))
    for content in LETTERS:
        yield both(g, Job(signers=('p256',), form='mail', content=content, detached=True))
    yield both(g, Job(signers=('p256',), form='mail', content='letter of parts with an epilogue', detached=True), 'OGN')
    for content in ('empty letter', 'letter with LF lines', 'letter of parts'):
        yield both(g, Job(signers=('p256',), form='mail', content=content), 'OB')
        yield both(g, Job(to=('p256',), form='mail', content=content, cipher='aes-256-gcm'), 'OB')
    yield both(g, Job(signers=('rsa2048',), content='20 MiB', detached=True))
    yield both(g, Job(to=('rsa2048',), content='20 MiB', cipher='aes-128-cbc'))
    yield both(g, Job(to=('p256',), content='20 MiB', cipher='aes-256-gcm'), 'OB')
    yield both(g, Job(signers=('p256',), form='mail', content='letter of 20 MiB', detached=True), 'O')
    yield both(g, Job(to=('p256',), form='mail', content='letter of 20 MiB', cipher='aes-256-gcm'), 'O')


def ciphers():
    g = 'Content encryption'
    for cipher in ('aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'):
        yield both(g, Job(to=('rsa2048',), cipher=cipher))
    for cipher in ('aes-128-gcm', 'aes-256-gcm'):
        yield both(g, Job(to=('rsa2048',), cipher=cipher))
    for cipher in ('aes-192-gcm', 'aes-128-ccm', 'aes-256-ccm', 'chacha20-poly1305'):
        yield both(g, Job(to=('rsa2048',), cipher=cipher), 'OB')
    yield both(g, Job(to=('p256',), cipher='aes-256-ccm'), 'B')
    yield both(g, Job(to=('p256',), cipher='chacha20-poly1305'), 'B')
    yield both(g, Job(to=('p256',), cipher='aes-256-gcm', cek_hkdf=True), 'OB')
    yield reads(g, Job(to=('rsa2048',), cipher='des-ede3-cbc'), 'OGB')
    yield reads(g, Job(to=('p256',), cipher='des-ede3-cbc', wrap='des3-wrap'), 'OB')


def recipients():
    g = 'Recipients'
    yield both(g, Job(to=('rsa3072',), cipher='aes-128-cbc'))
    for kind in ('oaep1', 'oaep256'):
        yield both(g, Job(to=(kind,), cipher='aes-256-cbc'))
        yield both(g, Job(to=(kind,), cipher='aes-256-gcm'), 'OB')
    yield both(g, Job(to=('p256',), cipher='aes-128-cbc'))
    yield both(g, Job(to=('p256',), cipher='aes-256-cbc'))
    yield both(g, Job(to=('p384',), cipher='aes-256-cbc'))
    yield both(g, Job(to=('p521',), cipher='aes-256-cbc'))
    for kind in ('p256', 'p384', 'p521', 'bp256'):
        yield both(g, Job(to=(kind,), cipher='aes-128-gcm'), 'OB')
        yield both(g, Job(to=(kind,), cipher='aes-256-gcm'), 'OB')
    yield both(g, Job(to=('x25519',), cipher='aes-256-gcm'), 'OB')
    yield both(g, Job(to=('x448',), cipher='aes-256-gcm'), 'OB')
    for kdf in ('sha1', 'sha224', 'sha256', 'sha384', 'sha512'):
        yield reads(g, Job(to=('p256',), kdf=kdf, cipher='aes-256-gcm'), 'OB')
    yield reads(g, Job(to=('p384',), kdf='sha512', cipher='aes-256-cbc'), 'OB')
    for kdf in ('cofactor-sha1', 'cofactor-sha256', 'cofactor-sha384', 'cofactor-sha512'):
        yield reads(g, Job(to=('p256',), kdf=kdf, cipher='aes-256-gcm'), 'B')
    for wrap in ('aes128-wrap', 'aes256-wrap'):
        yield reads(g, Job(to=('p256',), wrap=wrap, cipher='aes-128-cbc'), 'OB')
    for secret in ('password', 'kek16', 'kek24', 'kek32'):
        yield both(g, Job(secret=secret, cipher='aes-256-cbc'), 'OB')
        yield both(g, Job(secret=secret, cipher='aes-256-gcm'), 'OB')
    yield both(g, Job(secret='password', cipher='aes-128-cbc'), 'GN')
    yield both(g, Job(to=('p256', 'rsa2048'), cipher='aes-128-cbc'))
    yield both(g, Job(to=('rsa2048', 'p256'), cipher='aes-256-gcm'), 'OB')
    yield both(g, Job(to=('p256',), secret='password', cipher='aes-256-cbc'), 'OB')
    yield both(g, Job(to=('rsa2048',), crowd=1, cipher='aes-128-cbc'))
    yield both(g, Job(to=('rsa2048',), crowd=99, cipher='aes-128-cbc'))
    mixed = {'crowd': 98, 'crowd_kinds': ('rsa2048', 'p256')}
    yield both(g, Job(to=('rsa2048', 'p256'), cipher='aes-256-cbc', **mixed), 'OB')
    yield both(g, Job(to=('p256', 'rsa2048'), cipher='aes-256-gcm', **mixed), 'OB')


def nested():
    g = 'Encrypted mail and nested layers'
    letter = {'form': 'mail', 'content': 'letter'}
    yield both(g, Job(to=('rsa2048',), cipher='aes-128-cbc', **letter))
    yield both(g, Job(to=('p256',), cipher='aes-256-gcm', message=True, **letter), 'OB')
    yield both(g, Job(form='pem', to=('rsa2048',), cipher='aes-256-cbc'))
    yield both(g, Job(form='pem', to=('p256',), cipher='aes-256-gcm'), 'OB')
    for detached in (True, False):
        yield both(g, Job(signers=('rsa2048',), to=('rsa2048',), cipher='aes-128-cbc', detached=detached, **letter))
        yield both(g, Job(signers=('p256',), to=('p256',), cipher='aes-256-gcm', detached=detached, **letter), 'OB')
        yield both(g, Job(signers=('p256',), to=('p256',), cipher='aes-256-gcm', detached=detached, message=True,
                          **letter), 'OB')
    yield both(g, Job(signers=('rsa2048',), to=('p256', 'rsa2048'), cipher='aes-256-gcm', detached=True, crowd=98,
                      **letter), 'OB')
    yield both(g, Job(signers=('rsa2048',), pss=True, to=('oaep256',), cipher='aes-256-gcm', detached=True, **letter),
               'OB')
    yield both(g, Job(compress=True, to=('p256',), cipher='aes-256-gcm', **letter), 'OB')
    yield both(g, Job(compress=True, signers=('p256',), detached=True, to=('rsa2048',), cipher='aes-128-cbc',
                      **letter), 'OB')
    yield reads(g, Job(compress=True), 'OB')
    yield reads(g, Job(compress=True, **letter), 'OB')
    yield reads(g, Job(compress=True, signers=('p256',), detached=True, **letter), 'OB')


def table():
    for part in (signatures, forms, sizes, ciphers, recipients, nested):
        for group, job, to, back in part():
            for peer in ALL:
                for way, peers in (('to', to), ('from', back)):
                    if peer in peers:
                        yield Case(group, peer, way, job)


CASES = sorted(table(), key=lambda c: ALL.index(c.peer))
