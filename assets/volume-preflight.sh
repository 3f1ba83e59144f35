#!/bin/sh
# Checks the volume of the vectors before a Milvus server starts: that it can be written, and that all servers share it.
# The server itself would stop with "single instance lock ... failed", or a reader would find no vectors and say nothing.
#
# Environment:
#   STORAGE_DIR    the directory on the volume
#   PROBE_NAME     a name that no other pod has at the same time
#   ROLE           "writable" leaves a mark on the volume, "readonly" waits for it
#   WAIT_SECONDS   how long to wait for the mark
#
# Exits 0, or 1 with the reason on stderr. It never deletes anything but its own probe.
#
# It writes "$VAR", never the form with braces: Flux's postBuild substitution would replace that one.
set -eu

fail() {
  echo "volume-preflight: $1" >&2
  exit 1
}

for name in STORAGE_DIR PROBE_NAME ROLE WAIT_SECONDS; do
  if [ -z "$(printenv "$name" || :)" ]; then fail "$name is not set"; fi
done

mark=$STORAGE_DIR/.cdk8s-milvus-volume
probe=$STORAGE_DIR/.cdk8s-milvus-probe-$PROBE_NAME
trap 'rm -f "$probe"' EXIT

if ! { echo "$PROBE_NAME" >"$probe"; } 2>/dev/null; then
  fail "can't write to $STORAGE_DIR as user $(id -u), group $(id -g), groups $(id -G); it is $(ls -ld "$STORAGE_DIR" 2>&1). Give the directory on the volume to that user or group, or export it without root squashing"
fi
[ "$(cat "$probe")" = "$PROBE_NAME" ] || fail "what was written to $STORAGE_DIR can't be read back: look at the volume"
rm -f "$probe"

if [ "$ROLE" = writable ]; then
  : >>"$mark"
  echo "the volume at $STORAGE_DIR can be written"
  exit 0
fi

waited=0
while [ ! -e "$mark" ]; do
  if [ "$waited" -ge "$WAIT_SECONDS" ]; then
    fail "gave up after $WAIT_SECONDS s: the writable has left no mark on the volume at $STORAGE_DIR. Either it has not started (look at its pod), or the volume is not shared: it has to be one claim with ReadWriteMany"
  fi
  if [ "$waited" -eq 0 ]; then
    since=$(date -u '+%H:%M:%S UTC')
    echo "waiting for the writable to mark the volume at $STORAGE_DIR"
  elif [ "$((waited % 60))" -eq 0 ]; then
    echo "still waiting, since $since ($waited s): the writable has left no mark on the volume at $STORAGE_DIR; has it started?"
  fi
  sleep 1
  waited=$((waited + 1))
done
echo "the volume at $STORAGE_DIR is the one of the writable"
