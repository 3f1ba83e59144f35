"""A server of milvus.proto that keeps what the import sends, for the real pymilvus: collections, partitions, and rows by their vectors.

    python3 milvus_server.py COMPILED_PYMILVUS

Prints its port. Its search knows exact matches alone.
"""
import array
import concurrent.futures
import json
import sys

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
from milvus.grpc_gen import milvus_pb2, milvus_pb2_grpc, status_pb2  # noqa: E402

OK = status_pb2.Status(error_code=0, reason='')
collections = {}


def key(record):
    return record.binary_data or array.array('f', record.float_data).tobytes()


class Server(milvus_pb2_grpc.MilvusServiceServicer):
    def Cmd(self, request, context):
        return milvus_pb2.StringReply(status=OK, string_reply='1.1.1' if request.cmd == 'version' else 'OK')

    def HasCollection(self, request, context):
        return milvus_pb2.BoolReply(status=OK, bool_reply=request.collection_name in collections)

    def CreateCollection(self, request, context):
        collections[request.collection_name] = {'schema': request, 'rows': {}, 'ids': set(), 'count': 0, 'partitions': set()}
        return OK

    def DescribeCollection(self, request, context):
        schema = collections[request.collection_name]['schema']
        return milvus_pb2.CollectionSchema(
            status=OK,
            collection_name=schema.collection_name,
            dimension=schema.dimension,
            index_file_size=schema.index_file_size,
            metric_type=schema.metric_type,
        )

    def CountCollection(self, request, context):
        return milvus_pb2.CollectionRowCount(status=OK, collection_row_count=collections[request.collection_name]['count'])

    def HasPartition(self, request, context):
        there = request.tag in collections[request.collection_name]['partitions']
        return milvus_pb2.BoolReply(status=OK, bool_reply=there)

    def CreatePartition(self, request, context):
        collections[request.collection_name]['partitions'].add(request.tag)
        return OK

    def Insert(self, request, context):
        collection = collections[request.collection_name]
        assert not request.partition_tag or request.partition_tag in collection['partitions']
        for identity, record in zip(request.row_id_array, request.row_record_array):
            collection['rows'][key(record)] = identity
        collection['count'] += len(request.row_record_array)
        return milvus_pb2.VectorIds(status=OK, vector_id_array=request.row_id_array)

    def DeleteByID(self, request, context):
        return OK

    def Flush(self, request, context):
        return OK

    def CreateIndex(self, request, context):
        collections[request.collection_name]['index'] = [
            request.index_type,
            json.loads(request.extra_params[0].value),
        ]
        print(json.dumps([request.collection_name, *collections[request.collection_name]['index']]), flush=True)
        return OK

    def Search(self, request, context):
        rows = collections[request.collection_name]['rows']
        found = [rows.get(key(record), -1) for record in request.query_record_array]
        return milvus_pb2.TopKQueryResult(status=OK, row_num=len(found), ids=found, distances=[0.0] * len(found))


unlimited = [('grpc.max_receive_message_length', -1), ('grpc.max_send_message_length', -1)]
server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=unlimited)
milvus_pb2_grpc.add_MilvusServiceServicer_to_server(Server(), server)
print(server.add_insecure_port('127.0.0.1:0'), flush=True)
server.start()
server.wait_for_termination()
