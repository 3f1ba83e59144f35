#!/bin/sh
# Lists the backups, the newest first: when, how large, how many rows, verified or not. "whole" are those with objects.
#
#   S3_* as in s3-remote.sh, BACKUP_PREFIX   where the backups are
#   WORK_DIR                                 (/work)
#   TERMINATION_LOG                          gets the line of the newest backup (/dev/termination-log)
#
# Needs s3-remote.sh beside it and rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
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

# In UTC, as the names are.
TZ=UTC s3 'list the backups' s3:ListBucket lsf --files-only --use-server-modtime --format tsp --separator ' ' "$folder/" >"$scratch/listed"
s3 'read the manifests' s3:GetObject cat --max-depth 1 --include '/*.manifest' "$folder" >"$scratch/manifests"
LC_ALL=C awk '
  function human(bytes,    unit, i) {
    split("B KiB MiB GiB TiB PiB", unit, " ")
    for (i = 1; bytes >= 1024 && i < 6; i++) bytes /= 1024
    return sprintf(i == 1 ? "%d %s" : "%.1f %s", bytes, unit[i])
  }
  pass == 1 && $1 == "time" { time = $2 }
  pass == 1 && $1 == "rows" { rows[time] = $2 }
  pass == 1 && $1 == "objects" { objects[time] = $2; bytes[time] = $3 }
  pass == 1 && $1 == "collection" { collections[time]++ }
  pass == 1 { next }
  {
    name = substr($4, 1, 16)
    rest = substr($4, 17)
    if (rest == ".sql.gz" && name ~ /^[0-9]+T[0-9]+Z$/) size[name] = $3
    if (rest == ".verified") state[name] = $1 "T" $2
    if (rest == ".damaged") state[name] = "DAMAGED"
  }
  END {
    for (name in size)
      if (name in objects)
        printf "%-17s %-9s %11s %11s %15s %12s  %s\n", name, "whole", human(bytes[name] + size[name]), objects[name], rows[name], collections[name] + 0, name in state ? state[name] : "no"
      else
        printf "%-17s %-9s %11s %11s %15s %12s  %s\n", name, "metadata", human(size[name]), "-", "-", "-", name in state ? state[name] : "no"
  }' pass=1 "$scratch/manifests" pass=2 "$scratch/listed" | LC_ALL=C sort -r >"$scratch/table"
printf '%-17s %-9s %11s %11s %15s %12s  %s\n' BACKUP KIND SIZE OBJECTS ROWS COLLECTIONS VERIFIED
cat "$scratch/table"
head -n 1 "$scratch/table" >"$said" 2>/dev/null || :
