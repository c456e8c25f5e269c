"""A HOME with a book of contacts, and the means to fill it."""
import hashlib
import json
import os
import subprocess
import time
from datetime import date


def moment(hours):
    """So many hours from now: the test CA is as old as this run."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 3600 * hours))


AT, LATER = moment(1), moment(24)


class Book:
    def __init__(self, sealmail):
        self.sealmail, self.home = sealmail, sealmail.cwd / 'home'
        self.serial = 100

    def __call__(self, verb, *words, **more):
        return self.sealmail(*verb.split(), '--home', self.home, *words, **more)

    def show(self, *words, exit=0):
        done = self('who', *words, '--json', exit=exit)
        return json.loads(done.stdout)['contacts']

    def one(self, address='bob@example.org', exit=0, *words):
        contact, = self.show(address, *words, exit=exit)
        return contact

    def trust_root(self):
        """The root of the test CA becomes one of HOME's."""
        pem = (self.sealmail.pki / 'root.pem').read_bytes()
        der = subprocess.run(['openssl', 'x509', '-outform', 'der'], input=pem, capture_output=True, check=True).stdout
        for d in (self.home, self.home / 'trust'):
            d.mkdir(mode=0o700, exist_ok=True)
        f = self.home / 'trust' / f'{hashlib.sha256(der).hexdigest()[:32]}.pem'
        f.write_bytes(b'added: 2026-11-22T09:14:00Z\n' + pem)
        f.chmod(0o600)

    def issue(self, name, address='bob@example.org', usage='digitalSignature,keyEncipherment,keyAgreement',
              days=('20260101000000Z', '20301231000000Z'), key=None, kind=('ec', 'ec_paramgen_curve:P-256'), ca='inter',
              mail=True):
        """A certificate by the test CA; key: that of an earlier one."""
        s, pki = self.sealmail, self.sealmail.pki
        self.serial += 1
        if key is None:
            opt = ['-pkeyopt', kind[1]] if kind[1] else []
            subprocess.run(['openssl', 'genpkey', '-algorithm', kind[0], *opt, '-out', f'{name}.key'], cwd=s.cwd, check=True,
                           capture_output=True)
            key = f'{name}.key'
        subprocess.run(['openssl', 'pkey', '-in', key, '-pubout', '-out', f'{name}.pub'], cwd=s.cwd, check=True)
        san = f'subjectAltName=email:{address}\n' if mail else ''
        s.write('ext.cnf', f'[e]\nkeyUsage=critical,{usage}\nextendedKeyUsage=emailProtection\n{san}'
                           f'[ca]\ndatabase={s.cwd}/index.txt\nnew_certs_dir={s.cwd}\nserial={s.cwd}/serial\n'
                           f'policy=p\ndefault_md=sha256\nunique_subject=no\n[p]\ncommonName=supplied\n'
                           f'[req]\ndistinguished_name=d\n[d]\n'.encode())
        s.write('index.txt', b'')
        s.write('serial', b'%06x' % (0x10000 + self.serial))
        # The request needs a key that signs; the certificate gets the one wanted.
        subprocess.run(['openssl', 'req', '-new', '-key', pki / 'alice.key', '-subj', f'/CN={name}', '-config', 'ext.cnf',
                        '-out', f'{name}.csr'], cwd=s.cwd, check=True)
        not_before, not_after = days
        subprocess.run(['openssl', 'x509', '-req', '-in', f'{name}.csr', '-force_pubkey', f'{name}.pub', '-CA', pki / f'{ca}.pem',
                        '-CAkey', pki / f'{ca}.key', '-set_serial', str(0x10000 + self.serial), '-extfile', 'ext.cnf',
                        '-extensions', 'e', '-out', f'{name}.pem', *dates(not_before, not_after)], cwd=s.cwd, check=True,
                       capture_output=True, env=faked(not_before))
        return s.path(f'{name}.pem')


def day(text):
    return f'{text[:4]}-{text[4:6]}-{text[6:8]}'


def dates(not_before, not_after):
    """openssl x509 -req of Debian 12 knows days from now only: the clock is set for it."""
    return ['-days', str((date.fromisoformat(day(not_after)) - date.fromisoformat(day(not_before))).days)]


def faked(not_before):
    return {**os.environ, 'LD_PRELOAD': '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
            'FAKETIME': f'{day(not_before)} 00:00:00', 'TZ': 'UTC'}
