"""Letters cross Postfix and Dovecot; what a submission server says is understood."""
import base64
import imaplib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import client, sealmail  # noqa: F401

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mail_servers import PASSWORD, USER, Dovecot, Fake, Postfix, certificate, folder, need  # noqa: E402

BOXES = ['alice@example.org', 'bob@example.org', 'carol@example.org', 'mallory@example.org']


@pytest.fixture(scope='module')
def site(servers):
    """A mail server with everything."""
    need('postfix', 'dovecot')
    d = folder()
    certificate(d)
    dovecot = Dovecot(servers, d)
    postfix = Postfix(servers, d, dovecot.lmtp, BOXES)
    dovecot.postfix = postfix
    yield dovecot
    postfix.end()
    servers.end()
    shutil.rmtree(d, ignore_errors=True)


class Writer:
    """Alice, her HOME, and the server that she submits to."""

    def __init__(self, sealmail):
        self.sealmail, self.home, self.pki = sealmail, sealmail.cwd / 'home', sealmail.pki
        client.identity_home(sealmail, self.home, 'alice')
        sealmail('who', 'add', '--home', self.home, self.pki / 'bob.pem')
        self.password = sealmail.write('password', PASSWORD.encode() + b'\nsecond line\n')
        self.password.chmod(0o600)

    def config(self, *lines):
        (self.home / 'config').write_text('\n'.join(lines) + '\n')

    def __call__(self, *words, letter=client.LETTER, exit=0):
        return self.sealmail('send', '--home', self.home, *words, stdin=letter, exit=exit)

    def results(self, *words, **more):
        done = json.loads(self('-t', '--json', *words, **more).stdout)
        return {r['address']: (r['state'], r['why']) for r in done['results'] if not r['copy']}

    def queue(self):
        return json.loads(self.sealmail('send', '--home', self.home, '--queue', '--json').stdout)['letters']

    def opened(self, message, who='bob'):
        done = self.sealmail('open', '--key', self.pki / f'{who}.p12', '--passphrase-file', self.pki / 'passphrase',
                             *self.sealmail.trust(), '-o', 'opened.eml', stdin=message)
        assert done.returncode == 0
        return self.sealmail.path('opened.eml').read_bytes()


@pytest.fixture
def writer(sealmail):
    return Writer(sealmail)


def submission(site, *more):
    return [f'smtp = smtp://localhost:{site.postfix.ports["submission"]}', f'smtp-user = {USER}', f'smtp-ca = {site.d}/ca.pem',
            *more]


def letter(*fields, body='Hello\n'):
    return '\n'.join(['From: alice@example.org', *fields, 'Subject: hello', '', body]).encode()


# ---- Postfix and Dovecot ----

def test_a_letter_is_submitted_with_starttls_and_a_password(site, writer):
    site.forget('bob')
    writer.config(*submission(site, f'smtp-password-file = {writer.password}'))
    writer('-t')
    message, = site.wait('bob@example.org')
    assert b'Hello Bob' in writer.opened(message)
    assert b'with ESMTPSA' in message


def test_the_secret_may_come_from_a_program(site, writer):
    site.forget('bob@example.org')
    p = writer.sealmail.write('secret', f'#!/bin/sh\necho "{PASSWORD}"\n'.encode())
    p.chmod(0o700)
    writer.config(*submission(site, f'smtp-password-program = {p} show mail'))
    writer('-t')
    site.wait('bob@example.org')


def test_a_wrong_password_leaves_the_letter_in_the_queue_until_it_is_mended(site, writer):
    site.forget('bob@example.org')
    wrong = writer.sealmail.write('wrong', b'no\n')
    wrong.chmod(0o600)
    writer.config(*submission(site, f'smtp-password-file = {wrong}'))
    done = writer('-t', exit=75)
    assert '535' in done.err and len(writer.queue()) == 1
    writer.config(*submission(site, f'smtp-password-file = {writer.password}'))
    writer('--flush=all')
    site.wait('bob@example.org')
    assert writer.queue() == []


def test_a_password_that_others_can_read_is_refused_with_what_mends_it(site, writer):
    writer.password.chmod(0o644)
    writer.config(*submission(site, f'smtp-password-file = {writer.password}'))
    assert f'chmod 600 {writer.password}' in writer('-t', exit=75).err


def test_a_server_that_nobody_vouches_for_gets_nothing(site, writer):
    writer.config(*[l for l in submission(site, f'smtp-password-file = {writer.password}') if 'smtp-ca' not in l],
                  f'smtp-ca = {writer.pki}/root.pem')
    done = writer('-t', exit=75)
    assert re.search('certificate|SSL', done.err)


def test_who_is_not_there_is_named_and_the_others_get_it(site, writer):
    site.forget('carol@example.org')
    writer.config(*submission(site, f'smtp-password-file = {writer.password}'))
    got = writer.results(letter=letter('To: carol@example.org, nobody@example.org'), exit=69)
    assert got['carol@example.org'][0] == 'sent' and got['nobody@example.org'][0] == 'refused'
    assert got['nobody@example.org'][1].startswith('550 5.1.1')
    site.wait('carol@example.org')
    assert writer.queue() == []


def test_a_copy_goes_to_sent_by_imap_encrypted_to_the_sender(site, writer):
    site.forget('bob@example.org')
    site.forget(USER)
    writer.config(*submission(site, f'smtp-password-file = {writer.password}'), 'sent = imap:Sent',
                  f'imap = imaps://localhost:{site.imaps}', f'imap-user = {USER}', f'imap-ca = {site.d}/ca.pem',
                  f'imap-password-file = {writer.password}')
    writer('-t')
    copy, = site.wait(USER, box='Sent')
    assert b'Hello Bob' not in copy and b'Hello Bob' in writer.opened(copy, 'alice')
    box = imaplib.IMAP4('127.0.0.1', site.imap)
    box.login(USER, PASSWORD)
    box.select('Sent')
    assert b'\\Seen' in box.fetch('1', '(FLAGS)')[1][0]
    box.logout()


def test_a_copy_that_cannot_be_kept_now_waits_and_the_letter_is_sent(site, writer):
    site.forget('bob@example.org')
    site.forget(USER)
    lines = submission(site, f'smtp-password-file = {writer.password}') + [
        'sent = imap:Sent', f'imap-user = {USER}', f'imap-ca = {site.d}/ca.pem', f'imap-password-file = {writer.password}']
    writer.config(*lines, 'imap = imaps://localhost:1')
    writer('-t')
    site.wait('bob@example.org')
    assert len(writer.queue()) == 1
    writer.config(*lines, f'imap = imap://localhost:{site.imap}')
    writer('--flush=all')
    site.wait(USER, box='Sent')
    assert writer.queue() == [] and len(site.messages('bob@example.org')) == 1


@pytest.mark.parametrize('way', ['path', 'port'])
def test_lmtp_hands_over_to_dovecot_and_answers_for_each(site, writer, way):
    site.forget('bob@example.org')
    site.forget('carol@example.org')
    writer.config('lmtp = ' + (f'{site.d}/lmtp' if way == 'path' else f'127.0.0.1:{site.lmtp}'))
    text = letter('To: bob@example.org, carol@example.org', *MIME[:1], 'Content-Type: multipart/mixed; boundary=x', body='--x\n\n.\n..two\nlast\n--x--\n')
    assert {s for s, _ in writer.results(letter=text).values()} == {'sent'}
    message, = site.wait('carol@example.org')
    writer.sealmail('verify', *writer.sealmail.trust(), stdin=message)
    assert b'\n.\n..two\nlast' in message


def test_postfixs_own_sendmail_takes_it(site, writer):
    site.forget('bob@example.org')
    writer('-t', '--sendmail', f'/usr/sbin/sendmail -C {site.postfix.conf}')
    message, = site.wait('bob@example.org')
    assert b'Hello Bob' in writer.opened(message)


def test_lmtp_goes_to_no_other_machine(writer):
    writer.config('lmtp = mail.example.org:24')
    assert 'this machine only' in writer('-t', exit=75).err


# ---- what crosses, and what breaks ----

TEXT = {
    'plain': 'Hello Bob\n',
    'dots': '.\n..\n.hidden\n',
    'from': 'From here to there\n>From\n',
    'blanks': 'ends with blanks   \n\ttab\t\n-- \nsignature\n',
    'no end': 'no line end at the end',
    'empty': '',
    '8bit': 'Grüße aus Köln\n',
    'long': 'x' * 5000 + '\n',
    'long 8bit': 'ü' * 3000 + '\n',
}
MIME = ('MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8')
MULTI = ('MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=x')


def parts(text, cte='7bit'):
    return f'--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {cte}\n\n{text}\n' \
           '--x\nContent-Type: text/plain\n\nsecond\n--x--\n'


LETTERS = {name: ((*MIME, f'Content-Transfer-Encoding: {"8bit" if "8bit" in name else "7bit"}'), body)
           for name, body in TEXT.items()}
LETTERS['parts'] = (MULTI, parts('Hello'))
LETTERS['parts blanks'] = (MULTI, parts('ends with blanks  \n.\n'))
LETTERS['parts 8bit'] = ((*MULTI, 'Content-Transfer-Encoding: 8bit'), parts('Grüße', '8bit'))
LETTERS['parts long'] = (MULTI, parts('x' * 5000))
WAYS = {'direct': 'direct', 'relay': 'entry8', '7-bit relay': 'entry7'}
FORMS = {
    'signed': [],
    'opaque': ['--opaque'],
    'encrypted': ['--encrypt'],
}


def documented():
    """(form, letter) that docs/POSTFIX.md says to break; its table names all letters."""
    rows = [[c.strip() for c in l.strip('|\n').split('|')] for l in (client.ROOT / 'docs' / 'POSTFIX.md').open() if l[0] == '|']
    assert [r[0] for r in rows[2:]] == list(LETTERS)
    return {(form, r[0]) for r in rows[2:] for form, cell in zip(rows[0][1:], r[1:]) if cell == 'breaks'}


@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize('form', FORMS)
def test_letters_cross_postfix_and_their_signatures_hold(site, writer, form, way):
    who = 'bob' if form == 'encrypted' else 'carol'
    writer.config(f'smtp = smtp://127.0.0.1:{site.postfix.ports[WAYS[way]]}')
    site.forget(f'{who}@example.org')
    for name, (fields, body) in LETTERS.items():
        writer('-t', *FORMS[form], letter=letter(f'To: {who}@example.org', f'X-Letter: {name}', *fields, body=body))
    broken = set()
    for message in site.wait(f'{who}@example.org', len(LETTERS)):
        done = writer.sealmail('open', '--key', writer.pki / f'{who}.p12' if who == 'bob' else writer.pki / 'alice.p12',
                               '--passphrase-file', writer.pki / 'passphrase', *writer.sealmail.trust(), stdin=message, exit=None)
        if done.returncode != 0:
            broken.add((form, re.search(rb'^X-Letter: (.*)$', message, re.M)[1].decode()))
    assert broken == {b for b in documented() if b[0] == form}


# ---- a server that says what the test wants ----

@pytest.fixture
def fake():
    made = []

    def make(*a, **k):
        made.append(Fake(*a, **k))
        return made[-1]
    yield make
    for f in made:
        f.end()


def test_xoauth2_sends_the_token_as_its_mechanism_says(writer, fake):
    server = fake(answers={'^AUTH': '334 ', '^[A-Za-z0-9+/=]{8,}$': '235 2.7.0 welcome'}, ehlo=('AUTH PLAIN XOAUTH2',))
    token = writer.sealmail.write('token', b'ya29.token\n')
    token.chmod(0o600)
    writer.config(f'smtp = smtp://127.0.0.1:{server.port}', 'smtp-user = alice@example.org', 'smtp-auth = xoauth2',
                  f'smtp-password-file = {token}')
    writer('-t')
    at = server.said.index('AUTH XOAUTH2')
    assert base64.b64decode(server.said[at + 1]) == b'user=alice@example.org\x01auth=Bearer ya29.token\x01\x01'


def test_a_server_without_tls_gets_nothing_when_tls_is_wanted(writer, fake, site):
    server = fake()
    writer.config(f'smtp = smtp://127.0.0.1:{server.port}', f'smtp-ca = {site.d}/ca.pem')
    done = writer('-t', exit=75)
    assert 'TLS' in done.err
    assert not [l for l in server.said if l.startswith(('AUTH', 'MAIL'))]


def test_each_recipient_has_its_own_answer_and_only_the_rest_is_tried_again(writer, fake):
    server = fake(answers={'RCPT.*later': '451 4.7.1 greylisted', 'RCPT.*never': '550 5.1.1 unknown'})
    writer.config(f'smtp = smtp://127.0.0.1:{server.port}')
    got = writer.results(letter=letter('To: a@example.org, later@example.org, never@example.org'), exit=69)
    assert got == {'a@example.org': ('sent', None), 'later@example.org': ('queued', '451 4.7.1 greylisted'),
                   'never@example.org': ('refused', '550 5.1.1 unknown')}
    server.answers.clear()
    server.said.clear()
    writer('--flush=all', exit=69)
    assert [l for l in server.said if l.startswith('RCPT')] == ['RCPT TO:<later@example.org>']


@pytest.mark.parametrize('answers,after,exit', [
    ({'^MAIL': '451 4.3.0 later'}, '250 ok', 75), ({'^MAIL': '550 5.7.1 never'}, '250 ok', 69),
    ({'^DATA': '451 4.3.0 later'}, '250 ok', 75), ({}, '554 5.7.1 content', 69), ({}, '452 4.3.1 full', 75)])
def test_what_the_server_says_to_the_message_counts_for_all(writer, fake, answers, after, exit):
    server = fake(answers=answers, after_data=after)
    writer.config(f'smtp = smtp://127.0.0.1:{server.port}')
    got = writer.results(letter=letter('To: a@example.org, b@example.org'), exit=exit)
    assert {s for s, _ in got.values()} == {'queued' if exit == 75 else 'refused'} and server.messages == []


@pytest.mark.parametrize('where', ['^EHLO', '^MAIL', '^RCPT', '^DATA', 'dot'])
def test_a_connection_that_is_lost_loses_no_letter(writer, fake, where):
    server = fake(cut=where)
    writer.config(f'smtp = smtp://127.0.0.1:{server.port}')
    writer('-t', exit=75)
    server.cut = None
    writer('--flush=all')
    assert writer.queue() == []
    assert b'Hello Bob' in writer.opened(server.messages[-1])
    # Lost after the dot: the server has it and could not say so.
    assert len(server.messages) == (2 if where == 'dot' else 1)


def test_nobody_listens_and_the_letter_waits(writer):
    writer.config('smtp = smtp://127.0.0.1:1')
    writer('-t', exit=75)
    assert len(writer.queue()) == 1


def test_no_secret_is_in_arguments_environment_or_files(writer, fake):
    need('strace')
    if os.environ.get('SEALMAIL_SANITIZED'):
        pytest.skip('the leak checker traces its own process')
    server = fake(answers={'^AUTH': '334 ', '^[A-Za-z0-9+/=]{8,}$': '235 2.7.0 welcome'}, ehlo=('AUTH PLAIN',))
    writer.config(f'smtp = smtp://127.0.0.1:{server.port}', 'smtp-user = alice', f'smtp-password-file = {writer.password}')
    trace = writer.sealmail.path('trace')
    subprocess.run(['strace', '-f', '-y', '-s', '4096', '-e', 'trace=execve,openat,write,sendto', '-o', trace, client.SEALMAIL, 'send', '--home',
                    writer.home, '-t'], input=client.LETTER, check=True, env=writer.sealmail.env)
    written = [l for l in trace.read_text(errors='replace').splitlines() if 'execve(' in l or re.search(r'(write|sendto)\(\d+</', l)]
    assert any('sealmail-submit' in l for l in written) and server.messages
    for line in written:
        assert PASSWORD not in line and 'Hello Bob' not in line
