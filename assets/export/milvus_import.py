"""Puts vectors into a Milvus 1.1 cluster, through its proxy: an export of milvus_export.py, or arrays of NumPy.

Environment:
    MILVUS_HOST, MILVUS_PORT   the client Service
    SOURCE_S3_ADDRESS, SOURCE_S3_PORT, ..., SOURCE_DIRECTORY   where the arrays are, as milvus_export.py has them
    SOURCE_PREFIX      the folder with the exports, without a slash at either end
    FROM               the name of an export in it, or latest (latest); or the path of any folder with id.npy and vectors.npy
    COLLECTIONS        names with spaces between, or --all
    AS                 another name for the one collection; the name of one whose arrays are no export
    PARTITION          put all of it into the partition of that tag
    METRIC             of arrays that are no export: L2, IP, HAMMING, JACCARD, TANIMOTO, SUBSTRUCTURE, SUPERSTRUCTURE (L2)
    INDEX, INDEX_PARAMETERS   the index to build, as IVF_FLAT and {"nlist":1024} (that of the export; none)
    INTO_EXISTING      true: add to a collection that somebody else made
    BATCH_MIB          how much is sent at once (8)
    CALL_SECONDS       how long a call may take (600)

vectors.npy holds float32, float64 or, for binary vectors, uint8 with 8 dimensions each; id.npy int64.

What is done is written beside the arrays (imports/). Started again, it goes on where it was: ids of a part that had been begun are
deleted first. Exits 0, or 1 with the cause and the cure on stderr.

For the Python 3.6 and the pymilvus 1.1.1 of the mishards image.
"""
import array
import json
import logging
import os
import re
import resource
import signal
import sys
import time

from milvus_objects import STOP, Array, Failure, Missing, Progress, Stopped, check_stop, number, say, store_of

BINARY_METRICS = ('HAMMING', 'JACCARD', 'TANIMOTO', 'SUBSTRUCTURE', 'SUPERSTRUCTURE')
#: What each kind of index wants to be asked with; others ignore it.
SEARCH = {'nprobe': 64, 'ef': 64, 'search_k': 1000, 'search_length': 64}
SAMPLES = 10
TOLERANCE = 1e-3


def plain(text):
    """One line of ASCII, without credentials: mishards puts the URI of its database into error messages."""
    text = re.sub(r'([\w+.-]+://)\S+@', r'\1***@', str(text))
    return ' '.join(text.split()).encode('ascii', 'backslashreplace').decode('ascii')[:600]


class Source:
    """The ids and vectors of a part, a batch at a time."""

    def __init__(self, store, folder):
        self.folder = folder
        try:
            self.ids = Array(store, folder + '/id.npy')
            self.vectors = Array(store, folder + '/vectors.npy')
        except Missing as error:
            raise Failure('there is no %s in the %s' % (error, store.place))
        if (self.ids.kind, len(self.ids.shape)) != ('<i8', 1):
            raise Failure("%s is %s: write numpy.asarray(ids, 'int64'), of one dimension" % (self.ids.key, self.shown(self.ids)))
        if self.vectors.kind not in ('<f4', '<f8', '|u1') or len(self.vectors.shape) != 2:
            cure = "write numpy.asarray(vectors, 'float32'), of two dimensions"
            raise Failure('%s is %s: %s' % (self.vectors.key, self.shown(self.vectors), cure))
        if self.ids.rows != self.vectors.rows:
            raise Failure('%s has %d ids, and %d vectors' % (folder, self.ids.rows, self.vectors.rows))
        self.binary = self.vectors.kind == '|u1'
        self.dimension = self.vectors.shape[1] * (8 if self.binary else 1)
        self.rows = self.ids.rows

    @staticmethod
    def shown(found):
        return 'an array of %s in the shape %s' % (found.kind, found.shape)

    def batches(self, size):
        each = max(1, size // max(self.vectors.row, 1))
        for ids, vectors in zip(self.ids.batches(each), self.vectors.batches(each)):
            yield list(array.array('q', ids.tobytes())), self.records(vectors)

    def records(self, chunk):
        width = self.vectors.shape[1]
        if self.binary:
            content = chunk.tobytes()
            return [content[start : start + width] for start in range(0, len(content), width)]
        numbers = array.array('f' if self.vectors.kind == '<f4' else 'd', chunk.tobytes())
        return [numbers[start : start + width].tolist() for start in range(0, len(numbers), width)]


class Import:
    def __init__(self):
        self.environment = {
            name: os.environ.get(name, '')
            for name in ('MILVUS_HOST', 'FROM', 'AS', 'PARTITION', 'METRIC', 'INDEX', 'INDEX_PARAMETERS', 'SOURCE_PREFIX')
        }
        self.port = number('MILVUS_PORT', 19530, 1, 65535)
        self.batch = number('BATCH_MIB', 8, 1, 64) << 20
        self.seconds = number('CALL_SECONDS', 600, 1, 86400)
        self.wanted = os.environ.get('COLLECTIONS', '--all').split() or ['--all']
        self.into_existing = os.environ.get('INTO_EXISTING') == 'true'
        self.progress = Progress('import', number('PROGRESS_SECONDS', 10, 0, 3600))
        self.store = store_of('SOURCE_', 'SOURCE_DIRECTORY')
        self.index_parameters()

    def index_parameters(self):
        text = self.environment['INDEX_PARAMETERS'] or '{}'
        try:
            parameters = json.loads(text)
        except ValueError:
            parameters = None
        if not isinstance(parameters, dict):
            raise Failure('INDEX_PARAMETERS has to be JSON such as {"nlist":1024}, not \'%s\'' % text)
        return parameters

    # What there is to be imported

    def read_json(self, key):
        try:
            return json.loads(self.store.read(key).decode())
        except Missing:
            return None
        except ValueError:
            raise Failure('%s in the %s is no JSON' % (key, self.store.place))

    def folder(self):
        """The folder of an export, or of arrays."""
        wanted, prefix = self.environment['FROM'] or 'latest', self.environment['SOURCE_PREFIX'].strip('/')
        if '/' in wanted:
            return wanted.strip('/')
        names = self.store.folders(prefix + '/')
        if wanted != 'latest':
            if wanted not in names:
                newest = ', '.join(names[-5:]) or 'none'
                raise Failure("there is no export '%s' below %s/ in the %s. The newest are: %s" % (wanted, prefix, self.store.place, newest))
            return '%s/%s' % (prefix, wanted)
        for name in reversed(names):
            described = self.read_json('%s/%s/export.json' % (prefix, name))
            if described and 'finished' in described:
                return '%s/%s' % (prefix, name)
        raise Failure('there is no finished export below %s/ in the %s' % (prefix, self.store.place))

    def collections(self, folder):
        """What collection.json says, with the folder of each."""
        described = self.read_json(folder + '/export.json')
        if described is None:
            return [self.of_other_origin(folder)]
        names = self.wanted
        if names == ['--all']:
            names = [entry['name'] for entry in described.get('exported', [])] or self.store.folders(folder + '/')
        found = []
        for name in names:
            collection = self.read_json('%s/%s/collection.json' % (folder, name))
            if collection is None:
                raise Failure('there is no collection %s in %s/ in the %s' % (name, folder, self.store.place))
            found.append(dict(collection, folder='%s/%s' % (folder, name)))
        if self.environment['AS'] and len(found) != 1:
            raise Failure('AS is a name for one collection, and there are %d: name one in COLLECTIONS' % len(found))
        return found

    def of_other_origin(self, folder):
        if not self.environment['AS']:
            raise Failure('%s/ in the %s is no export: name the collection in AS' % (folder, self.store.place))
        source = Source(self.store, folder)
        metric = self.environment['METRIC'] or ('HAMMING' if source.binary else 'L2')
        if metric not in BINARY_METRICS + ('L2', 'IP') or source.binary != (metric in BINARY_METRICS):
            kinds = ', '.join(BINARY_METRICS) if source.binary else 'L2, IP'
            raise Failure("METRIC has to be one of %s for these vectors, not '%s'" % (kinds, metric))
        return {
            'name': self.environment['AS'],
            'folder': folder,
            'dimension': source.dimension,
            'binary': source.binary,
            'metric': metric,
            'index': {'type': 'FLAT', 'parameters': {}},
            'indexFileSize': 1024,
            'rows': source.rows,
            'partitions': [{'tag': '', 'rows': source.rows, 'parts': ['.']}],
        }

    # Milvus

    def connect(self):
        try:
            import milvus
        except ImportError as error:
            raise Failure('there is no pymilvus 1.1 here (%s): run this in the mishards 1.1.1 image' % error)
        # It logs what it raises as well, and that can contain credentials.
        logging.disable(logging.CRITICAL)
        self.milvus = milvus
        self.client = self.call('connect', lambda: milvus.Milvus(host=self.environment['MILVUS_HOST'], port=self.port))

    def call(self, what, action):
        """What a call returns beside its status, which has to be OK."""
        check_stop()
        try:
            reply = action()
        except Exception as error:
            place = '%s:%d' % (self.environment['MILVUS_HOST'], self.port)
            problem = plain('%s: %s' % (type(error).__name__, error))
            raise Failure('could not %s at %s: look at the proxy and the writable. %s' % (what, place, problem))
        status, value = reply if isinstance(reply, tuple) else (reply, None)
        if hasattr(status, 'OK'):
            if not status.OK():
                raise Failure('Milvus refuses to %s: %s (code %s)' % (what, plain(status.message), status.code))
            return value
        return reply

    def count(self, name):
        return self.call('count the rows of %s' % name, lambda: self.client.count_entities(name, timeout=self.seconds))

    def state_key(self, collection, name):
        return '%s/imports/%s/%s' % (collection['folder'], self.environment['MILVUS_HOST'], name)

    def prepare(self, collection):
        """Makes the collection unless it is there. What this import has noted of it."""
        name = collection['target']
        key = self.state_key(collection, name + '.json')
        state = self.read_json(key)
        metric = getattr(self.milvus.MetricType, collection['metric'], None)
        if metric is None:
            raise Failure('%s has a metric that pymilvus does not know: %s' % (name, collection['metric']))
        seconds = self.seconds
        if self.call('look for %s' % name, lambda: self.client.has_collection(name, timeout=seconds)):
            there = self.call('describe %s' % name, lambda: self.client.get_collection_info(name, timeout=seconds))
            found = (there.dimension, there.metric_type)
            if found != (collection['dimension'], metric):
                wanted = 'dimension %d and metric %s' % (collection['dimension'], collection['metric'])
                problem = 'it has dimension %d and metric %s' % (found[0], self.milvus.MetricType(found[1]).name)
                raise Failure('collection %s is there, but %s instead of %s: import it as another' % (name, problem, wanted))
            rows = self.count(name)
            say('collection %s is there already, with %d rows' % (name, rows))
            if state is None:
                if rows > 0 and not self.into_existing:
                    cure = 'import it AS another name, or say INTO_EXISTING=true'
                    raise Failure('collection %s is there already, with %d rows, and not from this import: %s' % (name, rows, cure))
                state = {'before': rows, 'done': []}
        else:
            schema = {
                'collection_name': name,
                'dimension': collection['dimension'],
                'index_file_size': collection['indexFileSize'],
                'metric_type': metric,
            }
            self.call('create %s' % name, lambda: self.client.create_collection(schema, timeout=seconds))
            say('created collection %s' % name)
            state = {'before': 0, 'done': []}
        self.note(collection, state)
        return state

    def note(self, collection, state):
        key = self.state_key(collection, collection['target'] + '.json')
        self.store.write(key, (json.dumps(state, indent=2, sort_keys=True) + '\n').encode())

    def partition(self, name, tag):
        if tag and not self.call('look for partition %s' % tag, lambda: self.client.has_partition(name, tag, timeout=self.seconds)):
            self.call('create partition %s' % tag, lambda: self.client.create_partition(name, tag, timeout=self.seconds))

    def flush(self, name):
        self.call('flush %s' % name, lambda: self.client.flush([name], timeout=self.seconds))

    def source(self, collection, part):
        return Source(self.store, os.path.normpath('%s/%s' % (collection['folder'], part)))

    def delete(self, collection, parts):
        for part, tag in parts:
            for ids, _ in self.source(collection, part).batches(self.batch):
                self.call('delete', lambda: self.client.delete_entity_by_id(collection['target'], ids, self.seconds, tag or None))
        self.flush(collection['target'])

    def take_back(self, collection, parts, state):
        """Deletes what is there of a part that had been begun; of all parts, if others have some of its ids, which are gone then."""
        name = collection['target']
        say('%s: part %s had been begun: deleting what is there of it' % (name, state['begun']))
        self.delete(collection, [(part, tag) for part, tag in parts if part == state['begun']])
        done = [(part, tag) for part, tag in parts if part in state['done']]
        if self.count(name) != state['before'] + sum(self.source(collection, part).rows for part, _ in done):
            say('%s: other parts have some of its ids: deleting what is there of all, to import them again' % name)
            self.delete(collection, done)
            state['done'] = []
        del state['begun']
        self.note(collection, state)

    def insert(self, collection, part, tag, state):
        name = collection['target']
        source = self.source(collection, part)
        if source.dimension != collection['dimension'] or source.binary != collection['binary']:
            raise Failure('%s has vectors of dimension %d, not %d' % (source.folder, source.dimension, collection['dimension']))
        state['begun'] = part
        self.note(collection, state)
        for ids, records in source.batches(self.batch):
            given = {'ids': ids, 'partition_tag': tag or None, 'timeout': self.seconds}
            inserted = self.call('insert into %s' % name, lambda: self.client.insert(name, records, **given))
            if list(inserted) != ids:
                raise Failure('Milvus returned other ids than it was given')
            self.progress.add(len(ids) * source.vectors.row)
        self.flush(name)
        del state['begun']
        state['done'].append(part)
        self.note(collection, state)

    def check(self, collection, state):
        """All rows are there, and vectors of several parts find themselves, or what is as near."""
        name = collection['target']
        expected, rows = state['before'] + collection['rows'], self.count(name)
        if rows != expected:
            problem = 'has %d rows instead of %d' % (rows, expected)
            raise Failure('collection %s %s: is somebody else writing to it, or were objects lost?' % (name, problem))
        parts = [part for partition in collection['partitions'] for part in partition['parts']]
        ids, records = [], []
        for part in parts[:: max(1, len(parts) // SAMPLES)][:SAMPLES]:
            source = self.source(collection, part)
            found, vectors = next(source.batches(source.vectors.row), ([], []))
            ids, records = ids + found, records + vectors
        if not ids:
            return
        reply = self.call(
            'search in %s' % name,
            lambda: self.client.search(name, 10, records, params=SEARCH, timeout=self.seconds),
        )
        for row, (wanted, record) in enumerate(zip(ids, records)):
            nearest = reply[row] if row < len(reply) else []
            if len(nearest) == 0:
                raise Failure('a search in %s finds nothing for the vector of id %d: are its objects in S3?' % (name, wanted))
            if wanted in [neighbour.id for neighbour in nearest]:
                continue
            own = sum(x * x for x in record) if collection['metric'] == 'IP' else 0
            better = nearest[0].distance - own if collection['metric'] == 'IP' else own - nearest[0].distance
            # Another vector may be as near, or, with IP, be longer.
            if better < -TOLERANCE * max(1, abs(own)):
                found = (name, wanted, nearest[0].id, nearest[0].distance)
                raise Failure('a search in %s for the vector of id %d finds %d at %g, and not itself' % found)
        say('%s: %d rows are there, and %d vectors were searched and found' % (name, rows, len(ids)))

    def build_index(self, collection):
        name = collection['target']
        kind = self.environment['INDEX'] or collection['index']['type']
        parameters = self.index_parameters() if self.environment['INDEX'] else collection['index']['parameters']
        index = getattr(self.milvus.IndexType, kind, None)
        if index is None:
            raise Failure("INDEX has to be an index of Milvus 1.1 such as IVF_FLAT, not '%s'" % kind)
        if index == self.milvus.IndexType.FLAT:
            return
        begun = time.monotonic()
        # It takes as long as it takes.
        self.call('build the index of %s' % name, lambda: self.client.create_index(name, index, parameters, timeout=None))
        say('%s: built index %s %s in %.0f s' % (name, kind, json.dumps(parameters), time.monotonic() - begun))

    def one(self, collection):
        collection['target'] = name = self.environment['AS'] or collection['name']
        state = self.prepare(collection)
        row = collection['dimension'] // 8 if collection['binary'] else 4 * collection['dimension']
        parts = [
            (part, self.environment['PARTITION'] or partition['tag'])
            for partition in collection['partitions']
            for part in partition['parts']
        ]
        if 'begun' in state:
            self.take_back(collection, parts, state)
        todo = [(part, tag) for part, tag in parts if part not in state['done']]
        for partition in collection['partitions']:
            self.partition(name, self.environment['PARTITION'] or partition['tag'])
        self.progress.name = name
        total = collection['rows'] * row
        self.progress.expect(total, total * len(state['done']) // max(len(parts), 1))
        for part, tag in todo:
            self.insert(collection, part, tag, state)
        self.check(collection, state)
        if todo or not state.get('finished'):
            self.build_index(collection)
        self.note(collection, dict(state, finished=True))
        return collection['rows'] if todo else 0

    def run(self):
        begun = time.monotonic()
        folder = self.folder()
        say('importing %s/ in the %s' % (folder, self.store.place))
        collections = self.collections(folder)
        self.connect()
        rows = sum(self.one(collection) for collection in collections)
        seconds = time.monotonic() - begun
        numbers = (len(collections), rows, seconds, rows / max(seconds, 0.001))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        say('imported %d collections, %d rows in %.0f s (%.0f rows/s, ' % numbers + '%d MiB of memory)' % memory)


def main():
    for name in (signal.SIGTERM, signal.SIGINT):
        # As PID 1 of a container it would otherwise go on.
        signal.signal(name, lambda *_: STOP.set())
    try:
        Import().run()
    except Stopped as error:
        print('milvus-import: %s; started again, it goes on where it was' % error, file=sys.stderr)
        return 143
    except Failure as error:
        print('milvus-import: %s' % error, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
