"""mutt and neomutt, driven at a terminal, with the settings of `sealmail mutt-rc` and nothing else."""
import os
import re
import shutil
import subprocess
import time
from email.utils import formatdate

import pytest
from conftest import BUILD, ROOT

PAGE = (ROOT / 'docs' / 'MUTT.md').read_text()
WORD = b'pass'
GOOD, OTHER, BAD = ('S/MIME signature successfully verified', 'S/MIME certificate owner does not match sender',
                    'S/MIME signature could NOT be verified')


def blocks(kind):
    return re.findall(rf'^```{kind}\n(.*?)^```$', PAGE, re.M | re.S)


class Terminal:
    """A program in tmux: keys go in, the screen comes out."""

    def __init__(self, folder, words, env):
        self.socket = folder / 'tmux'
        self.run('-f', '/dev/null', 'new-session', '-d', '-x', '130', '-y', '50', *words, env=env)

    def run(self, *words, **more):
        return subprocess.run(['tmux', '-S', self.socket, *map(str, words)], capture_output=True, text=True, timeout=20, **more)

    def screen(self):
        return self.run('capture-pane', '-p').stdout

    def keys(self, *keys):
        for key in keys:
            self.run('send-keys', key)

    def type(self, text):
        self.run('send-keys', '-l', text)
        self.keys('Enter')

    def wait(self, *texts, seconds=20):
        """Until one of them is on the screen; which."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            seen = self.screen()
            for text in texts:
                if text in seen:
                    return text
            time.sleep(0.1)
        raise AssertionError(f'{texts} did not come:\n{seen}')

    def close(self):
        self.run('kill-server')


class Mutt:
    def __init__(self, program, sealmail):
        self.program, self.sealmail, self.pki = program, sealmail, sealmail.pki
        self.home, self.mail = sealmail.cwd / 'person', sealmail.cwd / 'mail'
        self.inbox, self.sent, self.out = self.mail / 'in', self.mail / 'sent', sealmail.cwd / 'out.eml'
        for folder in (self.home, *(b / s for b in (self.inbox, self.sent) for s in ('cur', 'new', 'tmp'))):
            folder.mkdir(parents=True)
        self.env = {k: v for k, v in sealmail.env.items() if not k.startswith('TMUX')}
        self.env.update(HOME=str(self.home), PATH=f'{BUILD}:{os.environ["PATH"]}', TERM='xterm', LC_ALL='C.UTF-8', MAIL='/dev/null')
        self.terminal = None
        self.furnish()

    def furnish(self):
        """As the page says, in a home where nothing is."""
        shutil.copy(self.pki / 'alice.p12', self.home)
        shutil.copy(self.pki / 'root.pem', self.home)
        shutil.copy(self.pki / 'bob.pem', self.home)
        for text in blocks('sh'):
            text = text.replace('sealmail id import', f'sealmail id import --passphrase-file {self.pki}/passphrase')
            subprocess.run(['sh', '-e', '-c', text], cwd=self.home, env=self.env, check=True, capture_output=True)
        # The kernel may remember the passphrase of another test.
        subprocess.run(['sealmail', 'id', 'lock'], env=self.env, check=True)
        for name, text in (('editor', 'echo "Dear Bob, the word is marmalade." >>"$1"'), ('sendmail', f'cat >{self.out}')):
            self.sealmail.write(name, f'#!/bin/sh\n{text}\n'.encode()).chmod(0o755)
        rc = f'''set folder="{self.mail}" spoolfile="{self.inbox}" record="{self.sent}" mbox_type=Maildir
set from="alice@example.org" realname="Alice" use_domain=no
set sendmail="{self.sealmail.path("sendmail")}" editor="{self.sealmail.path("editor")}"
set sort=mailbox-order quit=yes abort_noattach=no
{blocks("muttrc")[0]}'''
        (self.home / f'.{self.program}rc').write_text(rc)

    def letter(self, subject, data):
        """Into the inbox, bytes as they are sent."""
        data = data.replace(b'Subject: hello', b'Subject: ' + subject.encode()).replace(b'\r\n', b'\n')
        self.count = getattr(self, 'count', 0) + 1
        (self.inbox / 'cur' / f'{self.count}.x:2,S').write_bytes(data)

    def start(self):
        self.terminal = Terminal(self.sealmail.cwd, [self.program], self.env)
        self.wait('q:Quit')
        return self

    def __getattr__(self, name):
        return getattr(self.terminal, name)

    def read(self, subject):
        """What is shown of a letter, the passphrase being given."""
        self.keys('/')
        self.type(f'~s {subject}')
        self.keys('Enter')
        if self.wait('i:Exit', 'Enter S/MIME passphrase') != 'i:Exit':
            self.type(word_of(self.pki))
            self.wait('i:Exit', 'Decryption failed', 'Could not copy')
        time.sleep(0.3)
        return self.screen()

    def leave(self):
        self.keys('q')
        self.wait('q:Quit')

    def write(self, to, choice):
        """Compose a letter up to the moment when it is sent."""
        self.keys('m')
        self.wait('To:')
        self.type(to)
        self.wait('Subject:')
        self.type('news')
        self.wait('y:Send')
        self.keys('S')
        self.wait('(e)ncrypt')
        self.keys(choice)
        time.sleep(0.3)
        self.keys('y')

    def refuses(self, why):
        """Back in the compose menu after these words, and nothing was sent."""
        self.wait(why)
        while self.wait('y:Send', 'Press any key') != 'y:Send':
            self.keys('Enter')
            time.sleep(0.5)
        assert not self.out.exists()

    def answer(self, word):
        self.wait('Enter S/MIME passphrase')
        self.type(word)


def word_of(pki):
    return (pki / 'passphrase').read_text().strip()


@pytest.fixture(params=['mutt', 'neomutt'])
def mutt(request, sealmail):
    for program in (request.param, 'tmux'):
        if not shutil.which(program):
            pytest.skip(f'{program} is missing')
    m = Mutt(request.param, sealmail)
    yield m
    if m.terminal:
        m.close()


def letter(sender='Bob <bob@example.org>', text=b'The word is marmalade.'):
    return (f'From: {sender}\r\nTo: alice@example.org\r\nSubject: hello\r\nDate: {formatdate()}\r\n'
            'MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n').encode() + text + b'\r\n'


def test_a_signed_letter_is_good_forged_or_somebody_elses(mutt, sealmail):
    signed = sealmail.signed('bob', letter())
    mutt.letter('one', signed)
    mutt.letter('two', signed.replace(b'marmalade', b'lemonade.'))
    mutt.letter('three', signed.replace(b'Bob <bob@example.org>', b'Boss <boss@example.org>'))
    mutt.letter('four', sealmail.signed('bob', letter(), '--opaque'))
    mutt.start()
    for subject, verdict, word in (('one', GOOD, 'GOOD'), ('two', BAD, 'INVALID'), ('three', OTHER, 'bob@example.org'),
                                   ('four', GOOD, 'GOOD')):
        seen = mutt.read(subject)
        assert verdict in seen and word in seen, seen
        mutt.leave()


def test_an_address_that_only_begins_like_the_senders_is_somebody_else(mutt, sealmail):
    pki = sealmail.pki
    sealmail.write('x.cnf', b'keyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n'
                            b'subjectAltName=email:bob@example.org.evil.net\n')
    for words in (['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=Bob', '-keyout', 'x.key', '-out', 'x.csr'],
                  ['x509', '-req', '-in', 'x.csr', '-CA', pki / 'inter.pem', '-CAkey', pki / 'inter.key', '-days', '99',
                   '-set_serial', '77', '-extfile', 'x.cnf', '-out', 'x.pem']):
        subprocess.run(['openssl', *words], cwd=sealmail.cwd, check=True, capture_output=True)
    mutt.letter('one', sealmail('sign', '--key', 'x.key', '--cert', 'x.pem', '--chain', pki / 'inter.pem', stdin=letter()).stdout)
    seen = mutt.start().read('one')
    assert OTHER in seen and GOOD not in seen, seen


def test_a_letter_by_nobody_trusted_is_not_verified(mutt, sealmail):
    pki = sealmail.pki
    mutt.letter('one', sealmail('sign', '--key', pki / 'attacker-alice.key', '--cert', pki / 'attacker-alice.pem',
                                stdin=letter('alice@example.org')).stdout)
    seen = mutt.start().read('one')
    assert BAD in seen and 'NOT TRUSTED' in seen, seen


def test_an_encrypted_letter_opens_with_the_passphrase_and_its_writer_can_be_answered(mutt, sealmail):
    (mutt.home / '.local/share/sealmail/contacts').rename(mutt.home / 'nobody-is-known')
    mutt.letter('one', sealmail.sealed('-s', *sealmail.identity('bob'), '--cipher', 'aes-256-cbc', letter=letter(), to='alice'))
    seen = mutt.start().read('one')
    assert 'The word is marmalade.' in seen and 'GOOD' in seen and GOOD in seen, seen
    mutt.leave()
    mutt.write('bob@example.org', 'e')
    mutt.wait('Mail sent')
    assert b'the word is marmalade' in openssl(mutt, 'bob')


def test_what_is_encrypted_without_integrity_and_not_signed_is_not_shown_unless_asked_for(mutt, sealmail):
    mutt.letter('one', sealmail.sealed('--cipher', 'aes-256-cbc', letter=letter(), to='alice'))
    seen = mutt.start().read('one')
    assert 'marmalade' not in seen and ('NOT AUTHENTICATED' if mutt.program == 'mutt' else 'Could not copy') in seen, seen
    if mutt.program == 'mutt':
        mutt.leave()
    mutt.keys('|')
    mutt.type(re.search(r'type `(sealmail open --unauthenticated) \| less`', PAGE)[1])
    mutt.wait('Passphrase for')
    mutt.type(word_of(mutt.pki))
    mutt.wait('The word is marmalade.')


def test_authenticated_encryption_is_shown_although_mutt_does_not_know_it(mutt, sealmail):
    askpass = sealmail.write('askpass', f'#!/bin/sh\necho {word_of(sealmail.pki)}\n'.encode())
    askpass.chmod(0o700)
    (mutt.home / '.local/share/sealmail/config').write_text(f'passphrase-program = {askpass}\n')
    mutt.letter('one', sealmail.sealed('-s', *sealmail.identity('bob'), '--cipher', 'aes-256-gcm', letter=letter(), to='alice'))
    seen = mutt.start().read('one')
    assert 'The word is marmalade.' in seen and 'Signed by Bob <bob@example.org>.' in seen, seen


def openssl(mutt, who, signed=False):
    """What another program reads of what was sent."""
    inner = subprocess.run(['openssl', 'cms', '-decrypt', '-in', mutt.out, '-inkey', mutt.pki / f'{who}.key', '-recip',
                            mutt.pki / f'{who}.pem'], check=True, capture_output=True).stdout
    if not signed:
        return inner
    return subprocess.run(['openssl', 'cms', '-verify', '-CAfile', mutt.pki / 'root.pem'], input=inner, check=True,
                          capture_output=True).stdout


def test_a_letter_is_signed_and_encrypted_and_the_copy_can_be_read(mutt, sealmail):
    mutt.start().write('bob@example.org', 'b')
    mutt.answer(word_of(mutt.pki))
    mutt.wait('Mail sent')
    assert b'the word is marmalade' in openssl(mutt, 'bob', signed=True)
    copy, = (mutt.sent / 'cur').iterdir()
    sealmail.write('copy', copy.read_bytes())
    whole = sealmail('open', *sealmail.identity('alice'), *sealmail.trust(), 'copy')
    assert b'the word is marmalade' in whole.stdout


def test_a_signed_letter_is_what_openssl_and_sealmail_call_good(mutt, sealmail):
    mutt.start().write('bob@example.org', 's')
    mutt.answer(word_of(mutt.pki))
    mutt.wait('Mail sent')
    sealmail('verify', *sealmail.trust(), mutt.out)
    subprocess.run(['openssl', 'cms', '-verify', '-in', mutt.out, '-CAfile', mutt.pki / 'root.pem', '-out', os.devnull],
                   check=True, capture_output=True)


def test_a_wrong_passphrase_sends_nothing_and_says_why(mutt):
    mutt.start().write('bob@example.org', 's')
    mutt.answer('wrong')
    mutt.refuses('does not open the key')


def test_who_has_no_certificate_gets_nothing_in_clear(mutt):
    mutt.start().write('carol@example.org', 'e')
    mutt.wait('Enter keyID for carol@example.org')
    mutt.keys('C-g')
    mutt.wait('y:Send')
    assert not mutt.out.exists()


def test_a_certificate_that_cannot_be_used_stops_the_letter(mutt, sealmail):
    subprocess.run(['sealmail', 'who', 'forget', 'bob@example.org'], env=mutt.env, check=True, capture_output=True)
    subprocess.run(['sealmail', 'who', 'add', sealmail.pki / 'alice-expired.pem'], env=mutt.env, check=True, capture_output=True)
    # Not ours any more: what is known of the address alone counts.
    shutil.rmtree(mutt.home / '.local/share/sealmail/keys')
    mutt.start().write('alice@example.org', 'e')
    mutt.refuses('expired')


def test_of_several_identities_the_sender_signs(mutt, sealmail):
    pki = sealmail.pki
    subprocess.run(['sealmail', 'id', 'import', '--passphrase-file', pki / 'passphrase', pki / 'mallory.p12'], env=mutt.env,
                   check=True, capture_output=True)
    rc = mutt.home / f'.{mutt.program}rc'
    rc.write_text(rc.read_text().replace('alice@example.org', 'mallory@example.org'))
    mutt.start().write('bob@example.org', 's')
    mutt.answer(word_of(pki))
    mutt.wait('Mail sent')
    assert 'mallory@example.org' in sealmail('verify', *sealmail.trust(), mutt.out).err


def test_certificates_can_be_taken_out_of_a_letter_by_hand(mutt, sealmail):
    subprocess.run(['sealmail', 'who', 'forget', 'bob@example.org'], env=mutt.env, check=True, capture_output=True)
    mutt.letter('one', sealmail.signed('bob', letter()))
    mutt.start()
    mutt.keys('C-k')
    time.sleep(2)
    mutt.keys('Enter')
    mutt.wait('q:Quit')
    known = subprocess.run(['sealmail', 'who', 'bob@example.org'], env=mutt.env, capture_output=True, text=True)
    assert known.returncode == 0 and 'by hand' in known.stdout, known.stdout


def test_what_mutt_starts_is_what_mutt_rc_sets(sealmail):
    sealmail('mutt-rc', '--home', sealmail.cwd / 'h')
    done = sealmail('mutt-rc', '--home', sealmail.cwd / 'a folder', exit=64)
    assert done.stdout == b'' and '--home' in done.err
    text = sealmail('mutt-rc', '--home', sealmail.cwd / 'h').stdout.decode()
    hooks = re.findall(r'mutt-hook --home \S+ (\S+)', text)
    assert len(hooks) == 11
    for hook in hooks:
        if hook != 'index"\'' and hook != 'index`"\'':
            assert 'needs the words' in sealmail('mutt-hook', hook, exit=64).err
    assert 'knows no' in sealmail('mutt-hook', 'nothing', exit=64).err
