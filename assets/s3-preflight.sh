#!/bin/sh
# Does to the object storage what Milvus is about to do: put, get, list and delete an object, with its key and below its
# prefix. Milvus 1.1.1 ignores a failed upload (S3IOWriter.cpp drops the status): with a wrong or read-only key it would
# start, accept inserts, report flushes as done and lose the data. So this runs first, and stops the pod.
#
#   S3_ADDRESS, S3_PORT            where
#   S3_SCHEME, S3_CA               http, or https (http), for a server with a proxy that speaks TLS; file with the certificate of the CA
#   S3_BUCKET, S3_PREFIX           the prefix without a slash at either end
#   S3_ACCESS_KEY, S3_SECRET_KEY   never printed
#   CREDENTIALS_FROM               the Secret that holds them, named in messages
#   S3_CREATE_BUCKET               true: create the bucket when there is none; wait: another pod is about to, wait for it
#   WAIT_SECONDS                   how long to wait for a storage that does not answer yet (120)
#   PROBE_NAME                     the test object's name, one per pod (the host name)
#
# Needs s3-remote.sh beside it and rclone (1.60 and 1.68 are known to do). Exits 0 when all of it worked, or 1 with the cause and the cure on stderr.
#
# shellcheck disable=SC2154 # scheme and untrusted are set by s3-remote.sh
set -eu

set +u # these may be missing
limit=$WAIT_SECONDS
name=$PROBE_NAME
create=$S3_CREATE_BUCKET
set -u
[ -n "$limit" ] || limit=120
[ -n "$name" ] || name=$(hostname)
server=$S3_ADDRESS:$S3_PORT
# Beside <prefix>/db, where Milvus keeps everything. A directory of its own keeps the listing short.
folder=s3:$S3_BUCKET/$S3_PREFIX/.preflight/

say() { echo "s3-preflight: $*" >&2; }
fail() {
  say "$*"
  exit 1
}
work=$(mktemp -d)
written=
clean_up() {
  [ -z "$written" ] || remove >/dev/null 2>&1 || :
  rm -rf "$work"
}
trap clean_up EXIT
# As PID 1 of an init container a shell would ignore SIGTERM and hold up the deletion of its pod.
trap 'exit 143' TERM INT

# shellcheck disable=SC2034 # for s3-remote.sh
scratch=$work
# shellcheck source=/dev/null
. "$(dirname "$0")/s3-remote.sh"

# rclone, with what it prints on stderr kept in $error. Repeating is up to the loop at the end. The limit is for answers
# that rclone hangs on in spite of its own, as 1.60 does on a redirect to nowhere.
try_s3() {
  if timeout 45 rclone --config= --log-level ERROR --retries 1 --low-level-retries 1 --contimeout 5s --timeout 10s \
    --ignore-checksum "$@" 2>"$work/error"; then
    error=
  else
    error=$(cat "$work/error")
    [ -n "$error" ] || error='timeout: rclone did not come back'
    return 1
  fi
}

# cat and delete are told the file instead of finding it, so that a refusal is reported and not taken for "no such file".
printf '%s\n' "$name" >"$work/names"
printf 'cdk8s-milvus preflight, %s, %s\n' "$name" "$(date)" >"$work/sent"
put() { try_s3 rcat "$folder$name" <"$work/sent"; }
get() { try_s3 cat "$folder" --files-from-raw "$work/names" --no-traverse >"$work/received"; }
list() { try_s3 lsf "$folder" >"$work/listed"; }
remove() { RCLONE_CONFIG_S3_NO_HEAD_OBJECT=true try_s3 delete "$folder" --files-from-raw "$work/names" --no-traverse; }
create_bucket() { RCLONE_CONFIG_S3_NO_CHECK_BUCKET=false try_s3 mkdir "s3:$S3_BUCKET"; }
is_listed() { grep -Fqx "$name" "$work/listed"; }

# Leaves the step that failed in $step, and the right that it needs in $right.
check() {
  step='write objects' right=s3:PutObject
  if ! put; then
    case $create$error in
      true*NoSuchBucket*) ;;
      *) return 1 ;;
    esac
    step='create the missing bucket' right=s3:CreateBucket
    create_bucket || return 1
    say "created bucket '$S3_BUCKET' at $server"
    step='write objects' right=s3:PutObject
    put || return 1
  fi
  written=true
  step='read objects' right=s3:GetObject
  get || return 1
  cmp -s "$work/sent" "$work/received" ||
    fail "an object read back from bucket '$S3_BUCKET' at $server differs from what was written: is there a proxy or cache in between? Give Milvus the address of the storage itself"
  step='list the bucket' right=s3:ListBucket
  list || return 1
  is_listed ||
    fail "an object just written to bucket '$S3_BUCKET' at $server is not in its listing, which Milvus relies on: give Milvus a storage whose listings are consistent"
  step='delete objects' right=s3:DeleteObject
  remove || return 1
  step='list the bucket' right=s3:ListBucket
  list || return 1
  if is_listed; then
    fail "an object deleted from bucket '$S3_BUCKET' at $server is still there: is the bucket locked (object lock, retention)? Milvus has to delete: use a bucket without"
  fi
  written=
}

# Does the same port answer in TLS? Any answer will do, so the certificate does not matter.
answers_https() (
  export RCLONE_CONFIG_S3_ENDPOINT="https://$server"
  try_s3 lsf "$folder" --no-check-certificate >/dev/null && return 0
  case $error in
    *'server gave HTTP response'* | *'does not look like a TLS'* | *refused* | *timeout* | *EOF* | *reset* | *'no such host'*)
      return 1
      ;;
  esac
)

# Ends the script when waiting can't help; otherwise leaves the reason to wait in $reason.
diagnose() {
  case $error in
    *InvalidAccessKeyId*)
      fail "$server does not know the access key in Secret '$CREDENTIALS_FROM': correct it"
      ;;
    *'invalid header field value'*)
      fail "the access key in Secret '$CREDENTIALS_FROM' can't be sent, there is a line break or the like in it: correct it (make Secrets with printf, not echo)"
      ;;
    *SignatureDoesNotMatch*)
      fail "the secret key in Secret '$CREDENTIALS_FROM' does not belong to its access key, says $server: correct it (a line break at its end is enough to spoil it: make Secrets with printf, not echo)"
      ;;
    *AuthorizationHeaderMalformed* | *AuthorizationQueryParametersError* | *PermanentRedirect* | *IllegalLocationConstraint*)
      fail "$server is in another region than us-east-1, the only one that Milvus 1.1.1 signs for: use a bucket in us-east-1, or set the region of your storage to it. $(printf '%s\n' "$error" | last_error)"
      ;;
    *RequestTimeTooSkewed*)
      fail "the clocks of this node and of $server differ too much for signed requests: set them (NTP) on both"
      ;;
    *NoSuchBucket*)
      [ "$create" = wait ] ||
        fail "there is no bucket '$S3_BUCKET' at $server: create it (s3cmd mb s3://$S3_BUCKET), or set createBucket: true"
      reason="there is no bucket '$S3_BUCKET' at $server yet: the writable creates it when it starts"
      ;;
    *AccessDenied* | *Forbidden*)
      fail "the access key in Secret '$CREDENTIALS_FROM' may not $step (bucket '$S3_BUCKET', prefix '$S3_PREFIX/'): grant it $right"
      ;;
    *'server gave HTTP response'* | *'does not look like a TLS'*)
      fail "$server speaks plain HTTP: set s3.tls.enabled: false, or give its HTTPS port"
      ;;
    *x509:*)
      [ "$scheme" = https ] || fail_https
      fail "$server speaks TLS, but $untrusted. $(printf '%s\n' "$error" | last_error)"
      ;;
    *'HTTP response "\x15\x03'*) fail_https ;;
    *'no such host'*) reason="the name $S3_ADDRESS does not resolve: is it spelled right, with its namespace?" ;;
    *'server misbehaving'* | *' lookup '*)
      reason="DNS gives no answer for the name $S3_ADDRESS: is it up, does a NetworkPolicy block it (port 53)?"
      ;;
    *'connection refused'*) reason="nothing listens at $server: is the storage up, is the port right?" ;;
    *timeout* | *'deadline exceeded'* | *'no route to host'* | *unreachable*)
      reason="$server does not answer: is the address right, does a NetworkPolicy or firewall block it?"
      ;;
    *EOF* | *'connection reset'* | *'broken pipe'*)
      [ "$scheme" = https ] || ! answers_https || fail_https
      reason="$server closes the connection without an answer: is this the port of the S3 service?"
      ;;
    *'status code: 5'* | *'StatusCode: 5'* | *InternalError* | *ServiceUnavailable* | *SlowDown* | *OperationAborted*)
      reason="$server reports a trouble of its own: $(printf '%s\n' "$error" | last_error)"
      ;;
    *)
      [ "$scheme" = https ] || ! answers_https || fail_https
      fail "could not $step (bucket '$S3_BUCKET' at $server): $(printf '%s\n' "$error" | last_error)"
      ;;
  esac
}

fail_https() {
  fail "$server wants HTTPS: set s3.tls.enabled: true, or give the storage's HTTP port"
}

began=$(date +%s)
since=$(date -u '+%H:%M:%S UTC')
deadline=$((began + limit))
previous=
told=0
until check; do
  diagnose
  now=$(date +%s)
  # A server's own words carry a request id, new each time: one line for all of them.
  kind=$(printf '%s' "$reason" | cut -d: -f1,2)
  if [ "$kind" != "$previous" ]; then
    say "waiting: $reason"
    previous=$kind
    told=$now
  elif [ "$((now - told))" -ge 60 ]; then
    say "still waiting, since $since ($((now - began)) s): $reason"
    told=$now
  fi
  [ "$now" -lt "$deadline" ] || fail "gave up after $limit s: $reason"
  sleep 3
done
say "bucket '$S3_BUCKET' at $server: put, get, list and delete work"
