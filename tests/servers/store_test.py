"""Certificates from HTTP stores (RFC 4387) and from signed names (SMIMEA, RFC 8162)."""
import base64
import hashlib
import http.server
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from client_conftest import LETTER
from directory_test import book, config, der, server_certificate, tool  # noqa: F401


# ---- HTTP ----

class Store(http.server.BaseHTTPRequestHandler):
    certs = {}     # address -> list of DER

    def log_message(self, *words):
        pass

    def reply(self, status, kind='text/plain', body=b'', **headers):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urlsplit(self.path)
        what = getattr(self, 'at_' + url.path.strip('/').replace('/', '_'), None)
        what(parse_qs(url.query)) if what else self.reply(404)

    def at_certificates(self, query):
        found = self.certs.get(query['email'][0], [])
        if not found:
            self.reply(404)
        elif len(found) == 1:
            self.reply(200, 'application/pkix-cert', found[0])
        else:
            parts = b''
            for n, c in enumerate(found):
                part = base64.encodebytes(c) if n % 2 else c
                head = b'Content-Transfer-Encoding: base64\r\n' if n % 2 else b''
                parts += b'--xyz\r\nContent-Type: application/pkix-cert\r\n' + head + b'\r\n' + part + b'\r\n'
            self.reply(200, 'multipart/mixed; boundary="xyz"', parts + b'--xyz--\r\n')

    def at_moved(self, query):
        self.reply(302, Location='/certificates?email=' + query['email'][0])

    def at_round(self, query):
        self.reply(302, Location='/round')

    def at_file(self, query):
        self.reply(302, Location='file:///etc/hostname')

    def at_other(self, query):
        self.reply(302, Location=f'{self.server.other}/certificates?email=' + query['email'][0])

    def at_broken(self, query):
        self.reply(500)

    def at_noise(self, query):
        self.reply(200, 'application/pkix-cert', b'\x30\x82\xff\xff' + b'x' * 5000)

    def at_endless(self, query):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(200):
                self.wfile.write(b'x' * 65536)
        except OSError:
            pass

    def at_slow(self, query):
        time.sleep(15)


@pytest.fixture(scope='module')
def store(pki, tmp_path_factory):
    folder = tmp_path_factory.mktemp('store')
    server_certificate(folder)
    plain = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Store)
    tls = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Store)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / 'server.pem', folder / 'server.key')
    tls.socket = context.wrap_socket(tls.socket, server_side=True)
    plain.other, tls.other = f'https://127.0.0.1:{tls.server_port}', f'http://127.0.0.1:{plain.server_port}'
    Store.certs = {'bob@example.org': [der(pki / 'bob.pem')], 'alice@example.org': [der(pki / 'alice.pem'),
                   der(pki / 'alice-rsa2048.pem'), der(pki / 'bob.pem')]}
    for s in (plain, tls):
        s.daemon_threads = True
        threading.Thread(target=s.serve_forever, daemon=True).start()
    yield {'http': tls.other, 'https': plain.other, 'ca': folder / 'tlsroot.pem'}
    plain.shutdown()
    tls.shutdown()


@pytest.mark.parametrize('scheme', ['http', 'https'])
def test_a_store_gives_one_certificate_or_several(sealmail, book, store, scheme):  # noqa: F811
    config(book, directory=f'{store[scheme]}/certificates', directory_ca=store['ca'])
    sealed = book('encrypt', '-q', '-r', 'bob@example.org', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('bob'), stdin=sealed).stdout
    alice = book.one('alice@example.org')
    assert {c['sha256'] for c in alice['certificates']} == {
        hashlib.sha256(der(sealmail.pki / f'{n}.pem')).hexdigest() for n in ('alice', 'alice-rsa2048')}
    assert all(s['kind'] == scheme for c in alice['certificates'] for s in c['sources'])
    assert 'nothing' in book.one('carol@example.org', 30)['looked']
    assert 'nothing' in book.one('bob&email=alice@example.org', 30)['looked']


def test_a_redirection_stays_within_its_scheme(book, store):  # noqa: F811
    assert book.one('bob@example.org', 0, '--directory', f'{store["http"]}/moved')['status'] == 'usable'
    book('who forget', 'bob@example.org')
    config(book, directory_ca=store['ca'])
    for scheme, path in (('http', 'other'), ('https', 'other'), ('http', 'file'), ('http', 'round')):
        bob = book.one('bob@example.org', 30, '--directory', f'{store[scheme]}/{path}')
        assert bob['certificates'] == [] and 'found' not in bob['looked'] and 'nothing' not in bob['looked'], path


@pytest.mark.parametrize('path,words', [('broken', '500'), ('endless', 'larger'), ('slow', 'within 10 seconds'),
                                        ('noise', 'nothing')])
def test_a_store_that_misbehaves_is_bounded_and_said(book, store, path, words):  # noqa: F811
    begin = time.monotonic()
    bob = book.one('bob@example.org', 30, '--directory', f'{store["http"]}/{path}')
    assert words in bob['looked'] and bob['certificates'] == [] and time.monotonic() - begin < 15


def test_a_store_with_another_certificate_is_not_asked(sealmail, book, store):  # noqa: F811
    config(book, directory=f'{store["https"]}/certificates', directory_ca=sealmail.pki / 'root.pem')
    assert book.one('bob@example.org', 30)['certificates'] == []


# ---- DNS ----

def owner(address):
    local, _, domain = address.partition('@')
    return f'{hashlib.sha256(local.encode()).digest()[:28].hex()}._smimecert.{domain}.'


def record(address, cert, usage=3, selector=0, match=0):
    data = bytes([usage, selector, match]) + cert
    return f'{owner(address)} 60 IN TYPE53 \\# {len(data)} {data.hex()}\n'


HEAD = '$ORIGIN {0}.\n@ 60 IN SOA ns.{0}. admin.{0}. 1 3600 600 86400 60\n@ 60 IN NS ns.{0}.\nns 60 IN A 127.0.0.1\n'


@pytest.fixture(scope='module')
def names(servers, pki, tmp_path_factory):
    folder = tmp_path_factory.mktemp('names')
    unbound, port = tool('unbound'), servers.port()
    bob, alice, mallory = (der(pki / f'{n}.pem') for n in ('bob', 'alice', 'mallory'))
    attacker = der(pki / 'attacker-alice.pem')
    zone = HEAD.format('example.org') + record('bob@example.org', bob, 1) + record('alice@example.org', attacker, 3)
    zone += record('mallory@example.org', mallory, 1)
    zone += record('hash@example.org', hashlib.sha256(bob).digest(), 3, 0, 1)
    (folder / 'example.org').write_text(zone)
    key = subprocess.run([tool('ldns-keygen'), '-a', 'ECDSAP256SHA256', '-k', 'example.org'], cwd=folder, check=True,
                         capture_output=True, text=True).stdout.strip()
    subprocess.run([tool('ldns-signzone'), 'example.org', key], cwd=folder, check=True, capture_output=True)
    signed = (folder / 'example.org.signed').read_text()
    # Mallory's record was exchanged after it was signed.
    lines = []
    for line in signed.splitlines():
        if line.startswith(owner('mallory@example.org')[:20]) and 'RRSIG' not in line and 'NSEC' not in line:
            line = line.replace(mallory.hex()[-20:], 'ab' * 10)
        lines.append(line)
    assert '\n'.join(lines) != signed.rstrip('\n')
    (folder / 'example.org.signed').write_text('\n'.join(lines) + '\n')
    (folder / 'plain.example').write_text(HEAD.format('plain.example') + record('bob@plain.example', bob, 3))
    (folder / 'unbound.conf').write_text(f'''server:
  interface: 127.0.0.1@{port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/pid"
  use-syslog: no
  do-ip6: no
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
auth-zone:
  name: "example.org"
  zonefile: "{folder}/example.org.signed"
  for-upstream: no
auth-zone:
  name: "plain.example"
  zonefile: "{folder}/plain.example"
  for-upstream: no
remote-control:
  control-enable: no
''')

    def ready():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.settimeout(0.2)
            return s.connect_ex(('127.0.0.1', port)) == 0
    servers.start([unbound, '-c', folder / 'unbound.conf'], ready=ready)
    return {'smimea': 'yes', 'dns_server': f'127.0.0.1@{port}', 'dns_anchor': folder / f'{key}.key'}


def test_a_record_that_dnssec_proves_is_found(sealmail, book, names):  # noqa: F811
    config(book, **names)
    sealed = book('encrypt', '-q', '-r', 'bob@example.org', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('bob'), stdin=sealed).stdout
    bob = book.one()
    assert bob['certificates'][0]['sources'][0]['kind'] == 'dns' and bob['certificates'][0]['vouched'] is None
    host, port = names['dns_server'].split('@')
    seen = subprocess.run([tool('drill'), '-t', '-p', port, f'@{host}', owner('bob@example.org'), 'TYPE53'], capture_output=True,
                          text=True, check=True).stdout
    assert der(sealmail.pki / 'bob.pem').hex()[:40] in seen.lower().replace(' ', '')


def test_a_certificate_that_its_domain_vouches_for_needs_no_root_for_two_weeks(book, names):  # noqa: F811
    config(book, **names)
    alice = book.one('alice@example.org')    # her CA is trusted by nobody
    assert alice['status'] == 'usable' and 'vouches' in alice['why'] and alice['certificates'][0]['vouched']
    later = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 15 * 86400))
    assert book.one('alice@example.org', 30, '--offline', '--at', later)['status'] == 'untrusted'


@pytest.mark.parametrize('address,words', [('mallory@example.org', 'forged'), ('bob@plain.example', 'does not sign'),
                                           ('nobody@example.org', 'nothing'), ('hash@example.org', 'nothing')])
def test_what_dnssec_does_not_prove_is_not_taken(book, names, address, words):  # noqa: F811
    config(book, **names)
    found = book.one(address, 30)
    assert found['certificates'] == [] and words in found['looked']


def test_names_are_asked_only_when_config_says_so_and_never_offline(book, names):  # noqa: F811
    config(book, **{**names, 'smimea': 'no'})
    assert book.one('bob@example.org', 30)['looked'] is None
    config(book, **names)
    assert 'offline' in book.one('bob@example.org', 30, '--offline')['looked']


def test_without_a_key_of_the_root_nothing_is_believed(sealmail, book, names):  # noqa: F811
    config(book, **{**names, 'dns_anchor': sealmail.write('empty', b'; nothing\n')})
    bob = book.one('bob@example.org', 30)
    assert bob['certificates'] == []


# ---- a shared mail folder ----

@pytest.fixture(scope='module')
def shared(servers):
    if shutil.which('dovecot') is None:
        pytest.skip('dovecot is missing')
    from imap_test import Dovecot
    d = Path(tempfile.mkdtemp(prefix='sm-shared-', dir='/tmp'))
    d.chmod(0o755)
    yield Dovecot(servers, d)
    servers.end()
    shutil.rmtree(d, ignore_errors=True)


def test_a_shared_mail_folder_is_a_directory_and_stays_as_it_is(sealmail, book, shared):  # noqa: F811
    pki = sealmail.pki
    only = subprocess.run(['openssl', 'crl2pkcs7', '-nocrl', '-certfile', pki / 'bob.pem', '-outform', 'der'], check=True,
                          capture_output=True).stdout
    shared.put(b'From: keys@example.org\r\nSubject: certificate of bob@example.org\r\nMIME-Version: 1.0\r\n'
               b'Content-Type: application/pkcs7-mime; smime-type=certs-only; name=smime.p7c\r\n'
               b'Content-Transfer-Encoding: base64\r\n\r\n' + base64.encodebytes(only))
    shared.put(sealmail.signed('alice'))
    shared.put(b'From: mallory@example.org\r\nSubject: hello\r\n\r\nno certificate here\r\n')
    word = sealmail.write('word', b'Xyzzy-42\n')
    word.chmod(0o600)
    config(book, directory=f'imaps://bob@localhost:{shared.tls}/INBOX', imap_password_file=word, imap_ca=shared.dir / 'cert.pem')
    sealed = book('encrypt', '-q', '-r', 'bob@example.org', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('bob'), stdin=sealed).stdout
    alice = book.one('alice@example.org')
    assert alice['status'] == 'usable' and alice['certificates'][0]['sources'][0]['kind'] == 'imaps'
    for address in ('mallory@example.org', '*@example.org', '"x\\" OR ALL"@example.org'):
        assert book.one(address, 30)['certificates'] == []
    assert shared.flags() == ['', '', '']
    config(book, directory=f'imaps://bob@localhost:{shared.tls}/INBOX', imap_password_file=word)
    assert 'could not be read' in book.one('mallory@example.org', 30)['looked']
