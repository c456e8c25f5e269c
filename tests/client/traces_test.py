"""Secrets leave no trace: not in memory when the command ends, not in files, arguments,
environment or core dumps (promise C2)."""
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import SEALMAIL

MEMSCAN = Path(os.environ.get('SEALMAIL_MEMSCAN', '/nonexistent'))
MARKER = b'XyZZy: the words that only Bob may read, 4711 times'
LETTER = b'From: Alice <alice@example.org>\nTo: bob@example.org\nSubject: x\n\n' + MARKER + b'\n'

pytestmark = [
    pytest.mark.skipif(bool(os.environ.get('SEALMAIL_SANITIZED')), reason='strace is missing, or the sanitizer forbids it'),
    pytest.mark.skipif(os.geteuid() != 0, reason='only root may look into the memory of others'),
]


def scalar(key):
    """The private number of an EC key, big and little endian as bignums keep it."""
    shown = subprocess.run(['openssl', 'ec', '-in', key, '-text', '-noout'], capture_output=True, text=True, check=True).stdout
    number = bytes.fromhex(re.sub('[^0-9a-f]', '', re.search('priv:(.*?)pub:', shown, re.S)[1])[-64:])
    return [number, number[::-1]]


class Traces:
    def __init__(self, sealmail):
        self.sealmail, self.home = sealmail, sealmail.path('home')
        pki = sealmail.pki
        sealmail.env.pop('MALLOC_PERTURB_', None)   # it would hide what is not wiped
        self.secrets = {'passphrase': b'nobody-guesses-this-91c2', 'plaintext': MARKER}
        self.pass_file = sealmail.write('pass', self.secrets['passphrase'] + b'\n')
        self.pass_file.chmod(0o600)
        for who in ('alice', 'bob'):
            subprocess.run(['openssl', 'pkcs12', '-export', '-inkey', pki / f'{who}-p256.key', '-in', pki / f'{who}-p256.pem', '-certfile', pki / 'chain.pem',
                            '-passout', f'file:{self.pass_file}', '-out', sealmail.path(f'{who}.p12')], check=True)
        for who in ('alice', 'bob'):
            big, little = scalar(pki / f'{who}-p256.key')
            self.secrets |= {f'{who}-key': big, f'{who}-key-as-bignum': little}
        self.letter = sealmail.write('letter.eml', LETTER)
        self.sealed = sealmail.write('sealed.eml', sealmail('encrypt', '-q', '-s', *self.key('alice'), '-r', pki / 'bob-p256.pem', self.letter).stdout)
        for who in ('alice', 'bob'):
            sealmail('id', 'import', '--home', self.home, *self.word(), f'{who}.p12')

    def word(self):
        return ['--passphrase-file', self.pass_file]

    def key(self, who):
        return ['--key', f'{who}.p12', *self.word()]

    def patterns(self, but=()):
        return self.sealmail.write('patterns', ''.join(
            f'{name} {value.hex()}\n' for name, value in self.secrets.items() if name not in but).encode())

    def command(self, words):
        return [SEALMAIL, *map(str, words)]


@pytest.fixture
def traces(sealmail):
    return Traces(sealmail)


def commands(t):
    """Twenty runs that have a secret in their hands, and which of them they may show."""
    pki, home, word, trust = t.sealmail.pki, ['--home', t.home], t.word(), t.sealmail.trust()
    bob, out = pki / 'bob-p256.pem', ['-o', 'out']
    plain = ('plaintext',)
    return [
        (plain, ['sign', *t.key('alice'), *out, t.letter]),
        (plain, ['sign', '--opaque', *t.key('alice'), *out, t.letter]),
        (plain, ['sign', '--form', 'der', *t.key('alice'), *out, t.letter]),
        (plain, ['sign', *home, '-i', 'alice@example.org', *word, *out, t.letter]),
        ((), ['encrypt', '-r', bob, *out, t.letter]),
        ((), ['encrypt', '-r', bob, '--form', 'der', *out, t.letter]),
        ((), ['encrypt', '--secret-file', t.pass_file, *out, t.letter]),
        ((), ['encrypt', '--compress', '-r', bob, *out, t.letter]),
        ((), ['encrypt', '-s', *t.key('alice'), '-r', bob, *out, t.letter]),
        ((), ['encrypt', '-s', *home, '-i', 'alice@example.org', *word, '-r', bob, *out, t.letter]),
        ((), ['encrypt', '--cipher', 'aes-256-cbc', '-r', bob, *out, t.letter]),
        ((), ['decrypt', *t.key('bob'), *out, t.sealed]),
        ((), ['decrypt', *home, *word, *out, t.sealed]),
        ((), ['open', *t.key('bob'), *trust, *out, t.sealed]),
        ((), ['open', '--key', pki / 'bob-p256.key', *trust, *out, t.sealed]),
        ((), ['open', *home, *word, *trust, *out, t.sealed]),
        ((), ['id', 'import', '--home', 'other', *word, 'bob.p12']),
        ((), ['id', 'export', *home, *word, '--new-passphrase-file', t.pass_file, *out, 'bob@example.org']),
        ((), ['id', 'new', '--home', 'other', *word, '--kind', 'p-256', 'carol@example.org']),
        ((), ['id', 'list', *home]),
    ]


def test_no_secret_is_left_in_memory_by_twenty_commands(traces):
    left = []
    for shown, words in commands(traces):
        done = subprocess.run([MEMSCAN, traces.patterns(but=shown), *traces.command(words)], cwd=traces.sealmail.cwd,
                              capture_output=True, env=traces.sealmail.env, timeout=60)
        if done.returncode != 0:
            left.append(f'{words[:2]}: {done.stdout.decode()} {done.stderr.decode()}')
    assert not left, '\n'.join(left)


def test_the_search_finds_what_is_there(traces):
    """A program whose environment holds the words has them in its memory."""
    done = subprocess.run([MEMSCAN, traces.patterns(), '/bin/true'], capture_output=True, env={'X': MARKER.decode()}, timeout=60)
    assert done.returncode == 3 and done.stdout.startswith(b'plaintext 0x')


@pytest.mark.skipif(shutil.which('strace') is None, reason='strace is missing, or the sanitizer forbids it')
def test_no_secret_is_written_or_handed_to_a_program(traces):
    """What reaches a file, a pipe or execve; the content itself goes to -o alone."""
    log = traces.sealmail.path('log')
    for shown, words in commands(traces):
        subprocess.run(['strace', '-f', '-qq', '-xx', '-s', '1000000', '-o', log, '-e',
                        'trace=write,writev,pwrite64,sendto,sendmsg,execve', *traces.command(words)],
                       cwd=traces.sealmail.cwd, capture_output=True, env=traces.sealmail.env, timeout=60, check=True)
        text = log.read_text().replace('\\x', '')
        opens = words[0] in ('open', 'decrypt')
        for name, value in traces.secrets.items():
            if name not in shown and not (opens and name == 'plaintext'):
                assert value.hex() not in text, (words, name)


def test_a_crash_leaves_no_core_dump(traces):
    cwd = traces.sealmail.cwd
    p = subprocess.Popen(traces.command(['open', *traces.key('bob'), '-']), cwd=cwd, stdin=subprocess.PIPE,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=traces.sealmail.env,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
    p.stdin.write(LETTER)
    p.stdin.flush()
    time.sleep(0.5)
    limits = Path(f'/proc/{p.pid}/limits').read_text()
    assert re.search(r'Max core file size +0 +0', limits), limits
    p.send_signal(signal.SIGSEGV)
    p.wait(30)
    assert p.returncode == -signal.SIGSEGV
    assert not list(cwd.glob('core*'))
