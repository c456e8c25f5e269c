"""The last of the corpora's files: counts what the others claimed.

With SEALMAIL_UPDATE=1 docs/CORPORA.md is written anew.
"""
import os
import re

import pytest

from corpora import CORPORA, ROOT, SANITIZED, files, ledger

ASKED = ['fuzz-seeds', 'libksba-samples', 'mime-malformed', 'openssl-cms', 'openssl-ocsp',
         'openssl-pkcs12', 'pkits', 'pqc-hackathon-cms', 'protected-headers-legacy',
         'rfc4134-examples', 'rfc9216-samples', 'rfc9690-rsa-kem', 'rfc9788-header-protection',
         'thunderbird-smime', 'x509-limbo']
HEAD = """# Verdicts of other people's corpora

Made by tests/system/corpora_table_test.py from a run; do not edit. Each verdict that a
corpus states is asked of the command, or of the path check where the command lacks an
input (tests/pki). *Deviating*: we give another verdict on purpose; DEVIATIONS.md says why.
Of `pqc-hackathon-cms` only what must be refused is asked here; tests/cms asks the
post-quantum samples of the library, and tests/crypto Wycheproof's vectors.

| corpus | files | verdicts asked | met | deviating |
|---|---:|---:|---:|---:|
"""


@pytest.fixture(autouse=True)
def whole_run():
    if not CORPORA.is_dir():
        pytest.skip('the test corpora are not here')
    if SANITIZED or any(name not in ledger for name in ASKED):
        pytest.skip('only part of the corpora was asked in this run')


def counts(name):
    outcomes = list(ledger[name].values())
    met, failed = outcomes.count('met'), outcomes.count('failed')
    return len(outcomes), met, len(outcomes) - met - failed


def table():
    rows, total = [], [0, 0, 0, 0]
    for name in ASKED:
        row = [len(files(name)), *counts(name)]
        total = [a + b for a, b in zip(total, row)]
        rows.append(f'| `{name}` | ' + ' | '.join(map(str, row)) + ' |\n')
    return HEAD + ''.join(rows) + '| all | ' + ' | '.join(map(str, total)) + ' |\n'


def failed():
    return [f'{name}: {v}' for name, book in ledger.items() for v, o in book.items() if o == 'failed']


def test_every_verdict_is_met_or_deviates_for_a_reason():
    assert not failed()


def test_every_deviation_is_explained_and_every_explanation_is_one():
    used = {o for book in ledger.values() for o in book.values() if o not in ('met', 'failed')}
    explained = set(re.findall(r'^\| `([^`]+)` \|', (ROOT / 'docs' / 'DEVIATIONS.md').read_text(), re.M))
    assert used == explained


def test_the_table_in_the_documents_is_of_this_run():
    path = ROOT / 'docs' / 'CORPORA.md'
    if os.environ.get('SEALMAIL_UPDATE') and not failed():
        path.write_text(table())
    assert path.read_text() == table(), 'SEALMAIL_UPDATE=1 writes docs/CORPORA.md anew'
