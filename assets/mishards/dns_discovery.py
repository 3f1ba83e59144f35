"""mishards 1.1.1 discovery plugin: the readers are whoever the headless Service's name resolves to.

Why not the built-in `kubernetes` plugin: one unreachable reader ends its thread for good and leaves an empty group
that searches are still sent to; an event like Unhealthy drops a healthy reader; it needs RBAC and reads its token
only once. Here every round asks DNS (so readiness probes count), checks that each reader accepts TCP, and corrects
mishards' topology; whatever fails in one round is tried again in the next.

Select it with DISCOVERY_CLASS_NAME=dns and DISCOVERY_PLUGIN_PATH=<a directory with this file and no other .py>:

  DISCOVERY_DNS_HOST             name of the headless Service (required)
  DISCOVERY_DNS_PORT             port of the readers (19530)
  DISCOVERY_DNS_POLL_INTERVAL    seconds between two rounds (5)
  DISCOVERY_DNS_CONNECT_TIMEOUT  seconds that a round waits for DNS, for the probes and for new connections, each (2)
  DISCOVERY_DNS_MISSES           failed probes in a row after which a reader is removed (3)
  DISCOVERY_DNS_HEALTH_PORT      GET /live: rounds are being completed; GET /ready: there is a reader (19120)

Python 3.6, standard library only: that is what the mishards image has.
"""
import errno
import http.server
import logging
import selectors
import socket
import socketserver
import threading
import time

logger = logging.getLogger(__name__)

LOOKUP_TIMEOUT = 30  # seconds; glibc gives up earlier by itself
CREATE_TIMEOUT = 120  # seconds; pymilvus gives up after 30 s x MAX_RETRY, which is 3 by default
PROBES_AT_ONCE = 256  # open sockets; a round of probes takes one time-out for each so many readers
REBIND_INTERVAL = 5  # seconds
# What getaddrinfo says about a name without addresses (NXDOMAIN, no data), as opposed to having no answer.
NO_ADDRESS = {socket.EAI_NONAME, getattr(socket, 'EAI_NODATA', socket.EAI_NONAME)}


def resolve(host):  # type: (str) -> set
    """The IPv4 addresses of host, none if DNS says that it has none. Raises when DNS gives no answer."""
    try:
        answers = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in NO_ADDRESS:
            return set()
        raise
    return {answer[4][0] for answer in answers}


def probe(ips, port, timeout):  # type: (set, int, float) -> set
    """Those of ips that accept a TCP connection. All are tried at once: slow ones share one time-out."""
    # A reader whose process hangs is still accepted for by its kernel: to see that is the readiness probe's task.
    ips, alive = list(ips), set()
    for first in range(0, len(ips), PROBES_AT_ONCE):
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            try:
                for ip in ips[first:first + PROBES_AT_ONCE]:
                    # No socket left here says nothing about the readers: let it raise, and the round change nothing.
                    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                    selector.register(sock, selectors.EVENT_WRITE, ip)
                    sock.setblocking(False)
                    if sock.connect_ex((ip, port)) not in (0, errno.EINPROGRESS):
                        selector.unregister(sock)
                        sock.close()
                while selector.get_map() and time.monotonic() < deadline:
                    for key, _ in selector.select(max(0, deadline - time.monotonic())):
                        if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                            alive.add(key.data)
                        selector.unregister(key.fileobj)
                        key.fileobj.close()
            finally:
                for key in list(selector.get_map().values()):
                    key.fileobj.close()
    return alive


class NotAdded(Exception):
    """mishards refused a reader; the message is its StatusType."""


class Task(threading.Thread):
    """A call that may hang, raise anything at all, or return when no one waits for it any more."""

    def __init__(self, call, now):
        super().__init__(daemon=True)
        self.call, self.begun, self.value, self.error = call, now, None, None
        self.start()

    def run(self):
        try:
            self.value = self.call()
        except BaseException as error:  # SystemExit here would end only this thread: a failure like any other
            self.error = error


def can_be_made_apart(topology):
    """Whether another topology of this kind can be made, and a group of it taken over, as in mishards 1.1.1."""
    try:
        return callable(type(topology)().add_group)
    except Exception:
        return False


class DnsDiscovery:
    name = 'dns'

    @classmethod
    def Create(cls, readonly_topo, plugin_config, **kwargs):
        return cls(readonly_topo, plugin_config, **kwargs)

    def __init__(self, readonly_topo, plugin_config, resolve=resolve, probe=probe, clock=time.monotonic, **_):
        self.problems = []  # what is wrong with the configuration

        def setting(name, default, kind):
            text = getattr(plugin_config, 'DISCOVERY_DNS_' + name, None) or default
            try:
                if 0 < kind(text) <= 65535:
                    return kind(text)
            except ValueError:
                pass
            self.problems.append('DISCOVERY_DNS_{}: {!r} is not a positive number'.format(name, text))
            return kind(default)

        self.host = (getattr(plugin_config, 'DISCOVERY_DNS_HOST', None) or '').strip()
        if not self.host:
            self.problems.append("DISCOVERY_DNS_HOST is not set: it names the readers' headless Service")
        self.port = setting('PORT', '19530', int)
        self.interval = setting('POLL_INTERVAL', '5', float)
        self.timeout = setting('CONNECT_TIMEOUT', '2', float)
        self.misses = setting('MISSES', '3', int)
        self.health_port = setting('HEALTH_PORT', '19120', int)
        # A round waits for at most three time-outs, so six of the longest cannot pass without one being completed.
        self.stuck_after = 6 * max(5, self.interval, self.timeout)

        self.topology, self.resolve, self.probe, self.clock = readonly_topo, resolve, probe, clock
        self.apart = can_be_made_apart(readonly_topo)  # how connect() makes groups
        self.readers = {}  # ip -> failed probes in a row, of every group that we registered
        self.wanted = set()  # what DNS answered last
        self.empty_answers = 0  # in a row
        self.lookup = None  # the Task that asks DNS
        self.creating = {}  # ip -> the Task that connects to it
        self.faults = {}  # what has been reported as broken, so that it is reported once
        self.unusable = {}  # the same for readers which are in DNS but cannot be added
        self.last_round = clock()  # when one was completed
        self.health_address = None
        self.stopping = threading.Event()
        self.threads = []

    def start(self):
        for problem in self.problems:
            logger.error('DNS discovery cannot start: %s', problem)
        if self.problems:
            return False
        logger.info('DNS discovery of %s, port %d, every %g s', self.host, self.port, self.interval)
        self.last_round = self.clock()  # mishards may have waited long for the writable since Create
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self.run, self.serve_health)]
        for thread in self.threads:
            thread.start()
        return True

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(self.timeout)

    def run(self):
        while not self.stopping.is_set():
            try:
                self.tick()
                self.repaired('round')
            except BaseException as error:  # ending this thread would end discovery and nothing else
                self.report(self.faults, 'round', type(error), 'DNS discovery: round failed: %r', error)
            self.stopping.wait(self.interval)

    def tick(self):
        """One round. Returns within about three time-outs, whatever hangs."""
        answer = self.ask_dns()
        if answer:
            for ip in set(self.readers) - answer:
                self.remove(ip, 'left DNS')

        alive = self.probe(set(self.readers) | set(self.creating) | (answer or set()), self.port, self.timeout)
        for ip in list(self.readers):
            self.readers[ip] = 0 if ip in alive else self.readers[ip] + 1
            # An empty answer (NXDOMAIN, no data) is how DNS says that no reader is ready; one that is gone does not
            # accept either. But glibc also makes one of a packet lost in the middle of its search list, and believing
            # that would stop every search: readers that accept stay until it has been said several times.
            if answer is not None and not answer and (ip not in alive or self.empty_answers >= self.misses):
                self.remove(ip, 'left DNS')
            elif self.readers[ip] >= self.misses:
                self.unusable[ip] = 'silent'
                self.remove(ip, 'does not accept connections', logging.WARNING)

        # Only what DNS has just confirmed is connected to: the address in an old answer may be another cluster's now.
        started = []
        for ip in (answer or set()) - set(self.readers) - set(self.creating):
            if ip in alive:
                self.creating[ip] = Task(lambda ip=ip: self.connect(ip), self.clock())
                started.append(self.creating[ip])
            else:
                self.report(self.unusable, ip, 'silent', 'reader %s is in DNS but does not accept connections', ip)
        deadline = time.monotonic() + self.timeout
        while started and time.monotonic() < deadline:
            started[0].join(0.02)
            self.collect(alive)  # those that are quick do not wait for those that are not
            started = [task for task in started if task.is_alive()]
        self.collect(alive)
        for ip in self.creating:  # still connecting: searches must not be sent there meanwhile
            self.discard(ip)
        self.last_round = self.clock()

    def ask_dns(self):
        """The readers' addresses; None if that is not known now, in which case those that still accept stay."""
        if self.lookup is None:
            self.lookup = Task(lambda: self.resolve(self.host), self.clock())
        task = self.lookup
        task.join(self.timeout)
        if task.is_alive() and self.clock() - task.begun <= LOOKUP_TIMEOUT:
            return None  # its answer is as good in the next round
        self.lookup = None
        if task.is_alive() or task.error is not None:
            self.report(self.faults, 'dns', 'failing', 'DNS fails for %s: %s; keeping %d readers as long as they '
                        'accept connections', self.host, task.error or 'no answer', len(self.readers))
            return None
        self.repaired('dns')
        self.wanted = set(task.value)
        self.unusable = {ip: kind for ip, kind in self.unusable.items() if ip in self.wanted}
        if self.wanted:
            self.empty_answers = 0
            self.faults.pop('empty', None)
        else:
            self.empty_answers += 1
            self.report(self.faults, 'empty', 'empty', 'DNS has no reader for %s', self.host)
        return self.wanted

    def connect(self, ip):
        """In a Task: a group with a connection to ip, for add()."""
        # mishards routes to a group as soon as its topology has it, and connecting may take 30 s x MAX_RETRY. So the
        # group is made in a topology of its own: nothing is routed to it, and nothing is left behind if this hangs.
        # Where that can't be, it is made in place, and taken back by discard() when it is not there in time.
        topology = type(self.topology)() if self.apart else self.topology
        group_name = 'readonly-' + ip
        status, group = topology.create(name=group_name)
        if status.name == 'OK':
            status, _ = group.create(name=group_name, uri='tcp://{}:{}'.format(ip, self.port))
        if status.name != 'OK':
            raise NotAdded(status.name)
        return group

    def discard(self, ip):
        """What connect() made in place, and add() did not take."""
        if self.apart:
            return
        try:
            self.topology.delete_group('readonly-' + ip)
        except BaseException as error:
            self.report(self.faults, ip, type(error), 'reader %s: its empty group cannot be removed: %r', ip, error)

    def collect(self, alive):
        for ip, task in list(self.creating.items()):
            if task.is_alive():
                if self.clock() - task.begun > CREATE_TIMEOUT:  # forgotten: whatever it returns, no one looks at it
                    del self.creating[ip]
                    self.report(self.unusable, ip, 'hangs', 'reader %s: connecting hangs, starting over', ip)
                continue
            del self.creating[ip]
            if ip not in self.wanted or ip not in alive:
                self.discard(ip)  # it connected too late: this is not that reader any more
                continue
            try:
                if task.error is not None:
                    raise task.error
                self.add(ip, task.value)
            except BaseException as error:
                self.discard(ip)
                kind = str(error) if isinstance(error, NotAdded) else type(error)
                self.report(self.unusable, ip, kind, 'reader %s cannot be added, trying again: %r', ip, error)

    def add(self, ip, group):
        try:
            if not self.apart:
                if 'readonly-' + ip not in self.topology.group_names:  # discard() was faster
                    raise NotAdded('it connected too late')
            elif self.topology.add_group(group).name != 'OK':  # someone else's group of that name, maybe an empty one: make room
                raise NotAdded('DUPLICATED')
        except BaseException:
            self.topology.delete_group('readonly-' + ip)
            raise
        self.readers[ip] = 0
        self.unusable.pop(ip, None)
        logger.info('reader %s added (in DNS, accepts connections): %d readers', ip, len(self.readers))

    def remove(self, ip, reason, level=logging.INFO):
        try:
            self.topology.delete_group('readonly-' + ip)
        except BaseException as error:  # it is still ours: the next round tries again
            self.report(self.faults, ip, type(error), 'reader %s (%s) cannot be removed: %r', ip, reason, error)
            return
        self.faults.pop(ip, None)
        del self.readers[ip]
        logger.log(level, 'reader %s removed (%s): %d readers', ip, reason, len(self.readers))

    def report(self, book, key, kind, message, *args):
        if book.get(key) != kind:
            book[key] = kind
            logger.warning(message, *args)

    def repaired(self, key):
        if self.faults.pop(key, None) is not None:
            logger.info('DNS discovery: %s works again', key)

    def health(self, path):
        """The answer to GET path: status and text."""
        alive = self.clock() - self.last_round <= self.stuck_after
        good = {'/live': alive, '/ready': bool(self.readers)}.get(path)
        text = 'loop {}, {} readers\n'.format('alive' if alive else 'stuck', len(self.readers))
        return (404, 'not found\n') if good is None else (200 if good else 503, text)

    def serve_health(self):
        while not self.stopping.is_set():
            try:
                with HealthServer(('', self.health_port), HealthHandler) as server:
                    server.health, server.timeout = self.health, 0.2
                    self.health_address = server.server_address
                    self.repaired('health')
                    while not self.stopping.is_set():
                        server.handle_request()
            except BaseException as error:  # mishards serves without it; the kubelet sees that it is missing
                self.report(self.faults, 'health', type(error), 'health port %d: %r', self.health_port, error)
                self.stopping.wait(REBIND_INTERVAL)


class HealthServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True  # one thread per request: a client that says nothing holds up no probe

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks DNS for our name, which may hang

    def handle_error(self, request, client_address):
        pass  # the client went away


class HealthHandler(http.server.BaseHTTPRequestHandler):
    timeout = 5  # seconds

    def do_GET(self):
        status, text = self.server.health(self.path)
        self.send_response(status)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


def setup(app):
    app.on_plugin_setup(DnsDiscovery)
