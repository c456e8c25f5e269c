"""Paths and key files: PKITS by mail, the RFC 9216 identities, PKCS#12, and the suites
that tests/pki asks of the path check itself."""
import json
import re
import subprocess
import sys

import pytest

from corpora import BUILD, CORPORA, ROOT, claim, corpus, expected, files, holds, sealmail

# ---- PKITS ----

PKITS = 'pkits'
SUITE = expected(PKITS)
# All is valid from 2010 to 2030; some of the mails were signed in December 2011.
AT = ['--at', '2012-01-01T00:00:00Z']
INPUTS = {'initial_policy_set': ['anyPolicy'], 'initial_explicit_policy': False,
          'initial_policy_mapping_inhibit': False, 'initial_any_policy_inhibit': False}
# The key takes its parameters from the issuer's: libcrypto cannot use it.
DIFFERS = {'4.1.5': 'dsa-parameter-inheritance'}
MAILS = [t for t in SUITE.get('tests', []) if 'smime_message' in t]


def judge_mail(t, *more):
    d = corpus(PKITS)
    words = ['--trust', d / 'certs' / t['trust_anchor']]
    for name in t['path']:
        if name not in (t['trust_anchor'], t['target']):
            words += ['--certs', d / 'certs' / name]
    for name in t['crls']:
        words += ['--crl', d / 'crls' / name]
    return sealmail('verify', *more, *AT, *words, d / 'smime' / t['smime_message'])


@pytest.mark.parametrize('t', MAILS, ids=[f'{t["number"]} {t["title"]}' for t in MAILS])
def test_pkits_mail(t):
    number, differs = f'{t["number"]} {t["title"]}', DIFFERS.get(t['number'])
    with claim(PKITS, f'{number}: the signature of the mail is good', differs):
        run = judge_mail(t, '--archive', '--require-revocation')
        holds(run, digest=True, signature=None if differs else True)
        assert len(run.report['from']) == 1, run
    if any(t[k] != v for k, v in INPUTS.items()):
        return   # the command has no policy inputs; tests/pki gives them to the path check
    with claim(PKITS, f'{number}: the certificate of the mail', differs):
        run = judge_mail(t, '--require-revocation')
        checks = run.checks()
        path = all(checks[k] is True for k in ('chain', 'time', 'revocation'))
        assert path == (t['should_validate'] and not differs), run
        if path:
            # few of the certificates name a mailbox, and 0 is for those alone
            assert run.code == (0 if run.signer()['mail'] else 12), run
        else:
            assert run.code in (10, 11, 13, 14, 75), run
        assert (run.code == 75) == (checks['revocation'] is None and checks['chain'] and
                                    checks['time']), run


# ---- RFC 9216 ----

IDENTITIES = 'rfc9216-samples'
ALGORITHMS = {'alice': 'rsa', 'bob': 'rsa', 'carlos': 'ed25519', 'dana': 'ed25519'}


def p12(who, tmp_path):
    d = corpus(IDENTITIES)
    (tmp_path / 'pass').write_text(f'{who}\n')
    return ['--key', d / f'{who}.p12', '--passphrase-file', tmp_path / 'pass']


@pytest.mark.parametrize('who', ALGORITHMS)
def test_sample_identities_sign_and_chain_to_either_root(who, tmp_path):
    d, letter = corpus(IDENTITIES), tmp_path / 'letter'
    letter.write_bytes(f'From: {who}@smime.example\r\nTo: x@smime.example\r\n\r\nHello\r\n'.encode())
    with claim(IDENTITIES, f'{who}.p12 signs; {who}.sign.crt chains to either root'):
        signed = tmp_path / 'signed'
        made = sealmail('sign', *p12(who, tmp_path), letter, '-o', signed)
        assert made.code == 0, made
        for root in 'rsa', '25519':
            cross = ['--certs', d / 'ca.rsa.cross.crt', '--certs', d / 'ca.25519.cross.crt']
            run = sealmail('verify', '--trust', d / f'ca.{root}.crt', *cross, signed)
            holds(run, 0, signature=True, digest=True, chain=True, usage=True, time=True,
                  revocation=None, **{'from': True})
            assert run.signer()['algorithm'].startswith(ALGORITHMS[who])
        holds(sealmail('verify', signed), 11, chain=False)
    with claim(IDENTITIES, f'{who}.key and .crt are the same identity'):
        pair = ['--key', d / f'{who}.sign.key', '--cert', d / f'{who}.sign.crt']
        assert sealmail('sign', *pair, letter, '-o', signed).code == 0
        again = sealmail('verify', '--trust', d / 'ca.rsa.crt', *cross, signed)
        assert again.signer()['sha256'] == run.signer()['sha256']


@pytest.mark.parametrize('who', ALGORITHMS)
def test_sample_identities_decrypt(who, tmp_path):
    d, letter = corpus(IDENTITIES), tmp_path / 'letter'
    letter.write_bytes(b'From: x@smime.example\r\n\r\nSecret\r\n')
    with claim(IDENTITIES, f'{who}.p12 decrypts what {who}.encrypt.crt is for'):
        sealed = tmp_path / 'sealed'
        made = sealmail('encrypt', '--cipher', 'aes-256-gcm', '-r', d / f'{who}.encrypt.crt',
                        letter, '-o', sealed)
        assert made.code == 0, made
        other = next(w for w in ALGORITHMS if w != who)
        for verb, good in (('decrypt', 0), ('open', 15)):
            run = sealmail(verb, *p12(who, tmp_path), sealed)
            holds(run, good)
            assert run.out.endswith(b'Secret\r\n')
            assert run.layers[0]['recipients'][0]['kind'] == (
                'x25519' if ALGORITHMS[who] == 'ed25519' else run.layers[0]['recipients'][0]['kind'])
            holds(sealmail(verb, *p12(other, tmp_path), sealed), 20)


# ---- PKCS#12 ----

PKCS12 = 'openssl-pkcs12'


def key_of(name, tmp_path, password='1234'):
    (tmp_path / 'pass').write_text(f'{password}\n')
    return ['--key', corpus(PKCS12) / name, '--passphrase-file', tmp_path / 'pass']


@pytest.mark.parametrize('name', ['pbmac1_256_256.good.p12', 'pbmac1_512_512.good.p12',
                                  'pbmac1_sha1_hmac_and_prf.p12'])
def test_good_key_files_sign_and_open(name, tmp_path):
    key, letter = key_of(name, tmp_path), tmp_path / 'letter'
    letter.write_bytes(b'From: x@example.org\r\n\r\nHello\r\n')
    with claim(PKCS12, f'{name} through the command'):
        at = ['--at', '2023-06-01T00:00:00Z']
        made = sealmail('sign', *key, *at, '--opaque', letter, '-o', tmp_path / 'signed')
        assert made.code == 0, made
        run = sealmail('verify', *at, tmp_path / 'signed')
        holds(run, 11, signature=True, digest=True)
        # the certificate, which only the key file and what it signed have
        subprocess.run(['openssl', 'cms', '-verify', '-noverify', '-in', tmp_path / 'signed',
                        '-out', tmp_path / 'content', '-signer', tmp_path / 'cert.pem'],
                       check=True, capture_output=True)
        made = sealmail('encrypt', *at, '--cipher', 'aes-128-gcm', '-r', tmp_path / 'cert.pem',
                        letter, '-o', tmp_path / 'sealed')
        assert made.code == 0, made
        holds(sealmail('decrypt', *key, tmp_path / 'sealed'), 0)
        run = sealmail('open', *key, tmp_path / 'sealed')
        holds(run, 15)
        assert run.out.endswith(b'Hello\r\n')
        wrong = sealmail('open', *key_of(name, tmp_path, '12345'), tmp_path / 'sealed')
        assert wrong.code == 77 and wrong.out == b'', wrong


@pytest.mark.parametrize('name, password', [
    ('pbmac1_256_256.bad-iter.p12', '1234'), ('pbmac1_256_256.bad-salt.p12', '1234'),
    ('pbmac1_256_256.no-len.p12', '1234'), ('pbmac1_256_256.negative-len.p12', '1234'),
    ('pbmac1_256_256.zero-len.p12', '1234'), ('bad1.p12', ''), ('nomac_parse.p12', '1234')])
def test_bad_key_files_are_refused(name, password, tmp_path):
    key = key_of(name, tmp_path, password)
    with claim(PKCS12, f'{name} through the command'):
        sealed = corpus('rfc4134-examples') / '5.1.bin'
        for words in (['open', *key, sealed], ['decrypt', *key, sealed],
                      ['sign', *key, corpus(PKCS12) / 'NOTICE']):
            run = sealmail(*words)
            assert run.code in (65, 77) and run.out == b'', run
            assert name in run.err
        if name == 'nomac_parse.p12':
            # it holds no key; looked into only when that was asked for
            run = sealmail('open', '--no-mac', *key, sealed)
            assert run.code != 0 and 'no private key' in run.err, run


# ---- what tests/pki asks of the path check and of key files ----

TAP = re.compile(r'^(not )?ok \d+ - (.*?)(?: # .*)?$')
SUITES = {'pkits': 'pkits', 'limbo': 'x509-limbo', 'ocsp': 'openssl-ocsp',
          'pkcs12': PKCS12, 'rfc9216': IDENTITIES}


def differs_in_tap(suite, name):
    if suite == 'limbo' and ' differs: ' in name:
        return name.split()[1]
    if suite == 'pkits' and name.split()[1] in DIFFERS:
        return DIFFERS[name.split()[1]]
    return 'ocsp-response-dates' if 'has ended two months later' in name else None


@pytest.mark.parametrize('suite', SUITES)
def test_suites_of_the_pki_room(suite):
    corpus(SUITES[suite])
    tool = BUILD / 'tests' / 'pki' / 'pki_tool'
    if not tool.exists():
        pytest.skip('the tests of lib/pki were not built')
    out = subprocess.run([sys.executable, ROOT / 'tests' / 'pki' / 'corpus_test.py', tool, suite],
                         capture_output=True, timeout=300).stdout.decode()
    cases = [m for m in map(TAP.match, out.splitlines()) if m]
    assert cases, out
    for case in cases:
        # a failure is that test's to explain; here it must not count as met
        book = SUITES[suite] if '/' not in case[2] else case[2].split('/')[0]
        try:
            with claim(book, f'tests/pki: {case[2]}', differs_in_tap(suite, case[2])):
                assert not case[1]
        except AssertionError:
            pass
    assert not [c[2] for c in cases if c[1]]
    assert not missing(suite, ' '.join(c[2] for c in cases))


def missing(suite, said):
    """What of the corpus was not asked: every case, every file."""
    words = set(said.split())
    if suite == 'pkits':
        return [t['number'] for t in SUITE['tests'] if t['number'] not in words]
    if suite == 'limbo':
        cases = json.loads((CORPORA / 'x509-limbo' / 'limbo.json').read_text())['testcases']
        return [t['id'] for t in cases if t['id'] not in words]
    if suite == 'ocsp':
        return [p for p in (f.split('.')[0] for f in files('openssl-ocsp', '*'))
                if p not in words and not re.match(r'N?D\d_', p)]
    if suite == 'pkcs12':
        return [f for f in files(PKCS12, '*.p12') if f'{PKCS12}/{f}' not in words]
    return [w for w in ALGORITHMS for use in ('sign', 'encrypt') if f'{w}.{use}' not in words]
