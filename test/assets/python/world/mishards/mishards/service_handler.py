import json
import logging
from types import SimpleNamespace

from milvus.client.types import MetricType
from milvus.grpc_gen import milvus_pb2, milvus_pb2_grpc, status_pb2

from mishards import exceptions

logger = logging.getLogger(__name__)


class NoSpan:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class ServiceHandler(milvus_pb2_grpc.MilvusServiceServicer):
    def __init__(self, tracer, router):
        self.tracer, self.router, self.collection_meta = tracer, router, {}

    def _do_merge(self, files_n_topk_results, topk, reverse=False, **kwargs):
        found = []
        for result in files_n_topk_results:
            if isinstance(result, tuple):
                return result[0], [], []
            if result.status.error_code != 0:
                return result.status, [], []
            found += zip(result.distances, result.ids)
        found = sorted(found, reverse=reverse)[:topk]
        return status_pb2.Status(), [id for _, id in found], [distance for distance, _ in found]

    def _do_query(
        self, context, collection_id, collection_meta, vectors, topk, search_params, partition_tags=None, **kwargs
    ):
        metadata = kwargs.get('metadata')
        routing = self.router.routing(collection_id, partition_tags=partition_tags, metadata=metadata)
        logger.info('Routing: %s', routing)
        futures = []
        if not routing:
            writable = self.router.connection()
            future = writable.search(collection_id, topk, vectors, list(partition_tags), search_params, _async=True)
            futures.append(future)
        for name, (files, updated) in routing.items():
            connection = self.router.query_conn(name, metadata=metadata)
            if updated:
                connection.reload_segments(collection_id, updated)
            futures.append(connection.search_in_segment(
                collection_name=collection_id, file_ids=files, query_records=vectors, top_k=topk,
                params=search_params, _async=True,
            ))  # fmt: skip
        results = [future.result(raw=True) for future in futures]
        return self._do_merge(results, topk, reverse=collection_meta.metric_type == MetricType.IP, metadata=metadata)

    def Search(self, request, context):
        metadata = {'resp_class': milvus_pb2.TopKQueryResult}
        name = request.collection_name
        if not request.extra_params:
            raise exceptions.SearchParamError(message='Search param loss', metadata=metadata)
        if name not in self.collection_meta:
            status, info = self.router.connection(metadata=metadata).get_collection_info(name)
            if not status.OK():
                raise exceptions.CollectionNotFoundError(name, metadata=metadata)
            self.collection_meta[name] = info
        vectors = [list(record.float_data) for record in request.query_record_array]
        status, ids, distances = self._do_query(
            context, name, self.collection_meta[name], vectors, request.topk,
            json.loads(request.extra_params[0].value), partition_tags=request.partition_tag_array, metadata=metadata,
        )  # fmt: skip
        return milvus_pb2.TopKQueryResult(
            status=status_pb2.Status(error_code=status.error_code, reason=status.reason),
            row_num=len(vectors) if ids else 0, ids=ids, distances=distances,
        )  # fmt: skip

    def _cmd(self, cmd, metadata=None):
        return self.router.connection(metadata=metadata)._cmd(cmd)

    def Cmd(self, request, context):
        logger.info('Cmd: %s', request.cmd)
        if request.cmd == 'conn_stats':
            return milvus_pb2.StringReply(string_reply=json.dumps(self.router.readonly_topo.stats()))
        status, reply = self._cmd(request.cmd, metadata={'resp_class': milvus_pb2.StringReply})
        return milvus_pb2.StringReply(
            status=status_pb2.Status(error_code=status.code, reason=status.message), string_reply=reply
        )


NO_TRACER = SimpleNamespace(empty=True, start_span=lambda *_, **__: NoSpan())
