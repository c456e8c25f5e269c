"""The keyring on disk: private, whole, and shared by many processes (C1, C3, C4)."""
import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest
from conftest import LETTER, SEALMAIL
from id_test import Ring, ring  # noqa: F401


@pytest.fixture
def filled(sealmail, ring):  # noqa: F811
    ring.adopt('alice')
    ring.key = ring.home / 'keys' / ring.keys()[0]['id']
    return ring


def refused(ring, path, command):  # noqa: F811
    done = ring('id list', passphrase=None, exit=77)
    assert f'`{command} {path}`' in done.err, done.err
    return done


def mended(ring, path, command):  # noqa: F811
    """The command that is named mends it."""
    done = refused(ring, path, command)
    subprocess.run(['sh', '-c', done.err.split('`')[1].removeprefix('sudo ')], check=True)
    ring('id list', passphrase=None)


# 9 cases: what a group, others, or a careless chmod could do to a folder or a file.
@pytest.mark.parametrize('mode', [0o755, 0o770, 0o777, 0o701])
def test_open_folders_are_refused_with_the_command_that_mends_them(filled, mode):
    for folder in (filled.home, filled.home / 'keys', filled.key):
        folder.chmod(mode)
        mended(filled, folder, 'chmod 700')


@pytest.mark.parametrize('mode', [0o644, 0o660, 0o604, 0o666])
@pytest.mark.parametrize('name', ['public.pem', 'info', 'certs.pem'])
def test_open_files_are_refused_with_the_command_that_mends_them(filled, name, mode):
    (filled.key / name).chmod(mode)
    mended(filled, filled.key / name, 'chmod 600')


def test_an_open_private_key_signs_nothing(sealmail, filled):
    word = (sealmail.pki / 'passphrase').read_text().strip()
    (filled.key / 'key.pem').chmod(0o640)
    done = filled('sign', passphrase=word, stdin=LETTER, exit=77)
    assert f'`chmod 600 {filled.key}/key.pem`' in done.err and done.stdout == b''


@pytest.mark.parametrize('name', ['', 'keys', 'key'])
def test_a_folder_that_is_a_link_is_refused(filled, name):
    path = {'': filled.home, 'keys': filled.home / 'keys', 'key': filled.key}[name]
    path.rename(path.parent / 'elsewhere')
    path.symlink_to(path.parent / 'elsewhere')
    assert 'symbolic link' in filled('id list', passphrase=None, exit=77).err


@pytest.mark.parametrize('name', ['public.pem', 'info', 'certs.pem', 'key.pem'])
def test_a_file_that_is_a_link_is_refused(sealmail, filled, name):
    path = filled.key / name
    path.rename(sealmail.cwd / 'elsewhere')
    path.symlink_to(sealmail.cwd / 'elsewhere')
    word = (sealmail.pki / 'passphrase').read_text().strip()
    assert 'symbolic link' in filled('sign', passphrase=word, stdin=LETTER, exit=77).err


def test_a_lock_that_is_a_link_or_a_fifo_is_refused(sealmail, filled):
    lock = filled.home / 'lock'
    lock.unlink()
    lock.symlink_to(sealmail.cwd / 'victim')
    filled('id new', '--kind', 'p-256', 'a@example.org', exit=77)
    assert not sealmail.path('victim').exists()
    lock.unlink()
    os.mkfifo(lock, 0o600)
    filled('id new', '--kind', 'p-256', 'a@example.org', exit=77)


def test_another_owner_is_refused(filled):
    if os.geteuid() != 0:
        pytest.skip('only root can give files away')
    for path in (filled.home, filled.home / 'keys', filled.key, filled.key / 'info', filled.key / 'certs.pem'):
        os.chown(path, 12345, -1)
        mended(filled, path, 'sudo chown 0')


@pytest.mark.parametrize('mode', [0o775, 0o757, 0o777])
def test_a_folder_above_that_others_may_write_to_is_refused(sealmail, filled, mode):
    sealmail.cwd.chmod(mode)
    mended(filled, sealmail.cwd, 'chmod go-w')
    sealmail.cwd.chmod(0o1777)   # as /tmp: others cannot rename what is ours
    filled('id list', passphrase=None)


@pytest.mark.parametrize('umask', [0o000, 0o002, 0o022, 0o077, 0o777])
def test_what_is_made_is_private_whatever_the_umask(sealmail, ring, umask):  # noqa: F811
    def run(*words):
        subprocess.run([SEALMAIL, *map(str, words), '--home', ring.home], cwd=sealmail.cwd, check=True,
                       preexec_fn=lambda: os.umask(umask), capture_output=True)
    run('id', 'new', '--no-passphrase', '--kind', 'p-256', 'a@example.org')
    run('id', 'import', '--no-passphrase', sealmail.pki / 'alice.key', sealmail.pki / 'alice.pem')
    for path in [ring.home, *ring.home.rglob('*')]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


FORGETFUL = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>
#define FORGET(name, kind) int name(int fd, struct kind *st) { \
	int (*real)(int, struct kind *) = (int (*)(int, struct kind *))dlsym(RTLD_NEXT, #name); \
	int rc = real(fd, st); \
	if (rc == 0 && S_ISDIR(st->st_mode)) st->st_mode |= 0777; \
	return rc; }
int fchmod(int fd, mode_t mode) { (void)fd; (void)mode; return 0; }
FORGET(fstat, stat)
FORGET(fstat64, stat64)
'''


def test_a_file_system_without_permissions_is_refused(sealmail, ring):  # noqa: F811
    if shutil.which('cc') is None or b'asan' in SEALMAIL.read_bytes():
        pytest.skip('needs a compiler, and no sanitizer')
    source = sealmail.write('forgetful.c', FORGETFUL.encode())
    subprocess.run(['cc', '-shared', '-fPIC', '-o', 'forgetful.so', source, '-ldl'], cwd=sealmail.cwd, check=True)
    done = ring('id new', '--kind', 'p-256', 'a@example.org', env={'LD_PRELOAD': str(sealmail.path('forgetful.so'))},
                exit=77)
    assert 'keeps no permissions' in done.err and '--home' in done.err


# ---- whole ----

def whole(ring):  # noqa: F811
    """Every key that has a name has all its parts."""
    for key in (ring.home / 'keys').iterdir():
        if key.name.startswith('.'):
            continue
        assert {'public.pem', 'info', 'key.pem'} <= {f.name for f in key.iterdir()}
        assert (key / 'key.pem').read_text().endswith('-----END PRIVATE KEY-----\n') or \
            (key / 'key.pem').read_text().endswith('-----END ENCRYPTED PRIVATE KEY-----\n')


def test_killed_at_any_moment_it_leaves_the_old_state_or_the_new(sealmail, ring):  # noqa: F811
    seed = int(os.environ.get('SEALMAIL_SEED', random.randrange(1 << 32)))
    print('SEALMAIL_SEED', seed)
    rng, made = random.Random(seed), set()
    ring('id new', '--no-passphrase', '--kind', 'p-256', 'first@example.org', passphrase=None)
    pems = [sealmail.pki / f'{n}.{e}' for n in ('alice', 'bob', 'mallory') for e in ('key', 'pem')]
    for n in range(int(os.environ.get('SEALMAIL_LOOPS', 100))):
        keys = ring.keys()
        verb = rng.choice(['new', 'new', 'import', 'remove'] if len(keys) > 1 else ['new'])
        removed = set()
        if verb == 'new':
            words = ['new', '--no-passphrase', '--kind', 'p-256', f'k{n}@example.org', '--json']
        elif verb == 'import':
            words = ['import', '--no-passphrase', *pems]
        else:
            victim = rng.choice([k for k in keys if not k['certificates']] or keys)['id']
            words, removed = ['remove', victim], {victim}
        p = subprocess.Popen([SEALMAIL, 'id', *map(str, words), '--home', ring.home], cwd=sealmail.cwd,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(rng.random() * 0.03)
        p.send_signal(signal.SIGKILL)
        out = p.communicate()[0]
        now = {k['id'] for k in ring.keys()}
        before = {k['id'] for k in keys}
        assert before - now <= removed, f'seed {seed}, round {n}'
        if p.returncode == 0 and verb == 'new':
            made.add(json.loads(out)['keys'][0]['id'])
        made -= removed - now
        assert made <= now, f'seed {seed}, round {n}'
        whole(ring)
    ring('id new', '--no-passphrase', '--kind', 'p-256', 'last@example.org', passphrase=None)
    assert not [f for f in (ring.home / 'keys').iterdir() if f.name.startswith('.')], 'leftovers are cleaned'


def test_fifty_at_once_lose_nothing(sealmail, ring):  # noqa: F811
    running = [subprocess.Popen([SEALMAIL, 'id', 'new', '--no-passphrase', '--kind', 'p-256', f'k{n}@example.org', '--json',
                                 '--home', ring.home], cwd=sealmail.cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for n in range(40)]
    running += [subprocess.Popen([SEALMAIL, 'id', 'import', '--no-passphrase', '--home', ring.home,
                                  *[sealmail.pki / f'{who}.{e}' for e in ('key', 'pem')]], cwd=sealmail.cwd,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for who in ('alice', 'bob') for _ in range(5)]
    results = [(p.communicate(timeout=120), p.returncode) for p in running]
    assert [r for r in results if r[1] != 0] == []
    made = {json.loads(r[0][0])['keys'][0]['id'] for r in results[:40]}
    now = {k['id'] for k in ring.keys()}
    assert made <= now and len(now) == 42
    whole(ring)


def test_a_killed_holder_leaves_no_lock(sealmail, ring):  # noqa: F811
    ring('id new', '--no-passphrase', '--kind', 'p-256', 'a@example.org', passphrase=None)
    holder = subprocess.Popen(['/usr/bin/python3', '-c', f'''
import fcntl, struct, sys, time
f = open({str(ring.home / 'lock')!r}, 'r+')
fcntl.fcntl(f, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0))   # F_OFD_SETLK
print('held', flush=True)
time.sleep(60)'''], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b'held\n'
    p = subprocess.Popen([SEALMAIL, 'id', 'new', '--no-passphrase', '--kind', 'p-256', 'b@example.org', '--home', ring.home],
                         cwd=sealmail.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(1.5)
    assert p.poll() is None
    holder.kill()
    holder.wait()
    assert 'waiting for another' in p.communicate(timeout=20)[1].decode() and p.returncode == 0
    assert len(ring.keys()) == 2


def test_a_full_disk_changes_nothing_and_is_named(sealmail, ring):  # noqa: F811
    ring('id new', '--no-passphrase', '--kind', 'p-256', 'a@example.org', passphrase=None)
    before = ring.keys()
    import resource
    done = subprocess.run([SEALMAIL, 'id', 'new', '--no-passphrase', '--kind', 'p-256', 'b@example.org', '--home', ring.home],
                          cwd=sealmail.cwd, capture_output=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    assert done.returncode == 74 and b'cannot write' in done.stderr
    assert ring.keys() == before
