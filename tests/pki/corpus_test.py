#!/usr/bin/python3
"""corpus_test.py TOOL CORPUS - verdicts of other people's suites, as TAP.

Runs pki_tool over one of the corpora (see its README for the verdicts). Ends
with 77 when the corpora are not there.
"""
import base64
import datetime
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get('SEALMAIL_SHARED', ROOT / '..' / 'shared'))
TOOL = sys.argv[1]


def run(*args):
    """The tool's lines as a dictionary; a key that comes twice is a list."""
    p = subprocess.run([TOOL, *map(str, args)], capture_output=True, timeout=60)
    if p.returncode < 0 or p.returncode > 1:
        return {'crash': p.returncode, 'stderr': p.stderr.decode()}
    out = {'status': p.returncode}
    for line in p.stdout.decode('utf-8', 'replace').splitlines():
        key, _, value = line.partition(' ')
        out.setdefault(key, []).append(value)
    return out


def first(answer, key):
    return answer.get(key, [''])[0]


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def case(self, name, good, answer=None, note=''):
        self.n += 1
        self.failed += not good
        print(f'{"ok" if good else "not ok"} {self.n} - {name}'
              + (f' # {note}' if note else ''))
        if not good and answer is not None:
            for key, value in answer.items():
                print(f'#   {key}: {value}')

    def end(self):
        print(f'1..{self.n}')
        return 1 if self.failed else 0


def seconds(text):
    when = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    return int(when.timestamp())


# ---- PKITS ----

# 4.1.5: a DSA key that takes its parameters from its issuer's. libcrypto cannot
# use such a key, and we refuse it: nobody signs mail so, and DSA is for
# archives only.
PKITS_FAIL_CLOSED = {'4.1.5'}


def pkits(tap):
    base = SHARED / 'corpora' / 'pkits'
    suite = json.loads((base / 'expected.json').read_text())
    oids = suite['policy_oids']
    for t in suite['tests']:
        args = ['path', '--at', seconds(suite['validation_time'])]
        args += ['--trust', base / 'certs' / t['trust_anchor']]
        for name in t['path']:
            if name not in (t['trust_anchor'], t['target']):
                args += ['--carried', base / 'certs' / name]
        for name in t['crls']:
            args += ['--crl', base / 'crls' / name]
        for name in t['initial_policy_set']:
            args += ['--policy', oids[name]]
        for key, flag in (('initial_explicit_policy', '--explicit'),
                          ('initial_policy_mapping_inhibit', '--inhibit-map'),
                          ('initial_any_policy_inhibit', '--inhibit-any')):
            if t[key]:
                args.append(flag)
        if 'DSA' in t['title']:
            args.append('--weak')
        a = run(*args, base / 'certs' / t['target'])
        good = first(a, 'result') == 'good' and first(a, 'revocation') == 'good'
        want = t['should_validate'] and t['number'] not in PKITS_FAIL_CLOSED
        tap.case(f'pkits {t["number"]} {t["title"]}', good == want, a)


# ---- x509-limbo ----

HOST = 'a rule for host names, which mail does not compare'
WEB = 'a rule of the Web PKI, not of RFC 5280 and RFC 8550'

# Verdicts that we do not follow, each with its reason. Uses are judged apart
# (the report's "usage"), so the path is asked for with no purpose.
LIMBO_DEVIATIONS = {
    'cve::cve-2025-61727': HOST,
    'rfc5280::aki::leaf-missing-aki':
        'binds authorities; small ones in use leave it out, and it only helps to find the issuer',
    'rfc5280::eku::ee-wrong-eku': 'judged as usage, not as path',
    'rfc5280::nc::nc-permits-invalid-dns-san': HOST,
    'rfc5280::nc::permitted-dns-match-noncritical':
        'binds authorities; a constraint that is not critical is applied all the same',
    'rfc5280::san::underscore-dns': HOST,
    'rfc5280::serial::negative': 'PKITS 4.4.14 wants it accepted; a serial number is a name here',
    'rfc5280::serial::zero': 'roots in use have it; a serial number is a name here',
    'webpki::aki::root-with-aki-authoritycertissuer': WEB,
    'webpki::aki::root-with-aki-authoritycertserialnumber': WEB,
    'webpki::aki::root-with-aki-ski-mismatch': WEB,
    'webpki::ca-as-leaf': WEB,
    'webpki::cn::case-mismatch': HOST,
    'webpki::cn::punycode-not-in-san': HOST,
    'webpki::cn::utf8-vs-punycode-mismatch': HOST,
    'webpki::ee-basicconstraints-ca': WEB,
    'webpki::eku::ee-anyeku': WEB,
    'webpki::eku::root-has-eku': WEB,
    'webpki::forbidden-rsa-not-divisible-by-8-in-root': WEB,
    'webpki::malformed-aia': 'nothing is fetched, so the extension is not read',
    'webpki::san::no-san': HOST,
    'webpki::san::public-suffix-multi-label-wildcard-san': HOST,
    'webpki::san::public-suffix-private-namespace-wildcard-san': HOST,
    'webpki::san::san-critical-with-nonempty-subject': WEB,
    'webpki::san::san-wildcard-only': HOST,
    'webpki::san::san-wildcard-only-tld': HOST,
    'webpki::san::wildcard-embedded-ulabel-san': HOST,
    'webpki::san::wildcard-not-in-leftmost-san': HOST,
}


def limbo(tap):
    suite = json.loads((SHARED / 'corpora/x509-limbo/limbo.json').read_text())
    for t in suite['testcases']:
        with tempfile.TemporaryDirectory() as d:
            a = run(*limbo_args(t, Path(d)))
        good = first(a, 'result') == 'good' and \
            first(a, 'revocation') != 'revoked'
        want = t['expected_result'] == 'SUCCESS'
        why = LIMBO_DEVIATIONS.get(t['id'])
        if why:
            tap.case(f'limbo {t["id"]} differs: {why}', good != want, a)
        else:
            tap.case(f'limbo {t["id"]}', good == want, a)


def limbo_args(t, d):
    def put(name, text):
        (d / name).write_text(text)
        return d / name

    when = t['validation_time']
    args = ['path', '--at', seconds(when) if when else
            int(datetime.datetime.now().timestamp())]
    for i, pem in enumerate(t['trusted_certs']):
        args += ['--trust', put(f't{i}.pem', pem)]
    for i, pem in enumerate(t['untrusted_intermediates']):
        args += ['--carried', put(f'u{i}.pem', pem)]
    for i, pem in enumerate(t.get('crls') or []):
        body = ''.join(pem.strip().splitlines()[1:-1])
        (d / f'r{i}.crl').write_bytes(base64.b64decode(body))
        args += ['--crl', d / f'r{i}.crl']
    if t['max_chain_depth'] is not None:
        args += ['--max', t['max_chain_depth'] + 2]
    return args + [put('leaf.pem', t['peer_certificate'])]


# ---- openssl-ocsp ----

def ocsp(tap):
    base = SHARED / 'corpora' / 'openssl-ocsp'
    issuer = {'D1': 'D1_Issuer_ICA', 'D2': 'D2_Issuer_Root',
              'ND1': 'ND1_Issuer_ICA', 'ND2': 'ND2_Issuer_Root'}
    # The suite judges at 2012-12-18, without looking at the responses' dates. By
    # then three of the four had ended, so they are asked within their time.
    when = {'D1': '2012-10-24T00:00:00Z', 'D2': '2012-12-18T23:20:00Z',
            'ND1': '2012-10-12T00:00:00Z', 'ND2': '2012-10-12T00:00:00Z'}
    subject = {'D1': 'D1_Cert_EE', 'D2': 'D2_Cert_ICA',
               'ND1': 'ND1_Cert_EE', 'ND2': 'ND2_Cert_ICA'}

    def case(name, want, family, response, anchor, *more, at=None, only='(none)'):
        with tempfile.TemporaryDirectory() as d:
            der = Path(d) / 'response.der'
            der.write_bytes(base64.b64decode((base / f'{response}.ors').read_text()))
            a = run('path', '--at', seconds(at or when[family]), '--weak', '--trust',
                    base / f'{anchor}.pem', '--ocsp', der, *more,
                    base / f'{subject[family]}.pem')
        good = first(a, 'result') == 'good' and \
            (first(a, 'revocation') == 'good' or only in first(a, 'revocation-why'))
        tap.case(f'ocsp {name}', good == want and 'crash' not in a, a)

    for family in issuer:
        case(f'{family} is good', True, family, family, issuer[family])
    case('ND1 is good under the cross root', True, 'ND1', 'ND1', 'ND1_Cross_Root',
         '--cert', base / 'ND1_Issuer_ICA-Cross.pem',
         # nothing is known about the intermediate: then the leaf was found good
         only='the certificate of COMODO Extended Validation Secure Server CA is at hand')
    for family in ('D1', 'ND1', 'ND2'):
        case(f'{family} has ended two months later', False, family, family,
             issuer[family], at='2012-12-18T23:20:00Z')
    for response in sorted(p.stem for p in base.glob('*_*.ors')):
        family = response.split('_')[1]
        case(f'{response} is refused', False, family, response, issuer[family])
    for anchor in sorted(p.stem for p in base.glob('W*_Issuer_*.pem')):
        family = anchor.split('_')[1]
        case(f'{anchor} is refused', False, family, family, anchor)
    for anchor in sorted(p.stem for p in base.glob('ISIC_*_Issuer_*.pem')):
        family = anchor.split('_')[1]
        case(f'{anchor} is accepted', True, family, family, anchor)


# ---- key files ----

def pkcs12(tap):
    base = SHARED / 'corpora'

    def case(path, password, keys, certs, *more):
        a = run('keyfile', '--pass', password, *more, base / path)
        good = a.get('status') == 0 and len(a.get('key', [])) == keys and \
            len(a.get('cert', [])) == certs
        tap.case(f'{path} has {keys} keys and {certs} certificates', good, a)

    def refused(path, password, reason, *more):
        a = run('keyfile', '--pass', password, *more, base / path)
        good = a.get('status') == 1 and f'reason={reason}' in first(a, 'error')
        tap.case(f'{path} is refused: {reason}', good, a)

    d = 'openssl-pkcs12/'
    for name in ('256_256.good', '512_512.good', 'sha1_hmac_and_prf'):
        case(f'{d}pbmac1_{name}.p12', '1234', 1, 1)
    for name, reason in (('bad-iter', 'passphrase-wrong'),
                         ('bad-salt', 'passphrase-wrong'),
                         ('no-len', 'pkcs12-mac-malformed'),
                         ('negative-len', 'passphrase-wrong'),
                         ('zero-len', 'pkcs12-mac-malformed')):
        refused(f'{d}pbmac1_256_256.{name}.p12', '1234', reason)
    refused(f'{d}bad1.p12', '', 'pkcs12-malformed')
    refused(f'{d}nomac_parse.p12', '1234', 'pkcs12-no-mac')
    case(f'{d}nomac_parse.p12', '1234', 0, 0, '--no-mac')
    case('libksba-samples/ov-user.p12', 'start', 1, 1)
    refused('libksba-samples/ov-user.p12', 'stop', 'passphrase-wrong')
    case('protected-headers-legacy/keys/bob.p12', '', 1, 1)
    for name in ('Alice', 'Bob', 'Dave'):
        case(f'thunderbird-smime/{name}.p12', 'nss', 1, 2)
    for name in ('alice', 'bob', 'carlos', 'dana'):
        case(f'rfc9216-samples/{name}.p12', name, 2, 3)
    for path in sorted((base / 'pkits/pkcs12').glob('*.p12')):
        a = run('keyfile', '--pass', 'password', path)
        tap.case(f'pkits/pkcs12/{path.name} loads', a.get('status') == 0, a)


# ---- RFC 9216 ----

def rfc9216(tap):
    base = SHARED / 'corpora' / 'rfc9216-samples'
    cross = [x for c in ('rsa', '25519') for x in ('--cert', base / f'ca.{c}.cross.crt')]
    for who in ('alice', 'bob', 'carlos', 'dana'):
        for use, purpose in (('sign', 'sign'), ('encrypt', 'encrypt')):
            for root in ('rsa', '25519'):
                a = run('path', '--at', seconds('2026-11-22T00:00:00Z'), '--purpose',
                        purpose, '--trust', base / f'ca.{root}.crt', *cross,
                        base / f'{who}.{use}.crt')
                good = first(a, 'result') == 'good' and first(a, 'usage') == '1'
                tap.case(f'{who}.{use} chains to ca.{root}', good, a)
        for use, other in (('sign', 'encrypt'), ('encrypt', 'sign')):
            a = run('path', '--at', seconds('2026-11-22T00:00:00Z'), '--purpose',
                    other, '--trust', base / 'ca.rsa.crt', *cross,
                    base / f'{who}.{use}.crt')
            tap.case(f'{who}.{use} is not for the other use',
                     first(a, 'usage') == '0', a)


CORPORA = {'pkits': pkits, 'limbo': limbo, 'ocsp': ocsp, 'pkcs12': pkcs12,
           'rfc9216': rfc9216}


def main():
    if not (SHARED / 'corpora').is_dir():
        print('skip: the test corpora are not here')
        return 77
    tap = Tap()
    CORPORA[sys.argv[2]](tap)
    return tap.end()


if __name__ == '__main__':
    sys.exit(main())
