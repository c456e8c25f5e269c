#!/usr/bin/env python3
"""bench/mail_list.py [--messages N] - lists a large Maildir as a person would.

The first list makes the index; the promise is about those after it: all of 100,000
messages in less than two seconds.  Ends with 1 when that is not kept.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEALMAIL = Path(os.environ.get('SEALMAIL_BUILD', ROOT / 'build')) / 'sealmail'
HEAD = 'Received: from a.example by b.example; Sun, 22 Nov 2026 09:14:00 +0000\r\n' * 5
LETTER = HEAD + ('From: Person {0} <p{0}@example.org>\r\nTo: bob@example.org\r\nDate: Sun, 22 Nov 2026 09:14:00 +0000\r\n'
                 'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_{1}?=\r\nMessage-ID: <{1}@example.org>\r\nMIME-Version: 1.0\r\n'
                 'Content-Type: text/plain\r\n\r\nHello\r\n') + 'a line of text\r\n' * 30


def fill(box, count):
    for sub in ('new', 'cur', 'tmp'):
        (box / sub).mkdir(parents=True)
    for i in range(count):
        (box / 'cur' / f'{1500000000 + i}.M{i}P1.host:2,S').write_text(LETTER.format(i % 500, i))


def timed(scratch, *words):
    start = time.monotonic()
    out = subprocess.run([SEALMAIL, 'mail', *words, '--maildir', scratch / 'box', '--home', scratch / 'home', '-q'],
                         check=True, capture_output=True, timeout=600).stdout
    return time.monotonic() - start, len(out.splitlines())


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--messages', type=int, default=100000)
    args = p.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix='sealmail-bench-'))
    try:
        fill(scratch / 'box', args.messages)
        rows = [('first list', timed(scratch, 'list')), ('newest 50', timed(scratch, 'list')),
                ('all', timed(scratch, 'list', '--last', 'all')), ('all, JSON', timed(scratch, 'list', '--last', 'all', '--json')),
                ('search in fields', timed(scratch, 'search', 'grüße 777'))]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f'mail list of {args.messages} messages')
    for name, (seconds, _) in rows:
        print(f'  {name:18} {seconds:7.2f} s')
    assert rows[2][1][1] == args.messages
    return 1 if rows[2][1][0] >= 2 else 0


if __name__ == '__main__':
    sys.exit(main())
