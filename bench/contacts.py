"""Look-ups in a large book of contacts: 10,000 people, 100,000 certificates.

Writes the book as the command would, then runs `sealmail who ADDRESS` for people drawn
at random, beside `sealmail --version`, which does nothing: medians and 99th percentiles
of whole runs, starting of the program included, and the processor time of each, which
tells the same on a machine that is busy otherwise. Every certificate is another one (by its
serial); one of each ten is confirmed and its path is checked, as when one writes to them.

usage: contacts.py [--people N] [--each N] [--rounds N] [--dir DIR]
"""
import argparse
import base64
import hashlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get('SEALMAIL_BUILD', ROOT / 'build'))
LIMIT_MS = 5


def der_of(pem):
    return subprocess.run(['openssl', 'x509', '-in', pem, '-outform', 'der'], check=True, capture_output=True).stdout


def serial_place(pem, der):
    serial = bytes.fromhex(subprocess.run(['openssl', 'x509', '-in', pem, '-noout', '-serial'], check=True,
                                          capture_output=True, text=True).stdout.strip().partition('=')[2])
    at = der.index(serial)
    return at + 2, at + len(serial)


def pem_of(der):
    text = base64.b64encode(der).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return '-----BEGIN CERTIFICATE-----\n' + '\n'.join(lines) + '\n-----END CERTIFICATE-----\n'


def write_book(home, pki, people, each):
    pem = pki / 'bob.pem'
    der = der_of(pem)
    start, end = serial_place(pem, der)
    shards = home / 'contacts'
    number = 0
    for d in (home, shards, home / 'trust'):
        d.mkdir(mode=0o700, exist_ok=True)
    root = pki / 'root.pem'
    write(home / 'trust' / f'{hashlib.sha256(der_of(root)).hexdigest()[:32]}.pem',
          'added: 2026-01-01T00:00:00Z\n' + root.read_text())
    write_ca(shards, pki)
    for n in range(people):
        address = f'person{n}@d{n % 97}.example.org'
        name = hashlib.sha256(address.encode()).hexdigest()[:32]
        (shards / name[:2]).mkdir(mode=0o700, exist_ok=True)
        text = f'address: {address}\nseen: 2026-01-01T00:00:00Z\n'
        text += 'confirmed: 2026-01-02T00:00:00Z\nsource: 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z mail \n' + pem_of(der)
        for _ in range(each - 1):
            number += 1
            other = der[:start] + number.to_bytes(end - start, 'big') + der[end:]
            text += 'source: 2026-01-03T00:00:00Z 2026-01-03T00:00:00Z mail \n' + pem_of(other)
        write(shards / name[:2] / name, text)


def write_ca(shards, pki):
    """As `who add inter.pem` keeps it: by the command itself."""
    subprocess.run([BUILD / 'sealmail', 'who', 'add', '--quiet', '--home', shards.parent, pki / 'inter.pem'], check=True)


def write(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(fd, 'w') as f:
        f.write(text)


def timed(words):
    """Milliseconds by the clock, and of the processor."""
    begin = time.perf_counter()
    p = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        sys.exit(f'{words} ended with {p.returncode}')
    return (time.perf_counter() - begin) * 1000, (used.ru_utime + used.ru_stime) * 1000


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--people', type=int, default=10000)
    p.add_argument('--each', type=int, default=10)
    p.add_argument('--rounds', type=int, default=300)
    p.add_argument('--dir')
    a = p.parse_args()
    with tempfile.TemporaryDirectory(dir=a.dir) as tmp:
        tmp = Path(tmp)
        subprocess.run([ROOT / 'tools' / 'test-pki.sh', tmp / 'pki', '--fast'], check=True, capture_output=True)
        home = tmp / 'home'
        write_book(home, tmp / 'pki', a.people, a.each)
        rng, who, nothing = random.Random(1), [], []
        for _ in range(a.rounds):
            n = rng.randrange(a.people)
            who.append(timed([BUILD / 'sealmail', 'who', '--home', home, f'person{n}@d{n % 97}.example.org']))
            nothing.append(timed([BUILD / 'sealmail', '--version']))
    print(f'{a.people} people, {a.people * a.each} certificates, {a.rounds} look-ups')
    for name, runs in (('who ADDRESS', who), ('--version', nothing)):
        clock, cpu = (sorted(r[i] for r in runs) for i in (0, 1))
        print(f'{name:12} median {statistics.median(clock):6.2f} ms   99% {clock[int(len(clock) * 0.99)]:6.2f} ms   '
              f'processor {statistics.median(cpu):5.2f} ms')
    cost = statistics.median(r[1] for r in who)
    print(f'a look-up takes {cost:.2f} ms of the processor, with starting the program (at most {LIMIT_MS})')
    return 0 if cost <= LIMIT_MS else 1


if __name__ == '__main__':
    sys.exit(main())
