"""The laboratory: certificates, our side, and every peer that is installed."""
import os
import signal

import pytest

import kit
import report
from cases import CASES
from ours import Sealmail
from peer_bc import BouncyCastle
from peer_gpgsm import Gpgsm
from peer_nss import Nss
from peer_openssl import OpenSSL

class Lab:
    KINDS = {'O': OpenSSL, 'G': Gpgsm, 'N': Nss, 'B': BouncyCastle}
    BROKEN = object()

    def __init__(self, folder):
        self.dir = folder
        self.pki = kit.Pki(folder / 'pki')
        self.ours = Sealmail(folder / 'ours', self.pki)
        self.peers, self.results, self.count = {}, report.Results(), 0

    def peer(self, letter):
        """The peer, started when first asked for; None when it is not installed."""
        if letter not in self.peers:
            kind = self.KINDS[letter]
            self.peers[letter] = None if kind.missing() else self.start(kind)
        peer = self.peers[letter]
        assert peer is not self.BROKEN, f'{self.KINDS[letter].name} could not be set up: see its first test'
        return peer

    def start(self, kind):
        try:
            return kind(self.dir / kind.__name__, self.pki)
        except Exception:
            self.peers[next(k for k, v in self.KINDS.items() if v is kind)] = self.BROKEN
            raise

    def need(self, letter):
        if self.peer(letter) is None:
            pytest.skip(f'{self.KINDS[letter].name} is not installed ({", ".join(self.KINDS[letter].missing())})')
        return self.peers[letter]

    def installed(self):
        return [p for p in map(self.peer, self.KINDS) if p]

    def files(self, *ends):
        """Names of new files with these ends."""
        self.count += 1
        return [self.dir / f'{self.count:04}.{end}' for end in ends]

    def tidy(self):
        for path in self.dir.glob(f'{"[0-9]" * 4}.*'):
            path.unlink()

    def close(self):
        for peer in self.peers.values():
            if peer not in (None, self.BROKEN):
                peer.close()


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.fixture(scope='session')
def lab(tmp_path_factory, request):
    # A run that is stopped must leave no agent behind.
    signal.signal(signal.SIGTERM, interrupt)
    lab = Lab(tmp_path_factory.mktemp('interop'))
    try:
        yield lab
    finally:
        lab.close()
    # Of a whole run without a fault only.
    wanted = sum(1 for case in CASES if lab.peers.get(case.peer))
    if os.environ.get('SEALMAIL_WRITE_DOCS') and not request.session.testsfailed and lab.results.total() >= wanted:
        report.write(kit.ROOT / 'docs' / 'INTEROP.md', lab)
