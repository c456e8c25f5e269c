"""What is written and read back: one kind of message."""
from dataclasses import dataclass

import kit


@dataclass(frozen=True)
class Job:
    form: str = 'der'            # der, pem, mail
    content: str = 'file'        # a name in kit.CONTENTS
    message: bool = False        # in mail: with From, To and Subject
    # signing
    signers: tuple = ()          # kinds of keys
    detached: bool = False       # in mail: multipart/signed
    digest: str = 'sha256'
    pss: bool = False
    ski: bool = False            # the signer named by key identifier
    attributes: bool = True      # signed attributes
    # encrypting
    to: tuple = ()               # kinds of keys; the last one reads
    crowd: int = 0               # further recipients
    crowd_kinds: tuple = ('rsa2048',)
    secret: str = ''             # password, kek16, kek24, kek32
    cipher: str = 'aes-256-cbc'
    kdf: str = ''                # digest of the ECDH KDF; '': the writer's choice
    wrap: str = ''               # key wrap; '': the writer's choice
    cek_hkdf: bool = False
    # compressing, alone or inside
    compress: bool = False

    @property
    def encrypted(self):
        return bool(self.to or self.secret)

    @property
    def aead(self):
        return self.encrypted and not self.cipher.endswith('cbc')

    @property
    def oaep(self):
        """The digest of OAEP, or ''."""
        return {'oaep1': 'sha1', 'oaep256': 'sha256'}.get(self.to[-1] if self.to else '', '')

    @property
    def weak(self):
        """Good only by the rules of its time: sealmail wants --archive."""
        return self.digest == 'sha1' or (not self.attributes and self.form == 'mail')

    @property
    def micalg(self):
        return 'sha-1' if self.digest == 'sha1' else self.digest.replace('sha', 'sha-', 1)

    def signer_names(self):
        return [signer(kind) for kind in self.signers]

    def recipient_names(self, pki):
        return pki.crowd_of(self.crowd, self.crowd_kinds) + [recipient(kind) for kind in self.to]

    def secret_bytes(self):
        return kit.PASSWORD.encode() if self.secret == 'password' else kit.KEKS[int(self.secret[3:])]

    def bytes(self):
        return kit.content(self.content)

    def same(self, got):
        """Is this what was written?  In mail the line ends are free, RFC 8551 section 3.1.1."""
        want = self.bytes()
        if self.form == 'mail':
            want, got = kit.canonical(want), kit.canonical(got)
        return want == got

    def _signing(self):
        if not self.signers:
            return []
        shape = {(True, True): 'clear-signed', (True, False): 'opaque-signed', (False, True): 'detached signature',
                 (False, False): 'signed'}[self.form == 'mail', self.detached]
        return [shape, '+'.join(self.signers), self.digest, 'PSS' * self.pss, 'by key id' * self.ski,
                '' if self.attributes else 'without attributes']

    def _encrypting(self):
        if not self.encrypted:
            return []
        whom = [*self.to, *[self.secret] * bool(self.secret)]
        return [self.cipher, 'to ' + '+'.join(whom), f'of {self.crowd + len(whom)}' if self.crowd else '',
                f'KDF {self.kdf}' if self.kdf else '', self.wrap, 'CEK-HKDF' * self.cek_hkdf]

    def title(self):
        words = [*self._signing(), 'compressed' * self.compress, *self._encrypting(), self.form]
        if self.content not in ('file', 'letter'):
            words.append(self.content)
        words += ['with a From field'] * self.message
        return ' '.join(w for w in words if w)


def signer(kind):
    return f'{kit.WRITER}-{kind}' + ('-sign' if kind in ('ed25519', 'ed448') else '')


def recipient(kind):
    kind = {'x25519': 'ed25519', 'x448': 'ed448'}.get(kind, kind)
    return f'{kit.READER}-{kind}' + ('-enc' if kind in ('ed25519', 'ed448') else '')
