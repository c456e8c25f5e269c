"""Which key signs, which certificates go along, who is a recipient."""
import re
import subprocess

import pytest
from conftest import LETTER


def signer(sealmail, message, *more):
    report = sealmail.json('verify', *sealmail.trust(), *more, stdin=message)
    return report['layers'][0]['signers']


def test_a_certificate_is_found_by_its_public_key(sealmail, pki):
    bundle = sealmail.write('many.pem', b''.join((pki / f'{n}.pem').read_bytes()
                                                 for n in ('bob', 'inter', 'alice', 'mallory')))
    message = sealmail('sign', '--key', pki / 'alice.key', '--cert', bundle, stdin=LETTER).stdout
    assert signer(sealmail, message)[0]['mail'] == ['alice@example.org']


def test_64_without_a_certificate(sealmail, pki):
    done = sealmail('sign', '--key', pki / 'alice.key', stdin=LETTER, exit=64)
    assert '--cert FILE' in done.err
    sealmail('sign', '--key', pki / 'alice.key', '--cert', pki / 'bob.pem', stdin=LETTER, exit=64)


def test_of_two_keys_in_a_file_the_signing_one_signs(sealmail, pki):
    both = sealmail.write('both.pem', b''.join((pki / f'alice-dual-{n}').read_bytes()
                                               for n in ('enc.key', 'enc.pem', 'sign.key', 'sign.pem')))
    both.chmod(0o600)
    message = sealmail('sign', '--key', both, '--chain', pki / 'inter.pem', stdin=LETTER).stdout
    assert signer(sealmail, message)[0]['algorithm'].startswith('rsa')
    sealed = sealmail.sealed(to='alice-dual-enc')
    assert b'Hello Bob' in sealmail('decrypt', '--key', both, stdin=sealed).stdout


def test_64_when_the_certificate_does_not_allow_signing(sealmail, pki):
    done = sealmail('sign', *sealmail.identity('alice-dual-enc'), stdin=LETTER, exit=64)
    assert 'signing' in done.err


def test_the_certificate_for_answers_is_sent_along(sealmail):
    """RFC 8551 section 2.5.3, as OpenSSL reads it: named in the attribute, and there."""
    pki = sealmail.pki
    signed = sealmail('sign', *sealmail.identity('alice-dual-sign'), '--cert', pki / 'alice-dual-enc.pem', stdin=LETTER).stdout
    shown = subprocess.run(['openssl', 'smime', '-pk7out'], input=signed, capture_output=True, check=True).stdout
    certs = subprocess.run(['openssl', 'pkcs7', '-print_certs', '-text', '-noout'], input=shown, capture_output=True, check=True).stdout
    assert len(re.findall(rb'Subject: .*CN ?= ?Alice', certs)) == 2 and b'Key Encipherment' in certs
    sealed = sealmail('encrypt', '-q', '-r', pki / 'alice-dual-enc.pem', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', *sealmail.identity('alice-dual-enc'), stdin=sealed).stdout


def test_every_key_named_adds_a_signer(sealmail):
    message = sealmail('sign', *sealmail.identity('alice'), *sealmail.identity('alice-rsa2048'), stdin=LETTER).stdout
    assert len(signer(sealmail, message)) == 2


def test_the_intermediate_of_a_pkcs12_file_goes_along_and_the_root_does_not(sealmail):
    p7s = sealmail('sign', *sealmail.identity('alice'), '--form', 'der', stdin=LETTER).stdout
    shown = subprocess.run(['openssl', 'pkcs7', '-inform', 'DER', '-print_certs', '-noout'], input=p7s,
                           capture_output=True, check=True).stdout.decode()
    subjects = [line for line in shown.splitlines() if line.startswith('subject')]
    assert any('Mail CA' in s for s in subjects) and not any('Root CA' in s for s in subjects)


def test_old_and_new_keys_may_be_named_together(sealmail):
    keys = [w for n in ('mallory', 'bob-rsa2048', 'bob') for w in ('--key', sealmail.pki / f'{n}.key')]
    assert b'Hello Bob' in sealmail('decrypt', *keys, stdin=sealmail.sealed()).stdout


def test_a_key_file_that_others_may_read_is_warned_of(sealmail, pki):
    loose = sealmail.write('loose.key', (pki / 'bob.key').read_bytes())
    loose.chmod(0o644)
    assert 'chmod 600' in sealmail('decrypt', '--key', loose, stdin=sealmail.sealed()).err
    assert 'chmod 600' not in sealmail('decrypt', '-q', '--key', loose, stdin=sealmail.sealed()).err
    loose.chmod(0o600)
    assert 'chmod 600' not in sealmail('decrypt', '--key', loose, stdin=sealmail.sealed()).err


def test_an_encryption_certificate_is_chosen_from_a_file_with_two(sealmail, pki):
    two = sealmail.write('bob.pem', b''.join((pki / f'bob-dual-{n}.pem').read_bytes() for n in ('sign', 'enc')))
    sealed = sealmail('encrypt', '-r', two, stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', '--key', pki / 'bob-dual-enc.key', stdin=sealed).stdout


def test_64_when_a_recipient_file_holds_two_people(sealmail, pki):
    two = sealmail.write('two.pem', b''.join((pki / f'{n}.pem').read_bytes() for n in ('bob', 'alice')))
    assert 'several people' in sealmail('encrypt', '-r', two, stdin=LETTER, exit=64).err


def test_a_self_signed_certificate_made_by_hand_will_do(sealmail):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-keyout', 'k', '-out', 'c',
                    '-subj', '/CN=Dora', '-addext', 'subjectAltName=email:dora@example.org'],
                   cwd=sealmail.cwd, check=True, capture_output=True)
    sealed = sealmail('encrypt', '-r', 'c', stdin=LETTER).stdout
    assert b'Hello Bob' in sealmail('decrypt', '-q', '--unauthenticated', '--key', 'k', stdin=sealed, exit=None).stdout


def test_the_choice_and_its_reason_are_told(sealmail, pki):
    words = ['encrypt', '-r', pki / 'bob.pem', '-r', pki / 'alice-rsa2048.pem', '-o', 'x']
    assert 'for 2 recipients: aes-256-gcm' in sealmail(*words, stdin=LETTER).err
    assert sealmail(*words, '-q', stdin=LETTER).err == ''
    told = sealmail.json(*words, stdin=LETTER)
    assert told['version'] == 1 and told['cipher'] == 'aes-256-gcm' and told['why'] and told['authenticated'] is True
    assert [r['who'] for r in told['recipients']] == ['bob@example.org', 'alice@example.org']
    assert told['recipients'][0]['kind'] == 'ecdh'


def test_nothing_is_needed_or_read_under_home(sealmail):
    missing = str(sealmail.path('missing'))
    sealmail('verify', '--home', missing, *sealmail.trust(), stdin=sealmail.signed())
    sealmail('verify', *sealmail.trust(), stdin=sealmail.signed(), env={'HOME': missing, 'SEALMAIL_HOME': missing})
    assert not sealmail.path('missing').exists()


@pytest.mark.parametrize('form', ['der', 'pem'])
def test_trust_and_keys_in_der(sealmail, pki, form):
    subprocess.run(['openssl', 'x509', '-in', pki / 'root.pem', '-outform', form, '-out', 'root'],
                   cwd=sealmail.cwd, check=True)
    subprocess.run(['openssl', 'pkey', '-in', pki / 'bob.key', '-outform', form, '-out', 'key'],
                   cwd=sealmail.cwd, check=True)
    sealmail('open', '--key', 'key', '--trust', 'root', stdin=sealmail.letter_and_seal())


def test_sealed_forms_can_be_opened(sealmail, pki):
    for form in ('mail', 'der', 'pem'):
        sealed = sealmail.sealed('--form', form, letter=b'any bytes \x00\xff')
        done = sealmail('decrypt', '--key', pki / 'bob.key', stdin=sealed)
        assert form == 'mail' or done.stdout == b'any bytes \x00\xff'


def test_a_revocation_list_is_sent_along_and_counts_for_the_reader(sealmail, pki):
    crl = ['--crl', pki / 'inter.crl', '--crl', pki / 'root.crl']
    for form in ([], ['--opaque']):
        mail = sealmail('sign', *sealmail.identity('alice'), *crl, *form, stdin=LETTER).stdout
        sealmail('verify', *sealmail.trust(), '--require-revocation', stdin=mail)
        mail = sealmail('sign', *sealmail.identity('alice-revoked'), *crl, *form, stdin=LETTER).stdout
        sealmail('verify', *sealmail.trust(), stdin=mail, exit=13)
    sealmail('sign', *sealmail.identity('alice'), '--crl', pki / 'root.pem', stdin=LETTER, exit=65)
    sealmail('encrypt', '-r', pki / 'bob.pem', *crl, stdin=LETTER, exit=64)


@pytest.mark.parametrize('sender, said', [(b'alice@example.org', False), (b'"A" <alice@EXAMPLE.org>', False),
                                          (b'carol@example.org', True), (b'a@example.org, b@example.org', True)])
def test_signing_for_another_sender_is_said_at_once(sealmail, sender, said):
    letter = b'From: ' + sender + b'\r\nTo: bob@example.org\r\n\r\nhi\r\n'
    done = sealmail('sign', *sealmail.identity('alice'), stdin=letter)
    assert ('readers will' in done.err) == said, done.err


def test_signing_a_bare_entity_says_nothing_about_a_sender(sealmail):
    assert 'readers will' not in sealmail('sign', *sealmail.identity('alice'),
                                          stdin=b'Content-Type: text/plain\r\n\r\nhi\r\n').err
