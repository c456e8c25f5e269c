"""A message of any size passes through a pipe in flat memory.

2200 MiB is above 2^31 bytes, where a length in an int or a buffer for the whole
message shows.  SEALMAIL_HUGE_MIB asks for another size.
"""
import base64
import hashlib
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

ROOT = Path(os.environ.get('SEALMAIL_ROOT', Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get('SEALMAIL_BUILD', ROOT / 'build'))
SEALMAIL, PEAK = BUILD / 'sealmail', BUILD / 'bench' / 'peak'
MIB = 1 << 20
SIZE_MIB = int(os.environ.get('SEALMAIL_HUGE_MIB', '2200'))
LIMIT_KIB = 32 * 1024
HEAD = b'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n'


@pytest.fixture(scope='module')
def pki(tmp_path_factory):
    d = tmp_path_factory.mktemp('pki')
    subprocess.run([ROOT / 'tools' / 'test-pki.sh', d, '--kinds', 'rsa2048', '--people', 'alice bob',
                    '--extras', ''], check=True)
    return d


@pytest.fixture(scope='module')
def block():
    line = lambda: base64.b64encode(os.urandom(57)) + b'\r\n'   # noqa: E731
    return b''.join(line() for _ in range(4 * MIB // 78))


def body_blocks(block):
    return SIZE_MIB * MIB // len(block)


@pytest.fixture(scope='module')
def body_hash(block):
    h = hashlib.sha256()
    for _ in range(body_blocks(block)):
        h.update(block)
    return h.hexdigest()


def feed(pipe, block):
    with pipe:
        try:
            pipe.write(HEAD)
            for _ in range(body_blocks(block)):
                pipe.write(block)
        except BrokenPipeError:
            pass   # the status of the reader tells why


def hash_body(pipe):
    """SHA-256 of what follows the first empty line."""
    head = b''
    while b'\r\n\r\n' not in head:
        piece = pipe.read(65536)
        if not piece:
            return 'no content'
        head += piece
    h = hashlib.sha256(head.split(b'\r\n\r\n', 1)[1])
    while piece := pipe.read(MIB):
        h.update(piece)
    return h.hexdigest()


def through(tmp_path, block, *commands):
    """Feed the message through the commands: the hash, and (status, peak KiB) of each."""
    files, processes, source = [], [], subprocess.PIPE
    for i, command in enumerate(commands):
        files.append(tmp_path / f'peak.{i}')
        p = subprocess.Popen([PEAK, files[-1], SEALMAIL, *command], stdin=source,
                             stdout=subprocess.PIPE, stderr=open(tmp_path / f'said.{i}', 'wb'))
        if processes:
            source.close()
        processes.append(p)
        source = p.stdout
    feeder = threading.Thread(target=feed, args=(processes[0].stdin, block))
    feeder.start()
    got = hash_body(source)
    feeder.join()
    for p in processes:
        p.wait()
    costs = [f.read_text().split() for f in files]
    return got, [(int(c[4]), int(c[3])) for c in costs]


def options(pki):
    return {
        'alice': ['--key', pki / 'alice.key', '--cert', pki / 'alice.pem', '--chain', pki / 'inter.pem'],
        'bob': ['--key', pki / 'bob.key', '--cert', pki / 'bob.pem'],
        'to': ['-r', pki / 'bob.pem'],
        'trust': ['--trust', pki / 'root.pem'],
    }


def pair(name, o, spool):
    """The writing command, the reading command, and the status of the latter."""
    spool = ['-q', '--spool', spool]
    return {
        'sign': (['sign', *o['alice']], ['verify', *o['trust'], *spool, '-o', '-'], 0),
        'sign opaque': (['sign', '--opaque', *o['alice']], ['verify', *o['trust'], *spool, '-o', '-'], 0),
        'encrypt': (['encrypt', *o['to']], ['decrypt', *o['bob'], *spool], 0),
        'encrypt cbc': (['encrypt', '--cipher', 'aes-256-cbc', *o['to']],
                        ['decrypt', '--unauthenticated', *o['bob'], *spool], 22),
        'sign and encrypt': (['encrypt', '-s', *o['alice'], *o['to']],
                             ['open', *o['bob'], *o['trust'], *spool], 0),
    }[name]


@pytest.mark.parametrize('name', ['sign', 'sign opaque', 'encrypt', 'encrypt cbc', 'sign and encrypt'])
def test_writing_and_reading_need_at_most_32_mib(name, tmp_path, pki, block, body_hash):
    spool = Path(os.environ.get('TMPDIR', '/var/tmp'))
    if shutil.disk_usage(spool).free < 2 * SIZE_MIB * MIB:
        pytest.skip(f'less than {2 * SIZE_MIB} MiB are free in {spool}')
    write, read, status = pair(name, options(pki), spool)
    got, costs = through(tmp_path, block, write, read)
    said = (tmp_path / 'said.0').read_text() + (tmp_path / 'said.1').read_text()
    print(name, 'peak KiB:', costs[0][1], costs[1][1])
    assert [c[0] for c in costs] == [0, status], said
    assert got == body_hash
    assert max(c[1] for c in costs) <= LIMIT_KIB, costs
