"""Takes collections out of Milvus 1.1.1: ids and vectors, as NumPy arrays that bulk insert of Milvus 2 reads.

Reads the objects and the metadata, and asks the server nothing: that would stop it for everybody, and take hours.

Environment:
    COLLECTIONS            names with spaces between, or --all
    MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_DATABASE, MYSQL_PWD    the metadata
    CREDENTIALS_FROM_MYSQL the Secret with its password, named in messages
    BACKUP                 of a backup instead, as 20260701T021500Z, or latest; without objects of its own, those it names must still be there
    BACKUP_S3_...          where that is, as below
    BACKUP_PREFIX          the folder in it with the backups
    S3_ADDRESS, S3_PORT, S3_SCHEME, S3_CA, S3_REGION, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY, CREDENTIALS_FROM   the objects
    SOURCE_DIRECTORY       or the volume with them (storage.path)
    STORAGE_PATH           storage.path of the servers
    TARGET_S3_...          where the export goes, as above
    TARGET_DIRECTORY       or the volume
    TARGET_PREFIX          the folder in it, without a slash at either end
    EXPORT                 the name of an export to go on with (the newest that is not finished of the same collections, or a new one)
    PART_MIB               how large vectors.npy may become (512)
    PARALLEL               how many parts are worked on at a time (4)
    PASSES                 how often what has changed meanwhile is looked for (3)
    SKIP_MISSING           true: leave out segments whose objects are lost, and name them in collection.json
    PROGRESS_SECONDS       how often it says how far it is (10)
    WAIT_SECONDS           how long to wait for MySQL (60)

A part is a segment of Milvus, or a piece of a large one: <collection>/<partition>/<segment>-<number>/ with id.npy, vectors.npy and
part.json, which is written last. Started again, it goes on where it was. Exits 0, or 1 with the cause and the cure on stderr.

For the Python 3.6 and the PyMySQL of the mishards image.
"""
import array
import datetime
import json
import os
import re
import resource
import signal
import struct
import sys
import time
import urllib.parse
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from milvus_metadata import Backup, Database
from milvus_objects import (
    PIECE,
    S3,
    STOP,
    Directory,
    Failure,
    Hashed,
    Missing,
    Progress,
    Stopped,
    check_stop,
    npy_header,
    number,
    say,
    settings_of,
    store_of,
)

#: Seconds before the metadata is read again when an object that it named is gone.
AGAIN_SECONDS = 2
#: A segment that was merged is in no metadata that is read later; one that is missing still then is lost.
TRIES_FOR_OBJECTS = 3
TRIES_FOR_COLLECTION = 20


class Gone(Exception):
    """An object that the metadata has named is not there."""

    def __init__(self, segment, key):
        super().__init__(key)
        self.segment = segment


class Part:
    """Some rows of a segment, which has so many in all, in the order in which they are in its objects."""

    def __init__(self, collection, tag, segment, number, first, rows, all_rows):
        self.collection, self.segment, self.first, self.rows, self.all_rows = collection, segment, first, rows, all_rows
        partition = urllib.parse.quote(tag, safe='') if tag else '_default'
        self.folder = '%s/%s/%s-%d' % (collection.name, partition, segment.name, number)


class Export:
    def __init__(self):
        self.part_bytes = number('PART_MIB', 512, 1, 16384) << 20
        self.parallel = number('PARALLEL', 4, 1, 64)
        self.passes = number('PASSES', 3, 1, 100)
        self.skip = os.environ.get('SKIP_MISSING') == 'true'
        self.target = store_of('TARGET_', 'TARGET_DIRECTORY')
        self.prefix = os.environ['TARGET_PREFIX'].strip('/')
        self.backup = backup_of(os.environ.get('BACKUP', ''))
        self.metadata = self.backup or Database()
        self.objects = self.backup and self.backup.objects
        if self.objects is not None:
            self.source = self.backup.store
        else:
            self.source = store_of('', 'SOURCE_DIRECTORY')
            self.tables = os.environ['STORAGE_PATH'].strip('/') + '/db/tables'
            if isinstance(self.source, Directory):
                self.tables = 'db/tables'
        self.wanted = os.environ.get('COLLECTIONS', '--all').split() or ['--all']
        self.progress = Progress('export', number('PROGRESS_SECONDS', 10, 0, 3600))
        #: What part.json says, by the folder of the part.
        self.done = {}
        #: By the table and the name of segments: their rows in the objects, which never change; and how often they were not there.
        self.row_counts = {}
        self.gone = {}
        self.lost = set()

    # What there is

    def chosen(self):
        collections = self.metadata.read()
        if self.wanted == ['--all']:
            return [collections[name] for name in sorted(collections)]
        unknown = [name for name in self.wanted if name not in collections]
        if unknown:
            there = ', '.join(sorted(collections)) or 'none'
            raise Failure('there is no collection %s. The collections are: %s' % (', '.join(unknown), there))
        return [collections[name] for name in self.wanted]

    def begin(self):
        """The name of the export: of one to go on with, or a new one."""
        name = os.environ.get('EXPORT', '')
        if name and re.match(r'[\w.-]+\Z', name) is None:
            raise Failure("EXPORT has to be a name of letters, digits, '_', '.' and '-', not '%s'" % name)
        if not name:
            for candidate in reversed(self.target.folders(self.prefix + '/')[-10:]):
                found = self.read_json('%s/%s/export.json' % (self.prefix, candidate))
                if found and 'finished' not in found and found.get('collections') == self.wanted:
                    if found.get('from') == (self.backup and self.backup.place):
                        name = candidate
                        break
        self.started = now()
        self.folder = '%s/%s' % (self.prefix, name or self.started)
        before = self.read_json(self.folder + '/export.json')
        if before:
            if 'finished' in before:
                raise Failure('the export %s is finished already: it is at %s' % (name, self.where()))
            say('going on with the export at %s' % self.where())
            self.started = before['started']
        else:
            say('exporting to %s' % self.where())
            self.write_json(self.folder + '/export.json', self.description())
        self.target.tidy(self.folder + '/')
        for key in self.target.keys(self.folder + '/'):
            if key.endswith('/part.json'):
                self.done[os.path.dirname(key)[len(self.folder) + 1 :]] = self.read_json(key)

    def where(self):
        return '%s/ in the %s' % (self.folder, self.target.place)

    def description(self, **more):
        described = {'format': 1, 'started': self.started, 'collections': self.wanted}
        if self.backup is not None:
            described.update({'backup': self.backup.name, 'from': self.backup.place})
        return dict(described, **more)

    def read_json(self, key):
        try:
            return json.loads(self.target.read(key).decode())
        except Missing:
            return None
        except ValueError:
            raise Failure('%s in the %s is no JSON: this is not an export' % (key, self.target.place))

    def write_json(self, key, value):
        self.target.write(key, (json.dumps(value, indent=2, sort_keys=True) + '\n').encode())

    # The objects of Milvus

    def object_key(self, segment, name):
        path = '%s/%s/%s' % (segment.table, segment.name, name)
        if self.objects is not None:
            return self.objects.get(path, '%s/objects/%s' % (self.backup.folder, path))
        return '%s/%s' % (self.tables, path)

    def counted(self, segment, name, unit):
        """An object that begins with the number of its bytes: how many units there are."""
        key = self.object_key(segment, name)
        first, size = self.source.size(key)
        length = struct.unpack('<q', first)[0] if len(first) == 8 else -1
        if length != size - 8 or length % unit != 0:
            problem = 'it has %d bytes, and counts %d' % (size, length)
            raise Failure('%s in the %s is damaged: %s' % (key, self.source.place, problem))
        return length // unit

    def rows(self, collection, segment):
        """The rows in the objects of a segment, with those that are deleted."""
        if segment.key not in self.row_counts:
            try:
                rows = self.counted(segment, segment.name + '.rv', collection.row_bytes)
                ids = self.counted(segment, segment.name + '.uid', 8)
            except Missing as error:
                raise Gone(segment, str(error))
            if rows != ids:
                key = self.object_key(segment, segment.name + '.rv')
                raise Failure('%s in the %s has %d vectors and %d ids' % (key, self.source.place, rows, ids))
            self.row_counts[segment.key] = rows
        return self.row_counts[segment.key]

    def deleted(self, segment, rows):
        """A byte for each row of a segment: 1 for one that is deleted."""
        flags = bytearray(rows)
        length = 4 * self.counted(segment, 'deleted_docs', 4)
        buffer = bytearray(min(length, PIECE) or 1)
        for chunk in self.source.chunks(self.object_key(segment, 'deleted_docs'), 8, length, buffer):
            for position in array.array('i', chunk.tobytes()):
                if not 0 <= position < rows:
                    raise Failure('%s names a row that is not there' % self.object_key(segment, 'deleted_docs'))
                flags[position] = 1
        return flags

    def parts(self, collection):
        """The parts of a collection as the metadata has it now."""
        each = max(1, self.part_bytes // collection.row_bytes)
        segments = [
            (tag, segment)
            for tag, there in sorted(collection.partitions.items())
            for segment in there
            if segment.key not in self.lost
        ]
        with ThreadPoolExecutor(4 * self.parallel) as pool:
            counts = list(pool.map(lambda found: self.rows(collection, found[1]), segments))
        return [
            Part(collection, tag, segment, place, first, min(each, rows - first), rows)
            for (tag, segment), rows in zip(segments, counts)
            for place, first in enumerate(range(0, rows, each))
        ]

    def up_to_date(self, part):
        done = self.done.get(part.folder)
        # Its rows as well: parts may have had another size before.
        return done is not None and (done['first'], done['rows'] + done['deletedRows'], done['segmentRows']) == (
            part.first,
            part.rows,
            part.segment.rows,
        )

    # The work

    def copy(self, part):
        """One part: vectors, then ids, then the mark that it is whole."""
        collection, segment = part.collection, part.segment
        try:
            flags = self.deleted(segment, part.all_rows)[part.first : part.first + part.rows]
            kept = flags.count(0)
            files = {}
            if kept > 0:
                shape = (kept, collection.row_bytes if collection.binary else collection.dimension)
                header = npy_header('|u1' if collection.binary else '<f4', shape)
                files['vectors.npy'] = self.write(part, 'vectors.npy', '.rv', collection.row_bytes, header, flags)
                files['id.npy'] = self.write(part, 'id.npy', '.uid', 8, npy_header('<i8', (kept,)), flags)
        except Missing as error:
            raise Gone(segment, str(error))
        described = {
            'segment': segment.name,
            'segmentRows': segment.rows,
            'first': part.first,
            'rows': kept,
            'deletedRows': part.rows - kept,
            'files': files,
        }
        self.write_json('%s/%s/part.json' % (self.folder, part.folder), described)
        self.done[part.folder] = described

    def write(self, part, name, ending, unit, header, flags):
        """A file of a part, from an object: what part.json says of it."""
        key = '%s/%s/%s' % (self.folder, part.folder, name)
        writer = Hashed(self.target.writer(key, len(header) + flags.count(0) * unit))
        try:
            writer.write(header)
            buffer = bytearray(min(max(PIECE // unit, 1), part.rows) * unit)
            source = self.object_key(part.segment, part.segment.name + ending)
            first = 0
            for chunk in self.source.chunks(source, 8 + part.first * unit, part.rows * unit, buffer):
                for kept in without(chunk, unit, flags, first):
                    writer.write(kept)
                first += len(chunk) // unit
                self.progress.add(len(chunk))
            writer.writer.close()
        except BaseException:
            writer.writer.abort()
            raise
        return {'bytes': writer.size, 'sha256': writer.hash.hexdigest()}

    def pass_over(self, collection):
        """Copies what is not there. All parts of the collection, and how many of them were copied."""
        parts = self.parts(collection)
        todo = [part for part in parts if not self.up_to_date(part)]
        unit = collection.row_bytes + 8
        total = sum(part.rows for part in parts) * unit
        self.progress.name = collection.name
        self.progress.expect(total, total - sum(part.rows for part in todo) * unit)
        gone = None
        waiting, running = iter(todo), set()
        with ThreadPoolExecutor(self.parallel) as pool:
            try:
                while True:
                    # No more than are worked on at a time: what is queued could not be taken back.
                    while len(running) < self.parallel:
                        part = next(waiting, None)
                        if part is None:
                            break
                        running.add(pool.submit(self.copy, part))
                    if not running:
                        break
                    check_stop()
                    finished, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                    for future in finished:
                        try:
                            future.result()
                        except Gone as error:
                            gone = error
            except BaseException:
                STOP.set()
                raise
        if gone is not None:
            raise gone
        return parts, len(todo)

    def export(self, collection):
        """A collection, as it is in an instant: looked at again until nothing has changed meanwhile, or often enough."""
        passes, tries = 0, 0
        while True:
            as_of = now()
            collection = self.again(collection)
            try:
                parts, copied = self.pass_over(collection)
            except Gone as error:
                tries += 1
                self.is_gone(collection, error, tries)
                continue
            passes += 1
            if copied == 0 or passes == self.passes or self.backup is not None:
                break
        self.finish(collection, parts, as_of)

    def is_gone(self, collection, error, tries):
        segment = error.segment
        count = self.gone[segment.key] = self.gone.get(segment.key, 0) + 1
        if count < TRIES_FOR_OBJECTS:
            if tries > TRIES_FOR_COLLECTION:
                cure = 'export it when less is written'
                raise Failure('Milvus removes segments of %s before they are read: %s' % (collection.name, cure))
            say('%s: %s is not there any more; reading the metadata again' % (collection.name, error))
            STOP.wait(AGAIN_SECONDS)
        elif self.skip:
            say('%s: segment %s with %d rows is lost, and left out' % (collection.name, segment.name, segment.rows))
            self.lost.add(segment.key)
        else:
            cure = 'Restore a backup' if self.backup is None else 'Export another backup'
            cure += ', or export the rest with SKIP_MISSING=true'
            problem = 'so %d rows of %s are lost' % (segment.rows, collection.name)
            raise Failure('the metadata names %s, which is not in the %s, %s. %s' % (error, self.source.place, problem, cure))

    def again(self, collection):
        """The collection as it is now."""
        there = self.metadata.read().get(collection.name)
        if there is None:
            raise Failure('collection %s was dropped meanwhile' % collection.name)
        return there

    def finish(self, collection, parts, as_of):
        """Removes parts of segments that are no more, and describes the rest."""
        mine = {part.folder for part in parts}
        for folder in sorted(self.done):
            if folder.startswith(collection.name + '/') and folder not in mine:
                for name in ('part.json', 'id.npy', 'vectors.npy'):
                    self.target.delete('%s/%s/%s' % (self.folder, folder, name))
                del self.done[folder]
        partitions, sums = [], []
        for tag in sorted(collection.partitions):
            quoted = urllib.parse.quote(tag, safe='') if tag else '_default'
            start = '%s/%s/' % (collection.name, quoted)
            folders = sorted(folder for folder in mine if folder.startswith(start) and self.done[folder]['rows'] > 0)
            partitions.append(
                {
                    'tag': tag,
                    'folder': quoted,
                    'rows': sum(self.done[folder]['rows'] for folder in folders),
                    'parts': [folder[len(collection.name) + 1 :] for folder in folders],
                }
            )
            for folder in folders:
                for name, file in sorted(self.done[folder]['files'].items()):
                    sums.append('%s  %s/%s\n' % (file['sha256'], folder[len(collection.name) + 1 :], name))
        rows = sum(partition['rows'] for partition in partitions)
        described = {
            'name': collection.name,
            'dimension': collection.dimension,
            'binary': collection.binary,
            'metric': collection.metric,
            'index': {'type': collection.index, 'parameters': collection.index_parameters},
            'indexFileSize': collection.index_file_size,
            'asOf': as_of,
            'rows': rows,
            'partitions': partitions,
            'lostSegments': sorted(
                segment.name
                for segments in collection.partitions.values()
                for segment in segments
                if segment.key in self.lost
            ),
        }
        self.target.write('%s/%s/SHA256SUMS' % (self.folder, collection.name), ''.join(sums).encode())
        self.write_json('%s/%s/collection.json' % (self.folder, collection.name), described)
        self.summary.append({'name': collection.name, 'rows': rows})
        lost = described['lostSegments']
        say(
            'exported %s: %d rows in %d parts, %d deleted rows left out%s'
            % (
                collection.name,
                rows,
                sum(len(partition['parts']) for partition in partitions),
                sum(self.done[folder]['deletedRows'] for folder in mine),
                '; %d segments are lost: %s' % (len(lost), ', '.join(lost)) if lost else '',
            )
        )

    def run(self):
        begun = time.monotonic()
        self.summary = []
        collections = self.chosen()
        self.begin()
        for collection in collections:
            self.export(collection)
        finished = now()
        self.write_json(self.folder + '/export.json', self.description(finished=finished, exported=self.summary))
        seconds = time.monotonic() - begun
        say(
            'exported %d collections, %d rows, %.0f MiB in %.0f s (%.1f MiB/s, %d MiB of memory) to %s'
            % (
                len(self.summary),
                sum(entry['rows'] for entry in self.summary),
                self.progress.moved / 2.0 ** 20,
                seconds,
                self.progress.moved / 2.0 ** 20 / max(seconds, 0.001),
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
                self.where(),
            )
        )


def backup_of(wanted):
    if not wanted:
        return None
    if re.match(r'(\d{8}T\d{6}Z|latest)\Z', wanted) is None:
        raise Failure("BACKUP has to be the name of a backup, as 20260701T021500Z, or latest, not '%s'" % wanted)
    return Backup(S3(settings_of('BACKUP_')), os.environ['BACKUP_PREFIX'].strip('/'), wanted)


def without(chunk, unit, flags, first):
    """A chunk, of whole rows that begin with that one, without the rows that have a flag."""
    begin, rows = 0, len(chunk) // unit
    while begin < rows:
        end = flags.find(1, first + begin, first + rows)
        end = rows if end < 0 else end - first
        if end > begin:
            yield chunk[begin * unit : end * unit]
        begin = end + 1


def now():
    return datetime.datetime.utcnow().strftime('%Y%m%dT%H%M%SZ')


def main():
    for name in (signal.SIGTERM, signal.SIGINT):
        # As PID 1 of a container it would otherwise go on.
        signal.signal(name, lambda *_: STOP.set())
    try:
        Export().run()
    except Stopped as error:
        print('milvus-export: %s; started again, it goes on where it was' % error, file=sys.stderr)
        return 143
    except Failure as error:
        print('milvus-export: %s' % error, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
