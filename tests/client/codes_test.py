"""Every error ends in a code, and `sealmail explain` knows every code."""
import json
import re
import subprocess

import pytest
from conftest import LETTER, ROOT
from tables_test import made


def words():
    """All that bash completes after explain."""
    script = made('completion', 'bash')
    return re.search(r'"\$verb" = explain \].*?compgen -W " ?(.*?)"', script, re.S)[1].split()


def test_every_code_has_a_cause_and_what_to_do(sealmail):
    assert len(words()) > 230 and len(set(words())) == len(words())
    for word in words():
        text = sealmail('explain', word).stdout.decode()
        head, _, rest = text.partition('\n\n')
        cause, _, todo = rest.partition('\nWhat to do: ')
        assert word in head and cause.strip().endswith(('.', '?')) and todo.strip().endswith('.'), text


def test_the_list_and_the_manual_hold_every_code(sealmail):
    listed = sealmail('explain').stdout.decode()
    page = (ROOT / 'man' / 'sealmail-codes.7').read_text()
    for word in words():
        assert re.search(rf'(?<![\w-]){re.escape(word)}(?![\w-])', listed), word
        assert word.isdigit() or re.search(rf'^\.It Cm {re.escape(word)}( |$)', page, re.M), word


def test_the_shell_completes_codes(sealmail):
    script = sealmail.write('completion', made('completion', 'bash').encode())
    ask = f'source {script}; COMP_WORDS=(sealmail explain gcm); COMP_CWORD=2; _sealmail; printf "%s\\n" "${{COMPREPLY[@]}}"'
    assert subprocess.run(['bash', '-c', ask], capture_output=True, text=True, check=True).stdout.split() == ['gcm-tag-length']


def code_of(done):
    line = [l for l in done.err.splitlines() if re.match(r'sealmail: .*\]$', l)][-1]
    return re.search(r'\[([a-z0-9-]+)\]$', line)[1]


@pytest.mark.parametrize('code,exit,call', [
    ('no-input', 66, lambda s: s('verify', 'nothing', exit=None)),
    ('usage', 64, lambda s: s('verify', '--no-such', exit=None)),
    ('usage', 64, lambda s: s('verfy', exit=None)),
    ('cannot-create', 73, lambda s: s('encrypt', '-r', s.pki / 'bob.pem', '-o', 'no/such', stdin=LETTER, exit=None)),
    ('recipient', 30, lambda s: s('encrypt', '-r', 'nobody@example.net', stdin=LETTER, exit=None)),
    ('keyfile-unknown', 65, lambda s: s('sign', '--key', s.write('k', b'nothing'), stdin=LETTER, exit=None)),
    ('crl-malformed', 65, lambda s: s('verify', '--crl', s.write('k', b'nothing'), stdin=LETTER, exit=None)),
    ('cipher-name', 64, lambda s: s('encrypt', '-r', s.pki / 'bob.pem', '--cipher', 'rot-13', stdin=LETTER, exit=None)),
    ('digest-name', 64, lambda s: s('sign', *s.identity('alice'), '--digest', 'crc', stdin=LETTER, exit=None)),
    ('header-damaged', 65, lambda s: s('sign', *s.identity('alice'), stdin=b'From: a@b.c\r\nodd\r\n\r\nx\r\n', exit=None)),
    ('permission', 77, lambda s: s('sign', '--key', s.pki / 'alice.p12', '--passphrase-file', s.write('w', b'wrong\n'),
                                   stdin=LETTER, exit=None)),
])
def test_an_error_ends_in_its_code(sealmail, code, exit, call):
    done = call(sealmail)
    assert (code_of(done), done.returncode) == (code, exit), done.err
    assert sealmail('explain', code).stdout


@pytest.mark.parametrize('message,code', [
    (b'no message at all', 'not-a-message'),
    (b'From: a@b.c\r\n' * 100000, 'header-fields'),
    (b'-----BEGIN CMS-----\r\nMIIB\r\n-----END CMS-----\r\n', 'cms-truncated'),
], ids=['text', 'fields', 'cut'])
def test_a_report_names_the_code_of_what_could_not_be_read(sealmail, message, code):
    done = sealmail('open', '--json', '-o', 'out', stdin=message, exit=None)
    assert json.loads(done.stdout)['error']['reason'] == code
    assert f'[{code}]' in done.err or f'(limit: {code})' in done.err, done.err
    sealmail('explain', code)


def test_json_of_an_error_has_the_code(sealmail):
    failed = json.loads(sealmail('verify', '--json', '--crl', sealmail.write('k', b'nothing'), stdin=LETTER, exit=65).stdout)
    assert failed['error']['code'] == 'crl-malformed' and failed['error']['reason'] == 'malformed'
