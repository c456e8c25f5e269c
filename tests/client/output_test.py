"""A named output appears when it is complete and good, or not at all."""
import json
import os
import resource
import signal
import stat
import subprocess
import time

import pytest
from conftest import LETTER, SEALMAIL

BIG = LETTER + b'a line of text that makes the letter longer\r\n' * 100000


def opening(sealmail, *more):
    return ['open', *sealmail.identity('bob'), *sealmail.trust(), *more]


def test_the_file_is_complete_private_and_alone(sealmail):
    sealmail(*opening(sealmail, '-o', 'out.eml'), stdin=sealmail.letter_and_seal())
    out = sealmail.path('out.eml')
    assert out.read_bytes().endswith(b'Hello Bob\r\n')
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert sealmail.left() == ['out.eml']


@pytest.mark.parametrize('make,code', [
    (lambda s: s.letter_and_seal().replace(b'\r\n\r\n', b'\r\n\r\n!!!!', 1), None),
    (lambda s: s.signed('mallory'), 12),
    (lambda s: s.sealed('--cipher', 'aes-256-cbc'), 22),
    (lambda s: s.sealed(to='alice'), 20),
])
def test_after_a_bad_verdict_an_older_file_is_untouched_and_nothing_is_left(sealmail, make, code):
    message = make(sealmail)
    old = sealmail.write('out.eml', b'older')
    before = old.stat()
    done = sealmail(*opening(sealmail, '-o', 'out.eml'), stdin=message, exit=code)
    assert done.returncode != 0
    assert old.read_bytes() == b'older' and old.stat().st_ino == before.st_ino
    assert sealmail.left() == ['out.eml']


def test_a_good_one_replaces_an_older_file_in_one_step(sealmail):
    old = sealmail.write('out.eml', b'older')
    reader = open(old, 'rb')
    sealmail(*opening(sealmail, '-o', 'out.eml'), stdin=sealmail.letter_and_seal())
    assert reader.read() == b'older' and b'Hello Bob' in old.read_bytes()
    assert sealmail.left() == ['out.eml']
    reader.close()


def test_input_and_output_may_be_the_same_file(sealmail):
    name = sealmail.write('letter.eml', sealmail.letter_and_seal())
    sealmail(*opening(sealmail, '-o', name, name))
    assert b'Hello Bob' in name.read_bytes()


def test_a_link_is_followed_and_stays(sealmail):
    sealmail.write('real.eml', b'older')
    sealmail.path('link.eml').symlink_to('real.eml')
    sealmail(*opening(sealmail, '-o', 'link.eml'), stdin=sealmail.letter_and_seal())
    assert sealmail.path('link.eml').is_symlink()
    assert b'Hello Bob' in sealmail.path('real.eml').read_bytes()


def test_73_where_no_file_can_be_made(sealmail):
    sealmail.path('nowhere.eml').symlink_to('missing/file')
    sealmail.path('folder').mkdir()
    for name in ('missing/out.eml', 'nowhere.eml', 'folder', 'folder/'):
        done = sealmail(*opening(sealmail, '-o', name), stdin=sealmail.letter_and_seal(), exit=73)
        assert len(done.err.splitlines()) == 1 and name in done.err
    assert sealmail.left() == ['folder', 'nowhere.eml']


def test_a_device_or_pipe_is_written_directly(sealmail):
    sealmail(*opening(sealmail, '-o', '/dev/null'), stdin=sealmail.letter_and_seal())
    os.mkfifo(sealmail.path('pipe'))
    reader = subprocess.Popen(['cat', sealmail.path('pipe')], stdout=subprocess.PIPE)
    sealmail(*opening(sealmail, '-o', 'pipe'), stdin=sealmail.letter_and_seal())
    assert b'Hello Bob' in reader.communicate(timeout=30)[0]


@pytest.mark.parametrize('verb', ['sign', 'encrypt', 'open', 'inspect'])
def test_74_on_a_full_disk(sealmail, pki, verb):
    words = {'sign': ['sign', *sealmail.identity('alice')], 'encrypt': ['encrypt', '-r', pki / 'bob.pem'],
             'open': opening(sealmail), 'inspect': ['inspect']}[verb]
    name = sealmail.write('in', LETTER if verb in ('sign', 'encrypt') else sealmail.letter_and_seal())
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([SEALMAIL, *map(str, words), name], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 74 and b'full' in done.stderr


def test_74_where_the_file_would_grow_too_long_and_nothing_is_left(sealmail):
    message = sealmail.letter_and_seal(letter=BIG)
    sealmail.write('out.eml', b'older')

    def short():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    sealmail(*opening(sealmail, '-o', 'out.eml', '--spool', '/var/tmp'), sealmail.write('in.eml', message),
             exit=74, preexec_fn=short)
    assert sealmail.left() == ['in.eml', 'out.eml']
    assert sealmail.path('out.eml').read_bytes() == b'older'


def test_74_when_the_reader_goes_away(sealmail):
    name = sealmail.write('in.eml', sealmail.letter_and_seal(letter=BIG))
    p = subprocess.Popen([SEALMAIL, *map(str, opening(sealmail, name))], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    p.stdout.read(10)
    p.stdout.close()
    assert p.wait(60) == 74 and b'closed by its reader' in p.stderr.read()
    p.stderr.close()


@pytest.mark.parametrize('sig', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(sealmail, sig):
    p = subprocess.Popen([SEALMAIL, *map(str, opening(sealmail, '-o', 'out.eml'))], cwd=sealmail.cwd,
                         stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdin.write(sealmail.letter_and_seal(letter=BIG)[:3 << 20])
    p.stdin.flush()
    time.sleep(0.2)
    p.send_signal(sig)
    assert p.wait(30) == -sig
    p.stdin.close()
    p.stderr.close()
    assert sealmail.left() == []


def test_another_user_than_root_can_name_files(sealmail, pki):
    """The unnamed file is named through /proc, also when the process cannot be traced."""
    if os.geteuid() != 0:
        pytest.skip('runs as root only')
    message = sealmail.letter_and_seal()
    for folder in [sealmail.cwd, *sealmail.cwd.parents][:4]:
        folder.chmod(0o755)
    room = sealmail.path('room')
    room.mkdir()
    os.chown(room, 65534, 65534)
    sealmail.write('root.pem', (pki / 'root.pem').read_bytes()).chmod(0o644)
    sealmail.write('bob.key', (pki / 'bob.key').read_bytes()).chmod(0o644)
    sealmail('open', '--key', 'bob.key', '--trust', 'root.pem', '-o', 'room/out.eml', stdin=message,
             user=65534, group=65534, extra_groups=[])
    assert [p.name for p in room.iterdir()] == ['out.eml']
    sealmail('open', '--key', 'bob.key', '--trust', 'root.pem', '-o', 'room/out.eml', stdin=message,
             user=65534, group=65534, extra_groups=[])
    assert [p.name for p in room.iterdir()] == ['out.eml']


def test_the_json_file_appears_whole_too(sealmail):
    sealmail('verify', '--json=report.json', stdin=LETTER, exit=15)
    assert sealmail.path('report.json').read_text().startswith('{')
    sealmail('verify', '--json=missing/report.json', stdin=LETTER, exit=73)
    assert sealmail.left() == ['report.json']


def test_json_to_a_descriptor(sealmail):
    r, w = os.pipe()
    done = sealmail('open', f'--json=fd:{w}', stdin=LETTER, pass_fds=[w], exit=15)
    os.close(w)
    with os.fdopen(r) as f:
        assert '"unsigned"' in f.read()
    assert b'Hello Bob' in done.stdout


def test_an_empty_content_makes_an_empty_file(sealmail):
    letter = b'MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n'
    sealmail('open', *sealmail.identity('bob'), '-o', 'out.eml', stdin=sealmail.sealed(letter=letter), exit=15)
    assert sealmail.path('out.eml').exists()


def test_closed_standard_descriptors_do_no_harm(sealmail):
    name = sealmail.write('in.eml', LETTER)
    sh = f'exec {SEALMAIL} sign --key {sealmail.pki}/alice.p12 --passphrase-file {sealmail.pki}/passphrase ' \
         f'-o out.eml {name} <&- >&- 2>&-'
    assert subprocess.run(['sh', '-c', sh], cwd=sealmail.cwd).returncode == 0
    assert b'multipart/signed' in sealmail.path('out.eml').read_bytes()


# ---- what is said beside the content ----

def test_inspect_judges_nothing_and_its_json_says_no_result(sealmail):
    assert sealmail.json('inspect', stdin=sealmail.signed())['result'] is None
    assert sealmail.json('inspect', stdin=LETTER)['result'] is None
    assert sealmail.json('inspect', stdin=b'\x30\x80', exit=65)['result'] == 'malformed'


@pytest.mark.parametrize('end', [b'\n', b'\r\n'])
def test_of_a_mailbox_with_several_letters_the_first_is_judged_and_that_is_said(sealmail, end):
    letter = b'From bob@example.org Sun Nov 22 09:14:00 2026' + end + sealmail.signed().replace(b'\r\n', end)
    box = letter + end + letter
    for verb in (['verify', *sealmail.trust()], ['open', '-o', 'out', *sealmail.trust()], ['inspect']):
        assert 'several letters' in sealmail(*verb, stdin=box).err
        assert 'several letters' not in sealmail(*verb, stdin=letter).err
        report = sealmail(*verb, '--json=report', stdin=box)
        assert any('several letters' in a for a in json.loads(sealmail.path('report').read_text())['advice']), report.err
    quoted = sealmail.signed('alice', LETTER + b'\r\n\r\nFrom here on\r\n')
    assert 'several letters' not in sealmail('verify', *sealmail.trust(), stdin=quoted).err


def test_a_secret_that_others_can_read_is_told_of(sealmail):
    word = sealmail.write('word', b'secret\n')
    for mode, told in ((0o644, True), (0o600, False)):
        word.chmod(mode)
        done = sealmail('encrypt', '--secret-file', word, '-o', 'sealed', stdin=LETTER)
        assert ('chmod 600' in done.err) == told, done.err
