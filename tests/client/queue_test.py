"""The queue: whatever happens to the program, no letter that was accepted is lost."""
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time

import pytest
from conftest import SEALMAIL
from send_test import Sender, letter

LOOPS = int(os.environ.get('SEALMAIL_LOOPS', '100'))
SEED = int(os.environ.get('SEALMAIL_SEED', '1'))
SANITIZED = bool(os.environ.get('SEALMAIL_SANITIZED'))


@pytest.fixture
def send(sealmail):
    return Sender(sealmail)


def numbered(n):
    return letter('To: bob@example.org', f'Message-ID: <{n}@example.org>', body=f'letter {n}\n' + 'words ' * 5000)


def arrived(send):
    """Message-ID -> how often it lies in the mailbox; each is whole."""
    found = {}
    for message in send.box('bob@example.org'):
        n = int(re.search(rb'Message-ID: <(\d+)@', message)[1])
        found[n] = found.get(n, 0) + 1
        assert message.rstrip().endswith(b'--') or b'pkcs7-mime' in message
    return found


def command(send, *words):
    return [SEALMAIL, 'send', '--home', send.home, '--maildir', f'{send.boxes}/%a', *words]


def test_kill_9_at_any_time_loses_nothing_that_was_accepted(send):
    r = random.Random(SEED)
    accepted = set()
    rounds = max(20, LOOPS)
    send('-t', letter=numbered(10 ** 6))
    begin = time.monotonic()
    send('-t', letter=numbered(10 ** 6 + 1))
    usual = time.monotonic() - begin
    for n in range(rounds):
        words = ['-t'] if n % 4 else ['--flush=all']
        p = subprocess.Popen(command(send, *words), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=send.sealmail.env)
        try:
            p.stdin.write(numbered(n) if n % 4 else b'')
            p.stdin.close()
        except BrokenPipeError:
            pass
        time.sleep(r.uniform(0, usual))
        p.send_signal(signal.SIGKILL)
        if p.wait() in (0, 75) and n % 4:
            accepted.add(n)
    send('--flush=all', letter=b'')
    came = arrived(send)
    assert accepted <= set(came) and set(came.values()) == {1}
    assert send.queue() == []
    for message in send.box('bob@example.org')[-3:]:
        assert b'words words' in send.opened(message)[1]


def test_a_kill_before_it_was_noted_hands_it_over_once_more_to_a_program(send):
    """The documented price: twice, never not at all."""
    mta = send.sealmail.write('mta', f'#!/bin/sh\ncat >/dev/null; echo x >>{send.sealmail.cwd}/taken; kill -9 $PPID\n'.encode())
    mta.chmod(0o755)
    words = [SEALMAIL, 'send', '--home', send.home, '--sendmail', mta]
    assert subprocess.run([*words, '-t'], input=numbered(1), env=send.sealmail.env).returncode == -9
    mta.write_text(f'#!/bin/sh\ncat >/dev/null; echo x >>{send.sealmail.cwd}/taken\n')
    send.sealmail('send', '--home', send.home, '--flush=all')
    assert (send.sealmail.cwd / 'taken').read_text() == 'x\nx\n' and send.queue() == []


@pytest.mark.parametrize('size', [0, 50, 300, 1000, 5000, 20000, 60000])
def test_a_full_disk_sends_all_or_nothing_and_says_so(send, size):
    done = subprocess.run(command(send, '-t'), input=numbered(1), capture_output=True, env=send.sealmail.env,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    if done.returncode == 0:
        assert arrived(send) == {1: 1}
    elif done.returncode == 75:
        send('--flush=all', letter=b'')
        assert arrived(send) == {1: 1}
    else:
        assert done.returncode == 74 and b'full' in done.stderr or b'large' in done.stderr or b'File too large' in done.stderr
        assert arrived(send) == {}
    assert send.queue() == []


CALLS = ['write', 'fsync', 'renameat', 'linkat', 'mkdirat']


@pytest.mark.skipif(shutil.which('strace') is None, reason='strace is missing')
@pytest.mark.skipif(SANITIZED, reason='the leak checker traces its own process')
@pytest.mark.parametrize('call', CALLS)
def test_a_fault_at_any_call_that_writes_sends_all_or_nothing(send, call):
    send('-t', letter=numbered(0))
    errors = {'write': 'ENOSPC', 'fsync': 'EIO', 'renameat': 'EIO', 'linkat': 'ENOSPC', 'mkdirat': 'ENOSPC'}
    trace = send.sealmail.path('trace')
    for n in range(1, 41):
        done = subprocess.run(['strace', '-qq', '-o', trace, '-e', f'trace={call}', '-e',
                               f'inject={call}:error={errors[call]}:when={n}', *command(send, '-t')],
                              input=numbered(n), capture_output=True, env=send.sealmail.env)
        hit = 'INJECTED' in trace.read_text()
        if done.returncode in (0, 75):
            send('--flush=all', letter=b'')
            assert arrived(send).get(n) == 1, (n, done.stderr)
        else:
            assert hit and done.stderr
            send('--flush=all', letter=b'')
            assert n not in arrived(send), (n, done.stderr)
        if not hit:
            break
    assert send.queue() == []


def test_many_at_once_send_each_letter_once(send):
    n = 6 if SANITIZED else 16
    running = []
    for i in range(n):
        p = subprocess.Popen(command(send, '-t'), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=send.sealmail.env)
        p.stdin.write(numbered(i))
        p.stdin.close()
        running.append(p)
    flushing = [subprocess.Popen(command(send, '--flush=all'), stderr=subprocess.DEVNULL, env=send.sealmail.env) for _ in range(4)]
    assert {p.wait(timeout=120) for p in running + flushing} == {0}
    assert arrived(send) == {i: 1 for i in range(n)} and send.queue() == []


def test_what_a_killed_program_left_half_made_is_taken_away(send):
    d = send.home / 'queue' / '.new-1-0'
    d.mkdir(parents=True, mode=0o700)
    (send.home / 'queue').chmod(0o700)
    for name in ('lock', '1.eml'):
        (d / name).write_bytes(b'')
    send('--queue', letter=b'')
    assert not d.exists()


@pytest.mark.parametrize('text', ['', 'sealmail-queue 1\n', 'sealmail-queue 1\nnonsense\n', 'sealmail-queue 1\nto x\n',
                                  'sealmail-queue 1\nsender a@b\nmaildir x\nmessage-id <x>\nmessage mail\nlost bob@example.org\n'])
def test_a_damaged_letter_is_named_and_stands_in_nobodys_way(send, text):
    mta = send.sealmail.write('mta', b'#!/bin/sh\nexit 75\n')
    mta.chmod(0o755)
    send.sealmail('send', '--home', send.home, '--sendmail', mta, '-t', stdin=numbered(1), exit=75)
    first, = send.queue()
    send.sealmail('send', '--home', send.home, '--sendmail', mta, '-t', stdin=numbered(2), exit=75)
    (send.home / 'queue' / first / 'state').write_text(text)
    mta.write_text('#!/bin/sh\ncat >/dev/null\n')
    done = send('--flush=all', letter=b'', exit=74)
    assert 'is damaged' in done.err and first in done.err
    assert send.queue() == [first]
    send('--drop', first, letter=b'')
    assert send.queue() == []


def test_a_letter_that_waits_too_long_is_given_up_and_kept(send):
    mta = send.sealmail.write('mta', b'#!/bin/sh\nexit 75\n')
    mta.chmod(0o755)
    send.file('config', 'queue-days = 5\n')
    send.sealmail('send', '--home', send.home, '--sendmail', mta, '-t', stdin=numbered(1), exit=75)
    first, = send.queue()
    state = send.home / 'queue' / first / 'state'
    old = int(time.time()) - 6 * 86400
    state.write_text(re.sub(r'created \d+', f'created {old}', re.sub(r'next \d+', 'next 0', state.read_text())))
    send('--flush', letter=b'', exit=75)
    assert b'given up' in send('--queue', letter=b'').stdout
    send('--flush', letter=b'')                 # not tried again
    mta.write_text('#!/bin/sh\ncat >/dev/null\n')
    send('--flush=all', letter=b'')
    assert send.queue() == []
