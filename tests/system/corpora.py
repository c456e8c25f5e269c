"""What other people's corpora demand of the command, and a count of how it did.

A verdict is one claim() about one file. It counts as met when its block ends, as
deviating when the block shows what we do instead and docs/DEVIATIONS.md says why,
else as failed. corpora_table_test.py makes docs/CORPORA.md from the counts.
"""
import contextlib
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(os.environ.get('SEALMAIL_ROOT', Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get('SEALMAIL_BUILD', ROOT / 'build'))
SHARED = Path(os.environ.get('SEALMAIL_SHARED', ROOT / '..' / 'shared'))
SEALMAIL = BUILD / 'sealmail'
CORPORA = SHARED / 'corpora'
SANITIZED = bool(os.environ.get('SEALMAIL_SANITIZED'))
TIMEOUT = 60 if SANITIZED else 10

# Verdicts about content, by the contract; more exits, about the call, follow 64.
RESULTS = {0: 'good', 10: 'invalid', 11: 'untrusted', 12: 'not-from-sender', 13: 'revoked',
           14: 'expired', 15: 'unsigned', 16: 'weak', 20: 'no-key', 21: 'corrupt',
           22: 'unauthenticated', 40: 'limit', 65: 'malformed'}
CALL_EXITS = {30, 31, 64, 66, 70, 73, 74, 75, 77}

# corpus -> verdict -> 'met', 'failed', or the name of a deviation
ledger = {}


def corpus(name):
    """The folder of a corpus; leaves the case out when it is not there."""
    folder = CORPORA / name
    if not folder.is_dir():
        pytest.skip('the test corpora are not here')
    return folder


def files(name, pattern='*'):
    """Paths in a corpus, relative to it, for parametrize: none when it is absent."""
    folder = CORPORA / name
    found = (p.relative_to(folder).as_posix() for p in folder.rglob(pattern) if p.is_file())
    return sorted(f for f in found if Path(f).name not in ('NOTICE', 'COPYING', 'LICENSE.txt'))


def expected(name):
    """expected.json of a corpus, for parametrize: empty when it is absent."""
    path = CORPORA / name / 'expected.json'
    return json.loads(path.read_text()) if path.is_file() else {}


@contextlib.contextmanager
def claim(name, verdict, differs=None):
    """The block shows that the verdict is met; or, with differs, what we do instead."""
    book = ledger.setdefault(name, {})
    assert verdict not in book, f'{name}: {verdict} is claimed twice'
    book[verdict] = 'failed'
    yield
    book[verdict] = differs or 'met'


class Ran:
    """One run of the command: exit status, what it wrote, its report."""

    def __init__(self, words, process, report):
        self.words = ' '.join(map(str, words))
        self.code, self.out = process.returncode, process.stdout
        self.err = process.stderr.decode('utf-8', 'replace')
        self.report = report

    def __repr__(self):
        return f'{self.words}\nended with {self.code}: {self.err}\n{json.dumps(self.report, indent=1)}'

    @property
    def layers(self):
        return self.report['layers']

    @property
    def types(self):
        return [layer['type'] for layer in self.layers]

    def signer(self, layer=-1, index=0):
        return self.layers[layer]['signers'][index]

    def checks(self, layer=-1, index=0):
        return {c['id']: c['ok'] for c in self.signer(layer, index)['checks']}

    def why(self, check, layer=-1, index=0):
        return next(c['why'] for c in self.signer(layer, index)['checks'] if c['id'] == check)


def holds(run, exit=None, **checks):
    """Demand an exit status and checks of the innermost layer's first signer."""
    if exit is not None:
        assert run.code == exit, run
    if checks:
        found = run.checks()
        assert {k: found[k] for k in checks} == checks, run


def sealmail(*words, stdin=b''):
    """Run the command with a report; what must hold of every run is checked here."""
    fd = os.memfd_create('report')
    try:
        done = subprocess.run([SEALMAIL, words[0], f'--json=fd:{fd}', *words[1:]], input=stdin,
                              capture_output=True, pass_fds=[fd], timeout=TIMEOUT)
        text = os.pread(fd, 1 << 24, 0)
    finally:
        os.close(fd)
    run = Ran(words, done, json.loads(text) if text else None)
    sound(run)
    return run


def sound(run):
    """No crash, a documented status, words and report that agree with it."""
    assert run.code in RESULTS or run.code in CALL_EXITS, run
    assert 'Sanitizer' not in run.err and 'runtime error' not in run.err, run
    assert run.code == 0 or run.err.strip(), run
    if run.report and 'result' in run.report:
        assert run.report['exit'] == run.code, run
        # 75 keeps the result that a missing answer leads to
        # inspect judges nothing, and says so
        assert run.report['result'] in (None, RESULTS.get(run.code, run.report['result'])), run


def in_parallel(function, items):
    """The results of function for each, two at a time, in order."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, items))
