"""A search is a read: what one reader does not answer, another one is asked.

In mishards (service_handler.py: _do_query) each reader of the routing is called without a deadline; one that is gone fails the
search after 20 to 90 s, and holds one of the threads so long.
"""
import queue
import time

import grpc
from milvus.client.prepare import Prepare
from milvus.client.types import MetricType
from mishards import exceptions
from mishards.hash_ring import HashRing

from milvus_proxy import LOGGER

# Seconds after a reader was last seen in which another one may come: a process that starts again takes one or two.
PATIENCE_SECONDS = 4

# Times that the same search is given to others: what fails so often is the search, not the readers.
TRIES = 5

# Seconds that the writable has for a search in a collection without files, which touches no vector.
WRITABLE_SECONDS = 30

# Codes of a reader's answer that another try may mend: a file that was merged away since the routing, a reader that stops.
# UNEXPECTED_ERROR, CONNECT_FAILED, FILE_NOT_FOUND, META_FAILED, CACHE_FAILED.
TRY_AGAIN = {1, 2, 14, 15, 16}


def do_query(readers):
    """ServiceHandler._do_query, for a ring of these readers."""

    def _do_query(self, context, collection_id, collection_meta, vectors, topk, search_params, partition_tags=None,
                  **kwargs):
        metadata = kwargs.get('metadata')
        parent = None if self.tracer.empty else context.get_active_span().context

        def request(files):
            # As search_in_segment of pymilvus makes it.
            return Prepare.search_vector_in_files_param(collection_id, vectors, topk, [str(file) for file in files],
                                                        search_params)

        for last in (False, True):
            with self.tracer.start_span('get_routing', child_of=parent):
                routing = self.router.routing(collection_id, partition_tags=partition_tags, metadata=metadata)
            with self.tracer.start_span('do_search', child_of=parent):
                if routing:
                    parts = [(name, files) for name, (files, _) in routing.items()]
                    replies = Search(readers, request, context, metadata).run(parts)
                else:  # no files: the writable answers, as one server alone would
                    replies = [on_writable(self.router, collection_id, topk, vectors, partition_tags, search_params, metadata)]
            failed = [reply.status for reply in replies if reply.status.error_code in TRY_AGAIN]
            if last or not failed:
                break
            LOGGER.debug('search in %s is routed again: %s', collection_id, failed[0].reason)
        with self.tracer.start_span('do_merge', child_of=parent):
            return self._do_merge(replies, topk, reverse=collection_meta.metric_type == MetricType.IP,
                                  metadata=metadata)

    return _do_query


def on_writable(router, collection_id, topk, vectors, partition_tags, search_params, metadata):
    def failed(why):
        return exceptions.ConnectionNotFoundError(message='the writable does not answer: %s' % why, metadata=metadata)

    future = router.connection(metadata=metadata).search(collection_id, topk, vectors, list(partition_tags or []),
                                                         search_params, timeout=WRITABLE_SECONDS, _async=True)
    if isinstance(future, tuple):  # pymilvus' way to say that the call failed
        raise failed(future[0].message)
    try:
        return future.result(raw=True)
    except grpc.RpcError as error:
        raise failed(error.code())


class Search:
    """One search over the readers. Ends with a reply for every file, or raises what mishards makes an answer of."""

    def __init__(self, readers, request, context, metadata, clock=time.monotonic):
        self.readers, self.request, self.context, self.metadata = readers, request, context, metadata
        self.clock = clock
        self.running = {}  # future -> (reader, connection, files)
        self.done = queue.Queue()
        self.failed = set()  # (reader, connection) that failed this search
        self.twice = set()  # files that a second reader was asked for, since the first answered with an error
        self.left = []  # files that nobody is asked for
        self.until = None  # when to give up, once something has failed
        self.tries = 0

    def run(self, parts):
        for name, files in parts:
            self.ask(self.readers.ring.get(name), files)
        replies = []
        while self.running or self.left:
            if self.left:
                self.again()
            reply = self.next_reply()
            if reply is not None:
                replies.append(reply)
        return replies

    def ask(self, reader, files):
        if reader is None:
            self.left.extend(files)
            return
        connection = reader.connection
        try:
            future = reader.search(self.request(files))
        except grpc.RpcError as error:
            self.fail(reader, connection, files, error)
            return
        self.running[future] = (reader, connection, files)
        future.add_done_callback(self.done.put)

    def fail(self, reader, connection, files, error):
        self.failed.add((reader, connection))
        self.left.extend(files)
        if getattr(error, 'code', lambda: None)() == grpc.StatusCode.UNAVAILABLE:
            self.readers.lost(reader, connection)

    def again(self):
        """Gives the files that are left to readers that have not failed."""
        if self.until is None:
            self.until = self.readers.last_seen + PATIENCE_SECONDS
        self.heed()
        self.tries += 1
        others = self.tries <= TRIES and self.readers.wait(self.until - self.clock(), self.failed)
        if not others:
            self.cancel()
            # Readers that answer, and fail, are in the log of mishards with what they said.
            raise exceptions.ConnectionNotFoundError(
                message='%s: the search was not done' % self.readers.missing(), metadata=self.metadata)
        ring, parts = HashRing(list(others)), {}
        for file in self.left:
            parts.setdefault(ring.get_node(str(file)), []).append(file)
        self.left = []
        for name, files in parts.items():
            self.ask(others[name], files)

    def next_reply(self):
        """The reply of the next reader that is done; None if it failed, or nobody is done within a second."""
        if not self.running:
            return None
        try:
            future = self.done.get(timeout=1)
        except queue.Empty:
            self.heed()
            return None
        reader, connection, files = self.running.pop(future)
        try:
            reply = future.result()
        except Exception as error:  # RpcError, and FutureCancelledError, which is none
            self.fail(reader, connection, files, error)
            return None
        if reply.status.error_code in TRY_AGAIN and not self.twice.intersection(files):
            self.twice.update(files)
            if self.readers.without(self.failed | {(reader, connection)}):
                self.fail(reader, connection, files, None)
                return None
        if not self.left:
            self.until = None  # what fails from here on is another misfortune, with a patience of its own
        return reply

    def heed(self):
        """Ends a search whose client is gone."""
        if self.context is not None and not self.context.is_active():
            self.cancel()
            raise exceptions.ConnectionNotFoundError(message='the client is gone', metadata=self.metadata)

    def cancel(self):
        for future in self.running:
            future.cancel()
