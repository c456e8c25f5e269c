"""The generations of one's own keys."""
import json
import subprocess

import pytest
from conftest import LETTER
from id_test import Ring, issue, signer_of


@pytest.fixture
def ring(sealmail):
    return Ring(sealmail)


def certify(sealmail, ring, n, days, **more):
    issue(sealmail, 'a.csr', f'a{n}.pem', days=days, serial=100 + n, **more)
    return ring('id import', f'a{n}.pem', sealmail.pki / 'inter.pem', passphrase=None)


def begin(sealmail, ring, *words, passphrase='pass'):
    ring('id new', '--name', 'Ali C\u00eb', *(words or ['--kind', 'p-256']), 'alice@example.org', 'a2@example.org', '-o', 'a.csr',
         passphrase=passphrase)
    certify(sealmail, ring, 0, 50)


def request(sealmail, name='a.csr'):
    done = subprocess.run(['openssl', 'req', '-in', name, '-noout', '-text', '-verify', '-nameopt', 'utf8'],
                          cwd=sealmail.cwd, capture_output=True, text=True, check=True)
    assert 'verify OK' in done.stdout + done.stderr
    return done.stdout.replace(' = ', '=')


def test_mail_of_twenty_generations_opens_without_being_asked_which(sealmail, ring):
    letters = []
    begin(sealmail, ring, passphrase='word0')
    for n in range(20):
        if n > 0:
            # Each key has a passphrase of its own: another one would not be opened.
            ring('id renew', 'alice@example.org', '-o', 'a.csr', '--new-passphrase-file', ring.word(f'word{n}'),
                 passphrase=None)
            certify(sealmail, ring, n, 50 + n)
        letters.append(sealmail('encrypt', '-q', '--cipher', 'aes-256-gcm', '-r', f'a{n}.pem', stdin=LETTER).stdout)
    keys = {k['id']: k for k in ring.keys()}
    assert len(keys) == 20
    for n, letter in enumerate(letters):
        assert b'Hello Bob' in ring('decrypt', stdin=letter, passphrase=f'word{n}').stdout
    # A chain from the last to the first, each with its certificate.
    last, = set(keys) - {k['renews'] for k in keys.values()}
    seen = []
    while last is not None:
        seen.append(int(keys[last]['certificates'][0]['serial'], 16))
        last = keys[last]['renews']
    assert seen == list(range(119, 99, -1))
    signed = ring('sign', stdin=LETTER, passphrase='word19').stdout
    report = sealmail.json('verify', *sealmail.trust(), stdin=signed)
    assert int(report['layers'][0]['signers'][0]['serial'], 16) == 119


@pytest.mark.parametrize('kind', ['rsa-2048', 'p-384'])
def test_the_new_key_is_as_the_old_one_and_asks_for_the_same_names_and_uses(sealmail, ring, kind):
    begin(sealmail, ring, '--kind', kind)
    before = request(sealmail)
    done = ring('id renew', '-o', 'a.csr')
    old, = [k for k in ring.keys() if k['renews'] is None]
    assert 'renews ' + old['id'][:16] in done.err
    after = request(sealmail)
    part = lambda text, a: text[text.index(a):].split('\n', 2)[:2]   # noqa: E731
    for what in ('Subject:', 'Public Key Algorithm', 'X509v3 Key Usage', 'X509v3 Extended Key', 'Subject Alternative'):
        assert part(before, what) == part(after, what)
    assert before != after
    new, = [k for k in ring.keys() if k['renews']]
    assert (new['state'], new['kind'], new['protected']) == ('pending', kind, True)
    assert 'renews ' + old['id'][:16] in ring('id show', new['id'], passphrase=None).stdout.decode()


def test_until_its_certificate_comes_the_old_key_is_the_one(sealmail, ring):
    begin(sealmail, ring)
    ring('id renew', '-o', 'a.csr')
    old = int(sealmail.json('verify', *sealmail.trust(), stdin=ring('sign', stdin=LETTER).stdout)['layers'][0]['signers'][0]['serial'], 16)
    assert old == 100
    first = sealmail.path('a.csr').read_bytes()
    # Asking twice makes no second key.
    assert 'waits for its certificate' in ring('id renew', '-o', 'b.csr', passphrase=None).err
    assert sealmail.path('b.csr').read_bytes() == first and len(ring.keys()) == 2
    certify(sealmail, ring, 1, 60)
    assert signer_of(sealmail, ring('sign', stdin=LETTER).stdout) == ['alice@example.org', 'a2@example.org']
    assert [k['state'] for k in ring.keys()] == ['current', 'current']


def test_a_pair_is_renewed_as_a_pair(sealmail, ring):
    pki = sealmail.pki
    word = (pki / 'passphrase').read_text().strip()
    ring.adopt('alice-dual-sign')
    ring.adopt('alice-dual-enc')
    made = json.loads(ring('id renew', '--json', passphrase=word).stdout)['keys']
    assert len(made) == 2 and {k['renews'] for k in made} == {k['id'] for k in ring.keys() if k['renews'] is None}
    by_use = {tuple(k['use']): k for k in ring.keys() if k['renews']}
    assert set(by_use) == {('sign',), ('encrypt',)}
    before = len(ring.keys())
    ring('id renew', next(k['id'] for k in ring.keys() if k['use'] == ['sign'] and not k['renews']), passphrase=word)
    assert len(ring.keys()) == before


def test_same_key_asks_for_a_new_certificate_of_the_key_there_is(sealmail, ring):
    begin(sealmail, ring)
    ring('id renew', '--same-key', '-o', 'a.csr', passphrase='wrong', exit=77)
    assert 'a.csr' in sealmail.left() and ring.keys()[0]['request'] is None
    ring('id renew', '--same-key', '-o', 'a.csr')
    public = subprocess.run(['openssl', 'req', '-in', 'a.csr', '-noout', '-pubkey'], cwd=sealmail.cwd, capture_output=True).stdout
    assert public == next(ring.home.glob('keys/*/public.pem')).read_bytes()
    assert ring.keys()[0]['request'] is not None
    certify(sealmail, ring, 1, 70)
    key, = ring.keys()
    assert len(key['certificates']) == 2 and key['request'] is None


def test_a_request_signed_by_the_present_certificate_is_what_openssl_verifies(sealmail, ring):
    begin(sealmail, ring)
    ring('id renew', '--signed', '-o', 'signed.pem')
    subprocess.run(['openssl', 'cms', '-verify', '-inform', 'PEM', '-in', 'signed.pem', '-CAfile', sealmail.pki / 'root.pem',
                    '-purpose', 'any', '-binary', '-out', 'inner.der', '-signer', 'by.pem'], cwd=sealmail.cwd, check=True,
                   capture_output=True)
    subprocess.run(['openssl', 'req', '-inform', 'DER', '-in', 'inner.der', '-out', 'inner.csr'], cwd=sealmail.cwd, check=True)
    assert 'CN=Ali C\u00eb' in request(sealmail, 'inner.csr')
    same = [subprocess.run(['openssl', 'x509', '-in', f, '-noout', '-serial'], cwd=sealmail.cwd, capture_output=True).stdout
            for f in ('by.pem', 'a0.pem')]
    assert same[0] == same[1]


def test_renewal_says_what_is_missing(sealmail, ring):
    assert 'empty' in ring('id renew', exit=64).err
    ring('id new', '--kind', 'p-256', 'alice@example.org')
    assert 'nothing to renew' in ring('id renew', exit=64).err
    ring('id renew', 'eve@example.org', exit=20)
    ring.adopt('alice')
    ring.adopt('bob')
    assert 'several' in ring('id renew', exit=64).err


def test_a_key_without_passphrase_stays_without_and_one_not_exportable_stays_so(sealmail, ring):
    ring('id new', '--kind', 'p-256', '--no-passphrase', '--use', 'sign', '--not-exportable', 'alice@example.org', '-o', 'a.csr',
         passphrase=None)
    certify(sealmail, ring, 0, 50)
    ring('id renew', '-o', 'a.csr', passphrase=None)
    new, = [k for k in ring.keys() if k['renews']]
    assert not new['protected'] and not new['exportable']
