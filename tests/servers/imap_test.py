"""Mail that Dovecot keeps: listed, shown, saved and fetched, and left as it is."""
import grp
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from client_conftest import LETTER, SEALMAIL

pytestmark = pytest.mark.skipif(not shutil.which('dovecot'), reason='dovecot is missing')

SERVICES = '''
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
'''
CONF = '''
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/log
protocols = imap
listen = 127.0.0.1
first_valid_uid = 0
first_valid_gid = 0
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
ssl = yes
''' + SERVICES
V23 = '''
ssl_cert = <{d}/cert.pem
ssl_key = <{d}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{d}/mail/%u
passdb {{
  driver = static
  args = password=Xyzzy-42
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={d}/home
}}
'''
V24 = '''
ssl_server_cert_file = {d}/cert.pem
ssl_server_key_file = {d}/key.pem
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {d}/mail/%{{user}}
passdb static {{
  password = Xyzzy-42
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {d}/home
  }}
}}
'''


class Dovecot:
    def __init__(self, servers, d):
        self.dir, self.servers = d, servers
        self.plain, self.tls = servers.port(), servers.port()
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', d / 'key.pem', '-out', d / 'cert.pem', '-days', '9',
                        '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], check=True, capture_output=True)
        root = os.geteuid() == 0   # then it gives its rights away, else it has none
        who = pwd.getpwnam('nobody') if root else pwd.getpwuid(os.getuid())
        words = {'d': d, 'plain': self.plain, 'tls': self.tls, 'uid': who.pw_uid, 'gid': who.pw_gid,
                 'internal': 'dovecot' if root else who.pw_name, 'login': 'dovenull' if root else who.pw_name,
                 'group': 'dovecot' if root else grp.getgrgid(who.pw_gid).gr_name}
        version = subprocess.run(['dovecot', '--version'], capture_output=True, text=True, check=True).stdout.split()[0]
        new = tuple(map(int, version.split('.')[:2])) >= (2, 4)
        first = f'dovecot_config_version = {version.split("-")[0]}\ndovecot_storage_version = {version.split("-")[0]}\n' if new else ''
        (d / 'dovecot.conf').write_text(first + (CONF + (V24 if new else V23)).format(**words))
        self.box = d / 'mail' / 'bob'
        for sub in ('new', 'cur', 'tmp'):
            (self.box / sub).mkdir(parents=True)
        (d / 'home').mkdir()
        self.uid, self.gid, self.n = who.pw_uid, who.pw_gid, 0
        self.own()
        servers.start(['dovecot', '-F', '-c', d / 'dovecot.conf'], port=self.plain)

    def own(self):
        if os.geteuid() == 0:
            for p in [self.dir / 'home', self.dir / 'mail', *(self.dir / 'mail').rglob('*')]:
                os.chown(p, self.uid, self.gid)

    def put(self, data, folder=''):
        self.n += 1
        box = self.box / folder if folder else self.box
        for sub in ('new', 'cur', 'tmp'):
            (box / sub).mkdir(parents=True, exist_ok=True)
        path = box / 'new' / f'{1700000000 + self.n}.M{self.n}P1.host'
        path.write_bytes(data)
        self.own()
        return path

    def flags(self):
        return sorted(p.name.partition(':2,')[2] for sub in ('new', 'cur') for p in (self.box / sub).iterdir())


@pytest.fixture(scope='module')
def dovecot(servers):
    d = Path(tempfile.mkdtemp(prefix='sm-imap-', dir='/tmp'))
    d.chmod(0o755)
    yield Dovecot(servers, d)
    servers.end()
    shutil.rmtree(d, ignore_errors=True)


@pytest.fixture
def mail(sealmail, dovecot):
    word = sealmail.write('word', b'Xyzzy-42\n')
    word.chmod(0o600)

    def run(verb, *words, url=f'imaps://bob@localhost:{dovecot.tls}/INBOX', ca=True, password=word, **more):
        return sealmail('mail', verb, '--imap', url, '--password-file', password, *(['--tls-ca', dovecot.dir / 'cert.pem'] if ca else []),
                        '--home', 'home', *words, **more)
    return run


@pytest.fixture(autouse=True)
def empty(dovecot):
    for p in [*(dovecot.box / 'new').iterdir(), *(dovecot.box / 'cur').iterdir()]:
        p.unlink()


def test_a_folder_is_listed_and_nothing_in_it_is_read(sealmail, dovecot, mail):
    dovecot.put(LETTER.replace(b'hello', '=?utf-8?q?gr=C3=BC=C3=9Fe?='.encode()))
    dovecot.put(sealmail.sealed())
    done = json.loads(mail('list', '--json').stdout)
    assert [(m['subject'], m['kind']) for m in done['messages']] == [('grüße', 'plain'), ('hello', 'encrypted')]
    assert done['messages'][0]['from'] == 'Alice <alice@example.org>' and done['imap'].startswith('imaps://')
    assert len(mail('list', '--last', '1').stdout.splitlines()) == 1
    assert dovecot.flags() == ['', '']


def test_a_message_is_shown_saved_and_answered_as_it_is_on_the_server(sealmail, dovecot, mail):
    dovecot.put(sealmail.letter_and_seal())
    number = json.loads(mail('list', '--json').stdout)['messages'][0]['number']
    shown = mail('show', *sealmail.trust(), *sealmail.identity('bob'), number).stdout.decode()
    assert shown.startswith('Encrypted for 1 person. Signed by Alice <alice@example.org>.') and '  Hello Bob' in shown
    assert mail('save', *sealmail.trust(), *sealmail.identity('bob'), number, '1', '-o', '-').stdout == b'Hello Bob\r\n'
    assert b'> Hello Bob' in mail('reply', *sealmail.trust(), *sealmail.identity('bob'), number).stdout
    assert dovecot.flags() == ['']
    assert 'no message 999' in mail('show', '999', exit=66).err


def test_new_messages_are_fetched_once_and_stay_on_the_server(sealmail, dovecot, mail):
    first = dovecot.put(LETTER).read_bytes().replace(b'\r\n', b'\n')   # a Maildir's line ends
    assert json.loads(mail('fetch', '--maildir', 'box', '--json').stdout)['fetched'] == 1
    dovecot.put(sealmail.signed())
    assert '1 new messages' in mail('fetch', '--maildir', 'box').err
    assert '0 new messages' in mail('fetch', '--maildir', 'box').err
    files = sorted(sealmail.path('box/new').iterdir())
    assert len(files) == 2 and first in [f.read_bytes() for f in files]
    assert len(sealmail('mail', 'list', '--maildir', 'box', '--home', 'home').stdout.splitlines()) == 2
    files[0].unlink()   # what the reader removed does not come back
    assert '0 new messages' in mail('fetch', '--maildir', 'box').err
    assert dovecot.flags() == ['', '']


def test_a_message_whose_text_looks_like_the_protocol_is_only_text(dovecot, mail, sealmail):
    body = b'* BYE\r\ns4 OK done\r\n)\r\n{5}\r\n* 9 FETCH (UID 9 BODY[] {3}\r\n'
    sent = dovecot.put(LETTER.replace(b'hello', b'{12}') + body).read_bytes()
    mail('fetch', '--maildir', 'box')
    assert [f.read_bytes() for f in sealmail.path('box/new').iterdir()] == [sent.replace(b'\r\n', b'\n')]
    assert json.loads(mail('list', '--json').stdout)['messages'][0]['subject'] == '{12}'


def test_starttls_is_used_and_other_folders_are_read(dovecot, mail):
    dovecot.put(LETTER.replace(b'hello', b'archived'), '.Archive 2026')
    done = mail('list', url=f'imap://bob@localhost:{dovecot.plain}/Archive%202026')
    assert b'archived' in done.stdout
    assert 'Nowhere' in mail('list', url=f'imaps://bob@localhost:{dovecot.tls}/Nowhere', exit=66).err


def test_faults_of_the_connection_have_their_codes_and_say_what_to_do(sealmail, dovecot, mail):
    wrong = sealmail.write('wrong', b'no\n')
    wrong.chmod(0o600)
    assert 'password' in mail('list', password=wrong, exit=77).err
    assert '--tls-ca' in mail('list', ca=False, exit=77).err
    free = dovecot.servers.port()
    mail('list', url=f'imaps://bob@localhost:{free}/', exit=75)
    assert 'does not belong' in mail('list', url=f'imaps://bob:Xyzzy-42@localhost:{dovecot.tls}/', exit=64).err
    mail('list', url='http://localhost/', exit=64)
    assert mail('list', '--offline', exit=75).err


def test_a_folder_of_a_thousand_messages_is_listed_quickly(dovecot, mail):
    for i in range(1000):
        path = dovecot.box / 'new' / f'1700100000.M{i}P1.host'
        path.write_bytes(LETTER)
    dovecot.own()
    assert len(mail('list', '--last', 'all').stdout.splitlines()) == 1000


def answer_with(text):
    """A server that greets, and then says the same whatever it is asked."""
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen(1)

    def run():
        c, _ = s.accept()
        with c:
            c.settimeout(10)
            try:
                c.sendall(b'* OK hi\r\n')
                while data := c.recv(4096):
                    tag = data.split()[0]
                    if b'CAPABILITY' in data:
                        c.sendall(b'* CAPABILITY IMAP4rev1\r\n' + tag + b' OK x\r\n')
                    elif b'LOGIN' in data:
                        c.sendall(tag + b' OK x\r\n')
                    else:
                        c.sendall(text.replace(b'TAG', tag))
            except OSError:
                pass
    threading.Thread(target=run, daemon=True).start()
    return s


@pytest.mark.parametrize('text,code', [
    (b'* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\n', 40), (b'* 1 FETCH (UID 1 BODY[] {200000000}\r\n', 40),
    (b'x' * 1000000 + b'\r\nTAG OK\r\n', None), (b'TAG NO such folder\x1b[2J\r\n', 66), (b'\x00\x00\r\nTAG BAD\r\n', 66), (b'* BYE\r\n', 75),
], ids=['absurd', 'huge', 'long', 'no', 'bad', 'bye'])
def test_a_hostile_server_gets_no_further(mail, text, code):
    s = answer_with(text)
    done = mail('list', url=f'imap://bob@127.0.0.1:{s.getsockname()[1]}/', ca=False, exit=code)
    assert '\x1b' not in done.err and done.returncode != 70
    s.close()


def test_a_secret_is_seen_neither_in_arguments_nor_in_the_environment(sealmail, dovecot, mail):
    dovecot.put(LETTER)
    if not shutil.which('strace') or os.environ.get('SEALMAIL_SANITIZED'):
        pytest.skip('strace is missing, or the sanitizer forbids it')
    words = ['strace', '-f', '-v', '-s', '4096', '-e', 'trace=execve', '-o', sealmail.path('trace'), SEALMAIL, 'mail', 'list', '--imap',
             f'imaps://bob@localhost:{dovecot.tls}/', '--password-file', sealmail.path('word'), '--tls-ca', dovecot.dir / 'cert.pem', '--home',
             sealmail.path('home')]
    done = subprocess.run([str(w) for w in words], capture_output=True, env=sealmail.env, timeout=60)
    trace = sealmail.path('trace').read_text()
    assert done.returncode == 0 and 'sealmail-imap' in trace and 'Xyzzy' not in trace
