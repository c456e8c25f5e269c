"""Damaged input: no crash, no leak, no hang, bounded memory, nothing called good.

Every file goes through every verb that reads. Under sanitizers, where a run costs
thirty times as much, one file in SEALMAIL_SANITIZED_STRIDE (default 10) does.
"""
import os
import subprocess

import pytest

from corpora import (CORPORA, SANITIZED, SEALMAIL, TIMEOUT, Ran, claim, corpus, files, in_parallel,
                     sound)

STRIDE = int(os.environ.get('SEALMAIL_SANITIZED_STRIDE', '10')) if SANITIZED else 1
# A sanitizer's shadow needs address space; without one 96 MiB are ample.
BOUNDED = [] if SANITIZED else ['prlimit', '--as=100663296', '--']
KEY = ['--key', CORPORA / 'openssl-cms' / 'smime-certs' / 'smrsa1.pem']
TRUST = ['--trust', CORPORA / 'openssl-cms' / 'smime-certs' / 'smroot.pem']
SIGNED = CORPORA / 'libksba-samples' / 'rsa-sample1.p7s'

READING = [['open', '--force', '--unauthenticated', *KEY, *TRUST], ['verify', *TRUST], ['inspect'],
           ['decrypt', '--unauthenticated', *KEY]]
# As evidence beside a good signature whose issuer is not known.
EVIDENCE = {'x509': ['--certs', '--trust'], 'crl': ['--crl'], 'asn1': ['--ocsp'],
            'pem': ['--certs', '--trust']}


def damaged(words):
    done = subprocess.run([*BOUNDED, SEALMAIL, *words], capture_output=True, timeout=TIMEOUT,
                          stdin=subprocess.DEVNULL)
    run = Ran(words, done, None)
    sound(run)
    assert run.code in (0, 10, 11, 12, 13, 14, 15, 20, 21, 22, 40, 65), run
    return run


def read_damaged(path, readings):
    """By every verb; nothing here proves anything. What open did."""
    runs = [damaged([*words, path]) for words in readings]
    for words, run in zip(readings, runs):
        if words[0] == 'open':
            assert run.code in (10, 11, 15, 20, 21, 22, 40, 65), run
        elif words[0] != 'inspect':
            assert run.code != 0 and run.out == b'', run
    return runs[0]


def fault(path, function):
    try:
        return function(path) and None
    except (AssertionError, subprocess.TimeoutExpired) as e:
        return str(e)


def batch(name, paths, function):
    """Claim each file; the faults of those that failed."""
    d = corpus(name)
    faults = in_parallel(lambda p: fault(d / p, function), paths)
    for path, found in zip(paths, faults):
        try:
            with claim(name, path):
                assert found is None
        except AssertionError:
            pass
    return [f'{p}: {f}' for p, f in zip(paths, faults) if f is not None]


def read_mail(path):
    run = read_damaged(path, READING)
    assert run.code == 15 and run.out == path.read_bytes(), run
    return True


def test_no_text_of_damaged_mail_is_lost():
    """What open writes of mail without protection is the mail, to the byte."""
    mails = files('mime-malformed', '*.eml')[::STRIDE]
    corpus('mime-malformed')
    assert not batch('mime-malformed', mails, read_mail)


FOLDERS = sorted({f.split('/')[0] for f in files('fuzz-seeds')}) or ['(absent)']


@pytest.mark.parametrize('folder', FOLDERS)
def test_seeds_of_fuzzers_are_refused_cleanly(folder):
    corpus('fuzz-seeds')

    def read_seed(path):
        read_damaged(path, READING[:3])
        for option in EVIDENCE.get(folder, []):
            run = damaged(['verify', option, path, SIGNED])
            assert run.code in (11, 65), run
        return True

    seeds = [f for f in files('fuzz-seeds') if f.startswith(f'{folder}/')][::STRIDE]
    assert not batch('fuzz-seeds', seeds, read_seed)
