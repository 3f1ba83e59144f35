"""A cluster in small: MariaDB, a writable, readers, the proxy under test, and clients that search all the time.

Environment:
    WORLD               standin (default), or real: mishards and pymilvus 1.1.1 as they are, from
    MISHARDS_SOURCE     shards/ of the sources of Milvus at v1.1.1
    PYMILVUS_SOURCE     the sources of pymilvus at v1.1.1
    MISHARDS_LIBRARIES  more for PYTHONPATH: what they import that is not installed
    WORLD_PREPARED      folder that prepare() has filled, so that it is done once for all processes
    WORLD_UNMENDED      1: mishards without milvus_proxy, to see the scenarios fail
"""
import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ASSETS = os.path.join(HERE, '../../../../assets/mishards')
KIND = os.environ.get('WORLD', 'standin')
UNMENDED = bool(os.environ.get('WORLD_UNMENDED'))

#: Seconds that a fault may cost a search. A machine that is too slow for what the product promises may have more.
LIMIT = 5 * float(os.environ.get('WORLD_TOLERANCE', '1'))
#: Seconds after which something will not happen any more.
HANGING = 20

PASSWORD = 'Mi-1_x@/Pw w%rd'
ENCODED = 'Mi-1_x%40%2FPw%20w%25rd'
FILES = 20
CLIENTS = 30
SBIN = os.environ.get('PATH', '') + ':/usr/local/sbin:/usr/sbin:/sbin'


def prepare(folder):
    """Makes what all worlds have in common: pymilvus with its gRPC classes, and an empty MariaDB."""
    compile_pymilvus(HERE + '/pymilvus', HERE + '/pymilvus/milvus/grpc_gen', folder + '/standin')
    if KIND == 'real':
        source = os.environ['PYMILVUS_SOURCE']
        compile_pymilvus(source, source + '/grpc-proto', folder + '/real')
    install = ['mariadb-install-db', '--no-defaults', '--datadir=%s/mariadb' % folder, '--innodb-log-file-size=4M']
    # A server that starts empties its tmpdir of the temporary tables of others.
    install += ['--tmpdir=' + folder, '--skip-test-db', '--auth-root-authentication-method=normal'] + as_user()
    subprocess.run(install, check=True, stdout=subprocess.DEVNULL, env={'PATH': SBIN})


def compile_pymilvus(source, protos, target):
    shutil.copytree(source + '/milvus', target + '/milvus')
    for name in ('status', 'milvus'):
        path = '%s/milvus/grpc_gen/%s.proto' % (target, name)
        with open('%s/%s.proto' % (protos, name)) as file:
            text = file.read()
        with open(path, 'w') as file:
            file.write(text.replace('"status.proto"', '"milvus/grpc_gen/status.proto"'))
        protoc = [sys.executable, '-m', 'grpc_tools.protoc', '-I' + target, '--python_out=' + target]
        subprocess.run(protoc + ['--grpc_python_out=' + target, path], check=True)


def as_user():
    return ['--user=root'] if os.getuid() == 0 else []


def prepared():
    """The folder of prepare(), for this process or for all of them."""
    folder = os.environ.get('WORLD_PREPARED')
    if folder is None:
        folder = os.environ['WORLD_PREPARED'] = tempfile.mkdtemp(prefix='world-')
        atexit.register(shutil.rmtree, folder)
        prepare(folder)
    if folder + '/standin' not in sys.path:
        sys.path.insert(0, folder + '/standin')
    return folder


def free_port(host='127.0.0.1'):
    with socket.socket() as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def until(condition, what, seconds=HANGING, pause=0.05):
    """Waits until the condition is true, and returns its value and how long that took."""
    start = time.monotonic()
    while True:
        value = condition()
        if value:
            return value, time.monotonic() - start
        if time.monotonic() - start > seconds:
            raise AssertionError('%s: not within %g s' % (what() if callable(what) else what, seconds))
        time.sleep(pause)


class Process:
    """In the process group of the tests, so that it does not outlive a run that is cut off."""

    def __init__(self, command, env, log, cwd=None):
        with open(log, 'ab') as file:
            self.child = subprocess.Popen(command, env=env, cwd=cwd, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        self.pid, self.log = self.child.pid, log

    def kill(self, number=signal.SIGKILL):
        if self.child.poll() is None:
            self.child.send_signal(number)

    def end(self):
        self.kill()
        self.child.wait()

    def printed(self):
        with open(self.log, errors='replace') as file:
            return file.read()


class Mariadb:
    def __init__(self, folder):
        self.folder = folder + '/db'
        shutil.copytree(prepared() + '/mariadb', self.folder + '/data')
        self.port = free_port()
        self.start()
        self.sql(
            'CREATE DATABASE milvus',
            "CREATE USER milvus@'%%' IDENTIFIED BY '%s'" % PASSWORD,
            "GRANT ALL ON milvus.* TO milvus@'%'",
            'USE milvus',
            'CREATE TABLE Tables (id BIGINT PRIMARY KEY AUTO_INCREMENT, table_id VARCHAR(255) UNIQUE, state INT,'
            ' dimension INT, created_on BIGINT, flag BIGINT, index_file_size BIGINT, engine_type INT,'
            ' index_params VARCHAR(512), metric_type INT, owner_table VARCHAR(255), partition_tag VARCHAR(255),'
            ' version VARCHAR(64), flush_lsn BIGINT)',
            'CREATE TABLE TableFiles (id BIGINT PRIMARY KEY AUTO_INCREMENT, table_id VARCHAR(255),'
            ' segment_id VARCHAR(255), engine_type INT, file_id VARCHAR(255), file_type INT, file_size BIGINT,'
            ' row_count BIGINT, updated_time BIGINT, created_on BIGINT, date INT, flush_lsn BIGINT)',
        )

    def start(self):
        command = ['mariadbd', '--no-defaults', '--skip-name-resolve', '--datadir=%s/data' % self.folder] + as_user()
        command += ['--socket=%s/socket' % self.folder, '--bind-address=127.0.0.1', '--port=%d' % self.port]
        command += ['--innodb-log-file-size=4M', '--innodb-buffer-pool-size=16M', '--pid-file=%s/pid' % self.folder]
        command += ['--tmpdir=' + self.folder]
        self.process = Process(command, {'PATH': SBIN}, self.folder + '/log')
        try:
            until(self.answers, self.process.printed)
        except BaseException:
            self.process.end()
            raise

    def answers(self):
        import pymysql

        try:
            return self.sql('SELECT 1')
        except pymysql.Error:
            return False

    def sql(self, *statements):
        """The rows of the last statement, as root."""
        import pymysql

        connection = pymysql.connect(unix_socket=self.folder + '/socket', user='root', autocommit=True)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall()
        finally:
            connection.close()

    def add_collection(self, name, files=FILES):
        rows = ', '.join("('%s', '%s-%d', 1, 1)" % (name, name, number) for number in range(files))
        self.sql(
            "INSERT INTO milvus.Tables (table_id, state, dimension, metric_type, owner_table, partition_tag)"
            " VALUES ('%s', 0, 2, 1, '', '')" % name,
            'INSERT INTO milvus.TableFiles (table_id, file_id, file_type, updated_time) VALUES ' + rows,
        )

    def files(self, name):
        return sorted(row[0] for row in self.sql("SELECT id FROM milvus.TableFiles WHERE table_id = '%s'" % name))

    def stop(self):
        """In order, as a pod that is deleted."""
        self.process.kill(signal.SIGTERM)
        self.process.child.wait()


def stub_of(address):
    import grpc
    from milvus.grpc_gen import milvus_pb2_grpc

    options = [('grpc.use_local_subchannel_pool', 1), ('grpc.enable_http_proxy', 0)]
    channel = grpc.insecure_channel(address, options=options)
    return channel, milvus_pb2_grpc.MilvusServiceStub(channel)


def command(address, text, timeout=HANGING):
    """The reply of Cmd."""
    from milvus.grpc_gen import milvus_pb2

    channel, stub = stub_of(address)
    try:
        return stub.Cmd(milvus_pb2.Command(cmd=text), timeout=timeout, wait_for_ready=True)
    finally:
        channel.close()


class Server:
    """A reader, or the writable."""

    def __init__(self, folder, name, address, wrapper=(), **state):
        self.folder, self.name, self.address, self.wrapper, self.state = folder, name, address, list(wrapper), state
        self.ip = address.rsplit(':', 1)[0]
        self.start()

    def start(self, **state):
        program = [sys.executable, os.path.join(HERE, 'server.py'), self.address, json.dumps({**self.state, **state})]
        env = {'PYTHONPATH': prepared() + '/standin', 'PATH': SBIN, 'PYTHONDONTWRITEBYTECODE': '1'}
        self.process = Process(self.wrapper + program, env, '%s/%s.log' % (self.folder, self.name))
        self.pid = self.process.pid

    def set(self, **state):
        """Changes what it does. Returns that, and what it has seen."""
        return json.loads(command(self.address, 'world' + json.dumps(state)).string_reply)

    def kill(self, number=signal.SIGKILL):
        self.process.kill(number)
        if number == signal.SIGKILL:
            self.process.child.wait()

    def heal(self):
        if self.process.child.poll() is None:
            self.kill(signal.SIGCONT)
            if self.set()['version'] == '1.1.1':
                self.set(leaving=False, error=0, errors=-1, slow={})
                return
            self.kill()
        self.start()

    def end(self):
        self.process.end()


class Proxy:
    """mishards, as our Deployment starts it."""

    def __init__(self, world, name='proxy', **env):
        self.folder = '%s/%s' % (world.folder, name)
        os.makedirs(self.folder)
        self.address = '127.0.0.1:%d' % free_port()
        self.health = free_port()
        self.hosts = self.folder + '/hosts'
        self.find(*world.readers)
        libraries = [ASSETS, HERE + '/resolver', '%s/%s' % (prepared(), KIND), os.environ.get('MISHARDS_LIBRARIES', '')]
        self.env = {
            'PATH': os.environ['PATH'],
            'PYTHONPATH': os.pathsep.join(filter(None, libraries)),
            'PYTHONDONTWRITEBYTECODE': '1',
            'PYTHONUNBUFFERED': '1',
            'MYSQL_HOST': '127.0.0.1',
            'MYSQL_PORT': str(world.mariadb.port),
            'MYSQL_USER': 'milvus',
            'MYSQL_PASSWORD': PASSWORD,
            'MYSQL_DATABASE': 'milvus',
            'WOSERVER': 'tcp://' + world.writable.address,
            'SERVER_PORT': self.address.split(':')[1],
            'HEALTH_PORT': str(self.health),
            'LOG_PATH': self.folder + '/logs',
            'DISCOVERY_CLASS_NAME': 'dns',
            'DISCOVERY_DNS_HOST': 'readers.world',
            'DISCOVERY_DNS_PORT': str(world.port),
            'DISCOVERY_DNS_POLL_INTERVAL': '0.5',
            'WORLD_HOSTS': self.hosts,
        }
        program = []
        if UNMENDED:
            program = [sys.executable, 'mishards/main.py']
            hosts = ','.join(reader.ip for reader in world.readers)
            self.env.update(DISCOVERY_CLASS_NAME='static', DISCOVERY_STATIC_HOSTS=hosts)
            self.env.update(DISCOVERY_STATIC_PORT=str(world.port))
        self.env.update(env)
        start = [sys.executable, os.path.join(ASSETS, 'entrypoint.py')] + program
        self.process = Process(start, self.env, self.folder + '/printed', source())

    def find(self, *readers, name='readers.world'):
        """What DNS says."""
        with open(self.hosts + '.new', 'w') as file:
            file.write('%s %s\n' % (name, ' '.join(getattr(reader, 'ip', reader) for reader in readers)))
        os.rename(self.hosts + '.new', self.hosts)

    def get(self, path):
        """Status and body of a health check; (0, why) when nobody answers."""
        try:
            with urllib.request.urlopen('http://127.0.0.1:%d%s' % (self.health, path), timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def command(self, text):
        return command(self.address, text)

    def until_searched(self, readers):
        """Waits until so many readers are in the ring, and searches are done."""
        ready = '%d readers are searched' % readers
        if not UNMENDED:
            until(lambda: self.process.child.poll() is None and ready in self.get('/ready')[1], self.process.printed)
        client = Client(self.address)
        until(lambda: isinstance(client.search()[1], list), self.process.printed)
        client.channel.close()

    def end(self):
        self.process.kill(signal.SIGTERM)
        try:
            self.process.child.wait(10)
        except subprocess.TimeoutExpired:
            self.process.end()

    def written(self):
        """All that was printed or logged."""
        logs = self.folder + '/logs'
        names = os.listdir(logs) if os.path.isdir(logs) else []
        texts = [self.process.printed()]
        for name in names:
            with open(os.path.join(logs, name), errors='replace') as file:
                texts.append(file.read())
        return '\n'.join(texts)

    def lines(self, text, since=0):
        """Printed lines with this text, from this line on."""
        return [line for line in self.process.printed().splitlines()[since:] if text in line]

    def mark(self):
        return len(self.process.printed().splitlines())


def source():
    return os.environ['MISHARDS_SOURCE'] if KIND == 'real' else os.path.join(HERE, 'mishards')


class Client:
    def __init__(self, address):
        self.channel, self.stub = stub_of(address)

    def search(self, collection='c', topk=100, timeout=60):
        """Seconds and what came: a list of ids, or why there is none."""
        import grpc
        from milvus.grpc_gen import milvus_pb2

        request = milvus_pb2.SearchParam(
            collection_name=collection,
            topk=topk,
            query_record_array=[milvus_pb2.RowRecord(float_data=[1, 2])],
            extra_params=[milvus_pb2.KeyValuePair(key='params', value='{"nprobe": 1}')],
        )
        start = time.monotonic()
        try:
            reply = self.stub.Search(request, timeout=timeout, wait_for_ready=True)
            found = sorted(reply.ids)
            if reply.status.error_code:
                found = '%d: %s' % (reply.status.error_code, reply.status.reason)
        except grpc.RpcError as error:
            found = '%s: %s' % (error.code(), error.details())
        return time.monotonic() - start, found


class Load:
    """Clients that search all the time while the body of `with` runs. `calls` has (start, seconds, found) of each."""

    def __init__(self, world, clients=CLIENTS, pause=0.5, proxy=None):
        self.address, self.pause = (proxy or world.proxy).address, pause
        self.calls, self.stopping = [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,), daemon=True) for number in range(clients)]

    def run(self, number):
        client = Client(self.address)
        self.stopping.wait(self.pause * number / len(self.threads))
        while not self.stopping.is_set():
            start = time.monotonic()
            self.calls.append((start,) + client.search())
            self.stopping.wait(self.pause)
        client.channel.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        until(lambda: len(self.calls) >= len(self.threads), 'every client has searched')
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class World:
    """With one proxy, and readers on 127.0.0.2 and so on, that share a port as pods do."""

    def __init__(self, readers=2, make=None, latency=0.1, **env):
        with contextlib.ExitStack() as stack:
            prepared()
            self.folder = tempfile.mkdtemp(prefix='world-')
            stack.callback(shutil.rmtree, self.folder)
            self.port = free_port('127.0.0.2')
            self.writable = Server(self.folder, 'writable', '127.0.0.1:%d' % free_port())
            stack.callback(self.writable.end)
            self.readers = []
            for number in range(readers):
                self.readers.append((make or on_loopback)(self, number, latency=latency))
                stack.callback(self.readers[-1].end)
            self.mariadb = Mariadb(self.folder)
            stack.callback(lambda: self.mariadb.process.end())
            self.mariadb.add_collection('c')
            self.files = self.mariadb.files('c')
            self.stack = stack.pop_all()
        try:
            self.proxy = self.add_proxy(**env)
            self.proxy.until_searched(readers)
        except BaseException:
            self.close()
            raise

    def add_proxy(self, name='proxy', **env):
        proxy = Proxy(self, name, **env)
        self.stack.callback(proxy.end)
        return proxy

    def heal(self):
        """All readers as at the start."""
        for reader in self.readers:
            reader.heal()
        self.proxy.find(*self.readers)

    def close(self):
        self.stack.close()


def on_loopback(world, number, **state):
    return Server(world.folder, 'r%d' % (number + 1), '127.0.0.%d:%d' % (number + 2, world.port), **state)


class Case(unittest.TestCase):
    maxDiff = None
    """Scenarios, one after the other, in one world of healthy readers."""

    options = {}

    @classmethod
    def setUpClass(cls):
        cls.world = World(**cls.options)
        cls.addClassCleanup(cls.world.close)

    def setUp(self):
        self.proxy, self.mariadb, self.writable = self.world.proxy, self.world.mariadb, self.world.writable
        self.files, self.mark = self.world.files, self.proxy.mark()

    def tearDown(self):
        self.world.heal()
        if not UNMENDED:
            self.proxy.until_searched(len(self.world.readers))

    def assert_all_answered(self, load):
        """No call failed, no file was left out or searched twice, and nobody waited long."""
        failed = [call[1:] for call in load.calls if call[2] != self.files]
        self.assertEqual((len(failed), failed[:3]), (0, []), 'of %d calls' % len(load.calls))
        self.assertLess(max(call[1] for call in load.calls), LIMIT)
        self.assertGreater(len(load.calls), 2 * CLIENTS)

    def load(self):
        """A load that ends with the test, if not before."""
        load = Load(self.world).__enter__()
        self.addCleanup(load.__exit__)
        return load

    def assert_one_line(self, reader, what):
        """One line at INFO says this of the reader since the test began, or will soon."""

        def found():
            lines = self.proxy.lines('%s:%d)' % (reader.ip, self.world.port), self.mark)
            return [line for line in lines if what in line and 'INFO' in line]

        until(found, lambda: '%s is %s: not in %s' % (reader.ip, what, self.proxy.process.printed()[-3000:]))
        self.assertEqual(len(found()), 1, found())
