"""What the attack tests share: the kit of the command's own tests, and
openssl(1) as the attacker's tool."""
import base64
import importlib.util
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location('client_kit', HERE.parent / 'client' / 'conftest.py')
kit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kit)

pki = kit.pki
DATE, LETTER = kit.DATE, kit.LETTER
PLAIN = b'Content-Type: text/plain\r\n\r\nPay 100 to Bob\r\n'
HEAD = (b'From: Alice <alice@example.org>\r\nTo: bob@example.org\r\nSubject: money\r\n'
        b'MIME-Version: 1.0\r\n')


class Lab(kit.Command):
    """The command, and crafted input for it."""

    def openssl(self, *words, stdin=b''):
        return subprocess.run(['openssl', *map(str, words)], input=stdin, capture_output=True, check=True,
                              cwd=self.cwd).stdout

    def cms_sign(self, content=PLAIN, who='alice', *more):
        return self.openssl('cms', '-sign', '-binary', '-signer', self.pki / f'{who}.pem', '-inkey',
                            self.pki / f'{who}.key', '-certfile', self.pki / 'inter.pem', '-outform', 'DER',
                            *more, stdin=content)

    def cms_encrypt(self, content=PLAIN, cipher='-aes-256-cbc', to='bob', *more):
        return self.openssl('cms', '-encrypt', '-binary', cipher, '-outform', 'DER', *more,
                            self.pki / f'{to}.pem', stdin=content)

    def open(self, message, *more, key='bob', exit=None):
        """Open from a pipe; no content may come with an exit that forbids it."""
        done = self('open', *self.identity(key), *self.trust(), *more, stdin=message, exit=exit)
        if done.returncode not in (0, 15) and '--force' not in more and '--unauthenticated' not in more:
            assert done.stdout == b''
        return done

    def report(self, message, *more, key='bob'):
        done = self('open', *self.identity(key), *self.trust(), '--json=report', '-o', 'content', *more,
                    stdin=message, exit=None)
        import json
        report = json.loads(self.path('report').read_text())
        assert report['exit'] == done.returncode
        report['content'] = self.path('content').read_bytes() if self.path('content').exists() else None
        if self.path('content').exists():
            self.path('content').unlink()
        return report


def check(report, name, layer=None, signer=0):
    signed = [l for l in report['layers'] if l['type'] == 'signed']
    for c in signed[-1 if layer is None else layer]['signers'][signer]['checks']:
        if c['id'] == name:
            return c['ok']
    raise KeyError(name)


def b64(data):
    return base64.encodebytes(data).replace(b'\n', b'\r\n')


def opaque(der, kind=b'signed-data', head=HEAD):
    return (head + b'Content-Type: application/pkcs7-mime; smime-type=' + kind + b'; name=smime.p7m\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n' + b64(der))


def clear(entity, der, head=HEAD, extra=b'', micalg=b'sha-256'):
    return (head + b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=' + micalg +
            b'; boundary=B\r\n\r\n--B\r\n' + entity + b'\r\n--B\r\n'
            b'Content-Type: application/pkcs7-signature; name=smime.p7s\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n' + b64(der) + extra + b'--B--\r\n')


@pytest.fixture
def lab(tmp_path, pki):
    return Lab(tmp_path, pki)
