#!/bin/sh
# Lists the backups, the newest first: when, how large, how many rows, verified or not. "whole" are those with objects.
# First as a table for people, then in lines of JSON for programs: bytes and counts are null where the backup has no objects,
# times those at which a verification has ended, and "latest" is the one that a restore takes.
#
#   S3_* as in s3-remote.sh, BACKUP_PREFIX   where the backups are
#   WORK_DIR                                 (/work)
#   TERMINATION_LOG                          gets the line of the newest backup (/dev/termination-log)
#
# Needs s3-remote.sh and objects-remote.sh beside it and rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
#
# shellcheck disable=SC2154 # latest is set by objects-remote.sh
set -eu

set +u # these may be missing
work=$WORK_DIR
prefix=$BACKUP_PREFIX
said=$TERMINATION_LOG
set -u
[ -n "$work" ] || work=/work
[ -n "$said" ] || said=/dev/termination-log
folder=s3:$S3_BUCKET/$prefix

fail() {
  echo "backup-list: $*" >&2
  exit 1
}
[ -n "$prefix" ] || fail "BACKUP_PREFIX is not set or empty: give it the folder of the bucket with the backups"
scratch=$(mktemp -d "$work/list.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' TERM INT

# shellcheck disable=SC2034 # for s3-remote.sh
missing="there is nothing below '$prefix/', or no such bucket: compare bucket and prefix with those of the backup CronJob"
# shellcheck source=/dev/null
. "$(dirname "$0")/s3-remote.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/objects-remote.sh"

# In UTC, as the names are.
TZ=UTC s3 'list the backups' s3:ListBucket lsf --files-only --use-server-modtime --format tsp --separator ' ' "$folder/" >"$scratch/times"
s3 'read the manifests' s3:GetObject cat --max-depth 1 --include '/*.manifest' "$folder" >"$scratch/manifests"
cut -d' ' -f4 "$scratch/times" >"$scratch/listed"
sort_backups
LC_ALL=C awk -v latest="$latest" '
  function human(bytes,    unit, i) {
    split("B KiB MiB GiB TiB PiB", unit, " ")
    for (i = 1; bytes >= 1024 && i < 6; i++) bytes /= 1024
    return sprintf(i == 1 ? "%d %s" : "%.1f %s", bytes, unit[i])
  }
  function number(text) { return text ~ /^[0-9]+$/ ? text : "null" }
  function when(text) { return text == "" ? "null" : "\"" text "Z\"" }
  pass == 1 && $1 == "time" { time = $2 }
  pass == 1 && $1 == "rows" { rows[time] = $2 }
  pass == 1 && $1 == "objects" { objects[time] = $2; bytes[time] = $3 }
  pass == 1 && $1 == "collection" { collections[time]++ }
  pass == 1 { next }
  pass == 2 {
    name = substr($4, 1, 16)
    rest = substr($4, 17)
    if (rest == ".sql.gz") size[name] = $3
    if (rest == ".verified") verified[name] = $1 "T" $2
    if (rest == ".damaged") damaged[name] = $1 "T" $2
    next
  }
  {
    whole = ($1 in objects)
    state = damaged[$1] != "" ? "DAMAGED" : verified[$1] != "" ? verified[$1] : "no"
    printf "%-17s %-9s %11s %11s %15s %12s  %s\n", $1, whole ? "whole" : "metadata", human(bytes[$1] + size[$1]), \
      whole ? objects[$1] : "-", whole ? rows[$1] : "-", whole ? collections[$1] + 0 : "-", state
    printf "{\"backup\":\"%s\",\"latest\":%s,\"kind\":\"%s\",\"dumpBytes\":%s,\"objectBytes\":%s,\"objects\":%s,\"rows\":%s,\"collections\":%s,\"verified\":%s,\"damaged\":%s}\n", \
      $1, $1 == latest ? "true" : "false", whole ? "whole" : "metadata", number(size[$1]), number(bytes[$1]), number(objects[$1]), number(rows[$1]), \
      whole ? collections[$1] + 0 : "null", when(verified[$1]), when(damaged[$1]) >json
  }' json="$scratch/json" pass=1 "$scratch/manifests" pass=2 "$scratch/times" pass=3 "$scratch/backups" >"$scratch/table"
printf '%-17s %-9s %11s %11s %15s %12s  %s\n' BACKUP KIND SIZE OBJECTS ROWS COLLECTIONS VERIFIED
cat "$scratch/table"
[ ! -s "$scratch/json" ] || cat "$scratch/json"
head -n 1 "$scratch/table" >"$said" 2>/dev/null || :
