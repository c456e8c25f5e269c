"""Just enough C reading for the rules: comments, strings, includes, functions."""
import re
from dataclasses import dataclass
from pathlib import Path

TOKEN = re.compile(r'''
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
''', re.X | re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)
HEAD = re.compile(r'([A-Za-z_]\w*)\s*\(')
NOT_FUNCTIONS = {'if', 'for', 'while', 'switch', 'return', 'sizeof', '__attribute__'}


@dataclass
class Function:
    name: str
    line: int
    lines: int
    depth: int
    text: str      # comments included, the one above it too


def blank(match):
    """The same number of lines and columns, with nothing in them."""
    return re.sub(r'[^\n]', ' ', match.group())


def strip(text):
    """Comments and literals blanked out; include lines keep their names."""
    def one(m):
        if m.group('comment'):
            return blank(m)
        start = text.rfind('\n', 0, m.start()) + 1
        if re.match(r'[ \t]*#[ \t]*include', text[start:m.start()]):
            return m.group()
        return m.group()[0] + re.sub(r'[^\n]', ' ', m.group()[1:-1]) + m.group()[-1]
    return TOKEN.sub(one, text)


class Source:
    def __init__(self, root, path):
        self.path = Path(path)
        self.text = (Path(root) / path).read_text(encoding='utf-8')
        self.bare = strip(self.text)

    def includes(self):
        """(line, '<' or '"', name) of each include."""
        for m in INCLUDE.finditer(self.bare):
            yield self.bare.count('\n', 0, m.start()) + 1, m[1], m[2]

    def lines(self):
        return self.text.count('\n')

    def functions(self):
        """Bodies at the outermost level that follow a parameter list."""
        code = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', blank, self.bare, flags=re.M)
        level, start, last, deepest, i = 0, 0, 0, 0, 0
        for m in re.finditer(r'[{};]', code):
            c = m.group()
            if c == '{':
                if level == 0:
                    start = m.start()
                level += 1
                deepest = max(deepest, level)
            elif c == '}':
                level -= 1
                if level == 0:
                    name = head_name(code[last:start])
                    if name:
                        yield self.function(name, last, start, m.end(), deepest - 1)
                    last, deepest = m.end(), 0
            elif level == 0:
                last = m.end()

    def function(self, name, head, start, end, depth):
        first = self.bare.count('\n', 0, start) + 1
        last = self.bare.count('\n', 0, end) + 1
        return Function(name, first, last - first + 1, depth, self.text[head:end])


def head_name(head):
    """Name of the function whose head this is; None for structs and tables."""
    head = head.strip()
    if not head.endswith(')') and not re.search(r'\)\s*(?:SM_\w+|__attribute__\s*\(.*\))\s*$', head):
        return None
    for m in HEAD.finditer(head):
        if m[1] not in NOT_FUNCTIONS and not m[1].isupper():
            return m[1]
    return None
