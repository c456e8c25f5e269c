"""DER as a tree that a test can bend: [tag, children or bytes]."""


def header(tag, n):
    if n < 0x80:
        return bytes([tag, n])
    size = n.to_bytes((n.bit_length() + 7) // 8, 'big')
    return bytes([tag, 0x80 | len(size)]) + size


def encode(node):
    tag, body = node
    if isinstance(body, list):
        body = b''.join(encode(child) for child in body)
    return header(tag, len(body)) + body


def decode(data):
    """All elements in data; indefinite lengths too."""
    nodes, at = [], 0
    while at < len(data):
        node, at = _one(data, at)
        nodes.append(node)
    return nodes


def _one(data, at):
    tag, length = data[at], data[at + 1]
    at += 2
    if length == 0x80:
        children = []
        while data[at:at + 2] != b'\0\0':
            child, at = _one(data, at)
            children.append(child)
        return [tag, children], at + 2
    if length > 0x80:
        n = length & 0x7f
        length, at = int.from_bytes(data[at:at + n], 'big'), at + n
    body = data[at:at + length]
    if tag & 0x20:
        return [tag, decode(body)], at + length
    return [tag, body], at + length


def tree(data):
    return decode(data)[0]


def paths(node, here=()):
    """The path of every element: indices from the root."""
    yield here
    if isinstance(node[1], list):
        for i, child in enumerate(node[1]):
            yield from paths(child, here + (i,))


def at(node, path):
    for i in path:
        node = node[1][i]
    return node


def without(data, path):
    copy = tree(data)
    parent = at(copy, path[:-1])
    del parent[1][path[-1]]
    return encode(copy)


def emptied(data, path):
    copy = tree(data)
    node = at(copy, path)
    node[1] = [] if isinstance(node[1], list) else b''
    return encode(copy)


def oid(dotted):
    arcs = [int(a) for a in dotted.split('.')]
    out = bytearray([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        part = [arc & 0x7f]
        while arc > 0x7f:
            arc >>= 7
            part.append(0x80 | arc & 0x7f)
        out += bytes(reversed(part))
    return [6, bytes(out)]
