"""Which room may include which: docs/ARCHITECTURE.md as a table."""
import re

ROOMS = ['base', 'mime', 'crypto', 'pki', 'cms', 'smime', 'recovery']

# External headers and the only rooms that may name them.
EXTERNAL = [
    (re.compile(r'^openssl/'), {'lib/crypto', 'lib/pki', 'server'}),
    (re.compile(r'^zlib\.h$'), {'lib/cms'}),
    (re.compile(r'^curl/'), {'client/lookup', 'client/fetch', 'client/submit', 'client/mailbox', 'server'}),
    (re.compile(r'^(ldap\.h|lber\.h|unbound\.h)'), {'client/lookup', 'server'}),
    (re.compile(r'^(gmime|glib|sqlite3\.h)'), {'client/mailbox', 'server'}),
    (re.compile(r'^(event2/|libpq-fe\.h|seccomp\.h|systemd/|jansson\.h|ini\.h)'), {'server'}),
    (re.compile(r'^(p11-kit/|pkcs11)'), {'client/token', 'server'}),
]
# Rooms in which a threshold scheme needs points and numbers of libcrypto.
EXTERNAL_ALSO = {'lib/recovery': re.compile(r'^openssl/(ec|bn|crypto|obj_mac)\.h$')}

# What the client sees of the rooms besides base.
# exact header fields of a message that is sent; its body made safe for the way
CLIENT_ALSO = {'mime/header.h', 'mime/codec.h'}

# System headers with which a library could reach files, network or clock.
WORLD = re.compile(r'^(fcntl|unistd|dirent|poll|netdb|dlfcn|time|sys/(time|stat|socket|mman|file|wait|types)|netinet/.*|arpa/.*)\.h$')
# What a room needs of them, with the reason.
WORLD_ALLOWED = {
    ('lib/base', 'sys/mman.h'): 'locks the pages of secrets',
    ('lib/base', 'unistd.h'): 'the size of a page',
    ('lib/crypto', 'dlfcn.h'): 'the token driver loads its module',
}


def place(path):
    """Room of a source file: lib/mime, client, client/lookup, server, include."""
    parts = path.parts
    if parts[0] == 'lib' and len(parts) > 2:
        return '/'.join(parts[:2])
    if parts[0] == 'client' and len(parts) > 2:
        return '/'.join(parts[:2])   # a helper program
    return parts[0]


def target_room(name):
    """Room that an include names, or None for system and public headers."""
    first = name.split('/')[0]
    return first if '/' in name and first in ROOMS else None


def wrong_room(here, room, name):
    """Why `here` may not include from `room`; None when it may."""
    if here == 'include':
        return 'an installed header includes only <sealmail/...> and the C library'
    if here.startswith('lib/'):
        mine = here[4:]
        if mine not in ROOMS:
            return f'lib/{mine} is not a room of the picture'
        if ROOMS.index(room) > ROOMS.index(mine):
            return f'lib/{mine} stands before lib/{room}'
        return None
    if here.split('/')[0] == 'client' and room != 'base' and name not in CLIENT_ALSO:
        return 'the client sees the installed headers and base only'
    return None


def external(here, name):
    for pattern, rooms in EXTERNAL:
        if not pattern.match(name):
            continue
        also = EXTERNAL_ALSO.get(here)
        if here in rooms or (also and also.match(name)):
            return None
        return f'<{name}> belongs to {", ".join(sorted(rooms))} only'
    if here.startswith('lib/') and WORLD.match(name) and (here, name) not in WORLD_ALLOWED:
        return f'<{name}>: nothing in lib/ touches files, network, clock or environment'
    return None


def check(sources):
    """Complaints (path, line, text) about every include that points the wrong way."""
    for source in sources:
        here = place(source.path)
        if here.split('/')[0] not in ('include', 'client', 'server', 'lib'):
            continue
        for line, kind, name in source.includes():
            room = target_room(name)
            if kind == '"' and '/' in name:
                yield source.path, line, f'"{name}": name the room, <room/file.h>'
            elif room:
                why = wrong_room(here, room, name)
                if why:
                    yield source.path, line, f'<{name}>: {why}'
            else:
                why = external(here, name)
                if why:
                    yield source.path, line, why
