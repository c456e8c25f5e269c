"""Passphrases that a program of the user's asks for."""
import os

import pytest
from conftest import LETTER
from id_test import Ring, issue


@pytest.fixture
def ring(sealmail):
    """A keyring with one key, whose passphrase is "right"."""
    r = Ring(sealmail)
    r('id new', '--kind', 'p-256', 'alice@example.org', '-o', 'a.csr', passphrase='right')
    issue(sealmail, 'a.csr', 'a.pem')
    r('id import', 'a.pem', passphrase=None)
    return r


@pytest.fixture
def program(sealmail):
    """Makes a program that notes how it was called and answers."""
    def make(answer, name='ask', mode=0o700):
        p = sealmail.path(name)
        p.write_text(f'#!/bin/sh\nprintf "%s|" "$#" "$@" >>{sealmail.cwd}/asked\nls /proc/self/fd >{sealmail.cwd}/fds\n{answer}\n')
        p.chmod(mode)
        return p
    return make


def asked(sealmail):
    p = sealmail.path('asked')
    return p.read_text() if p.exists() else ''


def test_the_program_gets_the_question_and_gives_the_passphrase(sealmail, ring, program):
    signed = ring('sign', '--passphrase-program', program('echo right'), '--remember', '0', stdin=LETTER, passphrase=None).stdout
    assert b'multipart/signed' in signed
    assert asked(sealmail).startswith('1|Passphrase for alice@example.org (key ') and 'right' not in asked(sealmail)
    # ls itself opens one more descriptor.
    assert sealmail.path('fds').read_text().split() == ['0', '1', '2', '3']


def test_the_configuration_names_the_program_once_for_all(sealmail, ring, program):
    config = ring.home / 'config'
    config.write_text(f'# who asks\npassphrase-program = {program("echo right")}\n')
    config.chmod(0o600)
    ring('sign', '--remember', '0', stdin=LETTER, passphrase=None)
    # What is given on the command line comes first; and files need nobody.
    ring('sign', '--passphrase-program', program('exit 1', 'no'), '--remember', '0', stdin=LETTER, passphrase=None, exit=77)
    sealmail.path('asked').unlink()
    ring('sign', stdin=LETTER, passphrase='right')
    assert asked(sealmail) == ''
    # A key that was named by file leaves HOME alone, its configuration too.
    done = sealmail('sign', '--key', sealmail.pki / 'alice.p12', env={'SEALMAIL_HOME': str(ring.home)}, stdin=LETTER,
                    start_new_session=True, exit=77)
    assert asked(sealmail) == '' and '--passphrase-file' in done.err
    config.chmod(0o666)
    assert 'chmod ' in ring('sign', '--remember', '0', stdin=LETTER, passphrase=None, exit=77).err


def test_a_new_passphrase_is_asked_for_twice(sealmail, ring, program):
    ring('id new', '--kind', 'p-256', 'b@example.org', '--passphrase-program', program('echo new'), passphrase=None)
    assert asked(sealmail) == '1|New passphrase for the new key: |1|The same once more: |'
    ring('id new', '--kind', 'p-256', 'c@example.org', '--passphrase-program', program('date +%N'), passphrase=None, exit=64)


def test_a_wrong_answer_is_asked_again_and_no_more_than_three_times(sealmail, ring, program):
    ring('sign', '--passphrase-program', program('echo wrong'), stdin=LETTER, passphrase=None, exit=77)
    assert asked(sealmail).count('|Passphrase for') == 1 and asked(sealmail).count('|That was not it.') == 2
    ring('sign', '--passphrase-program', program(f'grep -q not <<E && echo right || echo wrong\n$1\nE'), '--remember', '0',
         stdin=LETTER, passphrase=None)


def test_77_with_the_reason_when_the_program_gives_nothing(sealmail, ring, program):
    for answer, why in [('exit 3', 'exit status was 3'), (':', 'empty'), ('kill -9 $$', 'failed'), ('yes', 'failed')]:
        done = ring('sign', '--passphrase-program', program(answer), stdin=LETTER, passphrase=None, exit=None)
        assert done.returncode == 77, (answer, done.err)
        assert (why in done.err or answer == 'yes') and done.err.count('sealmail: ') == 1


def test_the_name_of_the_program_is_no_command_line(sealmail, ring, program):
    odd = program('echo right', name="a b;touch owned")
    ring('sign', '--passphrase-program', odd, '--remember', '0', stdin=LETTER, passphrase=None)
    assert not sealmail.path('owned').exists()
    assert 'whole path' in ring('sign', '--passphrase-program', 'ask', stdin=LETTER, passphrase=None, exit=64).err


def test_a_program_that_others_could_change_is_refused_with_the_command_that_mends_it(sealmail, ring, program):
    p = program('echo right', mode=0o775)
    assert f'chmod go-w {p}' in ring('sign', '--passphrase-program', p, stdin=LETTER, passphrase=None, exit=77).err
    p.chmod(0o600)
    assert f'chmod 755 {p}' in ring('sign', '--passphrase-program', p, stdin=LETTER, passphrase=None, exit=77).err
    ring('sign', '--passphrase-program', '/nowhere/ask', stdin=LETTER, passphrase=None, exit=66)
    ring('sign', '--passphrase-program', sealmail.cwd, stdin=LETTER, passphrase=None, exit=77)
    if os.geteuid() == 0:
        p.chmod(0o755)
        os.chown(p, 65534, 65534)
        assert 'another user' in ring('sign', '--passphrase-program', p, stdin=LETTER, passphrase=None, exit=77).err
    assert asked(sealmail) == ''
