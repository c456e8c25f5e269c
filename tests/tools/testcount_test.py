"""The sum at the end of ./check counts single cases, and no failure is lost."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'tools'))
import testcount   # noqa: E402

CMOCKA = """1..4
ok 1 - good
not ok 2 - bad
# 0x1 != 0x2
# t.c:8: error: Failure!
skip: no corpora
not ok 3 # SKIP left_out
ok 4 # SKIP left_out
# not ok - tests
"""


def row(**more):
    return {'name': 'base/buf', 'stdout': '', 'result': 'OK', 'returncode': 0, **more}


def test_tap_counts_cases_and_keeps_the_reason_of_a_skip():
    c = testcount.from_tap(CMOCKA, 'x')
    assert (c.passed, c.failures) == (1, ['x: bad'])
    assert c.skips == {'no corpora': 1, 'no reason given': 1}


def test_a_program_that_dies_halfway_is_a_failure():
    c = testcount.from_tap('1..3\nok 1 - a\n', 'x')
    assert c.passed == 1 and c.failures == ['x: ended after 1 of 3 cases']


def test_two_groups_in_one_program_add_up():
    c = testcount.from_tap('1..1\nok 1 - a\n1..2\nok 1 - b\nok 2 - c\n', 'x')
    assert (c.passed, c.failed) == (3, 0)


def test_a_program_that_passes_its_cases_and_leaks_is_a_failure(tmp_path):
    c = testcount.from_meson(row(stdout='1..1\nok 1 - a\n', result='FAIL', returncode=1), tmp_path)
    assert (c.passed, c.failed) == (1, 1)


def test_a_program_that_says_nothing_counts_once(tmp_path):
    c = testcount.from_meson(row(), tmp_path)
    assert (c.passed, c.failed) == (1, 0)
    c = testcount.from_meson(row(result='TIMEOUT', returncode=-9), tmp_path)
    assert (c.passed, c.failed) == (0, 1)


def test_the_name_is_found_behind_project_and_suite(tmp_path):
    c = testcount.from_meson(row(name='sealmail:base / base/buf', result='FAIL'), tmp_path)
    assert c.failures[0].startswith('base/buf: ')


def test_status_77_is_a_skip_with_its_reason(tmp_path):
    c = testcount.from_meson(row(stdout='skip: pytest is missing\n', result='SKIP', returncode=77), tmp_path)
    assert c.skips == {'pytest is missing': 1}


def test_junit_counts_cases(tmp_path):
    (tmp_path / 'base-buf.xml').write_text(
        '<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure/></testcase>'
        '<testcase name="c"><skipped message="no gpgsm"/></testcase></testsuite></testsuites>')
    c = testcount.from_meson(row(result='FAIL', returncode=1), tmp_path)
    assert (c.passed, c.failures, c.skips) == (1, ['base/buf: b'], {'no gpgsm': 1})


def test_the_last_line_has_its_form():
    c = testcount.from_tap(CMOCKA, 'x')
    assert c.line() == '1 passed, 1 failed, 2 skipped'
