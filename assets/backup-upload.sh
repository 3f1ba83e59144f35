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
#   BACKUP_OBJECTS                   true: with the objects, as backup-objects.sh, which this runs as well, has copied them (false)
#   DATA_*, JOB_NAME                 for that, see there
#   MILVUS_VERSION, MYSQL_DATABASE   for the manifest
#   TERMINATION_LOG                  gets the manifest without its collections, without objects what of it there would be (/dev/termination-log)
#
# A backup with objects has a manifest, lines of a word and its values: time and finished (UTC), milvus, database, path
# (where the objects were), dump and list (SHA-256, bytes, name), rows, segments, objects (number, bytes), copied (of these
# by this backup), and for each collection: collection NAME ROWS SEGMENTS PARTITIONS DIMENSION. Rows are as count_entities
# counts. Objects that no kept backup names are deleted.
#
# Needs s3-remote.sh, objects-remote.sh and backup-objects.sh beside it and rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
set -eu

set +u # these may be missing
work=$WORK_DIR
count=$KEEP
prefix=$BACKUP_PREFIX
whole=$BACKUP_OBJECTS
job=$JOB_NAME
said=$TERMINATION_LOG
set -u
[ -n "$work" ] || work=/work
[ -n "$count" ] || count=14
[ -n "$job" ] || job=$(hostname)
[ -n "$said" ] || said=/dev/termination-log
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

[ "$whole" != true ] || LAST=true sh "$(dirname "$0")/backup-objects.sh" || exit 1

scratch=$(mktemp -d "$work/upload.XXXXXX")
clean_up() {
  [ "$whole" != true ] || rclone --config= --retries 1 deletefile "$folder/running/$job" >/dev/null 2>&1 || :
  rm -rf "$scratch"
}
trap clean_up EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# shellcheck disable=SC2034 # for s3-remote.sh
missing="create bucket '$S3_BUCKET'"
# shellcheck source=/dev/null
. "$(dirname "$0")/s3-remote.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/objects-remote.sh"

[ -s "$dump" ] || fail "there is no dump in $work: see why in the log of the container that dumps; nothing was uploaded"
(cd "$work" && sha256sum -c dump.sql.gz.sha256) >/dev/null 2>&1 ||
  fail "$dump does not match its checksum: it was cut off or changed after it was made; nothing was uploaded"
gzip -t "$dump" 2>/dev/null || fail "$dump is not what gzip makes; nothing was uploaded"

# Under a name that is not taken for a backup until it has been read back. Without a look at what is there (HEAD), for a
# refusal of that does not tell its reason.
now=$(date -u +%Y%m%dT%H%M%SZ)
time=$now
[ "$whole" != true ] || time=$(cat "$work/backup.time")
name=$time.sql.gz
s3 'upload the dump' s3:PutObject copyto --no-check-dest "$dump" "$folder/$name.partial"
s3 'read the uploaded dump back' s3:GetObject cat "$folder/$name.partial" >"$scratch/stored"
cmp -s "$dump" "$scratch/stored" ||
  fail "the dump came back from bucket '$S3_BUCKET' at $server other than it was sent: is there a proxy or cache in between? It is no backup, and earlier ones stay"
rm "$scratch/stored"
printf '%s  %s\n' "$(cut -d' ' -f1 "$dump.sha256")" "$name" >"$scratch/sha256"
s3 'upload the checksum' s3:PutObject copyto --no-check-dest "$scratch/sha256" "$folder/$name.sha256"
bytes=$(($(wc -c <"$dump")))
if [ "$whole" = true ]; then
  gzip -nc "$work/backup.objects" >"$scratch/$time.objects.gz" || fail "could not compress the list of objects: is there room in $work?"
  {
    echo "cdk8s-milvus-backup 1"
    echo "time $time"
    echo "finished $now"
    echo "milvus $MILVUS_VERSION"
    echo "database $MYSQL_DATABASE"
    echo "path $DATA_PATH"
    echo "dump $(cut -d' ' -f1 "$dump.sha256") $bytes $name"
    echo "list $(sha256sum <"$scratch/$time.objects.gz" | cut -d' ' -f1) $(($(wc -c <"$scratch/$time.objects.gz"))) $time.objects.gz"
    awk '{ rows += $2; segments += $3 } END { printf "rows %.0f\nsegments %d\n", rows, segments }' "$work/backup.collections"
    awk '{ bytes += $2 } END { printf "objects %d %.0f\n", NR, bytes }' "$work/backup.objects"
    awk '{ n += $1; bytes += $2 } END { printf "copied %d %.0f\n", n, bytes }' "$work/backup.copied"
    LC_ALL=C sort "$work/backup.collections" | sed 's/^/collection /'
  } >"$scratch/$time.manifest"
  for file in "$time.objects.gz" "$time.manifest"; do
    s3 "upload $file" s3:PutObject copyto --no-check-dest "$scratch/$file" "$folder/$file"
    s3 "read $file back" s3:GetObject cat "$folder/$file" >"$scratch/stored"
    cmp -s "$scratch/$file" "$scratch/stored" ||
      fail "$file came back from bucket '$S3_BUCKET' at $server other than it was sent: is there a proxy or cache in between? Earlier backups stay"
  done
fi
# What makes it a backup comes last.
s3 'rename the uploaded dump' 's3:GetObject, s3:PutObject and s3:DeleteObject' \
  moveto "$folder/$name.partial" "$folder/$name"

s3 'list the backups' s3:ListBucket lsf --format sp "$folder/" >"$scratch/listed"
grep -Fqx "$bytes;$name" "$scratch/listed" ||
  fail "$prefix/$name is not listed with its $bytes bytes in bucket '$S3_BUCKET' at $server: have the storage checked; earlier backups stay"

# Names are times, so their order is that of age. What has any other name is not ours.
grep -E '^[0-9]+;[0-9]{8}T[0-9]{6}Z\.sql\.gz(\.sha256|\.partial)?$|^[0-9]+;[0-9]{8}T[0-9]{6}Z\.(manifest|objects\.gz|verified|damaged)$' "$scratch/listed" | cut -d';' -f2 | LC_ALL=C sort -r \
  >"$scratch/ours"
grep 'sql\.gz$' "$scratch/ours" | head -n "$count" >"$scratch/kept"
oldest=$(tail -n 1 "$scratch/kept" | cut -d. -f1)
# Milvus creates its tables anew on a database that was lost. Such dumps must not push out the last good one.
if ! gzip -dc "$dump" | LC_ALL=C grep -qi '^INSERT INTO .Tables. '; then
  echo "backup-upload: this backup holds no collection at all: in case they were lost, no older one is deleted" >&2
  oldest=
fi
# What was left half-done goes as well, and what belongs to no backup.
LC_ALL=C awk -v oldest="$oldest" '
  pass == 1 { if (/sql\.gz$/) backup[substr($0, 1, 16)] = 1; next }
  /partial$/ || substr($0, 1, 16) < oldest || /(manifest|objects\.gz|verified|damaged)$/ && !(substr($0, 1, 16) in backup)
' pass=1 "$scratch/ours" pass=2 "$scratch/ours" >"$scratch/doomed"
if [ -s "$scratch/doomed" ]; then
  # Told the names instead of looking for them, so that a refusal is reported and not taken for "no such file".
  RCLONE_CONFIG_S3_NO_HEAD_OBJECT=true s3 "delete old backups, though $prefix/$name is complete" s3:DeleteObject \
    delete "$folder" --files-from-raw "$scratch/doomed" --no-traverse
fi
deleted=$(grep -c 'sql\.gz$' "$scratch/doomed") || :
{
  echo "time $time"
  echo "finished $now"
  echo "dump $(cut -d' ' -f1 "$dump.sha256") $bytes $name"
} >"$said" 2>/dev/null || :
echo "backup $name $bytes bytes; kept $(($(grep -c 'sql\.gz$' "$scratch/ours") - deleted)), deleted $deleted"
[ "$whole" = true ] || exit 0

# Objects that no backup names any more. With one list that can't be read nothing is known about any of them.
LC_ALL=C awk 'pass == 1 { doomed[$0] = 1; next } /objects\.gz$/ && !($0 in doomed)' pass=1 "$scratch/doomed" pass=2 "$scratch/ours" >"$scratch/lists"
LC_ALL=C awk 'pass == 1 { list[substr($0, 1, 16)] = 1; next } pass == 2 { doomed[$0] = 1; next } /manifest$/ && !($0 in doomed) && !(substr($0, 1, 16) in list)' \
  pass=1 "$scratch/lists" pass=2 "$scratch/doomed" pass=3 "$scratch/ours" >"$scratch/without"
grep -Fqx "$time.objects.gz" "$scratch/lists" || echo "$time.manifest" >>"$scratch/without"
[ ! -s "$scratch/without" ] ||
  fail "the list of objects of $(head -n 1 "$scratch/without") is not in bucket '$S3_BUCKET' at $server: have the storage checked, or delete that backup; no object was deleted, though $prefix/$name is complete"
: >"$scratch/named"
while IFS= read -r list; do
  s3 "read $list, to delete no object of it" s3:GetObject cat "$folder/$list" >"$scratch/list.gz" </dev/null
  gzip -dc "$scratch/list.gz" >"$scratch/list" || fail "$prefix/$list is damaged: no object was deleted, though $prefix/$name is complete"
  LC_ALL=C awk '{ print $3 "/" $4 }' "$scratch/list" >>"$scratch/named"
done <"$scratch/lists"
list_store >"$scratch/store"
LC_ALL=C awk 'pass == 1 { named[$0] = 1; next } !(($3 "/" $4) in named) { print $3 "/" $4 }' \
  pass=1 "$scratch/named" pass=2 "$scratch/store" >"$scratch/unnamed"
if [ -s "$scratch/unnamed" ]; then
  RCLONE_CONFIG_S3_NO_HEAD_OBJECT=true s3 "delete objects of old backups, though $prefix/$name is complete" s3:DeleteObject \
    delete "$folder" --files-from-raw "$scratch/unnamed" --no-traverse
fi
sed '/^collection /d' "$scratch/$time.manifest" >"$said" 2>/dev/null || :
awk '{ word[$1] = $2; more[$1] = $3 } END {
  printf "whole: %.0f rows, %d objects, %.0f bytes; copied %d objects, %.0f bytes; ", word["rows"], word["objects"], more["objects"], word["copied"], more["copied"] }' \
  "$scratch/$time.manifest"
echo "deleted $(($(wc -l <"$scratch/unnamed"))) objects that no backup names"
