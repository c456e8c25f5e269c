"""cmsutil of NSS.  Certificates of one subject share a nickname there, so each
kind of key has a database of its own."""
import kit
from job import recipient, signer
from kit import Cannot, Failed, run
from peer_mailer import Mailer

KINDS = ('rsa2048', 'rsa3072', 'p256', 'p384', 'p521')
DIGESTS = {'sha1': 'SHA1', 'sha256': 'SHA256', 'sha384': 'SHA384', 'sha512': 'SHA512'}


class Nss(Mailer):
    name = 'NSS'
    writes_header = False
    lacks = ((lambda j: j.pss, 'RSA-PSS'), (lambda j: j.secret, 'passwords or shared keys'),
             (lambda j: j.ski, 'the choice of a signer identifier'), (lambda j: j.cek_hkdf, 'RFC 9709'),
             (lambda j: not j.attributes, 'signatures without attributes'), (lambda j: j.oaep, 'OAEP'),
             (lambda j: j.kdf, 'the choice of a KDF'), (lambda j: j.compress, 'compression'),
             (lambda j: j.wrap, 'the choice of a key wrap'), (lambda j: j.form == 'pem', 'PEM'),
             (lambda j: len(j.signers) > 1, 'two signers'),
             (lambda j: j.encrypted and j.cipher != 'aes-128-cbc', 'the choice of a cipher'))

    @staticmethod
    def missing():
        return kit.without('cmsutil', 'certutil', 'pk12util')

    def __init__(self, folder, pki):
        self.dir, self.pki = folder, pki
        folder.mkdir()
        shown = run('dpkg-query', '-W', '-f', '${Version}', 'libnss3-tools', ok=None).stdout.decode()
        self.version = shown.partition(':')[2].partition('-')[0]
        self.databases, self.known = {}, set()

    def close(self):
        pass

    def database(self, kind):
        """A database with both people's keys of one kind, made when first asked for."""
        if kind not in KINDS:
            kind = 'rsa2048'
        if kind not in self.databases:
            where = self.dir / kind
            where.mkdir()
            at = ['-d', f'sql:{where}']
            run('certutil', '-N', *at, '--empty-password')
            run('certutil', '-A', *at, '-n', 'root', '-t', 'CT,C,C', '-a', '-i', self.pki.root)
            run('certutil', '-A', *at, '-n', 'inter', '-t', ',,', '-a', '-i', self.pki.inter)
            for name in (signer(kind), recipient(kind)):
                run('pk12util', '-i', self.pki.dir / f'{name}.p12', *at, '-w', self.pki.dir / 'passphrase')
            self.databases[kind] = at
        return self.databases[kind]

    def introduce(self, at, names):
        """The certificates of others, into the database."""
        missing = [n for n in names if (at[1], n) not in self.known]
        batch = self.dir / 'batch'
        batch.write_text(''.join(f'-A -n {n} -t ,, -a -i {self.pki.cert(n)}\n' for n in missing))
        run('certutil', '-B', *at, '-i', batch)
        self.known.update((at[1], n) for n in missing)

    @staticmethod
    def nickname(kind, name):
        if kind not in KINDS:
            raise Cannot(f'NSS takes no key like {name}')
        return name

    # ---- CMS ----

    def sign(self, job, data):
        kind = job.signers[0]
        return run('cmsutil', '-S', *self.database(kind), '-N', self.nickname(kind, signer(kind)), '-G',
                   '-H', DIGESTS[job.digest], *['-T'] * job.detached, stdin=data).stdout

    def encrypt(self, job, data):
        at, me = self.database(job.to[-1]), self.nickname(job.to[-1], recipient(job.to[-1]))
        others = [n for n in job.recipient_names(self.pki) if n != me]
        if others:
            self.introduce(at, others)
        return run('cmsutil', '-E', *at, '-r', ','.join([*others, me]), stdin=data).stdout

    def decrypt(self, job, data):
        at = self.database(job.to[-1] if job.to else '')
        if job.oaep:
            # Other certificates of a key that is there.
            self.introduce(at, [recipient(job.to[-1])])
        return run('cmsutil', '-D', *at, stdin=data).stdout

    def verify(self, job, signature, content):
        at, words = self.database('rsa2048'), ['-c', content] if content else []
        shown = run('cmsutil', '-D', *at, '-h', '1', '-n', *words, stdin=signature).stdout.decode(errors='replace')
        if shown.count('GoodSignature') != len(job.signers):
            raise Failed('cmsutil says: ' + ' '.join(shown.split())[-150:])
        return run('cmsutil', '-D', *at, *words, stdin=signature).stdout

    # ---- certificates and keys ----

    def certs_only(self, names, target):
        at = self.database('p256')
        self.introduce(at, [n for n in names if n not in ('inter', signer('p256'))])
        target.write_bytes(run('cmsutil', '-O', *at, '-r', ','.join(names)).stdout)

    def pkcs12(self, name, password, target):
        kind = name.partition('-')[2]
        run('pk12util', '-o', target, *self.database(kind), '-n', name, '-W', password)
