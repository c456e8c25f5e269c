"""A letter to a list of 1,000: signed, encrypted to everybody, queued, handed over.

Fills a book of contacts with that many people (bench/contacts.py), then runs `sealmail
send` with a program that only reads: the time of whole runs, without a network.

usage: send.py [--people N] [--rounds N] [--dir DIR]
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from contacts import BUILD, ROOT, write_book  # noqa: E402

LIMIT_S = 1.0


def identity(home, pki, d):
    key = subprocess.run(['openssl', 'pkey', '-in', pki / 'alice.key'], check=True, capture_output=True).stdout
    pem = d / 'alice.pem'
    with open(os.open(pem, os.O_WRONLY | os.O_CREAT, 0o600), 'wb') as f:
        f.write(key + (pki / 'alice.pem').read_bytes())
    subprocess.run([BUILD / 'sealmail', 'id', 'import', '--quiet', '--home', home, '--no-passphrase', pem], check=True)


def run(words, letter):
    begin = time.monotonic()
    subprocess.run(words, input=letter, check=True, stderr=subprocess.DEVNULL)
    return time.monotonic() - begin


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--people', type=int, default=1000)
    p.add_argument('--rounds', type=int, default=7)
    p.add_argument('--dir')
    args = p.parse_args()
    with tempfile.TemporaryDirectory(dir=args.dir) as name:
        d = Path(name)
        home, pki = d / 'home', d / 'pki'
        subprocess.run([ROOT / 'tools' / 'test-pki.sh', pki, '--kinds', 'rsa2048', '--people', 'alice bob'], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        write_book(home, pki, args.people, 1)
        identity(home, pki, d)
        mta = d / 'mta'
        mta.write_text('#!/bin/sh\nexec cat >/dev/null\n')
        mta.chmod(0o755)
        to = ',\n '.join(f'person{n}@d{n % 97}.example.org' for n in range(args.people))
        letter = f'From: alice@example.org\nTo: {to}\nSubject: all\n\nHello all\n'.encode()
        words = [BUILD / 'sealmail', 'send', '--home', home, '--sendmail', mta, '--encrypt', '--yes', '-t']
        run(words, letter)
        times = [run(words, letter) for _ in range(args.rounds)]
    median = statistics.median(times)
    print(f'send to {args.people}: median {median * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms (limit {LIMIT_S * 1000:.0f} ms)')
    return 0 if median < LIMIT_S else 1


if __name__ == '__main__':
    sys.exit(main())
