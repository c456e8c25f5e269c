"""What must be read twice from a pipe is kept on a disk, unnamed, never in memory."""
import os
import resource
import subprocess
import time
from pathlib import Path

import pytest
from conftest import LETTER, SEALMAIL

BIG = LETTER + b'a line of text that makes the letter longer\r\n' * 100000


@pytest.fixture
def message(sealmail):
    return sealmail.letter_and_seal(letter=BIG)


@pytest.fixture
def words(sealmail):
    return ['open', '-o', '/dev/null', *sealmail.identity('bob'), *sealmail.trust()]


def in_memory(folder):
    out = subprocess.run(['stat', '-f', '-c', '%T', folder], capture_output=True, text=True)
    return out.stdout.strip() in ('tmpfs', 'ramfs')


needs_tmpfs = pytest.mark.skipif(not in_memory('/dev/shm'), reason='/dev/shm is no tmpfs here')


def test_a_file_needs_no_spool(sealmail, words, message):
    sealmail(*words, '--spool', '/proc/missing', sealmail.write('in.eml', message))


def test_a_small_pipe_needs_no_spool(sealmail, words):
    sealmail(*words, '--spool', '/proc/missing', stdin=sealmail.letter_and_seal())


def test_the_named_folder_is_used_and_left_empty(sealmail, words, message):
    spool = sealmail.path('spool')
    spool.mkdir()
    p = subprocess.Popen([SEALMAIL, *map(str, words), '--spool', spool], stdin=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    p.stdin.write(message[:-100])
    p.stdin.flush()
    time.sleep(0.3)
    fds = [os.readlink(f) for f in Path(f'/proc/{p.pid}/fd').iterdir()] if os.geteuid() == 0 else []
    assert list(spool.iterdir()) == []
    if fds:
        assert any(str(spool) in f and 'deleted' in f for f in fds)
    p.stdin.write(message[-100:])
    p.stdin.close()
    assert p.wait(60) == 0
    assert list(spool.iterdir()) == []


@needs_tmpfs
def test_73_when_the_named_folder_is_memory(sealmail, words, message):
    done = sealmail(*words, '--spool', '/dev/shm', stdin=message, exit=73)
    assert 'tmpfs' in done.err and '--spool DIR' in done.err


@needs_tmpfs
def test_tmpdir_in_memory_is_passed_over_with_a_sentence(sealmail, words, message):
    if in_memory('/var/tmp'):
        pytest.skip('/var/tmp is tmpfs here')
    done = sealmail(*words, stdin=message, env={'TMPDIR': '/dev/shm'})
    assert '/dev/shm is not used for the spool' in done.err


def test_73_when_the_named_folder_does_not_exist(sealmail, words, message):
    assert '/proc/missing' in sealmail(*words, '--spool', '/proc/missing', stdin=message, exit=73).err


def test_74_when_the_spool_is_full_names_the_folder_and_the_option(sealmail, words, message):
    def short():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))
    done = sealmail(*words, '--spool', sealmail.cwd, stdin=message, exit=74, preexec_fn=short)
    assert str(sealmail.cwd) in done.err and '--spool DIR' in done.err
    assert len(done.err.splitlines()) == 1


def test_detached_content_may_come_from_a_pipe(sealmail):
    content = os.urandom(3 << 20)
    sig = sealmail('sign', *sealmail.identity('alice'), '--form', 'der', stdin=content).stdout
    name = sealmail.write('sig.p7s', sig)
    words = ['verify', *sealmail.trust(), '--content', '-', name]
    sealmail(*words, stdin=content)
    sealmail(*words, stdin=content[:-1] + bytes([content[-1] ^ 1]), exit=10)
    sealmail('verify', '--content', '-', stdin=sig, exit=64)
