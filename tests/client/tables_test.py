"""Help, manual and completions say the same, because one table makes them."""
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import BUILD, LETTER, ROOT

PLAIN = ['sign', 'verify', 'encrypt', 'decrypt', 'open', 'inspect', 'explain', 'git', 'send', 'mutt-rc', 'mutt-hook', 'doctor']
IDS = ['id new', 'id import', 'id list', 'id show', 'id export', 'id remove', 'id lock']
WHOS = ['who show', 'who add', 'who confirm', 'who forget']
TRUSTS = ['trust list', 'trust show', 'trust add', 'trust remove']
MAILS = ['mail list', 'mail search', 'mail show', 'mail save', 'mail reply', 'mail forward', 'mail fetch']
FAMILIES = IDS + WHOS + TRUSTS + MAILS
VERBS = PLAIN + FAMILIES
TABLES = Path(os.environ.get('SEALMAIL_CLI_TABLES', BUILD / 'client' / 'cli-tables'))


def made(*words):
    return subprocess.run([TABLES, *words], check=True, capture_output=True, text=True).stdout


def help_options(sealmail, verb):
    shown = sealmail(*verb.split(), '--help').stdout.decode()
    shown = shown[shown.index('\n\n', shown.index('\n\n') + 2):]
    lines = [l for l in shown.splitlines() if re.match(r'  (-\w,|   ) --', l)]
    return {o for l in lines for o in re.findall(r'(?<![\w-])--?[a-zA-Z][a-z-]*', l[:29])}


def test_the_manual_is_as_the_table_says():
    done = subprocess.run([ROOT / 'tools' / 'update-cli', '--check', TABLES], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def flags_of(text):
    return {'-' + f.replace('\\-', '-') for l in text.splitlines() if l.startswith('.It ') and ' Fl ' in l
            for f in re.findall(r'Fl (\S+)', l)}


@pytest.mark.parametrize('verb', PLAIN)
def test_the_manual_of_a_verb_has_its_options_and_no_other(sealmail, verb):
    page = (ROOT / 'man' / f'sealmail-{verb}.1').read_text()
    assert flags_of(page) == help_options(sealmail, verb)


@pytest.mark.parametrize('verb', FAMILIES)
def test_the_manual_of_a_family_has_the_options_of_each(sealmail, verb):
    page = (ROOT / 'man' / f'sealmail-{verb.split()[0]}.1').read_text()
    sections = dict(re.findall(r'^\.Sh (.*)\n((?:(?!\.Sh ).*\n?)*)', page, re.M))
    assert flags_of(sections[verb.upper()]) | flags_of(sections['OPTIONS OF ALL VERBS']) == help_options(sealmail, verb)


@pytest.mark.parametrize('verb', VERBS)
def test_bash_completes_the_options_of_help(sealmail, verb):
    script = sealmail.write('completion', made('completion', 'bash').encode())
    ask = f'source {script}; COMP_WORDS=(sealmail {verb} -); COMP_CWORD={len(verb.split()) + 1}; _sealmail; printf "%s\\n" "${{COMPREPLY[@]}}"'
    out = subprocess.run(['bash', '-c', ask], capture_output=True, text=True, check=True).stdout
    assert set(out.split()) == help_options(sealmail, verb)


def test_bash_completes_verbs_words_and_files(sealmail):
    script = sealmail.write('completion', made('completion', 'bash').encode())
    sealmail.write('letter.eml', LETTER)

    def complete(*words):
        quoted = ' '.join(f"'{w}'" for w in words)
        ask = f'source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _sealmail; ' \
              'printf "%s\\n" "${COMPREPLY[@]}"'
        return subprocess.run(['bash', '-c', ask], capture_output=True, text=True, check=True,
                              cwd=sealmail.cwd).stdout.split()
    assert complete('sealmail', 'en') == ['encrypt']
    assert complete('sealmail', 'encrypt', '--alg', 's') == ['strong']
    assert complete('sealmail', 'i') == ['inspect', 'id']
    assert complete('sealmail', 'id', 'ex') == ['export']
    assert complete('sealmail', 'id', 'export', '--form', 'l') == ['legacy']
    assert complete('sealmail', 'verify', 'let') == ['letter.eml']
    assert complete('sealmail', 'open', '--key', 'let') == ['letter.eml']


@pytest.mark.parametrize('verb', VERBS)
def test_fish_and_zsh_name_the_options_of_help(sealmail, verb):
    fish = set()
    family, _, word = verb.rpartition(' ')
    for line in made('completion', 'fish').splitlines():
        seen = re.search(r"'(?:__fish_seen_subcommand_from ([a-z-]+); and )?__fish_seen_subcommand_from ([a-z -]+)'", line)
        if seen and (seen[1] or '') == family and word in seen[2].split():
            fish |= {'--' + n for n in re.findall(r' -l (\S+)', line)} | {'-' + n for n in re.findall(r' -s (\S)', line)}
    assert fish == help_options(sealmail, verb)
    zsh = made('completion', 'zsh')
    part = zsh[zsh.index(f'\t"{verb}")\n'):]
    part = part[:part.index(';;')]
    assert set(re.findall(r"'\*?(--?[a-zA-Z-]+?)=?-?\[", part)) == help_options(sealmail, verb)


@pytest.mark.parametrize('shell,option', [('bash', '-n'), ('zsh', '-n'), ('fish', '--no-execute')])
def test_a_shell_can_read_its_completions(tmp_path, shell, option):
    if shutil.which(shell) is None:
        pytest.skip(f'{shell} is missing')
    script = tmp_path / 'completion'
    script.write_text(made('completion', shell))
    subprocess.run([shell, option, script], check=True)


def test_the_pages_are_clean():
    if shutil.which('mandoc') is None:
        pytest.skip('mandoc is missing')
    pages = sorted((ROOT / 'man').glob('sealmail*.[15]'))
    assert len(pages) == 3 + len(PLAIN) + len({v.split()[0] for v in FAMILIES})
    # That a page is not installed here is not its fault.
    out = subprocess.run(['mandoc', '-T', 'lint', *pages], capture_output=True, text=True).stdout
    assert [l for l in out.splitlines() if 'referenced manual not found' not in l and 'mandoc.db' not in l] == []


@pytest.mark.parametrize('verb', VERBS)
def test_help_begins_with_examples_that_the_program_understands(sealmail, verb):
    shown = sealmail(*verb.split(), '--help').stdout.decode()
    examples = re.findall(r'^  (sealmail .*)$', shown, re.M)
    assert examples and shown.index(examples[0]) < shown.find('--help  ') 
    for line in examples:
        words = shlex.split(re.sub(r'[<>]\S+', '', line))[1:]
        # without one, a letter goes to this machine's own mail system
        where = ['--maildir', 'mail'] if words[0] == 'send' else []
        done = sealmail(*words, *where, stdin=LETTER, exit=None)
        # no such file, no such key, nobody to ask for a passphrase, no certificate
        assert done.returncode in (0, 66, 20, 77, 30), f'{line}: {done.err}'


def test_help_fits_a_terminal(sealmail):
    for verb in VERBS:
        for line in sealmail(*verb.split(), '--help').stdout.decode().splitlines():
            assert len(line) <= 80 or line.startswith('  sealmail'), line


def test_every_exit_status_of_the_contract_is_in_the_manual():
    page = (ROOT / 'man' / 'sealmail.1').read_text()
    listed = {int(n) for n in re.findall(r'^\.It (\d+)$', page, re.M)}
    assert listed == {0, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 30, 31, 40, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78}
