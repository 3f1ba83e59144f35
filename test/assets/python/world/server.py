"""A reader or the writable: a gRPC server of Milvus' API that searches nothing and says which files it was asked for.

    server.py ADDRESS [STATE]

The answer of SearchInFiles has the ids of the files, so a merged answer tells whether each was searched exactly once.
Cmd `world` with JSON changes the state, and answers with it and with what was asked so far.
"""
import json
import re
import sys
import threading
import time
from concurrent import futures

import grpc
from milvus.grpc_gen import milvus_pb2, milvus_pb2_grpc, status_pb2

SECRETS = {
    'storage.s3_access_key': 'ACCESS-of-the-world',
    'storage.s3_secret_key': 'SECRET-of-the-world',
    'general.meta_uri': 'mysql://milvus:URI-of-the-world@mysql:3306/milvus',
}


class Milvus(milvus_pb2_grpc.MilvusServiceServicer):
    def __init__(self, state):
        self.state = {
            'version': '1.1.1',
            'leaving': False,
            'latency': 0,  # seconds that each search takes
            'slow': {},  # topk -> seconds
            'error': 0,  # error code of the searches
            'errors': -1,  # how many fail so; -1: all
        }
        self.state.update(state)
        self.seen = {'running': 0, 'searches': 0, 'commands': []}
        self.lock = threading.Lock()

    def Cmd(self, request, context):
        return milvus_pb2.StringReply(string_reply=self.reply(request.cmd))

    def reply(self, command):
        if command.startswith('world'):
            self.state.update(json.loads(command[5:] or '{}'))
            return json.dumps({**self.state, **self.seen})
        if command == 'version':
            return self.state['version']
        if command == 'get_config engine_config.max_partition_num':
            return '1000000001' if self.state['leaving'] else '4096'
        if command == 'status':
            return 'OK'
        self.seen['commands'].append(command)
        # More lenient than any server, so that a spelling which gets here is seen.
        if re.search('config', command, re.IGNORECASE) and re.search('secret|access|uri|[*]', command, re.IGNORECASE):
            return json.dumps(SECRETS)
        return 'reply to ' + command

    def DescribeCollection(self, request, context):
        if request.collection_name.startswith('unknown'):
            status = status_pb2.Status(error_code=status_pb2.COLLECTION_NOT_EXISTS, reason='unknown')
            return milvus_pb2.CollectionSchema(status=status)
        return milvus_pb2.CollectionSchema(collection_name=request.collection_name, dimension=2, metric_type=1)

    def ReloadSegments(self, request, context):
        return status_pb2.Status()

    def Search(self, request, context):
        return milvus_pb2.TopKQueryResult(row_num=0)

    def SearchInFiles(self, request, context):
        with self.lock:
            self.seen['searches'] += 1
            self.seen['running'] += 1
        try:
            time.sleep(self.state['slow'].get(str(request.search_param.topk), self.state['latency']))
        finally:
            with self.lock:
                self.seen['running'] -= 1
        with self.lock:
            if self.state['error'] and self.state['errors']:
                self.state['errors'] -= 1
                status = status_pb2.Status(error_code=self.state['error'], reason='an error of the world')
                return milvus_pb2.TopKQueryResult(status=status)
        ids = sorted(int(file) for file in request.file_id_array)
        return milvus_pb2.TopKQueryResult(row_num=1, ids=ids, distances=ids)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(200), options=[('grpc.so_reuseport', 0)])
    state = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(Milvus(state), server)
    if not server.add_insecure_port(sys.argv[1]):
        sys.exit('cannot listen on ' + sys.argv[1])
    server.start()
    server.wait_for_termination()


if __name__ == '__main__':
    main()
