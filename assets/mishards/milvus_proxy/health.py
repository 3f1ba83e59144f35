"""GET /ready and /live: whether searches can be done here, and whether it can become so again without a restart.

A search needs a database that answers a query, the writable (which knows the collections), and a reader. mishards itself
has no health check, and its port is open whatever is missing.
"""
import http.server
import socket
import socketserver
import threading
import time
from urllib.parse import urlsplit

import grpc
from milvus.grpc_gen import milvus_pb2
from mishards import db
from sqlalchemy import text

from milvus_proxy import LOGGER
from milvus_proxy.readers import Reader
from milvus_proxy.sessions import end_session

CHECK_SECONDS = 2  # between two checks
FRESH_SECONDS = 15  # the age at which the last answer says nothing any more
FAILURES = 2  # in a row: one slow answer is none
MEND_SECONDS = 60  # what is wrong so long, and can only be mended by a restart, is
ROUND_SECONDS = 30  # the readers are asked every second
LOOK_SECONDS = 180  # discovery looks every few seconds; glibc may take long to give up


class Check:
    """A question that is asked in a thread of its own, since the answer may take for ever."""

    def __init__(self, name, ask, clock=time.monotonic):
        self.name, self.ask, self.clock = name, ask, clock
        self.failures, self.error = FAILURES, 'not asked yet'
        self.answered = clock()
        self.good_at = clock()  # when it was good last

    def run(self, stopping):
        while not stopping.is_set():
            self.once()
            stopping.wait(CHECK_SECONDS)

    def once(self):
        try:
            self.ask()
            self.failures, self.error, self.good_at = 0, None, self.clock()
        except BaseException as error:
            self.failures, self.error = self.failures + 1, first_line(error)
        self.answered = self.clock()

    def problem(self):
        """What is wrong, or None."""
        if self.clock() - self.answered > FRESH_SECONDS:
            return '%s does not answer' % self.name
        return '%s: %s' % (self.name, self.error) if self.failures >= FAILURES else None


def first_line(error):
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0]


class Health:
    def __init__(self, readers, discovery, woserver, port, clock=time.monotonic):
        self.readers, self.discovery, self.port, self.clock = readers, discovery, port, clock
        url = urlsplit(woserver)
        self.host = url.hostname
        # As mishards does: the address of the start, until it ends.
        self.address = socket.gethostbyname(self.host)
        self.writable = Reader('writable', '%s:%d' % (self.address, url.port or 80))
        self.moved_at = None
        self.only_ours = 0  # times in a row that the database answered others, but not mishards
        self.database = Check('the database', self.ask_database, clock)
        self.checks = [self.database, Check('the writable', self.ask_writable, clock)]
        self.told = {}
        self.stopping = threading.Event()

    def start(self):
        works = [self.serve, self.look_up] + [lambda check=check: check.run(self.stopping) for check in self.checks]
        for work in works:
            threading.Thread(target=work, daemon=True, name='health').start()

    def ask_database(self):
        try:
            db.Session.execute(text('SELECT 1')).fetchall()
            self.only_ours = 0
        except Exception:
            self.only_ours = self.only_ours + 1 if database_is_there() else 0
            raise
        finally:
            end_session()

    def ask_writable(self):
        try:
            self.writable.connect().Cmd(milvus_pb2.Command(cmd='status'), timeout=5)
        except grpc.RpcError as error:
            self.writable.close()
            # It answers one such question at a time, and may be at one that takes minutes (reading vectors back). Its threads
            # of gRPC accept a connection all the same, unless it hangs or is lost.
            if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED and self.writable.accepts(2):
                return
            raise RuntimeError('does not answer (%s)' % error.code())

    def look_up(self):
        """Sees whether the writable's Service has another address by now. DNS may be away as long as it likes."""
        while not self.stopping.wait(5):
            try:
                address = socket.gethostbyname(self.host)
            except OSError:
                continue
            self.moved_at = None if address == self.address else self.moved_at or self.clock()

    # What the kubelet asks

    def not_ready(self):
        """Why no search can be done here now; empty if it can."""
        problems = [check.problem() for check in self.checks]
        if not self.readers.ring:
            problems.append(self.readers.missing())
        return [problem for problem in problems if problem]

    def not_live(self):
        """What a restart would mend, and nothing else; empty if there is nothing."""
        now = self.clock()
        problems = []
        if now - self.readers.last_round > ROUND_SECONDS:
            problems.append('the readers are not asked any more')
        if now - getattr(self.discovery, 'last_round', now) > LOOK_SECONDS:
            problems.append('discovery does not look for readers any more')
        # Threads of mishards' own discovery, which end at an error that they do not expect.
        for name in ('event_handler', 'pod_heartbeater'):
            thread = getattr(self.discovery, name, None)
            if thread is not None and thread.ident is not None and not thread.is_alive():
                problems.append('the %s of the discovery has ended' % name)
        if self.moved_at is not None and now - self.moved_at > MEND_SECONDS:
            problems.append('the writable has another address than at the start, which mishards keeps')
        if now - self.database.good_at > MEND_SECONDS and self.only_ours > 1:
            problems.append('the database answers, but not on the connections of mishards')
        return problems

    def answer(self, path):
        """The answer to GET path: status and text."""
        look = {'/ready': self.not_ready, '/live': self.not_live}.get(path)
        if look is None:
            return 404, 'not found\n'
        problems = look()
        said = '; '.join(problems) or 'ok'
        if self.told.get(path, 'ok') != said:
            self.told[path] = said
            if problems:
                LOGGER.warning('%s: %s', 'not ready' if path == '/ready' else 'a restart is needed', said)
            else:
                LOGGER.info('ready again' if path == '/ready' else 'no restart is needed any more')
        return (503 if problems else 200), '%s\n%d readers are searched\n' % (said, len(self.readers.ring))

    def serve(self):
        while not self.stopping.is_set():
            try:
                with Server(('', self.port), Handler) as server:
                    server.answer, server.timeout = self.answer, 0.2
                    while not self.stopping.is_set():
                        server.handle_request()
            except BaseException as error:  # mishards serves without it; the kubelet sees that it is missing
                LOGGER.warning('health port %d: %r', self.port, error)
                self.stopping.wait(5)


def database_is_there():
    """Whether a connection that is none of the pool's gets an answer."""
    pool = db.engine.pool.recreate()
    try:
        connection = pool.connect()
        try:
            cursor = connection.cursor()
            cursor.execute('SELECT 1')
            cursor.close()
        finally:
            connection.close()
        return True
    except Exception:
        return False
    finally:
        pool.dispose()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True  # one thread per request: a client that says nothing holds up no probe

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks DNS for our name, which may hang

    def handle_error(self, request, client_address):
        pass  # the client went away


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 5  # seconds

    def do_GET(self):
        status, said = self.server.answer(self.path)
        body = said.encode()
        self.send_response(status)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass
