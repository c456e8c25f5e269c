"""Tests over real servers, on loopback, in a folder of their own, ended by process id.

The command, the test CA and the like are those of tests/client/conftest.py.
"""
import importlib.util
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

CLIENT = Path(__file__).resolve().parents[1] / 'client'


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


client = load('client_conftest', CLIENT / 'conftest.py')
pki, sealmail = client.pki, client.sealmail


class Servers:
    """Programs that were started, and ends each of them."""

    def __init__(self):
        self.running = []

    def port(self):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            return s.getsockname()[1]

    def start(self, words, port=None, ready=None, **more):
        """Runs until the test ends; waits until it listens, or ready() is true."""
        p = subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL, **more)
        self.running.append(p)
        for _ in range(200):
            assert p.poll() is None, f'{words[0]} ended with {p.returncode}'
            if ready() if ready else listens(port):
                return p
            time.sleep(0.05)
        raise AssertionError(f'{words[0]} does not begin')

    def end(self):
        for p in self.running:
            p.terminate()
        for p in self.running:
            try:
                p.wait(timeout=5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()


def listens(port):
    with socket.socket() as s:
        s.settimeout(0.2)
        return s.connect_ex(('127.0.0.1', port)) == 0


@pytest.fixture(scope='module')
def servers():
    s = Servers()
    yield s
    s.end()
