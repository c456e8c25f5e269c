"""What cannot be understood is refused with exit 64 and one line."""
import re

import pytest
from conftest import LETTER


def one_line(done):
    lines = done.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith('sealmail: '), done.err
    return lines[0]


@pytest.mark.parametrize('words', [
    ['frobnicate'],
    ['verify', '--no-such-option'],
    ['verify', '-Z'],
    ['verify', '--trust'],
    ['verify', '--trust='],
    ['verify', '--force=yes'],
    ['verify', '--json='],
    ['verify', 'one', 'two'],
    ['verify', '--at', 'yesterday'],
    ['verify', '--key', 'k'],
    ['sign', '--form', 'paper'],
    ['encrypt', '--alg', 'au'],
    ['encrypt', '--alg', ''],
    ['open', '-o', 'a', '-o', 'b'],
    ['explain', '12', '13'],
    ['sign'],
    ['sign', '-i', 'alice', '--key', 'alice.p12'],
    ['encrypt'],
    ['open', '--json=fd:x'],
    ['open', '--json=fd:77', '-o', 'x'],
])
def test_a_wrong_command_line_is_64_with_one_line(sealmail, words):
    one_line(sealmail(*words, stdin=LETTER, exit=64))
    assert sealmail.left() == []


def test_no_verb_shows_the_verbs(sealmail):
    assert 'encrypt' in sealmail(exit=64).err


def test_a_misspelt_option_or_verb_is_guessed(sealmail):
    assert 'did you mean --trust?' in one_line(sealmail('verify', '--trsut', 'x', exit=64))
    assert 'did you mean --json?' in one_line(sealmail('verify', '--js', exit=64))
    assert 'did you mean verify?' in one_line(sealmail('verfy', exit=64))


def test_verbs_of_later_versions_say_so(sealmail):
    assert 'later version' in one_line(sealmail('enrol', 'https://ca.example.org', exit=64))


def test_options_for_signing_without_s_are_refused(sealmail, pki):
    done = sealmail('encrypt', '-r', pki / 'bob.pem', '--key', pki / 'alice.key', stdin=LETTER, exit=64)
    assert 'add -s' in one_line(done)


@pytest.mark.parametrize('verb', ['open', 'decrypt', 'sign', 'encrypt'])
def test_report_and_content_cannot_share_standard_output(sealmail, pki, verb):
    more = ['-r', pki / 'bob.pem'] if verb == 'encrypt' else ['--key', pki / 'bob.key']
    for place in ('--json', '--json=-', '--json=fd:1'):
        done = sealmail(verb, *more, place, stdin=LETTER, exit=64)
        assert done.stdout == b'' and 'standard output' in one_line(done)


def test_verify_may_report_on_standard_output_as_it_writes_no_content_there(sealmail):
    assert sealmail.json('verify', stdin=LETTER, exit=15)['result'] == 'unsigned'
    sealmail('verify', '--json', '-o', '-', stdin=LETTER, exit=64)


def test_letters_may_be_joined_and_values_follow(sealmail, pki):
    sealmail('encrypt', '-qsr', pki / 'bob.pem', *sealmail.identity('alice'), '-oout.eml', stdin=LETTER)
    assert sealmail.left() == ['out.eml']


def test_two_dashes_end_the_options(sealmail):
    sealmail.write('-q', LETTER)
    assert sealmail('verify', '--', '-q', exit=15).err != ''


def test_help_wins_and_goes_to_standard_output(sealmail):
    done = sealmail('encrypt', '--help', '--no-such')
    assert b'usage: sealmail encrypt' in done.stdout and done.err == ''
    assert sealmail('help', 'encrypt').stdout == done.stdout


def test_version(sealmail):
    assert sealmail('--version').stdout.startswith(b'sealmail ')


def test_explain_knows_every_status_result_check_and_limit(sealmail):
    listed = sealmail('explain', 'no-such-thing', exit=64).err
    assert sealmail('explain').stdout.decode() in listed
    names = [line.split()[1] for line in listed.splitlines() if line.startswith('  ') and line.split()[0].isdigit()]
    assert 'not-from-sender' in names and 'corrupt' in names
    rest = re.sub(r'checks:|limits:|findings of doctor:|errors: .*', '', listed[listed.index('checks:'):]).split()
    assert 'revocation' in rest and 'rsa-bits' in rest
    for name in names + rest + ['0', '12', '22', '77']:
        assert name.encode() in sealmail('explain', name).stdout


def test_a_limit_can_be_lowered_and_raised_by_name(sealmail):
    mail = sealmail.signed()
    words = ['verify', *sealmail.trust(), '--limit']
    assert 'limit: certificates' in sealmail(*words, 'certificates=1', stdin=mail, exit=40).err
    sealmail(*words, 'certificates=300', stdin=mail)


@pytest.mark.parametrize('limit', ['certificates', 'certificates=', 'certificates=-1', 'certificates=0', 'nonsense=3',
                                   'certificates=99999999999', 'certificates=3x'])
def test_a_limit_that_is_none_is_64(sealmail, limit):
    sealmail('verify', '--limit', limit, stdin=b'', exit=64)
