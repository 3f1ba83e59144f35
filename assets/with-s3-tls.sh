#!/bin/sh
# Starts a server of Milvus beside the proxy that speaks TLS to S3 for it.
#
#   with-s3-tls.sh PORT FILE COMMAND...
#
# The server must find the proxy from its first request on: waits until 127.0.0.1:PORT accepts connections. And it must have the proxy to
# its end, since it flushes to S3 when it is told to stop: FILE is locked as long as its process lives, and the proxy's preStop hook waits for the lock.
# The descriptor of the lock is passed on to the server, which knows nothing of it. Needs flock, and bash, whose /dev/tcp is the client that the image has.
set -eu
port=$1
exec 9>>"$2"
shift 2
flock 9
waited=0
until bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"' probe "$port" 2>/dev/null; do
  [ $((waited % 300)) -ne 0 ] || [ "$waited" -eq 0 ] ||
    echo "with-s3-tls: waiting for the proxy (container s3-tls) on 127.0.0.1:$port for $((waited / 5)) seconds" >&2
  waited=$((waited + 1))
  sleep 0.2
done
exec "$@"
