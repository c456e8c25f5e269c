"""Every exit status of the contract, met from outside."""
import json
import os
import re
import subprocess

import pytest
from conftest import LETTER, SEALMAIL


def change(data, old, new):
    assert old in data
    return data.replace(old, new)


def damage(data):
    """Another letter in the middle of the longest run of base64."""
    lines = data.split(b'\n')
    at = [i for i, l in enumerate(lines) if re.fullmatch(rb'[A-Za-z0-9+/]{60,76}\r?', l)]
    i = at[len(at) // 2]
    lines[i] = lines[i][:30] + (b'B' if lines[i][30:31] == b'A' else b'A') + lines[i][31:]
    return b'\n'.join(lines)


def check(report, name):
    for layer in report['layers']:
        for signer in layer.get('signers', []):
            for c in signer['checks']:
                if c['id'] == name:
                    return c['ok']
    raise AssertionError(f'no check {name}')


def test_0_good(sealmail):
    done = sealmail('open', *sealmail.identity('bob'), *sealmail.trust(), stdin=sealmail.letter_and_seal())
    assert b'Hello Bob' in done.stdout and 'GOOD' in done.err


def test_10_changed_after_signing(sealmail):
    bad = change(sealmail.signed(), b'Hello Bob', b'Hello Rob')
    assert sealmail.json('verify', *sealmail.trust(), stdin=bad, exit=10)['result'] == 'invalid'
    assert sealmail('open', *sealmail.trust(), stdin=bad, exit=10).stdout == b''
    assert b'Hello Rob' in sealmail('open', '--force', *sealmail.trust(), stdin=bad, exit=10).stdout


def test_11_nobody_trusts_the_signer(sealmail, pki):
    sealmail('verify', stdin=sealmail.signed(), exit=11)
    forged = sealmail('sign', '--key', pki / 'attacker-alice.key', '--cert', pki / 'attacker-alice.pem', stdin=LETTER)
    sealmail('verify', *sealmail.trust(), stdin=forged.stdout, exit=11)


def test_12_somebody_else_signed(sealmail):
    sealmail('verify', *sealmail.trust(), stdin=sealmail.signed('mallory'), exit=12)


def test_12_the_from_option_names_the_signer_of_a_cms_file(sealmail, pki):
    p7m = sealmail('sign', *sealmail.identity('alice'), '--form', 'der', '--opaque', stdin=b'words').stdout
    sealmail('verify', *sealmail.trust(), stdin=p7m)
    sealmail('verify', *sealmail.trust(), '--from', 'alice@example.org', stdin=p7m)
    other = sealmail('verify', *sealmail.trust(), '--from', 'bob@example.org', stdin=p7m, exit=12).err
    assert 'It should be from bob@example.org, but it was signed by alice@example.org.' in other


def test_12_the_reason_names_the_address_that_was_missed(sealmail):
    err = sealmail('verify', *sealmail.trust(), '--from', 'bob@example.org', stdin=sealmail.signed(), exit=12).err
    assert 'It should be from bob@example.org, but it was signed by alice@example.org.' in err


def test_65_the_wrong_verb_does_not_call_the_message_damaged(sealmail):
    for words, data in ((['verify', *sealmail.trust()], sealmail.sealed()),
                        (['decrypt', *sealmail.identity('bob')], sealmail.signed())):
        err = sealmail(*words, stdin=data, exit=65).err
        assert 'WRONG KIND' in err and 'sealmail open' in err and 'MALFORMED' not in err


@pytest.mark.parametrize('form', ['inter.crl', 'inter.crl.der'])
def test_13_a_list_in_pem_or_der_revokes(sealmail, pki, form):
    signed = sealmail.signed('alice-revoked')
    report = sealmail.json('verify', *sealmail.trust(), '--crl', pki / form, stdin=signed, exit=13)
    assert check(report, 'revocation') is False
    assert check(sealmail.json('verify', *sealmail.trust(), stdin=signed), 'revocation') is None


def test_13_an_ocsp_response_revokes_or_says_good(sealmail, pki):
    sealmail('verify', *sealmail.trust(), '--ocsp', pki / 'alice-revoked.ocsp',
             stdin=sealmail.signed('alice-revoked'), exit=13)
    report = sealmail.json('verify', *sealmail.trust(), '--ocsp', pki / 'alice.ocsp', '--crl', pki / 'root.crl',
                           stdin=sealmail.signed())
    assert check(report, 'revocation') is True


def test_14_signed_after_the_certificate_expired(sealmail):
    sealmail('verify', *sealmail.trust(), stdin=sealmail.signed('alice-expired'), exit=14)


def test_15_not_signed(sealmail):
    assert sealmail('open', stdin=LETTER, exit=15).stdout.endswith(b'Hello Bob\r\n')
    assert b'Hello Bob' in sealmail('open', *sealmail.identity('bob'), stdin=sealmail.sealed(), exit=15).stdout


def test_20_no_key(sealmail):
    assert sealmail('open', *sealmail.identity('mallory'), stdin=sealmail.sealed(), exit=20).stdout == b''
    sealmail('decrypt', stdin=sealmail.sealed(), exit=20)


def test_21_damaged_and_nothing_releases_it(sealmail):
    bad = damage(sealmail.sealed(letter=LETTER + b'and more words of it\r\n' * 1000))
    for option in ([], ['--unauthenticated'], ['--force', '--unauthenticated']):
        done = sealmail('open', *option, *sealmail.identity('bob'), stdin=bad, exit=21)
        assert done.stdout == b''
    assert sealmail('decrypt', *sealmail.identity('bob'), '-o', 'x', stdin=bad, exit=21)
    assert sealmail.left() == []


def test_22_cbc_needs_the_option(sealmail):
    cbc = sealmail.sealed('--cipher', 'aes-256-cbc')
    for verb in ('open', 'decrypt'):
        done = sealmail(verb, *sealmail.identity('bob'), stdin=cbc, exit=22)
        assert done.stdout == b'' and '--unauthenticated' in done.err
        done = sealmail(verb, '--unauthenticated', *sealmail.identity('bob'), stdin=cbc, exit=22)
        assert b'Hello Bob' in done.stdout
    assert sealmail('open', '--force', *sealmail.identity('bob'), stdin=cbc, exit=22).stdout == b''


def test_22_is_not_given_when_a_good_signature_is_inside(sealmail):
    cbc = sealmail.sealed('-s', *sealmail.identity('alice'), '--cipher', 'aes-256-cbc')
    sealmail('open', *sealmail.identity('bob'), *sealmail.trust(), stdin=cbc)


def test_30_an_address_has_no_certificate_here(sealmail):
    done = sealmail('encrypt', '-r', 'bob@example.org', '-o', 'x', stdin=LETTER, exit=30)
    assert 'sealmail who add FILE' in done.err and sealmail.left() == []


def test_30_an_expired_or_signing_only_certificate(sealmail, pki):
    assert 'expired' in sealmail('encrypt', '-r', pki / 'alice-expired.pem', stdin=LETTER, exit=30).err
    sealmail('encrypt', '-q', '-r', pki / 'alice-expired.pem', '--at', '2020-06-01T00:00:00Z', stdin=LETTER)
    sealmail('encrypt', '-r', pki / 'bob-dual-sign.pem', stdin=LETTER, exit=30)


def test_31_post_quantum_is_demanded_and_cannot_be_had(sealmail, pki):
    sealmail('encrypt', '--alg', 'pq', '-r', pki / 'bob.pem', '-o', 'x', stdin=LETTER, exit=31)
    assert sealmail.left() == []


def test_40_a_limit_is_named(sealmail):
    deep = b'Content-Type: multipart/mixed; boundary=b\r\nX: ' + b'x' * (2 << 20) + b'\r\n\r\nbody\r\n'
    done = sealmail('verify', stdin=deep, exit=40)
    assert 'header' in done.err.lower()


def test_64_a_cipher_or_digest_that_does_not_exist(sealmail, pki):
    sealmail('encrypt', '--cipher', 'rot13', '-r', pki / 'bob.pem', stdin=LETTER, exit=64)
    sealmail('sign', '--digest', 'crc32', *sealmail.identity('alice'), stdin=LETTER, exit=64)


def test_65_not_of_the_kind_asked_for(sealmail, pki):
    sealmail('decrypt', *sealmail.identity('bob'), stdin=LETTER, exit=65)
    sealmail('verify', stdin=sealmail.sealed(), exit=65)
    sealmail('verify', '--trust', sealmail.write('junk', b'no certificate'), stdin=LETTER, exit=65)
    sealmail('sign', '--key', pki / 'alice.pem', stdin=LETTER, exit=65)


def test_66_a_file_is_missing(sealmail, pki):
    for words in (['verify', 'missing'], ['verify', '.'], ['verify', '--trust', 'missing'],
                  ['sign', '--key', 'missing'], ['encrypt', '-r', 'missing'],
                  ['open', '--secret-file', 'missing'], ['verify', '--crl', 'missing'],
                  ['verify', '--content', 'missing']):
        done = sealmail(*words, stdin=LETTER, exit=66)
        assert len(done.err.splitlines()) == 1


def test_75_revocation_is_required_and_unknown(sealmail, pki):
    signed = sealmail.signed()
    sealmail('verify', *sealmail.trust(), '--require-revocation', stdin=signed, exit=75)
    sealmail('verify', *sealmail.trust(), '--require-revocation', '--crl', pki / 'inter.crl',
             '--crl', pki / 'root.crl', stdin=signed)


def test_77_a_passphrase_is_missing_or_wrong(sealmail, pki):
    wrong = sealmail.write('wrong', b'not it\n')
    key = ['--key', pki / 'alice.p12']
    done = sealmail('sign', *key, stdin=LETTER, exit=77, start_new_session=True)
    assert '--passphrase-file' in done.err
    sealmail('sign', *key, '--passphrase-file', wrong, stdin=LETTER, exit=77)
    sealmail('sign', *key, '--passphrase-file', wrong, '--passphrase-file', pki / 'passphrase', stdin=LETTER)


@pytest.mark.parametrize('words,code', [
    (['verify', 'missing'], 66),
    (['verify', '--trust', 'missing'], 66),
])
def test_a_fault_is_told_to_programs_too(sealmail, words, code):
    told = json.loads(sealmail(*words, '--json', exit=code).stdout)
    assert told['exit'] == code and told['version'] == 1 and told['error']['text']


def test_quiet_says_nothing_about_a_verdict(sealmail):
    assert sealmail('verify', '-q', stdin=sealmail.signed(), exit=11).err == ''


def test_the_report_is_the_same_from_a_file_a_pipe_and_redirected_input(sealmail):
    data = sealmail.letter_and_seal()
    name = sealmail.write('in.eml', data)
    words = ['open', *sealmail.identity('bob'), *sealmail.trust(), '-o', 'out.eml', '--json']
    reports = [sealmail(*words, name).stdout, sealmail(*words, stdin=data).stdout]
    with open(name, 'rb') as f:
        reports.append(sealmail(*words, stdin=f).stdout)
    assert len(set(reports)) == 1


def test_redirected_input_may_start_in_the_middle_of_a_file(sealmail):
    name = sealmail.write('two', b'x' * 1000 + sealmail.letter_and_seal())
    with open(name, 'rb') as f:
        os.lseek(f.fileno(), 1000, os.SEEK_SET)
        done = subprocess.run([SEALMAIL, 'open', *map(str, sealmail.identity('bob')), *map(str, sealmail.trust())],
                              stdin=f, capture_output=True)
    assert done.returncode == 0 and b'Hello Bob' in done.stdout
