"""Every reason of the library and the client stands in the catalogue of codes, and nothing else."""
import re

WORD = re.compile(r'[a-z0-9]+(?:-[a-z0-9]+)*')
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')
CATALOGUE, LIMITS = 'client/codes.c', 'client/limit_names.c'
# What records a fault takes its reason as the argument of that name.
TAKES = re.compile(r'\b(\w+)\s*\(([^;{}()]*\bconst char \*reason\b[^;{}()]*)\)')
ALWAYS = {'sm_error_set': 2, 'sm_error_set_at': 2}


def arguments(source, start):
    """The arguments of a call whose bracket opens at start; strings as they are."""
    level, begin, found = 0, start + 1, []
    for at in range(start, len(source.bare)):
        c = source.bare[at]
        if c in '([{':
            level += 1
        elif c in ')]}':
            level -= 1
        if (c == ',' and level == 1) or level == 0:
            found.append(source.text[begin:at])
            begin = at + 1
        if level == 0:
            break
    return found


def takers(source):
    """Functions of this file that take a reason, and where."""
    found = {}
    for m in TAKES.finditer(source.bare):
        names = [a.split()[-1] for a in m[2].split(',') if a.split()]
        found[m[1]] = names.index('*reason')
    return found


def reasons(source, known):
    calls = {**known, **takers(source), **ALWAYS}
    if not calls:
        return
    for m in re.finditer(r'\b(' + '|'.join(calls) + r')\s*\(', source.bare):
        words = arguments(source, m.end() - 1)
        if len(words) <= calls[m[1]]:
            continue
        for s in STRING.finditer(words[calls[m[1]]]):
            if WORD.fullmatch(s[1]):
                yield source.bare.count('\n', 0, m.start()) + 1, s[1]


def check(sources):
    by_path = {s.path.as_posix(): s for s in sources}
    if CATALOGUE not in by_path:
        return
    rows = set(re.findall(r'^\t\{ "([a-z0-9-]+)", CODE_', by_path[CATALOGUE].text, re.M))
    limits = set(re.findall(r'LIMIT\(\w+, "([a-z0-9-]+)"', by_path[LIMITS].text))
    code = [s for s in sources if s.path.parts[0] in ('lib', 'client')]
    shared = {}
    for s in code:
        if s.path.suffix == '.h':
            shared.update(takers(s))
    used = set()
    for s in code:
        for line, reason in reasons(s, shared):
            used.add(reason)
            if reason not in rows | limits:
                yield s.path, line, f'the reason "{reason}" is not in {CATALOGUE}'
    for row in sorted(rows - used):
        yield CATALOGUE, 0, f'nothing gives the reason "{row}"'
