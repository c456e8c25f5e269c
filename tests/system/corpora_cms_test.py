"""CMS and S/MIME that others made: RFC 4134, RFC 9690, libksba, OpenSSL, hackathon."""
import subprocess

import pytest

from corpora import BUILD, claim, corpus, holds, sealmail

AT = ['--at', '2004-01-01T00:00:00Z']
GOOD = {'signature': True, 'digest': True, 'chain': True, 'usage': True, 'time': True}

# ---- RFC 4134 ----

RFC4134 = 'rfc4134-examples'


def carl(d):
    return ['--trust', d / 'CarlRSASelf.cer', '--trust', d / 'CarlDSSSelf.cer', *AT]


def bob(d):
    return ['--key', d / 'BobPrivRSAEncrypt.pri', '--cert', d / 'BobRSASignByCarl.cer']


def verifies(name, mail, exit=16):
    """Good by the rules of its time, invalid by today's: all is SHA-1, DSA or RSA-1024."""
    d = corpus(RFC4134)
    old = sealmail('verify', '--archive', *carl(d), d / name)
    holds(old, exit, **GOOD)
    assert old.signer()['mail'] == [mail] and old.signer()['weak'], old
    now = sealmail('verify', *carl(d), d / name)
    holds(now, 10, signature=False)
    assert not old.out and not now.out
    return old


@pytest.mark.parametrize('name', ['3.1.bin', '3.2.bin'])
def test_data_is_content_that_nobody_signed(name):
    d = corpus(RFC4134)
    with claim(RFC4134, name):
        run = sealmail('open', d / name)
        holds(run, 15)
        assert run.out == (d / 'ExContent.bin').read_bytes()
        assert run.types == ['data'] and run.layers[0]['content_bytes'] == 28, run


@pytest.mark.parametrize('name, mail', [
    ('4.1.bin', 'AliceDSS@example.com'), ('4.2.bin', 'AliceRSA@example.com'),
    ('4.5.bin', 'AliceRSA@example.com'), ('4.7.bin', 'AliceDSS@example.com')])
def test_signed_data_verifies(name, mail):
    with claim(RFC4134, name):
        verifies(name, mail)


def test_detached_signature_holds_for_its_content_alone():
    d = corpus(RFC4134)
    with claim(RFC4134, '4.3.bin'):
        words = ['verify', '--archive', *carl(d)]
        holds(sealmail(*words, '--content', d / 'ExContent.bin', d / '4.3.bin'), 16, **GOOD)
        holds(sealmail(*words, '--content', d / '3.1.bin', d / '4.3.bin'), 10, signature=False)
        holds(sealmail(*words, d / '4.3.bin'), 65)


def test_attributes_are_shown():
    with claim(RFC4134, '4.4.bin'):
        # the message carries a list that revokes the signer
        run = verifies('4.4.bin', 'AliceDSS@example.com', 13)
        assert run.checks()['revocation'] is False
        signer = run.signer()
        assert signer['attributes'] == ['content-type', 'signing-time', 'message-digest']
        assert signer['unsigned_attributes'] == ['content-hints', 'countersignature']
        assert signer['signed_at'] == '2003-05-14T15:39:00Z'
    with claim(RFC4134, '4.10.bin'):
        signer = verifies('4.10.bin', 'AliceDSS@example.com').signer()
        assert {'1.2.5555', 'content-hints', 'smime-capabilities', 'security-label',
                'content-reference', 'encryption-key-preference', 'ml-expansion-history',
                'equivalent-labels'} < set(signer['attributes'])


def test_two_signers_are_reported_one_by_one():
    d = corpus(RFC4134)
    with claim(RFC4134, '4.6.bin'):
        run = sealmail('verify', '--archive', *carl(d), d / '4.6.bin')
        holds(run, 16, **GOOD)
        assert [s['mail'] for s in run.layers[0]['signers']] == [
            ['AliceDSS@example.com'], ['DianeDSS@example.com']]
        # Diane's key takes its parameters from Carl's: not known, and not good
        diane = run.checks(index=1)
        assert diane['signature'] is None and diane['chain'] is False, run


@pytest.mark.parametrize('name', ['4.8.eml', '4.9.eml'])
def test_signed_mail_verifies_in_archives_and_names_the_wrong_sender(name):
    """No signed attributes (weak), and From is @examples.com, the certificate @example.com."""
    with claim(RFC4134, name):
        run = verifies(name, 'AliceDSS@example.com')
        assert run.report['from'] == ['aliceDss@examples.com'] and run.checks()['from'] is False
        for verb in 'open', 'verify':
            d = corpus(RFC4134)
            forced = sealmail(verb, '--archive', '--force', *carl(d), '-o', '-', d / name)
            holds(forced, 16)
            assert forced.out.endswith((d / 'ExContent.bin').read_bytes()), forced


def test_certificates_alone_are_no_signature():
    d = corpus(RFC4134)
    with claim(RFC4134, '4.11.bin'):
        run = sealmail('verify', *carl(d), d / '4.11.bin')
        holds(run, 15)
        assert run.layers[0]['signers'] == []
        holds(sealmail('inspect', d / '4.11.bin'), 0)


@pytest.mark.parametrize('name', ['5.1.bin', '5.2.bin', '5.3.eml'])
def test_enveloped_data_decrypts_and_says_that_nothing_authenticates_it(name):
    d = corpus(RFC4134)
    with claim(RFC4134, name):
        for verb in 'decrypt', 'open':
            closed = sealmail(verb, *bob(d), d / name)
            holds(closed, 22)
            assert closed.out == b''
            run = sealmail(verb, '--unauthenticated', *bob(d), d / name)
            holds(run, 22)
            assert run.out == (d / 'ExContent.bin').read_bytes()
            assert run.layers[0]['cipher'] == ('rc2-cbc' if name == '5.2.bin' else 'des-ede3-cbc')
            assert run.layers[0]['weak_cipher'] and run.layers[0]['recipients'][0]['mine'], run
        holds(sealmail('decrypt', '--key', d / 'DianePrivRSASignEncrypt.pri', '--cert',
                       d / 'DianeRSASignByCarl.cer', d / name), 20)


def test_digested_data_is_checked(tmp_path):
    d = corpus(RFC4134)
    with claim(RFC4134, '6.0.bin'):
        run = sealmail('open', d / '6.0.bin')
        holds(run, 15)
        assert run.out == (d / 'ExContent.bin').read_bytes() and run.types == ['digested']
        damaged = (d / '6.0.bin').read_bytes().replace(b'some sample', b'some simple')
        (tmp_path / 'damaged').write_bytes(damaged)
        run = sealmail('open', tmp_path / 'damaged')
        holds(run, 21)
        assert run.out == b''


@pytest.mark.parametrize('name', ['7.1.bin', '7.2.bin'])
def test_encrypted_data_opens_with_its_shared_key(name, tmp_path):
    d = corpus(RFC4134)
    key = '737c791f25ead0e04629254352f7dc6291e5cb26917ada32'
    with claim(RFC4134, name):
        for option, text in (('--kek-file', key), ('--secret-file', key)):
            (tmp_path / 'key').write_text(text)
            run = sealmail('decrypt', '--unauthenticated', option, tmp_path / 'key', d / name)
            holds(run, 22)
            assert run.out == (d / 'ExContent.bin').read_bytes(), run
        (tmp_path / 'key').write_text(key[:-2] + '34')
        run = sealmail('decrypt', '--unauthenticated', '--kek-file', tmp_path / 'key', d / name)
        assert run.code in (20, 21, 22) and run.out != (d / 'ExContent.bin').read_bytes(), run


def test_revocation_lists_of_the_examples_are_heard():
    d = corpus(RFC4134)
    with claim(RFC4134, 'CRLs'):
        for name, alg in (('4.2.bin', 'RSA'), ('4.1.bin', 'DSS')):
            words = ['verify', '--archive', *carl(d), d / name, '--crl']
            holds(sealmail(*words, d / f'Carl{alg}CRLEmpty.crl'), 16, revocation=True)
            holds(sealmail(*words, d / f'Carl{alg}CRLForAll.crl'), 13, revocation=False)


# ---- RFC 9690 ----

def test_rsa_kem_decrypts():
    d = corpus('rfc9690-rsa-kem')
    with claim('rfc9690-rsa-kem', 'rsa-kem-enveloped.cms.pem'):
        run = sealmail('decrypt', '--unauthenticated', '--key', d / 'bob-rsa3072.priv.pem',
                       d / 'rsa-kem-enveloped.cms.pem')
        holds(run, 22)
        assert run.out == b'Hello, world!'
        assert run.layers[0]['recipients'] == [{
            'kind': 'rsa-kem', 'mine': True,
            'id': 'key identifier 9eeb67c9b95a74d44d2f16396680e801b5cba49c'}], run


# ---- libksba ----

KSBA = 'libksba-samples'


def test_gpgsm_signature_holds_and_its_issuer_is_unknown():
    d = corpus(KSBA)
    with claim(KSBA, 'rsa-sample1.p7s'):
        run = sealmail('verify', '--force', '-o', '-', d / 'rsa-sample1.p7s')
        holds(run, 11, signature=True, digest=True, chain=False)
        assert run.signer()['mail'] == ['edward.tester@demo.gnupg.com']
        assert run.signer()['digest'] == 'sha256' and len(run.out) == 683, run
        assert run.out.startswith(b'Far back in the mists of ancient time')


def test_detached_ecdsa_signature_holds_and_wants_its_content(tmp_path):
    d = corpus(KSBA)
    with claim(KSBA, 'ecdsa-sample1.p7s'):
        run = sealmail('verify', d / 'ecdsa-sample1.p7s')
        holds(run, 65, signature=True, digest=None)
        assert run.signer()['signed_at'] == '2020-05-08T08:30:09Z', run
        (tmp_path / 'other').write_bytes(b'not the text that was signed\n')
        holds(sealmail('verify', '--content', tmp_path / 'other', d / 'ecdsa-sample1.p7s'), 10,
              signature=True, digest=False)


def test_signature_without_certificate_is_not_believed():
    d = corpus(KSBA)
    with claim(KSBA, 'detached-sig.cms'):
        run = sealmail('verify', d / 'detached-sig.cms')
        holds(run, 10, signature=None)
        assert 'serial 2920565e9f5a2569 of CN=Foobar' in run.why('signature'), run


def test_enveloped_samples_name_their_recipients(tmp_path):
    d = corpus(KSBA)
    with claim(KSBA, 'rsa-sample1.p7m'):
        run = sealmail('open', d / 'rsa-sample1.p7m')
        holds(run, 20)
        assert run.layers[0]['cipher'] == 'aes-128-cbc'
        assert run.layers[0]['recipients'][0]['kind'] == 'rsa-pkcs1'
        assert run.layers[0]['recipients'][0]['id'].startswith('serial 1a04 of CN=g10 Code'), run
    with claim(KSBA, 'ecdh-sample1.p7m'):
        # to the key that Thunderbird calls Fran
        (tmp_path / 'pass').write_text('nss\n')
        fran = corpus('thunderbird-smime') / 'interop' / 'Fran-ec.p12'
        run = sealmail('decrypt', '--unauthenticated', '--key', fran, '--passphrase-file',
                       tmp_path / 'pass', d / 'ecdh-sample1.p7m')
        holds(run, 22)
        assert run.out == b'This is a test message to Fran.\n'


@pytest.mark.parametrize('name, at', [('ed25519-ossl-1', '2020-08-01T00:00:00Z'),
                                      ('ed448-ossl-1', '2020-06-01T00:00:00Z')])
def test_edwards_keys_sign_and_verify(name, at, tmp_path):
    d = corpus(KSBA)
    with claim(KSBA, f'{name}.crt and .key'):
        made = sealmail('sign', '--key', d / f'{name}.key', '--cert', d / f'{name}.crt', '--at', at,
                        '--opaque', '--form', 'der', d / 'NOTICE', '-o', tmp_path / 'signed')
        assert made.code == 0, made
        run = sealmail('verify', '--trust', d / f'{name}.crt', '--at', at, '-o', '-',
                       tmp_path / 'signed')
        holds(run, 0, **GOOD)
        assert run.out == (d / 'NOTICE').read_bytes()
        assert run.signer()['algorithm'] == name.split('-')[0]


def test_key_and_certificate_of_rfc8410_survive_a_round_trip(tmp_path):
    """The key signs a certificate of its own; X25519 of the certificate is encrypted to."""
    d = corpus(KSBA)
    with claim(KSBA, 'ed25519-rfc8410.crt and .key'):
        openssl = ['openssl', 'req', '-x509', '-new', '-subj', '/CN=RFC 8410', '-days', '3650',
                   '-key', d / 'ed25519-rfc8410.key', '-keyform', 'DER']
        pem = subprocess.run(openssl, check=True, capture_output=True).stdout
        (tmp_path / 'own.pem').write_bytes(pem)
        made = sealmail('sign', '--key', d / 'ed25519-rfc8410.key', '--cert', tmp_path / 'own.pem',
                        '--form', 'der', '--opaque', d / 'NOTICE', '-o', tmp_path / 'signed')
        assert made.code == 0, made
        run = sealmail('verify', '--trust', tmp_path / 'own.pem', '-o', '-', tmp_path / 'signed')
        holds(run, 0, **GOOD)
        assert run.out == (d / 'NOTICE').read_bytes()
        made = sealmail('encrypt', '-r', d / 'ed25519-rfc8410.crt', '--form', 'der', d / 'NOTICE',
                        '-o', tmp_path / 'sealed')
        assert made.code == 0, made
        seen = sealmail('inspect', tmp_path / 'sealed')
        assert [r['kind'] for r in seen.layers[0]['recipients']] == ['x25519']
        assert 'IETF Test Demo' in seen.layers[0]['recipients'][0]['id'], seen


def test_revoked_certificate_of_the_list_is_revoked():
    """Nothing was signed with it, so the path check is asked alone."""
    d, tool = corpus(KSBA), BUILD / 'tests' / 'pki' / 'pki_tool'
    if not tool.exists():
        pytest.skip('the tests of lib/pki were not built')
    with claim(KSBA, 'ov-user.crt, ov-userrev.crt and ov-test-crl.crl'):
        der = str(d / 'ov-test-crl.crl')
        for name, want in (('ov-user.crt', 'good'), ('ov-userrev.crt', 'revoked')):
            words = [tool, 'path', '--at', '1041379200', '--weak', '--trust',
                     d / 'ov-root-ca-cert.crt', '--crl', der, d / name]
            out = subprocess.run(words, capture_output=True, check=True).stdout.decode()
            assert 'result good' in out and f'revocation {want}\n' in out, out


# ---- OpenSSL ----

OPENSSL = 'openssl-cms'


@pytest.mark.parametrize('name, reason', [
    ('bad_signtime_attr.cms', 'must be signed'), ('no_ct_attr.cms', 'type of the content')])
def test_signed_attributes_that_break_a_rule_are_refused(name, reason):
    d = corpus(OPENSSL)
    with claim(OPENSSL, name):
        for verb in 'open', 'verify':
            run = sealmail(verb, '--archive', '--trust', d / 'smime-certs' / 'smroot.pem',
                           d / 'messages' / name)
            holds(run, 10, signature=False)
            assert reason in run.why('signature') and run.out == b'', run


def test_md4_is_refused():
    d = corpus(OPENSSL)
    with claim(OPENSSL, 'pkcs7-md4.pem'):
        for more in [], ['--archive']:
            run = sealmail('verify', *more, d / 'messages' / 'pkcs7-md4.pem')
            holds(run, 10, signature=None)
            assert 'md4' in run.why('signature'), run


def test_ecdh_of_an_old_openssl_decrypts():
    d = corpus(OPENSSL)
    with claim(OPENSSL, 'ciphertext_from_1_1_1.cms'):
        run = sealmail('decrypt', '--unauthenticated', '--key', d / 'smime-certs' / 'smec3.pem',
                       d / 'messages' / 'ciphertext_from_1_1_1.cms')
        holds(run, 22)
        assert run.out.startswith(b'Somewhat longer test content for OpenSSL CMS utility'), run


@pytest.mark.parametrize('name, reason', [
    ('enveloped-content-type-for-aes-gcm.pem', 'without authentication'),
    ('encDataWithTooLongIV.pem', '17 bytes'), ('ecdh-malformed.der', 'wrapped by an algorithm')])
def test_damaged_envelopes_are_refused_cleanly(name, reason):
    d = corpus(OPENSSL)
    with claim(OPENSSL, name):
        keys = ['--key', d / 'messages' / 'ecdh-key.pem', '--cert', d / 'messages' / 'ecdh-cert.pem',
                '--key', d / 'smime-certs' / 'smrsa1.pem', '--unauthenticated']
        for verb in 'open', 'decrypt':
            run = sealmail(verb, *keys, d / 'messages' / name)
            holds(run, 65)
            assert run.out == b'' and reason in run.report['error']['text'], run


@pytest.mark.parametrize('name', ['int0.der', 'bad-int-pad0.der', 'high_tag.der', 'bad-cms.der',
                                  'bad_cert.der'])
def test_der_edge_cases_are_refused_cleanly(name):
    d = corpus(OPENSSL)
    with claim(OPENSSL, name):
        key = ['--key', d / 'smime-certs' / 'smrsa1.pem']
        for words in (['open', *key], ['verify'], ['inspect'], ['decrypt', *key]):
            run = sealmail(*words, d / 'der' / name)
            assert run.code == 65 and (run.out == b'' or words == ['inspect']), run
        # and as what they pretend to be
        signed = corpus(KSBA) / 'rsa-sample1.p7s'
        for option in '--certs', '--trust', '--crl', '--ocsp':
            run = sealmail('verify', option, d / 'der' / name, signed)
            assert run.code in (11, 65), run


# ---- ML-KEM in the wrong structure ----

@pytest.mark.parametrize('size', ['512', '768', '1024'])
def test_ml_kem_as_key_transport_is_refused_cleanly(size):
    d = corpus('pqc-hackathon-cms') / 'cht'
    message = next((d / 'nonconforming').glob(f'ml-kem-{size}-*'))
    key, cert = next(d.glob(f'ml-kem-{size}-*_priv.der')), next(d.glob(f'ml-kem-{size}-*_ee.der'))
    with claim('pqc-hackathon-cms', f'nonconforming/{message.name}'):
        for verb in 'decrypt', 'open':
            holds(sealmail(verb, message), 20)
            # without ML-KEM in libcrypto the key itself cannot be used: 65
            run = sealmail(verb, '--unauthenticated', '--key', key, '--cert', cert, message)
            assert run.code in (20, 65) and run.out == b'', run
        run = sealmail('inspect', message)
        assert run.layers[0]['recipients'][0]['kind'].startswith('2.16.840.1.101.3.4.4.'), run
