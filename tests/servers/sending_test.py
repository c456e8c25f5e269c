"""docs/SENDING.md, as it stands there: msmtp, git send-email, a submission server."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import client, sealmail  # noqa: F401

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mail_servers import PASSWORD, USER, Dovecot, Fake, Postfix, certificate, folder, need  # noqa: E402

PAGE = (client.ROOT / 'docs' / 'SENDING.md').read_text()


BLOCKS = re.findall(r'^```(.*)\n((?:.*\n)*?)```$', PAGE, re.M)


def block(name):
    """The block with that name behind its fence."""
    found, = [text for title, text in BLOCKS if title == name]
    return found


def commands(*begin):
    found = [l for title, text in BLOCKS if not title for l in text.splitlines() if l.startswith(begin)]
    assert found
    return found


class Person:
    """A user's home with nothing in it but what the page says."""

    def __init__(self, sealmail):
        self.sealmail, self.dir = sealmail, sealmail.cwd / '.home'
        self.dir.mkdir(exist_ok=True)
        self.env = {**sealmail.env, 'HOME': str(self.dir), 'PATH': f'{client.BUILD}:{os.environ["PATH"]}:/usr/sbin',
                    'GIT_CONFIG_NOSYSTEM': '1'}
        client.identity_home(sealmail, self.dir / '.local' / 'share' / 'sealmail', 'alice')
        shutil.copy(sealmail.pki / 'bob.pem', sealmail.cwd)
        for line in commands('sealmail who'):
            self.run(line)

    def run(self, line, exit=0, cwd=None, **more):
        done = subprocess.run(['bash', '-c', line], cwd=cwd or self.sealmail.cwd, env=self.env, capture_output=True, timeout=60,
                              **more)
        assert done.returncode == exit, done.stderr.decode()
        return done

    def file(self, name, text):
        p = self.dir / name
        p.parent.mkdir(parents=True, exist_ok=True)
        p.write_text(text)
        p.chmod(0o600)

    def setting(self, name, text):
        self.file(f'.local/share/sealmail/{name}', text)

    def opened(self, message):
        done = self.sealmail('open', '--key', self.sealmail.pki / 'bob.p12', '--passphrase-file', self.sealmail.pki / 'passphrase',
                             *self.sealmail.trust(), stdin=message)
        return done.stdout


@pytest.fixture
def alice(sealmail):
    return Person(sealmail)


@pytest.fixture
def server():
    f = Fake()
    yield f
    f.end()


def test_the_letter_of_the_page_goes_through_msmtp(alice, server):
    if shutil.which('msmtp') is None:
        pytest.skip('msmtp is missing')
    alice.file('.msmtprc', block('msmtprc').replace('587', str(server.port)))
    alice.setting('config', block('config msmtp'))
    alice.sealmail.write('letter.eml', client.LETTER)
    for line in commands('sealmail send -t'):
        alice.run(line)
    message, = server.messages
    assert b'Hello Bob' in alice.opened(message)
    assert 'RCPT TO:<bob@example.org>' in [l.split('> ')[0].rstrip('>') + '>' for l in server.said if l.startswith('RCPT')]


def test_msmtp_that_reaches_no_server_leaves_the_letter_in_the_queue(alice, server):
    if shutil.which('msmtp') is None:
        pytest.skip('msmtp is missing')
    alice.file('.msmtprc', block('msmtprc').replace('587', '1'))
    alice.setting('config', block('config msmtp'))
    alice.sealmail.write('letter.eml', client.LETTER)
    line, = commands('sealmail send -t')
    done = alice.run(line, exit=75)
    assert b'waits in the queue' in done.stderr
    alice.file('.msmtprc', block('msmtprc').replace('587', str(server.port)))
    alice.run('sealmail send --flush=all')
    assert len(server.messages) == 1


def test_git_send_email_sends_patches_signed_and_encrypted(alice, server):
    if b'send-email' not in subprocess.run(['git', 'send-email', '-h'], capture_output=True).stdout:
        pytest.skip('git send-email is missing')
    alice.setting('config', f'smtp = smtp://127.0.0.1:{server.port}\n')
    repo = alice.sealmail.cwd / 'repo'
    alice.run(f'git init -q {repo}; cd {repo}; git config --global user.name "Alice Ä"; '
              'git config --global user.email alice@example.org; '
              'echo "Grüße = 1" >f; git add f; git commit -qm "A change"; git format-patch --root -o . HEAD; '
              'mv 0001-*.patch 0001-a-change.patch')
    for line in commands('git config', 'git send-email'):
        alice.run(line.replace('send-email', 'send-email --confirm=never --suppress-cc=all --8bit-encoding=UTF-8')
                  if 'send-email --to' in line else line, cwd=repo)
    message, = server.messages
    inner = alice.opened(message)
    assert b'[PATCH]' in message and 'Grüße = 1'.encode() in inner
    # To a public list: signed only, and git am takes it.
    alice.setting('policy', block('policy'))
    server.messages.clear()
    alice.run('git send-email --confirm=never --suppress-cc=all --8bit-encoding=UTF-8 --to dev@lists.example.org 0001-a-change.patch',
              cwd=repo)
    message, = server.messages
    assert message.isascii() and b'multipart/signed' in message
    content = alice.sealmail('verify', *alice.sealmail.trust(), '-o', 'content.eml', stdin=message)
    assert content.returncode == 0
    alice.sealmail.write('whole.eml', message)
    alice.run('git init -q other && cd other && git commit -q --allow-empty -m root && git am ../whole.eml && '
              'grep -q "Grüße = 1" f')


def test_the_submission_server_of_the_page(alice, servers):
    need('postfix', 'dovecot')
    d = folder()
    certificate(d)
    dovecot = Dovecot(servers, d)
    postfix = Postfix(servers, d, dovecot.lmtp, ['bob@example.org'])
    try:
        alice.file('.mail-password', PASSWORD + '\n')
        shutil.copy(d / 'ca.pem', alice.dir / 'mail-ca.pem')
        text = block('config submission')
        assert f'smtp-user = {USER}' in text
        alice.setting('config', text.replace('587', str(postfix.ports['submission'])))
        alice.sealmail.write('letter.eml', client.LETTER)
        line, = commands('sealmail send -t')
        alice.run(line)
        message, = dovecot.wait('bob@example.org')
        assert b'Hello Bob' in alice.opened(message)
    finally:
        postfix.end()
        shutil.rmtree(d, ignore_errors=True)
