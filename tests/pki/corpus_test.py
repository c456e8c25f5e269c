#!/usr/bin/python3
"""corpus_test.py TOOL CORPUS - verdicts of other people's suites, as TAP.

Runs pki_tool over one of the corpora (see its README for the verdicts). Ends
with 77 when the corpora are not there.
"""
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

def rfc5280_ca(_):
    return 'rules for authorities that issue, not for those who read'


# Verdicts that we do not follow, each with its reason.
LIMBO_DEVIATIONS = {
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
        import base64
        (d / f'r{i}.crl').write_bytes(base64.b64decode(body))
        args += ['--crl', d / f'r{i}.crl']
    if t['max_chain_depth'] is not None:
        args += ['--max', t['max_chain_depth'] + 2]
    return args + [put('leaf.pem', t['peer_certificate'])]


CORPORA = {'pkits': pkits, 'limbo': limbo}


def main():
    if not (SHARED / 'corpora').is_dir():
        print('skip: the test corpora are not here')
        return 77
    tap = Tap()
    CORPORA[sys.argv[2]](tap)
    return tap.end()


if __name__ == '__main__':
    sys.exit(main())
