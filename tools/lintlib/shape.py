"""Sizes: of functions and of files."""
import re
import statistics

LONGEST_FUNCTION = 80
LONGEST_FILE = 600
WORDS = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|XX' r'X)\b')
LONG = re.compile(r'\blong:\s*\S')


def product(sources):
    return [s for s in sources if s.path.parts[0] in ('lib', 'client', 'server', 'include')]


def check_functions(sources):
    for source in product(sources):
        for f in source.functions():
            if f.lines > LONGEST_FUNCTION and not LONG.search(f.text):
                yield source.path, f.line, (f'{f.name}() has {f.lines} lines; above {LONGEST_FUNCTION} '
                                            'a comment "long: <reason>" says why')


def check_files(sources):
    for source in sources:
        if source.lines() > LONGEST_FILE:
            yield source.path, 1, f'{source.lines()} lines; a file has one subject and at most {LONGEST_FILE}'


def check_words(sources):
    for source in sources:
        for m in WORDS.finditer(source.text):
            line = source.text.count('\n', 0, m.start()) + 1
            yield source.path, line, f'{m.group()}: finish it or write it down as a limit'


def summary(sources):
    """One line about the functions of the product."""
    sizes = sorted(f.lines for s in product(sources) for f in s.functions())
    if len(sizes) < 2:
        return 'no functions'
    deep = sum(1 for s in product(sources) for f in s.functions() if f.depth > 3)
    p90 = sizes[int(0.9 * (len(sizes) - 1))]
    return (f'{len(sizes)} functions: median {statistics.median(sizes):.0f} lines, 90th percentile {p90}, '
            f'longest {sizes[-1]}; {deep} nest deeper than 3')
