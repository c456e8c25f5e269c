"""Tests of the command itself: its words, files, secrets and terminals.

The program is $SEALMAIL, else $SEALMAIL_BUILD/sealmail, else build/sealmail.
"""
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(os.environ.get('SEALMAIL_ROOT', Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get('SEALMAIL_BUILD', ROOT / 'build'))
SEALMAIL = Path(os.environ.get('SEALMAIL', BUILD / 'sealmail'))
DATE = 'Sun, 22 Nov 2026 09:14:00 +0000'
AT = '2026-11-22T09:14:00Z'
LETTER = (b'From: Alice <alice@example.org>\r\nTo: bob@example.org\r\nSubject: hello\r\n'
          b'MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello Bob\r\n')


@pytest.fixture(scope='session')
def pki(tmp_path_factory):
    d = tmp_path_factory.mktemp('pki')
    subprocess.run([ROOT / 'tools' / 'test-pki.sh', d, '--kinds', 'p256 rsa2048 dual',
                    '--people', 'alice bob mallory', '--extras', 'attacker expired revoked ocsp'], check=True)
    return d


class Command:
    """Runs sealmail in a folder of its own."""

    def __init__(self, cwd, pki):
        self.cwd, self.pki = cwd, pki
        # What the words depend on must come from the test.
        self.env = {k: v for k, v in os.environ.items()
                    if k not in ('TMPDIR', 'NO_COLOR', 'TERM', 'SEALMAIL_HOME', 'XDG_DATA_HOME')}
        self.env['HOME'] = str(cwd / '.home')   # nobody's own keyring

    def __call__(self, *words, stdin=b'', env=None, exit=0, **more):
        if hasattr(stdin, 'fileno'):
            more['stdin'] = stdin
        else:
            more['input'] = stdin
        done = subprocess.run([SEALMAIL, *map(str, words)], cwd=self.cwd, capture_output=True,
                              env={**self.env, **(env or {})}, timeout=120, **more)
        if exit is not None:
            assert done.returncode == exit, f'{words} ended with {done.returncode}: {done.stderr.decode()}'
        done.err = done.stderr.decode()
        return done

    def path(self, name):
        return self.cwd / name

    def write(self, name, data):
        p = self.path(name)
        p.write_bytes(data)
        return p

    def identity(self, name):
        return ['--key', self.pki / f'{name}.p12', '--passphrase-file', self.pki / 'passphrase']

    def trust(self):
        return ['--trust', self.pki / 'root.pem']

    def signed(self, who='alice', letter=LETTER, *more):
        return self('sign', *self.identity(who), *more, stdin=letter).stdout

    def sealed(self, *more, letter=LETTER, to='bob'):
        return self('encrypt', '-q', '-r', self.pki / f'{to}.pem', *more, stdin=letter).stdout

    def letter_and_seal(self, **more):
        """Signed and encrypted."""
        return self.sealed('-s', *self.identity('alice'), **more)

    def json(self, *words, **more):
        return json.loads(self(*words, '--json', **more).stdout)

    def left(self):
        """Names in the folder, hidden ones too."""
        return sorted(p.name for p in self.cwd.iterdir())


def identity_home(sealmail, home, *names):
    """A HOME with the keys of these people, kept without a passphrase."""
    for name in names:
        pem = subprocess.run(['openssl', 'pkey', '-in', sealmail.pki / f'{name}.key'], capture_output=True, check=True).stdout
        f = sealmail.write(f'{name}-all.pem', pem + (sealmail.pki / f'{name}.pem').read_bytes() +
                           (sealmail.pki / 'inter.pem').read_bytes())
        f.chmod(0o600)
        sealmail('id', 'import', '--home', home, '--no-passphrase', f)


@pytest.fixture
def sealmail(tmp_path, pki):
    work = tmp_path / 'work'
    work.mkdir()
    return Command(work, pki)


class Sender:
    """A HOME of Alice that knows certificates of some, and Maildirs for everybody."""

    def __init__(self, sealmail):
        self.sealmail, self.home = sealmail, sealmail.cwd / 'home'
        self.pki, self.boxes, self.sent = sealmail.pki, sealmail.cwd / 'mail', sealmail.cwd / 'sent'
        identity_home(sealmail, self.home, 'alice')
        self.knows('bob')

    def knows(self, *names):
        for name in names:
            self.sealmail('who', 'add', '--home', self.home, self.pki / f'{name}.pem')

    def file(self, name, text):
        (self.home / name).write_text(text)

    def __call__(self, *words, letter=LETTER, exit=0, **more):
        return self.sealmail('send', '--home', self.home, '--maildir', f'{self.boxes}/%a', *words, stdin=letter, exit=exit,
                             **more)

    def json(self, *words, **more):
        return json.loads(self(*words, '--json', **more).stdout)

    def plan(self, *words, **more):
        return self.json('--dry-run', *words, **more)

    def box(self, who):
        """The messages that came, oldest first."""
        d = self.boxes / who / 'new'
        return [p.read_bytes() for p in sorted(d.iterdir())] if d.is_dir() else []

    def one(self, who):
        message, = self.box(who)
        return message

    def copies(self):
        return [p.read_bytes() for p in sorted((self.sent / 'cur').iterdir())]

    def boxes_filled(self):
        return sorted(p.name for p in self.boxes.iterdir()) if self.boxes.is_dir() else []

    def queue(self):
        d = self.home / 'queue'
        return sorted(p.name for p in d.iterdir() if p.name not in ('domains', 'lock')) if d.is_dir() else []

    def opened(self, message, who='bob'):
        """As that person sees it: the report and the text."""
        done = self.sealmail('open', '--key', self.pki / f'{who}.p12', '--passphrase-file', self.pki / 'passphrase',
                             *self.sealmail.trust(), '--json=report.json', '-o', 'opened.eml', stdin=message)
        assert done.returncode == 0
        return json.loads(self.sealmail.path('report.json').read_text()), self.sealmail.path('opened.eml').read_bytes()


def letter(*fields, body='Hello\n', sender='alice@example.org'):
    return ('\n'.join([f'From: {sender}', *fields, 'Subject: hello', '', body])).encode()
