#!/bin/sh
# A reader's preStop hook: tells the proxies that it is about to stop, and serves on until none sends it searches.
#
#   leave.sh HTTP_PORT SECONDS
#
# Each proxy asks each reader every second for engine_config.max_partition_num, a setting that a reader never uses. Set to this
# value it means "about to stop", and takes the reader out of the ring at once, while its name stays in the caches of DNS for
# a minute. The setting changes in memory alone: the file of the configuration is read-only. Only the loopback address is asked.
# Where that fails (no HTTP port, no bash) the seconds are what counts.
if [ -n "$1" ]; then
  # bash, for /dev/tcp: the image has no client for HTTP.
  bash -c '
    body="{\"engine_config\":{\"max_partition_num\":1000000001}}"
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit
    printf "PUT /system/config HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" \
      "$(printf %s "$body" | wc -c)" "$body" >&3
    read -r -t 5 _ <&3
  ' leave "$1" 2>/dev/null
fi
exec sleep "$2"
