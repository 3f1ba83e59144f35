#!/bin/sh
# Takes a backup of Milvus' metadata from S3 to $WORK_DIR/dump.sql.gz, with its checksum beside it, for restore-load.sh, and
# of a whole backup the manifest and the list of its objects, for restore-objects.sh. It changes nothing. A restore is
#
#   restore-download.sh                   this
#   restore-load.sh, RESTORE_STEP=check   refuses while Milvus runs, or a database with rows; dumps that to be kept aside
#   restore-objects.sh                    keeps aside what will be replaced, brings back objects that are missing or differ
#   restore-load.sh                       loads the metadata, compares the rows of each collection with the manifest, and empties
#                                         the write-ahead log
#
# one after the other, with Milvus stopped. Ended at any point, it can be run again with the same BACKUP: what was brought
# back is not copied again, and a database that it has half loaded is replaced. Nothing of it starts or stops Milvus.
#
#   S3_ADDRESS, S3_PORT, S3_BUCKET   where
#   S3_SCHEME, S3_CA                 http, or https (http); file with the certificate of the CA
#   S3_ACCESS_KEY, S3_SECRET_KEY     never printed
#   CREDENTIALS_FROM                 the Secret that holds them, named in messages
#   BACKUP_PREFIX                    the folder that the backups are in, without a slash at either end
#   BACKUP                           which one, as 20260701T021500Z, or latest (latest)
#   TIMEOUT_SECONDS                  a backup that began before that has been ended (3600)
#   STOP_SECONDS                     how long to wait for a backup that runs (600)
#   WORK_DIR                         shared with restore-load.sh (/work)
#
# Needs s3-remote.sh and objects-remote.sh beside it and rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
#
# shellcheck disable=SC2154 # time, newest and running are set by objects-remote.sh
set -eu

set +u # these may be missing
work=$WORK_DIR
wanted=$BACKUP
prefix=$BACKUP_PREFIX
limit=$TIMEOUT_SECONDS
patience=$STOP_SECONDS
set -u
[ -n "$limit" ] || limit=3600
[ -n "$patience" ] || patience=600
[ -n "$work" ] || work=/work
[ -n "$wanted" ] || wanted=latest
server=$S3_ADDRESS:$S3_PORT
folder=s3:$S3_BUCKET/$prefix

fail() {
  echo "restore-download: $*" >&2
  exit 1
}
[ -n "$prefix" ] || fail "BACKUP_PREFIX is not set or empty: give it the folder of the bucket with the backups"

rm -f "$work/dump.sql.gz" "$work/dump.sql.gz.sha256" "$work"/restore.*
scratch=$(mktemp -d "$work/download.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# shellcheck disable=SC2034 # for s3-remote.sh
missing="there is nothing below '$prefix/', or no such bucket: compare bucket and prefix with those of the backup CronJob"
# shellcheck source=/dev/null
. "$(dirname "$0")/s3-remote.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/objects-remote.sh"

# One that ends later would delete the oldest backup, maybe this one. A mark may also be left of one that was killed.
waited=0
while :; do
  find_running ""
  [ -n "$running" ] || break
  if [ "$waited" -ge "$patience" ]; then
    echo "not waiting any longer for $running"
    break
  fi
  [ $((waited % 60)) != 0 ] || echo "a backup runs (its mark is $prefix/running/$running): waiting until it has ended, $((patience - waited)) s more"
  sleep 10
  waited=$((waited + 10))
done

find_backup "$wanted"
name=$time.sql.gz

s3 "download $prefix/$name" s3:GetObject copyto "$folder/$name" "$scratch/dump.sql.gz"
(cd "$scratch" && sha256sum dump.sql.gz >dump.sql.gz.sha256)
checked='its checksum matches'
if grep -Fqx "$name.sha256" "$scratch/listed"; then
  s3 "download $prefix/$name.sha256" s3:GetObject cat "$folder/$name.sha256" >"$scratch/expected"
  [ "$(cut -d' ' -f1 "$scratch/expected")" = "$(cut -d' ' -f1 "$scratch/dump.sql.gz.sha256")" ] ||
    fail "$prefix/$name does not match the checksum beside it, so it was changed or damaged: use another backup. The newest are: $newest"
else
  checked='there is no checksum beside it'
fi
gzip -t "$scratch/dump.sql.gz" 2>/dev/null ||
  fail "$prefix/$name is damaged, gzip can't read it: use another backup. The newest are: $newest"

printf '%s\n' "$time" >"$work/restore.name"
what='the metadata alone'
if grep -Fqx "$time.manifest" "$scratch/listed"; then
  s3 "download $prefix/$time.manifest" s3:GetObject cat "$folder/$time.manifest" >"$scratch/manifest"
  s3 "download $prefix/$time.objects.gz" s3:GetObject cat "$folder/$time.objects.gz" >"$scratch/objects.gz"
  [ "$(awk '$1 == "dump" || $1 == "list" { print $2 }' "$scratch/manifest")" = "$(cd "$scratch" && sha256sum dump.sql.gz objects.gz | cut -d' ' -f1)" ] ||
    fail "$prefix/$time.manifest is not of the metadata and the list of objects beside it, so one of them was changed or damaged: use another backup. The newest are: $newest"
  gzip -dc "$scratch/objects.gz" >"$work/restore.objects" || fail "could not decompress $time.objects.gz: is there room in $work?"
  cp "$scratch/manifest" "$work/restore.manifest"
  what="metadata and $(($(wc -l <"$work/restore.objects"))) objects"
fi
mv "$scratch/dump.sql.gz.sha256" "$work"
mv "$scratch/dump.sql.gz" "$work"
echo "took $prefix/$name from bucket '$S3_BUCKET' at $server: $(wc -c <"$work/dump.sql.gz") bytes, $checked; $what"
