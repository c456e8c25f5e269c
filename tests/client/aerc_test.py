"""aerc, driven at a terminal, set up as docs/AERC.md says."""
import re
import shutil
import subprocess
import time

import pytest
from conftest import BUILD, ROOT
from mutt_test import Terminal, letter, word_of

PAGE = (ROOT / 'docs' / 'AERC.md').read_text()


def block(name):
    return '\n'.join(re.findall(rf'^```{re.escape(name)}\n(.*?)^```$', PAGE, re.M | re.S))


@pytest.fixture
def aerc(sealmail):
    for program in ('aerc', 'tmux'):
        if not shutil.which(program):
            pytest.skip(f'{program} is missing')
    if not (BUILD / 'sealmail-mail').exists():
        pytest.skip('sealmail-mail was not built')
    a = Aerc(sealmail)
    yield a
    a.close()


class Aerc:
    def __init__(self, sealmail):
        self.sealmail, self.pki, self.home = sealmail, sealmail.pki, sealmail.cwd / 'person'
        self.conf, self.inbox = self.home / '.config/aerc', self.home / 'mail/INBOX'
        for folder in (self.conf, *(self.inbox / s for s in ('cur', 'new', 'tmp'))):
            folder.mkdir(parents=True)
        editor = sealmail.write('editor', b'#!/bin/sh\necho "Dear Bob, the word is marmalade." >>"$1"\n')
        editor.chmod(0o755)
        self.env = {k: v for k, v in sealmail.env.items() if not k.startswith(('TMUX', 'XDG'))}
        self.env.update(HOME=str(self.home), PATH=f'{BUILD}:{self.env["PATH"]}', TERM='xterm', LC_ALL='C.UTF-8', EDITOR=str(editor))
        for name in ('alice.p12', 'root.pem'):
            shutil.copy(self.pki / name, self.home)
        self.run(block('sh').replace('id import', f'id import --passphrase-file {self.pki}/passphrase'))
        self.run('sealmail id lock; sealmail who add ' + str(self.pki / 'bob.pem'))
        self.furnish()
        self.terminal = None

    def run(self, text):
        subprocess.run(['sh', '-c', text], cwd=self.home, env=self.env, check=True, capture_output=True)

    def furnish(self):
        for name, section in (('aerc.conf', 'filters'), ('binds.conf', 'view')):
            text = open(f'/usr/share/aerc/{name}').read()
            (self.conf / name).write_text(text.replace(f'\n[{section}]\n', f'\n[{section}]\n{block(name)}\n', 1))
        accounts = self.conf / 'accounts.conf'
        accounts.write_text(f'[me]\nsource = maildir://{self.home}/mail\nfrom = Alice <alice@example.org>\n{block("accounts.conf")}')
        accounts.chmod(0o600)
        askpass = self.sealmail.write('askpass', f'#!/bin/sh\necho {word_of(self.pki)}\n'.encode())
        askpass.chmod(0o700)
        (self.home / '.local/share/sealmail/config').write_text(f'passphrase-program = {askpass}\nmaildir = {self.home}/out/%a\n')

    def start(self, message):
        (self.inbox / 'cur' / '1.x:2,S').write_bytes(message.replace(b'\r\n', b'\n'))
        self.terminal = Terminal(self.sealmail.cwd, ['aerc'], self.env)
        self.terminal.wait('hello')
        return self.terminal

    def close(self):
        if self.terminal:
            self.terminal.close()


@pytest.mark.parametrize('who,words', [('Bob <bob@example.org>', 'Signed by Bob'), ('Boss <boss@example.org>', 'NOT THE SENDER')])
def test_a_key_says_who_signed_the_letter_and_whether_that_is_the_sender(aerc, sealmail, who, words):
    t = aerc.start(sealmail.signed('bob', letter()).replace(b'Bob <bob@example.org>', who.encode()))
    t.keys('Enter')
    t.wait('The word is marmalade')
    # Keys that come before the pager has settled go to it.
    for attempt in range(4):
        time.sleep(1)
        t.keys('V')
        try:
            t.wait(words, seconds=5)
            break
        except AssertionError:
            assert attempt < 3, t.screen()
    seen = t.screen()
    assert ('Signed by Bob <bob@example.org>.' in seen) == (who[:3] == 'Bob'), seen


@pytest.mark.parametrize('cipher', ['aes-256-gcm', 'aes-256-cbc'])
def test_an_encrypted_letter_opens_where_it_is(aerc, sealmail, cipher):
    t = aerc.start(sealmail.sealed('-s', *sealmail.identity('bob'), '--cipher', cipher, letter=letter(), to='alice'))
    t.keys('Enter')
    t.wait('The word is marmalade')
    assert 'Signed by Bob' in t.screen()


def test_what_is_sent_is_signed(aerc, sealmail):
    t = aerc.start(letter())
    t.type(':compose -H "To: bob@example.org" -H "Subject: news"')
    t.wait('Send this email?', ':send', 'y')
    time.sleep(1.5)
    t.keys('y')
    out, end = aerc.home / 'out/bob@example.org', time.monotonic() + 20
    while not list(out.glob('new/*')) and time.monotonic() < end:
        time.sleep(0.2)
    sent, = out.glob('new/*')
    whole = sealmail('open', *sealmail.identity('bob'), *sealmail.trust(), sent)
    assert b'the word is marmalade' in whole.stdout
