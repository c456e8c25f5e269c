"""Postfix and Dovecot with configurations of their own, below a folder of their own."""
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import threading
import socket
import time
from pathlib import Path

import pytest

USER, PASSWORD = 'alice', 'pa55-word'
NOBODY = pwd.getpwnam('nobody')


def need(*programs):
    os.environ['PATH'] += ':/usr/sbin'
    for name in programs:
        if shutil.which(name) is None:
            pytest.skip(f'{name} is missing')
    if os.geteuid() != 0:
        pytest.skip('only root starts these servers')


def folder():
    """One that the servers' users can enter."""
    d = Path(tempfile.mkdtemp(prefix='sealmail-servers-'))
    d.chmod(0o755)
    return d


def certificate(d):
    """A server certificate for localhost, and the CA to trust."""
    run = lambda *w: subprocess.run(['openssl', *w], cwd=d, check=True, capture_output=True)
    run('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem',
        '-subj', '/CN=Mail CA', '-days', '3650')
    run('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key', '-out', 'tls.csr',
        '-subj', '/CN=localhost')
    (d / 'san').write_text('subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    run('x509', '-req', '-in', 'tls.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'tls.pem', '-days',
        '3650', '-extfile', 'san')


DOVECOT = """
base_dir = {d}/run
log_path = {d}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{d}/tls.pem
ssl_key = <{d}/tls.key
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{d}/mail/%u
first_valid_uid = 1
last_valid_uid = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={d}/home/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener {d}/lmtp {{
    mode = 0666
  }}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  unix_listener {d}/auth {{
    mode = 0666
  }}
}}
"""


class Dovecot:
    """IMAP, LMTP, and whom Postfix asks for passwords."""

    def __init__(self, servers, d):
        need('dovecot', 'doveadm')
        version = subprocess.run(['dovecot', '--version'], capture_output=True, text=True).stdout
        if not version.startswith('2.3'):
            pytest.skip(f'Dovecot {version.strip()} wants another configuration')
        self.d = d
        self.imap, self.imaps, self.lmtp = servers.port(), servers.port(), servers.port()
        for sub in ('mail', 'home'):
            (d / sub).mkdir()
            os.chown(d / sub, NOBODY.pw_uid, NOBODY.pw_gid)
        self.conf = d / 'dovecot.conf'
        self.conf.write_text(DOVECOT.format(d=d, password=PASSWORD, uid=NOBODY.pw_uid, gid=NOBODY.pw_gid, imap=self.imap,
                                            imaps=self.imaps, lmtp=self.lmtp))
        servers.start(['dovecot', '-F', '-c', self.conf], port=self.lmtp)

    def messages(self, user, box='INBOX'):
        """As they lie there, lines with LF."""
        base = self.d / 'mail' / user.lower()
        base = base if box == 'INBOX' else base / f'.{box}'
        found = [p for sub in ('new', 'cur') if (base / sub).is_dir() for p in (base / sub).iterdir()]
        return [p.read_bytes() for p in sorted(found, key=lambda p: p.stat().st_mtime_ns)]

    def wait(self, user, count=1, box='INBOX'):
        for _ in range(200):
            found = self.messages(user, box)
            if len(found) >= count:
                assert len(found) == count
                return found
            time.sleep(0.05)
        log = (self.d / 'postfix.log').read_text()[-3000:] if (self.d / 'postfix.log').exists() else ''
        raise AssertionError(f'{user}: {len(found)} of {count} came\n{log}')

    def forget(self, user):
        shutil.rmtree(self.d / 'mail' / user, ignore_errors=True)


MAIN_CF = """
compatibility_level = 3.6
queue_directory = {d}/spool
data_directory = {d}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {d}/postfix.log
maillog_file_prefixes = {d}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.test
mydestination =
mynetworks = 127.0.0.0/8
local_recipient_maps =
virtual_mailbox_domains = example.org, partner.example
virtual_mailbox_maps = texthash:{d}/boxes
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
smtpd_tls_cert_file = {d}/tls.pem
smtpd_tls_key_file = {d}/tls.key
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = {d}/auth
smtpd_recipient_restrictions = permit_mynetworks, reject
smtp_tls_security_level = none
smtp_dns_support_level = disabled
message_size_limit = 50000000
"""
MASTER_CF = """
{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=reject_unlisted_recipient,permit_sasl_authenticated,reject
{direct} inet n - n - - smtpd
{entry8} inet n - n - - smtpd
  -o content_filter=smtp:[127.0.0.1]:{hop8}
{entry7} inet n - n - - smtpd
  -o content_filter=smtp:[127.0.0.1]:{hop7}
{hop8} inet n - n - - smtpd
{hop7} inet n - n - - smtpd
  -o smtpd_discard_ehlo_keywords=8bitmime
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Submission with a password, and ways on which mail is handed from server to server."""

    def __init__(self, servers, d, lmtp, boxes):
        need('postfix')
        self.d = d
        self.ports = {n: servers.port() for n in ('submission', 'direct', 'entry8', 'entry7', 'hop8', 'hop7')}
        self.conf = d / 'postfix'
        self.conf.mkdir()
        for sub in ('spool', 'data'):
            (d / sub).mkdir()
        shutil.chown(d / 'data', 'postfix')
        (d / 'boxes').write_text(''.join(f'{b} x\n' for b in boxes))
        (self.conf / 'main.cf').write_text(MAIN_CF.format(d=d, lmtp=lmtp))
        (self.conf / 'master.cf').write_text(MASTER_CF.format(**self.ports))
        self.run('start')
        for port in self.ports.values():
            wait_for(port)

    def run(self, word):
        subprocess.run(['postfix', '-c', self.conf, word], capture_output=True, check=True, timeout=60)

    def end(self):
        self.run('stop')


def wait_for(port):
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(('127.0.0.1', port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f'nothing listens at {port}')


class Fake(threading.Thread):
    """An SMTP server that says what the test wants; `said` is what it heard."""

    def __init__(self, answers=(), ehlo=('8BITMIME',), after_data='250 2.0.0 taken', cut=None):
        super().__init__(daemon=True)
        self.answers, self.ehlo, self.after_data, self.cut = dict(answers), ehlo, after_data, cut
        self.said, self.messages, self.rounds = [], [], 0
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client, client.makefile('rwb') as f:
                self.rounds += 1
                try:
                    self.converse(f)
                except OSError:
                    pass

    def say(self, f, text):
        f.write(text.encode() + b'\r\n')
        f.flush()

    def answer(self, line):
        for pattern, text in self.answers.items():
            if re.search(pattern, line):
                return text
        return '250 2.0.0 ok'

    def converse(self, f):
        self.say(f, '220 fake')
        for raw in f:
            line = raw.decode('latin-1').rstrip('\r\n')
            self.said.append(line)
            word = line.split(' ')[0].upper()
            if self.cut and re.search(self.cut, line):
                return
            if word == 'EHLO':
                for i, e in enumerate(('fake', *self.ehlo)):
                    self.say(f, f'250{" " if i == len(self.ehlo) else "-"}{e}')
            elif word == 'DATA' and self.answer(line).startswith('250'):
                self.say(f, '354 go on')
                lines = []
                for data in f:
                    if data == b'.\r\n':
                        break
                    lines.append(data[1:] if data.startswith(b'.') else data)
                if self.cut == 'dot':
                    self.messages.append(b''.join(lines))
                    return
                if self.after_data.startswith('250'):
                    self.messages.append(b''.join(lines))
                self.say(f, self.after_data)
            elif word == 'QUIT':
                self.say(f, '221 bye')
                return
            else:
                self.say(f, self.answer(line))

    def end(self):
        self.socket.close()
