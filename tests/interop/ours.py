"""Our side of every pairing."""
import json

import kit
from job import recipient
from kit import Failed, run

KEY_MANAGEMENT = {'x25519': 'x25519', 'x448': 'x448', 'oaep1': 'rsa-oaep', 'oaep256': 'rsa-oaep'}


class Sealmail:
    name = 'Sealmail'
    writes_header = True

    def __init__(self, folder, pki):
        self.dir, self.pki = folder, pki
        folder.mkdir()
        (folder / 'password').write_text(kit.PASSWORD + '\n')
        for n, kek in kit.KEKS.items():
            (folder / f'kek{n}').write_bytes(kek)

    def command(self, *words, ok=(0,)):
        return run(kit.SEALMAIL, *words, '--home', self.dir / 'home', ok=ok)

    # ---- writing ----

    def signing(self, job):
        words = ['--chain', self.pki.inter]
        words += ['--digest', job.micalg] if job.digest.startswith('sha') and not job.digest.startswith('shake') else []
        for name in job.signer_names():
            words += ['--key', self.pki.key(name), '--cert', self.pki.cert(name)]
        return words + ['--pss'] * job.pss + ['--opaque'] * (not job.detached)

    def secret(self, job):
        if job.secret == 'password':
            return ['--secret-file', self.dir / 'password']
        return ['--kek-file', self.dir / job.secret] if job.secret else []

    def encrypting(self, job):
        words = ['--cipher', job.cipher, *self.secret(job)]
        for name in job.recipient_names(self.pki):
            words += ['-r', self.pki.cert(name)]
        # OAEP is for those who say to read it and, by --alg strong, for those of
        # whom nothing is known.
        words += ['--alg', 'strong'] * (job.oaep == 'sha256')
        words += ['--cek-hkdf'] * job.cek_hkdf + ['--compress'] * job.compress
        return words + (['-s', *self.signing(job)] if job.signers else [])

    def write(self, job, source, target):
        if job.message:
            entity, source = source.read_bytes(), target.with_suffix('.message')
            source.write_bytes(kit.HEAD + entity)
        verb = ['encrypt', *self.encrypting(job)] if job.encrypted else ['sign', *self.signing(job)]
        self.command(*verb, '-q', '--form', job.form, '-o', target, source)
        self.check_layers(job, json.loads(self.command('inspect', '--json', target).stdout))

    # ---- reading ----

    def keys(self, job):
        words = self.secret(job)
        for name in map(recipient, job.to[-1:]):
            words += ['--key', self.pki.key(name), '--cert', self.pki.cert(name)]
        return words

    def expected(self, job):
        """The exit status that the report must have."""
        if job.signers:
            return 16 if job.weak else 0
        return 22 if job.encrypted and not job.aead else 15

    def read(self, job, message, target, source):
        want, report = self.expected(job), target.with_suffix('.json')
        words = ['--trust', self.pki.root, f'--json={report}', '-o', target]
        words += ['--archive'] * (want == 16 or job.cipher.startswith('des'))
        words += {22: ['--unauthenticated'], 16: ['--force']}.get(want, [])
        if job.detached and job.form != 'mail':
            verb = ['verify', '--content', source]
        else:
            verb = ['open', *self.keys(job)]
        done = self.command(*verb, *words, message, ok=None)
        if not report.exists():
            raise Failed(f'sealmail: status {done.returncode}: {done.said}')
        found = json.loads(report.read_text())
        if done.returncode != want:
            raise Failed(f'sealmail {verb[0]}: {found["result"]}, status {done.returncode} instead of {want}: '
                         f'{self.complaint(found)}')
        self.check_layers(job, found)
        self.check_signers(job, found)

    @staticmethod
    def complaint(report):
        said = [c['why'] for layer in report['layers'] for s in layer.get('signers', [])
                for c in s['checks'] if c['ok'] is False]
        return '; '.join(said) or report.get('error', {}).get('text', '')

    def check_signers(self, job, report):
        signers = [s for layer in report['layers'] for s in layer.get('signers', [])]
        if len(signers) != len(job.signers):
            raise Failed(f'the report has {len(signers)} signers')
        for s in signers:
            self.check_signer(job, s)
            verdicts = {c['id']: c['ok'] for c in s['checks']}
            if job.message and verdicts['from'] is not True:
                raise Failed('the signer is not the From address')

    # ---- is the message of the kind that its name says? ----

    def check_layers(self, job, report):
        layers = report['layers']
        if job.encrypted:
            outer = layers[0]
            want = ('auth-enveloped' if job.aead else 'enveloped', job.cipher)
            if (outer['type'], outer['cipher']) != want:
                raise Failed(f'the message is {outer["type"]}, {outer["cipher"]}')
            self.check_recipients(job, outer)
        elif not job.compress:
            for s in layers[0]['signers']:
                self.check_signer(job, s)
        elif 'compressed' not in [layer['type'] for layer in layers]:
            raise Failed('nothing is compressed')

    def check_recipients(self, job, layer):
        count = len(job.to) + job.crowd + bool(job.secret)
        if layer['recipient_count'] != count:
            raise Failed(f'{layer["recipient_count"]} recipients instead of {count}')
        kinds = {r['kind'] for r in layer['recipients']}
        want = {KEY_MANAGEMENT.get(k, 'rsa-pkcs1' if k.startswith('rsa') else 'ecdh') for k in job.to}
        if not want <= kinds:
            raise Failed(f'the recipients are {sorted(kinds)}')

    def check_signer(self, job, s):
        if s['digest'].replace('-', '') != job.digest.replace('-', ''):
            raise Failed(f'the digest is {s["digest"]}')
        if job.pss and 'pss' not in s['algorithm']:
            raise Failed(f'the signature is {s["algorithm"]}')
