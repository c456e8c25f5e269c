"""Counts single test cases in what the runners leave behind.

A Meson test is a program; most hold many cases.  cmocka prints TAP (asked for
by CMOCKA_MESSAGE_OUTPUT), pytest writes JUnit XML, everything else is one
case by its exit status.
"""
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

SKIP_STATUS = 77
TAP_PLAN = re.compile(r'^1\.\.(\d+)\s*$')
TAP_CASE = re.compile(r'^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?([^#]*)(?:#\s*(.*))?$')
TAP_SKIP = re.compile(r'(?i)^skip\S*\s*[:,-]?\s*(.*)$')
SAID = re.compile(r'(?i)^#?\s*skip(?:ped)?\s*:\s*(.+)$')


class Count:
    """How many cases passed, which failed, and why the others were left out."""

    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skips = {}

    def skip(self, reason, n=1):
        reason = ' '.join(reason.split()) or 'no reason given'
        self.skips[reason] = self.skips.get(reason, 0) + n

    def add(self, other, prefix=''):
        self.passed += other.passed
        self.failures += [prefix + name for name in other.failures]
        for reason, n in other.skips.items():
            self.skip(reason, n)

    @property
    def failed(self):
        return len(self.failures)

    @property
    def skipped(self):
        return sum(self.skips.values())

    def line(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'

    def to_dict(self):
        return {'passed': self.passed, 'failures': self.failures, 'skips': self.skips}

    @classmethod
    def from_dict(cls, d):
        c = cls()
        c.passed, c.failures, c.skips = d['passed'], list(d['failures']), dict(d['skips'])
        return c


def from_tap(text, name):
    """Count of a TAP stream; None where the text is none.

    A plan that promises more cases than came is a program that died: a failure.
    """
    count, plan, seen, said = Count(), None, 0, ''
    for line in text.splitlines():
        m = TAP_PLAN.match(line)
        if m:
            plan = (plan or 0) + int(m[1])
            continue
        m = SAID.match(line)
        if m:
            said = m[1]
            continue
        m = TAP_CASE.match(line)
        if not m:
            continue
        seen += 1
        title, note = m[3].strip(), m[4] or ''
        skipped = TAP_SKIP.match(note)
        if skipped:
            # cmocka puts the case's name where the reason belongs; the case
            # itself prints "skip: reason" before.
            count.skip(said or (skipped[1] if title else ''))
        elif m[1]:
            count.failures.append(f'{name}: {title or m[2]}')
        else:
            count.passed += 1
        said = ''
    if plan is None or (seen == 0 and plan > 0):
        return None
    if seen < plan:
        count.failures.append(f'{name}: ended after {seen} of {plan} cases')
    return count


def from_junit(path, name):
    """Count of one JUnit file; None where it cannot be read."""
    try:
        root = ET.parse(path).getroot()
    except (OSError, ET.ParseError):
        return None
    count = Count()
    for case in root.iter('testcase'):
        title = f"{name}: {case.get('name')}"
        skipped = case.find('skipped')
        if case.find('failure') is not None or case.find('error') is not None:
            count.failures.append(title)
        elif skipped is not None:
            count.skip(skipped.get('message') or '')
        else:
            count.passed += 1
    return count


def plain_name(row):
    """Meson's log may put "project:suite / " before the name."""
    return row['name'].split(' / ')[-1]


def from_meson(row, junit_dir):
    """Count of one line of Meson's testlog.json."""
    name, status = plain_name(row), row.get('returncode', 1)
    result = row.get('result', '')
    if status == SKIP_STATUS or result == 'SKIP':
        count = Count()
        said = [m[1] for m in map(SAID.match, row.get('stdout', '').splitlines()) if m]
        count.skip(said[-1] if said else f'{name} left itself out')
        return count
    count = from_junit(Path(junit_dir) / (name.replace('/', '-') + '.xml'), name)
    if count is None:
        count = from_tap(row.get('stdout', ''), name)
    bad = result not in ('OK', 'EXPECTEDFAIL')
    if count is None:
        count = Count()
        if not bad:
            count.passed = 1
    if bad and not count.failed:
        # Every case passed and the program still failed: a leak report, a
        # signal in the teardown, a time-out.
        count.failures.append(f'{name}: {result.lower() or "failed"}, status {status}')
    return count


def meson_rows(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        return [json.loads(line) for line in f if line.strip()]
