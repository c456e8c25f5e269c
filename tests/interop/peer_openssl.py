"""openssl cms, of the system."""
import re

import kit
from job import recipient
from kit import Cannot, Failed, run


class OpenSSL:
    name = 'OpenSSL'
    writes_header = True

    @staticmethod
    def missing():
        return kit.without('openssl')

    def __init__(self, folder, pki):
        self.dir, self.pki = folder, pki
        folder.mkdir()
        self.version = kit.version_of('openssl', 'version')

    def close(self):
        pass

    @staticmethod
    def form(job, way):
        return [f'-{way}form', {'mail': 'SMIME'}.get(job.form, job.form.upper())]

    def secret(self, job, key_id):
        if job.secret == 'password':
            return ['-pwri_password', kit.PASSWORD]
        return ['-secretkey', job.secret_bytes().hex(), '-secretkeyid', key_id] if job.secret else []

    # ---- writing ----

    def signing(self, job):
        words = ['-sign', '-md', job.digest, '-certfile', self.pki.inter]
        for name in job.signer_names():
            words += ['-signer', self.pki.cert(name), '-inkey', self.pki.key(name)]
            words += ['-keyopt', 'rsa_padding_mode:pss'] * job.pss
        words += ['-keyid'] * job.ski + ['-noattr'] * (not job.attributes)
        return words + ['-nodetach'] * (not job.detached)

    def encrypting(self, job):
        words = ['-encrypt', f'-{job.cipher}', *self.secret(job, '01020304')]
        words += [f'-{job.wrap}'] if job.wrap else []
        for name in job.recipient_names(self.pki):
            words += ['-recip', self.pki.cert(name)]
            if job.oaep:
                words += ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', f'rsa_oaep_md:{job.oaep}']
            words += ['-keyopt', f'ecdh_kdf_md:{job.kdf}'] if job.kdf else []
        return words

    def write(self, job, source, target):
        if job.cek_hkdf:
            raise Cannot('openssl cms has no option for RFC 9709')
        steps = [self.signing(job)] if job.signers else []
        steps += [['-compress']] if job.compress else []
        steps += [self.encrypting(job)] if job.encrypted else []
        at = source
        for i, step in enumerate(steps):
            last = i == len(steps) - 1
            out = target if last else target.with_suffix(f'.{i}')
            words = [*step, '-in', at, '-out', out]
            # What is inside another layer is mail: nothing else says what it is.
            words += self.form(job, 'out') if last else ['-outform', 'SMIME']
            words += ['-binary'] if i == 0 and job.form != 'mail' else []
            words += ['-from', 'Alice <alice@example.org>', '-to', 'bob@example.org', '-subject', 'a letter'] \
                if last and job.message else []
            run('openssl', 'cms', *words)
            at = out

    # ---- reading ----

    @staticmethod
    def key_identifier(message, form):
        """The name of the shared key, which -secretkeyid must repeat."""
        shown = run('openssl', 'cms', '-cmsout', '-print', '-noout', *form, '-in', message).stdout.decode()
        lines = re.search(r'keyIdentifier:\s*\n((?:\s+[0-9a-f]{4} - .*\n)+)', shown)
        if not lines:
            raise Failed('openssl cms finds no identifier of a shared key')
        return ''.join(re.findall(r'[0-9a-f]{2}', ''.join(re.findall(r' - ((?:[0-9a-f]{2}[ -]){1,16})', lines[1]))))

    def decrypting(self, job, message, form):
        key_id = self.key_identifier(message, form) if job.secret.startswith('kek') else ''
        words = ['-decrypt', *self.secret(job, key_id)]
        for name in map(recipient, job.to[-1:]):
            words += ['-recip', self.pki.cert(name), '-inkey', self.pki.key(name)]
        return words

    def verifying(self, job, form, source):
        words = ['-verify', '-CAfile', self.pki.root, '-no-CApath', '-no-CAstore']
        return words + (['-content', source] if job.detached and form[1] != 'SMIME' else [])

    def read(self, job, message, target, source):
        at, form = message, self.form(job, 'in')
        binary = ['-binary'] if job.form != 'mail' else []
        for name in ('decrypt', 'uncompress', 'verify'):
            if name == 'decrypt' and job.encrypted:
                words = self.decrypting(job, at, form)
            elif name == 'uncompress' and job.compress:
                words = ['-uncompress']
            elif name == 'verify' and job.signers:
                words = self.verifying(job, form, source)
            else:
                continue
            out = target.with_suffix(f'.{name}')
            run('openssl', 'cms', *words, *binary, *form, '-in', at, '-out', out)
            at, form = out, ['-inform', 'SMIME']
        at.rename(target)

    # ---- certificates and keys ----

    def certs_only(self, names, target):
        words = [w for name in names for w in ('-certfile', self.pki.cert(name))]
        run('openssl', 'crl2pkcs7', '-nocrl', *words, '-outform', 'DER', '-out', target)

    def pkcs12(self, name, password, target):
        run('openssl', 'pkcs12', '-export', '-inkey', self.pki.key(name), '-in', self.pki.cert(name),
            '-certfile', self.pki.inter, '-passout', f'pass:{password}', '-out', target)
