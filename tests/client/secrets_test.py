"""Secrets come from files, descriptors and the terminal; nowhere else."""
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

import pytest
from conftest import LETTER, SEALMAIL, ROOT


def pipe_with(data):
    r, w = os.pipe()
    os.write(w, data)
    os.close(w)
    return r


def test_no_option_takes_a_secret_itself(sealmail):
    """A value that is a secret would show in the list of processes."""
    for verb in ('sign', 'encrypt', 'decrypt', 'open', 'verify'):
        shown = sealmail(verb, '--help').stdout.decode()
        for name, value in re.findall(r'--([a-z-]+) ([A-Z]+)', shown):
            if re.search('pass|secret|kek|pin|token|password', name):
                assert (value in ('FILE', 'N') and name.endswith(('-file', '-fd'))) or name == 'passphrase-program', name
    for word in ('--passphrase', '--password', '--secret', '--kek', '--pin'):
        sealmail('open', word, 'x', stdin=LETTER, exit=64)


def test_the_environment_is_not_asked_for_secrets():
    """Every name that the client reads from the environment."""
    names = set()
    for source in (ROOT / 'client').glob('*.c'):
        names |= set(re.findall(r'getenv\("([A-Z_]+)"\)', source.read_text()))
    assert names == {'NO_COLOR', 'TERM', 'TMPDIR', 'PATH', 'EDITOR', 'VISUAL', 'HOME', 'MAILDIR', 'SEALMAIL_HOME', 'XDG_DATA_HOME'}


def test_a_passphrase_by_descriptor(sealmail, pki):
    r = pipe_with(b'secret\n')
    sealmail('sign', '--key', pki / 'alice.p12', '--passphrase-fd', r, stdin=LETTER, pass_fds=[r])
    os.close(r)


def test_passphrases_of_several_files_are_each_tried(sealmail, pki):
    subprocess.run(['openssl', 'pkey', '-in', pki / 'bob.key', '-aes256', '-passout', 'pass:other', '-out', 'bob.enc'],
                   cwd=sealmail.cwd, check=True)
    other = sealmail.write('other', b'other\r\n')
    sealmail('decrypt', '--key', 'bob.enc', '--key', pki / 'alice.p12', '--passphrase-file', pki / 'passphrase',
             '--passphrase-file', other, stdin=sealmail.sealed())


def test_a_password_recipient(sealmail):
    word = sealmail.write('word', b'correct horse\n')
    sealed = sealmail('encrypt', '--secret-file', word, stdin=LETTER).stdout
    for secret in (['--secret-file', word], ['--secret-file', sealmail.write('word2', b'correct horse')]):
        done = sealmail('decrypt', '--unauthenticated', *secret, stdin=sealed, exit=None)
        assert done.returncode in (0, 22) and b'Hello Bob' in done.stdout
    sealmail('decrypt', '--secret-file', sealmail.write('bad', b'wrong\n'), stdin=sealed, exit=20)


@pytest.mark.parametrize('form', [
    lambda k: k, lambda k: k.hex().encode(), lambda k: k.hex(':').upper().encode() + b'\n'])
@pytest.mark.parametrize('size', [16, 24, 32])
def test_a_shared_key_raw_or_in_hex(sealmail, form, size):
    key = bytes(range(1, size)) + b'\n'   # ends like a line, and is not one
    sealed = sealmail('encrypt', '--kek-file', sealmail.write('kek', form(key)), stdin=LETTER).stdout
    for option in ('--kek-file', '--secret-file'):
        done = sealmail('decrypt', '--unauthenticated', option, sealmail.write('kek2', form(key)),
                        stdin=sealed, exit=None)
        assert done.returncode in (0, 22) and b'Hello Bob' in done.stdout


def test_64_for_a_shared_key_of_another_size_and_an_empty_password(sealmail):
    sealmail('encrypt', '--kek-file', sealmail.write('kek', b'17 bytes, not 16!'), stdin=LETTER, exit=64)
    sealmail('encrypt', '--secret-file', sealmail.write('word', b'\n'), stdin=LETTER, exit=64)
    sealmail('encrypt', '--secret-file', sealmail.write('long', b'x' * 5000), stdin=LETTER, exit=64)
    sealmail('encrypt', '--secret-fd', 'three', stdin=LETTER, exit=64)
    sealmail('encrypt', '--secret-fd', '99', stdin=LETTER, exit=66)


class Terminal:
    """A program whose terminal is ours. The slave side stays open to be looked at."""

    def __init__(self, words, cwd, **env):
        self.fd, self.slave = pty.openpty()

        def take_terminal():
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen([SEALMAIL, *map(str, words)], cwd=cwd, env={**os.environ, 'TERM': 'xterm', **env},
                                        stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        preexec_fn=take_terminal)
        self.shown = b''

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        self.shown += os.read(self.fd, 65536)
        return True

    def until(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in self.shown and time.monotonic() < end:
            self.read(0.1)
        assert text in self.shown, self.shown

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.fd, text)

    def end(self):
        """The exit status, or minus the signal."""
        while self.process.poll() is None:
            self.read(0.05)
        while self.read(0):
            pass
        os.close(self.fd)
        os.close(self.slave)
        return self.process.returncode


def test_the_terminal_is_asked_and_does_not_echo(sealmail, pki):
    letter = sealmail.write('letter.eml', LETTER)
    t = Terminal(['sign', '--key', pki / 'alice.p12', '-o', 'out.eml', letter], sealmail.cwd)
    t.until(b'Passphrase for')
    time.sleep(0.1)
    assert not t.echoes()
    t.type(b'wrong one\n')
    t.until(b'That was not it.')
    t.type(b'secret\n')
    assert t.end() == 0
    assert b'secret' not in t.shown and b'wrong one' not in t.shown
    assert sealmail.path('out.eml').exists()


def test_three_wrong_answers_are_77(sealmail, pki):
    letter = sealmail.write('letter.eml', LETTER)
    t = Terminal(['sign', '--key', pki / 'alice.p12', letter], sealmail.cwd)
    for _ in range(3):
        t.until(b': ')
        t.shown = b''
        t.type(b'wrong\n')
        time.sleep(0.2)
    assert t.end() == 77


def test_one_answer_serves_several_files(sealmail, pki):
    letter = sealmail.write('letter.eml', sealmail.sealed())
    t = Terminal(['decrypt', '-o', 'out', '--key', pki / 'alice.p12', '--key', pki / 'bob.p12', letter], sealmail.cwd)
    t.until(b'Passphrase for')
    t.type(b'secret\n')
    assert t.end() == 0
    assert t.shown.count(b'Passphrase for') == 1


def test_an_interrupt_at_the_prompt_gives_the_echo_back(sealmail, pki):
    letter = sealmail.write('letter.eml', LETTER)
    t = Terminal(['sign', '--key', pki / 'alice.p12', letter], sealmail.cwd)
    t.until(b'Passphrase for')
    time.sleep(0.1)
    assert not t.echoes()
    t.type(b'\x03')
    t.process.wait(20)
    assert t.echoes()
    assert t.end() == -signal.SIGINT
