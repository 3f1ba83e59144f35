"""Stands in for pymilvus 1.1.1: what mishards and milvus_proxy use of it, over gRPC, with its faults.

Its grpc_gen is made by protoc when the tests start.
"""
from milvus.client.stub import Milvus
from milvus.client.types import MetricType, Status

__version__ = '1.1.1'
__all__ = ['Milvus', 'MetricType', 'Status']
