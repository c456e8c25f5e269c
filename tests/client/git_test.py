"""git signs and verifies with sealmail-git: the real git, with gpgsm and openssl as judges."""
import hashlib
import os
import pty
import re
import select
import shutil
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from conftest import BUILD, DATE, ROOT

PROGRAM = BUILD / 'sealmail-git'
QUIET = {'GIT_CONFIG_NOSYSTEM': '1', 'GIT_TERMINAL_PROMPT': '0', 'LC_ALL': 'C', 'GIT_AUTHOR_DATE': DATE}


class Repository:
    def __init__(self, sealmail):
        self.sealmail, self.pki = sealmail, sealmail.pki
        self.home, self.dir = sealmail.cwd / 'home', sealmail.cwd / 'repo'
        self.env = {**sealmail.env, **QUIET, 'SEALMAIL_HOME': str(self.home)}
        self.adopt('alice')
        self('init', '-q', self.dir, cwd=sealmail.cwd)
        for name, value in (('gpg.format', 'x509'), ('user.name', 'Alice'), ('user.email', 'alice@example.org'),
                            ('commit.gpgSign', 'true'), ('tag.gpgSign', 'true')):
            self('config', name, value)
        self.use('--trust', self.pki / 'root.pem')

    def __call__(self, *words, exit=0, **more):
        done = subprocess.run(['git', *map(str, words)], capture_output=True, timeout=60,
                              **{'cwd': self.dir, 'env': self.env, 'start_new_session': True, **more})
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        if exit is not None:
            assert done.returncode == exit, f'{words} ended with {done.returncode}: {done.err}'
        return done

    def adopt(self, who):
        self.sealmail('id', 'import', '--home', self.home, '--no-passphrase', self.pki / f'{who}.key',
                      self.pki / f'{who}.pem', self.pki / 'inter.pem')

    def use(self, *words):
        """git starts sealmail-git with these words before its own, or as it is."""
        script = self.sealmail.write('git-x509', f'#!/bin/sh\nexec {PROGRAM} {" ".join(map(str, words))} "$@"\n'.encode())
        script.chmod(0o755)
        self('config', 'gpg.x509.program', script if words else PROGRAM)

    def commit(self, text='a change', **more):
        return self('commit', '-q', '--allow-empty', '-m', text, **more)

    def letter(self, what='HEAD'):
        return self('log', '-1', '--format=%G?', what).out.strip()

    def object(self, name='HEAD'):
        """The signature of a commit, in DER, and what it is about."""
        text = self('cat-file', 'commit', name).out
        field = re.search(r'^gpgsig (.*\n(?: .*\n)*)', text, re.M)
        return pem(field[1].replace('\n ', '\n')), text.replace(field[0], '').encode()


def pem(text):
    body = text.split('-----\n')[1].split('-----')[0]
    return ssl.PEM_cert_to_DER_cert(f'-----BEGIN CERTIFICATE-----\n{body.strip()}\n-----END CERTIFICATE-----\n')


def fingerprint(path, digest='sha256'):
    return hashlib.new(digest, ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest()


@pytest.fixture
def repo(sealmail):
    return Repository(sealmail)


def test_a_commit_and_a_tag_are_signed_and_verified(repo):
    repo.commit()
    assert 'GOOD' in repo('verify-commit', 'HEAD').err
    shown = repo('log', '-1', '--format=%G?|%GF|%GK|%GS|%GP|%GT').out.strip().split('|')
    print_ = fingerprint(repo.pki / 'alice.pem')
    assert shown == ['G', print_, print_, 'CN=Alice,O=Example Organisation', print_, 'fully']
    repo('tag', '-m', 'one', 'v1')
    assert 'GOOD' in repo('verify-tag', 'v1').err
    repo('config', 'gpg.minTrustLevel', 'fully')
    repo('verify-tag', 'v1')
    repo('checkout', '-q', '-b', 'other')
    repo.commit('there')
    repo('checkout', '-q', '-')
    repo.commit('here')
    repo('merge', '-q', '--no-edit', '--verify-signatures', 'other')
    assert repo.letter() == 'G'


def test_openssl_verifies_what_git_keeps(repo, sealmail):
    repo.commit()
    der, content = repo.object()
    sealmail.write('commit.der', der)
    sealmail.write('commit', content)
    subprocess.run(['openssl', 'cms', '-verify', '-binary', '-inform', 'DER', '-in', 'commit.der', '-content', 'commit',
                    '-CAfile', repo.pki / 'root.pem', '-purpose', 'any', '-out', os.devnull],
                   cwd=sealmail.cwd, check=True, capture_output=True)


def test_a_changed_commit_is_bad(repo, sealmail):
    repo.commit()
    text = repo('cat-file', 'commit', 'HEAD').out
    made = repo('hash-object', '-t', 'commit', '-w', '--stdin', input=text.replace('a change', 'a chance').encode())
    done = repo('verify-commit', made.out.strip(), exit=1)
    assert 'INVALID' in done.err and repo.letter(made.out.strip()) == 'B'


def test_a_signature_that_carries_its_own_content_proves_nothing_of_the_commit(repo, sealmail):
    repo.commit()
    der, content = repo.object()
    sealmail.write('commit', content)
    for words in ([], ['--form', 'pem', '--opaque']):
        forged = sealmail('sign', *sealmail.identity('alice'), *words, '-', stdin=b'From: alice@example.org\n\nhello\n')
        sealmail.write('forged', forged.stdout)
        done = sealmail('git', *sealmail.trust(), '--status-fd', '1', '--verify', 'forged', 'commit', exit=10)
        assert b'GOODSIG' not in done.stdout and b'[GNUPG:] BADSIG' in done.stdout


def test_what_somebody_else_signed_is_not_the_committers(repo):
    repo.adopt('bob')
    repo.commit()
    assert repo.letter() == 'G'
    repo('config', 'user.signingKey', 'bob@example.org')
    repo.commit()
    done = repo('verify-commit', 'HEAD', exit=1)
    assert 'WRONG SENDER' in done.err and 'bob@example.org' in done.err and repo.letter() == 'U'
    assert repo('log', '-1', '--format=%GT').out.strip() == 'never'
    repo('tag', '-m', 'one', 'v1')
    repo('verify-tag', 'v1', exit=1)


def test_a_committer_in_the_text_of_a_commit_counts_for_nothing(repo):
    repo.adopt('bob')
    repo('config', 'user.signingKey', 'bob@example.org')
    repo.commit('title\n\ncommitter Bob <bob@example.org> 1 +0000\ntagger Bob <bob@example.org> 1 +0000\n')
    assert 'WRONG SENDER' in repo('verify-commit', 'HEAD', exit=1).err


def test_a_commit_with_two_committers_is_nobodys(sealmail):
    """git shows the last of them, whoever signed for the first."""
    for second, exit in (('', 0), ('committer Bob <bob@example.org> 1 +0000\n', 12)):
        sealmail.write('commit', f'tree x\ncommitter Alice <alice@example.org> 1 +0000\n{second}\ntext\n'.encode())
        sealmail('sign', *sealmail.identity('alice'), '--form', 'pem', '-o', 'signature', 'commit')
        done = sealmail('git', *sealmail.trust(), '--status-fd', '1', '--verify', 'signature', 'commit', exit=exit)
        assert (b'TRUST_FULLY' in done.stdout) == (exit == 0)


def test_whom_nobody_trusts_is_shown_as_such(repo):
    repo.use()
    repo.commit()
    done = repo('verify-commit', '--raw', 'HEAD', exit=1)
    assert 'TRUST_UNDEFINED' in done.err and repo.letter() == 'U'


@pytest.mark.parametrize('who,letter,crl', [('revoked', 'R', 'inter.crl'), ('expired', 'Y', None)])
def test_a_certificate_that_is_no_longer_good_has_its_letter(sealmail, who, letter, crl):
    repo = Repository(sealmail)
    repo.use('--key', repo.pki / f'alice-{who}.key', '--cert',
             repo.pki / f'alice-{who}.pem', '--chain', repo.pki / 'inter.pem')
    repo.commit()
    repo.use('--trust', repo.pki / 'root.pem', *(['--crl', repo.pki / crl] if crl else []))
    repo('verify-commit', 'HEAD', exit=1)
    assert repo.letter() == letter


def test_an_old_commit_outlives_its_certificate(repo):
    repo.commit()
    repo.use('--trust', repo.pki / 'root.pem', '--at', '2031-01-01T00:00:00Z')
    assert 'GOOD' in repo('verify-commit', 'HEAD').err


def test_the_key_is_named_by_address_or_number(repo):
    number = next((repo.home / 'keys').iterdir()).name
    for key in ('alice@example.org', number[:16], '0x' + number[:16], 'A. Doe <alice@example.org>'):
        repo('config', 'user.signingKey', key)
        repo.commit()
        repo('verify-commit', 'HEAD')


def test_without_a_key_there_is_no_commit_and_a_reason(repo):
    repo('config', 'user.email', 'carol@example.org')
    repo.commit(exit=128)
    repo('rev-parse', '--verify', '-q', 'HEAD', exit=1)
    done = repo.sealmail('git', '--home', repo.home, '--status-fd=2', '-bsau', 'Carol <carol@example.org>', stdin=b'x', exit=20)
    assert done.stdout == b'' and 'user.signingKey' in done.err and 'SIG_CREATED' not in done.err


def test_nothing_is_said_to_be_signed_when_the_signature_was_not_written(repo):
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([PROGRAM, '--status-fd=2', '-bsau', 'alice@example.org'], input=b'x', stdout=full,
                              stderr=subprocess.PIPE, env=repo.env)
    assert done.returncode == 74 and b'SIG_CREATED' not in done.stderr


@pytest.mark.parametrize('words', [[], ['-a'], ['--verify'], ['--verify', 'a'], ['--status-fd', 'x', '-b'],
                                   ['-b', 'file'], ['--status-fd', '0', '-b'], ['--clearsign']])
def test_64_for_what_git_does_not_ask(repo, words):
    assert repo.sealmail('git', *words, exit=64).stdout == b''


def test_the_passphrase_is_asked_at_the_terminal(repo):
    shutil.rmtree(repo.home)
    repo.sealmail('id', 'import', '--home', repo.home, '--passphrase-file', repo.pki / 'passphrase', repo.pki / 'alice.p12')
    secret = (repo.pki / 'passphrase').read_bytes().split(b'\n')[0]
    assert commit_at_terminal(repo, secret) == 0 and repo.letter() == 'G'
    repo.sealmail('id', 'lock', '--home', repo.home)
    assert commit_at_terminal(repo, b'wrong') != 0
    assert repo('rev-list', '--count', 'HEAD').out.strip() == '1'


def commit_at_terminal(repo, secret):
    """Exit status of git commit, whenever a passphrase is asked for it being given."""
    return at_terminal(['git', 'commit', '-q', '--allow-empty', '-m', 'x'], repo.dir, repo.env, secret)[0]


def test_the_page_of_the_manual_does_what_it_says(sealmail):
    home, repo = sealmail.cwd / 'home', sealmail.cwd / 'repo'
    for folder in (home, repo):
        folder.mkdir()
    shutil.copy(sealmail.pki / 'alice.p12', repo)
    blocks = re.findall(r'^```sh\n(.*?)^```$', (ROOT / 'docs' / 'GIT.md').read_text(), re.M | re.S)
    env = {**sealmail.env, **QUIET, 'HOME': str(home), 'PATH': f'{BUILD}:{os.environ["PATH"]}', 'GIT_PAGER': 'cat'}
    script = sealmail.write('page.sh', ('set -x; git init -q; git config user.name A; git config user.email alice@example.org; '
        'echo 1 >a; git add a\n' + '\n'.join(blocks).replace('-m "Another', '--allow-empty -m "Another')).encode())
    code, seen = at_terminal(['sh', script], repo, env, (sealmail.pki / 'passphrase').read_bytes().split(b'\n')[0])
    seen = seen.decode()
    assert '--show-signature' in seen and '-----BEGIN SIGNED MESSAGE-----' in seen and code == 0, seen
    # Nobody is trusted yet on this machine.
    assert seen.count('NOT TRUSTED') == 4 and 'usage' not in seen and 'fatal' not in seen, seen


def at_terminal(words, cwd, env, secret):
    """Exit status and what was shown, whenever a passphrase is asked for it being given."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execvpe(words[0], list(map(str, words)), {**env, 'TERM': 'dumb'})
    seen, asked, end = b'', 0, time.monotonic() + 30
    while time.monotonic() < end:
        if not select.select([fd], [], [], 0.1)[0]:
            continue
        try:
            seen += os.read(fd, 1000)
        except OSError:
            break
        if seen.count(b'Passphrase for') > asked:
            asked += 1
            time.sleep(0.1)
            os.write(fd, secret + b'\n')
    os.close(fd)
    assert asked, seen
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


# ---- gpgsm ----

class Gpgsm:
    """GnuPG's own, with Alice's key, in a home of its own (short: the agent's socket has a name)."""

    def __init__(self, pki):
        self.dir = Path(tempfile.mkdtemp(prefix='sm-git-'))
        self.env = {'GNUPGHOME': str(self.dir)}
        root = fingerprint(pki / 'root.pem', 'sha1').upper()
        (self.dir / 'gpgsm.conf').write_text('disable-crl-checks\ndisable-dirmngr\nno-common-certs-import\nno-secmem-warning\n')
        (self.dir / 'gpg-agent.conf').write_text('allow-loopback-pinentry\n')
        (self.dir / 'trustlist.txt').write_text(f'{root} S relax\n')
        # Not by address: soon it has met another certificate of hers.
        self.alice = fingerprint(pki / 'alice-rsa2048.pem', 'sha1')
        # On a busy machine gpgsm does not wait long enough for an agent that it starts itself.
        subprocess.run(['gpgconf', '--launch', 'gpg-agent'], env={**os.environ, **self.env}, check=True, capture_output=True, timeout=60)
        self.run('--import', pki / 'root.pem', pki / 'inter.pem')
        # gpgsm 2.2 reads no newer PKCS#12, and no EC key from any.
        subprocess.run(['openssl', 'pkcs12', '-export', '-legacy', '-inkey', pki / 'alice-rsa2048.key', '-in',
                        pki / 'alice-rsa2048.pem', '-passout', 'pass:word', '-out', self.dir / 'alice.p12'], check=True)
        self.run('--pinentry-mode', 'loopback', '--passphrase-fd', '0', '--import', self.dir / 'alice.p12', input=b'word\n')
        self.script = self.dir / 'git-gpgsm'
        self.script.write_text('#!/bin/sh\nexec gpgsm --batch --pinentry-mode loopback --passphrase-fd 3 "$@" 3<'
                               f'{self.dir}/word\n')
        (self.dir / 'word').write_text('word\n')
        self.script.chmod(0o755)

    def run(self, *words, **more):
        return subprocess.run(['gpgsm', '--batch', '--no-tty', '--yes', *map(str, words)], check=True, capture_output=True,
                              env={**os.environ, **self.env}, timeout=60, **more)

    def close(self):
        subprocess.run(['gpgconf', '--kill', 'all'], env={**os.environ, **self.env}, capture_output=True)
        shutil.rmtree(self.dir, ignore_errors=True)


@pytest.fixture
def gpgsm(pki):
    if not shutil.which('gpgsm'):
        pytest.skip('gpgsm is missing')
    g = Gpgsm(pki)
    try:
        yield g
    finally:
        g.close()


def test_gpgsm_and_sealmail_verify_each_others_commits(repo, gpgsm):
    repo.commit('by sealmail')
    repo.env.update(gpgsm.env)
    repo('config', 'gpg.x509.program', gpgsm.script)
    repo('config', 'user.signingKey', gpgsm.alice)
    done = repo('verify-commit', '--raw', 'HEAD')
    assert 'GOODSIG' in done.err and 'TRUST_FULLY' in done.err and repo.letter() == 'G'
    repo.commit('by gpgsm')
    repo('tag', '-m', 'by gpgsm', 'v1')
    repo.use('--trust', repo.pki / 'root.pem', '--certs', repo.pki / 'inter.pem')
    assert [repo.letter(name) for name in ('HEAD', 'HEAD~1')] == ['G', 'G']
    assert 'GOOD' in repo('verify-tag', 'v1').err
