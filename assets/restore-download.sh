#!/bin/sh
# Takes a backup of Milvus' metadata from S3 to $WORK_DIR/dump.sql.gz, with its checksum beside it, for restore-load.sh.
#
#   S3_ADDRESS, S3_PORT, S3_BUCKET   where
#   S3_SCHEME                        http, or https (http)
#   S3_ACCESS_KEY, S3_SECRET_KEY     never printed
#   CREDENTIALS_SECRET               the Secret that holds them, named in messages
#   BACKUP_PREFIX                    the folder that the backups are in, without a slash at either end
#   BACKUP                           which one, as 20260701T021500Z, or latest (latest)
#   WORK_DIR                         shared with restore-load.sh (/work)
#
# Needs rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
set -eu

set +u # these may be missing
work=$WORK_DIR
scheme=$S3_SCHEME
wanted=$BACKUP
prefix=$BACKUP_PREFIX
access_key=$S3_ACCESS_KEY
secret_key=$S3_SECRET_KEY
set -u
[ -n "$work" ] || work=/work
[ -n "$scheme" ] || scheme=http
[ -n "$wanted" ] || wanted=latest
server=$S3_ADDRESS:$S3_PORT
folder=s3:$S3_BUCKET/$prefix

fail() {
  echo "restore-download: $*" >&2
  exit 1
}
# Without a key rclone falls back to anonymous requests.
[ -n "$access_key" ] || fail "S3_ACCESS_KEY is not set or empty: look at Secret '$CREDENTIALS_SECRET'"
[ -n "$secret_key" ] || fail "S3_SECRET_KEY is not set or empty: look at Secret '$CREDENTIALS_SECRET'"
[ -n "$prefix" ] || fail "BACKUP_PREFIX is not set or empty: give it the folder of the bucket with the backups"

rm -f "$work/dump.sql.gz" "$work/dump.sql.gz.sha256"
scratch=$(mktemp -d "$work/download.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# The remote "s3:".
export RCLONE_CONFIG_S3_TYPE=s3
export RCLONE_CONFIG_S3_PROVIDER=Other
export RCLONE_CONFIG_S3_ENDPOINT="$scheme://$server"
export RCLONE_CONFIG_S3_REGION=us-east-1
export RCLONE_CONFIG_S3_FORCE_PATH_STYLE=true
export RCLONE_CONFIG_S3_LIST_VERSION=1
export RCLONE_CONFIG_S3_ACCESS_KEY_ID="$access_key"
export RCLONE_CONFIG_S3_SECRET_ACCESS_KEY="$secret_key"
export RCLONE_CACHE_DIR="$scratch/cache"

# rclone, to do what $1 says with the right $2; ends the script when it can't.
s3() {
  step=$1 right=$2
  shift 2
  rclone --config= --log-level ERROR --retries 1 --low-level-retries 3 --contimeout 10s --timeout 60s "$@" \
    2>"$scratch/error" || give_up
}

give_up() {
  case $(cat "$scratch/error") in
    *NoSuchBucket* | *'directory not found'*)
      cure="there is nothing below '$prefix/', or no such bucket: compare bucket and prefix with those of the backup CronJob"
      ;;
    *InvalidAccessKeyId* | *SignatureDoesNotMatch*) cure="correct the keys in Secret '$CREDENTIALS_SECRET'" ;;
    *AccessDenied* | *Forbidden*) cure="grant $right to the access key in Secret '$CREDENTIALS_SECRET'" ;;
    *x509:*) cure='use a certificate that is trusted here' ;;
    *) cure='is the storage up, are its address and TLS set right, does a NetworkPolicy block it?' ;;
  esac
  fail "could not $step (bucket '$S3_BUCKET' at $scheme://$server): $cure. $(last_error)"
}

# The last error that rclone reported, on one line, without the key and the secret.
last_error() {
  LC_ALL=C awk '
    function mask(text, secret,    out, at) {
      out = ""
      while (secret != "" && (at = index(text, secret))) {
        out = out substr(text, 1, at - 1) "***"
        text = substr(text, at + length(secret))
      }
      return out text
    }
    /^[0-9]+\/[0-9]+\/[0-9]+ [0-9:]+ / { text = ""; sub(/^[^ ]+ [^ ]+ /, "") }
    { text = text (text == "" ? "" : " ") $0 }
    END {
      text = mask(mask(text, ENVIRON["S3_SECRET_KEY"]), ENVIRON["S3_ACCESS_KEY"])
      gsub(/[^ -~]+/, " ", text)
      print substr(text, 1, 600)
    }' "$scratch/error"
}

s3 'list the backups' s3:ListBucket lsf "$folder/" >"$scratch/listed"
grep -Ex '[0-9]{8}T[0-9]{6}Z\.sql\.gz' "$scratch/listed" | LC_ALL=C sort -r >"$scratch/backups"
newest=$(head -n 5 "$scratch/backups" | cut -d. -f1 | paste -sd' ' -)
case $wanted in
  latest) name=$(head -n 1 "$scratch/backups") ;;
  *.sql.gz) name=$wanted ;;
  *) name=$wanted.sql.gz ;;
esac
[ -s "$scratch/backups" ] ||
  fail "there is no backup below '$prefix/' in bucket '$S3_BUCKET' at $server: compare bucket and prefix with those of the backup CronJob"
grep -Fqx -e "$name" "$scratch/backups" ||
  fail "there is no backup '$wanted' below '$prefix/' in bucket '$S3_BUCKET' at $server. The newest are: $newest"

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

mv "$scratch/dump.sql.gz.sha256" "$work"
mv "$scratch/dump.sql.gz" "$work"
echo "took $prefix/$name from bucket '$S3_BUCKET' at $server: $(wc -c <"$work/dump.sql.gz") bytes, $checked"
