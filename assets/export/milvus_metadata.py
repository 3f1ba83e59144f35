"""Milvus' own description of its collections: in the tables of a running MySQL, or in a backup."""
import gzip
import hashlib
import io
import json
import os
import re
import time

from milvus_objects import Failure, Missing, number, say

#: TableFiles.file_type of what a search sees (raw, to be indexed, indexed), and of raw vectors that an index file stands in for.
IN_USE = (1, 2, 3, 7)
METRICS = {1: 'L2', 2: 'IP', 3: 'HAMMING', 4: 'JACCARD', 5: 'TANIMOTO', 6: 'SUBSTRUCTURE', 7: 'SUPERSTRUCTURE'}
BINARY_METRICS = ('HAMMING', 'JACCARD', 'TANIMOTO', 'SUBSTRUCTURE', 'SUPERSTRUCTURE')
#: Tables.engine_type. The server keeps the index of binary vectors apart (9, 10); its API does not.
INDEXES = {
    1: 'FLAT',
    2: 'IVF_FLAT',
    3: 'IVF_SQ8',
    4: 'RNSG',
    5: 'IVF_SQ8H',
    6: 'IVF_PQ',
    9: 'FLAT',
    10: 'IVF_FLAT',
    11: 'HNSW',
    12: 'ANNOY',
}
COLUMNS = {
    'Tables': (
        'table_id',
        'state',
        'dimension',
        'index_file_size',
        'engine_type',
        'index_params',
        'metric_type',
        'owner_table',
        'partition_tag',
    ),
    'TableFiles': ('table_id', 'segment_id', 'file_type', 'row_count'),
}


class Segment:
    """A folder of objects. `rows` is what the metadata counts: without those that are deleted."""

    def __init__(self, table, name, rows):
        self.table, self.name, self.rows = table, name, rows
        self.key = (table, name)


class Collection:
    def __init__(self, row):
        self.name = row['table_id']
        self.dimension = row['dimension']
        self.metric = METRICS.get(row['metric_type'], str(row['metric_type']))
        self.index = INDEXES.get(row['engine_type'], str(row['engine_type']))
        try:
            self.index_parameters = json.loads(row['index_params'] or '{}')
        except ValueError:
            self.index_parameters = {}
        size = row['index_file_size']
        # In bytes; MiB in the API.
        self.index_file_size = size >> 20 if size >= 1 << 20 else size
        self.binary = self.metric in BINARY_METRICS
        #: By its tag, '' for the rows in none: the segments of each partition.
        self.partitions = {'': []}

    @property
    def row_bytes(self):
        return self.dimension // 8 if self.binary else 4 * self.dimension


def collections_of(tables, files):
    """The collections by name, from the rows of both tables."""
    live = [row for row in tables if row['state'] == 0]
    collections = {row['table_id']: Collection(row) for row in live if not row['owner_table']}
    places = {name: (collections[name], '') for name in collections}
    for row in live:
        owner = collections.get(row['owner_table'])
        if owner is not None:
            owner.partitions[row['partition_tag']] = []
            places[row['table_id']] = (owner, row['partition_tag'])
    segments = {}
    for row in files:
        if row['table_id'] in places and row['file_type'] in IN_USE:
            key = (row['table_id'], row['segment_id'])
            segments[key] = max(segments.get(key, 0), row['row_count'])
    for (table, name), rows in sorted(segments.items()):
        collection, tag = places[table]
        collection.partitions[tag].append(Segment(table, name, rows))
    return collections


class Database:
    """The metadata of a cluster that runs."""

    def __init__(self):
        self.environment = {name: os.environ.get('MYSQL_' + name, '') for name in ('HOST', 'PORT', 'USER', 'DATABASE')}
        self.place = "database '%(DATABASE)s' at %(HOST)s:%(PORT)s" % self.environment
        self.wait = number('WAIT_SECONDS', 60, 0, 86400)

    def read(self):
        """Both tables as they were in one instant."""
        deadline = time.monotonic() + self.wait
        while True:
            try:
                return collections_of(*self.once())
            except (OSError, RuntimeError) as error:
                problem = str(error)
            if time.monotonic() >= deadline:
                raise Failure('could not read the %s: %s' % (self.place, problem))
            say('waiting for the %s: %s' % (self.place, problem))
            time.sleep(2)

    def once(self):
        import pymysql

        environment = self.environment
        secret = os.environ.get('CREDENTIALS_FROM_MYSQL', '')
        try:
            connection = pymysql.connect(
                host=environment['HOST'],
                port=int(environment['PORT']),
                user=environment['USER'],
                password=os.environ.get('MYSQL_PWD', ''),
                database=environment['DATABASE'],
                charset='utf8mb4',
                connect_timeout=10,
                read_timeout=300,
                cursorclass=pymysql.cursors.DictCursor,
            )
        except pymysql.err.OperationalError as error:
            code, message = (error.args + (0, ''))[:2]
            if code in (1044, 1045):
                raise Failure("the %s refuses the login: look at Secret '%s'. %s" % (self.place, secret, message))
            if code == 1049:
                raise Failure('there is no %s' % self.place)
            raise RuntimeError(message)
        try:
            with connection.cursor() as cursor:
                cursor.execute('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
                cursor.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
                answers = []
                for table, columns in COLUMNS.items():
                    cursor.execute('SELECT %s FROM %s' % (', '.join(columns), table))
                    answers.append(cursor.fetchall())
                return answers
        except pymysql.err.ProgrammingError as error:
            raise Failure('the %s has no metadata of Milvus: %s' % (self.place, error.args[-1]))
        except pymysql.err.MySQLError as error:
            raise RuntimeError(error.args[-1] if error.args else 'it broke off')
        finally:
            connection.close()


class Backup:
    """The metadata in a backup, as mysqldump has written it; and the objects of a whole one, as backup-upload.sh has left them."""

    def __init__(self, store, folder, wanted):
        self.store, self.folder = store, folder
        self.name = self.latest() if wanted == 'latest' else wanted
        self.place = '%s/%s.sql.gz in the %s' % (folder, self.name, store.place)
        self.sums = self.manifest()
        #: Keys by the path below tables/; None for a backup of the metadata alone.
        self.objects = self.listed() if self.sums else None
        self.collections = None

    def latest(self):
        """The newest that no verification has found damaged, as restore-download.sh takes it."""
        keys = self.store.keys(self.folder + '/2')
        endings = [re.match(r'(\d{8}T\d{6}Z)\.(sql\.gz|damaged)\Z', key[len(self.folder) + 1 :]) for key in keys]
        found = {ending.groups() for ending in endings if ending is not None}
        good = sorted(name for name, ending in found if ending == 'sql.gz' and (name, 'damaged') not in found)
        if not good:
            raise Failure('there is no backup below %s/ in the %s' % (self.folder, self.store.place))
        return good[-1]

    def manifest(self):
        """The checksums of its files, by their endings."""
        try:
            lines = self.store.read('%s/%s.manifest' % (self.folder, self.name)).decode().splitlines()
        except Missing:
            return {}
        words = [line.split() for line in lines]
        return {word[3][len(self.name) :]: word[1] for word in words if word[0] in ('dump', 'list')}

    def file(self, ending):
        """A file of the backup, decompressed, in lines."""
        key = '%s/%s%s' % (self.folder, self.name, ending)
        try:
            content = self.store.read(key)
        except Missing:
            raise Failure('there is no %s in the %s' % (key, self.store.place))
        if self.sums and hashlib.sha256(content).hexdigest() != self.sums.get(ending):
            problem = 'is not what its manifest says: it was changed or damaged. Export another backup'
            raise Failure('%s in the %s %s' % (key, self.store.place, problem))
        return gzip.open(io.BytesIO(content), 'rt', encoding='utf-8', newline='\n')

    def listed(self):
        with self.file('.objects.gz') as lines:
            found = (line.split() for line in lines)
            # What else there is, index files for one, an export does not read.
            needed = ('.rv', '.uid', '/deleted_docs')
            return {path: '%s/%s/%s' % (self.folder, place, path) for _, _, place, path in found if path.endswith(needed)}

    def read(self):
        if self.collections is None:
            try:
                with self.file('.sql.gz') as lines:
                    rows = rows_of(lines)
            except (OSError, EOFError) as error:
                raise Failure('%s can not be read: %s' % (self.place, error))
            if rows is None:
                raise Failure('%s is not complete' % self.place)
            if None in rows.values():
                raise Failure('%s is not the metadata of Milvus' % self.place)
            self.collections = collections_of(rows['Tables'], rows['TableFiles'])
        return self.collections


def rows_of(lines):
    """The rows of both tables as dictionaries, from the text of a dump; None when its last line is missing."""
    names, rows = {}, dict.fromkeys(COLUMNS)
    created = into = None
    complete = False
    for line in lines:
        create = re.match(r'CREATE TABLE `(\w+)` \(', line)
        column = re.match(r'  `(\w+)` ', line)
        insert = re.match(r'INSERT INTO `(\w+)` VALUES\s*', line)
        if create:
            created, into = canonical(create.group(1)), None
            names[created] = []
            if created in rows:
                rows[created] = []
        elif column and created is not None:
            names[created].append(column.group(1))
        elif insert or line.startswith('('):
            # MySQL writes all rows into one line, MariaDB each into its own. A line break in a value is escaped.
            into = canonical(insert.group(1)) if insert else into
            if into in rows:
                for values in tuples(line[insert.end() if insert else 0 :]):
                    row = dict(zip(names[into], values))
                    rows[into].append({name: row[name] for name in COLUMNS[into]})
        else:
            created = None
        complete = line.startswith('-- Dump completed')
    return rows if complete else None


def canonical(table):
    """As Milvus spells it: a server with lower_case_table_names does not."""
    return {name.lower(): name for name in COLUMNS}.get(table.lower(), table)


VALUE = re.compile(r"\s*(?:'((?:[^'\\]|\\.|'')*)'|(NULL)|0x([0-9A-Fa-f]*)|(-?\d+))\s*([,)])", re.DOTALL)
ESCAPES = {'n': '\n', 't': '\t', 'r': '\r', '0': '\0', 'b': '\b', 'Z': '\x1a'}


def tuples(text):
    """(1,'a',NULL),(2,...); as lists of values."""
    position = 0
    while text[position : position + 1] == '(':
        position += 1
        values = []
        while True:
            match = VALUE.match(text, position)
            if match is None:
                raise Failure('a row of the dump can not be read: %s' % text[position : position + 60])
            quoted, null, digits, integer, end = match.groups()
            if quoted is not None:
                plain = quoted.replace("''", "'")
                values.append(re.sub(r'\\(.)', lambda found: ESCAPES.get(found.group(1), found.group(1)), plain))
            elif null is not None:
                values.append(None)
            else:
                values.append(bytes.fromhex(digits).decode() if digits is not None else int(integer))
            position = match.end()
            if end == ')':
                break
        yield values
        if text[position : position + 1] == ',':
            position += 1
