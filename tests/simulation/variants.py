# SPDX-License-Identifier: Apache-2.0
"""Builds the engine with a changed file or a few and lets the simulation look at it.

What mutants.py and broken.py share. Everything is compiled once into a scratch folder; of a
variant only its file is compiled and the programs are linked anew."""
import concurrent.futures
import glob
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGES = 'openssl jansson icu-uc icu-i18n libical gmime-3.0 libzstd libcurl sqlite3 check'.split()
PLAIN_LIBS = ['-linih', '-lltdl', '-lpthread', '-ldl']
KIT = ['tests/simulation/world.c', 'tests/simulation/powercut.c', 'tests/simulation/ramdisk.c']
SIM_ACT = ['tests/simulation/sim_act.c', *sorted(
    os.path.relpath(f, TOP) for f in glob.glob(TOP + '/tests/simulation/story*.c'))]
MAIL_SIM = ['tests/simulation/sim.c', 'tests/simulation/simserver.c']
STORAGE_KIT = sorted(os.path.relpath(f, TOP) for f in glob.glob(TOP + '/sdk/testkit/storage-kit*.c'))
SLOW = ('points.c', 'habits.c', 'faults.c')
QUICK = ('sync.c', 'doubles.c', 'missing.c', 'plan.c', 'refused.c', 'state.c', 'ends.c', 'visit.c')
SCENARIOS = sorted(os.path.relpath(f, TOP) for f in glob.glob(TOP + '/tests/simulation/test_sync*.c')
                   if 'zone' not in f) # those are about the keeper
PLUGIN = 'plugins/storage/'
# What runs inline in scenarios and stories; slots.c is for workers.
INLINE = ('core/sync', 'core/plan', 'core/visit', 'core/commit', 'core/record', 'core/fate',
          'core/merge', PLUGIN)


def pkg_config(what):
    return subprocess.run(['pkg-config', what, *PACKAGES], check=True, capture_output=True,
                          text=True).stdout.split()


def end_session(session):
    """What was started there and still runs; Check gives its children groups of their own."""
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.getsid(int(pid)) == session:
                os.kill(int(pid), signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


class Program:
    """A test program: its sources, how it is called, what ends it, and the files that it is for
    (beginnings of their names; none: all)."""

    def __init__(self, name, sources, args, seconds, of=()):
        self.name, self.sources, self.args, self.seconds = name, sources, args, seconds
        self.of = of

    def is_for(self, source):
        return not self.of or source.startswith(self.of)


def check_program(source, seconds, of=(), kit=KIT):
    return Program(os.path.basename(source)[:-2], [source, *kit], [], seconds, of)


def programs(seeds, mail_seeds=0):
    """In the order in which they are asked: quick ones, and those who know the room, first."""
    found = [check_program('tests/unit/test_merge.c', 30, ('core/merge',), []),
             check_program('tests/unit/test_merge_properties.c', 60, ('core/merge',), []),
             check_program('tests/unit/test_fate.c', 30, ('core/fate',), []),
             check_program('tests/unit/test_plan.c', 30, ('core/plan',), []),
             check_program('tests/unit/test_sql.c', 30, (PLUGIN,), []),
             check_program('tests/unit/test_storage_sqlite.c', 60, (PLUGIN,), STORAGE_KIT),
             check_program('tests/simulation/test_slots.c', 30, ('core/slots',))]
    if mail_seeds:
        found.append(Program('sim', [*MAIL_SIM, 'tests/simulation/powercut.c'],
                             ['--seeds', str(mail_seeds), '--mutant', '0'], 60 + mail_seeds,
                             ('core/visit', 'core/commit', PLUGIN)))
    for s in sorted(SCENARIOS, key=lambda s: s.endswith(SLOW)):
        found.append(check_program(s, 120, INLINE))
    found.append(Program('sim_act', [*SIM_ACT, *KIT],
                         ['--seeds', str(seeds), '--jobs', '1', '--brief'], 60 + seeds, INLINE))
    return found


def quick_scenarios():
    return [check_program(s, 240, INLINE) for s in SCENARIOS if s.endswith(QUICK)]


class Bench:
    """The scratch folder with all objects of the engine as it is. sanitized: a bench of its own, for
    what is not seen otherwise: memory that is lost, or that is not ours."""

    def __init__(self, jobs, cc=None, opt='-O1', sanitized=False):
        self.jobs = jobs
        self.sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'] if sanitized else []
        self.cc = (cc or os.environ.get('CC') or 'gcc').split()
        place = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.dir = tempfile.mkdtemp(prefix='brygga-variants-', dir=place)
        self.flags = [*self.sanitizers, '-std=gnu11', opt, '-w', '-fPIC', '-D_GNU_SOURCE',
                      '-D_LARGEFILE64_SOURCE', '-DBRG_MUTANTS', '-DPACKAGE_VERSION="0"', '-DPLUGIN_DIR="/"',
                      '-DCONFIG_FILE="/"', '-DSTATE_DIR="/"', f'-I{TOP}/sdk', f'-I{TOP}',
                      f'-I{TOP}/sdk/testkit', *pkg_config('--cflags')]
        self.libs = pkg_config('--libs') + PLAIN_LIBS
        core = [f for f in self.sources('core/*.c') if f != 'core/bryggad.c']
        self.core = core + self.sources('sdk/testkit/simmail*.c')
        self.plugin = self.sources(PLUGIN + 'sql/*.c') + self.sources(PLUGIN + 'sqlite/*.c')
        self.lock = threading.Lock()

    def sources(self, pattern):
        return sorted(os.path.relpath(f, TOP) for f in glob.glob(os.path.join(TOP, pattern)))

    def object_of(self, source):
        return os.path.join(self.dir, source[:-2] + '.o')

    def compile(self, source, out, text=None, more=()):
        """False: it does not compile. With a text that stands in for the file's."""
        os.makedirs(os.path.dirname(out), exist_ok=True)
        name = os.path.join(TOP, source)
        args = [*self.cc, *self.flags, *more, '-I', os.path.dirname(name), '-c', '-o', out]
        if text is None:
            return subprocess.run([*args, name], capture_output=True).returncode == 0
        return subprocess.run([*args, '-x', 'c', '-'], input=text.encode(),
                              capture_output=True).returncode == 0

    def build(self, tests):
        wanted = {*self.core, *self.plugin, *(s for t in tests for s in t.sources)}
        so = f'-DSQLITE_SO="{self.dir}/sqlite.so"'
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            done = list(pool.map(lambda s: (s, self.compile(s, self.object_of(s), None, [so])),
                                 sorted(wanted)))
        bad = [s for s, good in done if not good]
        if bad:
            raise SystemExit('does not compile: ' + ' '.join(bad))
        os.mkdir(self.dir + '/programs')
        if not (self.link_engine({}, self.dir) and self.link_plugin({}, self.dir)
                and all(map(self.link, tests))):
            raise SystemExit('does not link')

    def link_shared(self, sources, made, out):
        """With objects that were made anew in place of those of the engine as it is."""
        members = [made.get(s) or self.object_of(s) for s in sources]
        return subprocess.run([*self.cc, *self.sanitizers, '-shared', '-Wl,-Bsymbolic', '-Wl,-soname,' + os.path.basename(out),
                               '-o', out, *members, *self.libs], capture_output=True).returncode == 0

    def link_engine(self, made, place):
        return self.link_shared(self.core, made, place + '/engine.so')

    def link_plugin(self, made, place):
        return self.link_shared(self.plugin, made, place + '/sqlite.so')

    def program(self, test):
        return f'{self.dir}/programs/{test.name}'

    def link(self, test):
        """Once: which engine and storage it runs is said when it is run."""
        own = [self.object_of(s) for s in test.sources]
        return subprocess.run([*self.cc, *self.sanitizers, '-o', self.program(test), *own, '-L' + self.dir, '-l:engine.so',
                               '-Wl,--as-needed', '-l:sqlite.so', '-Wl,--no-as-needed', *self.libs], capture_output=True).returncode == 0

    def text_of(self, obj):
        """What the compiler made, to know a change that changes nothing."""
        out = subprocess.run(['objdump', '-d', '-r', '-s', '-j', '.text', '-j', '.rodata', '-j',
                              '.data', '-j', '.rela.text', '-j', '.data.rel.ro.local', '-j',
                              '.data.rel.ro', obj], capture_output=True).stdout
        out = out.split(b'\n', 2)[-1] # the file's name
        return hashlib.sha256(out).hexdigest()

    def run(self, test, place, engine, library):
        """The folders of engine.so and sqlite.so. None: it was content; else what it said."""
        os.makedirs(place, exist_ok=True)
        changed_first = ':'.join(sorted({engine, library, self.dir}, key=lambda d: d == self.dir))
        env = {**os.environ, 'TMPDIR': place, 'LD_LIBRARY_PATH': changed_first, 'CK_FORK': 'yes',
               'BRYGGA_SQLITE_SO': library + '/sqlite.so', 'CK_DEFAULT_TIMEOUT': '60' if self.sanitizers else '20',
               'ASAN_OPTIONS': 'detect_leaks=1:detect_odr_violation=0'}
        child = subprocess.Popen([self.program(test), *test.args], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=env,
                                 cwd=place, start_new_session=True, text=True, errors='replace')
        try:
            out, _ = child.communicate(timeout=test.seconds)
        except subprocess.TimeoutExpired:
            out = None
        end_session(child.pid)
        child.wait()
        shutil.rmtree(place, ignore_errors=True)
        if out is None:
            return f'{test.name}: it does not end'
        if child.returncode == 0:
            return None
        said = [line for line in out.splitlines() if line.startswith('not ok') or ':F:' in line
                or ':E:' in line]
        return f'{test.name}: ' + (said[0][:160] if said else f'status {child.returncode}')

    def make(self, place, texts):
        """The objects of the changed files: {source: object}. 'unfit', 'nothing' as of judge()."""
        made = {}
        for n, (source, text) in enumerate(texts.items()):
            made[source] = os.path.join(place, f'changed{n}.o')
            if not self.compile(source, made[source], text, [f'-DSQLITE_SO="{self.dir}/sqlite.so"']):
                return 'unfit'
        if all(self.text_of(o) == self.text_of(self.object_of(s)) for s, o in made.items()):
            return 'nothing'
        return made

    def judge(self, number, texts, tests):
        """texts: {source: what stands in for it}. 'nothing' (it changes nothing), 'unfit' (does not
        compile), None (survived), or why."""
        place = os.path.join(self.dir, f'variant{number}')
        engine = library = self.dir
        try:
            made = self.make(place, texts)
            if isinstance(made, str):
                return made
            if any(s.startswith(PLUGIN) for s in made):
                library = place
                if not self.link_plugin(made, library):
                    return 'unfit'
            if not all(s.startswith(PLUGIN) for s in made):
                engine = place
                if not self.link_engine(made, engine):
                    return 'unfit'
            for test in tests:
                if any(map(test.is_for, texts)):
                    said = self.run(test, place + '/run', engine, library)
                    if said:
                        return said
            return None
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def merge_files():
    return [os.path.relpath(f, TOP) for f in glob.glob(TOP + '/core/merge*.c')]
