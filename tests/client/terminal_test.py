"""What a terminal is shown: text, colours where wanted, a bar for long work."""
import pytest
from conftest import LETTER
from secrets_test import Terminal


def run(sealmail, *words, **env):
    t = Terminal(words, sealmail.cwd, **env)
    return t.end(), t.shown


def test_a_report_is_coloured_on_a_terminal_only(sealmail):
    name = sealmail.write('in.eml', sealmail.signed())
    words = ['verify', *sealmail.trust(), name]
    assert b'\x1b[' in run(sealmail, *words)[1]
    assert '\x1b' not in sealmail(*words, env={'TERM': 'xterm'}).err


@pytest.mark.parametrize('env', [{'NO_COLOR': '1'}, {'TERM': 'dumb'}])
def test_no_colour_when_it_is_not_wanted(sealmail, env):
    name = sealmail.write('in.eml', sealmail.signed())
    assert b'\x1b' not in run(sealmail, 'verify', *sealmail.trust(), name, **env)[1]


def test_an_empty_no_color_counts_as_unset(sealmail):
    name = sealmail.write('in.eml', sealmail.signed())
    assert b'\x1b[' in run(sealmail, 'verify', *sealmail.trust(), name, NO_COLOR='')[1]


def test_text_is_shown(sealmail):
    name = sealmail.write('in.eml', LETTER.replace(b'Hello', 'Grüß dich €'.encode()))
    code, shown = run(sealmail, 'open', '-q', name)
    assert code == 15 and 'Grüß dich €'.encode() in shown


@pytest.mark.parametrize('hostile', [
    b'\x1b]0;title\x07', b'\x00', b'\x9b31m', b'\xc2\x9b31m', b'\xc0\x80', b'\xed\xa0\x80', b'\xe2\x82', b'a\x08b',
    b'\xff\xfe'])
def test_64_for_what_could_command_the_terminal(sealmail, hostile):
    name = sealmail.write('in.eml', LETTER + hostile)
    code, shown = run(sealmail, 'open', '-q', name)
    assert code == 64 and b'-o FILE' in shown and b'\x1b' not in shown
    assert b'\x9b' not in shown and b'\x00' not in shown


def test_64_for_der_before_any_work(sealmail, pki):
    name = sealmail.write('in.eml', LETTER)
    code, shown = run(sealmail, 'encrypt', '-r', pki / 'bob.pem', '--form', 'der', name)
    assert code == 64 and b'terminal' in shown


def test_hostile_names_cannot_command_the_terminal(sealmail):
    name = sealmail.write('a\x1b]0;x\x07b', b'junk')
    done = sealmail('verify', '--trust', name, stdin=LETTER, exit=65)
    assert '\x1b' not in done.err and '\x07' not in done.err


def test_no_bar_for_short_work(sealmail):
    name = sealmail.write('in.eml', sealmail.signed())
    assert b'MiB' not in run(sealmail, 'verify', *sealmail.trust(), name)[1]
