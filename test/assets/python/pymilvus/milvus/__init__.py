"""Stands in for pymilvus 1.1.1 with a Milvus behind it: what the smoke test and the import use, with the same signatures.

Every call is right unless FAKE_MILVUS says otherwise: {"<call>": <outcome> or [<outcome>, ...]}. Outcomes of a list are
for one call after the other, and the last one for all after it. An outcome is:
    "ok"
    "hang"                      never returns
    "empty", "short", "wrong", "far", "twin"   what a search finds
    "lies"                      says OK and does nothing
    {"until": file}             right, once there is that file
    {"answer": value}           status OK, and this
    {"status": message}         a status that is not OK
    {"raise": [class, message]}
    {"die": n}                  does half of it, at the n-th call, and the process is killed
Calls are written to the file FAKE_MILVUS_LOG, a line of JSON each. In FAKE_MILVUS_STATE is what outlives the process.
"""
import builtins
import enum
import json
import logging
import os
import pickle
import signal
import threading
import time

PLAN = json.loads(os.environ.get('FAKE_MILVUS', '{}'))
if PLAN.get('import'):
    raise ImportError(PLAN['import'])


class NotConnectError(ValueError):
    pass


class RpcError(Exception):
    """As in grpc."""


class IndexType(enum.IntEnum):
    FLAT = 1
    IVFLAT = 2
    IVF_SQ8 = 3
    HNSW = 11
    IVF_FLAT = IVFLAT

    def __str__(self):
        return self._name_


class MetricType(enum.IntEnum):
    L2 = 1
    IP = 2
    HAMMING = 3
    JACCARD = 4


class Status:
    SUCCESS = 0
    UNEXPECTED_ERROR = 1

    def __init__(self, code=SUCCESS, message='Success'):
        self.code = code
        self.message = message

    def __eq__(self, other):
        raise AssertionError('the comparisons of Status are not to be relied on: the real ones recurse')

    def OK(self):
        return self.code == Status.SUCCESS


class QueryResult:
    def __init__(self, identity, distance):
        self.id = identity
        self.distance = distance


class TopKQueryResult:
    """Neither a list nor iterable more than once, as the real one."""

    def __init__(self, rows):
        self._rows = rows

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, item):
        return self._rows[item]


class IndexParam:
    def __init__(self, collection_name, index_type, params):
        self.collection_name = collection_name
        self.index_type = index_type
        self.params = params


# The server: it outlives clients.
collections = {}
STATE = os.environ.get('FAKE_MILVUS_STATE')
if STATE and os.path.exists(STATE):
    with open(STATE, 'rb') as file:
        collections = pickle.load(file)
calls = {}


def keep():
    if STATE:
        with open(STATE, 'wb') as file:
            pickle.dump(collections, file)


lock = threading.Lock()


def outcome(call, **arguments):
    with lock:
        count = calls[call] = calls.get(call, 0) + 1
        with open(os.environ['FAKE_MILVUS_LOG'], 'a') as log:
            log.write(json.dumps(dict(arguments, call=call, collections=sorted(collections))) + '\n')
    planned = PLAN.get(call, 'ok')
    if isinstance(planned, list):
        planned = planned[min(count, len(planned)) - 1]
    if isinstance(planned, dict) and 'die' in planned:
        return 'die' if count == planned['die'] else 'ok'
    if planned == 'hang':
        while True:
            time.sleep(60)
    if isinstance(planned, dict) and 'raise' in planned:
        name, message = planned['raise']
        raise (globals().get(name) or getattr(builtins, name))(message)
    if isinstance(planned, dict) and 'until' in planned:
        while not os.path.exists(planned['until']):
            time.sleep(0.01)
        return 'ok'
    return planned


def failed(planned):
    if isinstance(planned, dict) and 'status' in planned:
        logging.getLogger('milvus.client.grpc_handler').error(planned['status'])
        return Status(Status.UNEXPECTED_ERROR, planned['status'])
    return None


def answered(planned, value):
    return planned['answer'] if isinstance(planned, dict) and 'answer' in planned else value


def existing(name):
    assert isinstance(name, str)
    if name not in collections:
        return None, Status(4, "Collection %s does not exist" % name)
    return collections[name], None


def squared(one, other):
    if isinstance(one, bytes):
        return sum(bin(a ^ b).count('1') for a, b in zip(one, other))
    return sum((a - b) ** 2 for a, b in zip(one, other))


class CollectionSchema:
    def __init__(self, collection_name, dimension, index_file_size, metric_type):
        self.collection_name = collection_name
        self.dimension = dimension
        self.index_file_size = index_file_size
        self.metric_type = metric_type


class Milvus:
    def __init__(self, host=None, port=None, handler='GRPC', pool='SingletonThread', **kwargs):
        assert isinstance(host, str) and isinstance(port, int)
        outcome('connect', host=host, port=port, **kwargs)

    def server_version(self, timeout=30):
        planned = outcome('server_version')
        return failed(planned) or Status(), answered(planned, '1.1.1')

    def create_collection(self, param, timeout=30):
        name = param['collection_name']
        assert param['dimension'] > 0 and param['index_file_size'] > 0
        assert isinstance(param['metric_type'], MetricType)
        planned = outcome('create_collection', name=name)
        status = failed(planned)
        if status is None:
            collections[name] = {'dimension': param['dimension'], 'vectors': {}, 'index': None}
            collections[name].update(metric=param['metric_type'], partitions={}, again={})
            keep()
        return status or Status()

    def get_collection_info(self, collection_name, timeout=30):
        planned = outcome('get_collection_info')
        collection, missing = existing(collection_name)
        status = failed(planned) or missing
        if status is not None:
            return status, None
        return Status(), CollectionSchema(collection_name, collection['dimension'], 1024, int(collection['metric']))

    def has_partition(self, collection_name, partition_tag, timeout=30):
        status = failed(outcome('has_partition', tag=partition_tag))
        return status or Status(), status is None and partition_tag in existing(collection_name)[0]['partitions']

    def create_partition(self, collection_name, partition_tag, timeout=30):
        status = failed(outcome('create_partition', tag=partition_tag))
        if status is None:
            existing(collection_name)[0]['partitions'][partition_tag] = set()
            keep()
        return status or Status()

    def delete_entity_by_id(self, collection_name, id_array, timeout=None, partition_tag=None):
        planned = outcome('delete_entity_by_id', count=len(id_array), tag=partition_tag)
        collection, missing = existing(collection_name)
        status = failed(planned) or missing
        if status is None:
            for identity in id_array:
                collection['vectors'].pop(identity, None)
                collection['again'].pop(identity, None)
            keep()
        return status or Status()

    def has_collection(self, collection_name, timeout=30):
        planned = outcome('has_collection', name=collection_name)
        status = failed(planned)
        return status or Status(), status is None and answered(planned, collection_name in collections)

    def insert(self, collection_name, records, ids=None, partition_tag=None, params=None, timeout=None, **kwargs):
        assert not kwargs, kwargs
        planned = outcome('insert', name=collection_name, count=len(records), tag=partition_tag)
        collection, missing = existing(collection_name)
        status = failed(planned) or missing
        if status is not None:
            return status, []
        assert len(ids) == len(records)
        binary = isinstance(records[0], bytes)
        assert all(len(record) * (8 if binary else 1) == collection['dimension'] for record in records)
        assert binary or all(type(value) is float for value in records[0])
        if planned == 'die':
            ids = ids[: len(ids) // 2]
        # As Milvus, which does not mind an id that is there.
        for identity, record in zip(ids, records):
            if identity in collection['vectors']:
                collection['again'][identity] = collection['again'].get(identity, 0) + 1
            collection['vectors'][identity] = record
        if partition_tag is not None:
            collection['partitions'][partition_tag].update(ids)
        keep()
        if planned == 'die':
            os.kill(os.getpid(), signal.SIGKILL)
        return Status(), answered(planned, list(ids))

    def flush(self, collection_name_array=None, timeout=None, **kwargs):
        assert isinstance(collection_name_array, list) and not kwargs
        return failed(outcome('flush')) or existing(collection_name_array[0])[1] or Status()

    def count_entities(self, collection_name, timeout=30):
        planned = outcome('count_entities')
        collection, missing = existing(collection_name)
        status = failed(planned) or missing
        return (status, None) if status else (Status(), answered(planned, len(collection['vectors']) + sum(collection['again'].values())))

    def create_index(self, collection_name, index_type=None, params=None, timeout=None, **kwargs):
        assert isinstance(index_type, IndexType) and isinstance(params, dict) and not kwargs
        status = failed(outcome('create_index', params=params))
        collection, missing = existing(collection_name)
        if status is None and missing is None:
            collection['index'] = IndexParam(collection_name, index_type, params)
            keep()
        return status or missing or Status()

    def get_index_info(self, collection_name, timeout=30):
        planned = outcome('get_index_info')
        collection, missing = existing(collection_name)
        status = failed(planned) or missing
        if status is not None:
            return status, None
        if isinstance(planned, dict):
            kind, nlist = planned['answer']
            return Status(), IndexParam(collection_name, IndexType(kind), {'nlist': nlist})
        return Status(), collection['index']

    def search(self, collection_name, top_k, query_records, partition_tags=None, params=None, timeout=None, **kwargs):
        assert params['nprobe'] > 0 and not kwargs
        planned = outcome('search', count=len(query_records), params=params)
        collection, missing = existing(collection_name)
        status = failed(planned) or missing
        if status is not None:
            return status, None
        if planned == 'empty':
            return Status(), TopKQueryResult([])
        vectors = collection['vectors']
        rows = []
        for query in query_records:
            ranked = sorted(vectors, key=lambda identity: squared(vectors[identity], query))
            ranked = ranked[1 if planned == 'wrong' else 0 :][:top_k]
            far, twin = 1 if planned == 'far' else 0, 1 if planned == 'twin' else 0
            rows.append([QueryResult(one + twin, squared(vectors[one], query) + far) for one in ranked])
        if planned == 'short':
            rows[-1] = []  # what the client makes of an id of -1
        return Status(), TopKQueryResult(rows)

    def drop_collection(self, collection_name, timeout=30):
        planned = outcome('drop_collection', name=collection_name)
        status = failed(planned) or existing(collection_name)[1]
        if status is None and planned != 'lies':
            del collections[collection_name]
        return status or Status()
