"""A client of Milvus that searches all the time, and counts what fails; for the Python 3.6 and pymilvus 1.1 of mishards.

    client.py search        makes the collection, then searches and inserts for ever: a line of JSON a second on stdout
    client.py verify        one line of JSON: rows there are, and how many of the first ones a search does not find

Environment: MILVUS_HOST, MILVUS_PORT; THREADS (8) that search; ROWS (20000) to begin with; NEW_ROWS (100) a second.

Vectors follow from their ids, and the first ROWS ids are 0, 1, 2, ...: so whoever asks knows them.
"""
import json
import logging
import os
import random
import sys
import threading
import time

COLLECTION = 'e2e'
DIMENSION = 16
SAMPLES = 200
BATCH = 5000


def vector(identity):
    numbers = random.Random(identity)
    return [numbers.random() for _ in range(DIMENSION)]


def connect():
    from milvus import Milvus

    return Milvus(host=os.environ['MILVUS_HOST'], port=int(os.environ.get('MILVUS_PORT', '19530')))


def described(error):
    return ' '.join(('%s: %s' % (type(error).__name__, error)).split())[:300]


def answer(reply):
    status, value = reply if isinstance(reply, tuple) else (reply, None)
    if not status.OK():
        raise RuntimeError(status.message)
    return value


def found(client, identities):
    """How many of these a search finds as their own nearest neighbour."""
    query = [vector(one) for one in identities]
    rows = answer(client.search(COLLECTION, 1, query, params={'nprobe': 16}, timeout=30))
    return sum(1 for row, wanted in zip(rows, identities) if len(row) > 0 and row[0].id == wanted)


def insert(client, first, count):
    identities = list(range(first, first + count))
    answer(client.insert(COLLECTION, [vector(one) for one in identities], ids=identities, timeout=60))


def prepare(client, rows):
    from milvus import IndexType, MetricType

    if not answer(client.has_collection(COLLECTION)):
        schema = {'collection_name': COLLECTION, 'dimension': DIMENSION, 'index_file_size': 64}
        answer(client.create_collection(dict(schema, metric_type=MetricType.L2)))
        for first in range(0, rows, BATCH):
            insert(client, first, min(BATCH, rows - first))
        answer(client.flush([COLLECTION]))
        answer(client.create_index(COLLECTION, IndexType.IVF_FLAT, {'nlist': 16}))
    return answer(client.count_entities(COLLECTION))


class Counts:
    def __init__(self):
        self.lock = threading.Lock()
        self.calls, self.failed, self.slowest, self.errors = 0, 0, 0.0, []

    def add(self, seconds, error):
        with self.lock:
            self.calls += 1
            self.slowest = max(self.slowest, seconds)
            if error is not None:
                self.failed += 1
                self.errors.append(error)

    def take(self):
        with self.lock:
            taken = {
                'calls': self.calls,
                'failed': self.failed,
                'slowest': round(self.slowest, 2),
                'errors': sorted(set(self.errors))[:3],
            }
            self.calls, self.failed, self.slowest, self.errors = 0, 0, 0.0, []
            return taken


def in_thread(work):
    threading.Thread(target=work, daemon=True).start()


def search(rows, new_rows, threads):
    client = None
    while client is None:
        try:
            client = connect()
            there = prepare(client, rows)
        except Exception as error:
            print(json.dumps({'waiting': described(error)}), flush=True)
            client = None
            time.sleep(2)
    counts, state = Counts(), {'acknowledged': there, 'refused': 0}

    def searcher(seed):
        choice, mine = random.Random(seed), connect()
        while True:
            started, error = time.monotonic(), None
            try:
                wanted = [choice.randrange(rows)]
                if found(mine, wanted) != 1:
                    error = 'vector %d is not found' % wanted[0]
            except Exception as caught:
                error = described(caught)
            counts.add(time.monotonic() - started, error)
            time.sleep(0.05)

    def writer():
        # A row counts when its insert and the flush after it were answered. What was not answered may be there or not,
        # and its ids are not used again.
        mine, following = connect(), int(time.time()) * 1000000
        while True:
            try:
                insert(mine, following, new_rows)
                answer(mine.flush([COLLECTION]))
                state['acknowledged'] += new_rows
            except Exception:
                state['refused'] += 1
            following += new_rows
            time.sleep(1)

    for seed in range(threads):
        in_thread(lambda seed=seed: searcher(seed))
    in_thread(writer)
    while True:
        time.sleep(1)
        print(json.dumps(dict(counts.take(), time=round(time.time(), 1), **state)), flush=True)


def verify(rows):
    client = connect()
    answer(client.flush([COLLECTION]))
    sample = random.Random(0).sample(range(rows), min(SAMPLES, rows))
    there = answer(client.count_entities(COLLECTION))
    print(json.dumps({'rows': there, 'sampled': len(sample), 'notFound': len(sample) - found(client, sample)}))


def main():
    logging.disable(logging.CRITICAL)
    numbers = [('ROWS', '20000'), ('NEW_ROWS', '100'), ('THREADS', '8')]
    rows, new_rows, threads = [int(os.environ.get(name, default)) for name, default in numbers]
    if sys.argv[1:] == ['verify']:
        verify(rows)
    else:
        search(rows, new_rows, threads)


if __name__ == '__main__':
    main()
