"""Every pairing of cases.py: one program writes, the other reads, the content
must be the same, and a signature must be found good.  What a peer cannot do is
in lacks.py, with the reason, and is tried all the same."""
import re

import pytest

import kit
from cases import ALL, CASES, PEERS
from job import Job
from kit import Cannot, Failed
from lacks import lack_of


@pytest.fixture(autouse=True)
def tidy(lab, request):
    """Files stay only where something went wrong."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed == failed:
        lab.tidy()


def transfer(lab, job, writer, reader, alter=None):
    """None when the content arrives, else (who failed, why)."""
    source, message, target = lab.files('source', 'message', 'target')
    source.write_bytes(job.bytes())
    try:
        writer.write(job, source, message)
    except (Cannot, Failed) as e:
        return writer, e
    if job.message and not writer.writes_header:
        # What a mail program adds to what the library made.
        message.write_bytes(kit.HEAD + b'MIME-Version: 1.0\r\n' + re.sub(rb'(?i)^MIME-Version:.*\n', b'',
                                                                      message.read_bytes(), count=1))
    if alter:
        alter(source, message)
    try:
        reader.read(job, message, target, source)
    except (Cannot, Failed) as e:
        return reader, e
    if not job.same(target.read_bytes()):
        return reader, Failed('the content is not what was written')
    return None


def read_from_others(lab, job, peer):
    """Who else wrote this kind in vain for the peer; None when nobody can write it."""
    for writer in [peer, *(p for p in lab.installed() if p is not peer)]:
        fault = transfer(lab, job, writer, peer)
        assert fault, f'{peer.name} reads what {writer.name} wrote of this kind, but not ours'
        if writer is peer and isinstance(fault[1], Cannot):
            continue
        if fault[0] is peer and (writer is not peer or wrote(lab, job, writer)):
            return writer
    return None


def wrote(lab, job, writer):
    source, message = lab.files('source', 'message')
    source.write_bytes(job.bytes())
    try:
        writer.write(job, source, message)
    except (Cannot, Failed):
        return False
    return True


def prove(lab, case, lack, peer, why):
    """An exception needs more than our word: words for the document."""
    if case.way == 'from' or lack.alone:
        return str(why)
    writer = read_from_others(lab, case.job, peer)
    if not writer:
        absent = len(lab.installed()) < len(ALL)
        assert absent, f'nobody else writes this kind for {peer.name}: is it our fault? ({why})'
        return str(why)
    return f'{why}; the same with what {"it wrote itself" if writer is peer else writer.name + " wrote"}'


@pytest.mark.parametrize('case', CASES, ids=lambda c: c.id())
def test_pairing(lab, case):
    peer = lab.need(case.peer)
    writer, reader = (lab.ours, peer) if case.way == 'to' else (peer, lab.ours)
    lack = lack_of(case.peer, case.way, case.job, peer.version)
    fault = transfer(lab, case.job, writer, reader)
    if not fault:
        assert not lack, f'{peer.name} {peer.version} can do this: the exception "{lack.reason}" is stale'
        lab.results.good(case.group, case.job.title(), case.peer, case.way)
        return
    who, why = fault
    assert lack and who is peer, f'{who.name}: {why}'
    lab.results.exception(case.group, case.job.title(), case.peer, case.way, lack.reason,
                          prove(lab, case, lack, peer, why))


# ---- what was altered on the way is refused ----

def alter_content(source, message):
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    source.write_bytes(data)


def alter_message(source, message):
    data = bytearray(message.read_bytes())
    data[len(data) // 2] ^= 1
    message.write_bytes(data)


ALTERED = [
    (Job(signers=('rsa2048',), detached=True), alter_content, ALL),
    (Job(signers=('p256',), detached=True), alter_content, ALL),
    (Job(signers=('p256',), content='64 KiB'), alter_message, ALL),
    (Job(to=('rsa2048',), content='64 KiB', cipher='aes-256-gcm'), alter_message, 'OB'),
    (Job(to=('p256',), content='64 KiB', cipher='aes-256-gcm'), alter_message, 'OB'),
]


@pytest.mark.parametrize('job, alter, letter, way', [
    pytest.param(job, alter, letter, way, id=f'altered {PEERS[letter]} {way} {job.title()}')
    for letter in ALL for job, alter, peers in ALTERED if letter in peers for way in ('to', 'from')])
def test_altered(lab, job, alter, letter, way):
    peer = lab.need(letter)
    writer, reader = (lab.ours, peer) if way == 'to' else (peer, lab.ours)
    fault = transfer(lab, job, writer, reader, alter)
    assert fault and fault[0] is reader, fault
    lab.results.good('Altered on the way: refused', job.title(), letter, way)


# ---- certificates and keys that peers export ----

KEYS = 'Certificates and keys'


@pytest.mark.parametrize('letter', 'ONB', ids=lambda c: PEERS[c])
def test_certificates_only(lab, letter):
    """The signer's certificate comes in a certs-only message."""
    peer = lab.need(letter)
    source, message, target, certs = lab.files('source', 'message', 'target', 'p7c')
    source.write_bytes(kit.content('file'))
    kit.run('openssl', 'cms', '-sign', '-binary', '-nocerts', '-nodetach', '-signer', lab.pki.cert('alice-p256'),
            '-inkey', lab.pki.key('alice-p256'), '-outform', 'DER', '-in', source, '-out', message)
    peer.certs_only(['alice-p256', 'inter'], certs)
    lab.ours.command('open', '--trust', lab.pki.root, message, '-o', target, ok=(10,))
    lab.ours.command('open', '--trust', lab.pki.root, '--certs', certs, message, '-o', target)
    assert target.read_bytes() == source.read_bytes()
    lab.results.good(KEYS, 'certs-only message', letter, 'from')


def sign_with(lab, peer, kind):
    """Its PKCS#12 file signs here, and OpenSSL verifies."""
    source, message, target, p12, password = lab.files('source', 'message', 'target', 'p12', 'password')
    source.write_bytes(kit.content('file'))
    password.write_text('secret\n')
    peer.pkcs12(f'alice-{kind}', 'secret', p12)
    try:
        lab.ours.command('sign', '--opaque', '--form', 'der', '--key', p12, '--passphrase-file', password, '--chain',
                         lab.pki.inter, '-q', '-o', message, source)
    except Failed:
        # Is it our fault?
        shown = kit.run('openssl', 'pkcs12', '-legacy', '-in', p12, '-passin', 'pass:secret', '-noenc', ok=None)
        assert shown.returncode != 0, 'OpenSSL reads the file'
        raise
    lab.peer('O').read(Job(signers=(kind,)), message, target, source)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize('kind', ['rsa2048', 'p256'])
@pytest.mark.parametrize('letter', ALL, ids=lambda c: PEERS[c])
def test_key_file(lab, letter, kind):
    peer = lab.need(letter)
    lack = lack_of(letter, 'pkcs12', kind, peer.version)
    try:
        sign_with(lab, peer, kind)
    except Failed as e:
        assert lack, e
        lab.results.exception(KEYS, f'PKCS#12 {kind}', letter, 'from', lack.reason, str(e))
        return
    assert not lack, f'the exception "{lack.reason}" is stale'
    lab.results.good(KEYS, f'PKCS#12 {kind}', letter, 'from')
