"""One's own keys: made, imported, listed, exported, removed, and used."""
import json
import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest
from conftest import AT, LETTER, ROOT, SEALMAIL

CORPORA = Path(os.environ.get('SEALMAIL_SHARED', ROOT.parent / 'shared')) / 'corpora'
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason='the corpora are not here')


class Ring:
    """A keyring, and files with passphrases."""

    def __init__(self, sealmail):
        self.sealmail, self.home = sealmail, sealmail.cwd / 'home'

    def word(self, text):
        p = self.sealmail.write(f'word-{text}', text.encode() + b'\n')
        p.chmod(0o600)
        return p

    def __call__(self, verb, *words, passphrase='pass', **more):
        secret = ['--passphrase-file', self.word(passphrase)] if passphrase else []
        return self.sealmail(*verb.split(), '--home', self.home, *secret, *words, start_new_session=True, **more)

    def list(self, *words):
        return json.loads(self('id list', '--json', *words, passphrase=None).stdout)['identities']

    def keys(self):
        return [k for i in self.list() for k in i['keys']]

    def adopt(self, name, **more):
        pki = self.sealmail.pki
        return self('id import', pki / f'{name}.p12', passphrase=(pki / 'passphrase').read_text().strip(), **more)


@pytest.fixture
def ring(sealmail):
    return Ring(sealmail)


def issue(sealmail, csr, out, days=100, serial=1, spki=None):
    """Certify a request as the CA of the test would; spki: another key for the same person."""
    pki = sealmail.pki
    sealmail.write('agree.cnf', b'keyUsage=critical,keyAgreement\nextendedKeyUsage=emailProtection\n'
                                b'subjectAltName=email:alice@example.org\n')
    subprocess.run(['openssl', 'x509', '-req', '-in', csr, '-CA', pki / 'inter.pem', '-CAkey', pki / 'inter.key',
                    '-days', str(days), '-set_serial', str(serial), '-out', out,
                    *(['-force_pubkey', spki, '-extfile', 'agree.cnf'] if spki else ['-copy_extensions', 'copyall'])], cwd=sealmail.cwd, check=True, capture_output=True)


# ---- new ----

@pytest.mark.parametrize('kind', ['rsa-2048', 'rsa-3072', 'p-256', 'p-384', 'p-521', 'ed25519'])
def test_a_new_key_and_its_request_are_what_openssl_reads(sealmail, ring, kind):
    ring('id new', '--kind', kind, '--name', 'Ali Cë', 'ali@example.org', 'a2@example.org', '-o', 'ali.csr')
    shown = subprocess.run(['openssl', 'req', '-in', 'ali.csr', '-noout', '-text', '-verify', '-nameopt', 'utf8'],
                           cwd=sealmail.cwd, capture_output=True, text=True, check=True)
    text = shown.stdout + shown.stderr
    assert 'verify OK' in text and 'CN=Ali Cë' in text.replace(' = ', '=') and 'E-mail Protection' in text
    assert 'email:ali@example.org, email:a2@example.org' in text and 'Digital Signature' in text
    files = list(ring.home.glob('keys/*/key.pem'))
    assert len(files) == (2 if kind == 'ed25519' else 1)
    for f in files:
        done = subprocess.run(['openssl', 'pkey', '-in', f, '-passin', 'pass:pass', '-pubout'], capture_output=True, check=True)
        assert done.stdout == (f.parent / 'public.pem').read_bytes()
        parsed = subprocess.run(['openssl', 'asn1parse', '-in', f], capture_output=True, text=True, check=True).stdout
        assert 'scrypt' in parsed and ':4000' in parsed and 'aes-256-cbc' in parsed
        assert subprocess.run(['openssl', 'pkey', '-in', f, '-passin', 'pass:no', '-noout'], capture_output=True).returncode


def test_an_x25519_key_has_no_request_and_says_why(ring):
    done = ring('id new', '--kind', 'ed25519', '--use', 'encrypt', 'a@example.org')
    assert done.stdout == b'' and 'cannot sign' in done.err and 'public.pem' in done.err


def test_a_certificate_that_comes_later_finds_its_key(sealmail, ring):
    ring('id new', '--kind', 'p-256', 'alice@example.org', '-o', 'a.csr')
    assert ring.keys()[0]['state'] == 'pending'
    assert 'no certificate' not in ring('id list', passphrase=None).stdout.decode()
    ring('sign', stdin=LETTER, exit=64)
    issue(sealmail, 'a.csr', 'a.pem')
    done = ring('id import', 'a.pem', sealmail.pki / 'inter.pem')
    assert 'certificate attached' in done.err
    key, = ring.keys()
    assert key['state'] == 'current' and key['use'] == ['sign', 'encrypt'] and key['request'] is None
    signed = ring('sign', stdin=LETTER).stdout
    sealmail('verify', *sealmail.trust(), stdin=signed)
    sealed = sealmail('encrypt', '-q', '--cipher', 'aes-256-gcm', '-r', 'a.pem', stdin=LETTER).stdout
    assert b'Hello Bob' in ring('decrypt', stdin=sealed).stdout


def test_a_mixed_pair_signs_with_one_and_opens_with_the_other(sealmail, ring):
    ring('id new', '--kind', 'ed25519', 'alice@example.org', '-o', 'a.csr')
    issue(sealmail, 'a.csr', 'sign.pem', serial=5)
    public = next(f / 'public.pem' for f in (ring.home / 'keys').iterdir() if not (f / 'request.pem').exists())
    issue(sealmail, 'a.csr', 'enc.pem', serial=6, spki=public)
    ring('id import', 'sign.pem', 'enc.pem', sealmail.pki / 'inter.pem')
    sealed = ring('encrypt', '-q', '-s', '-r', 'enc.pem', stdin=LETTER).stdout
    assert b'Hello Bob' in ring('open', *sealmail.trust(), stdin=sealed).stdout


def test_64_for_what_is_no_address_and_77_without_a_passphrase(ring):
    assert 'mail address' in ring('id new', 'alice', exit=64).err
    done = ring('id new', 'a@example.org', passphrase=None, exit=77)
    assert '--passphrase-file' in done.err and ring.keys() == []


# ---- import ----

def import_all(ring, files, word):
    for f in files:
        yield f, ring('id import', '--no-passphrase', f, passphrase=word(f), exit=None)


@needs_corpora
def test_every_pkcs12_of_the_corpora_is_taken_over(ring):
    files = sorted(CORPORA.glob('**/*.p12'))
    words = {'openssl-pkcs12': '1234', 'pkits': 'password'}
    refused = {'bad1.p12', 'nomac_parse.p12', 'pbmac1_256_256.bad-iter.p12', 'pbmac1_256_256.bad-salt.p12',
               'pbmac1_256_256.no-len.p12', 'pbmac1_256_256.negative-len.p12', 'pbmac1_256_256.zero-len.p12'}
    bad = {}
    for f in files:
        word = words.get(f.relative_to(CORPORA).parts[0], f.stem)
        if 'libksba' in str(f):
            word = 'start'
        if 'thunderbird' in str(f):
            word = 'nss'
        done = ring('id import', '--no-passphrase', f, passphrase=word, exit=None)
        if (done.returncode != 0) != (f.name in refused):
            bad[str(f.relative_to(CORPORA))] = (done.returncode, done.err)
    assert bad == {}


@needs_corpora
def test_every_pem_identity_of_the_corpora_is_taken_over(ring):
    files = sorted((CORPORA / 'openssl-cms' / 'smime-certs').glob('sm*.pem'))
    bad = {}
    for f in files:
        if b'PRIVATE KEY' not in f.read_bytes():
            continue
        done = ring('id import', '--no-passphrase', f, passphrase=None, exit=None)
        # DSA, DH, ML-DSA and curves over binary fields sign and open nothing here.
        if done.returncode != 0 and not any(n in f.name for n in ('dsa', 'dh', 'smec2')):
            bad[f.name] = (done.returncode, done.err)
    assert files and bad == {}


@needs_corpora
def test_a_folder_is_taken_over_and_the_rest_named(ring):
    d = CORPORA / 'rfc9216-samples'
    done = ring('id import', '--no-passphrase', d, passphrase='alice')
    assert {i['identity'] for i in ring.list()} >= {'alice@smime.example', 'carlos@smime.example'}
    assert len(ring.keys()) >= 8 and 'NOTICE: left out' in done.err


def test_importing_twice_changes_nothing(ring):
    ring.adopt('alice')
    before = {f: f.read_bytes() for f in ring.home.rglob('*') if f.is_file()}
    assert 'already here' in ring.adopt('alice').err
    assert before == {f: f.read_bytes() for f in ring.home.rglob('*') if f.is_file()}


def test_65_for_a_certificate_whose_key_is_not_here(sealmail, ring):
    ring.adopt('alice')
    done = ring('id import', sealmail.pki / 'bob.pem', exit=65)
    assert 'no private key' in done.err


def test_import_gives_another_passphrase_when_told(sealmail, ring):
    ring.adopt('alice')
    word = (sealmail.pki / 'passphrase').read_text().strip()
    ring('sign', passphrase=word, stdin=LETTER)
    second = Ring(sealmail)
    second.home = sealmail.cwd / 'second'
    second('id import', sealmail.pki / 'alice.p12', '--new-passphrase-file', ring.word('other'), passphrase=word)
    second('sign', passphrase=word, stdin=LETTER, exit=77)
    second('sign', passphrase='other', stdin=LETTER)


# ---- list and show ----

def test_list_and_show_in_words_and_json(sealmail, ring):
    ring.adopt('alice')
    ring.adopt('bob')
    shown = ring('id list', passphrase=None).stdout.decode()
    assert 'alice@example.org\n' in shown and 'bob@example.org\n' in shown and 'valid to' in shown
    one = json.loads(ring('id show', 'ALICE@example.org', '--json', passphrase=None).stdout)
    assert one['version'] == 1 and len(one['identities']) == 1
    key = one['identities'][0]['keys'][0]
    assert key['kind'] == 'p-256' and key['exportable'] and key['protected'] and key['certificates'][0]['not_after']
    assert key['certificates'][0]['mail'] == ['alice@example.org']
    assert 'issuer' in ring('id show', key['id'][:8], passphrase=None).stdout.decode()
    ring('id show', 'eve@example.org', passphrase=None, exit=20)


def test_an_empty_keyring_is_no_fault(ring):
    done = ring('id list', passphrase=None)
    assert done.stdout == b'' and 'empty' in done.err and not ring.home.exists()
    assert json.loads(ring('id list', '--json', passphrase=None).stdout) == {'version': 1, 'identities': []}


# ---- export and remove ----

@pytest.mark.parametrize('form', ['modern', 'compat', 'legacy'])
def test_what_is_exported_openssl_opens_and_we_import_again(sealmail, ring, form):
    word = (sealmail.pki / 'passphrase').read_text().strip()
    ring.adopt('alice')
    ring.adopt('alice-rsa2048')
    ring('id export', '--form', form, '--new-passphrase-file', ring.word('neu'), 'alice@example.org', '-o', 'a.p12',
         passphrase=word)
    assert (sealmail.path('a.p12').stat().st_mode & 0o777) == 0o600
    shown = subprocess.run(['openssl', 'pkcs12', '-in', 'a.p12', '-passin', 'pass:neu', '-noenc', '-info'],
                           cwd=sealmail.cwd, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count('BEGIN PRIVATE KEY') == 2 and shown.stdout.count('BEGIN CERTIFICATE') >= 3
    assert ('AES-256-CBC, Iteration 600000' in shown.stderr) == (form == 'modern')
    assert ('3-KeyTripleDES' in shown.stderr) == (form != 'modern') and 'RC2' not in shown.stderr
    other = Ring(sealmail)
    other.home = sealmail.cwd / 'other'
    other('id import', 'a.p12', passphrase='neu')
    assert {k['id'] for k in other.keys()} == {k['id'] for k in ring.keys()}


def test_31_for_a_key_that_was_made_not_exportable(sealmail, ring):
    ring('id new', '--kind', 'p-256', '--use', 'split', '--not-exportable', 'a@example.org')
    locked = next(k for k in ring.keys() if not k['exportable'])
    new = ['--new-passphrase-file', ring.word('neu')]
    ring('id export', *new, locked['id'], '-o', 'x.p12', exit=31)
    assert 'x.p12' not in sealmail.left()
    assert 'stays here' in ring('id export', *new, 'a@example.org', '-o', 'x.p12').err
    # Not even when the note about it is lost: the key itself says so.
    info = ring.home / 'keys' / locked['id'] / 'info'
    info.write_text(info.read_text().replace('exportable: no\n', ''))
    done = ring('id export', *new, locked['id'], '-o', 'y.p12', exit=31)
    assert 'not exportable' in done.err and 'y.p12' not in sealmail.left()
    ring('id new', '--not-exportable', 'b@example.org', exit=64)


def test_a_decryption_key_goes_only_when_a_backup_holds_it(sealmail, ring):
    word = (sealmail.pki / 'passphrase').read_text().strip()
    ring.adopt('alice')
    ring.adopt('bob')
    alice = next(k['id'] for i in ring.list() for k in i['keys'] if i['identity'] == 'alice@example.org')
    assert '--backup' in ring('id remove', alice, exit=31).err
    ring('id remove', '--i-understand', alice, exit=31)
    ring('id remove', '--backup', sealmail.pki / 'alice.p12', alice, passphrase=word, exit=31)
    ring('id remove', '--backup', sealmail.pki / 'bob.p12', '--i-understand', alice, passphrase=word, exit=31)
    ring('id remove', '--backup', sealmail.pki / 'alice.p12', '--i-understand', alice, passphrase='no', exit=77)
    ring('id remove', '--backup', sealmail.pki / 'alice.pem', '--i-understand', alice, exit=31)
    assert len(ring.keys()) == 2
    ring('id remove', '--backup', sealmail.pki / 'alice.p12', '--i-understand', alice, passphrase=word)
    assert len(ring.keys()) == 1
    ring('id remove', alice, exit=20)


def test_a_key_that_only_signs_or_waits_goes_without_proof(sealmail, ring):
    ring('id new', '--kind', 'p-256', 'a@example.org')
    ring('id remove', ring.keys()[0]['id'][:16])
    ring.adopt('alice-dual-sign')
    ring('id remove', 'alice@example.org')
    assert ring.keys() == []


# ---- use ----

def test_no_passphrase_is_asked_for_when_no_key_can_open_the_message(sealmail, ring):
    ring.adopt('alice')
    ring('id new', 'alice@example.org')
    done = ring('decrypt', stdin=sealmail.sealed(to='bob'), passphrase=None, exit=20)
    assert 'assphrase' not in done.err


def test_of_two_identities_i_says_who_signs(sealmail, ring):
    word = (sealmail.pki / 'passphrase').read_text().strip()
    ring.adopt('alice')
    ring.adopt('bob')
    bare = b'Content-Type: text/plain\r\n\r\nno sender\r\n'
    done = ring('sign', stdin=bare, exit=64)
    assert '-i ADDRESS' in done.err and 'alice@example.org' in done.err and 'bob@example.org' in done.err
    ring('sign', '-i', 'eve@example.org', stdin=LETTER, exit=20)
    signed = ring('sign', '-i', 'alice@example.org', stdin=LETTER, passphrase=word).stdout
    sealmail('verify', *sealmail.trust(), stdin=signed)
    ring('sign', '-i', 'alice@example.org', '--key', sealmail.pki / 'bob.p12', stdin=LETTER, exit=64)


def signer_of(sealmail, signed, **more):
    return sealmail.json('verify', *sealmail.trust(), stdin=signed, **more)['layers'][0]['signers'][0]['mail']


def test_of_several_identities_the_one_signs_that_the_letter_is_from(sealmail, ring):
    word = (sealmail.pki / 'passphrase').read_text().strip()
    ring.adopt('alice')
    ring.adopt('bob')
    to_bob = LETTER.replace(b'From: Alice <alice@', b'From: "B, O" <BOB@')
    for letter, who in [(LETTER, 'alice@example.org'), (LETTER.replace(b'\r\n', b'\n'), 'alice@example.org')]:
        assert signer_of(sealmail, ring('sign', stdin=letter, passphrase=word).stdout) == [who]
    signed = ring('sign', stdin=to_bob.replace(b'BOB', b'bob'), passphrase=word).stdout
    assert signer_of(sealmail, signed) == ['bob@example.org']
    # A letter that comes in drops is the same letter.
    slow = subprocess.Popen(['sh', '-c', 'printf "From: al"; sleep .2; printf "ice@example.org\nTo: x@example.org\n";'
                             'sleep .2; printf "\nHello\n"'], stdout=subprocess.PIPE)
    assert signer_of(sealmail, ring('sign', stdin=slow.stdout, passphrase=word).stdout) == ['alice@example.org']
    slow.wait()


def test_64_when_the_letter_is_from_none_of_several_identities_or_from_two(sealmail, ring):
    word = (sealmail.pki / 'passphrase').read_text().strip()
    ring.adopt('alice')
    ring.adopt('bob')
    eve = LETTER.replace(b'alice@', b'eve@')
    done = ring('sign', stdin=eve, exit=64)
    assert 'from eve@example.org' in done.err and 'alice@example.org' in done.err and 'bob@example.org' in done.err
    for two in (b'From: bob@example.org\r\n' + LETTER, LETTER.replace(b'>\r\n', b'>, bob@example.org\r\n', 1)):
        assert '-i ADDRESS' in ring('sign', stdin=two, exit=64).err
    done = ring('sign', '-i', 'bob@example.org', stdin=eve, passphrase=word)
    assert 'no certificate that signs it names that address' in done.err


def test_the_only_identity_signs_a_letter_of_somebody_else_and_says_so(sealmail, ring):
    ring.adopt('alice')
    word = (sealmail.pki / 'passphrase').read_text().strip()
    done = ring('sign', stdin=LETTER.replace(b'alice@', b'eve@'), passphrase=word)
    assert 'eve@example.org' in done.err and 'somebody else' in done.err
    assert signer_of(sealmail, done.stdout, exit=12) == ['alice@example.org']


def test_64_for_an_address_that_two_identities_share(sealmail, ring):
    for n, who in enumerate(['ann', 'ben']):
        ring('id new', '--kind', 'p-256', f'{who}@example.org', 'sales@example.org', '-o', 'x.csr')
        issue(sealmail, 'x.csr', 'x.pem', serial=40 + n)
        ring('id import', 'x.pem', sealmail.pki / 'inter.pem')
    letter = LETTER.replace(b'alice@', b'sales@')
    done = ring('sign', stdin=letter, exit=64)
    assert 'sales@example.org is the address of several' in done.err
    assert 'ann@example.org' in done.err and 'ben@example.org' in done.err
    assert 'ben@example.org' in signer_of(sealmail, ring('sign', '-i', 'ben@example.org', stdin=letter).stdout)


def test_a_key_named_by_file_leaves_the_keyring_unread(sealmail, ring):
    ring.adopt('alice')
    (ring.home).chmod(0o777)
    assert b'Hello Bob' in ring('decrypt', '--key', sealmail.pki / 'bob.key', stdin=sealmail.sealed(), passphrase=None).stdout
    ring('decrypt', stdin=sealmail.sealed(), passphrase=None, exit=77)


def test_the_keyring_is_read_only_when_something_is_encrypted_and_no_roots_are_named(sealmail, ring):
    ring.adopt('alice')
    home = {'SEALMAIL_HOME': str(ring.home)}
    signed = sealmail('sign', *sealmail.identity('alice'), stdin=LETTER).stdout
    ring.home.chmod(0o777)
    sealmail('verify', env=home, stdin=signed, exit=77)   # the roots are there too
    sealmail('open', '--at', AT, env=home, stdin=LETTER, exit=15)
    sealmail('open', '--trust', sealmail.pki / 'root.pem', env=home, stdin=sealmail.sealed(), exit=20)
    sealmail('open', env=home, stdin=sealmail.sealed(), exit=77)
    sealmail('open', '--home', ring.home, '--trust', sealmail.pki / 'root.pem', stdin=sealmail.sealed(), exit=77)


def test_the_keyring_is_found_as_xdg_says(sealmail, tmp_path):
    def where(**env):
        sealmail('id', 'new', '--no-passphrase', '--kind', 'p-256', 'a@example.org', env={k: str(v) for k, v in env.items()})
    where(HOME=tmp_path / 'h')
    assert (tmp_path / 'h/.local/share/sealmail/keys').is_dir()
    where(HOME=tmp_path / 'h', XDG_DATA_HOME=tmp_path / 'x')
    assert (tmp_path / 'x/sealmail/keys').is_dir()
    where(XDG_DATA_HOME=tmp_path / 'x', SEALMAIL_HOME=tmp_path / 's')
    assert (tmp_path / 's/keys').is_dir()


# ---- at the terminal ----

def at_terminal(sealmail, words, answers, env=None, ask=b'assphrase'):
    """Runs the command at a terminal of its own and types the answers; what it said."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(sealmail.cwd)
        os.execve(SEALMAIL, [str(SEALMAIL), *map(str, words)], {**sealmail.env, 'TERM': 'dumb', **(env or {})})
    said, fresh, todo, end = b'', b'', list(answers), time.monotonic() + 20
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                piece = os.read(fd, 4096)
            except OSError:
                break
            if not piece:
                break
            said += piece
            fresh += piece
            if todo and fresh.endswith(b': ') and (ask in fresh or b'once more' in fresh):
                os.write(fd, todo.pop(0).encode() + b'\n')
                fresh = b''
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode(), todo


def test_a_new_passphrase_is_asked_twice_and_must_be_the_same(sealmail, ring):
    words = ['id', 'new', '--home', ring.home, '--kind', 'p-256', 'a@example.org', '-o', 'a.csr']
    code, said, _ = at_terminal(sealmail, words, ['one', 'two'])
    assert code == 64 and 'differ' in said and not ring.home.exists()
    code, said, _ = at_terminal(sealmail, words, ['one', 'one'])
    assert code == 0 and len(ring.keys()) == 1
    assert ring.keys()[0]['protected']


def kernel_remembers():
    """Some containers give no kernel keyring."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    key = libc.syscall(248, b'user', b'sealmail-test', b'x', 1, -4)
    return key > 0


def test_a_typed_passphrase_is_remembered_for_its_key_until_locked(sealmail, ring):
    ring('id new', '--kind', 'p-256', 'alice@example.org', '-o', 'a.csr', passphrase='typed')
    issue(sealmail, 'a.csr', 'a.pem')
    ring('id import', 'a.pem')
    sealmail.write('letter', LETTER)
    words = ['sign', '--home', ring.home, 'letter', '-o', 'signed']
    code, said, left = at_terminal(sealmail, [*words, '--remember', '0'], ['typed'])
    assert (code, left) == (0, [])
    code, said, left = at_terminal(sealmail, words, ['typed'])
    assert (code, left) == (0, [])   # nothing was kept
    code, said, left = at_terminal(sealmail, words, ['typed'])
    assert code == 0
    if kernel_remembers():
        assert left == ['typed']
        ring('id lock', passphrase=None)
        code, said, left = at_terminal(sealmail, words, ['typed'])
    assert (code, left) == (0, [])
    ring('id lock', passphrase=None)
    ring('sign', '--remember', 'x', stdin=LETTER, exit=64)
