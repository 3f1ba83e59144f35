import json

from milvus.grpc_gen import milvus_pb2


class Prepare:
    @classmethod
    def search_param(cls, collection_name, topk, query_records, partitions, params):
        return milvus_pb2.SearchParam(
            collection_name=collection_name,
            partition_tag_array=partitions or [],
            query_record_array=[milvus_pb2.RowRecord(float_data=record) for record in query_records],
            topk=topk,
            extra_params=[milvus_pb2.KeyValuePair(key='params', value=json.dumps(params))],
        )

    @classmethod
    def search_vector_in_files_param(cls, collection_name, query_records, topk, ids, params):
        return milvus_pb2.SearchInFilesParam(
            file_id_array=[str(file) for file in ids],
            search_param=cls.search_param(collection_name, topk, query_records, None, params),
        )
