"""Keys on tokens: SoftHSM is the card, OpenSSL the judge, pkcs11-spy the witness."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import BUILD, LETTER, ROOT, SEALMAIL
from id_test import Ring, at_terminal, issue

PIN, SO_PIN = '271828', '314159'


def first(*paths):
    return next((p for pattern in paths for p in sorted(Path('/').glob(pattern))), None)


MODULE = first('usr/lib/softhsm/libsofthsm2.so', 'usr/lib/*/softhsm/libsofthsm2.so')
SPY = first('usr/lib/*/pkcs11/pkcs11-spy.so', 'usr/lib/*/pkcs11-spy.so')
pytestmark = pytest.mark.skipif(not MODULE or not shutil.which('softhsm2-util') or not shutil.which('pkcs11-tool'),
                                reason='softhsm2 or opensc is missing')


def openssl(*words, **more):
    return subprocess.run(['openssl', *map(str, words)], check=True, capture_output=True, **more)


class Card:
    """Tokens of their own; the command finds them as p11-kit says."""

    def __init__(self, sealmail):
        self.sealmail, self.dir = sealmail, sealmail.cwd.parent / 'card'
        (self.dir / 'tokens').mkdir(parents=True)
        (self.dir / 'conf').write_text(f'directories.tokendir = {self.dir}/tokens\nobjectstore.backend = file\n'
                                       'log.level = ERROR\nslots.removable = false\n')
        sealmail.env['SOFTHSM2_CONF'] = str(self.dir / 'conf')
        self.pin = self.secret('pin', PIN)

    def secret(self, name, text):
        p = self.dir / name
        p.write_text(text + '\n')
        p.chmod(0o600)
        return p

    def run(self, *words):
        return subprocess.run(list(map(str, words)), env=self.sealmail.env, check=True, capture_output=True, text=True)

    def token(self, label='Alice'):
        done = self.run('softhsm2-util', '--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', SO_PIN)
        return int(re.search(r'slot (\d+)$', done.stdout.strip())[1])

    def tool(self, slot, *words):
        return self.run('pkcs11-tool', '--module', MODULE, '--slot', slot, '--login', '--pin', PIN, *words).stdout

    def put(self, slot, key, cert, id, label='key'):
        """A key that was made elsewhere, and its certificate."""
        plain, der = self.dir / 'k.pem', self.dir / 'c.der'
        openssl('pkey', '-in', key, '-passin', f'file:{self.sealmail.pki}/passphrase', '-out', plain)
        if b'id-ecPublicKey' in openssl('pkey', '-in', plain, '-text', '-noout').stdout or b'NIST' in openssl('pkey', '-in', plain, '-text', '-noout').stdout:
            # softhsm2-util makes keys that sign alone.
            for type, pub in [('privkey', []), ('pubkey', ['-pubout'])]:
                openssl('pkey', '-in', plain, '-outform', 'DER', *pub, '-out', der)
                self.tool(slot, '--write-object', der, '--type', type, '--id', id, '--label', label, '--usage-sign', '--usage-derive')
        else:
            self.run('softhsm2-util', '--import', plain, '--slot', slot, '--label', label, '--id', id, '--pin', PIN)
        if cert:
            openssl('x509', '-in', cert, '-outform', 'DER', '-out', der)
            self.tool(slot, '--write-object', der, '--type', 'cert', '--id', id, '--label', f'{label} certificate')

    def person(self, slot, name, id='01'):
        pki = self.sealmail.pki
        self.put(slot, pki / f'{name}.key', pki / f'{name}.pem', id)

    def spy(self):
        """A URI part for a module that notes every call."""
        self.sealmail.env.update(PKCS11SPY=str(MODULE), PKCS11SPY_OUTPUT=str(self.dir / 'spy'))
        return f'?module-path={SPY}'

    def calls(self, name):
        text = (self.dir / 'spy').read_text()
        (self.dir / 'spy').unlink()
        return [c for c in re.split(r'^\d+: ', text, flags=re.M) if c.startswith(name)]


@pytest.fixture
def card(sealmail):
    return Card(sealmail)


@pytest.fixture
def ring(sealmail):
    return Ring(sealmail)


def with_key(card, uri, pin=None):
    return ['--key', uri, '--passphrase-file', pin or card.pin]


@pytest.fixture
def p384(sealmail):
    """A key on P-384 with a certificate for alice."""
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-noenc', '-keyout', 'p384.key', '-subj',
            '/CN=Alice', '-addext', 'subjectAltName=email:alice@example.org', '-addext',
            'keyUsage=digitalSignature,keyAgreement', '-out', 'p384.csr', cwd=sealmail.cwd)
    issue(sealmail, 'p384.csr', 'p384.pem', serial=384)
    return sealmail.path('p384.key'), sealmail.path('p384.pem')


def key_and_cert(sealmail, kind, request):
    if kind == 'p384':
        return request.getfixturevalue('p384')
    name = 'alice' if kind == 'p256' else 'alice-rsa2048'
    return sealmail.pki / f'{name}.key', sealmail.pki / f'{name}.pem'


# ---- signing and decrypting ----

@pytest.mark.parametrize('kind', ['rsa', 'p256', 'p384'])
def test_openssl_verifies_what_the_token_signed(sealmail, card, kind, request):
    key, cert = key_and_cert(sealmail, kind, request)
    card.put(card.token(), key, cert, '01')
    signed = sealmail('sign', *with_key(card, 'pkcs11:token=Alice'), '--chain', sealmail.pki / 'inter.pem', stdin=LETTER).stdout
    sealmail.write('signed', signed)
    done = openssl('cms', '-verify', '-in', 'signed', '-CAfile', sealmail.pki / 'root.pem', cwd=sealmail.cwd)
    assert b'Hello Bob' in done.stdout
    sealmail('verify', *sealmail.trust(), stdin=signed)
    if kind == 'rsa':
        pss = sealmail('sign', '--pss', *with_key(card, 'pkcs11:token=Alice'), '--chain', sealmail.pki / 'inter.pem', stdin=LETTER)
        sealmail.write('signed', pss.stdout)
        openssl('cms', '-verify', '-in', 'signed', '-CAfile', sealmail.pki / 'root.pem', cwd=sealmail.cwd)


@pytest.mark.parametrize('kind', ['rsa', 'p256', 'p384'])
def test_the_token_opens_what_openssl_encrypted(sealmail, card, kind, request):
    key, cert = key_and_cert(sealmail, kind, request)
    card.put(card.token(), key, cert, '01')
    sealmail.write('letter', LETTER)
    ways = [[]] + ([['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256']] if kind == 'rsa' else [])
    for way in ways:
        openssl('cms', '-encrypt', '-aes-256-gcm', '-in', 'letter', '-out', 'sealed', '-recip', cert, *way, cwd=sealmail.cwd)
        assert b'Hello Bob' in sealmail('decrypt', *with_key(card, 'pkcs11:token=Alice;object=key'), 'sealed').stdout
    # A letter to somebody else asks the token for nothing.
    done = sealmail('decrypt', *with_key(card, 'pkcs11:token=Alice'), stdin=sealmail.sealed(to='bob'), exit=20)
    assert 'PIN' not in done.err


def test_a_bad_ciphertext_is_no_fault_of_the_token(sealmail, card):
    card.person(card.token(), 'alice-rsa2048')
    der = bytearray(sealmail('encrypt', '-q', '--cipher', 'aes-256-gcm', '--form', 'der', '-r', sealmail.pki / 'alice-rsa2048.pem', stdin=LETTER).stdout)
    at = der.index(bytes.fromhex('04820100')) + 4
    der[at + 100] ^= 1
    soft = sealmail('decrypt', *sealmail.identity('alice-rsa2048'), stdin=bytes(der), exit=None)
    hard = sealmail('decrypt', *with_key(card, 'pkcs11:token=Alice'), stdin=bytes(der), exit=None)
    assert (hard.returncode, hard.stdout) == (soft.returncode, soft.stdout) and hard.returncode == 21


def test_a_token_that_also_holds_ed25519_works_and_signs_with_it(sealmail, card):
    slot = card.token()
    openssl('genpkey', '-algorithm', 'ed25519', '-out', 'ed.key', cwd=sealmail.cwd)
    openssl('req', '-new', '-key', 'ed.key', '-subj', '/CN=Alice', '-addext', 'subjectAltName=email:alice@example.org',
            '-addext', 'keyUsage=digitalSignature', '-out', 'ed.csr', cwd=sealmail.cwd)
    issue(sealmail, 'ed.csr', 'ed.pem', serial=25519)
    card.put(slot, sealmail.path('ed.key'), sealmail.path('ed.pem'), '02', 'modern')
    card.person(slot, 'alice', '01')
    for object in ('key', 'modern'):
        signed = sealmail('sign', *with_key(card, f'pkcs11:token=Alice;object={object}'), stdin=LETTER, exit=None)
        assert signed.returncode == 0, signed.err
        report = sealmail.json('verify', *sealmail.trust(), '--certs', sealmail.pki / 'inter.pem', stdin=signed.stdout)
        assert ('ed25519' in json.dumps(report)) == (object == 'modern')
    sealed = sealmail.sealed(to='alice')
    assert b'Hello Bob' in sealmail('decrypt', '--unauthenticated', *with_key(card, 'pkcs11:token=Alice'), stdin=sealed, exit=None).stdout


# ---- the keyring ----

def test_the_keyring_knows_a_token_without_its_pin(sealmail, card, ring):
    card.person(card.token(), 'alice')
    done = ring('id import', 'pkcs11:token=Alice', sealmail.pki / 'inter.pem', passphrase=None)
    assert 'imported: key' in done.err and 'alice@example.org' in done.err
    key, = ring.keys()
    assert key['state'] == 'current' and key['token'].startswith('pkcs11:') and 'id=%01' in key['token']
    assert not key['exportable'] and key['use'] == ['sign', 'encrypt']
    shown = ring('id list', '-v', passphrase=None).stdout.decode()
    assert 'token  valid to' in shown and 'on a token: pkcs11:' in shown
    assert not list(ring.home.glob('keys/*/key.pem'))
    assert 'already here' in ring('id import', 'pkcs11:token=Alice', passphrase=None).err
    signed = ring('sign', stdin=LETTER, passphrase=PIN).stdout
    sealmail('verify', *sealmail.trust(), stdin=signed)
    sealed = sealmail('encrypt', '-q', '--cipher', 'aes-256-gcm', '-r', sealmail.pki / 'alice.pem', stdin=LETTER).stdout
    assert b'Hello Bob' in ring('decrypt', stdin=sealed, passphrase=PIN).stdout


def test_a_card_with_split_keys_signs_with_one_and_opens_with_the_other(sealmail, card, ring):
    slot = card.token('PIV')
    card.person(slot, 'alice-dual-sign', '02')
    card.person(slot, 'alice-dual-enc', '03')
    pki = sealmail.pki
    whole = 'pkcs11:token=PIV'
    sealed = sealmail('encrypt', '-q', '-s', '--cipher', 'aes-256-gcm', '-r', pki / 'alice-dual-enc.pem', '--chain', pki / 'inter.pem',
                      *with_key(card, whole), stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('open', *sealmail.trust(), *with_key(card, whole), stdin=sealed).stdout
    ring('id import', whole, pki / 'inter.pem', passphrase=None)
    assert sorted(k['use'] for k in ring.keys()) == [['encrypt'], ['sign']]
    again = ring('encrypt', '-q', '-s', '--cipher', 'aes-256-gcm', '-r', pki / 'alice-dual-enc.pem', stdin=LETTER, passphrase=PIN).stdout
    assert b'Hello Bob' in ring('open', *sealmail.trust(), stdin=again, passphrase=PIN).stdout


def test_what_is_on_a_token_is_not_exported_and_only_its_certificate_renewed(sealmail, card, ring):
    card.person(card.token(), 'alice')
    ring('id import', 'pkcs11:token=Alice', passphrase=None)
    done = ring('id export', '--new-passphrase-file', ring.word('x'), 'alice@example.org', '-o', 'x.p12', passphrase=None, exit=31)
    assert 'on a token and stays there' in done.err
    assert '--same-key' in ring('id renew', passphrase=PIN, exit=64).err
    ring('id renew', '--same-key', '-o', 'a.csr', passphrase=PIN)
    public = openssl('req', '-in', 'a.csr', '-verify', '-noout', '-pubkey', cwd=sealmail.cwd).stdout
    # some versions say on standard output that the request's signature is good
    assert public.endswith(openssl('x509', '-in', sealmail.pki / 'alice.pem', '-noout', '-pubkey').stdout)
    ring('id remove', 'alice@example.org', passphrase=None)
    assert ring.keys() == []
    ring('id import', 'pkcs11:token=Alice', passphrase=None)


def test_a_key_that_was_made_on_the_token_gets_its_certificate_by_request(sealmail, card, ring):
    slot = card.token()
    card.tool(slot, '--keypairgen', '--key-type', 'EC:secp384r1', '--id', '07', '--label', 'made here')
    done = ring('id import', 'pkcs11:object=made%20here', passphrase=None)
    assert 'no certificate yet' in done.err
    sealed = ring.keys()[0]
    assert sealed['kind'] == 'p-384' and sealed['state'] == 'no-certificate'


# ---- PINs ----

@pytest.mark.skipif(not SPY, reason='opensc-pkcs11-spy is missing')
def test_a_wrong_pin_is_tried_once_and_the_token_says_what_remains(sealmail, card):
    card.person(card.token(), 'alice')
    wrong = card.secret('wrong', '999999')
    uri = 'pkcs11:token=Alice' + card.spy()
    done = sealmail('sign', *with_key(card, uri, wrong), stdin=LETTER, exit=77)
    assert 'not the PIN of the token "Alice"' in done.err and 'tries remain' in done.err
    assert done.err.count('sealmail: ') == 1 and done.stdout == b''
    assert len(card.calls('C_Login')) == 1
    code, said, left = at_terminal(sealmail, ['sign', '--key', uri, sealmail.write('letter', LETTER)], ['888888', PIN, PIN], ask=b'PIN of')
    assert (code, left) == (77, [PIN, PIN]) and 'The last PIN was wrong' in said
    assert len(card.calls('C_Login')) == 1
    sealmail('sign', *with_key(card, uri), stdin=LETTER)
    several = with_key(card, uri, wrong) + ['--passphrase-file', card.pin]
    card.calls('C_Login')
    assert 'which one' in sealmail('sign', *several, stdin=LETTER, exit=64).err
    assert card.calls('C_Login') == []


@pytest.mark.skipif(not SPY, reason='opensc-pkcs11-spy is missing')
def test_a_key_that_wants_its_pin_for_each_use_gets_it(sealmail, card, ring):
    slot = card.token()
    card.tool(slot, '--keypairgen', '--key-type', 'EC:prime256v1', '--id', '09', '--label', 'always', '--always-auth')
    public = openssl('pkey', '-pubin', '-inform', 'DER', '-out', 'pub.pem', cwd=sealmail.cwd,
                     input=subprocess.run(['pkcs11-tool', '--module', str(MODULE), '--slot', str(slot), '--read-object', '--type', 'pubkey',
                                           '--id', '09'], env=sealmail.env, capture_output=True, check=True).stdout)
    assert public.returncode == 0
    ring('id new', '--kind', 'p-256', '--use', 'sign', 'alice@example.org', '-o', 'a.csr')
    openssl('x509', '-req', '-in', 'a.csr', '-force_pubkey', 'pub.pem', '-CA', sealmail.pki / 'inter.pem', '-CAkey',
            sealmail.pki / 'inter.key', '-copy_extensions', 'copyall', '-days', '9', '-out', 'c.pem', cwd=sealmail.cwd)
    uri = 'pkcs11:object=always' + card.spy()
    signed = sealmail('sign', *with_key(card, uri), '--cert', 'c.pem', '--chain', sealmail.pki / 'inter.pem', stdin=LETTER).stdout
    sealmail('verify', *sealmail.trust(), stdin=signed)
    logins = card.calls('C_Login')
    assert len(logins) == 2 and 'CKU_USER' in logins[0] and ('CKU_CONTEXT' in logins[1] or '= 0x2' in logins[1])
    # Typed once it serves the one signature, and is asked for again in the next run.
    letter = sealmail.write('letter', LETTER)
    code, said, left = at_terminal(sealmail, ['sign', '--remember', '0', '--key', uri, '--cert', 'c.pem', letter, '-o', 'o'], [PIN, PIN], ask=b'PIN of')
    assert (code, left) == (0, [PIN])


def test_the_pin_comes_from_a_file_a_descriptor_a_program_or_the_uri_and_is_nobodys_to_see(sealmail, card):
    card.person(card.token(), 'alice')
    program = sealmail.path('ask')
    program.write_text(f'#!/bin/sh\ncat {card.pin}\n')
    program.chmod(0o700)
    r, w = os.pipe()
    os.write(w, PIN.encode())
    os.close(w)
    ways = [['--passphrase-file', card.pin], ['--passphrase-fd', str(r)], ['--passphrase-program', program]]
    for way in ways:
        sealmail('sign', '--key', 'pkcs11:token=Alice', *way, '--remember', '0', stdin=LETTER, start_new_session=True, pass_fds=[r])
    os.close(r)
    source = f'pkcs11:token=Alice?pin-source=file:{card.pin}'
    sealmail('sign', '--key', source, stdin=LETTER, start_new_session=True)
    card.pin.chmod(0o644)
    assert f'chmod 600 {card.pin}' in sealmail('sign', '--key', source, stdin=LETTER, exit=77).err
    done = sealmail('sign', '--key', f'pkcs11:token=Alice?pin-value={PIN}', stdin=LETTER, exit=64)
    assert 'does not belong into a URI' in done.err
    assert PIN not in done.err
    for odd in ('pkcs11:token=Alice?pin%2Dvalue=1', 'pkcs11:tok en', 'pkcs11:token=A%zz', 'pkcs11:what=ever'):
        assert sealmail('sign', '--key', odd, stdin=LETTER, exit=None).returncode in (20, 64)
    assert '--passphrase-file' in sealmail('sign', '--key', 'pkcs11:token=Alice', stdin=LETTER, start_new_session=True, exit=77).err


@pytest.mark.skipif(not shutil.which('strace'), reason='strace is missing')
@pytest.mark.skipif('SEALMAIL_SANITIZED' in os.environ, reason='the leak checker does not run under strace')
def test_the_pin_is_in_no_argument_environment_or_file(sealmail, card):
    card.person(card.token(), 'alice')
    sealmail.write('letter', LETTER)
    subprocess.run(['strace', '-f', '-v', '-s', '4000', '-o', 'trace', '-e', 'trace=execve,openat,write', SEALMAIL, 'sign', '--key',
                    'pkcs11:token=Alice', '--passphrase-file', card.pin, 'letter', '-o', 'signed'],
                   cwd=sealmail.cwd, env=sealmail.env, check=True)
    trace = sealmail.path('trace').read_text()
    assert 'execve(' in trace and PIN not in ''.join(l for l in trace.splitlines() if 'execve(' in l)
    writes = [l for l in trace.splitlines() if PIN in l]
    assert len(writes) == 1 and re.search(r'write\(\d+, "%s", 6\)' % PIN, writes[0])   # the pipe to the helper program
    assert not [p for p in sealmail.cwd.rglob('*') if p.name != 'trace' and p.is_file() and PIN.encode() in p.read_bytes()]


# ---- what goes wrong ----

def test_20_when_the_token_is_not_there(sealmail, card, ring):
    card.person(card.token(), 'alice')
    ring('id import', 'pkcs11:token=Alice', passphrase=None)
    shutil.rmtree(card.dir / 'tokens')
    (card.dir / 'tokens').mkdir()
    done = ring('sign', stdin=LETTER, passphrase=PIN, exit=20)
    assert 'insert it' in done.err and done.err.count('sealmail: ') == 1
    sealed = sealmail('encrypt', '-q', '-r', sealmail.pki / 'alice.pem', stdin=LETTER).stdout
    assert 'insert it' in ring('decrypt', stdin=sealed, passphrase=PIN, exit=20).err
    assert 'alice@example.org' in ring('id list', passphrase=None).stdout.decode()
    assert 'no token is here' in sealmail('sign', *with_key(card, 'pkcs11:token=Alice'), stdin=LETTER, exit=20).err


def test_of_two_tokens_with_one_name_the_serial_number_decides(sealmail, card, ring):
    for name in ('alice', 'alice-rsa2048'):
        card.person(card.token('Twin'), name)
    done = sealmail('sign', *with_key(card, 'pkcs11:token=Twin'), stdin=LETTER, exit=64)
    serials = re.findall(r'serial=([0-9a-f]+)', done.err)
    assert len(set(serials)) == 2
    kinds = set()
    for serial in serials:
        signed = sealmail('sign', *with_key(card, f'pkcs11:token=Twin;serial={serial}'), '--chain', sealmail.pki / 'inter.pem', stdin=LETTER)
        report = sealmail.json('verify', *sealmail.trust(), stdin=signed.stdout)
        kinds.add(report['layers'][0]['signers'][0]['algorithm'])
    assert len(kinds) == 2
    # The keyring keeps exact URIs: no doubt there.
    ring('id import', 'pkcs11:token=Twin', sealmail.pki / 'inter.pem', passphrase=None)
    assert len(ring.keys()) == 2
    ring('sign', stdin=LETTER, passphrase=PIN)


def module(sealmail, name, body):
    c = sealmail.write(f'{name}.c', f'#include <stdlib.h>\n#include <unistd.h>\nunsigned long C_GetFunctionList(void **l);\n'
                                    f'unsigned long C_GetFunctionList(void **l)\n{{\n(void)l;\n{body}\nreturn 5;\n}}\n'.encode())
    subprocess.run(['cc', '-shared', '-fPIC', '-o', sealmail.path(f'{name}.so'), c], check=True)
    return f'pkcs11:?module-path={sealmail.path(name)}.so'


def test_75_for_a_module_that_hangs_and_70_for_one_that_dies(sealmail, card):
    done = sealmail('sign', *with_key(card, module(sealmail, 'hangs', 'for (;;) pause();')), stdin=LETTER, exit=75)
    assert 'no answer in' in done.err and 'starting the token module' in done.err and 'hangs.so' in done.err
    done = sealmail('sign', *with_key(card, module(sealmail, 'dies', 'abort();')), stdin=LETTER, exit=70)
    assert 'ended too early' in done.err
    done = sealmail('sign', *with_key(card, module(sealmail, 'fails', '')), stdin=LETTER, exit=74)
    assert 'cannot be loaded' in done.err
    done = sealmail('sign', *with_key(card, 'pkcs11:?module-path=/nowhere/x.so'), stdin=LETTER, exit=74)
    done = sealmail('sign', *with_key(card, 'pkcs11:?module-path=x.so'), stdin=LETTER, exit=64)


def test_sealmail_itself_links_no_token_library(sealmail):
    def needed(name):
        return subprocess.run(['readelf', '-d', BUILD / name], capture_output=True, text=True).stdout
    assert 'p11-kit' not in needed('sealmail') and 'p11-kit' in needed('sealmail-token')


# ---- the page about it ----

def test_what_the_page_about_tokens_shows_works_as_shown(sealmail, card):
    """One script of all its blocks; a program types the PIN."""
    pki = sealmail.pki
    card.person(card.token(), 'alice')
    for name in ('inter.pem', 'root.pem'):
        shutil.copy(pki / name, sealmail.cwd)
    sealmail.write('letter.eml', LETTER)
    sealmail.write('sealed.eml', sealmail('encrypt', '-q', '--cipher', 'aes-256-gcm', '-r', pki / 'alice.pem', stdin=LETTER).stdout)
    program = sealmail.path('ask')
    program.write_text(f'#!/bin/sh\ncat {card.pin}\n')
    program.chmod(0o700)
    home = Path(sealmail.env['HOME']) / '.local/share/sealmail'
    home.mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    (home / 'config').write_text(f'passphrase-program = {program}\n')
    (home / 'config').chmod(0o600)
    page = (ROOT / 'docs/TOKENS.md').read_text()
    blocks = re.findall(r'^```sh\n(.*?)^```$', page, flags=re.M | re.S)
    assert len(blocks) >= 6
    # The key of the URI by itself asks the program too.
    script = ''.join(blocks).replace("sign --key 'pkcs11", f"sign --passphrase-program {program} --key 'pkcs11")
    done = subprocess.run(['sh', '-ex'], input=script.encode(), cwd=sealmail.cwd, capture_output=True, timeout=120,
                          env={**sealmail.env, 'PATH': f'{BUILD}:{os.environ["PATH"]}'}, start_new_session=True)
    assert done.returncode == 0, done.stderr.decode()
    assert b'Hello Bob' in done.stdout and b'token  valid to' in done.stdout
    openssl('req', '-in', 'alice.csr', '-verify', '-noout', cwd=sealmail.cwd)
