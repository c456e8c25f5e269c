"""Mail that others made: Thunderbird's, RFC 9788's, the older protected headers."""
import email
import email.policy
import json

import pytest

from corpora import claim, corpus, expected, holds, sealmail

# ---- Thunderbird ----

THUNDERBIRD = 'thunderbird-smime'
VERDICTS = expected(THUNDERBIRD)
# What Thunderbird calls a good signature, except for From: its certificates name the
# address in the subject alone, which ends with 12 here, and with 16 in archives.
GOOD = {'signature': True, 'digest': True, 'chain': True, 'usage': True, 'time': True}
DIFFERS = {
    'alice.future.dsig.SHA256.multipart.eml': 'signing-time-within-a-day',
}


@pytest.fixture(scope='module')
def nss(tmp_path_factory):
    path = tmp_path_factory.mktemp('thunderbird') / 'passphrase'
    path.write_text('nss\n')
    return path


def open_as_reader(name, nss, *more):
    """As Bob opens it, or Fran with both of her keys."""
    d = corpus(THUNDERBIRD)
    keys = ['Bob.p12'] if 'interop' not in name else ['interop/Fran.p12', 'interop/Fran-ec.p12']
    words = [w for k in keys for w in ('--key', d / k)]
    return sealmail('open', *words, '--passphrase-file', nss, '--trust', d / 'TestCA.pem',
                    *more, d / name)


def is_encrypted(run):
    return any(layer.get('recipients') for layer in run.layers)


def is_signed(run):
    """Does a signature count for what is shown: is the innermost layer one?"""
    return bool(run.layers) and run.types[-1] == 'signed'


@pytest.mark.parametrize('name', sorted(VERDICTS))
def test_thunderbird(name, nss):
    want, differs = VERDICTS[name], DIFFERS.get(name)
    with claim(THUNDERBIRD, name, differs):
        run = open_as_reader(name, nss)
        assert run.code != 0 and run.out == b'', run
        assert is_encrypted(run) == want['encrypted'], run
        assert is_signed(run) == want['signed'], run
        if want['signed']:
            assert f'CN={want["signer"]},' in run.signer()['subject']
            good = all(run.checks()[k] is v for k, v in GOOD.items())
            assert good == (want['signature_good'] if not differs else True), run
            assert run.code == (12 if good else 10), run
        else:
            assert run.code == 22, run
        if 'text_contains' in want:
            shown = open_as_reader(name, nss, '--force', '--unauthenticated')
            assert shown.code == run.code
            assert want['text_contains'].encode() in shown.out, shown


def test_addresses_in_the_subject_count_in_archives_alone(nss):
    name = 'alice.dsig.SHA256.multipart.eml'
    run = open_as_reader(name, nss)
    holds(run, 12, **GOOD, **{'from': False})
    assert run.signer()['mail'] == []
    holds(open_as_reader(name, nss, '--archive'), 16, **GOOD, **{'from': True})


def test_sha1_counts_in_archives_alone(nss):
    name = 'alice.dsig.SHA1.multipart.eml'
    holds(open_as_reader(name, nss), 10, signature=False, digest=True)
    holds(open_as_reader(name, nss, '--archive'), 16, **GOOD)


@pytest.mark.parametrize('date, exit', [
    ('Mon, 20 Nov 2023 20:55:00 +0000', 12), ('Mon, 20 Nov 2023 20:50:00 +0000', 14),
    ('Wed, 22 Nov 2023 20:50:00 +0000', 12), ('Wed, 22 Nov 2023 20:55:00 +0000', 14),
    ('Fri, 24 Nov 2028 00:00:00 +0000', 14)])
def test_signing_time_lies_within_a_day_of_the_date(date, exit, nss, tmp_path):
    """Signed at 2023-11-21T20:52:06Z; nothing protects Date."""
    d = corpus(THUNDERBIRD)
    mail = (d / 'alice.dsig.SHA256.multipart.eml').read_bytes()
    old = b'Tue, 21 Nov 2023 20:50:06 +0000'
    assert mail.count(old) == 1
    (tmp_path / 'mail').write_bytes(mail.replace(old, date.encode()))
    run = sealmail('verify', '--trust', d / 'TestCA.pem', tmp_path / 'mail')
    holds(run, exit, time=exit == 12)


@pytest.mark.parametrize('at, exit', [('2023-11-21T20:50:00Z', 14), ('2028-11-20T00:00:00Z', 12),
                                      ('2028-11-22T00:00:00Z', 12)])
def test_expired_since_is_judged_at_the_signing_time(at, exit, nss):
    """The certificates end on 2028-11-21; before the signature it lies in the future."""
    run = open_as_reader('alice.dsig.SHA256.multipart.eml', nss, '--at', at)
    holds(run, exit, time=exit == 12)
    if at == '2028-11-22T00:00:00Z':
        assert 'expired since' in run.why('time'), run


def test_signature_around_a_signature_credits_both(nss):
    """Thunderbird gives no verdict: From is Dave, who signed around Alice's text."""
    name = 'alice.plain.dsig.SHA256.multipart.dave.dsig.SHA256.multipart.eml'
    run = open_as_reader(name, nss)
    assert run.code == 12 and run.types == ['signed', 'signed'], run
    assert 'CN=Dave' in run.signer(0)['subject'] and 'CN=Alice' in run.signer(1)['subject']
    holds(run, 12, **GOOD, **{'from': False})


@pytest.mark.parametrize('name', [n for n in sorted(VERDICTS) if VERDICTS[n]['encrypted']])
def test_without_the_key_nothing_is_known(name):
    d = corpus(THUNDERBIRD)
    run = sealmail('open', '--trust', d / 'TestCA.pem', d / name)
    assert run.code == 20 and run.out == b'' and not is_signed(run), run


# ---- RFC 9788 ----

RFC9788 = 'rfc9788-header-protection'
MESSAGES = expected(RFC9788)
TYPES = {'multipart/signed': 'signed', 'signed-data': 'signed', 'enveloped-data': 'enveloped'}
AT = ['--at', '2026-11-22T00:00:00Z']


def readers():
    ids = corpus('rfc9216-samples')
    for who in 'bob', 'alice':
        yield ['--key', ids / f'{who}.encrypt.key', '--cert', ids / f'{who}.encrypt.crt']


def header(data):
    """The first header block, unfolded: of the message in message/rfc822, too."""
    mail = email.message_from_bytes(data, policy=email.policy.compat32)
    if mail.get_content_type() == 'message/rfc822':
        mail = mail.get_payload(0)
    return mail


@pytest.mark.parametrize('name', sorted(MESSAGES))
def test_header_protection_opens(name):
    d, want = corpus(RFC9788), MESSAGES[name]
    anchor = ['--trust', corpus('rfc9216-samples') / 'ca.rsa.crt']
    with claim(RFC9788, f'{name}: layers, signature, signer'):
        for key in readers():
            run = sealmail('open', *key, *anchor, *AT, d / name)
            holds(run, 0, **GOOD, **{'from': True})
            assert run.types == [TYPES[t] for t in want['layers']], run
            assert run.signer()['mail'] == [want['signer']]
            assert run.report['from'] == [want['signer']] and run.report['errant'] == []
        if 'recipients' in want:
            assert len(run.layers[0]['recipients']) == len(want['recipients'])
            holds(sealmail('open', *anchor, *AT, d / name), 20)
        holds(sealmail('open', *next(readers()), *AT, d / name), 11, chain=False)
    with claim(RFC9788, f'{name}: protected and outer fields'):
        protected, outer = header(run.out), header((d / name).read_bytes())
        for field, value in want.get('protected', {}).items():
            assert protected[field] == value
        for field, value in want.get('outer', {}).items():
            # the decrypted ones have lost their outer header
            assert outer[field] == value or '.decrypted.' in name
            kept = [' '.join(v.split()) for v in protected.get_all('HP-Outer')]
            assert f'{field}: {value}' in kept


@pytest.mark.parametrize('name', [n for n in sorted(MESSAGES) if 'decrypts_to' in MESSAGES[n]])
def test_header_protection_decrypts_to_what_the_rfc_prints(name):
    d = corpus(RFC9788)
    with claim(RFC9788, f'{name}: decrypted'):
        run = sealmail('decrypt', '--unauthenticated', *next(readers()), d / name)
        holds(run, 22)
        printed = (d / MESSAGES[name]['decrypts_to']).read_bytes()
        assert b''.join(run.out.split()) == b''.join(printed.split())


@pytest.mark.parametrize('name', sorted(MESSAGES))
def test_header_protection_is_kept_but_not_told_apart_yet(name):
    """When the report says what hp= protects, this claim has to say so, too."""
    d = corpus(RFC9788)
    with claim(RFC9788, f'{name}: kind of header protection', 'header-protection-report'):
        run = sealmail('inspect', d / name)
        assert '"header' not in json.dumps(run.report), run


# ---- protected-headers-legacy ----

LEGACY = 'protected-headers-legacy'
SIGNED = ['smime-multipart-signed.eml', 'smime-onepart-signed.eml', 'smime-sign+enc.eml',
          'smime-sign+enc+legacy-disp.eml']


def open_as_bob(name, tmp_path, *more):
    d = corpus(LEGACY)
    (tmp_path / 'empty').write_text('\n')
    return sealmail('open', '--key', d / 'keys' / 'bob.p12', '--passphrase-file',
                    tmp_path / 'empty', '--trust', d / 'keys' / 'ca.crt', *AT, *more, d / name)


@pytest.mark.parametrize('name', SIGNED)
def test_older_protected_headers_are_signed(name, tmp_path):
    d = corpus(LEGACY)
    with claim(LEGACY, name):
        run = open_as_bob(name, tmp_path)
        holds(run, 0, **GOOD, **{'from': True})
        encrypted = '+enc' in name
        assert run.types == (['enveloped', 'signed'] if encrypted else ['signed'])
        assert run.signer()['subject'] == 'CN=Alice Lovelace'
        inner, outer = header(run.out), header((d / name).read_bytes())
        assert (outer['Subject'] == '...') == encrypted
        assert inner['Subject'] and inner['Subject'] != '...'
        assert inner['From'] == outer['From'] == 'Alice Lovelace <alice@smime.example>'


def test_older_protected_headers_without_signature_are_not_vouched_for(tmp_path):
    with claim(LEGACY, 'smime-enc+legacy-disp.eml'):
        run = open_as_bob('smime-enc+legacy-disp.eml', tmp_path)
        holds(run, 22)
        assert run.out == b'' and run.types == ['enveloped'], run
        shown = open_as_bob('smime-enc+legacy-disp.eml', tmp_path, '--unauthenticated')
        holds(shown, 22)
        assert header(shown.out)['Subject'] not in (None, '...')
