"""Keys that come from gpgsm and NSS, and go there; those programs are the judges."""
import os
import re
import shutil
import subprocess

import pytest
from conftest import LETTER, SEALMAIL
from id_test import Ring

needs_nss = pytest.mark.skipif(not shutil.which('pk12util') or not shutil.which('certutil'), reason='libnss3-tools is missing')
needs_gpgsm = pytest.mark.skipif(not shutil.which('gpgsm'), reason='gpgsm is missing')


@pytest.fixture
def ring(sealmail):
    return Ring(sealmail)


@pytest.fixture
def pki_word(sealmail):
    return (sealmail.pki / 'passphrase').read_text().strip()


def run(*words, **more):
    return subprocess.run(list(map(str, words)), capture_output=True, timeout=60, **more)


# ---- NSS ----

class Nss:
    def __init__(self, sealmail, password='base'):
        self.dir = sealmail.cwd.parent / f'nss-{password}'
        self.dir.mkdir()
        self.word = self.dir / 'word'
        self.word.write_text(password + '\n')
        self.db = f'sql:{self.dir}'
        run('certutil', '-N', '-d', self.db, '-f', self.word, check=True)

    def put(self, p12, word):
        run('pk12util', '-i', p12, '-d', self.db, '-k', self.word, '-w', word, check=True)

    def keys(self):
        return run('certutil', '-K', '-d', self.db, '-f', self.word).stdout.decode().splitlines()[1:]

    def name(self):
        return f'nss:{self.dir}'


@needs_nss
@pytest.mark.parametrize('password', ['base', ''])
def test_all_keys_of_an_nss_database_are_taken_over_and_open_mail(sealmail, ring, pki_word, password):
    nss, pki = Nss(sealmail, password), sealmail.pki
    for name in ('alice', 'alice-rsa2048', 'bob'):   # the first two share a nickname
        nss.put(pki / f'{name}.p12', pki / 'passphrase')
    assert len(nss.keys()) == 3
    more = [] if password else ['--new-passphrase-file', ring.word('mine')]
    ring('id import', '--from', nss.name(), *more, passphrase=password or None)
    assert sorted((k['kind'], k['state'], k['protected']) for k in ring.keys()) == [
        ('p-256', 'current', True), ('p-256', 'current', True), ('rsa-2048', 'current', True)]
    for name in ('alice', 'alice-rsa2048', 'bob'):
        sealed = sealmail('encrypt', '-q', '--cipher', 'aes-256-gcm', '-r', pki / f'{name}.pem', stdin=LETTER).stdout
        assert b'Hello Bob' in ring('decrypt', stdin=sealed, passphrase=password or 'mine').stdout
    signed = ring('sign', stdin=LETTER, passphrase=password or 'mine').stdout
    sealmail('verify', *sealmail.trust(), stdin=signed)   # the chain came too


@needs_nss
def test_nss_decrypts_and_signs_with_what_was_put_into_it(sealmail, ring, pki_word):
    nss, pki = Nss(sealmail), sealmail.pki
    for name in ('alice', 'alice-rsa2048'):
        ring.adopt(name)
    done = ring('id export', '--to', nss.name(), '--passphrase-file', ring.word('base'), 'alice@example.org', passphrase=pki_word)
    assert 'put 2 keys of alice@example.org' in done.err and len(nss.keys()) == 2
    letter, sealed = sealmail.write('letter', LETTER), sealmail.path('sealed')
    run('openssl', 'cms', '-encrypt', '-aes128', '-in', letter, '-outform', 'DER', '-out', sealed, pki / 'alice-rsa2048.pem', check=True)
    opened = run('cmsutil', '-D', '-d', nss.db, '-f', nss.word, '-i', sealed)
    assert b'Hello Bob' in opened.stdout, opened.stderr
    assert not sealmail.path('cert9.db').exists()


@needs_nss
def test_nss_says_what_is_wrong(sealmail, ring, pki_word):
    nss = Nss(sealmail)
    nss.put(sealmail.pki / 'alice.p12', sealmail.pki / 'passphrase')
    assert 'not opened by the password' in ring('id import', '--from', nss.name(), passphrase='wrong', exit=77).err
    assert '--passphrase-file' in ring('id import', '--from', nss.name(), passphrase=None, exit=77).err
    assert 'cert9.db' in ring('id import', '--from', f'nss:{sealmail.cwd}', exit=66).err
    for odd in ('nss:', 'nss', 'gpgsm:', 'gpg', 'nssx:/'):
        ring('id import', '--from', odd, exit=64)
    ring('id import', exit=64)
    assert 'libnss3-tools' in ring('id import', '--from', nss.name(), passphrase='base', env={'PATH': '/nowhere'}, exit=70).err
    assert ring.keys() == []


# ---- gpgsm ----

@pytest.fixture
def gnupg(sealmail, tmp_path_factory):
    # A socket's path must be short.
    home = tmp_path_factory.mktemp('g')
    home.chmod(0o700)
    (home / 'gpgsm.conf').write_text('disable-crl-checks\ndisable-dirmngr\n')
    (home / 'gpg-agent.conf').write_text('allow-loopback-pinentry\n')
    sealmail.env['GNUPGHOME'] = str(home)
    run('gpgconf', '--launch', 'gpg-agent', env=sealmail.env)
    yield home
    run('gpgconf', '--homedir', home, '--kill', 'all')


def secret_keys(sealmail):
    out = run('gpgsm', '--list-secret-keys', '--with-colons', env=sealmail.env).stdout.decode()
    return [l.split(':') for l in out.splitlines() if l.startswith('crs:')]


@needs_gpgsm
def test_a_key_goes_to_gpgsm_which_decrypts_with_it_and_comes_back(sealmail, ring, pki_word, gnupg):
    pki = sealmail.pki
    ring.adopt('alice-rsa2048')
    done = ring('id export', '--to', 'gpgsm', '--new-passphrase-file', ring.word('agent'), 'alice@example.org', passphrase=pki_word)
    assert 'put 1 key of alice@example.org into gpgsm' in done.err
    assert len(secret_keys(sealmail)) == 1
    sealed = sealmail.path('sealed')
    run('openssl', 'cms', '-encrypt', '-aes128', '-in', sealmail.write('letter', LETTER), '-outform', 'DER', '-out', sealed,
        pki / 'alice-rsa2048.pem', check=True)
    opened = run('gpgsm', '--batch', '--pinentry-mode', 'loopback', '--passphrase-fd', '0', '--decrypt', sealed, env=sealmail.env, input=b'agent\n')
    assert b'Hello Bob' in opened.stdout, opened.stderr
    other = Ring(sealmail)
    other.home = sealmail.cwd / 'other'
    other('id import', '--from', f'gpgsm:{gnupg}', passphrase='agent')
    assert [(k['id'], k['protected']) for k in other.keys()] == [(k['id'], True) for k in ring.keys()]
    assert b'Hello Bob' in other('decrypt', '--unauthenticated', sealed, passphrase='agent', exit=22).stdout
    sealmail('verify', *sealmail.trust(), stdin=other('sign', stdin=LETTER, passphrase='agent').stdout)


@needs_gpgsm
def test_gpgsm_says_what_is_wrong(sealmail, ring, pki_word, gnupg):
    ring.adopt('alice-rsa2048')
    new = ['--new-passphrase-file', ring.word('agent')]
    ring('id export', '--to', 'gpgsm', *new, 'alice@example.org', passphrase=pki_word)
    other = Ring(sealmail)
    other.home = sealmail.cwd / 'other'
    done = other('id import', '--from', 'gpgsm', passphrase='wrong', exit=65)
    assert 'left out: the passphrase is wrong' in done.err and other.keys() == []
    assert '--passphrase-file' in other('id import', '--from', 'gpgsm', passphrase=None, exit=77).err
    assert 'apt install gpgsm' in other('id import', '--from', 'gpgsm', env={'PATH': '/nowhere'}, exit=70).err
    ring('id export', '--to', 'gpgsm', *new, '-o', 'x', 'alice@example.org', passphrase=pki_word, exit=64)


@needs_gpgsm
@needs_nss
@pytest.mark.skipif('SEALMAIL_SANITIZED' in os.environ, reason='the leak checker does not run under strace')
def test_no_passphrase_is_in_an_argument_or_the_environment(sealmail, ring, pki_word, gnupg):
    if not shutil.which('strace'):
        pytest.skip('strace is missing')
    ring.adopt('alice-rsa2048')
    nss = Nss(sealmail)
    trace = sealmail.path('trace')

    def traced(*words):
        run('strace', '-f', '-v', '-s', '4000', '-o', trace, '-e', 'trace=execve', os.environ.get('SEALMAIL', str(SEALMAIL)), *words,
            cwd=sealmail.cwd, env=sealmail.env, check=True)
        return trace.read_text()
    word = ['--passphrase-file', sealmail.pki / 'passphrase', '--home', ring.home]
    text = traced('id', 'export', '--to', 'gpgsm', '--new-passphrase-file', ring.word('agentword'), *word, 'alice@example.org')
    text += traced('id', 'export', '--to', nss.name(), *word, '--passphrase-file', ring.word('base'), 'alice@example.org')
    text += traced('id', 'import', '--from', nss.name(), '--home', sealmail.cwd / 'x', '--passphrase-file', ring.word('base'))
    text += traced('id', 'import', '--from', 'gpgsm', '--home', sealmail.cwd / 'y', '--passphrase-file', ring.word('agentword'))
    assert 'pk12util' in text and 'gpgsm' in text
    for value in ('agentword', pki_word, 'base'):
        assert not re.search(r'"(?:[^"]*=)?%s"' % re.escape(value), text)


