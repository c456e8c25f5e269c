"""Roots: kept under HOME/trust, limited to domains, used when no --trust is given."""
import json
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import LETTER, SEALMAIL


class Trust:
    def __init__(self, sealmail):
        self.sealmail, self.home, self.pki = sealmail, sealmail.cwd / 'home', sealmail.pki

    def __call__(self, verb, *words, **more):
        return self.sealmail(*verb.split(), '--home', self.home, *words, start_new_session=True, **more)

    def roots(self):
        return json.loads(self('trust list', '--json').stdout)['roots']

    def files(self):
        return sorted(p.name for p in (self.home / 'trust').iterdir())

    def report(self, mail, exit=0, verb='verify', *words):
        return json.loads(self(verb, '--json=fd:1', '-o', '/dev/null', *words, stdin=mail, exit=exit).stdout)


@pytest.fixture
def trust(sealmail):
    return Trust(sealmail)


def check(report, name, signer=0):
    layer = next(l for l in report['layers'] if l['type'] == 'signed')
    return next(c for c in layer['signers'][signer]['checks'] if c['id'] == name)


def fingerprint(path):
    out = subprocess.run(['openssl', 'x509', '-in', path, '-noout', '-sha256', '-fingerprint'],
                         check=True, capture_output=True, text=True).stdout
    return out.split('=', 1)[1].strip()


# ---- keeping ----

def test_a_root_is_shown_with_the_fingerprint_that_openssl_prints_and_then_judges(sealmail, trust):
    mail = sealmail.signed()
    assert trust('verify', stdin=mail, exit=11)
    done = trust('trust add', sealmail.pki / 'root.pem', '--name', 'Our CA')
    shown = ''.join(done.stdout.decode().split())
    assert fingerprint(sealmail.pki / 'root.pem') in shown and 'everyaddress' in shown and 'Example Root CA' in done.stdout.decode()
    trust('verify', stdin=mail)
    root, = trust.roots()
    assert root['name'] == 'Our CA' and root['for'] == [] and root['state'] == 'current' and root['ca']
    assert root['sha256'].upper() == fingerprint(sealmail.pki / 'root.pem').replace(':', '')
    path = trust.home / 'trust' / f'{root["id"]}.pem'
    assert fingerprint(path) == fingerprint(sealmail.pki / 'root.pem')
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700


def test_removed_it_judges_no_more(sealmail, trust):
    trust('trust add', sealmail.pki / 'root.pem', '--name', 'ours')
    id = trust.roots()[0]['id']
    trust('trust remove', 'OURS')
    assert trust.roots() == [] and trust.files() == []
    trust('verify', stdin=sealmail.signed(), exit=11)
    assert 'no trusted root' in trust('trust remove', id[:8], exit=66).err


def test_showing_a_file_trusts_nothing(sealmail, trust):
    done = trust('trust show', sealmail.pki / 'chain.pem')
    out = done.stdout.decode()
    assert 'nothing of it was made trusted' in done.err and 'Example Mail CA' in out and 'Example Root CA' in out
    assert not (trust.home / 'trust').exists()


def test_of_a_chain_the_root_is_taken_and_the_rest_is_named(sealmail, trust):
    done = trust('trust add', sealmail.pki / 'chain.pem')
    assert 'Example Mail CA' in done.err and 'left out' in done.err
    assert [r['subject'] for r in trust.roots()] == ['CN=Example Root CA,O=Example Organisation']


@pytest.mark.parametrize('name,why', [('alice.pem', 'not the certificate of an authority'), ('inter.pem', 'intermediate')])
def test_what_is_no_root_is_trusted_only_with_a_reason(sealmail, trust, name, why):
    mail = sealmail.signed()
    assert why in trust('trust add', sealmail.pki / name, exit=31).err and not trust.files()
    trust('trust add', sealmail.pki / name, '--reason', 'met at the fair')
    assert trust.roots()[0]['reason'] == 'met at the fair'
    trust('verify', stdin=mail)


def test_an_expired_root_is_refused_without_a_reason(sealmail, trust):
    assert 'has expired' in trust('trust add', sealmail.pki / 'root.pem', '--at', '2060-01-01T00:00:00Z', exit=31).err
    assert 'not valid yet' in trust('trust add', sealmail.pki / 'root.pem', '--at', '2001-01-01T00:00:00Z', exit=31).err


@pytest.mark.parametrize('words,said', [
    ([], 'wants one of'), (['--system', 'x.pem'], 'wants one of'), (['--domain', 'no domain', 'root'], 'is no mail domain'),
    (['--domain', 'a@b@c', 'root'], 'is no mail domain'), (['--domain', '', 'root'], 'needs a value'),
    (['--domain', '.', 'root'], 'is no mail domain'), (['--system'], 'wants --domain'),
    (['--name', 'two\nlines', 'root'], 'one line'), (['--reason', 'x' * 201, 'root'], '1 to 200')])
def test_64_and_nothing_kept_for_what_makes_no_sense(sealmail, trust, words, said):
    words = [sealmail.pki / 'root.pem' if w == 'root' else w for w in words]
    assert said in trust('trust add', *words, exit=64).err
    assert not (trust.home / 'trust').exists() or trust.files() == []


def test_a_file_of_many_roots_is_no_decision(sealmail, trust):
    many = b''
    for n in range(11):
        many += subprocess.run(['openssl', 'req', '-x509', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc',
                                '-keyout', '/dev/null', '-subj', f'/CN=Root {n}', '-addext', 'basicConstraints=critical,CA:TRUE'],
                               check=True, capture_output=True).stdout
    done = trust('trust add', sealmail.write('many.pem', many), exit=64)
    assert 'more than 10 roots' in done.err and trust.files() == []


# ---- domains ----

def test_a_root_for_other_domains_makes_the_signer_untrusted_and_says_how_to_mend_it(sealmail, trust):
    mail = sealmail.signed()
    trust('trust add', sealmail.pki / 'root.pem', '--domain', 'partner.example')
    report = trust.report(mail, exit=11)
    chain = check(report, 'chain')
    assert report['result'] == 'untrusted' and chain['ok'] is False
    assert 'alice@example.org is not in them' in chain['why'] and 'Example Root CA' in chain['why']
    command = chain['fix'].split('`')[1]
    assert command.startswith('sealmail trust add --domain example.org ')
    trust(' '.join(command.split()[1:]))
    assert trust.roots()[0]['for'] == ['partner.example', 'example.org']
    assert check(trust.report(mail), 'chain')['ok'] is True


@pytest.mark.parametrize('domain,inside', [
    ('example.org', True), ('EXAMPLE.org', True), ('alice@example.org', True), ('Alice@example.org', False),
    ('.example.org', False), ('.org', True), ('xample.org', False), ('mail.example.org', False), ('org', False)])
def test_a_domain_means_itself_a_dot_what_is_below_an_address_one_mailbox(sealmail, trust, domain, inside):
    trust('trust add', sealmail.pki / 'root.pem', '--domain', domain)
    trust('verify', stdin=sealmail.signed(), exit=0 if inside else 11)


def issue(sealmail, name, san, subject='/CN=Alice'):
    pki = sealmail.pki
    sealmail.write('issue.cnf', f'[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n[e]\nkeyUsage=digitalSignature\n'
                                f'extendedKeyUsage=emailProtection\n{san}\n'.encode())
    subprocess.run(['openssl', 'req', '-x509', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc',
                    '-config', 'issue.cnf', '-extensions', 'e', '-keyout', f'{name}.key', '-out', f'{name}.pem', '-subj', subject,
                    '-days', '30', '-CA', pki / 'inter.pem', '-CAkey', pki / 'inter.key'],
                   cwd=sealmail.cwd, check=True, capture_output=True)
    return sealmail('sign', '-q', '--key', f'{name}.key', '--cert', f'{name}.pem', '--chain', pki / 'inter.pem', stdin=LETTER).stdout


@pytest.mark.parametrize('san,subject,inside', [
    ('subjectAltName=email:alice@example.org,email:alice@example.org', '/CN=A', True),
    ('subjectAltName=email:alice@example.org,email:boss@bank.example', '/CN=A', False),
    ('subjectAltName=email:alice@example.org', '/CN=A/emailAddress=boss@bank.example', False),
    ('subjectAltName=email:boss@bank.example', '/CN=A', False)])
def test_every_address_of_a_certificate_must_lie_inside(sealmail, trust, san, subject, inside):
    mail = issue(sealmail, 'x', san, subject)
    trust('trust add', sealmail.pki / 'root.pem', '--domain', 'example.org')
    chain = check(trust.report(mail, exit=0 if inside else 11), 'chain')
    assert chain['ok'] is inside and ('boss@bank.example' in chain['why']) is not inside


def test_a_certificate_without_an_address_is_untrusted_under_a_limited_root(sealmail, trust):
    mail = issue(sealmail, 'x', '')
    trust('trust add', sealmail.pki / 'root.pem', '--domain', 'example.org')
    assert 'names no mail address' in check(trust.report(mail, exit=11), 'chain')['why']


def test_an_expired_certificate_outside_is_untrusted_not_merely_old(sealmail, trust):
    trust('trust add', sealmail.pki / 'root.pem', '--domain', 'partner.example')
    mail = sealmail('sign', '-q', '--at', '2020-06-01T00:00:00Z', *sealmail.identity('alice-expired'), stdin=LETTER).stdout
    assert check(trust.report(mail, exit=11), 'chain')['ok'] is False


def test_a_limit_comes_and_goes_only_by_removing_the_root(sealmail, trust):
    root = sealmail.pki / 'root.pem'
    trust('trust add', root)
    assert 'every address already' in trust('trust add', '--domain', 'example.org', root, exit=64).err
    trust('trust remove', trust.roots()[0]['id'])
    trust('trust add', '--domain', 'example.org', root)
    assert 'certain domains already' in trust('trust add', root, exit=64).err
    trust('trust add', '--name', 'renamed', root)
    assert trust.roots()[0]['for'] == ['example.org'] and trust.roots()[0]['name'] == 'renamed'


def test_an_unlimited_root_speaks_where_a_limited_one_may_not(sealmail, trust):
    """The same people, reached by two roots: the wider one decides."""
    trust('trust add', sealmail.pki / 'root.pem', '--domain', 'partner.example')
    trust('trust add', sealmail.pki / 'inter.pem', '--reason', 'our own')
    trust('verify', stdin=sealmail.signed())


def test_a_recipient_outside_is_untrusted_and_the_command_mends_it(sealmail, trust):
    folder = sealmail.cwd / 'people'
    folder.mkdir()
    (folder / 'bob@example.org.pem').write_bytes((sealmail.pki / 'bob.pem').read_bytes() + (sealmail.pki / 'inter.pem').read_bytes())
    trust('trust add', sealmail.pki / 'root.pem', '--domain', 'partner.example')
    (trust.home / 'config').write_text(f'directory = {folder}\n')
    done = trust('encrypt', '-r', 'bob@example.org', stdin=LETTER, exit=30)
    assert 'bob@example.org is not in them' in done.err and done.stdout == b''
    command = re.search(r'`sealmail (trust add --domain example.org [0-9a-f]{8})`', done.err)[1]
    trust(command)
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('bob'), stdin=trust('encrypt', '-q', '-r', 'bob@example.org', stdin=LETTER).stdout).stdout


# ---- when it is read ----

def test_named_roots_alone_count_and_home_is_not_looked_at(sealmail, trust):
    trust('trust add', sealmail.pki / 'attacker-root.pem')
    (trust.home / 'trust').chmod(0o777)
    mail = sealmail.signed()
    trust('verify', *sealmail.trust(), stdin=mail)
    trust('verify', '--trust', sealmail.pki / 'alice.pem', stdin=mail)


def test_a_home_that_others_can_change_judges_no_signature_and_harms_no_other_mail(sealmail, trust):
    trust('trust add', sealmail.pki / 'root.pem')
    (trust.home / 'trust').chmod(0o770)
    done = trust('verify', stdin=sealmail.signed(), exit=77)
    assert f'chmod 700 {trust.home}/trust' in done.err and done.stdout == b''
    trust('open', stdin=LETTER, exit=15)
    (trust.home / 'trust').chmod(0o700)
    trust('verify', stdin=sealmail.signed())


@pytest.mark.parametrize('harm', ['for: \n', 'for: a b\n', 'added: never\n', 'nonsense\n', 'name: x\0\n'])
def test_a_damaged_root_is_a_fault_and_never_a_wider_trust(sealmail, trust, harm):
    trust('trust add', sealmail.pki / 'root.pem', '--domain', 'partner.example')
    path = trust.home / 'trust' / trust.files()[0]
    path.write_bytes(harm.encode() + path.read_bytes())
    done = trust('verify', stdin=sealmail.signed(), exit=65)
    assert f'rm {path}' in done.err


def test_a_root_under_another_name_is_a_fault(sealmail, trust):
    trust('trust add', sealmail.pki / 'root.pem')
    path = trust.home / 'trust' / trust.files()[0]
    path.rename(path.with_name('0' * 32 + '.pem'))
    assert 'another certificate' in trust('trust list', exit=65).err


def test_the_systems_roots_count_for_their_domains_alone(sealmail, trust):
    if not os.path.exists('/etc/ssl/certs/ca-certificates.crt'):
        pytest.skip('ca-certificates is missing')
    done = trust('trust add', '--system', '--domain', 'shop.example')
    assert 'shop.example' in done.stdout.decode()
    shown = json.loads(trust('trust list', '--json').stdout)
    assert shown['roots'] == [] and shown['system']['for'] == ['shop.example']
    assert check(trust.report(sealmail.signed(), exit=11), 'chain')['ok'] is False
    # one of its roots, as if it were ours: still only for the domain named
    text = (trust.home / 'trust' / 'system').read_text()
    (trust.home / 'trust' / 'system').write_text(text.replace('/etc/ssl/certs/ca-certificates.crt', str(sealmail.pki / 'root.pem')))
    assert 'alice@example.org is not in them' in check(trust.report(sealmail.signed(), exit=11), 'chain')['why']
    trust('trust add', '--system', '--domain', 'example.org')
    trust('verify', stdin=sealmail.signed())
    trust('trust remove', 'system')
    assert trust.files() == []


# ---- never half ----

def test_a_killed_change_leaves_the_old_or_the_new_state(sealmail, trust):
    loops = int(os.environ.get('SEALMAIL_LOOPS', '20'))
    root = sealmail.pki / 'root.pem'
    trust('trust add', root, '--domain', 'd0.example')
    id, have = trust.roots()[0]['id'], 1
    for n in range(1, loops + 1):
        p = subprocess.Popen([SEALMAIL, 'trust', 'add', '--home', trust.home, '--domain', f'd{n}.example', id],
                             cwd=sealmail.cwd, env=sealmail.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.0004 * (n % 12))
        p.send_signal(signal.SIGKILL)
        done = p.wait() == 0
        now, = trust.roots()
        assert len(now['for']) in ((have + 1,) if done else (have, have + 1))
        have = len(now['for'])
    trust('trust add', '--name', 'still here', id)
    assert trust.files() == [f'{id}.pem']


def test_changes_at_the_same_time_all_arrive(sealmail, trust):
    trust('trust add', sealmail.pki / 'root.pem', '--domain', 'd.example')
    id = trust.roots()[0]['id']
    running = [subprocess.Popen([SEALMAIL, 'trust', 'add', '-q', '--home', trust.home, '--domain', f'd{n}.example', id],
                                cwd=sealmail.cwd, env=sealmail.env) for n in range(12)]
    assert [p.wait() for p in running] == [0] * 12
    assert set(trust.roots()[0]['for']) == {'d.example'} | {f'd{n}.example' for n in range(12)}
