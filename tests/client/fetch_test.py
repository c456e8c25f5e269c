"""Revocation and issuers from the network: when it is asked, whom, and what is believed."""
import base64
import http.server
import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

import pytest
from conftest import LETTER, SEALMAIL

HELPER = SEALMAIL.with_name('sealmail-fetch')


class Web:
    """Answers by path; remembers what it was asked."""

    def __init__(self):
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, body=b''):
                web.seen.append((self.command, self.path, body, dict(self.headers)))
                for path, made in web.pages.items():
                    if self.path == path or (path.endswith('*') and self.path.startswith(path[:-1])):
                        return made(self, body)
                self.send_error(404)

            def do_GET(self):
                self.answer()

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers.get('Content-Length', 0))))

            def log_message(self, *words):
                pass

        self.pages, self.seen = {}, []
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def file(self, path, data, status=200, **headers):
        def page(handler, body):
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace('_', '-'), value)
            handler.send_header('Content-Length', str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
        self.pages[path] = page

    def paths(self):
        return [path for _, path, _, _ in self.seen]


@pytest.fixture
def web():
    w = Web()
    yield w
    w.server.shutdown()
    w.server.server_close()


def run(cwd, *words, **more):
    return subprocess.run(['openssl', *map(str, words)], cwd=cwd, check=True, capture_output=True, **more)


class Scene:
    """A CA whose certificates say where its lists, its responder and its own certificate are."""

    def __init__(self, sealmail, web):
        self.sealmail, self.web, self.home, self.pki = sealmail, web, sealmail.cwd / 'home', sealmail.pki
        self.dir = sealmail.cwd
        self.serial = 100
        sealmail('trust', 'add', '-q', '--home', self.home, sealmail.pki / 'root.pem')
        self.issue('ca', '/CN=Fetched CA', sealmail.pki / 'root', 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n'
                   f'crlDistributionPoints=URI:{web.url}/root.crl')
        web.file('/root.crl', (sealmail.pki / 'root.crl.der').read_bytes())
        web.file('/ca.cer', run(self.dir, 'x509', '-in', 'ca.pem', '-outform', 'DER').stdout)
        self.revoked = []

    def issue(self, name, subject, ca, ext):
        self.serial += 1
        (self.dir / 'x.cnf').write_text(f'[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n[e]\nsubjectKeyIdentifier=hash\n'
                                        f'authorityKeyIdentifier=keyid\n{ext}\n')
        run(self.dir, 'req', '-x509', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-config', 'x.cnf',
            '-extensions', 'e', '-keyout', f'{name}.key', '-out', f'{name}.pem', '-subj', subject, '-days', '300',
            '-set_serial', self.serial, '-CA', f'{ca}.pem', '-CAkey', f'{ca}.key')

    def person(self, name='alice', where=('OCSP', 'CRL'), ocsp=None, crl=None, issuer=None, ca='ca'):
        ext = 'keyUsage=digitalSignature\nextendedKeyUsage=emailProtection\nsubjectAltName=email:alice@example.org\n'
        aia = [f'OCSP;URI:{ocsp or self.web.url + "/ocsp"}'] if 'OCSP' in where else []
        aia += [f'caIssuers;URI:{issuer or self.web.url + "/ca.cer"}'] if 'ISSUER' in where else []
        if aia:
            ext += f'authorityInfoAccess={",".join(aia)}\n'
        if 'CRL' in where:
            ext += f'crlDistributionPoints=URI:{crl or self.web.url + "/ca.crl"}\n'
        self.issue(name, '/CN=Alice', self.dir / ca, ext)
        return self.sealmail('sign', '-q', '--key', f'{name}.key', '--cert', f'{name}.pem',
                             *([] if 'ISSUER' in where else ['--chain', 'ca.pem']), stdin=LETTER).stdout

    def index(self, *revoked):
        """The CA's records, as openssl ca and openssl ocsp read them."""
        lines = []
        for pem in sorted(self.dir.glob('*.pem')):
            serial = run(self.dir, 'x509', '-in', pem, '-noout', '-serial').stdout.decode().split('=')[1].strip()
            state = 'R\t351231235959Z\t260101000000Z,keyCompromise' if pem.stem in revoked else 'V\t351231235959Z\t'
            lines.append(f'{state}\t{serial}\tunknown\t/CN={pem.stem}\n')
        (self.dir / 'index.txt').write_text(''.join(lines))

    def crl(self, *revoked, ca='ca', path='/ca.crl', days=('-crldays', '30')):
        self.index(*revoked)
        (self.dir / 'ca.cnf').write_text('[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha256\n')
        run(self.dir, 'ca', '-config', 'ca.cnf', '-gencrl', '-cert', f'{ca}.pem', '-keyfile', f'{ca}.key', *days, '-out', 'ca.crl')
        self.web.file(path, run(self.dir, 'crl', '-in', 'ca.crl', '-outform', 'DER').stdout)

    def responder(self, *revoked, signer='ca', get=True):
        """OCSP in our own server, answered by openssl."""
        self.index(*revoked)

        def page(handler, body):
            if handler.command == 'GET':
                if not get:
                    return handler.send_error(405)
                body = base64.b64decode(urllib.parse.unquote(handler.path.split('/ocsp/', 1)[1]))
            req = self.dir / f'{time.monotonic_ns()}.req'
            req.write_bytes(body)
            run(self.dir, 'ocsp', '-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', f'{signer}.pem', '-rkey', f'{signer}.key',
                '-reqin', req, '-respout', f'{req}.resp', '-ndays', '2')
            data = Path(f'{req}.resp').read_bytes()
            handler.send_response(200)
            handler.send_header('Content-Length', str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
        self.web.pages['/ocsp*'] = page

    def config(self, text):
        (self.home / 'config').write_text(text)
        (self.home / 'config').chmod(0o600)

    def __call__(self, mail, *words, exit=0, **more):
        done = self.sealmail('verify', '--home', self.home, '--json', *words, stdin=mail, exit=exit, start_new_session=True, **more)
        report = json.loads(done.stdout)
        signer = next(l for l in report['layers'] if l['type'] == 'signed')['signers'][0]
        done.checks = {c['id']: c for c in signer['checks']}
        return done

    def cached(self):
        return sorted(p.name for p in (self.home / 'cache').iterdir()) if (self.home / 'cache').exists() else []


@pytest.fixture
def scene(sealmail, web):
    return Scene(sealmail, web)


def ok(done, name='revocation'):
    return done.checks[name]['ok']


# ---- when the network is asked ----

def test_nothing_is_asked_by_default_and_unknown_is_said(scene, web):
    mail = scene.person()
    scene.responder()
    done = scene(mail)
    assert ok(done) is None and 'Not known' in done.checks['revocation']['why'] and web.seen == []


def test_online_asks_and_a_second_reading_asks_no_more(scene, web):
    mail = scene.person()
    scene.responder()
    assert ok(scene(mail, '--online')) is True
    asked = len(web.seen)
    assert asked == 2 and len(scene.cached()) == 2
    assert ok(scene(mail)) is True and ok(scene(mail, '--offline')) is True and len(web.seen) == asked


def test_offline_wins_over_everything(scene, web):
    scene.config('fetch-revocation = yes\nfetch-intermediates = yes\n')
    mail = scene.person(where=('OCSP', 'CRL', 'ISSUER'))
    scene(mail, '--offline', '--online', exit=11)
    scene.sealmail('verify', '--home', scene.home, '--offline', '--require-revocation', '--certs', 'ca.pem', stdin=mail, exit=75)
    assert web.seen == []


@pytest.mark.parametrize('level,kinds', [('no', set()), ('crl', {'/root.crl', '/ca.crl'}), ('yes', {'/root.crl', '/ocsp'})])
def test_the_config_file_says_what_is_asked(scene, web, level, kinds):
    scene.config(f'fetch-revocation = {level}\n')
    mail = scene.person()
    scene.responder()
    scene.crl()
    assert ok(scene(mail)) is (None if level == 'no' else True)
    assert {'/ocsp' if p.startswith('/ocsp') else p for p in web.paths()} == kinds


def test_require_revocation_asks_and_is_75_when_nothing_is_had(scene, web):
    mail = scene.person()
    scene.responder()
    scene(mail, '--require-revocation')
    other = scene.person('other', ocsp='http://127.0.0.1:1/', crl='http://127.0.0.1:1/crl')
    done = scene(other, '--require-revocation', exit=75)
    assert 'nothing was had from http://127.0.0.1:1/' in done.err


def test_who_names_the_roots_needs_no_home_and_leaves_no_cache(scene, web, tmp_path):
    mail = scene.person()
    scene.responder()
    env = {'HOME': str(tmp_path / 'nobody')}
    scene.sealmail('verify', '--trust', scene.pki / 'root.pem', '--require-revocation', stdin=mail, env=env)
    assert len(web.seen) == 2 and not (tmp_path / 'nobody').exists()


# ---- whom ----

def test_a_signer_who_is_not_trusted_reaches_nobody(scene, web):
    mail = scene.person()
    scene.responder()
    scene.sealmail('trust', 'remove', '-q', '--home', scene.home, scene.sealmail.json('trust', 'list', '--home', scene.home)['roots'][0]['id'])
    scene(mail, '--online', exit=11)
    scene.sealmail('trust', 'add', '-q', '--home', scene.home, '--domain', 'partner.example', scene.pki / 'root.pem')
    scene(mail, '--online', exit=11)
    assert web.seen == []


def test_a_broken_signature_reaches_nobody(scene, web):
    mail = scene.person()
    scene(mail.replace(b'Hello Bob', b'Hello Eve'), '--online', exit=10)
    assert web.seen == []


def test_a_signature_inside_a_cipher_without_integrity_reaches_nobody(scene, web):
    mail = scene.person()
    scene.responder()
    pki = scene.pki
    for cipher, asked in (('aes-256-cbc', 0), ('aes-256-gcm', 2)):
        sealed = scene.sealmail('encrypt', '-q', '--cipher', cipher, '-r', pki / 'bob.pem', stdin=mail).stdout
        scene.sealmail('open', '--home', scene.home, '--online', '--key', pki / 'bob.p12', '--passphrase-file', pki / 'passphrase',
                       stdin=sealed, exit=None)
        assert len(web.seen) == asked


def test_a_signature_outside_an_encryption_reaches_nobody(scene, web):
    pki = scene.pki
    sealed = scene.sealmail('encrypt', '-q', '-r', pki / 'bob.pem', stdin=LETTER).stdout
    scene.person()
    outside = scene.sealmail('sign', '-q', '--key', 'alice.key', '--cert', 'alice.pem', '--chain', 'ca.pem', stdin=sealed).stdout
    scene.sealmail('open', '--home', scene.home, '--online', '--key', pki / 'bob.p12', '--passphrase-file', pki / 'passphrase',
                   stdin=outside, exit=15)
    assert web.seen == []


# ---- what is believed ----

@pytest.mark.parametrize('by', ['ocsp', 'crl'])
def test_revoked_is_13_from_the_network_and_from_the_cache(scene, web, by):
    mail = scene.person(where=('OCSP',) if by == 'ocsp' else ('CRL',))
    scene.responder('alice')
    scene.crl('alice')
    scene(mail, '--online', exit=13)
    asked = len(web.seen)
    scene(mail, exit=13)
    assert len(web.seen) == asked


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def test_openssls_own_responder_is_understood(scene):
    port = free_port()
    mail = scene.person(ocsp=f'http://127.0.0.1:{port}')
    scene.index()
    server = subprocess.Popen(['openssl', 'ocsp', '-port', str(port), '-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'ca.pem',
                               '-rkey', 'ca.key', '-ndays', '1', '-ignore_err'], cwd=scene.dir, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert select.select([server.stdout], [], [], 20)[0] and b'ACCEPT' in server.stdout.readline()
        assert ok(scene(mail, '--online')) is True
    finally:
        server.terminate()
        server.wait(10)


def test_ocsp_goes_by_get_and_where_that_is_refused_by_post(scene, web):
    mail = scene.person()
    scene.responder(get=False)
    assert ok(scene(mail, '--online')) is True
    asked = [(m, p) for m, p, _, _ in web.seen if p.startswith('/ocsp')]
    assert [m for m, _ in asked] == ['GET', 'POST'] and asked[1][1] == '/ocsp'
    assert re.fullmatch(r'/ocsp/[A-Za-z0-9%]+', asked[0][1])


def test_an_ocsp_answer_signed_by_somebody_else_is_neither_believed_nor_kept(scene, web):
    mail = scene.person(where=('OCSP',))
    scene.person('stranger')
    scene.responder(signer='stranger')
    done = scene(mail, '--online')
    assert ok(done) is None and 'not genuine' in done.err and len(scene.cached()) == 1
    scene.responder()
    assert ok(scene(mail, '--online')) is True


@pytest.mark.parametrize('junk', [b'', b'hello', b'\x30\x80' + b'\0' * 100, b'\x30\x03\x0a\x01\x06'])
def test_junk_is_nothing(scene, web, junk):
    mail = scene.person()
    web.file('/ocsp', junk)
    web.file('/ocsp*', junk)
    web.file('/ca.crl', junk)
    assert ok(scene(mail, '--online')) is None and len(scene.cached()) == 1


def test_a_list_of_another_authority_is_nothing(scene, web):
    mail = scene.person(where=('CRL',))
    web.file('/ca.crl', (scene.pki / 'inter.crl.der').read_bytes())
    assert ok(scene(mail, '--online')) is None


def test_an_old_list_is_asked_for_anew(scene, web):
    mail = scene.person(where=('CRL',))
    scene.crl(days=('-crlsec', '2'))
    assert ok(scene(mail, '--online')) is True
    time.sleep(3)
    assert ok(scene(mail)) is None
    scene.crl('alice')
    scene(mail, '--online', exit=13)


# ---- bounds ----

def test_an_endless_answer_ends(scene, web):
    mail = scene.person(where=('CRL',))

    def page(handler, body):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(200):
                handler.wfile.write(b'\0' * (1 << 20))
        except OSError:
            pass
    web.pages['/ca.crl'] = page
    done = scene(mail, '--online')
    assert ok(done) is None and 'too large' in done.err


def test_a_declared_size_beyond_the_limit_is_not_begun(scene, web):
    mail = scene.person(where=('CRL',))
    began = time.monotonic()

    def page(handler, body):
        handler.send_response(200)
        handler.send_header('Content-Length', '99999999999')
        handler.end_headers()
        time.sleep(3)
    web.pages['/ca.crl'] = page
    done = scene(mail, '--online')
    assert ok(done) is None and 'too large' in done.err and time.monotonic() - began < 2.5


def test_a_slow_responder_is_given_up_and_the_list_is_asked(scene, web):
    mail = scene.person()
    scene.crl()

    def page(handler, body):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            time.sleep(0.1)
            try:
                handler.wfile.write(b'H')
            except OSError:
                return
    web.pages['/ocsp*'] = page
    began = time.monotonic()
    done = scene(mail, '--online')
    assert ok(done) is True and 'did not answer in time' in done.err and time.monotonic() - began < 20


@pytest.mark.parametrize('to,said', [('file:///etc/passwd', 'another kind'), ('https://127.0.0.1:1/x', 'another kind'),
                                     ('ftp://127.0.0.1/x', 'another kind'), ('gopher://127.0.0.1/x', 'another kind')])
def test_a_redirection_to_another_scheme_is_not_followed(scene, web, to, said):
    mail = scene.person(where=('CRL',))
    web.file('/ca.crl', b'', status=302, Location=to)
    done = scene(mail, '--online')
    assert ok(done) is None and said in done.err


def test_three_redirections_are_followed_and_no_fourth(scene, web):
    mail = scene.person(where=('CRL',))
    scene.crl(path='/list')
    for start, good in ((1, True), (0, None)):
        for n in range(start, 4):
            web.file('/ca.crl' if n == start else f'/hop{n}', b'', status=302, Location=f'/hop{n + 1}' if n < 3 else '/list')
        for f in scene.cached():
            (scene.home / 'cache' / f).unlink()
        assert ok(scene(mail, '--online')) is good


@pytest.mark.parametrize('url', ['file:///etc/passwd', 'ldap://127.0.0.1/cn=x', 'ftp://127.0.0.1/a.crl', 'http://user:word@127.0.0.1/a.crl',
                                 'http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/a.crl', 'http://0.0.0.0/a.crl'])
def test_other_addresses_are_not_asked(scene, web, url):
    mail = scene.person(where=('CRL',), crl=url.replace(',', ''))
    done = scene(mail, '--online')
    assert ok(done) is None and 'nothing was had from' in done.err and [p for p in web.paths() if p != '/root.crl'] == []


def test_private_addresses_can_be_closed(scene, web):
    scene.config('fetch-private = no\n')
    mail = scene.person()
    scene.responder()
    done = scene(mail, '--online')
    assert ok(done) is None and 'private one' in done.err and web.seen == []


def test_a_request_says_nothing_about_us(scene, web):
    mail = scene.person()
    scene.responder()
    scene(mail, '--online')
    for _, _, _, headers in web.seen:
        assert set(headers) <= {'Host', 'User-Agent', 'Accept', 'Content-Type', 'Content-Length'} and headers['User-Agent'] == 'sealmail'


# ---- issuers ----

def test_a_missing_issuer_is_fetched_only_when_the_config_says_so(scene, web):
    mail = scene.person(where=('ISSUER',))
    scene(mail, '--online', exit=11)
    scene.config('fetch-intermediates = yes\n')
    done = scene(mail, exit=11)      # anybody wrote that address: not into our own network
    assert web.seen == [] and done.checks['chain']['ok'] is False
    scene.config('fetch-intermediates = yes\nfetch-private = all\n')
    assert ok(scene(mail), 'chain') is True and web.paths() == ['/ca.cer']
    assert ok(scene(mail), 'chain') is True and web.paths() == ['/ca.cer']


@pytest.mark.parametrize('what', ['attacker-root.pem', 'alice.pem', 'root.pem'])
def test_what_is_not_the_issuer_is_not_taken(scene, web, what):
    scene.config('fetch-intermediates = yes\nfetch-private = all\n')
    mail = scene.person(where=('ISSUER',))
    web.file('/ca.cer', (scene.pki / what).read_bytes())
    scene(mail, exit=11)
    assert scene.cached() == []


# ---- the cache ----

def test_a_cache_that_others_can_write_is_not_used(scene, web):
    mail = scene.person()
    scene.responder()
    scene(mail, '--online')
    (scene.home / 'cache').chmod(0o777)
    assert ok(scene(mail)) is None
    (scene.home / 'cache').chmod(0o700)
    assert ok(scene(mail)) is True


def test_a_damaged_entry_is_nothing_and_is_replaced(scene, web):
    mail = scene.person()
    scene.responder()
    scene(mail, '--online')
    for name in scene.cached():
        path = scene.home / 'cache' / name
        path.write_bytes(path.read_bytes()[:-7])
    assert ok(scene(mail)) is None
    assert ok(scene(mail, '--online')) is True


def test_the_cache_is_bounded(scene, web):
    mail = scene.person()
    scene.responder()
    (scene.home / 'cache').mkdir(mode=0o700)
    for n in range(600):
        p = scene.home / 'cache' / f'{n:032x}'
        p.write_bytes(b'until: 2030-01-01T00:00:00Z\nx')
        p.chmod(0o600)
        os.utime(p, (n, n))
    scene(mail, '--online')
    left = scene.cached()
    assert len(left) == 500 and f'{0:032x}' not in left and f'{599:032x}' in left


def test_a_killed_reading_leaves_no_half_entry(scene, web):
    mail = scene.person()
    scene.responder()
    for n in range(int(os.environ.get('SEALMAIL_LOOPS', '20'))):
        p = subprocess.Popen([SEALMAIL, 'verify', '-q', '--online', '--home', scene.home], cwd=scene.dir, env=scene.sealmail.env,
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        p.stdin.write(mail)
        p.stdin.close()
        time.sleep(0.004 * (n % 15))
        p.send_signal(signal.SIGKILL)
        p.wait()
        for name in scene.cached():
            if not name.startswith('.'):
                assert (scene.home / 'cache' / name).read_bytes().startswith(b'until: 20')
        if n % 5 == 4:
            for name in scene.cached():
                (scene.home / 'cache' / name).unlink()
    assert ok(scene(mail, '--online')) is True


def test_without_the_helper_program_it_is_said_and_nothing_breaks(scene, tmp_path):
    mail = scene.person()
    alone = tmp_path / 'sealmail'
    alone.write_bytes(SEALMAIL.read_bytes())
    alone.chmod(0o755)
    done = subprocess.run([alone, 'verify', '--online', '--home', scene.home], cwd=scene.dir, input=mail, env=scene.sealmail.env,
                          capture_output=True)
    assert done.returncode == 0 and b'sealmail-fetch is not installed' in done.stderr


def test_the_command_itself_does_not_link_curl():
    assert 'curl' not in subprocess.run(['ldd', SEALMAIL], capture_output=True, text=True).stdout
    assert 'curl' in subprocess.run(['ldd', HELPER], capture_output=True, text=True).stdout


def test_a_revoked_certificate_is_not_encrypted_to_even_when_it_was_confirmed(scene, web):
    scene.issue('bob', '/CN=Bob', scene.dir / 'ca', 'keyUsage=keyAgreement\nextendedKeyUsage=emailProtection\n'
                f'subjectAltName=email:bob@example.org\ncrlDistributionPoints=URI:{web.url}/ca.crl\n')

    def encrypt(exit, *words):
        return scene.sealmail('encrypt', '--home', scene.home, '-r', 'bob@example.org', *words, stdin=LETTER, exit=exit)
    scene.sealmail('who', 'add', '--home', scene.home, 'bob.pem', 'ca.pem')
    encrypt(0)
    assert web.seen == []
    scene.crl('bob')
    scene.config('fetch-revocation = crl\n')
    encrypt(0, '--offline')
    assert web.seen == []
    assert 'revoked' in encrypt(30).err and web.paths() == ['/ca.crl', '/root.crl']
    scene.config('')
    encrypt(30, '--offline')    # what is known stays known
    assert len(web.seen) == 2
    shown = json.loads(scene.sealmail('who', '--home', scene.home, '--json', 'bob@example.org', exit=30).stdout)
    assert shown['contacts'][0]['status'] == 'revoked'
