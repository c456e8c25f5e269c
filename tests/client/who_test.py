"""Correspondents: certificates from files, the choice of one, encrypt -r ADDRESS."""
import json
import os
import random
import signal
import subprocess
import time

import pytest
from book import AT, LATER, Book, moment
from conftest import LETTER, SEALMAIL


@pytest.fixture
def book(sealmail):
    return Book(sealmail)


# ---- files ----

def test_a_certificate_from_a_file_is_used_for_its_address(sealmail, book):
    assert 'bob@example.org' in book('who add', sealmail.pki / 'bob.pem').err
    bob = book.one('bob@EXAMPLE.org')
    assert (bob['address'], bob['status']) == ('bob@example.org', 'usable')
    cert, = bob['certificates']
    assert cert['state'] == 'in use' and cert['confirmed'] and cert['mail'] == ['bob@example.org']
    assert [(s['kind'], s['where']) for s in cert['sources']] == [('hand', 'bob.pem')]
    sealed = book('encrypt', '-q', '-r', 'bob@example.org', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('bob'), stdin=sealed).stdout
    listed = book('who').stdout.decode()
    assert listed.split()[:2] == ['bob@example.org', 'p-256']
    text = book('who', 'bob@example.org').stdout.decode()
    assert 'in use, confirmed' in text and 'by hand bob.pem' in text and 'usable: You confirmed it' in text
    assert book('who show', 'bob@example.org').stdout.decode() == text


def test_30_without_a_certificate_names_all_who_have_none_and_writes_nothing(sealmail, book):
    book('who add', sealmail.pki / 'bob.pem')
    done = book('encrypt', '-r', 'carol@example.org', '-r', 'bob@example.org', '-r', 'dave@example.org', '-o', 'x',
                stdin=LETTER, exit=30)
    assert 'carol@example.org' in done.err and 'dave@example.org' in done.err and 'sealmail who add FILE' in done.err
    assert 'No certificate of bob' not in done.err and 'x' not in sealmail.left() and done.stdout == b''
    assert book.one('carol@example.org', 30)['status'] == 'unknown'
    said = json.loads(book('encrypt', '-r', 'carol@example.org', '-o', 'x', '--json', stdin=LETTER, exit=30).stdout)
    assert said['exit'] == 30 and 'carol@example.org' in said['error']['text']


def test_what_is_no_address_or_no_certificate_is_refused(sealmail, book):
    sealmail.write('text', b'hello')
    assert 'trust add' in book('who add', sealmail.pki / 'root.pem', exit=65).err
    assert 'a CA, kept' in book('who add', sealmail.pki / 'inter.pem').err
    book('who add', 'text', exit=65)
    book('who add', 'missing', exit=66)
    book('who add', '--address', 'bob', sealmail.pki / 'bob.pem', exit=64)
    book('who forget', 'bob', exit=64)
    book('who confirm', 'bob@example.org', exit=30)
    assert book.one('<bob@example.org>', 30)['status'] == 'unknown'
    assert book.show() == []


def test_the_ca_of_ones_own_certificate_need_not_be_given(sealmail, book):
    """A folder of the organisation holds people's certificates; their CA came with one's own key."""
    book.trust_root()
    places = sealmail.path('places')
    places.mkdir()
    (places / 'bob.pem').write_bytes((sealmail.pki / 'bob-p256.pem').read_bytes())
    (book.home / 'config').write_text(f'directory = {places}\n')
    assert book.one(exit=30)['certificates'][0]['state'] != 'in use'
    sealmail('id', 'import', '--home', book.home, '--passphrase-file', sealmail.pki / 'passphrase', sealmail.pki / 'alice-p256.p12')
    assert book.one()['certificates'][0]['state'] == 'in use'


def test_a_certificate_is_kept_for_every_address_in_it_or_for_the_one_named(sealmail, book):
    cert = book.issue('two', 'a@example.org,email:b@example.org')
    book('who add', cert)
    assert {c['address'] for c in book.show()} == {'a@example.org', 'b@example.org'}
    plain = book.issue('plain', mail=False)
    book('who add', plain, exit=65)
    book('who add', '--address', 'c@example.org', plain)
    assert book.one('c@example.org')['status'] == 'usable'
    book('encrypt', '-q', '-r', 'c@example.org', stdin=LETTER)


def test_a_file_with_several_people_is_a_file_of_each(sealmail, book):
    pki = sealmail.pki
    both = sealmail.write('both.pem', b''.join((pki / f'{n}.pem').read_bytes() for n in ('alice', 'bob', 'inter')))
    book('who add', both)
    assert [c['address'] for c in book.show()] == ['alice@example.org', 'bob@example.org']
    assert list((book.home / 'contacts' / 'authorities').iterdir())


def test_the_local_part_is_exact_and_domains_are_not(sealmail, book):
    book('who add', book.issue('u', 'Bob@B\xfccher.example'.replace('\xfc', 'u')))
    book('who add', '--address', 'Ann@BÜCHER.example'.replace('Ü', 'ü'), sealmail.pki / 'alice.pem')
    assert book.one('Ann@xn--bcher-kva.example')['status'] == 'usable'
    assert book.one('ann@xn--bcher-kva.example', 30)['status'] == 'unknown'


def test_forgetting_forgets(sealmail, book):
    book('who add', sealmail.pki / 'bob.pem', sealmail.pki / 'alice.pem')
    assert 'forgotten' in book('who forget', 'bob@example.org').err
    assert 'not known' in book('who forget', 'bob@example.org').err
    assert [c['address'] for c in book.show()] == ['alice@example.org']


# ---- which one ----

def test_expired_signing_and_future_ones_are_kept_and_never_used(sealmail, book):
    book.trust_root()
    old = book.issue('old', days=('20200101000000Z', '20210101000000Z'))
    book('who add', old)
    bob = book.one(exit=30)
    assert bob['status'] == 'expired' and '2020-12-31' in bob['why'] or '2021-01-0' in bob['why']
    book('encrypt', '-r', 'bob@example.org', stdin=LETTER, exit=30)
    book('who add', book.issue('sign', usage='digitalSignature'))
    book('who add', book.issue('new'))
    bob = book.one()
    assert {c['state'] for c in bob['certificates']} == {'expired', 'signs-only', 'in use'}
    book('who forget', 'bob@example.org')
    book('who add', book.issue('sign2', usage='digitalSignature'))
    assert book.one(exit=30)['status'] == 'signs-only'
    book('who forget', 'bob@example.org')
    book('who add', book.issue('later', days=('20400101000000Z', '20410101000000Z')))
    bob = book.one(exit=30)
    assert bob['status'] == 'not-yet-valid' and 'clock' in bob['fix']
    book('who forget', 'bob@example.org')
    book('who add', book.issue('ed', kind=('ed25519', '')))
    assert book.one(exit=30)['status'] == 'unusable'


def test_a_renewed_certificate_of_the_same_key_takes_over(sealmail, book):
    book.trust_root()
    one = book.issue('one')
    two = book.issue('two', key='one.key', days=('20260601000000Z', '20311231000000Z'))
    book('who add', one, '--at', '2026-10-01T00:00:00Z')
    book('who add', two, '--at', '2026-11-01T00:00:00Z')
    bob = book.one()
    assert [c['subject'] for c in bob['certificates'] if c['state'] == 'in use'] == ['CN=two'] and bob['advice'] is None


def test_what_is_confirmed_last_is_used(sealmail, book):
    one, two = book.issue('one'), book.issue('two')
    book('who add', one, '--at', '2026-10-01T00:00:00Z')
    book('who add', two, '--at', '2026-11-01T00:00:00Z')
    certs = {c['subject']: c for c in book.one()['certificates']}
    assert certs['CN=two']['state'] == 'in use'
    book('who confirm', 'bob@example.org', exit=64)
    book('who confirm', 'bob@example.org', 'ffffffff', exit=30)
    book('who confirm', 'bob@example.org', certs['CN=one']['sha256'][:8])
    certs = {c['subject']: c for c in book.one()['certificates']}
    assert certs['CN=one']['state'] == 'in use' and certs['CN=two']['state'] == 'not in use'


# ---- signed mail ----

def letter(name):
    return LETTER.replace(b'Alice <alice@example.org>', f'<{name}>'.encode())


class Writer:
    """Somebody who signs with certificates of the test CA."""

    def __init__(self, book, address='bob@example.org'):
        self.book, self.address = book, address

    def sign(self, name, at=AT, *more):
        s = self.book.sealmail
        return s('sign', '--key', f'{name}.key', '--cert', f'{name}.pem', '--chain', s.pki / 'inter.pem', '--at', at, *more,
                 stdin=letter(self.address)).stdout


@pytest.fixture
def bob(book):
    book.trust_root()
    return Writer(book)


def test_a_good_letter_tells_whom_to_encrypt_to_and_what_he_reads(sealmail, book, bob):
    book.issue('one')
    signed = bob.sign('one')
    sealed = json.loads(sealmail('encrypt', '-r', 'one.pem', '-o', 'x', '--json', stdin=LETTER).stdout)
    assert sealed['cipher'] == 'aes-256-cbc'     # nothing is known of what bob reads
    book('verify', *sealmail.trust(), '--at', AT, stdin=signed)
    contact = book.one('bob@example.org', 0, '--at', AT)
    cert, = contact['certificates']
    assert contact['status'] == 'usable' and contact['seen'] == AT and f'signed mail {AT[:10]}' in contact['from']
    assert cert['confirmed'] is None and [s['kind'] for s in cert['sources']] == ['mail']
    assert {'aes-256-gcm', 'rsa-oaep', 'chacha20-poly1305'} <= set(contact['capabilities'])
    assert 'can read: aes-256-gcm, ' in book('who', 'bob@example.org', '--at', AT).stdout.decode()
    sealed = json.loads(book('encrypt', '-r', 'bob@example.org', '-o', 'x', '--json', '--at', AT, stdin=LETTER).stdout)
    assert sealed['cipher'] == 'aes-256-gcm' and 'all recipients' in sealed['why']
    opened = sealmail('decrypt', '--key', 'one.key', '--cert', 'one.pem', 'x').stdout
    assert b'Hello Bob' in opened
    assert list((book.home / 'contacts' / 'authorities').iterdir())   # the CA between was kept


def test_what_openssl_signed_is_harvested_too(sealmail, book, bob):
    book.issue('one')
    text = sealmail.write('text', b'Content-Type: text/plain\r\n\r\nHello\r\n')
    subprocess.run(['openssl', 'cms', '-sign', '-in', text, '-signer', 'one.pem', '-inkey', 'one.key', '-certfile',
                    sealmail.pki / 'inter.pem', '-from', 'bob@example.org', '-out', 'signed'], cwd=sealmail.cwd, check=True)
    book('verify', *sealmail.trust(), 'signed')
    assert book.one()['status'] == 'usable'


def test_of_a_pair_the_certificate_that_the_signer_prefers_is_encrypted_to(sealmail, book, bob):
    pki = sealmail.pki
    signed = sealmail('sign', *sealmail.identity('alice-dual-sign'), '--cert', pki / 'alice-dual-enc.pem', stdin=LETTER).stdout
    book('verify', *sealmail.trust(), stdin=signed)
    alice = book.one('alice@example.org')
    assert sorted(c['state'] for c in alice['certificates']) == ['in use', 'signs-only']
    sealed = book('encrypt', '-q', '-r', 'alice@example.org', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('alice-dual-enc'), stdin=sealed).stdout


@pytest.mark.parametrize('how', ['untrusted', 'other sender', 'changed', 'unsigned'])
def test_a_letter_that_is_not_good_teaches_nothing(sealmail, book, bob, how):
    book.issue('one')
    if how == 'untrusted':
        signed = sealmail('sign', '--key', sealmail.pki / 'attacker-alice.key', '--cert',
                          sealmail.pki / 'attacker-alice.pem', stdin=LETTER).stdout
    elif how == 'other sender':
        bob.address = 'eve@example.org'
        signed = bob.sign('one')
    elif how == 'changed':
        signed = bob.sign('one').replace(b'Hello Bob', b'Hello Eve')
    else:
        signed = letter('bob@example.org')
    done = book('open', *sealmail.trust(), '--at', AT, '--force', stdin=signed, exit=None)
    assert done.returncode in (10, 11, 12, 15) and not (book.home / 'contacts').exists()


def test_with_roots_or_keys_of_its_own_the_book_is_left_alone(sealmail, book, bob):
    book.issue('one')
    signed = bob.sign('one')
    env = {'SEALMAIL_HOME': str(book.home)}
    sealmail('verify', *sealmail.trust(), '--at', AT, stdin=signed, env=env)
    assert not (book.home / 'contacts').exists()
    sealmail('verify', *sealmail.trust(), '--home', book.home, '--at', AT, stdin=signed)
    assert (book.home / 'contacts').exists()


def test_a_new_key_is_told_of_and_not_used_until_it_is_confirmed(sealmail, book, bob):
    book.issue('one')
    book.issue('two', days=('20260601000000Z', '20321231000000Z'))
    book('verify', *sealmail.trust(), '--at', AT, stdin=bob.sign('one'))
    done = book('verify', *sealmail.trust(), '--at', LATER, '--json', stdin=bob.sign('two', LATER))
    advice = [a for a in json.loads(done.stdout)['advice'] if 'another key' in a]
    assert len(advice) == 1 and '`sealmail who confirm bob@example.org ' in advice[0] and 'another key' in done.err
    certs = {c['subject']: c for c in book.one('bob@example.org', 0, '--at', LATER)['certificates']}
    assert (certs['CN=one']['state'], certs['CN=two']['state']) == ('in use', 'not in use')
    done = book('encrypt', '-q', '-r', 'bob@example.org', '--at', LATER, '-o', 'x', stdin=LETTER)
    sealmail('decrypt', '--key', 'one.key', '--cert', 'one.pem', 'x')
    assert 'another key' in book('encrypt', '-r', 'bob@example.org', '--at', LATER, '-o', 'x', stdin=LETTER).err
    # again: told once more, kept once
    book('verify', *sealmail.trust(), '--at', LATER, stdin=bob.sign('two', LATER))
    assert len(book.one('bob@example.org', 0, '--at', LATER)['certificates']) == 2
    subprocess.run(advice[0].split('`')[1].replace('sealmail', str(SEALMAIL), 1) + f' --home {book.home}', shell=True,
                   check=True, capture_output=True)
    contact = book.one('bob@example.org', 0, '--at', LATER)
    certs = {c['subject']: c for c in contact['certificates']}
    assert certs['CN=two']['state'] == 'in use' and contact['advice'] is None


def test_when_the_old_one_has_expired_the_new_key_is_used(sealmail, book, bob):
    soon, then = moment(48), moment(96)
    book.issue('one', days=('20260101000000Z', soon.replace('-', '')))
    book.issue('two', days=('20260601000000Z', '20321231000000Z'))
    book('verify', *sealmail.trust(), '--at', AT, stdin=bob.sign('one'))
    book('verify', *sealmail.trust(), '--at', LATER, stdin=bob.sign('two', LATER))
    contact = book.one('bob@example.org', 0, '--at', then)
    assert [(c['subject'], c['state']) for c in contact['certificates']] == [('CN=one', 'expired'), ('CN=two', 'in use')]
    assert contact['advice'] is None


def test_opening_the_same_letter_again_writes_nothing(sealmail, book, bob):
    book.issue('one')
    signed = bob.sign('one')
    book('verify', *sealmail.trust(), '--at', AT, stdin=signed)
    files = {f: f.stat().st_mtime_ns for f in book.home.rglob('*') if f.is_file()}
    book('verify', *sealmail.trust(), '--at', AT, stdin=signed)
    assert files == {f: f.stat().st_mtime_ns for f in book.home.rglob('*') if f.is_file()}


def test_a_harvested_certificate_whose_root_is_gone_is_not_used_until_confirmed(sealmail, book, bob):
    book.issue('one')
    book('verify', *sealmail.trust(), '--at', AT, stdin=bob.sign('one'))
    for f in (book.home / 'trust').iterdir():
        f.unlink()
    contact = book.one('bob@example.org', 30)
    assert contact['status'] == 'untrusted' and contact['why'] and contact['fix']
    book('encrypt', '-r', 'bob@example.org', stdin=LETTER, exit=30)
    book('who confirm', 'bob@example.org')
    assert book.one()['status'] == 'usable'


def test_a_full_disk_does_not_spoil_the_reading(sealmail, book, bob):
    import resource
    book.issue('one')
    signed = sealmail.write('signed', bob.sign('one'))
    done = subprocess.run([SEALMAIL, 'verify', *sealmail.trust(), '--home', book.home, '--at', AT, signed], cwd=sealmail.cwd,
                          capture_output=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    assert done.returncode == 0 and b'not remembered' in done.stderr and b'GOOD' in done.stderr
    assert book.show() == []


# ---- whole, whatever happens ----

def test_killed_at_any_moment_it_leaves_the_old_state_or_the_new(sealmail, book, bob):
    seed = int(os.environ.get('SEALMAIL_SEED', random.randrange(1 << 32)))
    print('SEALMAIL_SEED', seed)
    rng = random.Random(seed)
    book.issue('one')
    signed = sealmail.write('signed', bob.sign('one'))
    pems = [sealmail.pki / f'{n}.pem' for n in ('alice', 'bob', 'mallory')]
    for n in range(int(os.environ.get('SEALMAIL_LOOPS', 100))):
        before = {c['address']: len(c['certificates']) for c in book.show()}
        words = rng.choice([['who', 'add', *pems], ['verify', *sealmail.trust(), '--at', AT, signed],
                            ['who', 'forget', 'bob@example.org'], ['who', 'add', '--address', f'k{n}@example.org', pems[0]]])
        p = subprocess.Popen([SEALMAIL, *map(str, words), '--home', book.home], cwd=sealmail.cwd,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.random() * 0.02)
        p.send_signal(signal.SIGKILL)
        p.wait()
        now = {c['address']: len(c['certificates']) for c in book.show()}   # every file is read
        lost = {a for a in before if now.get(a, 0) < before[a]}
        assert lost <= ({'bob@example.org'} if 'forget' in words else set()), f'seed {seed}, round {n}'
        if p.returncode == 0 and 'add' in words:
            assert set(now) >= ({f'k{n}@example.org'} if '--address' in words else {'alice@example.org'})
    for name in ('alice', 'bob', 'mallory'):
        book('who add', sealmail.pki / f'{name}.pem')
    shards = [d for d in (book.home / 'contacts').iterdir() if d.is_dir()]
    assert sum(f.name.startswith('.tmp-') for d in shards for f in d.iterdir()) <= 30   # and each goes with the next change there


def test_fifty_at_once_lose_nothing(sealmail, book):
    names = [f'{who}{kind}' for who in ('alice', 'bob', 'mallory') for kind in ('', '-rsa2048', '-dual-enc')]
    running = [subprocess.Popen([SEALMAIL, 'who', 'add', '--home', book.home, '--address',
                                 'x@example.org' if n % 2 else f'p{n}@example.org',
                                 sealmail.pki / f'{names[n % len(names)]}.pem'], stderr=subprocess.PIPE) for n in range(50)]
    results = [(p.communicate(timeout=120)[1], p.returncode) for p in running]
    assert [r for r in results if r[1] != 0] == []
    contacts = {c['address']: c for c in book.show()}
    assert len(contacts) == 26 and len(contacts['x@example.org']['certificates']) == len(names)


@pytest.mark.parametrize('mode', [0o755, 0o770])
def test_an_open_book_is_refused_with_the_command_that_mends_it(sealmail, book, mode):
    book('who add', sealmail.pki / 'bob.pem')
    shard = next(d for d in (book.home / 'contacts').iterdir() if len(d.name) == 2)
    file = next(shard.iterdir())
    for path, mend in ((book.home / 'contacts', 'chmod 700'), (shard, 'chmod 700'), (file, 'chmod 600')):
        old = path.stat().st_mode
        path.chmod(mode)
        done = book('who', 'bob@example.org', exit=77)
        assert f'`{mend} {path}`' in done.err
        path.chmod(old)
    file.write_text('address: bob@example.org\n-----BEGIN CERTIFICATE-----\nxx\n')
    done = book('encrypt', '-r', 'bob@example.org', stdin=LETTER, exit=65)
    assert f'`rm {file}`' in done.err
    assert (book.home / 'contacts').stat().st_mode & 0o777 == 0o700


def test_to_whom_mail_went_is_told_and_forgotten(sealmail, book):
    book('who add', sealmail.pki / 'bob.pem')
    assert book.one()['written'] is None
    (book.home / 'contacts' / 'written').write_text('2026-11-02T09:14:00Z carol@example.org\n2026-11-03T09:14:00Z bob@example.org\n'
                                                     '2026-11-04T09:14:00Z xbob@example.org\n')
    (book.home / 'contacts' / 'written').chmod(0o600)
    assert book.one()['written'] == '2026-11-03T09:14:00Z'
    book('who forget', 'bob@example.org')
    assert (book.home / 'contacts' / 'written').read_text() == \
        '2026-11-02T09:14:00Z carol@example.org\n2026-11-04T09:14:00Z xbob@example.org\n'
