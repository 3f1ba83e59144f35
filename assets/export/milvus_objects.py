"""Objects of export and import: in S3, signed as AWS wants it (version 4), or in a directory. And arrays as NumPy writes them.

For the Python 3.6 of the mishards image, which has no client of S3 and no NumPy. Everything is read and written in pieces: what
is in memory does not grow with an object. A call that fails for a reason that may pass is tried again.
"""
import ast
import datetime
import hashlib
import hmac
import http.client
import os
import re
import shutil
import ssl
import struct
import threading
import time
import urllib.parse
import xml.etree.ElementTree

#: Bytes that are read or sent at once; S3 wants at least 5 MiB of all pieces of an object but the last.
PIECE = 8 << 20
#: S3 takes no more pieces for an object.
MOST_PIECES = 10000
ATTEMPTS = 8
LONGEST_PAUSE_SECONDS = 10
TIMEOUT_SECONDS = 60


class Failure(Exception):
    """Something that a person has to mend, in words for that person."""


class Unsupported(Failure):
    """Something that this storage does not do."""


class Missing(Exception):
    """There is no such object."""


class Stopped(Exception):
    """The process was told to end."""


class Throttled(Exception):
    """An answer of S3 that may be another one later."""


STOP = threading.Event()


def check_stop():
    if STOP.is_set():
        raise Stopped('it was told to stop')


def settings_of(prefix):
    """The environment of an S3 storage: of the cluster's own without a prefix."""
    return {
        name: os.environ.get(prefix + name, '')
        for name in (
            'S3_SCHEME',
            'S3_CA',
            'S3_ADDRESS',
            'S3_PORT',
            'S3_REGION',
            'S3_BUCKET',
            'S3_ACCESS_KEY',
            'S3_SECRET_KEY',
            'CREDENTIALS_FROM',
        )
    }


def store_of(prefix, directory_variable):
    """The directory that is mounted, or the S3 storage of that prefix."""
    directory = os.environ.get(directory_variable, '')
    return Directory(directory) if directory else S3(settings_of(prefix))


class S3:
    """A bucket, in path style and, unless another region is given, in us-east-1 as Milvus 1.1.1 uses it. Each thread has a connection of its own."""

    def __init__(self, settings):
        self.settings = settings
        secret = "Secret '%s'" % settings['CREDENTIALS_FROM']
        for name in ('S3_ACCESS_KEY', 'S3_SECRET_KEY'):
            if not settings[name]:
                raise Failure('%s is not set or empty: look at %s' % (name, secret))
            if settings[name] != settings[name].strip():
                raise Failure('%s has space or a line break around it: correct %s' % (name, secret))
        self.tls = settings['S3_SCHEME'] == 'https'
        self.port = int(settings['S3_PORT'])
        usual = self.port == (443 if self.tls else 80)
        self.host = settings['S3_ADDRESS'] + ('' if usual else ':%d' % self.port)
        self.place = "bucket '%s' at %s://%s" % (settings['S3_BUCKET'], settings['S3_SCHEME'] or 'http', self.host)
        self.context = ssl.create_default_context(cafile=settings['S3_CA'] or None) if self.tls else None
        self.own = threading.local()

    def connect(self):
        address, port = self.settings['S3_ADDRESS'], self.port
        if self.tls:
            return http.client.HTTPSConnection(address, port, timeout=TIMEOUT_SECONDS, context=self.context)
        return http.client.HTTPConnection(address, port, timeout=TIMEOUT_SECONDS)

    def connection(self):
        if getattr(self.own, 'connection', None) is None:
            self.own.connection = self.connect()
        return self.own.connection

    def disconnect(self):
        connection, self.own.connection = getattr(self.own, 'connection', None), None
        if connection is not None:
            connection.close()

    def signed(self, method, path, query, headers, payload):
        """The headers with a signature, https://docs.aws.amazon.com/general/latest/gr/sigv4_signing.html"""
        now = datetime.datetime.utcnow().strftime('%Y%m%dT%H%M%SZ')
        digest = hashlib.sha256(payload).hexdigest()
        headers = dict(headers, **{'host': self.host, 'x-amz-date': now, 'x-amz-content-sha256': digest})
        names = sorted(headers)
        lines = [method, path, query] + ['%s:%s' % (name, headers[name]) for name in names]
        canonical = '\n'.join(lines + ['', ';'.join(names), digest])
        scope = '%s/%s/s3/aws4_request' % (now[:8], self.settings['S3_REGION'] or 'us-east-1')
        text = '\n'.join(['AWS4-HMAC-SHA256', now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ('AWS4' + self.settings['S3_SECRET_KEY']).encode()
        for step in scope.split('/'):
            key = hmac.new(key, step.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        headers['authorization'] = 'AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s' % (
            self.settings['S3_ACCESS_KEY'],
            scope,
            ';'.join(names),
            signature,
        )
        return headers

    def send(self, method, key, query=None, headers=None, payload=b''):
        """A request, once. Returns the response, whose body is still to be read."""
        path = '/' + urllib.parse.quote('%s/%s' % (self.settings['S3_BUCKET'], key), safe='/-_.~')
        pairs = sorted((query or {}).items())
        text = '&'.join('%s=%s' % tuple(urllib.parse.quote(part, safe='-_.~') for part in pair) for pair in pairs)
        headers = self.signed(method, path, text, headers or {}, payload)
        headers['content-length'] = str(len(payload))
        connection = self.connection()
        connection.request(method, path + ('?' + text if text else ''), payload or None, headers)
        response = connection.getresponse()
        if response.status < 300:
            return response
        body = response.read()
        code, message = code_and_message(body)
        # 412: it was written anew since its beginning was read.
        if response.status in (404, 412) and code != 'NoSuchBucket' and method != 'POST':
            raise Missing(key)
        said = '%s %s: %d %s %s' % (method, key, response.status, code or response.reason, message)
        unsupported = response.status == 501
        if response.status >= 500 and not unsupported or response.status in (408, 429) or code in ('RequestTimeout', 'SlowDown'):
            raise Throttled(said)
        kind = Unsupported if unsupported else Failure
        raise kind('%s refused: %s. S3 said: %s' % (self.place, self.cure(code, response.status), self.masked(said)))

    def cure(self, code, status):
        secret = "Secret '%s'" % self.settings['CREDENTIALS_FROM']
        if code in ('InvalidAccessKeyId', 'SignatureDoesNotMatch'):
            return 'correct the keys in %s' % secret
        if status == 403:
            return 'grant s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket to the access key in %s' % secret
        if code == 'AuthorizationHeaderMalformed':
            return 'set the region of the storage'
        if code == 'NoSuchBucket':
            return 'there is no such bucket: make it, or correct the name'
        return 'is it the right endpoint, and is this S3?'

    def masked(self, text):
        for name in ('S3_SECRET_KEY', 'S3_ACCESS_KEY'):
            text = text.replace(self.settings[name], '***')
        return ' '.join(text.encode('ascii', 'replace').decode().split())[:600]

    def attempt(self, what, action):
        """What may fail for a while, until it does not."""
        for count in range(1, ATTEMPTS + 1):
            check_stop()
            try:
                return action()
            except (OSError, http.client.HTTPException, Throttled) as error:
                self.disconnect()
                if isinstance(error, ssl.SSLError) and 'CERTIFICATE_VERIFY_FAILED' in str(error):
                    cure = 'name the Secret of its CA in tls.caSecret, and the name in it in tls.serverName'
                    raise Failure('the certificate of %s is not trusted here: %s. %s' % (self.place, cure, error))
                if count == ATTEMPTS:
                    reason = self.masked('%s: %s' % (type(error).__name__, error))
                    cure = 'is the storage up, are its address and TLS set right, does a NetworkPolicy block it?'
                    raise Failure('could not %s (%s): %s %s' % (what, self.place, cure, reason))
                STOP.wait(min(0.25 * 2 ** count, LONGEST_PAUSE_SECONDS))

    def call(self, method, key, query=None, headers=None, payload=b''):
        """A request until it succeeds: its headers and its body, which must be small."""

        def action():
            response = self.send(method, key, query, headers, payload)
            return response.headers, response.read()

        return self.attempt('%s %s' % (method, key), action)

    def read(self, key):
        """A small object, whole."""
        return self.call('GET', key)[1]

    def size(self, key):
        """The size of an object. Asked for with its first byte: a HEAD that fails does not say why."""
        headers, body = self.call('GET', key, headers={'range': 'bytes=0-7'})
        return body, int(headers.get('content-range', '/%d' % len(body)).rsplit('/', 1)[1])

    def chunks(self, key, start, length, buffer):
        """The bytes of a range, in views of the buffer that are full but for the last.

        A request for each: a gateway that waits for a reader, who waits for it to take what was read, does nothing any more.
        """
        view, end, etag = memoryview(buffer), start + length, None
        filled = 0

        def fill():
            nonlocal etag, filled
            wanted = min(len(view), end - start)
            if filled == wanted:
                return
            headers = {'range': 'bytes=%d-%d' % (start + filled, start + wanted - 1)}
            if etag is not None:
                headers['if-match'] = etag
            response = self.send('GET', key, headers=headers)
            etag = response.headers.get('etag')
            while filled < wanted:
                got = response.readinto(view[filled:wanted])
                if got == 0:
                    raise Throttled('%s ended early' % key)
                filled += got
            # Its end, which lets the connection be used again.
            response.read()

        while start < end:
            self.attempt('read %s' % key, fill)
            yield view[:filled]
            start, filled = start + filled, 0

    def write(self, key, content):
        self.call('PUT', key, payload=content)

    def writer(self, key, size):
        return Upload(self, key, size)

    def delete(self, key):
        try:
            self.call('DELETE', key)
        except Missing:
            pass

    def pages(self, query, tag):
        marker = {}
        while True:
            body = self.call('GET', '', query=dict(query, **marker))[1]
            root = without_namespaces(body)
            found = root.findall(tag)
            yield root
            if root.findtext('IsTruncated') != 'true' or not found:
                return
            following = root.findtext('NextMarker') or found[-1].findtext('Key')
            marker = {'marker': following}

    def keys(self, prefix):
        """Names of all objects below."""
        query = {'prefix': prefix}
        return [item.findtext('Key') for page in self.pages(query, 'Contents') for item in page.findall('Contents')]

    def folders(self, prefix):
        """Names of the folders directly below, which ends with a slash."""
        found = []
        for page in self.pages({'prefix': prefix, 'delimiter': '/'}, 'CommonPrefixes'):
            found += [item.findtext('Prefix')[len(prefix) : -1] for item in page.findall('CommonPrefixes')]
        return sorted(found)

    def tidy(self, prefix):
        """Gives up what a process that was killed was uploading; it would be kept, and paid, out of sight."""
        try:
            listed = self.call('GET', '', query={'uploads': '', 'prefix': prefix})[1]
        except Unsupported:
            return
        for upload in without_namespaces(listed).findall('Upload'):
            try:
                self.call('DELETE', upload.findtext('Key'), query={'uploadId': upload.findtext('UploadId')})
            except Missing:
                pass


class Upload:
    """An object that is written from its beginning to its end, and is there only when all of it is."""

    def __init__(self, s3, key, size):
        self.s3, self.key = s3, key
        self.piece = max(PIECE, -(-size // MOST_PIECES))
        self.buffer, self.filled = bytearray(min(self.piece, size)), 0
        self.upload, self.tags = None, []

    def write(self, chunk):
        view = memoryview(chunk)
        while len(view) > 0:
            count = min(len(view), self.piece - self.filled, len(self.buffer) - self.filled)
            if count == 0:
                self.send()
                continue
            self.buffer[self.filled : self.filled + count] = view[:count]
            self.filled += count
            view = view[count:]

    def send(self):
        if self.upload is None:
            answer = without_namespaces(self.s3.call('POST', self.key, query={'uploads': ''})[1])
            self.upload = answer.findtext('UploadId')
        query = {'partNumber': str(len(self.tags) + 1), 'uploadId': self.upload}
        payload = memoryview(self.buffer)[: self.filled]
        self.tags.append(self.s3.call('PUT', self.key, query=query, payload=payload)[0]['etag'])
        self.filled = 0

    def close(self):
        if self.upload is None:
            self.s3.write(self.key, memoryview(self.buffer)[: self.filled])
            return
        if self.filled > 0:
            self.send()
        listed = ''.join(
            '<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>' % (number, tag.replace('"', '&quot;'))
            for number, tag in enumerate(self.tags, 1)
        )
        text = '<CompleteMultipartUpload>%s</CompleteMultipartUpload>' % listed
        body = self.s3.call('POST', self.key, query={'uploadId': self.upload}, payload=text.encode())[1]
        # S3 may answer 200 and tell of an error in the body.
        code, message = code_and_message(body)
        if code:
            raise Failure('%s did not put %s together: %s %s' % (self.s3.place, self.key, code, message))

    def abort(self):
        if self.upload is not None:
            try:
                response = self.s3.send('DELETE', self.key, query={'uploadId': self.upload})
                response.read()
            except (OSError, http.client.HTTPException, Throttled, Failure, Missing):
                self.s3.disconnect()


class Directory:
    """A volume that is mounted. A file has its name only when it is whole."""

    def __init__(self, root):
        self.root = root.rstrip('/')
        self.place = 'directory %s' % self.root
        if not os.path.isdir(self.root):
            raise Failure('there is no %s: is the claim mounted?' % self.place)

    def path(self, key):
        return os.path.join(self.root, key)

    def opened(self, key):
        try:
            return open(self.path(key), 'rb')
        except FileNotFoundError:
            raise Missing(key)
        except OSError as error:
            raise Failure('could not read %s in the %s: %s' % (key, self.place, error.strerror))

    def read(self, key):
        with self.opened(key) as file:
            return file.read()

    def size(self, key):
        with self.opened(key) as file:
            return file.read(8), os.fstat(file.fileno()).st_size

    def chunks(self, key, start, length, buffer):
        view = memoryview(buffer)
        with self.opened(key) as file:
            file.seek(start)
            while length > 0:
                check_stop()
                # Buffered, so that a view is full.
                count = file.readinto(view[: min(len(view), length)])
                if count < min(len(view), length):
                    raise Failure('%s in the %s is shorter than it was' % (key, self.place))
                yield view[:count]
                length -= count

    def writer(self, key, size):
        return File(self, key)

    def write(self, key, content):
        writer = self.writer(key, len(content))
        writer.write(content)
        writer.close()

    def delete(self, key):
        try:
            os.remove(self.path(key))
            os.removedirs(os.path.dirname(self.path(key)))
        except OSError:
            pass

    def keys(self, prefix):
        folder = os.path.dirname(prefix)
        found = []
        for path, _, names in os.walk(self.path(folder)):
            found += [os.path.relpath(os.path.join(path, name), self.root) for name in names]
        return sorted(key for key in found if key.startswith(prefix) and not key.endswith('.partial'))

    def folders(self, prefix):
        try:
            with os.scandir(self.path(prefix)) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir())
        except OSError:
            return []

    def tidy(self, prefix):
        for path, _, names in os.walk(self.path(prefix)):
            for name in names:
                if name.endswith('.partial'):
                    os.remove(os.path.join(path, name))


class File:
    def __init__(self, directory, key):
        self.directory, self.target = directory, directory.path(key)
        try:
            os.makedirs(os.path.dirname(self.target), exist_ok=True)
            self.file = open(self.target + '.partial', 'wb')
        except OSError as error:
            raise self.refused(error)

    def refused(self, error):
        free = shutil.disk_usage(self.directory.root).free
        text = 'could not write %s: %s. %d MiB are free there' % (self.target, error.strerror, free >> 20)
        return Failure(text)

    def write(self, chunk):
        check_stop()
        try:
            self.file.write(chunk)
        except OSError as error:
            raise self.refused(error)

    def close(self):
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
            os.rename(self.target + '.partial', self.target)
        except OSError as error:
            raise self.refused(error)

    def abort(self):
        try:
            self.file.close()
            os.remove(self.target + '.partial')
        except OSError:
            pass


class Hashed:
    """A writer that knows the checksum of what it has written."""

    def __init__(self, writer):
        self.writer, self.hash, self.size = writer, hashlib.sha256(), 0

    def write(self, chunk):
        self.hash.update(chunk)
        self.size += len(chunk)
        self.writer.write(chunk)


def code_and_message(body):
    try:
        root = without_namespaces(body)
    except xml.etree.ElementTree.ParseError:
        return '', ''
    if root.tag != 'Error':
        return '', ''
    return root.findtext('Code') or '', root.findtext('Message') or ''


def without_namespaces(body):
    root = xml.etree.ElementTree.fromstring(body)
    for element in root.iter():
        element.tag = element.tag.rsplit('}', 1)[-1]
    return root


def npy_header(kind, shape):
    """What NumPy writes before an array: version 1.0 of its format."""
    text = "{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }" % (kind, ', '.join(map(str, shape)))
    if len(shape) > 1:
        text = text.replace(',), }', '), }')
    # With its line break the header ends at a multiple of 64.
    text += ' ' * (-(10 + len(text) + 1) % 64) + '\n'
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(text)) + text.encode('latin1')


class Array:
    """An array in a file that NumPy, or this, has written."""

    def __init__(self, store, key):
        self.store, self.key = store, key
        first, self.size = store.size(key)
        if first[:6] != b'\x93NUMPY' or first[6] not in (1, 2, 3):
            raise Failure('%s is no array of NumPy (.npy): write it with numpy.save' % key)
        prefix = self.bytes(0, min(self.size, 12))
        length = struct.unpack('<H', prefix[8:10])[0] if first[6] == 1 else struct.unpack('<I', prefix[8:12])[0]
        begin = 10 if first[6] == 1 else 12
        self.start = begin + length
        try:
            header = ast.literal_eval(self.bytes(begin, length).decode('latin1').strip())
            self.kind, self.shape, self.fortran = header['descr'], header['shape'], header['fortran_order']
        except (ValueError, SyntaxError, KeyError, TypeError):
            raise Failure('%s is no array of NumPy (.npy) that can be read' % key)
        if not isinstance(self.kind, str):
            raise Failure('%s has fields (%s): write a plain array' % (key, self.kind))
        if self.fortran and len(self.shape) > 1:
            raise Failure('%s is in the order of Fortran: write numpy.ascontiguousarray(it)' % key)
        self.item = int(re.match(r'.*?(\d*)\Z', self.kind).group(1) or 0)
        self.rows = self.shape[0] if self.shape else 0
        self.row = self.item
        for count in self.shape[1:]:
            self.row *= count
        if self.size != self.start + self.rows * self.row:
            wanted = self.start + self.rows * self.row
            raise Failure('%s has %d bytes instead of %d: it was cut off' % (key, self.size, wanted))

    def bytes(self, start, length):
        buffer = bytearray(max(length, 1))
        return b''.join(bytes(chunk) for chunk in self.store.chunks(self.key, start, length, buffer))

    def batches(self, rows, first=0):
        """The rows from that one on, so many at a time, as bytes in one buffer."""
        buffer = bytearray(rows * self.row)
        length = (self.rows - first) * self.row
        return self.store.chunks(self.key, self.start + first * self.row, length, buffer)


class Progress:
    """Says every few seconds how far it is."""

    def __init__(self, name, seconds):
        self.name, self.seconds = name, seconds
        self.lock = threading.Lock()
        self.total = self.done = self.moved = 0
        self.begun = self.said = time.monotonic()

    def expect(self, total, done):
        with self.lock:
            self.total, self.done = total, done

    def add(self, count):
        with self.lock:
            self.done += count
            self.moved += count
            now = time.monotonic()
            if now - self.said < self.seconds:
                return
            self.said = now
            rate = self.moved / max(now - self.begun, 0.001)
            left = max(self.total - self.done, 0) / max(rate, 1)
            share = 100 * self.done // max(self.total, 1)
            numbers = (self.name, self.done / 2.0 ** 20, self.total / 2.0 ** 20, share, rate / 2 ** 20, left)
        say('%s: %.0f of %.0f MiB (%d %%), %.1f MiB/s, %.0f s left' % numbers)


def say(text):
    print(text, flush=True)


def number(name, default, least, most):
    value = os.environ.get(name) or str(default)
    if re.match(r'\d{1,9}\Z', value) is None or not least <= int(value) <= most:
        raise Failure("%s has to be a number from %d to %d, not '%s'" % (name, least, most, value))
    return int(value)
