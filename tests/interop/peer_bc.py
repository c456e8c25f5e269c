"""Bouncy Castle: one Java process that takes a request a line."""
import subprocess
from pathlib import Path

import kit
from job import recipient
from kit import Cannot, Failed, run

JARS = ('bcmail', 'bcpkix', 'bcutil', 'bcprov', 'javax.mail', 'javax.activation')
FOLDER = Path('/usr/share/java')


class BouncyCastle:
    name = 'Bouncy Castle'
    writes_header = False

    @staticmethod
    def missing():
        return kit.without('javac', 'java') + [f'{jar}.jar' for jar in JARS if not (FOLDER / f'{jar}.jar').exists()]

    def __init__(self, folder, pki):
        self.pki = pki
        folder.mkdir()
        path = ':'.join([*(str(FOLDER / f'{jar}.jar') for jar in JARS), str(folder)])
        run('javac', '-nowarn', '-cp', path, '-d', folder, Path(__file__).parent / 'Bc.java')
        # Small and short: no second compiler, one thread that tidies up.
        self.java = subprocess.Popen(['java', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx1g', '-cp', path,
                                      'Bc', str(pki.dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True, bufsize=1)
        self.version = self.java.stdout.readline().strip()

    def close(self):
        self.java.stdin.close()
        self.java.wait(20)

    def ask(self, **fields):
        self.java.stdin.write('\t'.join(f'{k}={v}' for k, v in fields.items()) + '\n')
        verdict, _, why = self.java.stdout.readline().strip().partition(' ')
        if verdict != 'ok':
            raise {'cannot': Cannot}.get(verdict, Failed)(f'Bouncy Castle: {why or "the process has gone"}')

    def fields(self, job):
        flags = {'detached': job.detached, 'pss': job.pss, 'ski': job.ski, 'attributes': job.attributes,
                 'compress': job.compress}
        return {'form': job.form, 'signers': ','.join(job.signer_names()), 'digest': job.digest,
                'to': ','.join(job.recipient_names(self.pki)), 'secret': job.secret_bytes().hex() if job.secret else '',
                'password': 'yes' if job.secret == 'password' else 'no', 'cipher': job.cipher, 'oaep': job.oaep,
                'kdf': job.kdf, 'wrap': job.wrap, **{name: 'yes' if on else 'no' for name, on in flags.items()}}

    def write(self, job, source, target):
        if job.cek_hkdf:
            raise Cannot('this release knows no RFC 9709')
        self.ask(do='write', source=source, target=target, **self.fields(job))

    def read(self, job, message, target, source):
        me = recipient(job.to[-1]) if job.to else ''
        self.ask(do='read', message=message, target=target, source=source, me=me, **self.fields(job))

    # ---- certificates and keys ----

    def certs_only(self, names, target):
        self.ask(do='certs', names=','.join(names), target=target)

    def pkcs12(self, name, password, target):
        self.ask(do='pkcs12', name=name, password=password, target=target)
