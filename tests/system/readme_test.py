"""What the README shows works as shown."""
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(os.environ.get('SEALMAIL_ROOT', Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get('SEALMAIL_BUILD', ROOT / 'build'))
README = (ROOT / 'README.md').read_text()


def tour(folder):
    """The tour's lines, with the folder that it names exchanged."""
    text = README.split('## A tour in five lines')[1].split('## ')[0]
    lines = re.findall(r'^    (.+)$', text, re.M)
    return [line.replace('/tmp/pki', str(folder)) for line in lines]


def test_the_tour_ends_with_the_letter_and_a_good_report(tmp_path):
    lines = tour(tmp_path / 'pki')
    assert len(lines) == 5
    env = {**os.environ, 'PATH': f'{BUILD}:{os.environ["PATH"]}'}
    p = subprocess.run(['bash', '-ec', '\n'.join(lines)], cwd=ROOT, env=env, capture_output=True, text=True)
    assert p.returncode == 0, p.stderr
    assert 'The price is 1,200.' in p.stdout
    assert 'GOOD' in p.stderr
    sealed, = (tmp_path / 'pki/mail/new').iterdir()
    assert '1,200' not in sealed.read_text() and 'pkcs7-mime' in sealed.read_text()


def test_every_file_that_the_documents_link_to_is_there():
    for name in ('README.md', 'CONTRIBUTING.md', *(f'docs/{p.name}' for p in (ROOT / 'docs').glob('*.md'))):
        for link in re.findall(r'\]\(([^)#:]+)\)', (ROOT / name).read_text()):
            assert (ROOT / name).parent.joinpath(link).exists(), f'{name}: {link}'


def test_every_status_that_the_readme_names_is_explained():
    text = README.split('The exit status says')[1].split('`sealmail explain')[0]
    codes = re.findall(r'\b(\d+) [a-z]', text)
    assert len(codes) >= 6
    for code in codes:
        p = subprocess.run([BUILD / 'sealmail', 'explain', code], capture_output=True, text=True)
        assert p.returncode == 0 and p.stdout.strip()


def test_every_make_target_that_is_named_exists():
    makefile = (ROOT / 'Makefile').read_text()
    for name in ('README.md', 'CONTRIBUTING.md'):
        for target in re.findall(r'`make ([a-z-]+)[ `]', (ROOT / name).read_text()):
            assert re.search(rf'^{target}:', makefile, re.M), target
