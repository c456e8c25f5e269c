"""make bench: this project beside `openssl cms`, in the same run.

Every round runs every command once, in turn, so that both programs share the
machine's drift; the table gives medians, ratios and the largest resident set of
a single process.  Inputs lie in the page cache (a RAM disk where there is room),
output goes to /dev/null.  The identities are RSA-2048 with SHA-256; the cipher
is AES-256.

usage: bench.py [--mib N] [--rounds N] [--only WORD] [--huge] [--write FILE]
"""
import argparse
import base64
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get('SEALMAIL_BUILD', ROOT / 'build'))
LIMIT_S = 1200  # one command; hangs end, slow disks do not
MIB = 1 << 20


def entity(path, mib):
    """A MIME entity of base64 lines with CRLF, random enough for nobody to squeeze."""
    head = (b'Content-Type: application/octet-stream; name="a.bin"\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n')
    block = b''.join(base64.b64encode(os.urandom(57)) + b'\r\n' for _ in range(16 * MIB // 78))
    left = int(mib * MIB) - len(head)
    with open(path, 'wb') as f:
        f.write(head)
        while left > 0:
            piece = block if left >= len(block) else block[:max(2, left - 2)].rstrip() + b'\r\n'
            f.write(piece)
            left -= len(piece)


class Bench:
    def __init__(self, scratch, mib):
        self.dir = Path(scratch)
        self.mib = mib
        self.rows = []
        pki = self.dir / 'pki'
        subprocess.run([ROOT / 'tools' / 'test-pki.sh', pki, '--kinds', 'rsa2048',
                        '--people', 'alice bob', '--extras', ''], check=True)
        self.words = {
            'sm': BUILD / 'sealmail', 'peak': BUILD / 'bench' / 'peak', 'd': self.dir, 'pki': pki,
            'in': self.dir / 'in.eml',
            'alice': f'--key {pki}/alice.key --cert {pki}/alice.pem --chain {pki}/inter.pem',
            'bob': f'--key {pki}/bob.key --cert {pki}/bob.pem',
            'trust': f'--trust {pki}/root.pem',
            'osigner': f'-signer {pki}/alice.pem -inkey {pki}/alice.key -certfile {pki}/inter.pem',
            'orecip': f'{pki}/bob.pem',
            'odec': f'-recip {pki}/bob.pem -inkey {pki}/bob.key',
            'otrust': f'-CAfile {pki}/root.pem',
        }
        entity(self.words['in'], mib)

    def fill(self, command):
        return command.format(**self.words)

    def make(self, name, command):
        """An input that both programs read, made untimed."""
        subprocess.run(['bash', '-o', 'pipefail', '-c', self.fill(command) + f' >{self.dir}/{name}'],
                       check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def time(self, commands, status):
        """Commands joined by a pipe: wall seconds, CPU seconds, largest resident set in KiB."""
        files = [self.dir / f'peak.{i}' for i in range(len(commands))]
        for f in files:
            f.unlink(missing_ok=True)
        line = ' | '.join(f'{self.words["peak"]} {f} {self.fill(c)}' for f, c in zip(files, commands))
        p = subprocess.run(['timeout', str(LIMIT_S), 'bash', '-c', line + ' >/dev/null'],
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        costs = [list(map(float, f.read_text().split())) if f.exists() else None for f in files]
        bad = [c for c in costs[:-1] if not c or c[4]]
        if bad or not costs[-1] or costs[-1][4] != status:
            raise RuntimeError(f'{line}: {costs} {p.stderr[-300:]}')
        return (max(c[0] for c in costs), sum(c[1] + c[2] for c in costs), max(c[3] for c in costs))

    def add(self, name, ours, theirs, status=0):
        self.rows.append({'name': name, 'ours': (ours, status), 'theirs': (theirs, 0),
                          'times': {'ours': [], 'theirs': []}, 'fault': {}})

    def round(self, peers=True):
        for row in self.rows:
            for who in ('ours', 'theirs') if peers else ('ours',):
                if who in row['fault'] or not row[who][0]:
                    continue
                try:
                    row['times'][who].append(self.time(*row[who]))
                except RuntimeError as e:
                    row['fault'][who] = 'fails'
                    print(f'{row["name"]}, {who}: {e}', file=sys.stderr)


def large_rows(b, only):
    ossl = 'openssl cms '
    b.make('clear', ossl + '-sign -in {in} {osigner}')
    b.make('gcm', ossl + '-encrypt -aes-256-gcm -stream -in {in} {orecip}')
    b.make('cbc', ossl + '-encrypt -aes-256-cbc -stream -in {in} {orecip}')
    b.make('both', ossl + '-sign -in {in} {osigner} | ' + ossl + '-encrypt -aes-256-gcm -stream {orecip}')
    rows = [
        ('sign (multipart/signed)', ['{sm} sign {alice} {in}'], [ossl + '-sign -in {in} {osigner}']),
        ('verify, content written', ['{sm} verify {trust} -q -o - {d}/clear'],
         [ossl + '-verify {otrust} -in {d}/clear']),
        ('encrypt, AES-256-GCM', ['{sm} encrypt --cipher aes-256-gcm -r {pki}/bob.pem {in}'],
         [ossl + '-encrypt -aes-256-gcm -stream -in {in} {orecip}']),
        ('decrypt, AES-256-GCM', ['{sm} decrypt {bob} {d}/gcm'], [ossl + '-decrypt {odec} -in {d}/gcm']),
        ('decrypt, AES-256-CBC', ['{sm} decrypt -q --unauthenticated {bob} {d}/cbc'],
         [ossl + '-decrypt {odec} -in {d}/cbc'], 22),
        ('sign and encrypt', ['{sm} encrypt -s {alice} --cipher aes-256-gcm -r {pki}/bob.pem {in}'],
         [ossl + '-sign -in {in} {osigner}', ossl + '-encrypt -aes-256-gcm -stream {orecip}']),
        ('open (decrypt and verify)', ['{sm} open -q {bob} {trust} {d}/both'],
         [ossl + '-decrypt {odec} -in {d}/both', ossl + '-verify {otrust}']),
        ('the same from a pipe', ['cat {d}/both', '{sm} open -q --spool /var/tmp {bob} {trust}'], None),
    ]
    for name, *rest in rows:
        if not only or only in name:
            b.add(name, *rest)


def small_rows(b):
    """One process a message: what a mail program or a filter pays."""
    large_rows(b, None)
    b.rows = [r for r in b.rows if len(r['ours'][0]) == 1]


def seconds(values):
    m = statistics.median(v[0] for v in values)
    return m, f'{m:.2f}' if m >= 0.1 else f'{1000 * m:.1f} ms'


def table(rows):
    yield '| operation | sealmail | `openssl cms` | ratio | memory | `openssl cms` |'
    yield '|---|---|---|---|---|---|'
    for r in rows:
        ours, theirs = r['times']['ours'], r['times']['theirs']
        cells = [r['name']]
        a = b = None
        for values, who in ((ours, 'ours'), (theirs, 'theirs')):
            if values:
                m, text = seconds(values)
                a, b = (m, b) if who == 'ours' else (a, m)
                cells.append(text)
            else:
                cells.append(r['fault'].get(who, ''))
        cells.append(f'**{b / a:.1f}x**' if a and b else '')
        for values in (ours, theirs):
            cells.append(f'{max(v[2] for v in values) / 1024:.0f} MiB' if values else '')
        yield '| ' + ' | '.join(cells) + ' |'


def machine():
    cpu = 'unknown processor'
    try:
        found = re.search(r'^model name\s*:\s*(.+)$', Path('/proc/cpuinfo').read_text(), re.M)
        cpu = found[1] if found else cpu
        mem = re.search(r'MemTotal:\s*(\d+)', Path('/proc/meminfo').read_text())
        memory = f'{int(mem[1]) / MIB:.0f} GiB'
        debian = re.search(r'PRETTY_NAME="(.*)"', Path('/etc/os-release').read_text())[1]
    except (OSError, TypeError):
        memory, debian = '', platform.system()
    openssl = subprocess.run(['openssl', 'version'], capture_output=True, text=True).stdout
    openssl = ' '.join(openssl.split()[:2])
    return f'{os.cpu_count()} cores ({cpu}), {memory} memory, {debian}, {openssl}'


TEXT = '''# How fast, and in how much memory

Written by `make bench`; times are medians of {rounds} rounds in which both programs take turns, on
{machine}.
Absolute times hold for that machine only: compare within a row. "Ratio" is the time of `openssl cms`
divided by ours. Memory is the largest resident set of any one process. Inputs are in the page cache
and output goes to /dev/null; both programs read the same files, which `openssl cms` made.

Where `sealmail` reads an encrypted message it reads it twice: the first pass authenticates, and only
the second one lets content out. `openssl cms` keeps the whole message in memory instead.

## A message of {size}

{large}

## A message of 4 KiB, one process each

{small}
'''


def run(args, scratch, mib, small=False):
    b = Bench(scratch, mib)
    if small:
        small_rows(b)
    else:
        large_rows(b, args.only)
    for n in range(15 if small else args.rounds):
        b.round(peers=mib <= 2000)
    return b


def scratch_dir(mib):
    """A RAM disk when all inputs (seven times the size) fit twice over."""
    need = 14 * mib * MIB
    shm = '/dev/shm'
    base = shm if os.path.isdir(shm) and shutil.disk_usage(shm).free > need else '/var/tmp'
    return tempfile.TemporaryDirectory(prefix='sealmail-bench-', dir=base)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--mib', type=float, default=1024)
    p.add_argument('--rounds', type=int, default=3)
    p.add_argument('--only', help='only operations whose name contains this')
    p.add_argument('--huge', action='store_true', help='also 10 GiB, ours alone, when 60 GB are free')
    p.add_argument('--write', default=ROOT / 'docs' / 'BENCH.md', help='file to write; - for none')
    args = p.parse_args()
    with scratch_dir(args.mib) as d:
        large = run(args, d, args.mib)
    with scratch_dir(1) as d:
        small = run(args, d, 4 / 1024, small=True)
    size = f'{args.mib / 1024:g} GiB' if args.mib >= 1024 else f'{args.mib:g} MiB'
    text = TEXT.format(rounds=args.rounds, machine=machine(), size=size,
                       large='\n'.join(table(large.rows)), small='\n'.join(table(small.rows)))
    if args.huge:
        text += huge(args)
    print(text)
    if str(args.write) != '-':
        Path(args.write).parent.mkdir(exist_ok=True)
        Path(args.write).write_text(text)
    return 1 if any('ours' in r['fault'] for r in large.rows + small.rows) else 0


def huge(args):
    """10 GiB: flat memory is the point; openssl cms cannot read back such a file."""
    if shutil.disk_usage('/var/tmp').free < 60e9:
        return '\n## A message of 10 GiB\n\nLeft out: less than 60 GB are free.\n'
    with tempfile.TemporaryDirectory(prefix='sealmail-bench-', dir='/var/tmp') as d:
        args.rounds = 1
        b = Bench(d, 10240)
        # Our own files: openssl cms writes S/MIME of this size, slowly.
        b.make('clear', '{sm} sign {alice} {in}')
        b.make('both', '{sm} encrypt -s {alice} --cipher aes-256-gcm -r {pki}/bob.pem {in}')
        b.add('sign (multipart/signed)', ['{sm} sign {alice} {in}'], None)
        b.add('verify, content written', ['{sm} verify {trust} -q -o - {d}/clear'], None)
        b.add('sign and encrypt', ['{sm} encrypt -s {alice} -r {pki}/bob.pem {in}'], None)
        b.add('open (decrypt and verify)', ['{sm} open -q {bob} {trust} {d}/both'], None)
        b.round(peers=False)
        return '\n## A message of 10 GiB\n\nThe file is read from disk.\n\n' + '\n'.join(table(b.rows)) + '\n'


if __name__ == '__main__':
    sys.exit(main())
