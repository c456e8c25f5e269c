"""./check: runs the lanes of tests and adds up single cases.

A lane is one way to look at the project (a compiler, a sanitizer, another
Debian).  Each writes build/check-logs/LANE.log, and everything is summed up
in build/check-logs/result.json.  The last line printed is
"N passed, N failed, N skipped".
"""
import argparse
import atexit
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import testcount
from testcount import Count

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build'
LOGS = BUILD / 'check-logs'

# Suites that a lane leaves out, and the minutes after which it is stopped.
# Suites: a room's name, system (the command), interop (other programs), servers
# (real servers and mail programs), replay (corpora through the fuzzers' drivers),
# long (minutes), plain (the time is that of other programs).
LANES = {
    'gcc':      {'minutes': 18, 'without': set()},
    'clang':    {'minutes': 6,  'without': None},
    'asan':     {'minutes': 12,  'without': {'long', 'interop', 'servers', 'tools', 'plain'}},
    'valgrind': {'minutes': 10,  'without': {'long', 'interop', 'servers', 'tools', 'system', 'replay', 'slow'}},
    'lint':     {'minutes': 4,  'without': None},
    'debian13': {'minutes': 16, 'without': set()},
}
QUICK_WITHOUT = {'long', 'interop', 'servers'}
# There the question is only whether another libcrypto keeps memory flat, and the
# loops of kills have run here.
DEBIAN13_MIB = 300
NEEDS = {
    'gcc': ['build', 'demo', 'test', 'interop', 'servers'],
    'clang': ['build', 'asan'],
    'asan': ['build', 'test', 'asan'],
    'valgrind': ['build', 'test', 'valgrind'],
    'lint': ['build', 'test', 'lint'],
    'debian13': ['debian13'],
}
VALGRIND = ('valgrind -q --error-exitcode=99 --leak-check=full '
            '--errors-for-leak-kinds=definite,indirect --track-fds=no')


def say(text=''):
    print(text, flush=True)


def base_env(opts):
    env = dict(os.environ)
    env.setdefault('SEALMAIL_SHARED', str(ROOT.parent / 'shared'))
    env['CMOCKA_MESSAGE_OUTPUT'] = 'TAP'
    env['SEALMAIL_SEED'] = str(opts.seed)
    env['SEALMAIL_LOOPS'] = str(opts.loops)
    if opts.mib:
        env['SEALMAIL_HUGE_MIB'] = str(opts.mib)
    env['PYTHONDONTWRITEBYTECODE'] = '1'
    env['LC_ALL'] = 'C.UTF-8'
    # Nothing of the user's own keys or settings may reach a test.
    for name in ('SEALMAIL_HOME', 'CC', 'CFLAGS', 'LDFLAGS', 'CPPFLAGS', 'DESTDIR'):
        env.pop(name, None)
    return env


def run(cmd, log, env, seconds, cwd=ROOT):
    """Run to the end or to the deadline, output into the log.  Its status.

    The command gets a session of its own, so that the deadline ends all that
    it started.
    """
    with open(log, 'a', encoding='utf-8', errors='replace') as out:
        out.write('$ ' + ' '.join(map(str, cmd)) + '\n')
        out.flush()
        p = subprocess.Popen(list(map(str, cmd)), cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                             stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return p.wait(timeout=max(1, seconds))
        except subprocess.TimeoutExpired:
            out.write(f'stopped after {int(seconds)} s\n')
            return 124
        finally:
            end(p)


def end(p):
    """End a command with all that it started, if it has not ended yet."""
    if p.poll() is not None:
        return
    os.killpg(p.pid, signal.SIGTERM)
    try:
        p.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()


def tail(path, lines=25):
    try:
        text = Path(path).read_text(encoding='utf-8', errors='replace').splitlines()
    except OSError:
        return
    for line in text[-lines:]:
        say('    | ' + line)


class Lane:
    def __init__(self, name, opts):
        self.name, self.opts = name, opts
        self.log = LOGS / (name + '.log')
        self.env = base_env(opts)
        self.end = min(time.monotonic() + 60 * LANES[name]['minutes'] * opts.patience, opts.end)
        self.count = Count()

    def left(self):
        return self.end - time.monotonic()

    def run(self, cmd, env=None, seconds=None):
        return run(cmd, self.log, env or self.env, seconds or self.left())

    def fail(self, what):
        self.count.failures.append(f'{self.name}: {what}')
        say(f'  failed: {what} (see {self.log.relative_to(ROOT)})')
        tail(self.log)

    def setup(self, build, *options, cc='gcc'):
        """Configure and compile into build.  True when that worked."""
        env = dict(self.env, CC=cc)
        if not (build / 'build.ninja').exists():
            shutil.rmtree(build / 'meson-private', ignore_errors=True)
            if self.run(['meson', 'setup', build, ROOT, *options], env):
                self.fail('meson setup')
                return False
        elif self.run(['meson', 'setup', '--reconfigure', build, ROOT, *options], env):
            # Meson itself does not notice a folder that is new.
            self.fail('meson setup --reconfigure')
            return False
        if self.run(['ninja', '-C', build], env):
            self.fail(f'does not compile with {cc}')
            return False
        self.count.passed += 1   # compiled, warnings being errors
        return True

    def tests(self, build):
        without = set(LANES[self.name]['without'])
        if self.opts.quick:
            without |= QUICK_WITHOUT
        listed = subprocess.run(['meson', 'introspect', '--tests', str(build)], check=True,
                                capture_output=True, text=True).stdout
        chosen = []
        for test in json.loads(listed):
            suites = {s.split(':')[-1] for s in test['suite']}
            if self.opts.match and self.opts.match not in test['name']:
                continue
            if not suites & without:
                chosen.append(test['name'])
        return chosen

    def meson_test(self, build, **options):
        """Run the lane's tests and count their cases."""
        chosen = self.tests(build)
        if not chosen:
            self.count.skip(f'{self.name}: no test is chosen')
            return
        junit = LOGS / 'junit' / self.name
        shutil.rmtree(junit, ignore_errors=True)
        junit.mkdir(parents=True)
        base = 'check-' + self.name
        for old in glob.glob(str(build / 'meson-logs' / (base + '*'))):
            os.unlink(old)
        env = dict(self.env, SEALMAIL_JUNIT_DIR=str(junit))
        patience = options.pop('patience', 1) * self.opts.patience
        status = self.run(['meson', 'test', '-C', build, '--no-rebuild', '--logbase', base,
                           '--no-stdsplit', '--timeout-multiplier', patience,
                           *(f'--{k}={v}' for k, v in options.items()), *chosen], env)
        logs = glob.glob(str(build / 'meson-logs' / (base + '*.json')))
        rows = testcount.meson_rows(logs[0]) if logs else []
        for row in rows:
            count = testcount.from_meson(row, junit)
            self.count.add(count)
            if count.failed:
                self.show(row, count)
        for name in sorted(set(chosen) - {testcount.plain_name(r) for r in rows}):
            self.count.failures.append(f'{self.name}: {name} did not run')
        if status and not self.count.failed:
            self.fail(f'meson test ended with {status}')

    def show(self, row, count):
        for failure in count.failures:
            say(f'  failed: {failure}')
        text = (row.get('stdout', '') + row.get('stderr', '')).splitlines()
        for line in text[-40:]:
            say('    | ' + line)


def lane_gcc(lane):
    if lane.setup(BUILD):
        lane.meson_test(BUILD)


def lane_clang(lane):
    lane.setup(BUILD / 'check' / 'clang', cc='clang')


def lane_asan(lane):
    build = BUILD / 'check' / 'asan'
    lane.env.update(
        ASAN_OPTIONS='detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1',
        UBSAN_OPTIONS='halt_on_error=1:print_stacktrace=1', SEALMAIL_SANITIZED='1',
        SEALMAIL_LOOPS=str(max(1, lane.opts.loops // 5)))
    options = ['-Db_sanitize=address,undefined', '-Db_lundef=false']
    if lane.setup(build, *options, cc='clang'):
        lane.meson_test(build, patience=3)


def lane_valgrind(lane):
    if lane.setup(BUILD):
        lane.env['SEALMAIL_VALGRIND'] = '1'
        lane.env['SEALMAIL_LOOPS'] = '1' # the other lanes do the rounds
        lane.meson_test(BUILD, patience=10, wrapper=VALGRIND)


def lane_lint(lane):
    with open(lane.log, 'a', encoding='utf-8') as out:
        p = subprocess.run([ROOT / 'tools' / 'lint', '--tap'], cwd=ROOT, env=lane.env,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, errors='replace')
        out.write(p.stdout)
    count = testcount.from_tap(p.stdout, 'lint')
    if count is None:
        lane.fail(f'tools/lint ended with {p.returncode}')
        return
    lane.count.add(count)
    if count.failed:
        for line in p.stdout.splitlines():
            if not line.startswith('ok '):
                say('    | ' + line)


def lane_debian13(lane):
    """Build and test the same tree in a Debian 13 below a folder."""
    done = lane.opts.debian13_prepare
    status = done.wait() if done else 1
    if status == 77 or not done:
        lane.count.skip('debian13: ' + (lane.opts.debian13_why or 'cannot be made here'))
        tail(lane.log, 3)
        return
    if status:
        lane.fail('no Debian 13 could be made')
        return
    result = LOGS / 'debian13.json'
    result.unlink(missing_ok=True)
    args = ['--quick'] if lane.opts.quick else []
    args += ['--match', lane.opts.match] if lane.opts.match else []
    status = lane.run([ROOT / 'tools' / 'debian13', 'run', result, '--only', 'gcc', '--no-install',
                       '--loops', max(1, lane.opts.loops // 4), '--seed', lane.opts.seed,
                       '--mib', lane.opts.mib or DEBIAN13_MIB, *args])
    try:
        inner = json.loads(result.read_text())
    except (OSError, ValueError):
        lane.fail(f'ended with {status} and left no result')
        return
    for counted in inner['lanes'].values():
        lane.count.add(Count.from_dict(counted), 'debian13: ')
    if lane.count.failed:
        tail(lane.log, 60)


RUN = {'gcc': lane_gcc, 'clang': lane_clang, 'asan': lane_asan, 'valgrind': lane_valgrind,
       'lint': lane_lint, 'debian13': lane_debian13}


def install(lanes, opts):
    """Install what the lanes need.  False when a lane cannot do without."""
    groups = []
    for lane in lanes:
        groups += [g for g in NEEDS[lane] if g not in groups]
    script = ROOT / 'tools' / 'install-packages'
    if opts.no_install:
        return True
    if subprocess.run([script, *groups], stdin=subprocess.DEVNULL).returncode == 0:
        return True
    # One package that cannot be had must not cost the others.
    for group in groups:
        subprocess.run([script, group], stdin=subprocess.DEVNULL)
    return all(shutil.which(tool) for tool in ('meson', 'ninja', 'gcc'))


def prepare_debian13(opts):
    """Start to make the Debian 13 while other lanes compile."""
    log = open(LOGS / 'debian13.log', 'w', encoding='utf-8')
    opts.debian13_why = 'needs root, debootstrap and a Debian mirror'
    opts.debian13_prepare = subprocess.Popen(
        [ROOT / 'tools' / 'debian13', 'prepare'], stdin=subprocess.DEVNULL, stdout=log,
        stderr=subprocess.STDOUT, env=dict(os.environ), start_new_session=True)
    atexit.register(end, opts.debian13_prepare)


def parse():
    p = argparse.ArgumentParser(prog='./check', description='Builds and runs every test.')
    p.add_argument('--quick', action='store_true', help='leave out what takes minutes, and other compilers')
    p.add_argument('--debian13', action='store_true', help='also build and test in a Debian 13')
    p.add_argument('--only', action='append', metavar='LANE', choices=list(LANES),
                   help='only this lane (' + ', '.join(LANES) + '); may be repeated')
    p.add_argument('--match', help='only tests whose name contains this')
    p.add_argument('--no-install', action='store_true', help='install nothing')
    p.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1, 2**31),
                   help='seed of the random loops (printed)')
    p.add_argument('--loops', type=int, default=100, help='rounds of each loop of kills and faults')
    p.add_argument('--minutes', type=float, default=24 * 60, help='fail what has not ended by then')
    p.add_argument('--patience', type=int, default=1, metavar='N', help='multiply every time limit by N')
    p.add_argument('--mib', type=int, help='size of the messages of the memory test')
    opts = p.parse_args()
    opts.end = time.monotonic() + 60 * opts.minutes
    opts.debian13_prepare = opts.debian13_why = None
    lanes = opts.only or (['gcc', 'lint'] if opts.quick else ['gcc', 'clang', 'asan', 'valgrind', 'lint'])
    if opts.debian13 and 'debian13' not in lanes:
        lanes.append('debian13')
    return opts, lanes


def report(total, results, started):
    LOGS.joinpath('result.json').write_text(json.dumps(
        {'lanes': {k: v.to_dict() for k, v in results.items()}}, indent=1))
    say()
    if total.failures:
        say('Failed:')
        for name in total.failures:
            say('  ' + name)
    if total.skips:
        say('Skipped, by reason:')
        for reason, n in sorted(total.skips.items(), key=lambda x: (-x[1], x[0])):
            say(f'  {n:4}  {reason}')
    say(f'Logs: {LOGS.relative_to(ROOT)}; {time.monotonic() - started:.0f} s')
    say(total.line())
    return 1 if total.failed else 0


def main():
    opts, lanes = parse()
    # To be ended is to end what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    total, results = Count(), {}
    if not install(lanes, opts):
        total.failures.append('the packages named above are missing')
        return report(total, results, started)
    say(f'seed {opts.seed}, {opts.loops} rounds a loop')
    if 'debian13' in lanes:
        prepare_debian13(opts)
    for name in lanes:
        began = time.monotonic()
        if name != 'debian13':
            LOGS.joinpath(name + '.log').write_text('')
        say(f'{name}:')
        lane = Lane(name, opts)
        try:
            RUN[name](lane)
        except Exception as e:   # a lane that breaks is a failed lane, not the end of the others
            lane.fail(f'{type(e).__name__}: {e}')
        say(f'  {lane.count.line()} ({time.monotonic() - began:.0f} s)')
        results[name] = lane.count
        total.add(lane.count)
    return report(total, results, started)


if __name__ == '__main__':
    sys.exit(main())
