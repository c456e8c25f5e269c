"""`sealmail doctor`: each fault is seeded, found by its name, explained, and mended by the command that it names."""
import json
import os
import re
import shutil
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest
from conftest import BUILD, ROOT, SEALMAIL

HELPERS = ['sealmail-fetch', 'sealmail-imap', 'sealmail-lookup', 'sealmail-mail', 'sealmail-token']
NOW = datetime.now(timezone.utc)


def day(days):
    return (NOW + timedelta(days=days)).strftime('%Y-%m-%dT%H:%M:%SZ')


class Ward:
    """A HOME that is well, until a test makes it ill."""

    def __init__(self, sealmail, template):
        self.sealmail, self.pki, self.home = sealmail, sealmail.pki, sealmail.cwd / 'home'
        self.word = sealmail.write('word', b'secret\n')
        self.word.chmod(0o600)
        sealmail.env['LANG'] = sealmail.env['LC_ALL'] = 'C.UTF-8'
        if template.exists():
            shutil.copytree(template, self.home)
            return
        self.adopt(self.pki / 'alice.p12')
        self('trust', 'add', '-q', self.pki / 'root.pem')
        self.export()
        shutil.copytree(self.home, template)

    def __call__(self, *words, **more):
        return self.sealmail(*words, '--home', self.home, start_new_session=True, **more)

    def adopt(self, *files, secret=True):
        words = ['--passphrase-file', self.pki / 'passphrase'] if secret else ['--no-passphrase']
        return self('id', 'import', '-q', *files, *words)

    def export(self):
        out = self.sealmail.cwd / 'backup.p12'
        for identity in json.loads(self('id', 'list', '--json').stdout)['identities']:
            for key in identity['keys']:
                self('id', 'export', '-q', '--passphrase-file', self.pki / 'passphrase', '--new-passphrase-file', self.word, '-o', out, key['id'])

    def keys(self):
        return [k for i in json.loads(self('id', 'list', '--json').stdout)['identities'] for k in i['keys']]

    def key_dir(self, n=0):
        return self.home / 'keys' / self.keys()[n]['id']

    def config(self, text):
        (self.home / 'config').write_text(text)
        (self.home / 'config').chmod(0o600)

    def look(self, *words, network=False, **more):
        spool = [] if '--spool' in words else ['--spool', self.sealmail.cwd]
        done = self('doctor', '--json', *spool, *([] if network else ['--offline']), *words, exit=None, **more)
        report = json.loads(done.stdout)
        assert done.returncode == report['exit'] and done.err == ''
        assert done.returncode == (78 if any(f['weight'] == 'problem' for f in report['findings']) else 0)
        for f in report['findings']:
            assert f['what'].endswith(('.', ')')) and f['fix'].endswith('.') and f['id'] in report['checked']
        return [f for f in report['findings'] if f['id'] not in ('passphrase-cache', 'disk-full', 'spool') or f['id'] in (more.get('also') or words)]

    def find(self, id, *words, **more):
        found = [f for f in self.look(*words, **more) if f['id'] == id]
        assert found, f'{id} was not found among {[f["id"] for f in self.look(*words, **more)]}'
        return found[0]

    def ids(self, *words, **more):
        return {f['id'] for f in self.look(*words, **more)}

    def mend(self, finding, n=0, **words):
        """Do what the n-th command of the fix says."""
        command = re.findall(r'`([^`]+)`', finding['fix'])[n]
        for old, new in words.items():
            command = command.replace(old, str(new))
        if command.startswith('sealmail '):
            verb, rest = command.split(' ', 1)
            command = f'{SEALMAIL} {rest} --home {self.home}'
        return subprocess.run(command, shell=True, cwd=self.sealmail.cwd, env=self.sealmail.env, check=True, capture_output=True)


@pytest.fixture(scope='session')
def template(tmp_path_factory):
    return tmp_path_factory.mktemp('well') / 'home'


@pytest.fixture
def ward(sealmail, template):
    return Ward(sealmail, template)


def openssl(cwd, *words, **more):
    return subprocess.run(['openssl', *map(str, words)], cwd=cwd, check=True, capture_output=True, **more)


def person(ward, name, days=300, ca=None, mail='carol@example.org', key=('ec', '-pkeyopt', 'ec_paramgen_curve:P-256'), more='', digest='-sha256',
           usage='digitalSignature,keyAgreement'):
    cwd, ca = ward.sealmail.cwd, ca or ward.pki / 'inter'
    (cwd / 'x.cnf').write_text(f'[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n[e]\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'
                               f'keyUsage={usage}\nextendedKeyUsage=emailProtection\nsubjectAltName=email:{mail}\n{more}\n')
    openssl(cwd, 'req', '-x509', '-new', '-newkey', *key, '-noenc', '-config', 'x.cnf', '-extensions', 'e', '-keyout', f'{name}.key',
            '-out', f'{name}.pem', '-subj', f'/CN={name}', '-days', days, digest, '-CA', f'{ca}.pem', '-CAkey', f'{ca}.key')
    return [f'{name}.key', f'{name}.pem']


# ---- well ----

def test_who_is_well_is_told_so(ward):
    assert ward.look() == []
    assert 'All is well' in ward('doctor', '--offline', '--spool', ward.sealmail.cwd).stdout.decode()


def test_looking_changes_nothing(ward):
    def state():
        return {str(p): (p.lstat().st_mtime_ns, p.lstat().st_mode) for p in [ward.home, *ward.home.rglob('*')]}
    before = state()
    ward.look()
    assert state() == before


def test_without_a_home_nothing_is_made(sealmail):
    done = sealmail('doctor', '--offline', '--home', sealmail.cwd / 'none', '--json', '--spool', sealmail.cwd)
    assert 'home-missing' in {f['id'] for f in json.loads(done.stdout)['findings']} and not (sealmail.cwd / 'none').exists()


def test_every_check_has_a_word_in_the_manual_and_a_test(ward):
    checked = json.loads(ward('doctor', '--json', '--spool', ward.sealmail.cwd, exit=None).stdout)['checked']
    page = (ROOT / 'man' / 'sealmail-doctor.1').read_text()
    listed = {w for l in re.findall(r'^\.It ([a-z , -]+)$', page, re.M) for w in l.split(' , ')}
    assert set(checked) == listed and len(checked) >= 35 and len(set(checked)) == len(checked)
    own = open(__file__).read()
    assert [c for c in checked if f"'{c}'" not in own] == []


def test_explain_knows_every_finding(ward):
    for id in json.loads(ward('doctor', '--offline', '--json', '--spool', ward.sealmail.cwd, exit=None).stdout)['checked']:
        assert 'a finding of `sealmail doctor`' in ward.sealmail('explain', id).stdout.decode()
    assert 'own-root-untrusted' in ward.sealmail('explain').stdout.decode()


# ---- HOME ----

@pytest.mark.parametrize('what,mode', [('.', 0o755), ('keys', 0o750), ('trust', 0o777), ('keys/*/key.pem', 0o644), ('keys/*/info', 0o660),
                                       ('trust/*.pem', 0o664), ('lock', 0o666)])
def test_permissions(ward, what, mode):
    path = next(ward.home.glob(what)) if what != '.' else ward.home
    path.chmod(mode)
    finding = ward.find('permissions')
    assert str(path) in finding['what'] and 'other users' in finding['what']
    ward.mend(finding)
    assert ward.look() == []


def test_a_config_file_may_be_read_by_others_but_not_changed(ward):
    ward.config('queue-days = 3\n')
    (ward.home / 'config').chmod(0o644)
    assert ward.look() == []
    (ward.home / 'config').chmod(0o664)
    ward.mend(ward.find('permissions'))
    assert ward.look() == []


def test_a_folder_above_that_others_may_write_to(ward):
    ward.home.parent.chmod(0o777)
    finding = ward.find('home-above')
    ward.mend(finding)
    assert ward.look() == []


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can give a file away')
def test_files_of_another_user(ward):
    os.chown(ward.home / 'trust', 12345, -1)
    finding = ward.find('owner')
    assert f'sudo chown -R 0 {ward.home}/trust' in finding['fix']
    os.chown(ward.home / 'trust', 0, -1)
    assert ward.look() == []


def test_a_link_in_home(ward):
    (ward.home / 'keys' / 'elsewhere').symlink_to('/etc')
    ward.mend(ward.find('odd-file'))
    assert ward.look() == []


def test_what_a_killed_program_left(ward):
    for name in ('.tmp-77-0', 'keys/.new-77-0', 'keys/.gone-abc'):
        path = ward.home / name
        path.mkdir(mode=0o700) if 'keys' in name else path.touch(0o600)
        os.utime(path, (1, 1))
    (ward.home / '.tmp-78-0').touch(0o600)    # of a program that may be at work
    found = [f for f in ward.look() if f['id'] == 'leftovers']
    assert len(found) == 3
    for f in found:
        ward.mend(f)
    assert ward.look() == [] and (ward.home / '.tmp-78-0').exists()


def test_a_lock_that_is_held(ward):
    holder = subprocess.Popen(['/usr/bin/python3', '-c', f'import fcntl, time\nf = open({str(ward.home / "lock")!r}, "w")\n'
                               'fcntl.lockf(f, fcntl.LOCK_EX)\nprint("held", flush=True)\ntime.sleep(60)'], stdout=subprocess.PIPE)
    holder.stdout.readline()
    assert 'fuser' in ward.find('lock-held')['fix']
    holder.terminate()
    holder.wait()
    assert ward.look() == []


@pytest.mark.parametrize('text,said', [('nonsense = 1\n', 'nonsense'), ('queue-days = soon\n', 'number'), ('no equals\n', 'key = value')])
def test_a_config_file_with_a_fault(ward, text, said):
    ward.config(text)
    assert said in ward.find('config')['what']
    ward.config('')
    assert ward.look() == []


def test_a_policy_with_a_fault(ward):
    (ward.home / 'policy').write_text('default encrypt=perhaps\n')
    (ward.home / 'policy').chmod(0o600)
    assert 'policy' in ward.find('policy')['what']
    (ward.home / 'policy').unlink()
    (ward.home / 'aliases').write_text('team |/bin/sh\n')
    (ward.home / 'aliases').chmod(0o600)
    assert 'aliases' in ward.find('policy')['what']


def test_letters_that_wait(ward):
    letter = ward.home / 'queue' / '20200101T000000-abcdef'
    letter.mkdir(mode=0o700, parents=True)
    (ward.home / 'queue').chmod(0o700)
    os.utime(letter, (1, 1))
    assert 'sealmail send --queue' in ward.find('queue-stuck')['fix']


# ---- keys ----

@pytest.mark.parametrize('left,weight', [(29, 'advice'), (16, 'advice'), (13, 'problem'), (2, 'problem')])
def test_a_certificate_that_ends_soon(ward, left, weight):
    ward.adopt(*person(ward, 'carol', days=left), secret=False)
    finding = ward.find('key-expiring')
    assert finding['weight'] == weight and re.search(f'ends in ({left - 1}|{left}) day', finding['what'])
    assert ('today' in finding['fix']) == (left == 2)
    assert 'key-expiring' in ward.ids('--at', day(left - 1))
    assert 'key-expired' in ward.ids('--at', day(left + 1))


def test_a_successor_ends_the_worry(ward):
    ward.adopt(*person(ward, 'carol', days=5), secret=False)
    assert 'key-expiring' in ward.ids()
    ward.adopt(*person(ward, 'newer', days=200), secret=False)
    assert 'key-expiring' not in ward.ids() and 'key-expired' not in ward.ids('--at', day(20))


def test_renewing_is_what_mends_an_expiring_certificate(ward):
    ward.adopt(*person(ward, 'carol', days=5), secret=False)
    command = re.search(r'`sealmail (id renew \S+)`', ward.find('key-expiring')['fix'])[1]
    ward(*command.split(), '--no-passphrase', '-o', 'new.csr')
    openssl(ward.sealmail.cwd, 'x509', '-req', '-in', 'new.csr', '-CA', ward.pki / 'inter.pem', '-CAkey', ward.pki / 'inter.key', '-days', '300',
            '-set_serial', '7', '-copy_extensions', 'copyall', '-out', 'new.pem')
    ward('id', 'import', '-q', 'new.pem')
    assert 'key-expiring' not in ward.ids()


def test_a_request_that_nobody_answers(ward):
    ward('id', 'new', '-q', '--kind', 'p-256', '--no-passphrase', 'dan@example.org', '-o', 'dan.csr')
    assert 'request-pending' not in ward.ids()
    finding = ward.find('request-pending', '--at', day(20))
    openssl(ward.sealmail.cwd, 'x509', '-req', '-in', 'dan.csr', '-CA', ward.pki / 'inter.pem', '-CAkey', ward.pki / 'inter.key', '-days', '300',
            '-copy_extensions', 'copyall', '-out', 'dan.pem')
    ward.mend(finding, FILE='dan.pem')
    assert 'request-pending' not in ward.ids('--at', day(20))


def test_a_private_key_that_is_gone_comes_back_from_the_backup(ward):
    ward.export()
    (ward.key_dir() / 'key.pem').unlink()
    finding = ward.find('key-missing')
    subprocess.run(['rm', '-r', ward.key_dir()], check=True)
    ward.mend(finding, FILE=f'backup.p12 --passphrase-file {ward.word}')
    assert 'key-missing' not in ward.ids()


def test_a_keyring_without_keys(ward):
    ward.export()
    shutil.rmtree(ward.key_dir())
    ward.mend(ward.find('no-keys'), FILE=f'backup.p12 --passphrase-file {ward.word}')
    assert 'no-keys' not in ward.ids()


def test_a_damaged_keyring_is_told_and_the_rest_is_looked_at(ward):
    (ward.key_dir() / 'public.pem').write_text('nonsense')
    (ward.home / 'trust' / 'x').symlink_to('/')
    assert ward.ids() >= {'keyring-damaged', 'odd-file'}
    assert 'public.pem is damaged' in ward.find('keyring-damaged')['what']


def test_a_certificate_of_another_key(ward):
    certs = ward.key_dir() / 'certs.pem'
    certs.write_bytes(certs.read_bytes() + (ward.pki / 'bob.pem').read_bytes())
    finding = ward.find('key-mismatch')
    assert 'CN=Bob' in finding['what']
    ward.mend(finding, FILE=f'{ward.pki}/bob.key {ward.pki}/bob.pem --no-passphrase')
    assert 'key-mismatch' not in ward.ids()


def test_a_key_without_a_passphrase(ward):
    ward.adopt(*person(ward, 'carol'), secret=False)
    finding = ward.find('key-unprotected')
    assert finding['weight'] == 'advice' and 'whoever reads the file' in finding['what']


def test_a_key_that_was_never_exported(ward):
    ward.adopt(*person(ward, 'carol'), secret=False)
    finding = ward.find('no-backup')
    ward.mend(finding, FILE=f'carol.p12 --new-passphrase-file {ward.word}')
    assert 'no-backup' not in ward.ids()


def test_an_address_that_cannot_be_written_to(ward):
    ward.adopt(*person(ward, 'carol', usage='digitalSignature'), secret=False)
    assert 'sealmail id new --use encrypt carol@example.org' in ward.find('no-encryption')['fix']
    ward.adopt(*person(ward, 'enc', usage='keyAgreement'), secret=False)
    assert 'no-encryption' not in ward.ids()


def test_a_chain_that_is_not_whole(ward):
    ward.adopt(*person(ward, 'carol'), secret=False)
    finding = ward.find('chain-incomplete')
    assert 'Example Mail CA' in finding['what']
    ward.mend(finding, FILE=ward.pki / 'inter.pem')
    assert 'chain-incomplete' not in ward.ids()


def test_ones_own_root_that_is_not_trusted(ward):
    ward('trust', 'remove', '-q', json.loads(ward('trust', 'list', '--json').stdout)['roots'][0]['id'])
    assert 'no-roots' in ward.ids()
    ward.mend(ward.find('own-root-untrusted'))
    assert ward.look() == []


def test_ones_own_root_for_other_peoples_mail(ward):
    ward('trust', 'remove', '-q', json.loads(ward('trust', 'list', '--json').stdout)['roots'][0]['id'])
    ward('trust', 'add', '-q', '--domain', 'partner.example', ward.pki / 'root.pem')
    finding = ward.find('own-root-untrusted')
    assert 'alice@example.org is not in them' in finding['what']
    ward.mend(finding)
    assert ward.look() == []


@pytest.mark.parametrize('key,digest,said', [(('rsa:1024',), '-sha256', 'RSA'), (('ec', '-pkeyopt', 'ec_paramgen_curve:P-256'), '-sha1', 'SHA')])
def test_weak_keys_and_signatures(ward, key, digest, said):
    usage = 'digitalSignature,keyEncipherment' if 'rsa' in key[0] else 'digitalSignature,keyAgreement'
    ward.adopt(*person(ward, 'carol', key=key, digest=digest, usage=usage), ward.pki / 'inter.pem', secret=False)
    assert said in ward.find('weak-key')['what']


def test_ones_own_certificate_that_was_revoked(ward):
    url = 'http://ca.example/list'
    cwd = ward.sealmail.cwd
    ward.adopt(*person(ward, 'carol', more=f'crlDistributionPoints=URI:{url}'), ward.pki / 'inter.pem', secret=False)
    serial = openssl(cwd, 'x509', '-in', 'carol.pem', '-noout', '-serial').stdout.decode().split('=')[1].strip()
    (cwd / 'index.txt').write_text(f'R\t351231235959Z\t260101000000Z,keyCompromise\t{serial}\tunknown\t/CN=carol\n')
    (cwd / 'ca.cnf').write_text('[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha256\n')
    openssl(cwd, 'ca', '-config', 'ca.cnf', '-gencrl', '-cert', ward.pki / 'inter.pem', '-keyfile', ward.pki / 'inter.key', '-crldays', '9', '-out', 'r.crl')
    der = openssl(cwd, 'crl', '-in', 'r.crl', '-outform', 'DER').stdout
    import hashlib
    (ward.home / 'cache').mkdir(mode=0o700)
    entry = ward.home / 'cache' / hashlib.sha256(f'crl\n{url}\n'.encode()).hexdigest()[:32]
    entry.write_bytes(f'until: {day(5)}\n'.encode() + der)
    entry.chmod(0o600)
    assert 'was revoked by its issuer' in ward.find('own-revoked')['what']


# ---- roots and contacts ----

def test_damaged_roots(ward):
    path = next((ward.home / 'trust').glob('*.pem'))
    path.write_text('nonsense')
    finding = ward.find('trust-damaged')
    ward.mend(finding)
    ward('trust', 'add', '-q', ward.pki / 'root.pem')
    assert ward.look() == []


def root(ward, name, days, key=('ec', '-pkeyopt', 'ec_paramgen_curve:P-256')):
    openssl(ward.sealmail.cwd, 'req', '-x509', '-new', '-newkey', *key, '-noenc', '-keyout', f'{name}.key', '-out', f'{name}.pem',
            '-subj', f'/CN={name}', '-days', days, '-addext', 'keyUsage=keyCertSign')
    ward('trust', 'add', '-q', f'{name}.pem')


def test_roots_that_end(ward):
    root(ward, 'short', 30)
    assert 'short' in ward.find('root-expiring')['what']
    finding = ward.find('root-expired', '--at', day(31))
    ward.mend(finding, 1)
    assert 'root-expired' not in ward.ids('--at', day(31))


def test_a_root_that_can_be_forged(ward):
    root(ward, 'weak', 300, ('rsa:1024',))
    finding = ward.find('root-weak')
    ward.mend(finding, 1)
    assert ward.look() == []


def test_system_roots_that_are_gone(ward):
    system = ward.home / 'trust' / 'system'
    system.write_text('added: 2026-01-01T00:00:00Z\nfor: shop.example\nbundle: /nowhere/roots.crt\n')
    system.chmod(0o600)
    finding = ward.find('system-roots-missing')
    ward.mend(finding, 1)
    assert ward.look() == []


def test_a_correspondent_whose_certificates_have_all_ended(ward):
    ward('who', 'add', '-q', ward.pki / 'bob.pem')
    assert ward.look() == []
    finding = ward.find('contacts-expired', '--at', day(4000))
    assert 'bob@example.org' in finding['what']
    ward.mend(finding, 1)
    assert 'contacts-expired' not in ward.ids('--at', day(4000))


def test_a_stale_cache(ward):
    (ward.home / 'cache').mkdir(mode=0o700)
    for n, until in enumerate(('2020-01-01T00:00:00Z', day(5))):
        p = ward.home / 'cache' / f'{n:032x}'
        p.write_bytes(f'until: {until}\nx'.encode())
        p.chmod(0o600)
    finding = ward.find('cache-stale')
    assert finding['what'].startswith('1 of 2')
    ward.mend(finding)
    assert ward.look() == []


# ---- the machine ----

def test_a_clock_that_is_behind(ward):
    os.utime(ward.home / 'lock', (time.time() + 9e6, time.time() + 9e6))
    finding = ward.find('clock-behind')
    assert 'judged wrongly' in finding['what'] and 'timedatectl' in finding['fix']
    assert 'clock-behind' not in ward.ids('--at', day(0))


def test_a_clock_that_is_far_ahead(ward):
    lib = next((p for p in ('/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1', '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1')
                if os.path.exists(p)), None)
    if lib is None or 'sanitize' in os.environ.get('ASAN_OPTIONS', ''):
        pytest.skip('libfaketime is missing')
    env = {'LD_PRELOAD': lib, 'FAKETIME': '@2060-01-01 00:00:00', 'FAKETIME_DONT_FAKE_MONOTONIC': '1'}
    done = ward('doctor', '--offline', '--json', '--spool', ward.sealmail.cwd, exit=None, env=env)
    assert 'clock-ahead' in {f['id'] for f in json.loads(done.stdout)['findings']}


def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip('only root can mount')
    disk = tmp_path / 'disk'
    disk.mkdir()
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'none', disk], capture_output=True).returncode != 0:
        pytest.skip('nothing can be mounted here')
    return disk


def test_a_disk_that_is_nearly_full(ward, tmp_path):
    disk = small_disk(tmp_path)
    try:
        shutil.copytree(ward.home, disk / 'home')
        disk.chmod(0o755)
        done = ward.sealmail('doctor', '--offline', '--json', '--home', disk / 'home', '--spool', disk, exit=78)
        found = {f['id']: f for f in json.loads(done.stdout)['findings']}
        assert 'MiB are left' in found['disk-full']['what'] and 'lies in memory' in found['spool']['what']
    finally:
        subprocess.run(['umount', disk], check=True)


def test_a_spool_that_is_not_there(ward):
    spool = ward.sealmail.cwd / 'spool'
    done = ward('doctor', '--offline', '--json', '--spool', spool, exit=78)
    finding, = [f for f in json.loads(done.stdout)['findings'] if f['id'] == 'spool']
    ward.mend(finding, DIR=spool)
    done = ward('doctor', '--offline', '--json', '--spool', spool, exit=None)
    assert not [f for f in json.loads(done.stdout)['findings'] if f['id'] == 'spool' and 'cannot be written' in f['what']]


def test_a_helper_program_that_is_missing(ward, tmp_path):
    alone = tmp_path / 'bin'
    alone.mkdir()
    shutil.copy(SEALMAIL, alone)
    done = subprocess.run([alone / 'sealmail', 'doctor', '--offline', '--json', '--home', ward.home, '--spool', ward.sealmail.cwd],
                          env=ward.sealmail.env, capture_output=True)
    found = [f for f in json.loads(done.stdout)['findings'] if f['id'] == 'helper-missing']
    assert len(found) >= 3 and any('sealmail-fetch' in f['what'] for f in found)
    for name in HELPERS:
        shutil.copy(BUILD / name, alone)
    done = subprocess.run([alone / 'sealmail', 'doctor', '--offline', '--json', '--home', ward.home, '--spool', ward.sealmail.cwd],
                          env=ward.sealmail.env, capture_output=True)
    assert not [f for f in json.loads(done.stdout)['findings'] if f['id'] == 'helper-missing' and any(h in f['what'] for h in HELPERS)]


def test_a_locale_that_cannot_show_every_letter(ward):
    finding = ward.find('locale', env={'LANG': 'C', 'LC_ALL': ''})
    assert finding['weight'] == 'advice'
    assert re.search(r'`export LANG=C.UTF-8`', finding['fix'])
    assert 'locale' not in ward.ids(env={'LANG': 'C.UTF-8', 'LC_ALL': ''})


def test_a_kernel_that_remembers_no_passphrase_is_told_as_it_is(ward):
    works = subprocess.run(['/usr/bin/python3', '-c', 'import ctypes\nl = ctypes.CDLL(None)\n'
                            'print(l.syscall(248, b"user", b"probe", b"x", 1, -4))'], capture_output=True, text=True).stdout.strip()
    done = ward('doctor', '--offline', '--json', '--spool', ward.sealmail.cwd, exit=None)
    told = 'passphrase-cache' in {f['id'] for f in json.loads(done.stdout)['findings']}
    if int(works) <= 0:
        assert told


def test_a_folder_of_certificates_that_is_not_there(ward):
    folder = ward.sealmail.cwd / 'certificates'
    ward.config(f'directory = {folder}\n')
    ward.mend(ward.find('directory-unreachable', network=True))
    assert ward.look(network=True) == []


@pytest.mark.parametrize('key,id,scheme', [('smtp', 'smtp-unreachable', 'smtp'), ('imap', 'imap-unreachable', 'imaps'),
                                           ('directory', 'directory-unreachable', 'ldap'), ('directory', 'directory-unreachable', 'http')])
def test_a_server_that_takes_no_connection(ward, key, id, scheme):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
        ward.config(f'{key} = {scheme}://127.0.0.1:{port}/\n')
        finding = ward.find(id, network=True)
        assert f'127.0.0.1:{port} cannot be reached' in finding['what']
        assert ward.look() == []
        s.listen()
        assert ward.look(network=True) == []


def test_words_for_people_name_the_finding(ward):
    (ward.home / 'keys').chmod(0o755)
    done = ward('doctor', '--offline', '--spool', ward.sealmail.cwd, exit=78)
    text = done.stdout.decode()
    assert 'PROBLEM' in text and '(permissions)' in text and f'chmod -R go-rwx {ward.home}/keys' in text
    assert 'looked at: ' in ward('doctor', '-v', '--offline', '--spool', ward.sealmail.cwd, exit=78).stdout.decode()
