import functools

import grpc

from milvus.client.exceptions import NotConnectError
from milvus.client.prepare import Prepare
from milvus.client.types import Status
from milvus.grpc_gen import milvus_pb2, milvus_pb2_grpc


def call(method):
    """Waits for the channel first. What gRPC says comes back as a status, in a tuple."""

    @functools.wraps(method)
    def wrapped(self, *args, **kwargs):
        try:
            self.ping()
            return method(self, *args, **kwargs)
        except grpc.RpcError as error:
            return Status(error.code(), error.details()), None

    return wrapped


class Future:
    def __init__(self, future):
        self.future = future

    def result(self, raw=False):
        return self.future.result()


class GrpcHandler:
    def __init__(self, uri, max_retry):
        self.uri, self.max_retry = uri, max_retry
        self.channel = grpc.insecure_channel(uri.split('://')[-1], options=[('grpc.keepalive_time_ms', 55000)])
        self.stub = milvus_pb2_grpc.MilvusServiceStub(self.channel)

    def ping(self, timeout=30):
        ready = grpc.channel_ready_future(self.channel)
        for _ in range(self.max_retry):
            try:
                ready.result(timeout=timeout)
                return
            except grpc.FutureTimeoutError:
                pass
        raise NotConnectError('Fail connecting to server on %s. Timeout' % self.uri)

    @call
    def _cmd(self, cmd, timeout=30):
        reply = self.stub.Cmd(milvus_pb2.Command(cmd=cmd), wait_for_ready=True, timeout=timeout)
        return Status(reply.status.error_code, reply.status.reason), reply.string_reply

    @call
    def describe_collection(self, collection_name, timeout=30):
        name = milvus_pb2.CollectionName(collection_name=collection_name)
        reply = self.stub.DescribeCollection(name, wait_for_ready=True, timeout=timeout)
        return Status(reply.status.error_code, reply.status.reason), reply

    @call
    def reload_segments(self, collection_name, segment_ids, timeout=30):
        request = milvus_pb2.ReLoadSegmentsParam(collection_name=collection_name, segment_id_array=segment_ids)
        self.stub.ReloadSegments(request, wait_for_ready=True, timeout=timeout)

    @call
    def search(self, collection_name, top_k, query_records, partition_tags, params, _async):
        request = Prepare.search_param(collection_name, top_k, query_records, partition_tags, params)
        return Future(self.stub.Search.future(request, wait_for_ready=True))

    @call
    def search_in_files(self, collection_name, file_ids, query_records, top_k, params, _async):
        request = Prepare.search_vector_in_files_param(collection_name, query_records, top_k, file_ids, params)
        return Future(self.stub.SearchInFiles.future(request, wait_for_ready=True))
