#!/usr/bin/env python3
"""wycheproof.py FILE - one line a test of a Wycheproof file.

A line is NAME=VALUE fields, values as in the file (hexadecimal, numbers, words);
texts with blanks are left out. Fields of the group stand in each of its lines.
"""
import json
import sys


def flat(prefix, value):
    """(name, text) of every scalar in value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(f'{prefix}.{key}' if prefix else key, inner)
    elif isinstance(value, list):
        if all(isinstance(v, str) for v in value):
            yield prefix, ','.join(value)
    elif not (isinstance(value, str) and any(c.isspace() for c in value)):
        yield prefix, str(value)


def main():
    with open(sys.argv[1], encoding='utf-8') as f:
        data = json.load(f)
    for group in data['testGroups']:
        tests = group.pop('tests')
        common = ' '.join(f'{k}={v}' for k, v in flat('', group))
        for test in tests:
            own = ' '.join(f'{k}={v}' for k, v in flat('', test))
            print(own, common)


if __name__ == '__main__':
    main()
