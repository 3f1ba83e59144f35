import threading

from milvus.client.exceptions import NotConnectError
from milvus.client.grpc_handler import GrpcHandler


class Milvus:
    """A client with a connection for each thread that uses it."""

    def __init__(self, name=None, uri=None, max_retry=3):
        self.name, self.uri, self.max_retry = name, uri, max_retry
        self.local = threading.local()
        status, version = self.server_version()
        if not status.OK() or not version.startswith('1.1.'):
            raise NotConnectError('%s: %s %s' % (uri, status.message, version))

    @property
    def handler(self):
        if not hasattr(self.local, 'handler'):
            self.local.handler = GrpcHandler(self.uri, self.max_retry)
        return self.local.handler

    def server_version(self):
        return self._cmd('version')

    def _cmd(self, cmd, timeout=30):
        return self.handler._cmd(cmd, timeout)

    def get_collection_info(self, collection_name):
        return self.handler.describe_collection(collection_name)

    def reload_segments(self, collection_name, segment_ids):
        return self.handler.reload_segments(collection_name, segment_ids)

    def search(self, collection_name, top_k, query_records, partition_tags=None, params=None, _async=False):
        return self.handler.search(collection_name, top_k, query_records, partition_tags, params, _async=_async)

    def search_in_segment(self, collection_name, file_ids, query_records, top_k, params=None, _async=False):
        return self.handler.search_in_files(collection_name, file_ids, query_records, top_k, params, _async=_async)
