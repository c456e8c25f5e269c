"""Letters that try to look like what they are not: good when nobody vouches, from
somebody else, of another time. Each has the verdict that it must get. What
tests/attacks/rules_test.py has is not here again."""
import re
import zlib

import ber
import pytest
from conftest import HEAD, PLAIN, b64, check, clear, opaque

DATA, SIGNED = '1.2.840.113549.1.7.1', '1.2.840.113549.1.7.2'
CONTENT_TYPE, DIGEST = '1.2.840.113549.1.9.3', '1.2.840.113549.1.9.4'
TIME, SIGNING_CERT = '1.2.840.113549.1.9.5', '1.2.840.113549.1.9.16.2.47'
SHA256 = '2.16.840.1.101.3.4.2.1'


def signed_clear(lab, who='alice', head=HEAD, content=PLAIN, *more):
    return clear(content, lab.cms_sign(content, who, *more), head)


def nested(entity):
    """With a boundary of its own."""
    return entity.replace(b'boundary=B', b'boundary=N').replace(b'--B', b'--N')


def withheld(report):
    return report['exit'] not in (0, 15) and report['content'] is None


# ---- SignerInfos made by hand ----

def signer_of(root):
    return root[1][1][1][0][1][-1][1][0]


def attrs_of(signer):
    return next(n for n in signer[1] if n[0] == 0xa0)


def attr(kind, *values):
    return [0x30, [ber.oid(kind), [0x31, list(values)]]]


def attr_at(attrs, kind):
    return next(i for i, a in enumerate(attrs[1]) if a[1][0] == ber.oid(kind))


def resign(lab, signer, key):
    """Sign the attributes as they are now, in DER."""
    attrs = attrs_of(signer)
    attrs[1].sort(key=ber.encode)
    signer[1][-1 if signer[1][-1][0] == 4 else -2][1] = lab.openssl(
        'dgst', '-sha256', '-sign', lab.pki / f'{key}.key', stdin=ber.encode([0x31, attrs[1]]))


def bent(lab, bend, who='alice', content=PLAIN):
    """A detached signature whose signed attributes bend(list, signer) changed, signed
    again with the right key."""
    root = ber.tree(lab.cms_sign(content, who))
    signer = signer_of(root)
    bend(attrs_of(signer)[1], signer)
    resign(lab, signer, who)
    return ber.encode(root)


def drop(attrs, kind):
    del attrs[attr_at([0, attrs], kind)]


# ---- a certification authority of the attacker's wishes ----

class Ca:
    """A trusted root, and under it whatever a test needs."""

    CONFIG = b'''
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
certificate = %(ca)s.pem
private_key = %(ca)s.key
default_md = sha256
default_days = 3000
default_crl_days = 30
rand_serial = yes
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[ext]
%(ext)s
'''
    CA_EXT = b'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
    LEAF_EXT = (b'keyUsage=digitalSignature\nextendedKeyUsage=emailProtection\nsubjectKeyIdentifier=hash\n'
                b'authorityKeyIdentifier=keyid\nsubjectAltName=%(san)s\n')

    def __init__(self, lab):
        self.lab = lab
        lab.write('index.txt', b'')
        lab.write('index.txt.attr', b'unique_subject = no\n')
        self.key('top')
        self.config('top', self.CA_EXT)
        lab.openssl('req', '-x509', '-new', '-key', 'top.key', '-subj', '/CN=Top', '-days', '9000', '-config', 'ca.cnf',
                    '-extensions', 'ext', '-out', 'top.pem', '-set_serial', '1')

    def key(self, name):
        self.lab.openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', f'{name}.key')

    def config(self, ca, ext=b''):
        self.lab.write('ca.cnf', self.CONFIG % {b'ca': ca.encode(), b'ext': ext})

    def issue(self, name, by='top', ext=None, san=b'email:alice@example.org', begin='20200101000000Z',
              end='20400101000000Z', subject=None):
        self.key(name)
        self.config(by, self.LEAF_EXT % {b'san': san} if ext is None else ext)
        self.lab.openssl('req', '-new', '-key', f'{name}.key', '-subj', subject or f'/CN={name}', '-config', 'ca.cnf',
                         '-out', 'csr')
        self.lab.openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', '-extensions', 'ext', '-in', 'csr', '-out',
                         f'{name}.pem', '-startdate', begin, '-enddate', end)

    def revoke(self, name, reason, by='top'):
        self.config(by)
        self.lab.openssl('ca', '-config', 'ca.cnf', '-revoke', f'{name}.pem', '-crl_reason', reason)

    def crl(self, out, by='top', begin=None, end=None):
        self.config(by)
        words = ['-crl_lastupdate', begin, '-crl_nextupdate', end] if begin else []
        self.lab.openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', out, *words)
        return self.lab.path(out)

    def sign(self, name, content=PLAIN, *more):
        return self.lab.openssl('cms', '-sign', '-binary', '-signer', f'{name}.pem', '-inkey', f'{name}.key',
                                '-outform', 'DER', *more, stdin=content)

    def letter(self, name, at, content=PLAIN, *chain):
        """Signed by the command, at a time of the signer's choice."""
        words = sum([['--certs', c] for c in chain], [])
        return self.lab('sign', '--at', at, '--key', f'{name}.key', '--cert', f'{name}.pem', *words,
                        stdin=HEAD + content).stdout

    def report(self, message, *more):
        return self.lab.report(message, '--trust', 'top.pem', *more)


@pytest.fixture
def ca(lab):
    return Ca(lab)


# ---- the header that mail programs see, and the one that we see ----

SPLIT = {
    'a line without a colon': b'no field at all\r\n',
    'a line that begins with a colon': b': x\r\n',
    'a blank in the field name': b'Sub ject: x\r\n',
    'a NUL in a value': b'Subject: a\0b\r\n',
    'a NUL in a name': b'Sub\0ject: x\r\n',
    'an eight-bit field name': b'Subj\xe9ct: x\r\n',
    'a mailbox mark in the middle': b'From alice@example.org Mon Jan  1 00:00:00 2024\r\n',
    'a quoted mailbox mark': b'>From alice@example.org Mon Jan  1 00:00:00 2024\r\n',
    'a very long name': b'X' * 2000 + b': y\r\n',
    'a CR line': b'\r\r\n',
}


@pytest.mark.parametrize('how', SPLIT)
def test_a_from_below_a_damaged_header_line_is_not_overlooked(lab, how):
    """Content-* fields first, so that the input looks like a bare entity; then a line
    that ends the header for us and not for others; then the sender."""
    whole = signed_clear(lab, head=b'MIME-Version: 1.0\r\n')
    mail = whole.replace(b'boundary=B\r\n\r\n', b'boundary=B\r\n' + SPLIT[how] + b'From: boss@example.org\r\n\r\n', 1)
    r = lab.report(mail)
    assert r['exit'] != 0 and r['content'] is None


@pytest.mark.parametrize('how', SPLIT)
def test_a_second_from_below_a_damaged_header_line_is_not_overlooked(lab, how):
    mail = signed_clear(lab).replace(b'boundary=B\r\n\r\n', b'boundary=B\r\n' + SPLIT[how] +
                                     b'From: boss@example.org\r\n\r\n', 1)
    r = lab.report(mail)
    assert r['exit'] == 12 and r['content'] is None


@pytest.mark.parametrize('field', [b'Subject: x\rFrom: boss@example.org\r\n', b'Subject: x\r\rFrom: boss@example.org\r\n',
                                   b'Subject: x\r\n y\rFrom: boss@example.org\r\n', b'X: \rFrom: boss@example.org\r\n'])
def test_a_from_behind_a_bare_cr_is_not_overlooked(lab, field):
    """Some programs end lines at a CR alone."""
    assert withheld(lab.report(signed_clear(lab, head=HEAD + field)))
    entity = signed_clear(lab, head=b'Content-Description' + field[field.index(b':'):])
    assert withheld(lab.report(entity))


@pytest.mark.parametrize('field', [b'From : boss@example.org\r\n', b'FROM:boss@example.org\r\n',
                                   b'from\t:\r\n boss@example.org\r\n', b'From:\r\n'])
def test_a_second_from_is_counted_however_it_is_spelled(lab, field):
    for head in (HEAD + field, field + HEAD):
        assert lab.report(signed_clear(lab, head=head))['exit'] == 12


FROMS = {
    'encoded address': (b'=?utf-8?q?alice=40example=2Eorg?=', 12),
    'encoded word as local part': (b'=?utf-8?q?alice?=@example.org', 12),
    'encoded display that closes the address': (b'=?utf-8?q?=3Calice=40example=2Eorg=3E?= <boss@example.org>', 12),
    'quoted local part, the same': (b'"alice"@example.org', 0),
    'escaped local part, the same': (b'"\\a\\lice"@example.org', 0),
    'quoted local part with a blank': (b'"alice "@example.org', 12),
    'quoted local part that holds it all': (b'"alice@example.org"@example.com', 12),
    'another local part': (b'alice+boss@example.org', 12),
    'a local part that ends in a dot': (b'alice.@example.org', 12),
    'punycode of a look-alike': (b'alice@xn--exmple-4nf.org', 12),
    'a route': (b'<@example.com:alice@example.org>', 12),
    'an empty group': (b'undisclosed:;', 12),
    'words behind the address': (b'alice@example.org boss', 12),
    'an address as display name': (b'boss@example.org <alice@example.org>', 12),
    'two angle addresses': (b'<alice@example.org><boss@example.org>', 12),
    'an open comment': (b'alice@example.org (boss', 12),
    'an open quote': (b'"boss <alice@example.org>', 12),
    'a full-width at sign': ('alice＠example.org'.encode(), 12),
    'an ideographic dot': ('alice@example。org'.encode(), 12),
    'a domain literal': (b'alice@[192.0.2.1]', 12),
    'a trailing dot': (b'alice@example.org.', 12),
    'a zero-width blank': ('alice\u200b@example.org'.encode(), 12),
    'bad UTF-8': (b'\xff <alice@example.org>', 12),
    'an empty value': (b'', 12),
    'a comma': (b'alice@example.org,', 12),
    'a thousand and more': (b', '.join([b'alice@example.org'] * 1002), 12),
    'a vertical tab': (b'\x0balice@example.org', 12),
}


@pytest.mark.parametrize('how', FROMS)
def test_what_a_from_must_be(lab, how):
    value, exit = FROMS[how]
    r = lab.report(signed_clear(lab, head=HEAD.replace(b'Alice <alice@example.org>', value)))
    assert r['exit'] == exit


def test_many_inner_froms_hide_none(lab):
    inner = b'From: alice@example.org\r\n' * 80 + b'From: boss@example.org\r\n' + PLAIN
    assert lab.report(clear(inner, lab.cms_sign(inner)))['exit'] == 12


def test_froms_of_layers_on_the_way_hide_none(lab):
    letter = b'From: boss@example.org\r\n' + PLAIN
    mail = clear(letter, lab.cms_sign(letter), head=b'From: Alice <alice@example.org>\r\n' * 60)
    for _ in range(5):
        mail = opaque(lab.cms_encrypt(mail, '-aes-256-gcm'), b'authEnveloped-data', head=b'From: alice@example.org\r\n')
    assert lab.report(HEAD.replace(b'MIME-Version: 1.0\r\n', b'') + mail.split(b'\r\n', 1)[1])['exit'] == 12


def test_a_wrapped_message_must_be_from_the_signer_too(lab):
    for head in (b'', b'Content-Transfer-Encoding: 8bit\r\n'):
        inner = b'Content-Type: message/rfc822\r\n' + head + b'\r\nFrom: boss@example.org\r\nSubject: x\r\n\r\nhi\r\n'
        assert lab.report(clear(inner, lab.cms_sign(inner)))['exit'] == 12


@pytest.mark.parametrize('kind', [b'message/rfc822', b'message/global'])
@pytest.mark.parametrize('coding', [b'base64', b'quoted-printable'])
def test_a_wrapped_message_that_is_encoded_hides_no_sender(lab, kind, coding):
    """RFC 2046 section 5.2.1 forbids it, some programs decode it."""
    text = b'From: boss@example.org\r\nSubject: x\r\n\r\nhi\r\n'
    inner = (b'Content-Type: ' + kind + b'\r\nContent-Transfer-Encoding: ' + coding + b'\r\n\r\n' +
             (b64(text) if coding == b'base64' else text.replace(b'F', b'=46')))
    assert lab.report(clear(inner, lab.cms_sign(inner)))['exit'] == 12


SANS = {
    'an address that goes on behind a NUL': 'DER:30:1c:81:1a:' + (b'alice@example.org\0.evil.org')[:26].hex(':'),
    'a URI': 'URI:mailto:alice@example.org',
    'a host name': 'DNS:alice@example.org',
    'another kind of other name': 'otherName:1.2.3.4;UTF8:alice@example.org',
    'blanks around it': 'DER:30:15:81:13:' + b' alice@example.org '.hex(':'),
    'angle brackets': 'DER:30:15:81:13:' + b'<alice@example.org>'.hex(':'),
    'nothing': 'DER:30:02:81:00',
    'a list in one name': 'DER:30:25:81:23:' + b'alice@example.org,boss@example.org.'.hex(':'),
}


@pytest.mark.parametrize('how', SANS)
def test_what_a_certificate_may_call_an_address(ca, how):
    ca.issue('leaf', san=SANS[how].encode())
    r = ca.report(clear(PLAIN, ca.sign('leaf')))
    assert r['exit'] in (11, 12) and r['content'] is None


# ---- MIME: what is signed, and where it ends ----

KINDS = b'Content-Type: multipart/mixed; boundary=B\r\n'


def test_two_content_types_are_no_signature(lab):
    for head in (HEAD + KINDS, HEAD.replace(b'MIME', KINDS + b'MIME')):
        r = lab.report(signed_clear(lab, head=head))
        assert r['exit'] == 15 and r['layers'] == []
    mail = signed_clear(lab).replace(b'\r\n\r\n--B', b'\r\n' + KINDS + b'\r\n--B', 1)
    assert lab.report(mail)['exit'] == 15


@pytest.mark.parametrize('more', [b'; boundary=C', b'; boundary*=us-ascii\'\'C', b'; boundary*0=C', b'; BOUNDARY="C"',
                                  b"; protocol=\"application/pgp-signature\"", b'; boundary*1=C'])
def test_parameters_that_are_there_twice_are_no_signature(lab, more):
    r = lab.report(signed_clear(lab).replace(b'boundary=B\r\n', b'boundary=B' + more + b'\r\n', 1))
    assert r['exit'] == 15 and r['layers'] == []


def test_a_boundary_in_a_comment_is_none(lab):
    mail = signed_clear(lab).replace(b'multipart/signed;', b'multipart/signed (; boundary=C);', 1)
    r = lab.report(mail)
    assert r['exit'] == 0 and r['content'] == PLAIN


def test_what_stands_around_the_parts_is_neither_signed_nor_shown(lab):
    mail = signed_clear(lab).replace(b'\r\n\r\n--B\r\n', b'\r\n\r\nPREAMBLE\r\n--B\r\n', 1)
    mail += b'EPILOGUE\r\n--B\r\nContent-Type: text/plain\r\n\r\nMORE\r\n--B--\r\n'
    r = lab.report(mail)
    assert r['exit'] == 0 and r['content'] == PLAIN


def test_only_the_whole_boundary_ends_a_part(lab):
    content = PLAIN + b'--BB\r\n --B\r\n--B-\r\n--\r\n-B\r\n'
    r = lab.report(clear(content, lab.cms_sign(content)))
    assert r['exit'] == 0 and r['content'] == content


CHANGES = {
    'a line more at the end': (PLAIN, PLAIN + b'\r\n'),
    'a line less at the end': (PLAIN, PLAIN[:-2]),
    'a blank at the end of a line': (PLAIN, PLAIN[:-2] + b' \r\n'),
    'a blank less': (PLAIN[:-2] + b' \r\n', PLAIN),
    'CR for CRLF': (PLAIN, PLAIN.replace(b'Pay', b'Pay\r').replace(b'\r ', b' ') [:-2] + b'\r'),
    'two CR for one': (PLAIN, PLAIN[:-2] + b'\r\r\n'),
    'nothing': (PLAIN, b''),
    'a header field more': (PLAIN, b'Content-ID: <x>\r\n' + PLAIN),
    'another case': (PLAIN, PLAIN.replace(b'Bob', b'bob')),
}


@pytest.mark.parametrize('how', CHANGES)
def test_another_text_has_another_canonical_form(lab, how):
    was, shown = CHANGES[how]
    r = lab.report(clear(shown, lab.cms_sign(was)))
    assert r['exit'] == 10 and r['content'] is None


def test_lf_is_canonical_crlf_and_comes_out_so(lab):
    mail = signed_clear(lab).replace(b'\r\n', b'\n')
    r = lab.report(mail)
    assert r['exit'] == 0 and r['content'] == PLAIN
    # a CR of the content stays one: it is not the CRLF that was signed
    mixed = clear(b'Content-Type: text/plain\r\n\r\na\rb\r\n', lab.cms_sign(b'Content-Type: text/plain\r\n\r\na\r\nb\r\n'))
    assert lab.report(mixed)['exit'] == 10


LAYERS = {
    'both by the sender': ('alice', 'alice', 0),
    'another signer around the sender': ('mallory', 'alice', 0),
    'the sender around another signer': ('alice', 'mallory', 12),
    'the sender around somebody unknown': ('alice', 'attacker-alice', 11),
    'somebody unknown around the sender': ('attacker-alice', 'alice', 0),
}


@pytest.mark.parametrize('how', LAYERS)
def test_the_innermost_signature_speaks(lab, how):
    outer, inner, exit = LAYERS[how]
    within = nested(signed_clear(lab, inner, head=b''))
    r = lab.report(signed_clear(lab, outer, content=within))
    assert r['exit'] == exit and r['content'] == (PLAIN if exit == 0 else None)


def test_a_broken_signature_further_in_is_invalid(lab):
    within = nested(signed_clear(lab, head=b'')).replace(b'100', b'999')
    r = lab.report(signed_clear(lab, content=within))
    assert r['exit'] == 10 and r['content'] is None


def test_a_broken_signature_further_out_is_said_and_decides_nothing(lab):
    # who broke it could have taken it off as well
    mail = signed_clear(lab, content=nested(signed_clear(lab, head=b'')))
    r = lab.report(mail.replace(b'name=smime.p7s', b'name=smime.P7S', 1))
    assert r['exit'] == 0 and r['content'] == PLAIN
    assert check(r, 'digest', layer=0) is False and any('does not hold' in a for a in r['advice'])


def test_a_layer_without_signers_inside_a_good_one_is_unsigned(lab):
    root = ber.tree(lab.cms_sign(PLAIN, 'alice', '-nodetach'))
    root[1][1][1][0][1][-1] = [0x31, []]
    inner = opaque(ber.encode(root), head=b'')
    assert lab.report(signed_clear(lab, content=inner))['exit'] == 15


def test_a_signature_part_of_another_kind_is_none(lab):
    der = lab.cms_sign()
    multi = (b'Content-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\nContent-Type: application/pkcs7-signature\r\n'
             b'Content-Transfer-Encoding: base64\r\n\r\n' + b64(der) + b'--C--\r\n')
    mail = signed_clear(lab)
    at = mail.index(b'Content-Type: application/pkcs7-signature')
    assert lab.report(mail[:at] + multi + b'--B--\r\n')['exit'] in (10, 15)
    twice = mail.replace(b'name=smime.p7s\r\n', b'name=smime.p7s\r\nContent-Type: text/plain\r\n')
    assert lab.report(twice)['exit'] in (10, 15)


def test_a_signature_part_that_is_encrypted_or_nested_is_none(lab):
    sealed = lab.cms_encrypt(lab.cms_sign())
    assert withheld(lab.report(clear(PLAIN, sealed)))
    wrapped = lab.openssl('cms', '-sign', '-binary', '-nodetach', '-signer', lab.pki / 'alice.pem', '-inkey',
                         lab.pki / 'alice.key', '-outform', 'DER', '-econtent_type', 'pkcs7-signedData',
                         stdin=lab.cms_sign())
    assert withheld(lab.report(clear(PLAIN, wrapped)))


def test_parts_that_are_missing(lab):
    mail = signed_clear(lab)
    cut = mail.index(b'--B\r\nContent-Type: application/pkcs7-signature')
    assert lab.report(mail[:cut] + b'--B--\r\n')['exit'] in (10, 15)
    assert lab.report(mail[:mail.rindex(b'--B--')])['exit'] == 65
    head, body = mail.split(b'--B\r\n', 1)
    swapped = head + b'--B\r\n' + body[body.index(b'--B\r\n') + 5:body.rindex(b'--B--')] + b'--B\r\n' + PLAIN + b'\r\n--B--\r\n'
    r = lab.report(swapped)
    assert r['exit'] in (10, 15) and all(not l.get('signers') for l in r['layers'])


def test_every_cut_of_a_letter_is_never_good(lab):
    for mail in (signed_clear(lab), opaque(lab.cms_sign(PLAIN, 'alice', '-nodetach')),
                 opaque(lab.cms_encrypt(signed_clear(lab, head=b''), '-aes-256-gcm'), b'authEnveloped-data')):
        ends = {m.end() for m in re.finditer(b'\r\n', mail)} | {len(mail) - n for n in range(1, 12)}
        for n in sorted(ends)[-40:]:
            if n >= len(mail.rstrip(b'\r\n')):
                continue
            r = lab.report(mail[:n])
            assert r['exit'] != 0 and r['content'] is None, n


# ---- CMS: what a SignerInfo may say ----

def test_the_forge_of_these_tests_makes_good_signatures(lab):
    r = lab.report(clear(PLAIN, bent(lab, lambda attrs, signer: None)))
    assert r['exit'] == 0


def two_values(attrs, kind, at):
    values = attrs[attr_at([0, attrs], kind)][1][1][1]
    values.insert(at, [values[0][0], bytes(len(values[0][1]))])


BENT = {
    'no content type': lambda a, s: drop(a, CONTENT_TYPE),
    'no digest': lambda a, s: drop(a, DIGEST),
    'no attributes in the set': lambda a, s: a.clear(),
    'another content type': lambda a, s: a[attr_at([0, a], CONTENT_TYPE)][1].__setitem__(1, [0x31, [ber.oid(SIGNED)]]),
    'two content types': lambda a, s: a.append(attr(CONTENT_TYPE, ber.oid(SIGNED))),
    'two digests': lambda a, s: a.append(attr(DIGEST, [4, bytes(32)])),
    'two digests in one attribute': lambda a, s: two_values(a, DIGEST, 1),
    'two digests in one attribute, the other way': lambda a, s: two_values(a, DIGEST, 0),
    'a digest without value': lambda a, s: a[attr_at([0, a], DIGEST)][1].__setitem__(1, [0x31, []]),
    'an empty digest': lambda a, s: a[attr_at([0, a], DIGEST)][1].__setitem__(1, [0x31, [[4, b'']]]),
    'a digest that is cut': lambda a, s: a[attr_at([0, a], DIGEST)][1][1][1][0].__setitem__(
        1, a[attr_at([0, a], DIGEST)][1][1][1][0][1][:31]),
    'two signing times': lambda a, s: a.append(attr(TIME, [0x17, b'240101000000Z'])),
    'a time that is none': lambda a, s: a[attr_at([0, a], TIME)][1].__setitem__(1, [0x31, [[0x17, b'241301000000Z']]]),
    'a time without Z': lambda a, s: a[attr_at([0, a], TIME)][1].__setitem__(1, [0x31, [[0x17, b'2411010000+0100']]]),
    'a countersignature among the signed': lambda a, s: a.append(attr('1.2.840.113549.1.9.6', [0x30, []])),
    'another certificate named': lambda a, s: a.append(attr(SIGNING_CERT, [0x30, [[0x30, [[0x30, [[4, bytes(32)]]]]]]])),
    'no certificate named': lambda a, s: a.append(attr(SIGNING_CERT, [0x30, [[0x30, []]]])),
    'the digest unsigned': lambda a, s: (s[1].append([0xa1, [a[attr_at([0, a], DIGEST)]]]), drop(a, DIGEST)),
    'the time unsigned': lambda a, s: (s[1].append([0xa1, [a[attr_at([0, a], TIME)]]]), drop(a, TIME)),
    'another digest unsigned too': lambda a, s: s[1].append([0xa1, [attr(DIGEST, [4, bytes(32)])]]),
    'protection by other algorithms': lambda a, s: a.append(attr('1.2.840.113549.1.9.52', [0x30, [
        [0x30, [ber.oid('2.16.840.1.101.3.4.2.3')]], [0xa1, [ber.oid('1.2.840.10045.4.3.2')]]]])),
}


@pytest.mark.parametrize('how', BENT)
def test_a_signer_info_that_says_two_things_or_none_is_invalid(lab, how):
    """The mathematics is right; the attacker has the key or a sloppy signer."""
    r = lab.report(clear(PLAIN, bent(lab, BENT[how])))
    assert r['exit'] == 10 and r['content'] is None, r


def test_a_countersignature_is_no_signature(lab):
    """It signs the octets of another signature, not the letter."""
    root = ber.tree(lab.cms_sign())
    signer = signer_of(root)
    import hashlib
    over = hashlib.sha256(signer[1][-1][1]).digest()
    other = ber.tree(lab.cms_sign(PLAIN, 'mallory'))
    counter = signer_of(other)
    attrs = attrs_of(counter)
    drop(attrs[1], CONTENT_TYPE)
    attrs[1][attr_at(attrs, DIGEST)] = attr(DIGEST, [4, over])
    resign(lab, counter, 'mallory')
    # in its place it changes nothing
    signer[1].append([0xa1, [attr('1.2.840.113549.1.9.6', counter)]])
    assert lab.report(clear(PLAIN, ber.encode(root)))['exit'] == 0
    # alone it is worth nothing
    head = HEAD.replace(b'alice@', b'mallory@')
    assert lab.report(clear(PLAIN, ber.encode(other), head))['exit'] == 10


def no_certs(der):
    root = ber.tree(der)
    data = root[1][1][1][0]
    data[1] = [n for n in data[1] if n[0] != 0xa0]
    return ber.encode(root)


def test_a_signer_whose_certificate_is_nowhere_is_not_good(lab, pki):
    mail = clear(PLAIN, no_certs(lab.cms_sign()))
    assert lab.report(mail)['exit'] == 10
    assert lab.report(mail, '--certs', pki / 'alice.pem', '--certs', pki / 'inter.pem')['exit'] == 0


def test_a_certificate_given_with_certs_is_not_trusted_by_that(lab, pki):
    mail = clear(PLAIN, no_certs(lab.cms_sign(PLAIN, 'attacker-alice')))
    r = lab.report(mail, '--certs', pki / 'attacker-alice.pem', '--certs', pki / 'attacker-root.pem')
    assert r['exit'] == 11


def twin(lab, ca_key, ca_name, name, serial=None, ski=None):
    """A certificate of the attacker's with somebody else's issuer name, serial number
    or key identifier."""
    ext = b'[req]\ndistinguished_name=dn\n[dn]\n[ext]\nkeyUsage=digitalSignature\nextendedKeyUsage=emailProtection\n' \
          b'subjectAltName=email:alice@example.org\n'
    ext += b'subjectKeyIdentifier=' + (ski.encode() if ski else b'hash') + b'\n'
    lab.write('twin.cnf', ext)
    lab.openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', f'{name}.key')
    lab.openssl('req', '-new', '-key', f'{name}.key', '-subj', '/CN=alice', '-config', 'twin.cnf', '-out', 'csr')
    lab.openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', ca_key)
    lab.openssl('req', '-x509', '-new', '-key', ca_key, '-subj', ca_name, '-config', 'twin.cnf', '-out', 'fake-ca.pem')
    lab.openssl('x509', '-req', '-in', 'csr', '-CA', 'fake-ca.pem', '-CAkey', ca_key, '-extfile', 'twin.cnf',
                '-extensions', 'ext', '-out', f'{name}.pem', *(['-set_serial', serial] if serial else []))


def own_sign(lab, name, *more):
    return lab.openssl('cms', '-sign', '-binary', '-signer', f'{name}.pem', '-inkey', f'{name}.key', '-outform', 'DER',
                       *more, stdin=PLAIN)


def field(lab, cert, option):
    return lab.openssl('x509', '-in', cert, '-noout', option).decode().strip().split('=', 1)[1]


def test_issuer_and_serial_of_somebody_else_is_nobodys_identity(lab, pki):
    issuer = '/' + field(lab, pki / 'alice.pem', '-issuer').replace(' = ', '=').replace(', ', '/')
    twin(lab, 'ca.key', issuer, 'evil', serial='0x' + field(lab, pki / 'alice.pem', '-serial'))
    for order in ([pki / 'alice.pem', 'evil.pem'], ['evil.pem', pki / 'alice.pem']):
        lab.write('certs', b''.join(lab.path(c).read_bytes() for c in order))
        r = lab.report(clear(PLAIN, own_sign(lab, 'evil', '-nocerts', '-certfile', 'certs', '-certfile',
                                             pki / 'inter.pem')))
        assert r['exit'] in (10, 11) and r['content'] is None


def test_a_shared_key_identifier_misleads_neither_way(lab, pki):
    text = lab.openssl('x509', '-in', pki / 'alice.pem', '-noout', '-ext', 'subjectKeyIdentifier').decode()
    ski = text.split('\n')[1].strip()
    twin(lab, 'ca.key', '/CN=Evil CA', 'evil', ski=ski)
    root = ber.tree(lab.cms_sign(PLAIN, 'alice', '-keyid'))
    certs = next(n for n in root[1][1][1][0][1] if n[0] == 0xa0)
    certs[1].insert(0, ber.tree(lab.openssl('x509', '-in', 'evil.pem', '-outform', 'DER')))
    assert lab.report(clear(PLAIN, ber.encode(root)))['exit'] == 0
    forged = own_sign(lab, 'evil', '-keyid', '-certfile', pki / 'alice.pem', '-certfile', pki / 'inter.pem')
    assert lab.report(clear(PLAIN, forged))['exit'] == 11


def test_many_certificates_of_one_name_cost_bounded_time(lab, pki):
    import time
    root = ber.tree(lab.cms_sign(PLAIN, 'alice-rsa2048', '-keyid'))
    data = root[1][1][1][0]
    certs = next(n for n in data[1] if n[0] == 0xa0)
    leaf = next(c for c in certs[1] if b'alice' in ber.encode(c))
    # the key identifier stays, the key is another one each time, large and slow
    spki = leaf[1][0][1][6]
    many = []
    for i in range(250):
        n = (1 << 16383 | int.from_bytes(bytes([i + 1]) * 64, 'big') << 64 | 1).to_bytes(2048, 'big')
        key = ber.encode([0x30, [[2, b'\0' + n], [2, b'\0' + b'\xff' * 8]]])
        copy = ber.tree(ber.encode(leaf))
        copy[1][0][1][6] = [0x30, [spki[1][0], [3, b'\0' + key]]]
        many.append(copy)
    certs[1] = many
    signer = data[1][-1][1][0]
    signer[1][-1][1] = b'\x11' * 2048
    data[1][-1][1] = [signer] * 60
    begin = time.monotonic()
    r = lab.report(clear(PLAIN, ber.encode(root)))
    assert r['exit'] == 10 and time.monotonic() - begin < 30


USES = {
    'an authority': b'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n'
                    b'subjectAltName=email:alice@example.org\nsubjectKeyIdentifier=hash\n',
    'a web server': b'keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=email:alice@example.org\n',
    'code': b'keyUsage=digitalSignature\nextendedKeyUsage=codeSigning\nsubjectAltName=email:alice@example.org\n',
    'encryption only': b'keyUsage=keyAgreement\nextendedKeyUsage=emailProtection\n'
                       b'subjectAltName=email:alice@example.org\n',
    'something critical and unknown': b'keyUsage=digitalSignature\nsubjectAltName=email:alice@example.org\n'
                                      b'1.2.3.4=critical,DER:05:00\n',
}


@pytest.mark.parametrize('use', USES)
def test_a_certificate_for_another_use_signs_no_mail(ca, use):
    ca.issue('leaf', ext=USES[use])
    r = ca.report(clear(PLAIN, ca.sign('leaf')))
    assert r['exit'] == 11 and r['content'] is None


def test_a_person_is_no_authority(ca):
    ca.issue('person')
    ca.issue('leaf', by='person', san=b'email:boss@example.org')
    head = HEAD.replace(b'alice@', b'boss@')
    r = ca.report(clear(PLAIN, ca.sign('leaf', PLAIN, '-certfile', 'person.pem'), head))
    assert r['exit'] == 11


def test_an_empty_set_of_digest_algorithms_is_not_good(lab):
    root = ber.tree(lab.cms_sign(PLAIN, 'alice', '-nodetach'))
    root[1][1][1][0][1][1] = [0x31, []]
    assert withheld(lab.report(opaque(ber.encode(root))))


# ---- content that is somewhere else ----

def test_content_in_the_signature_does_not_vouch_for_another_file(lab):
    """A signature with content of its own says nothing about the file beside it."""
    file = lab.write('contract', b'I owe you a million.')
    der = lab.write('sig', lab.cms_sign(b'I owe you nothing.', 'alice', '-nodetach'))
    done = lab('verify', *lab.trust(), '--content', file, der, exit=None)
    assert done.returncode in (10, 64, 65) and done.stdout == b''
    done = lab('verify', *lab.trust(), '--content', file, '-o', 'out', der, exit=None)
    assert done.returncode in (10, 64, 65) and 'out' not in lab.left()


def test_a_signed_letter_does_not_vouch_for_a_file_beside_it(lab):
    file = lab.write('contract', b'I owe you a million.')
    for mail in (signed_clear(lab), opaque(lab.cms_sign(PLAIN, 'alice', '-nodetach')),
                 signed_clear(lab, content=nested(signed_clear(lab, head=b'')))):
        done = lab('verify', *lab.trust(), '--content', file, stdin=mail, exit=None)
        assert done.returncode in (10, 64, 65)


def test_the_content_beside_a_signature_is_what_counts(lab):
    der = lab.write('sig', lab.cms_sign(b'I owe you nothing.'))
    good = lab.write('good', b'I owe you nothing.')
    bad = lab.write('bad', b'I owe you a million.')
    assert lab('verify', *lab.trust(), '--content', good, der).returncode == 0
    assert lab('verify', *lab.trust(), '--content', bad, der, exit=None).returncode == 10
    assert lab('verify', *lab.trust(), '--content', '/dev/null', der, exit=None).returncode == 10
    assert lab('verify', *lab.trust(), der, exit=None).returncode == 65


# ---- time and revocation ----

def test_no_signing_time_and_expired_is_14(ca):
    ca.issue('leaf', begin='20200101000000Z', end='20210101000000Z')
    der = ca.sign('leaf')
    root = ber.tree(der)
    attrs = attrs_of(signer_of(root))
    drop(attrs[1], TIME)
    attrs[1].sort(key=ber.encode)
    signer_of(root)[1][-1][1] = ca.lab.openssl('dgst', '-sha256', '-sign', 'leaf.key',
                                              stdin=ber.encode([0x31, attrs[1]]))
    assert ca.report(clear(PLAIN, ber.encode(root)))['exit'] == 14


@pytest.mark.parametrize('at,exit', [('2019-12-31T23:59:59Z', 14), ('2020-06-01T00:00:00Z', 0),
                                     ('2021-01-01T00:00:01Z', 14), ('2099-01-01T00:00:00Z', 14)])
def test_the_claimed_time_must_lie_in_the_certificate(ca, at, exit):
    ca.issue('leaf', begin='20200101000000Z', end='20210101000000Z')
    # the command itself signs only with what is valid then
    root = ber.tree(ca.sign('leaf'))
    attrs = attrs_of(signer_of(root))
    stamp = re.sub('[-:T]', '', at)[2:].encode()
    attrs[1][attr_at(attrs, TIME)] = attr(TIME, [0x17, stamp] if at < '2050' else [0x18, b'20' + stamp])
    attrs[1].sort(key=ber.encode)
    signer_of(root)[1][-1][1] = ca.lab.openssl('dgst', '-sha256', '-sign', 'leaf.key',
                                              stdin=ber.encode([0x31, attrs[1]]))
    r = ca.report(clear(PLAIN, ber.encode(root)))
    # the root of this test is younger than that: its dates count as well
    assert r['exit'] in ((exit, 14) if exit == 0 else (exit,))


@pytest.mark.parametrize('reason,at,exit', [
    ('superseded', 'before', 0), ('superseded', 'after', 13), ('cessationOfOperation', 'before', 0),
    ('keyCompromise', 'before', 13), ('CACompromise', 'before', 13), ('unspecified', 'before', 13),
])
def test_revocation_and_the_claimed_time(ca, reason, at, exit):
    import datetime as dt
    now = dt.datetime.now(dt.timezone.utc)
    ca.issue('leaf')
    when = (now + dt.timedelta(minutes=-5 if at == 'before' else 8)).strftime('%Y-%m-%dT%H:%M:%SZ')
    mail = ca.letter('leaf', when)
    ca.revoke('leaf', reason)
    crl = ca.crl('crl')
    later = (now + dt.timedelta(minutes=10)).strftime('%Y-%m-%dT%H:%M:%SZ')
    r = ca.report(mail, '--crl', crl, '--at', later)
    assert r['exit'] == exit
    if exit == 0:
        words = next(c['why'] for c in r['layers'][-1]['signers'][0]['checks'] if c['id'] == 'revocation')
        assert 'the signer says' in words


def carried(ca, name, *crls):
    """A clear-signed letter that carries revocation lists."""
    root = ber.tree(ca.sign(name))
    lists = [ber.tree(ca.lab.openssl('crl', '-in', c, '-outform', 'DER')) for c in crls]
    root[1][1][1][0][1].insert(-1, [0xa1, lists])
    return clear(PLAIN, ber.encode(root))


def test_an_old_list_does_not_take_back_a_compromise(ca):
    """The key was stolen, the certificate revoked for that, and it has expired since.
    The thief dates the signature back and carries a list from before the theft."""
    import datetime as dt
    now = dt.datetime.now(dt.timezone.utc)
    stamp = lambda days: (now + dt.timedelta(days=days)).strftime('%Y%m%d%H%M%SZ')  # noqa: E731
    ca.issue('leaf', begin=stamp(-30), end=stamp(20))
    old = ca.crl('old', begin=stamp(-1), end=stamp(1))
    ca.revoke('leaf', 'keyCompromise')
    new = ca.crl('new', begin=stamp(10), end=stamp(60))
    mail = carried(ca, 'leaf', old)
    at = (now + dt.timedelta(days=30)).strftime('%Y-%m-%dT%H:%M:%SZ')
    r = ca.report(mail, '--crl', new, '--at', at)
    assert r['exit'] == 13, r


def test_a_harmless_word_about_the_signer_does_not_hide_a_stolen_authority(ca):
    import datetime as dt
    now = dt.datetime.now(dt.timezone.utc)
    ca.issue('middle', ext=Ca.CA_EXT + b'authorityKeyIdentifier=keyid\n', subject='/CN=Middle')
    ca.issue('leaf', by='middle')
    when = (now - dt.timedelta(minutes=5)).strftime('%Y-%m-%dT%H:%M:%SZ')
    mail = ca.letter('leaf', when, PLAIN)
    ca.revoke('leaf', 'superseded', by='middle')
    leaf_crl = ca.crl('leaf.crl', by='middle')
    ca.revoke('middle', 'CACompromise')
    middle_crl = ca.crl('middle.crl')
    words = ['--certs', 'middle.pem', '--crl', leaf_crl, '--at',
             (now + dt.timedelta(minutes=10)).strftime('%Y-%m-%dT%H:%M:%SZ')]
    assert ca.report(mail, *words)['exit'] == 0
    assert ca.report(mail, *words, '--crl', middle_crl)['exit'] == 13


# ---- several readings, one output ----

def test_a_second_reading_does_not_double_the_content(lab):
    """micalg is missing and the digest unusual: it takes a second reading; the first
    has written to the file already."""
    mail = clear(PLAIN * 9000, lab.cms_sign(PLAIN * 9000, 'alice', '-md', 'sha512'), micalg=b'unknown')
    r = lab.report(mail)
    assert r['exit'] == 0 and r['content'] == PLAIN * 9000
    done = lab.open(mail)
    assert done.returncode == 0 and done.stdout == PLAIN * 9000
    inner = clear(PLAIN, lab.cms_sign(PLAIN, 'alice', '-md', 'sha512'), head=b'', micalg=b'x')
    sealed = opaque(lab.cms_encrypt(inner, '-aes-256-gcm'), b'authEnveloped-data')
    r = lab.report(sealed)
    assert r['exit'] == 0 and r['content'] == PLAIN
    sealed = opaque(lab.cms_encrypt(inner, '-aes-256-cbc'), b'enveloped-data')
    r = lab.report(sealed)
    assert r['exit'] == 0 and r['content'] == PLAIN


def test_an_unreadable_inside_of_cbc_looks_like_any_text(lab):
    """Whether forged plaintext happens to be a broken structure must not show."""
    ends = set()
    for inside in (PLAIN, b'Content-Type: application/pkcs7-mime\r\n\r\n0garbage', signed_clear(lab, head=b'')[:-9],
                   b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"\r\n\r\nx',
                   b'X' * 3000, b'\0' * 64):
        r = lab.report(opaque(lab.cms_encrypt(inside), b'enveloped-data'))
        assert r['content'] is None
        ends.add(r['exit'])
    assert ends == {22}


def test_a_header_beyond_all_limits_inside_an_envelope(lab):
    """Found only while the content is on its way out."""
    inside = b'X: ' + b'y' * (3 << 20) + b'\r\n\r\nhi\r\n'
    sealed = opaque(lab.cms_encrypt(inside, '-aes-256-gcm'), b'authEnveloped-data')
    done = lab('decrypt', *lab.identity('bob'), stdin=sealed, exit=None)
    assert (done.returncode, done.stdout) in ((0, inside), (40, b''))
    done = lab('decrypt', *lab.identity('bob'), '-o', 'out', stdin=sealed, exit=None)
    assert done.returncode in (0, 40) and ('out' in lab.left()) == (done.returncode == 0)


def test_a_spool_on_disk_and_one_in_memory_give_the_same(lab, tmp_path):
    spool = tmp_path / 'spool'
    spool.mkdir()
    for size in (10, 60000):
        sealed = opaque(lab.cms_encrypt(signed_clear(lab, head=b'', content=PLAIN * size), '-aes-256-gcm'),
                        b'authEnveloped-data')
        done = lab.open(sealed, '--spool', spool)
        assert done.returncode == 0 and done.stdout == PLAIN * size
        assert list(spool.iterdir()) == []


def test_compressed_and_signed_in_any_order(lab):
    def compressed(data):
        return ber.encode([0x30, [ber.oid('1.2.840.113549.1.9.16.1.9'), [0xa0, [[0x30, [
            [2, b'\0'], [0x30, [ber.oid('1.2.840.113549.1.9.16.3.8')]],
            [0x30, [ber.oid(DATA), [0xa0, [[4, zlib.compress(data)]]]]]]]]]]])
    inside = opaque(compressed(PLAIN), b'compressed-data', head=b'')
    r = lab.report(signed_clear(lab, content=inside))
    assert r['exit'] == 0 and r['content'] == PLAIN
    around = opaque(compressed(signed_clear(lab, head=b'')), b'compressed-data')
    r = lab.report(around)
    assert r['exit'] == 0 and r['content'] == PLAIN
    # what follows the stream belongs to nobody
    trailing = opaque(compressed(PLAIN)[:-1] + b'\0', b'compressed-data', head=b'')
    assert lab.report(signed_clear(lab, content=trailing))['exit'] != 0


def test_the_file_at_hand_stays_when_the_letter_is_bad(lab):
    lab.write('out', b'precious')
    bad = signed_clear(lab).replace(b'100', b'999')
    done = lab('open', *lab.identity('bob'), *lab.trust(), '-o', 'out', stdin=bad, exit=None)
    assert done.returncode == 10 and lab.path('out').read_bytes() == b'precious'
    assert not [n for n in lab.left() if n.startswith('.sealmail')]


def test_a_long_revocation_list_costs_its_time_once(lab, pki):
    """Not once for each of many signers."""
    import time
    crl = ber.tree(lab.openssl('crl', '-in', pki / 'inter.crl', '-outform', 'DER'))
    entries = b''.join(ber.encode([0x30, [[2, ((1 << 100) + i).to_bytes(13, 'big')], [0x17, b'240101000000Z']]])
                       for i in range(200000))
    crl[1][0][1][next(i for i, n in enumerate(crl[1][0][1]) if i >= 3 and n[0] == 0x30)] = [0x30, entries]
    root = ber.tree(lab.cms_sign(PLAIN))
    data = root[1][1][1][0]
    data[1][-1][1] *= 60
    data[1].insert(-1, [0xa1, ber.encode(crl)])
    begin = time.monotonic()
    r = lab.report(clear(PLAIN, ber.encode(root)))
    assert r['exit'] == 0 and time.monotonic() - begin < 15


def test_thousands_of_from_fields_are_not_compared_with_each_other(lab):
    import time
    froms = b'From: alice@example.org\r\n' * 9990
    mail = signed_clear(lab, head=b'', content=froms + PLAIN)
    for _ in range(8):
        mail = opaque(lab.cms_encrypt(froms + mail, '-aes-256-gcm'), b'authEnveloped-data', head=b'')
    begin = time.monotonic()
    r = lab.report(HEAD + mail)
    assert r['exit'] == 12 and time.monotonic() - begin < 20
