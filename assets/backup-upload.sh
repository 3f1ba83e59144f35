#!/bin/sh
# Takes the dump of backup-dump.sh to S3 as <BACKUP_PREFIX>/<UTC time>.sql.gz, and deletes the oldest backups there once
# this one is proved to be good. What has that name is complete and has been read back; its .sha256 is beside it.
#
#   S3_ADDRESS, S3_PORT, S3_BUCKET   where
#   S3_SCHEME, S3_CA                 http, or https (http); file with the certificate of the CA
#   S3_ACCESS_KEY, S3_SECRET_KEY     never printed
#   CREDENTIALS_FROM                 the Secret that holds them, named in messages
#   BACKUP_PREFIX                    of this cluster alone, without a slash at either end
#   KEEP                             how many of the newest backups to keep (14)
#   WORK_DIR                         shared with backup-dump.sh (/work)
#
# Needs s3-remote.sh beside it and rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
set -eu

set +u # these may be missing
work=$WORK_DIR
count=$KEEP
prefix=$BACKUP_PREFIX
set -u
[ -n "$work" ] || work=/work
[ -n "$count" ] || count=14
server=$S3_ADDRESS:$S3_PORT
folder=s3:$S3_BUCKET/$prefix
dump=$work/dump.sql.gz

fail() {
  echo "backup-upload: $*" >&2
  exit 1
}
[ -n "$prefix" ] || fail "BACKUP_PREFIX is not set or empty: give it a folder of the bucket, as backup/milvus"
case $count in
  *[!0-9]* | 0*) fail "KEEP is '$count': give the number of backups to keep, 1 or more" ;;
esac

scratch=$(mktemp -d "$work/upload.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# shellcheck disable=SC2034 # for s3-remote.sh
missing="create bucket '$S3_BUCKET'"
# shellcheck source=/dev/null
. "$(dirname "$0")/s3-remote.sh"

[ -s "$dump" ] || fail "there is no dump in $work: see why in the log of the container that dumps; nothing was uploaded"
(cd "$work" && sha256sum -c dump.sql.gz.sha256) >/dev/null 2>&1 ||
  fail "$dump does not match its checksum: it was cut off or changed after it was made; nothing was uploaded"
gzip -t "$dump" 2>/dev/null || fail "$dump is not what gzip makes; nothing was uploaded"

# Under a name that is not taken for a backup until it has been read back. Without a look at what is there (HEAD), for a
# refusal of that does not tell its reason.
name=$(date -u +%Y%m%dT%H%M%SZ).sql.gz
s3 'upload the dump' s3:PutObject copyto --no-check-dest "$dump" "$folder/$name.partial"
s3 'read the uploaded dump back' s3:GetObject cat "$folder/$name.partial" >"$scratch/stored"
cmp -s "$dump" "$scratch/stored" ||
  fail "the dump came back from bucket '$S3_BUCKET' at $server other than it was sent: is there a proxy or cache in between? It is no backup, and earlier ones stay"
rm "$scratch/stored"
printf '%s  %s\n' "$(cut -d' ' -f1 "$dump.sha256")" "$name" >"$scratch/sha256"
s3 'upload the checksum' s3:PutObject copyto --no-check-dest "$scratch/sha256" "$folder/$name.sha256"
s3 'rename the uploaded dump' 's3:GetObject, s3:PutObject and s3:DeleteObject' \
  moveto "$folder/$name.partial" "$folder/$name"

bytes=$(($(wc -c <"$dump")))
s3 'list the backups' s3:ListBucket lsf --format sp "$folder/" >"$scratch/listed"
grep -Fqx "$bytes;$name" "$scratch/listed" ||
  fail "$prefix/$name is not listed with its $bytes bytes in bucket '$S3_BUCKET' at $server: have the storage checked; earlier backups stay"

# Names are times, so their order is that of age. What has any other name is not ours.
grep -E '^[0-9]+;[0-9]{8}T[0-9]{6}Z\.sql\.gz(\.sha256|\.partial)?$' "$scratch/listed" | cut -d';' -f2 | LC_ALL=C sort -r \
  >"$scratch/ours"
grep 'gz$' "$scratch/ours" | head -n "$count" >"$scratch/kept"
oldest=$(tail -n 1 "$scratch/kept" | cut -d. -f1)
# Milvus creates its tables anew on a database that was lost. Such dumps must not push out the last good one.
if ! gzip -dc "$dump" | LC_ALL=C grep -qi '^INSERT INTO .Tables. '; then
  echo "backup-upload: this backup holds no collection at all: in case they were lost, no older one is deleted" >&2
  oldest=
fi
LC_ALL=C awk -v oldest="$oldest" '/partial$/ || substr($0, 1, 16) < oldest' "$scratch/ours" >"$scratch/doomed"
if [ -s "$scratch/doomed" ]; then
  # Told the names instead of looking for them, so that a refusal is reported and not taken for "no such file".
  RCLONE_CONFIG_S3_NO_HEAD_OBJECT=true s3 "delete old backups, though $prefix/$name is complete" s3:DeleteObject \
    delete "$folder" --files-from-raw "$scratch/doomed" --no-traverse
fi
deleted=$(grep -c 'gz$' "$scratch/doomed") || :
echo "backup $name $bytes bytes; kept $(($(grep -c 'gz$' "$scratch/ours") - deleted)), deleted $deleted"
