"""Which readers answer. Discovery says who belongs to the ring; here each is asked every second whether it is there.

A reader is searched while it answers. It is asked over gRPC, on the connection that searches take, so that a node that
is lost and a process that hangs are noticed alike, while a search that takes long is none of our business. A reader
that does not answer is taken out, and its connection closed, which ends every search that waits for it; it is asked
on, over a new connection, and taken in when it answers.

A reader that is about to stop says so: its preStop hook (leave.sh) sets LEAVING_KEY, which means something to nobody but
the writable. It is out of the ring within a second, whatever the caches of DNS say, and its running searches end.
"""
import queue
import threading
import time

import grpc
from milvus.grpc_gen import milvus_pb2, milvus_pb2_grpc

from milvus_proxy import LOGGER

ROUND_SECONDS = 1
# With the time to the next round, and a second for another reader to answer, less than the 5 s that a search may lose.
PROBE_SECONDS = 2.5
VERSION = '1.1.'

# Read by a server when it makes a partition, which a reader never does. More than the option for it takes.
LEAVING_KEY = 'engine_config.max_partition_num'
LEAVING = '1000000001'

# Why a connection of our own: pymilvus has one for each thread, waits 30 s x MAX_RETRY before each call on one that is
# broken (grpc_handler.py: ping), and notices after 20 s that packets vanish.
CHANNEL_OPTIONS = (
    ('grpc.max_send_message_length', -1),
    ('grpc.max_receive_message_length', -1),
    ('grpc.enable_http_proxy', 0),
    # A closed connection is closed, and a new one is new: neither is shared with another channel.
    ('grpc.use_local_subchannel_pool', 1),
    ('grpc.initial_reconnect_backoff_ms', 200),
    ('grpc.min_reconnect_backoff_ms', int(PROBE_SECONDS * 1000)),  # how long connecting may take
    ('grpc.max_reconnect_backoff_ms', 1000),
)

NEW, READY, LEAVES, GONE = 'new', 'ready', 'leaves', 'gone'


class Reader:
    """One reader, or the writable. In a group of mishards' topology it stands where a client of pymilvus would."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        self.state, self.reason = NEW, 'has not answered yet'
        self.calls = 0  # searches that it has not answered
        self.lock = threading.Lock()
        self.channel = self.stub = None
        self.connection = 0  # the number of the connection
        self.asked = None  # when the probe began that has no answer yet
        self.known = False  # whether the server on this connection has told its version

    def connect(self):
        with self.lock:
            if self.channel is None:
                self.channel = grpc.insecure_channel(self.address, options=CHANNEL_OPTIONS)
                self.stub = milvus_pb2_grpc.MilvusServiceStub(self.channel)
                self.connection += 1
                self.known = False
            return self.stub

    def close(self):
        """Ends every call that waits for this reader."""
        with self.lock:
            channel, self.channel, self.stub = self.channel, None, None
        if channel is not None:
            channel.close()

    def accepts(self, seconds):
        """Whether it makes a connection, over which gRPC speaks, within these seconds."""
        self.connect()
        try:
            grpc.channel_ready_future(self.channel).result(timeout=seconds)
            return True
        except grpc.FutureTimeoutError:
            self.close()
            return False

    def search(self, request):
        """A future of the reply, which raises grpc.RpcError; or grpc.RpcError at once."""
        stub = self.stub
        if stub is None:
            raise Lost('reader %s %s' % (self.name, self.reason))
        try:
            future = stub.SearchInFiles.future(request)
        except ValueError:  # closed just now
            raise Lost('reader %s %s' % (self.name, self.reason))
        with self.lock:
            self.calls += 1
        future.add_done_callback(self.called)
        return future

    def called(self, _):
        with self.lock:
            self.calls -= 1

    def probe(self, answers):
        """Asks, and puts (reader, connection, asked, future) into the queue when there is an answer or none."""
        if self.asked is not None:
            if time.monotonic() - self.asked < 2 * PROBE_SECONDS:
                return
            self.lose('does not answer, and the probe did not end')
        asked = time.monotonic()
        stub, connection = self.connect(), self.connection
        command = 'get_config ' + LEAVING_KEY if self.known else 'version'
        future = stub.Cmd.future(milvus_pb2.Command(cmd=command), timeout=PROBE_SECONDS)
        future.add_done_callback(lambda done: answers.put((self, connection, asked, done)))
        self.asked = asked

    def judge(self, connection, asked, future):
        """Takes what a probe brought. Returns whether it is worth asking again at once."""
        if asked == self.asked:
            self.asked = None
        if connection != self.connection or self.channel is None:
            return False
        try:
            reply = future.result()
        except Exception as error:
            code = getattr(error, 'code', lambda: None)()
            if code == grpc.StatusCode.DEADLINE_EXCEEDED:
                if time.monotonic() - asked > PROBE_SECONDS + 1:
                    return True  # it is we who were not there
                self.lose('does not answer')
            else:
                self.lose('does not accept connections' if code == grpc.StatusCode.UNAVAILABLE else 'fails: %s' % code)
            return False
        if not self.known:
            if not reply.string_reply.startswith(VERSION):
                reason = 'is of version %r, not 1.1' % reply.string_reply
                if reason != self.reason:
                    LOGGER.info('reader %s (%s) is out: it %s', self.name, self.address, reason)
                self.lose(reason)
                return False
            self.known = True
            return True
        if reply.string_reply == LEAVING:
            self.state, self.reason = LEAVES, 'is about to stop'
        else:
            self.state, self.reason = READY, 'answers'
        return False

    def lose(self, reason):
        self.state, self.reason = GONE, reason
        self.asked = None
        self.close()


class Lost(grpc.RpcError):
    """A reader that is known to be gone."""

    def code(self):
        return grpc.StatusCode.UNAVAILABLE


class Readers:
    """All readers, asked from one thread; also the router's view of the ring."""

    def __init__(self, clock=time.monotonic):
        self.clock = clock
        self.topology = None
        self.retired = []  # no longer in the topology, but still answering or being asked
        self.members = {}  # name -> Reader, as of the last round
        self.ring = {}  # name -> Reader: those that are searched
        self.answers = queue.Queue()
        self.changed = threading.Condition()
        self.last_seen = clock() - 3600  # when a reader answered
        self.last_round = clock()
        self.stopping = threading.Event()

    # What discovery does

    def group_of(self, group, name, uri):
        """A reader for a group of the topology. Returns at once: whether it answers shows later."""
        reader = Reader(name, uri.split('://')[-1])
        group.items[name] = reader
        self.answers.put(None)  # now, not in a second
        return reader

    def watch(self, topology):
        self.topology = topology
        threading.Thread(target=self.run, daemon=True, name='readers').start()

    # What the router sees, in the place of mishards' topology

    @property
    def group_names(self):
        return list(self.ring)

    def get_group(self, name):
        reader = self.ring.get(name)
        return None if reader is None else {name: reader}

    def stats(self):
        members = list(self.members.values()) + list(self.retired)
        return {reader.name: '%s, %d searches' % (reader.reason, reader.calls) for reader in members}

    def missing(self):
        """Why there is nobody to search, for people."""
        members = sorted(self.members.values(), key=lambda reader: reader.address)
        states = '; '.join('%s %s' % (reader.address, reader.reason) for reader in members) or 'none was found'
        return '%s (%s)' % ('each reader failed' if self.ring else 'no reader answers', states)

    def wait(self, seconds, connections):
        """Waits until somebody is in the ring who is not among these (reader, connection); returns the ring without them."""
        with self.changed:
            self.changed.wait_for(lambda: self.without(connections), max(0, seconds))
            return self.without(connections)

    def without(self, connections):
        return {name: reader for name, reader in self.ring.items()
                if reader.state in (READY, LEAVES) and (reader, reader.connection) not in connections}

    def lost(self, reader, connection):
        """A search found the connection broken: asks at once whether the reader is there."""
        self.answers.put((reader, connection))

    # The thread

    def run(self):
        next_round = self.clock()
        while not self.stopping.is_set():
            answer = None
            if self.clock() < next_round:
                try:
                    answer = self.answers.get(timeout=max(0.001, next_round - self.clock()))
                except queue.Empty:
                    continue
            else:
                next_round = self.clock() + ROUND_SECONDS
            try:
                self.take(answer)
            except BaseException as error:  # ending this thread would end the searches
                LOGGER.error('readers: a round failed: %r', error)
                self.stopping.wait(ROUND_SECONDS)

    def take(self, answer):
        if answer is None:
            self.round()
        elif self.members.get(answer[0].name) is answer[0] or answer[0] in self.retired:
            self.hear(*answer)
        self.form()

    def hear(self, reader, connection, asked=None, future=None):
        """Of one reader: what a probe brought, or that a search found its connection broken."""
        if future is not None:
            if reader.judge(connection, asked, future):
                reader.probe(self.answers)
            if reader.state in (READY, LEAVES):
                self.last_seen = self.clock()
        elif reader.connection == connection and reader.state != GONE:
            # Not before the ring is without it: a search would try it again, on a connection that is none yet.
            reader.lose('has closed the connection')
            self.form()
            reader.probe(self.answers)

    def round(self):
        """Sees who belongs to the topology, and asks everybody."""
        items = [list(group.items.values()) for group in list(self.topology.topo_groups.values())]
        members = {reader.name: reader for readers in items for reader in readers if isinstance(reader, Reader)}
        for reader in self.members.values():
            if members.get(reader.name) is not reader:
                self.retired.append(reader)
        self.members = members
        for reader in list(self.members.values()) + self.retired:
            try:
                reader.probe(self.answers)
            except Exception as error:  # no thread, no descriptor: the others are asked all the same
                LOGGER.error('reader %s can not be asked: %r', reader.address, error)
        self.last_round = self.clock()

    def form(self):
        """The ring: who answers and is not about to stop; if there is nobody, who still answers."""
        ready = {name: reader for name, reader in self.members.items() if reader.state == READY}
        last = {reader.name: reader for reader in self.retired if reader.state in (READY, LEAVES)}
        last.update((name, reader) for name, reader in self.members.items() if reader.state == LEAVES)
        for reader in list(self.retired):
            # Its connection was never lost, so it is that reader still. Nothing is sent there if it can be helped.
            if reader.state in (NEW, GONE) or (ready and reader.calls == 0):
                self.retired.remove(reader)
                reader.lose('has left')
        ring = ready or last
        if ring == self.ring:
            return
        before = self.ring
        with self.changed:
            self.ring = ring
            self.changed.notify_all()
        for name in sorted(set(before) - set(ring)):
            self.tell(name, before[name], 'out: it')
        for name in sorted(set(ring) - set(before)):
            self.tell(name, ring[name], 'in: it')

    def tell(self, name, reader, what):
        gone = name not in self.members and reader.state == READY
        LOGGER.info('reader %s (%s) is %s %s; %d readers are searched', name, reader.address, what,
                    'is no longer among the readers' if gone else reader.reason, len(self.ring))
