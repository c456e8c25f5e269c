"""Messages cut short or with a bit flipped, at hundreds of places.

Whatever the place: a documented exit status and a sentence; content only when the
verdict stands, and then the very content; no file left otherwise. In bytes that a
signature or an authentication tag protects, no flip goes unnoticed.

SEALMAIL_LOOPS: how many cuts, and flips, of each message (100; 20 under sanitizers).
SEALMAIL_SEED: the places of an earlier run.
"""
import base64
import email.utils
import os
import random
import re
import subprocess

import pytest

from corpora import CALL_EXITS, RESULTS, ROOT, SANITIZED, SEALMAIL, TIMEOUT

LOOPS = int(os.environ.get('SEALMAIL_LOOPS', '20' if SANITIZED else '100'))
SEED = int(os.environ.get('SEALMAIL_SEED') or random.SystemRandom().getrandbits(32))
TEXT = ''.join(f'Line {i} of a letter of some length, with nothing in it.\r\n' for i in range(40))
LETTER = ('From: alice@example.org\r\nTo: bob@example.org\r\n'
          f'Date: {email.utils.formatdate()}\r\nSubject: cut\r\n'
          f'MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{TEXT}').encode()

KINDS = {
    'signed': (['sign', 'alice'], 0),
    'opaque': (['sign', 'alice', '--opaque'], 0),
    'encrypted gcm': (['encrypt', '--cipher', 'aes-256-gcm', 'bob'], 15),
    'encrypted cbc, signed': (['encrypt', '--cipher', 'aes-128-cbc', '-s', 'alice', 'bob'], 0),
    'encrypted cbc, signed opaque': (
        ['encrypt', '--cipher', 'aes-256-cbc', '-s', 'alice', '--opaque', 'bob'], 0),
}


@pytest.fixture(scope='module')
def pki(tmp_path_factory):
    d = tmp_path_factory.mktemp('pki')
    subprocess.run([ROOT / 'tools' / 'test-pki.sh', d, '--kinds', 'rsa2048', '--people', 'alice bob',
                    '--extras', ''], check=True)
    return d


@pytest.fixture(scope='module')
def messages(pki):
    """Kind -> (message, content, exit status), whole."""
    names = {'alice': ['--key', pki / 'alice.key', '--cert', pki / 'alice.pem', '--chain',
                       pki / 'inter.pem'], 'bob': ['-r', pki / 'bob.pem']}
    made = {}
    for kind, (words, exit) in KINDS.items():
        words = [w for word in words for w in names.get(word, [word])]
        mail = subprocess.run([SEALMAIL, *words, '-q'], input=LETTER, check=True,
                              capture_output=True).stdout
        whole = subprocess.run([SEALMAIL, *reading(pki)], input=mail, capture_output=True)
        assert whole.returncode == exit and whole.stdout.endswith(TEXT.encode()), whole.stderr
        made[kind] = (mail, whole.stdout, exit)
    return made


def reading(pki):
    return ['open', '--key', pki / 'bob.key', '--cert', pki / 'bob.pem', '--trust', pki / 'root.pem']


class Reader:
    """Opens damaged messages: from a file or a pipe, to a file or a pipe."""

    def __init__(self, pki, message, folder):
        (self.mail, self.content, self.exit), self.pki, self.folder = message, pki, folder
        self.spool = folder / 'spool'
        self.spool.mkdir()

    def run(self, data, where, pick):
        """The exit status, once all that holds for any damage was checked."""
        source, target = self.folder / 'in.eml', self.folder / 'out.eml'
        words = [SEALMAIL, *reading(self.pki), '--spool', self.spool]
        to_file, from_file = pick.random() < 0.5, pick.random() < 0.5
        source.write_bytes(data)
        words += ['-o', target] if to_file else []
        words += [source] if from_file else []
        done = subprocess.run(words, input=b'' if from_file else data, capture_output=True,
                              timeout=TIMEOUT)
        told = f'{where}, seed {SEED}: {done.returncode}, {done.stderr.decode("utf-8", "replace")}'
        out = done.stdout
        if to_file:
            assert out == b'', told
            out = target.read_bytes() if target.exists() else b''
            target.unlink(missing_ok=True)
        self.judge(data, done, out, told)
        assert sorted(p.name for p in self.folder.iterdir()) == ['in.eml', 'spool'], told
        assert not list(self.spool.iterdir()), told
        return done.returncode

    def judge(self, data, done, out, told):
        code = done.returncode
        assert code in RESULTS or code in CALL_EXITS, told
        assert re.search(rb'[A-Za-z]{3,}.*\S', done.stderr) or code == 0, told
        assert b'Sanitizer' not in done.stderr and b'runtime error' not in done.stderr, told
        if code == 0:
            assert self.exit == 0 and out == self.content, told
        elif code == 15:
            # what looks like plain mail is shown as such; else it is the very content
            assert out == data or (self.exit == 15 and out == self.content), told
        else:
            assert out == b'', told


@pytest.fixture(params=KINDS)
def kind(request):
    print(f'SEALMAIL_SEED={SEED} SEALMAIL_LOOPS={LOOPS}')
    return request.param


def test_cut_short_is_noticed(kind, pki, messages, tmp_path):
    reader, pick = Reader(pki, messages[kind], tmp_path), random.Random(f'{SEED} cut {kind}')
    mail = reader.mail
    header = mail.index(b'\r\n\r\n') + 4
    cuts = {0, 1, header, len(mail) - 1, len(mail) - 2, len(mail) - 3, len(mail) - 4}
    cuts |= {pick.randrange(len(mail)) for _ in range(LOOPS)}
    for n in sorted(cuts):
        code = reader.run(mail[:n], f'{kind} cut at {n} of {len(mail)}', pick)
        if mail[n:].strip():
            # without the end of its header it is another, plain message
            assert code not in (0, 15) or (code == 15 and n < header), \
                f'{kind} cut at {n} of {len(mail)}, seed {SEED}: {code}'


def flipped(data, at, bit):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]


def test_flipped_anywhere_shows_nothing_else(kind, pki, messages, tmp_path):
    reader, pick = Reader(pki, messages[kind], tmp_path), random.Random(f'{SEED} any {kind}')
    for _ in range(LOOPS):
        at, bit = pick.randrange(len(reader.mail)), pick.randrange(8)
        reader.run(flipped(reader.mail, at, bit), f'{kind} bit {bit} at {at}', pick)


# ---- protected bytes ----

def leaves(der, at=0, end=None, inside=()):
    """(tags from the outermost inwards, offset, length) of each primitive element."""
    end = len(der) if end is None else end
    while at < end and der[at:at + 2] != b'\0\0':
        tag, length, at = der[at], der[at + 1], at + 2
        if length > 0x80:
            count, length = length & 0x7f, int.from_bytes(der[at:at + (length & 0x7f)], 'big')
            at += count
        elif length == 0x80:
            at = yield from leaves(der, at, end, (*inside, tag))
            continue
        if tag & 0x20:
            yield from leaves(der, at, at + length, (*inside, tag))
        else:
            yield (*inside, tag), at, length
        at += length
    return at + 2


def bytes_of(found):
    return [i for _, at, length in found for i in range(at, at + length)]


def split_cms(mail):
    """Header, DER and what follows the base64 of an application/pkcs7-mime message."""
    header, body = mail.split(b'\r\n\r\n', 1)
    return header + b'\r\n\r\n', base64.b64decode(body)


def join_cms(header, der):
    return header + base64.encodebytes(der).replace(b'\n', b'\r\n')


SIGNED_DATA = (0x30, 0xa0, 0x30)     # ContentInfo, [0], SignedData


def protected_of_opaque(der):
    """eContent, signed attributes and signatures."""
    all_leaves = list(leaves(der))
    content = [x for x in all_leaves if x[0][:5] == (*SIGNED_DATA, 0x30, 0xa0)]
    signer = [x for x in all_leaves if x[0][:5] == (*SIGNED_DATA, 0x31, 0x30)]
    attributes = [x for x in signer if x[0][5] == 0xa0]
    signature = [x for x in signer if x[0][5:] == (0x04,)]
    assert content and attributes and len(signature) == 1
    return bytes_of(content + attributes + signature)


def protected_of_gcm(der):
    """Wrapped key, nonce, ciphertext and tag: everything that is an OCTET STRING."""
    found = [x for x in leaves(der) if x[0][-1] in (0x04, 0x80)]
    assert len(found) >= 4 and found[-1][2] == 16 and max(x[2] for x in found) > len(TEXT)
    return bytes_of(found)


def protected_of_cbc(der, mail, pki):
    """Ciphertext of what is signed inside: a flip spoils its block and changes the next."""
    found = [x for x in leaves(der) if 0xa0 in x[0][3:] or x[0][-1] == 0x80]
    cipher = bytes_of([x for x in found if x[0][:3] == SIGNED_DATA and x[0][3] == 0x30])
    words = ['decrypt', '--unauthenticated', '--key', pki / 'bob.key', '--cert', pki / 'bob.pem']
    inner = subprocess.run([SEALMAIL, *words], input=mail, capture_output=True).stdout
    assert len(cipher) == len(inner) // 16 * 16 + 16
    start = inner.index(b'Line 0 of') if b'Line 0 of' in inner else inner.index(b'\r\n\r\n') + 4
    end = inner.index(TEXT.encode()) + len(TEXT) if b'Line 0 of' in inner else len(inner)
    return cipher[(start + 15) // 16 * 16:(end - 32) // 16 * 16]


def protected(kind, mail, pki):
    """(make a message with one bit flipped, the offsets that count)."""
    if kind == 'signed':
        boundary = re.search(rb'boundary="?([^";\r\n]+)', mail)[1]
        _, part, signature, _ = re.split(rb'(?:\r\n)?--' + re.escape(boundary), mail)
        at = mail.index(part) + 2
        assert TEXT.encode() in part and b'pkcs7-signature' in signature
        return lambda i, bit: flipped(mail, i, bit), list(range(at, at + len(part) - 2))
    header, der = split_cms(mail)
    if kind == 'opaque':
        places = protected_of_opaque(der)
    elif kind == 'encrypted gcm':
        places = protected_of_gcm(der)
    else:
        places = protected_of_cbc(der, mail, pki)
    return lambda i, bit: join_cms(header, flipped(der, i, bit)), places


def test_flipped_in_protected_bytes_is_noticed(kind, pki, messages, tmp_path):
    reader, pick = Reader(pki, messages[kind], tmp_path), random.Random(f'{SEED} in {kind}')
    make, places = protected(kind, reader.mail, pki)
    assert len(places) > len(TEXT) // 2
    # every kind of place has its share, the short ones too
    chosen = [places[0], places[-1]] + [pick.choice(places) for _ in range(LOOPS)]
    for at in chosen:
        bit = pick.randrange(8)
        where = f'{kind} bit {bit} at protected {at}'
        code = reader.run(make(at, bit), where, pick)
        assert code not in (0, 15), f'{where}, seed {SEED}: {code}'


def test_undamaged_after_all(kind, pki, messages, tmp_path):
    """The ways by which damage is made change nothing by themselves."""
    reader = Reader(pki, messages[kind], tmp_path)
    remade = reader.mail if kind == 'signed' else join_cms(*split_cms(reader.mail))
    for seed in range(4):
        assert reader.run(remade, 'undamaged', random.Random(seed)) == reader.exit
