"""Asks a Milvus cluster for what it is there for: "Hello Milvus", as a check that fails when the cluster is broken.

Vectors go in through the proxy and the writable Milvus to S3, and a search has to bring the same vectors back through
the proxy, MySQL and a readonly Milvus. What was made for that is dropped again, whatever happens.

Environment:
    MILVUS_HOST         the client Service, or any mishards or Milvus 1.1
    MILVUS_PORT         its port (19530)
    MILVUS_MODE         standalone: there is one server, and no proxy (cluster)
    WAIT_SECONDS        how long to wait until it answers (300)
    SEARCH_SECONDS      how long to repeat the search until its result is right (60)
    RETRY_SECONDS       the pause between two attempts (2)
    DEADLINE_SECONDS    how long all of it may take (540)
    STOP_SECONDS        after the deadline or SIGTERM: how long a call may go on, and then how long a last attempt to
                        drop the collection may take (10 each). So all of it ends at the deadline and twice this;
                        terminationGracePeriodSeconds has to be more than twice this as well.
    VECTORS             how many vectors to insert (10000)

Exits with 0 after "Query result is correct", or with 1 and "Smoke test failed at <step>: <what, and what to do>" on
stderr.

For the Python 3.6 and the pymilvus 1.1.1 of the mishards image.
"""
import contextlib
import logging
import os
import random
import re
import secrets
import signal
import socket
import sys
import threading
import time

# Milvus leaves segments of fewer than 5000 rows without an index file, so a test with fewer would not see one in S3.
DEFAULT_VECTORS = '10000'
DIMENSION = 8
NLIST = 64
SEARCHES = 10
# An exact match is at 0, the nearest of 10000 other vectors at about 0.05.
TOLERANCE = 0.0001

CALL_SECONDS = 30
# What may have to wait for other work of the writable Milvus.
LONG_CALL_SECONDS = 120
MESSAGE_LIMIT = 1000

STANDALONE = os.environ.get('MILVUS_MODE') == 'standalone'
if STANDALONE:
    PROXY = 'Look at the pod of Milvus: is it ready? Does a NetworkPolicy keep this pod from it?'
    WRITABLE = READONLY = 'This takes the Milvus server: look at its pod and its log.'
else:
    PROXY = 'Look at the mishards pods: are they ready? Does a NetworkPolicy keep this pod from them?'
    WRITABLE = 'This takes the proxy and the writable Milvus: look at the pod and the log of both.'
    READONLY = (
        'This takes the proxy and the readonly nodes: look at the logs of both. What they cannot load may never have got'
        " to S3: look for 'ERROR: PutObject' in the log of the writable Milvus."
    )
METADATA = 'This is about MySQL: look at its pod, and whether the Secret still has its password.'
NO_READER = 'The proxy has no reader: look at the readonly pods (are they ready?) and at the log of mishards.'
LOST = (
    'Milvus finds nothing and calls that OK when the data is not in S3, because it ignores failed uploads. Check the'
    " keys, the address and the bucket of S3, and look for 'ERROR: PutObject' in the log of the writable Milvus."
)
IMAGE = 'Run this in the mishards 1.1.1 image.'
NO_HINT = ''


class Failure(Exception):
    """Something that is not as it should be, with what to do about it where the step alone does not tell."""

    def __init__(self, what, hint=None):
        super().__init__(what)
        self.hint = hint


class Stopped(Exception):
    pass


def plain(text):
    """One line of ASCII, without credentials: mishards puts the URI of its database into error messages."""
    text = re.sub(r'([\w+.-]+://)\S+@', r'\1***@', str(text))
    text = ' '.join(text.split()).encode('ascii', 'backslashreplace').decode('ascii')
    # Only now: from a URI that was cut off, the rule above could not tell the password.
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + ' [...]'


def described(error):
    if isinstance(error, (Failure, Stopped)):
        return plain(error)
    return plain('%s: %s' % (type(error).__name__, error))


def hint_for(error, step_name):
    if isinstance(error, Stopped):
        return NO_HINT
    if isinstance(error, Failure) and error.hint is not None:
        return error.hint
    text = str(error)
    if re.search(r'conn group.*empty', text, re.IGNORECASE | re.DOTALL):
        return NO_READER
    if re.search(r'mysql|sqlalchemy', text, re.IGNORECASE):
        return METADATA
    return READONLY if step_name == 'search' else WRITABLE


def answer(reply):
    """What a call returned beside its status, which has to be OK. Some calls return just the status."""
    status, value = reply if isinstance(reply, tuple) else (reply, None)
    if not status.OK():
        raise Failure("Milvus answered '%s' (code %s)" % (status.message, status.code))
    return value


def check_image():
    try:
        import milvus
    except ImportError as error:
        raise Failure('there is no pymilvus 1.1 here (%s)' % error, IMAGE)


def new_client(host, port):
    from milvus import Milvus

    # This connects, for 30 s at most. It would try three times, but whoever calls this does so already.
    return Milvus(host=host, port=port, max_retry=1)


def check_port(host, port):
    """Says what is wrong far better than gRPC does."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except (socket.gaierror, UnicodeError) as error:
        raise Failure('%s does not resolve (%s)' % (host, getattr(error, 'strerror', None) or error), PROXY)
    except OSError as error:
        what = '%s:%d does not accept connections (%s)' % (host, port, error.strerror or error)
        raise Failure(what, PROXY)


def check_nearest(results, expected):
    """The nearest neighbour of every vector has to be the vector itself."""
    rows = [results[row] for row in range(len(results))]
    found = sum(1 for row in rows if len(row) > 0)
    if found < len(expected):
        missing = (len(expected) - found, len(expected))
        raise Failure('the search found nothing for %d of %d vectors' % missing, LOST)
    for row, wanted in zip(rows, expected):
        nearest = row[0]
        if nearest.id != wanted or not abs(nearest.distance) <= TOLERANCE:
            what = 'the search for vector %d found %s at distance %s, not itself at 0'
            raise Failure(what % (wanted, nearest.id, nearest.distance))


class SmokeTest:
    def __init__(self, settings):
        self.settings = settings
        # Random and long, because Milvus deletes from S3 whatever begins with the name of a dropped collection.
        self.collection = 'smoke_test_' + secrets.token_hex(8)
        self.step_name = 'connect'
        self.stop = threading.Event()
        self.stop_reason = ''
        self.made = False  # or at least begun
        self.failures = []

    @contextlib.contextmanager
    def step(self, name, detail='', stoppable=True):
        self.step_name = name
        if stoppable and self.stop.is_set():
            raise Stopped(self.stop_reason)
        started = time.monotonic()
        yield
        print('%s%s: %.1f s' % (name, detail and ' ' + detail, time.monotonic() - started), flush=True)

    def failed(self, step_name, error):
        what = '%s. %s' % (described(error).rstrip('. '), hint_for(error, step_name))
        self.failures.append('Smoke test failed at %s: %s' % (step_name, what.rstrip()))

    def repeat(self, seconds, attempt):
        """Attempts something until it works. Fails as the last attempt did."""
        deadline = time.monotonic() + seconds
        previous = None
        while True:
            try:
                return attempt()
            except Exception as error:
                problem, hint = described(error).rstrip('. '), hint_for(error, self.step_name)
            if time.monotonic() >= deadline:
                raise Failure('%s, for %g s' % (problem, seconds), hint)
            if problem != previous:
                print('waiting: ' + problem, flush=True)
                previous = problem
            if self.stop.wait(self.settings['RETRY_SECONDS']):
                raise Failure('%s. Until then: %s' % (self.stop_reason, problem), hint)

    def connect(self):
        host, port = self.settings['MILVUS_HOST'], self.settings['MILVUS_PORT']
        check_port(host, port)
        client = new_client(host, port)
        # mishards asks the writable Milvus.
        answer(client.server_version(timeout=CALL_SECONDS))
        return client

    def use(self, client):
        """Everything between the connection and the end of the collection."""
        from milvus import IndexType, MetricType

        ids = list(range(1, self.settings['VECTORS'] + 1))
        numbers = random.Random(1)
        vectors = [[numbers.random() for _ in range(DIMENSION)] for _ in ids]
        with self.step('create collection', self.collection):
            self.made = True
            schema = {
                'collection_name': self.collection,
                'dimension': DIMENSION,
                'index_file_size': 32,
                'metric_type': MetricType.L2,
            }
            answer(client.create_collection(schema, timeout=CALL_SECONDS))
        with self.step('insert', '%d vectors' % len(ids)):
            inserted = answer(client.insert(self.collection, vectors, ids=ids, timeout=LONG_CALL_SECONDS))
            if list(inserted) != ids:
                raise Failure('Milvus returned other ids than it was given')
        with self.step('flush'):
            answer(client.flush([self.collection], timeout=LONG_CALL_SECONDS))
        with self.step('count'):
            count = answer(client.count_entities(self.collection, timeout=CALL_SECONDS))
            if count != len(ids):
                raise Failure('Milvus counts %s vectors, but %d were inserted' % (count, len(ids)))
        with self.step('build index'):
            parameters = {'nlist': NLIST}
            kind = IndexType.IVF_FLAT
            answer(client.create_index(self.collection, kind, parameters, timeout=LONG_CALL_SECONDS))
        with self.step('describe index'):
            index = answer(client.get_index_info(self.collection, timeout=CALL_SECONDS))
            found, wanted = (index.index_type, index.params.get('nlist')), (kind, NLIST)
            if found != wanted:
                raise Failure('the index is %s with nlist %s, not %s with nlist %s' % (found + wanted))
        apart = -(-len(ids) // SEARCHES)
        chosen, expected = vectors[::apart], ids[::apart]

        def search():
            parameters = {'nprobe': NLIST}  # all of them, so that the result is exact
            reply = client.search(self.collection, 1, chosen, params=parameters, timeout=CALL_SECONDS)
            check_nearest(answer(reply), expected)

        with self.step('search', 'for %d of them' % len(chosen)):
            # Readers join the proxy some seconds after they are ready.
            self.repeat(self.settings['SEARCH_SECONDS'], search)

    def drop(self, client):
        if not self.made:
            return
        try:
            with self.step('drop collection', stoppable=False):
                # This fails as well when there is none, so only what is left counts.
                status = client.drop_collection(self.collection, timeout=CALL_SECONDS)
                if answer(client.has_collection(self.collection, timeout=CALL_SECONDS)):
                    answer(status)
                    raise Failure('Milvus says that it has dropped it, but it is still there')
        except BaseException as error:
            self.not_dropped(error)

    def not_dropped(self, error):
        hint = 'Collection %s may be left: drop it when Milvus works again.' % self.collection
        self.failed('drop collection', Failure(described(error), hint))

    def run(self):
        try:
            with self.step('connect'):
                check_image()
                client = self.repeat(self.settings['WAIT_SECONDS'], self.connect)
        except BaseException as error:  # also SystemExit, which would end the thread without a word
            self.failed(self.step_name, error)
            return
        try:
            self.use(client)
        except BaseException as error:
            self.failed(self.step_name, error)
        self.drop(client)

    def run_until_stopped(self, deadline, received):
        """Runs the test in a thread, so that even a call that never returns cannot keep this from ending."""
        worker = in_thread(self.run)
        stop_at = None
        while worker.is_alive() and (stop_at is None or time.monotonic() < stop_at):
            worker.join(0.05)
            if stop_at is None and (received or time.monotonic() >= deadline):
                overdue = 'it was not done after %g s' % self.settings['DEADLINE_SECONDS']
                self.stop_reason = 'it was told to stop' if received else overdue
                stop_at = time.monotonic() + self.settings['STOP_SECONDS']
                self.stop.set()
        if worker.is_alive():
            self.failed(self.step_name, Failure('%s, and Milvus did not answer' % self.stop_reason))
            self.drop_anew()

    def drop_anew(self):
        """With a connection of its own, because the other one hangs."""

        def connect_and_drop():
            try:
                client = new_client(self.settings['MILVUS_HOST'], self.settings['MILVUS_PORT'])
            except BaseException as error:
                self.not_dropped(error)
            else:
                self.drop(client)

        if self.made:
            dropper = in_thread(connect_and_drop)
            dropper.join(self.settings['STOP_SECONDS'])
            if dropper.is_alive():
                self.not_dropped(Failure('Milvus did not answer'))


def in_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def read_settings():
    settings = {'MILVUS_HOST': os.environ.get('MILVUS_HOST', '')}
    if not settings['MILVUS_HOST']:
        raise Failure('MILVUS_HOST has to be the name of the client Service', NO_HINT)
    for name, default in (('MILVUS_PORT', '19530'), ('VECTORS', DEFAULT_VECTORS)):
        value = os.environ.get(name, default)
        if re.match(r'[1-9]\d{0,5}\Z', value) is None or (name == 'MILVUS_PORT' and int(value) > 65535):
            raise Failure("%s has to be a number above 0, not '%s'" % (name, value), NO_HINT)
        settings[name] = int(value)
    for name, default in (
        ('WAIT_SECONDS', '300'),
        ('SEARCH_SECONDS', '60'),
        ('RETRY_SECONDS', '2'),
        ('DEADLINE_SECONDS', '540'),
        ('STOP_SECONDS', '10'),
    ):
        value = os.environ.get(name, default)
        if re.match(r'\d{1,6}(\.\d{1,3})?\Z', value) is None:
            raise Failure("%s has to be a number of seconds, not '%s'" % (name, value), NO_HINT)
        settings[name] = float(value)
    return settings


def failures():
    started = time.monotonic()
    # Only noted here: a handler may come between any two steps of the main thread. Without one, PID 1 would go on.
    received = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _: received.append(number))
    # pymilvus logs what it returns as well, and that can contain credentials.
    logging.disable(logging.CRITICAL)
    try:
        settings = read_settings()
    except Failure as error:
        return ['Smoke test failed at configuration: %s.' % described(error)]
    test = SmokeTest(settings)
    test.run_until_stopped(started + settings['DEADLINE_SECONDS'], received)
    return test.failures


def main():
    found = failures()
    for line in found:
        print(line, file=sys.stderr, flush=True)
    if not found:
        print('Query result is correct', flush=True)
    # Not sys.exit, which waits for the threads of gRPC.
    os._exit(1 if found else 0)


if __name__ == '__main__':
    main()
