"""tools/lint refuses what the house refuses, and lets the rest pass."""
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path):
    """A small tree; returns a function that writes a file into it."""
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return tmp_path
    write.root = tmp_path
    return write


def lint(tree, *rules):
    p = subprocess.run([sys.executable, ROOT / 'tools' / 'lint', '--root', tree.root, *rules],
                       capture_output=True, text=True)
    return p.returncode, p.stdout + p.stderr


@pytest.mark.parametrize('path, include', [
    ('lib/base/a.c', '<mime/header.h>'),
    ('lib/mime/a.c', '<crypto/key.h>'),
    ('lib/crypto/a.c', '<pki/cert.h>'),
    ('lib/pki/a.h', '<cms/signed.h>'),
    ('lib/cms/a.c', '<smime/open.h>'),
    ('lib/smime/a.c', '<recovery/share.h>'),
    ('client/a.c', '<mime/multipart.h>'),
    ('client/a.c', '<crypto/key.h>'),
    ('include/sealmail/a.h', '<base/buf.h>'),
    ('lib/base/a.c', '<openssl/evp.h>'),
    ('lib/mime/a.c', '<openssl/evp.h>'),
    ('lib/cms/a.c', '<openssl/evp.h>'),
    ('client/a.c', '<openssl/evp.h>'),
    ('lib/mime/a.c', '<zlib.h>'),
    ('lib/smime/a.c', '<stdlib.h>\n#include <fcntl.h>'),
    ('lib/cms/a.c', '<time.h>'),
    ('lib/attic/a.c', '<base/buf.h>'),
    ('lib/cms/a.c', '"crypto/key.h"'),
])
def test_a_wrong_arrow_fails(tree, path, include):
    tree(path, f'/* why */\n#include {include}\n')
    status, text = lint(tree, 'arrows')
    assert status == 1 and f'{path}:' in text


@pytest.mark.parametrize('path, include', [
    ('lib/mime/a.c', '<base/buf.h>'),
    ('lib/smime/a.c', '<cms/signed.h>'),
    ('lib/crypto/a.c', '<openssl/evp.h>'),
    ('lib/pki/a.c', '<openssl/x509.h>'),
    ('lib/cms/a.c', '<zlib.h>'),
    ('lib/recovery/a.c', '<openssl/ec.h>'),
    ('client/a.c', '<sealmail/seal.h>'),
    ('client/a.c', '<base/json.h>'),
    ('client/a.c', '<mime/header.h>'),
    ('client/a.c', '<fcntl.h>'),
    ('lib/mime/a.c', '"local.h"'),
])
def test_a_right_arrow_passes(tree, path, include):
    tree(path, f'#include {include}\n')
    assert lint(tree, 'arrows') == (0, '')


def test_an_include_in_a_comment_is_no_arrow(tree):
    tree('lib/base/a.c', '/*\n#include <pki/cert.h>\n*/\nint a;\n')
    assert lint(tree, 'arrows') == (0, '')


@pytest.mark.parametrize('path, code', [
    ('lib/cms/a.c', 'CMS_verify(cms);'),
    ('lib/cms/a.c', 'd2i_CMS_ContentInfo(NULL, &p, n);'),
    ('client/a.c', 'SMIME_read_CMS(b, NULL);'),
    ('client/a.c', 'sprintf(b, "%d", 1);'),
    ('client/a.c', 'strcpy(a, b);'),
    ('client/a.c', 'system("ls");'),
    ('lib/base/a.c', 'printf("hello");'),
    ('lib/base/a.c', 'getenv("HOME");'),
    ('lib/pki/a.c', 'time(NULL);'),
    ('lib/smime/a.c', 'open("f", 0);'),
])
def test_a_forbidden_call_fails(tree, path, code):
    tree(path, f'int f(void)\n{{\n\t{code}\n}}\n')
    status, text = lint(tree, 'calls')
    assert status == 1 and f'{path}:3:' in text


@pytest.mark.parametrize('path, code', [
    ('lib/base/a.c', 'snprintf(b, sizeof(b), "%d", 1);'),
    ('lib/base/a.c', 'src->read(src, b);'),
    ('lib/base/a.c', 'sm_smime_open(o);'),
    ('lib/base/a.c', 'log("printf(x) and CMS_verify()");'),
    ('lib/base/a.c', '/* CMS_verify() reads it all */'),
    ('client/a.c', 'open("f", 0);'),
    ('tests/cms/a.c', 'CMS_verify(cms);'),
])
def test_a_call_of_another_kind_passes(tree, path, code):
    tree(path, f'int f(void)\n{{\n\t{code}\n}}\n')
    assert lint(tree, 'calls') == (0, '')


def function(lines, comment=''):
    return comment + 'static int\nlong_one(int a)\n{\n' + '\ta++;\n' * (lines - 2) + '}\n'


def test_a_function_of_81_lines_needs_a_reason(tree):
    tree('lib/base/a.c', function(80))
    assert lint(tree, 'functions')[0] == 0
    tree('lib/base/a.c', function(81))
    status, text = lint(tree, 'functions')
    assert status == 1 and 'long_one() has 81 lines' in text
    tree('lib/base/a.c', function(81, '/* long: a table in the form of code */\n'))
    assert lint(tree, 'functions')[0] == 0


def test_a_reason_and_its_row_in_the_catalogue_need_each_other(tree):
    tree('client/codes.c', 'const struct code_info code_table[] = {\n\t{ "cms-odd", CODE_DAMAGED,\n\t    "Odd." },\n};\n')
    tree('client/limit_names.c', 'x = { LIMIT(mime_parts, "mime-parts", "parts") };\n')
    status, text = lint(tree, 'codes')
    assert status == 1 and 'nothing gives the reason "cms-odd"' in text
    said = ('static int\nodd(struct err *e, const char *reason)\n{\n\treturn sm_error_set(e, 1, reason, NULL, "%s", "x");\n}\n'
            'int\nf(struct err *e)\n{\n\treturn sm_error_set(e, 1, "mime-parts", NULL, "a-b") + odd(e,\n\t    "cms-odd");\n}\n')
    tree('lib/base/a.c', said)
    assert lint(tree, 'codes') == (0, '')
    tree('lib/base/b.c', 'int\ng(struct err *e)\n{\n\treturn sm_error_set(e, 1, e != NULL ? "cms-new" : "cms-odd", NULL, "x");\n}\n')
    status, text = lint(tree, 'codes')
    assert status == 1 and 'b.c:4: the reason "cms-new" is not in' in text


def test_a_table_is_not_a_function(tree):
    tree('lib/base/a.c', 'static const int t[] = {\n' + '\t1,\n' * 200 + '};\n')
    assert lint(tree, 'functions') == (0, '# no functions\n')


def test_a_file_of_601_lines_fails(tree):
    tree('lib/base/a.c', 'int a;\n' * 600)
    assert lint(tree, 'files')[0] == 0
    tree('lib/base/a.c', 'int a;\n' * 601)
    assert lint(tree, 'files')[0] == 1


def test_an_unfinished_place_fails(tree):
    tree('lib/base/a.c', '/* TO' 'DO: the rest */\n')
    assert lint(tree, 'words')[0] == 1


needs_cxx = pytest.mark.skipif(not shutil.which('g++'), reason='g++ is missing')


@needs_cxx
def test_a_header_that_does_not_stand_alone_fails(tree):
    tree('include/sealmail/a.h', '#include <stddef.h>\nsize_t a(void);\n')
    assert lint(tree, 'headers')[0] == 0
    tree('include/sealmail/b.h', 'size_t b(void);\n')
    status, text = lint(tree, 'headers')
    assert status == 1 and 'b.h' in text


@needs_cxx
def test_a_header_that_is_not_cxx_fails(tree):
    tree('include/sealmail/a.h', 'int a(int class);\n')
    assert lint(tree, 'headers')[0] == 1


def test_tap_tells_every_rule(tree):
    tree('lib/base/a.c', '#include <pki/cert.h>\n')
    status, text = lint(tree, '--tap', 'arrows', 'calls')
    assert status == 1
    assert 'not ok 1 - arrows' in text and 'ok 2 - calls' in text


def test_the_project_itself_points_only_up():
    p = subprocess.run([sys.executable, ROOT / 'tools' / 'lint', 'arrows'], capture_output=True, text=True)
    assert p.returncode == 0, p.stdout
