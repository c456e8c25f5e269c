"""Calls that the product does not make."""
import re

EVERYWHERE = [
    (r'(?:CMS|PKCS7|SMIME)_\w+', "libcrypto's CMS, PKCS7 and SMIME hold whole messages in memory"),
    (r'd2i_(?:CMS|PKCS7)\w*|i2d_(?:CMS|PKCS7)\w*', "libcrypto's CMS and PKCS7 hold whole messages in memory"),
    (r'v?sprintf|strcpy|strcat|gets|strncat|stpcpy|strtok|alloca|mktemp|tmpnam', 'has no bound, or a race'),
    (r'system|popen', 'a shell reads what it is given'),
    (r'atoi|atol|atoll', 'cannot say that the text was no number'),
    (r'rand|srand|random|srandom|drand48', 'not for secrets: sm_rand'),
]
IN_LIB = [
    (r'v?f?printf|v?dprintf|puts|fputs|putchar|fputc|perror|syslog', 'the library does not print'),
    (r'getenv|secure_getenv|setenv|putenv', 'the library reads no environment'),
    (r'time|gettimeofday|clock_gettime|localtime\w*|gmtime|mktime|strftime', 'the library is handed the time'),
    (r'open|openat|fopen|creat|fdopen|freopen|unlink|rename|mkdir|opendir|stat|lstat|read|write|pread|pwrite|close',
     'the library touches no files'),
    (r'socket|connect|bind|accept|listen|send|recv|getaddrinfo', 'the library has no network'),
    (r'fork|exec[lv]\w*|posix_spawn\w*|kill|signal|sigaction|exit|_exit|abort|atexit',
     'the library neither starts nor ends a process'),
    (r'pthread_(?!once\b)\w+', 'the library keeps no threads'),
]
# The one driver that must load a module: the token driver of crypto.
EXEMPT = re.compile(r'^lib/crypto/token\w*\.c$')


def patterns(rules):
    # Not a member (x->read, x.read), not a part of a longer name; a call or
    # the address of one handed on.
    return [(re.compile(r'(?<![\w.>])(' + names + r')\s*\('), why) for names, why in rules]


ALL, LIB = patterns(EVERYWHERE), patterns(IN_LIB)
DECLARES = re.compile(r'(?:\b(?:struct|int|void|char|size_t)\b[\s*]+)$')


def scan(source, rules):
    for pattern, why in rules:
        for m in pattern.finditer(source.bare):
            if DECLARES.search(source.bare[max(0, m.start() - 40):m.start()]):
                continue   # a parameter or member of that name
            line = source.bare.count('\n', 0, m.start()) + 1
            yield source.path, line, f'{m[1]}(): {why}'


def check(sources):
    for source in sources:
        top = source.path.parts[0]
        if top not in ('lib', 'client', 'server', 'include'):
            continue
        yield from scan(source, ALL)
        if top == 'lib' and not EXEMPT.match(source.path.as_posix()):
            yield from scan(source, LIB)
