import functools
import logging
import socket
import sys
import time
from concurrent import futures
from urllib.parse import urlparse

import grpc
from milvus.grpc_gen import milvus_pb2_grpc, status_pb2

from mishards import exceptions, settings

logger = logging.getLogger(__name__)
ANSWERED = {
    exceptions.CollectionNotFoundError: status_pb2.COLLECTION_NOT_EXISTS,
    exceptions.DBError: status_pb2.UNEXPECTED_ERROR,
    exceptions.ConnectionNotFoundError: status_pb2.UNEXPECTED_ERROR,
}


def answering(method):
    @functools.wraps(method)
    def wrapped(self, request, context):
        try:
            return method(self, request, context)
        except tuple(ANSWERED) as error:
            logger.error(error)
            status = status_pb2.Status(error_code=ANSWERED[type(error)], reason=error.message)
            return error.metadata['resp_class'](status=status)

    return wrapped


class Server:
    def init_app(self, writable_topo, router, discover):
        self.writable_topo, self.router, self.discover = writable_topo, router, discover
        self.server_impl = grpc.server(futures.ThreadPoolExecutor(max_workers=settings.MAX_WORKERS))

    def run(self, port):
        from mishards.service_handler import NO_TRACER, ServiceHandler

        url = urlparse(settings.WOSERVER)
        address = socket.gethostbyname(url.hostname)
        _, group = self.writable_topo.create('default')
        group.create(name='WOSERVER', uri='tcp://%s:%d' % (address, url.port))
        if not self.discover.start():
            sys.exit(1)
        for name in ('Search', 'Cmd'):
            setattr(ServiceHandler, name, answering(getattr(ServiceHandler, name)))
        handler = ServiceHandler(tracer=NO_TRACER, router=self.router)
        milvus_pb2_grpc.add_MilvusServiceServicer_to_server(handler, self.server_impl)
        self.server_impl.add_insecure_port('[::]:%d' % port)
        self.server_impl.start()
        while True:
            time.sleep(5)
