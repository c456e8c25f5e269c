"""Certificates from directories: slapd, an HTTP store, a signed DNS zone, a folder."""
import hashlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from client_conftest import LETTER, Sender, letter
from conftest import CLIENT, listens, load

Book = load('who_test_book', CLIENT / 'book.py').Book
SUFFIX = 'dc=example,dc=org'


def tool(name):
    path = shutil.which(name, path=os.environ['PATH'] + ':/usr/sbin:/sbin')
    if path is None:
        pytest.skip(f'{name} is missing')
    return path


@pytest.fixture
def book(sealmail):
    b = Book(sealmail)
    b.trust_root()
    b('who add', sealmail.pki / 'inter.pem')
    return b


def der(pem):
    return subprocess.run(['openssl', 'x509', '-in', pem, '-outform', 'der'], check=True, capture_output=True).stdout


def config(book, **lines):
    f = book.home / 'config'
    f.write_text(''.join(f'{k.replace("_", "-")} = {v}\n' for k, v in lines.items()))
    f.chmod(0o600)


def server_certificate(folder):
    """For a server, by the test CA; and the file of roots that leads to it."""
    (folder / 'san').write_text('subjectAltName=IP:127.0.0.1\n')
    subprocess.run(['openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
                    folder / 'server.key', '-subj', '/CN=the server', '-out', folder / 'server.csr'], check=True, capture_output=True)
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
                    folder / 'tlsroot.key', '-subj', '/CN=TLS root', '-out', folder / 'tlsroot.pem'], check=True, capture_output=True)
    subprocess.run(['openssl', 'x509', '-req', '-in', folder / 'server.csr', '-CA', folder / 'tlsroot.pem', '-CAkey',
                    folder / 'tlsroot.key', '-set_serial', '7', '-extfile', folder / 'san', '-out', folder / 'server.pem',
                    '-days', '100'], check=True, capture_output=True)


# ---- a folder ----

@pytest.mark.parametrize('name', ['bob@example.org.pem', 'bob@example.org.cer', 'anything'])
def test_a_folder_of_files_is_a_directory_without_network(sealmail, book, name):
    folder = sealmail.cwd / 'people'
    folder.mkdir()
    pem = sealmail.pki / 'bob.pem'
    (folder / name).write_bytes(der(pem) if name.endswith('cer') else pem.read_bytes())
    (folder / 'noise').write_bytes(b'hello')
    shutil.copy(sealmail.pki / 'inter.pem', folder)
    assert book.one('bob@example.org', 30)['status'] == 'unknown'
    sealed = book('encrypt', '-q', '--offline', '--directory', folder, '-r', 'bob@example.org', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('bob'), stdin=sealed).stdout
    bob = book.one()     # remembered, with where it came from
    assert bob['status'] == 'usable' and [s['kind'] for s in bob['certificates'][0]['sources']] == ['folder']
    people = json.loads(book('who', '--search', 'BOB', '--directory', folder, '--json').stdout)['people']
    assert [p['address'] for p in people] == ['bob@example.org']


def test_a_folder_that_is_not_there_is_said(book):
    done = book('encrypt', '--directory', '/nowhere', '-r', 'bob@example.org', stdin=LETTER, exit=30)
    assert 'folder /nowhere: ' in done.err and 'No such file' in done.err


def test_an_address_leads_nowhere_else(sealmail, book):
    folder = sealmail.cwd / 'people'
    folder.mkdir()
    odd = '../x/bob@example.org'
    (sealmail.cwd / 'x').mkdir()
    shutil.copy(sealmail.pki / 'bob.pem', sealmail.cwd / 'x' / 'bob@example.org.pem')
    assert book.one(odd, 30, '--directory', folder)['status'] == 'unknown'


# ---- LDAP ----

class Slapd:
    def __init__(self, servers, folder):
        self.port, self.tls_port, self.plain_port = servers.port(), servers.port(), servers.port()
        self.folder = folder
        server_certificate(folder)
        for name, port, tls in (('tls', self.port, True), ('plain', self.plain_port, False)):
            (folder / name / 'db').mkdir(parents=True)
            (folder / f'{name}.conf').write_text(f'''
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/misc.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/{name}.pid
{f"""TLSCACertificateFile {folder}/tlsroot.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
""" if tls else ''}
sizelimit 500
database mdb
suffix "{SUFFIX}"
rootdn "cn=admin,{SUFFIX}"
rootpw secret
directory {folder}/{name}/db
access to * by * read
''')
            urls = f'ldap://127.0.0.1:{port}' + (f' ldaps://127.0.0.1:{self.tls_port}' if tls else '')
            servers.start([tool('slapd'), '-d', '0', '-h', urls, '-f', folder / f'{name}.conf'], port)
            self.add(port, f'dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n')

    def add(self, port, ldif):
        subprocess.run([tool('ldapadd'), '-x', '-H', f'ldap://127.0.0.1:{port}', '-D', f'cn=admin,{SUFFIX}', '-w', 'secret'],
                       input=ldif.encode(), check=True, capture_output=True)

    def person(self, name, address, certs=(), smime=()):
        import base64
        ldif = f'dn: cn={name},{SUFFIX}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {address}\n'
        ldif += ''.join(f'userCertificate;binary:: {base64.b64encode(c).decode()}\n' for c in certs)
        ldif += ''.join(f'userSMIMECertificate:: {base64.b64encode(c).decode()}\n' for c in smime)
        for port in (self.port, self.plain_port):
            self.add(port, ldif)


@pytest.fixture(scope='module')
def slapd(servers, pki, tmp_path_factory):
    tool('slapd')
    s = Slapd(servers, tmp_path_factory.mktemp('slapd'))
    bob, alice = der(pki / 'bob.pem'), der(pki / 'alice.pem')
    p7 = subprocess.run(['openssl', 'crl2pkcs7', '-nocrl', '-certfile', pki / 'alice.pem', '-certfile', pki / 'inter.pem',
                         '-outform', 'der'], check=True, capture_output=True).stdout
    s.person('Bob', 'bob@example.org', certs=[bob])
    s.person('Alice', 'alice@example.org', smime=[p7])
    s.person('Mallory', 'mallory@example.org', certs=[bob, alice])   # other people's
    s.person('Star', '*@example.org', certs=[der(pki / 'mallory.pem')])
    return s


def url(slapd, scheme='ldap', host='127.0.0.1'):
    port = {'ldap': slapd.port, 'ldaps': slapd.tls_port, 'plain': slapd.plain_port}[scheme]
    return f'{"ldap" if scheme == "plain" else scheme}://{host}:{port}/{SUFFIX}'


@pytest.mark.parametrize('scheme', ['ldap', 'ldaps', 'plain'])
def test_a_certificate_is_found_by_ldap_and_kept(sealmail, book, slapd, scheme):
    config(book, directory=url(slapd, scheme), directory_ca=slapd.folder / 'tlsroot.pem')
    bob = book.one('bob@example.org', None)
    assert [c['sha256'] for c in bob['certificates']] == [hashlib.sha256(der(sealmail.pki / 'bob.pem')).hexdigest()]
    source, = bob['certificates'][0]['sources']
    assert source['kind'] == ('ldaps' if scheme == 'ldaps' else 'ldap') and source['where'].startswith('127.0.0.1:')
    assert ': 1 found' in bob['looked']
    # A second judge holds the same.
    asked = subprocess.run([tool('ldapsearch'), '-x', '-LLL', '-H', f'ldap://127.0.0.1:{slapd.port}', '-b', SUFFIX,
                            '(mail=bob@example.org)', 'userCertificate;binary'], capture_output=True, text=True, check=True)
    assert 'userCertificate;binary::' in asked.stdout


def test_certs_only_cms_brings_the_chain_and_is_used_at_once(sealmail, book, slapd):
    config(book, directory=url(slapd), directory_ca=slapd.folder / 'tlsroot.pem')
    sealed = book('encrypt', '-q', '-r', 'alice@example.org', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('alice'), stdin=sealed).stdout
    assert book.one('alice@example.org')['looked'] is None     # what is at hand is not asked for
    assert book.one('alice@example.org', 0, '--refresh')['looked']
    assert len(book.one('alice@example.org')['certificates']) == 1


def test_a_certificate_of_somebody_else_is_not_taken(book, slapd):
    config(book, directory=url(slapd), directory_ca=slapd.folder / 'tlsroot.pem')
    assert book.one('mallory@example.org', 30)['certificates'] == []


@pytest.mark.parametrize('address', ['*@example.org', 'b*@example.org', '"bob)(mail=*"@example.org', '"*)(cn=*"@example.org',
                                     '"\\\\2a"@example.org', '!*@example.org', '|(mail=*@example.org'])
def test_an_address_is_a_value_and_no_filter(book, slapd, address):
    config(book, directory=url(slapd), directory_ca=slapd.folder / 'tlsroot.pem')
    found = book.one(address, None)
    assert [c['subject'] for c in found['certificates']] == []


@pytest.mark.parametrize('name,hits', [('bo', ['bob@example.org']), ('*', ['*@example.org']), ('o*b', []), (')(cn=*', []),
                                       ('li', ['alice@example.org']), ('\\2a', []), ('nobody', [])])
def test_people_are_searched_by_part_of_a_name(book, slapd, name, hits):
    config(book, directory=url(slapd), directory_ca=slapd.folder / 'tlsroot.pem')
    # "*" is no mail address that one can write to by rule, but it is a valid one.
    people = json.loads(book('who', '--search', name, '--json').stdout)['people']
    assert [p['address'] for p in people] == hits


def test_a_server_whose_certificate_is_not_trusted_is_not_asked(sealmail, book, slapd):
    for scheme in ('ldap', 'ldaps'):
        config(book, directory=url(slapd, scheme), directory_ca=sealmail.pki / 'root.pem')
        bob = book.one('bob@example.org', 30)
        assert bob['certificates'] == [] and 'found' not in bob['looked'] and 'nothing' not in bob['looked']
    # the right root, another name
    config(book, directory=url(slapd, 'ldaps', 'localhost'), directory_ca=slapd.folder / 'tlsroot.pem')
    assert book.one('bob@example.org', 30)['certificates'] == []


def test_several_servers_are_asked_and_failures_are_said(sealmail, book, slapd):
    refused = f'ldap://localhost:{sealmail_free_port()}/{SUFFIX}'
    (book.home / 'config').write_text(f'directory = {refused}\ndirectory = {url(slapd)}\ndirectory = {url(slapd, "ldaps")}\n'
                                      f'directory-ca = {slapd.folder}/tlsroot.pem\n')
    bob = book.one('bob@example.org', None)
    assert {s['kind'] for s in bob['certificates'][0]['sources']} == {'ldap', 'ldaps'}
    first, second, third = bob['looked'].split('; ')
    assert 'nothing answers' in first and '1 found' in second and '1 found' in third


def test_offline_asks_nobody(book, slapd):
    config(book, directory=url(slapd), directory_ca=slapd.folder / 'tlsroot.pem')
    bob = book.one('bob@example.org', 30, '--offline')
    assert '--offline' in bob['looked'] and bob['certificates'] == []
    done = book('encrypt', '--offline', '-r', 'bob@example.org', stdin=LETTER, exit=30)
    assert '--offline' in done.err


def sealmail_free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


# ---- groups ----

class Groups(Sender):
    """A sender who asks the directory for groups."""

    def __init__(self, sealmail, slapd):
        super().__init__(sealmail)
        self.slapd = slapd
        self.knows('mallory')
        self.setting(url(slapd))

    def setting(self, *directories, groups='yes'):
        self.file('config', ''.join(f'directory = {d}\n' for d in directories) + f'directory-groups = {groups}\n'
                  f'directory-ca = {self.slapd.folder}/tlsroot.pem\n')

    def send_to(self, address, exit=0, **more):
        return self('--encrypt', '-t', letter=letter(f'To: {address}'), exit=exit, **more)

    def members(self, address, *words):
        plan = self.plan('-t', *words, letter=letter(f'To: {address}'))
        return {r['address']: r for m in plan['messages'] for r in m['recipients']}


@pytest.fixture(scope='module')
def crowd(slapd):
    """Groups: plain, unique, an alias, nested, looped, too deep, too large, odd."""
    def dn(name):
        return f'cn={name},{SUFFIX}'

    def group(name, *lines, kind='groupOfNames'):
        slapd.add(slapd.port, f'dn: {dn(name)}\nobjectClass: {kind}\nobjectClass: extensibleObject\ncn: {name}\n'
                              f'mail: {name}@example.org\n' + ''.join(f'{l}\n' for l in lines))
    slapd.add(slapd.port, f'dn: {dn("Mute")}\nobjectClass: inetOrgPerson\ncn: Mute\nsn: M\n')
    group('team', f'member: {dn("Bob")}', f'member: {dn("Mallory")}')
    group('unique', f'uniqueMember: {dn("Bob")}#\'01\'B', f'uniqueMember: {dn("Mallory")}', kind='groupOfUniqueNames')
    group('alias', 'rfc822MailMember: bob@example.org', 'rfc822MailMember: mallory@example.org', kind='nisMailAlias')
    group('nested', f'member: {dn("inner")}', f'member: {dn("Bob")}')
    group('inner', f'member: CN=nested, {SUFFIX.upper()}', f'member: {dn("inner")}', f'member: {dn("Mallory")}')
    group('gaps', f'member: {dn("Bob")}', f'member: {dn("Mute")}', f'member: {dn("Gone")}')
    group('empty', f'member: {dn("Mute")}')
    for i in range(1, 7):
        group(f'deep{i}', f'member: {dn(f"deep{i + 1}" if i < 6 else "Bob")}')
    group('largest', *(f'rfc822MailMember: p{i}@example.org' for i in range(1000)), kind='nisMailAlias')
    group('toolarge', *(f'rfc822MailMember: p{i}@example.org' for i in range(1001)), kind='nisMailAlias')
    group('evil', 'rfc822MailMember: bob@example.org, x@evil.example', 'rfc822MailMember: bob@example.org', kind='nisMailAlias')
    return slapd


@pytest.fixture
def groups(sealmail, crowd):
    return Groups(sealmail, crowd)


@pytest.mark.parametrize('name', ['team', 'unique', 'alias', 'nested', 'inner'])
def test_the_members_of_a_group_each_get_the_letter_encrypted(groups, name):
    groups.send_to(f'{name}@example.org')
    assert groups.boxes_filled() == ['bob@example.org', 'mallory@example.org']
    message = groups.one('mallory@example.org')
    assert f'To: {name}@example.org'.encode() in message and b'Hello' not in message
    for who in ('bob', 'mallory'):
        report, text = groups.opened(groups.one(f'{who}@example.org'), who)
        assert b'Hello' in text


def test_a_group_is_shown_as_an_alias_with_its_directory(groups, crowd):
    shown = groups.members('team@example.org')
    assert set(shown) == {'bob@example.org', 'mallory@example.org'}
    for r in shown.values():
        assert (r['alias'], r['list'], r['directory']) == ('team@example.org', 'team', f'ldap 127.0.0.1:{crowd.port}')
    out = groups('--dry-run', '-t', letter=letter('To: team@example.org')).stdout.decode()
    assert f'by team@example.org of the list team, a group of ldap 127.0.0.1:{crowd.port}' in out
    # A second judge counts the same members.
    asked = subprocess.run([tool('ldapsearch'), '-x', '-LLL', '-H', f'ldap://127.0.0.1:{crowd.port}', '-b', SUFFIX,
                            '(mail=team@example.org)', 'member'], capture_output=True, text=True, check=True)
    assert asked.stdout.count('member: ') == len(shown)


def test_groups_are_not_asked_for_unless_wanted_or_offline_or_for_somebody_known(groups, crowd):
    silent = socket.create_server(('127.0.0.1', 0))
    silent.settimeout(0.2)
    somewhere = f'ldap://127.0.0.1:{silent.getsockname()[1]}/{SUFFIX}'
    groups.setting(somewhere)
    assert set(groups.members('team@example.org', '--offline')) == {'team@example.org'}
    groups.setting(somewhere, groups='no')
    groups.file('policy', 'default encrypt=never\n')     # whose certificates would be looked for
    assert set(groups.members('team@example.org')) == {'team@example.org'}
    groups.setting(somewhere)
    groups.send_to('bob@example.org', exit=31)             # a certificate of his is known
    with pytest.raises(TimeoutError):
        silent.accept()
    silent.close()


def test_members_without_an_address_are_said_and_get_nothing(groups):
    done = groups.send_to('gaps@example.org')
    assert '2 of its members have no address' in done.err and groups.boxes_filled() == ['bob@example.org']
    assert 'nobody in the group empty@example.org' in groups.send_to('empty@example.org', exit=30).err
    assert set(groups.members('evil@example.org')) == {'bob@example.org'}


@pytest.mark.parametrize('name,why', [('toolarge', 'more than 1000 members'), ('deep1', 'more than 5 groups in one another')])
def test_a_group_beyond_a_limit_is_refused_whole(groups, name, why):
    assert why in groups.send_to(f'{name}@example.org', exit=40).err
    assert groups.boxes_filled() == [] and groups.queue() == []


def test_a_group_at_the_limits_is_expanded(groups):
    assert set(groups.members('deep2@example.org')) == {'bob@example.org'}
    assert len(groups.members('largest@example.org')) == 1000


@pytest.mark.parametrize('address', ['*@example.org', 'tea*@example.org', '"*)(cn=*"@example.org', '"|(mail=*"@example.org',
                                     '"team@example.org)(mail=*"@example.org'])
def test_the_address_of_a_group_is_a_value_and_no_filter(groups, address):
    assert [r['alias'] for r in json.loads(groups('--dry-run', '--json', address).stdout)['messages'][0]['recipients']] == [None]


def test_a_directory_that_is_down_keeps_the_letter_from_going(groups, crowd):
    down = f'ldap://127.0.0.1:{sealmail_free_port()}/{SUFFIX}'
    groups.setting(down)
    done = groups.send_to('team@example.org', exit=75)
    assert 'nothing was sent' in done.err and 'nothing answers' in done.err
    assert groups.boxes_filled() == [] and groups.queue() == []
    groups.setting(down, url(crowd))       # another one knows it
    assert len(groups.members('team@example.org')) == 2
    groups('-t', letter=letter('To: nobody@example.org'), exit=75)
    with socket.create_server(('127.0.0.1', 0)) as silent:
        groups.setting(f'ldap://127.0.0.1:{silent.getsockname()[1]}/{SUFFIX}')
        begin = time.monotonic()
        assert 'nothing was sent' in groups.send_to('team@example.org', exit=75).err and time.monotonic() - begin < 30


def test_the_password_goes_to_the_first_ldap_directory_alone(book, slapd):
    """The second one would refuse it."""
    secret = book.home / 'secret'
    secret.write_text('secret\n')
    (book.home / 'config').write_text(f'directory = {url(slapd)}\ndirectory = {url(slapd, "plain")}\n'
                                      f'directory-ca = {slapd.folder}/tlsroot.pem\ndirectory-user = cn=first,{SUFFIX}\n'
                                      f'directory-password-file = {secret}\n')
    first, second = book.one('bob@example.org', None)['looked'].split('; ')
    assert 'Signing in' in first and '1 found' in second


def test_a_silent_or_endless_server_is_left_in_time(book):
    """One accepts and says nothing; one sends a length of gigabytes."""
    silent, endless = socket.create_server(('127.0.0.1', 0)), socket.create_server(('127.0.0.1', 0))

    def flood():
        conn, _ = endless.accept()
        try:
            conn.sendall(b'\x30\x84\x7f\xff\xff\xff' + b'\x02\x01\x01' + b'\0' * (1 << 20))
            time.sleep(20)
        except OSError:
            pass
        conn.close()
    threading.Thread(target=flood, daemon=True).start()
    begin = time.monotonic()
    bob = book.one('bob@example.org', 30, '--directory', f'ldap://localhost:{silent.getsockname()[1]}/{SUFFIX}',
                   '--directory', f'ldap://127.0.0.1:{endless.getsockname()[1]}/{SUFFIX}')
    assert time.monotonic() - begin < 40 and bob['certificates'] == []
    assert len(bob['looked'].split('; ')) == 2 and 'found' not in bob['looked']
    silent.close()
    endless.close()
