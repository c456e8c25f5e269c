"""gpgsm of GnuPG, in a home of its own."""
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import der
import kit
from job import recipient, signer
from kit import Cannot, Failed, run
from peer_mailer import Mailer

CONF = '''disable-crl-checks
disable-dirmngr
no-common-certs-import
no-secmem-warning
'''
AGENT_CONF = 'allow-loopback-pinentry\n'
KINDS = ('rsa2048', 'rsa3072', 'p256', 'p384', 'p521', 'bp256', 'ed25519')
CIPHERS = {'aes-128-cbc': 'AES', 'aes-192-cbc': 'AES192', 'aes-256-cbc': 'AES256', 'des-ede3-cbc': '3DES'}


class Gpgsm(Mailer):
    name = 'gpgsm'
    writes_header = False
    lacks = ((lambda j: j.pss, 'RSA-PSS when signing'), (lambda j: j.secret, 'passwords or shared keys'),
             (lambda j: j.ski, 'the choice of a signer identifier'), (lambda j: j.cek_hkdf, 'RFC 9709'),
             (lambda j: not j.attributes, 'signatures without attributes'),
             (lambda j: j.oaep, 'OAEP when encrypting'), (lambda j: j.kdf, 'the choice of a KDF'),
             (lambda j: j.compress, 'compression'), (lambda j: j.aead, 'authenticated encryption'),
             (lambda j: j.wrap, 'the choice of a key wrap'))

    @staticmethod
    def missing():
        return kit.without('gpgsm', 'gpgconf')

    def __init__(self, folder, pki):
        # The agent's socket has a name that fits only in a short folder.
        self.dir, self.pki = Path(tempfile.mkdtemp(prefix='sm-gpgsm-')), pki
        self.env = {**os.environ, 'GNUPGHOME': str(self.dir), 'LC_ALL': 'C'}
        self.version = kit.version_of('gpgsm', '--version')
        try:
            self.furnish()
        except BaseException:
            self.close()
            raise

    def furnish(self):
        pki = self.pki
        (self.dir / 'gpgsm.conf').write_text(CONF)
        (self.dir / 'gpg-agent.conf').write_text(AGENT_CONF)
        (self.dir / 'trustlist.txt').write_text(f'{self.fingerprint(pki.root)} S relax\n')
        own = [name(kind) for name in (signer, recipient) for kind in KINDS if kind != 'ed25519' or name is signer]
        own += [recipient('oaep1'), recipient('oaep256')]
        crowd = pki.crowd['rsa2048']
        self.gpgsm('--import', pki.root, pki.inter, *map(pki.cert, own), *map(pki.cert, crowd))
        self.ids = {name: self.fingerprint(pki.cert(name)) for name in own + crowd}
        self.give_keys(own)

    def close(self):
        run('gpgconf', '--kill', 'all', env=self.env, ok=None)
        shutil.rmtree(self.dir, ignore_errors=True)

    def gpgsm(self, *words, **more):
        return run('gpgsm', '--batch', '--no-tty', '--yes', *words, env=self.env, **more)

    @staticmethod
    def fingerprint(cert):
        return hashlib.sha1(der.from_pem(cert.read_text())).hexdigest().upper()

    def give_keys(self, names):
        """What the agent holds: one file a key, named by the keygrip."""
        folder = self.dir / 'private-keys-v1.d'
        folder.mkdir(mode=0o700, exist_ok=True)
        lines = self.gpgsm('--list-keys', '--with-colons', '--with-keygrip').stdout.decode().splitlines()
        grips, at = {}, ''
        for field in (line.split(':') for line in lines):
            if field[0] == 'fpr':
                at = field[9]
            elif field[0] == 'grp':
                grips[at] = field[9]
        for name in names:
            path = folder / f'{grips[self.ids[name]]}.key'
            path.write_bytes(der.agent_key(self.pki.key(name).read_text(), lambda: self.pki.public(name)))
            path.chmod(0o600)

    def people(self, option, names):
        for name in names:
            if name not in self.ids:
                raise Cannot(f'gpgsm takes no certificate like {name}')
        return [w for name in names for w in (option, self.ids[name])]

    # ---- CMS ----

    @staticmethod
    def armour(job):
        return ['--armor'] if job.form == 'pem' else []

    def sign(self, job, data):
        armour = [] if job.encrypted else self.armour(job)
        return self.gpgsm(*armour, *self.people('--local-user', job.signer_names()), '--digest-algo',
                          job.digest.upper(), '--include-certs', '-2', '--detach-sign' if job.detached else '--sign',
                          stdin=data).stdout

    def encrypt(self, job, data):
        return self.gpgsm(*self.armour(job), *self.people('--recipient', job.recipient_names(self.pki)),
                          '--cipher-algo', CIPHERS[job.cipher], '--encrypt', stdin=data).stdout

    def decrypt(self, job, data):
        if job.secret != 'password':
            return self.gpgsm('--decrypt', stdin=data).stdout
        message = self.dir / 'message'
        message.write_bytes(data)
        return self.gpgsm('--pinentry-mode', 'loopback', '--passphrase-fd', '0', '--decrypt', message,
                          stdin=job.secret_bytes() + b'\n').stdout

    def verify(self, job, signature, content):
        out = self.dir / 'content'
        out.unlink(missing_ok=True)
        done = self.gpgsm('--status-fd', '2', '--output', out, '--verify', *(['-', content] if content else []),
                          stdin=signature)
        good = done.stderr.count(b'GOODSIG')
        if good != len(job.signers) or done.stderr.count(b'TRUST_FULLY') != good:
            raise Failed(f'gpgsm finds {good} good signatures')
        return content.read_bytes() if content else out.read_bytes()

    # ---- certificates and keys ----

    def certs_only(self, names, target):
        raise Cannot('gpgsm exports certificates one by one')

    def pkcs12(self, name, password, target):
        self.gpgsm('--pinentry-mode', 'loopback', '--passphrase-fd', '0', '--output', target,
                   '--export-secret-key-p12', self.ids[name], stdin=password.encode() + b'\n')
