#!/bin/sh
# Puts the credentials into a server_config.yaml, just before the server reads it.
#
#   sh render-config.sh TEMPLATE OUTPUT
#
# TEMPLATE holds @MYSQL_PASSWORD@, @S3_ACCESS_KEY@ and @S3_SECRET_KEY@ inside double-quoted YAML scalars; their values
# are the environment variables of the same names. Only those that TEMPLATE mentions are needed.
# Exits 0 with OUTPUT (mode 0600) written whole, or 1 with every problem on stderr and OUTPUT untouched.
#
# It writes "$VAR", never the form with braces, nor two dollar signs: Flux's postBuild substitution would replace those.
set -eu
umask 077
# Values are handled byte by byte, whatever the locale of the image.
LC_ALL=C
export LC_ALL

if [ "$#" -ne 2 ]; then
  echo 'render-config: usage: render-config.sh TEMPLATE OUTPUT' >&2
  exit 1
fi
template=$1
output=$2
if [ ! -r "$template" ]; then
  echo "render-config: can't read the template $template" >&2
  exit 1
fi

temporary=$output.partial
trap 'rm -f "$temporary"' EXIT

# The values come from ENVIRON and not from -v, which would show them in the process list and read their backslashes.
# The template goes in through stdin, because awk takes an operand with a "=" in it for an assignment.
awk '
function problem(text) {
  print "render-config: " text | "cat 1>&2"
  failed = 1
}

# The number of bytes of the UTF-8 sequence that starts at byte i of s; 0 when that is not valid UTF-8.
function sequence_length(s, i,    first, second, n, k) {
  first = code[substr(s, i, 1)]
  if (first < 128) return 1
  if (first < 194 || first > 244) return 0
  n = first < 224 ? 2 : first < 240 ? 3 : 4
  if (i + n - 1 > length(s)) return 0
  for (k = 1; k < n; k++) {
    second = code[substr(s, i + k, 1)]
    if (second < 128 || second > 191) return 0
  }
  second = code[substr(s, i + 1, 1)]
  # Overlong forms, UTF-16 surrogates, and what lies above U+10FFFF.
  if (first == 224 && second < 160) return 0
  if (first == 237 && second > 159) return 0
  if (first == 240 && second < 144) return 0
  if (first == 244 && second > 143) return 0
  return n
}

function is_utf8(s,    i, n) {
  for (i = 1; i <= length(s); i += n) {
    n = sequence_length(s, i)
    if (n == 0) return 0
  }
  return 1
}

# The inside of a double-quoted YAML scalar. What YAML 1.1 or 1.2 does not print, folds or strips becomes an escape.
function quoted(s,    out, i, n, c) {
  out = ""
  for (i = 1; i <= length(s); i += n) {
    n = sequence_length(s, i)
    c = substr(s, i, n)
    out = out (c in escape ? escape[c] : c)
  }
  return out
}

function check(name,    value) {
  value = ENVIRON[name]
  if (value == "") {
    problem(name " is not set or empty: look at the Secret and at the key in it that this variable comes from")
    return
  }
  if (!is_utf8(value)) {
    problem(name " is not valid UTF-8, which YAML demands: choose a value of printable ASCII characters")
    return
  }
  rendered[name] = quoted(value)
  if (name == "MYSQL_PASSWORD") {
    if (index(value, ":"))
      problem(name " contains a \":\", at which the server would split meta_uri in the wrong place and log in as another user: choose a password without it")
    if (value ~ /[\n\r]/)
      problem(name " contains a line break, which the server refuses in meta_uri" hint(value))
  } else if (value ~ /[\n\r]$/) {
    print "render-config: warning: " name " ends in a line break and is used with it" hint(value) | "cat 1>&2"
  }
}

function hint(value) {
  return value ~ /[\n\r]$/ ? ": a trailing one usually comes from making the Secret with echo instead of printf" : ""
}

BEGIN {
  for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i
  for (i = 1; i < 32; i++) escape[sprintf("%c", i)] = sprintf("\\x%02X", i)
  escape["\t"] = "\\t"
  escape["\n"] = "\\n"
  escape["\r"] = "\\r"
  escape["\""] = "\\\""
  escape["\\"] = "\\\\"
  escape["\177"] = "\\x7F"
  # U+0080 to U+009F: the C1 controls, among them U+0085, a line break in YAML 1.1.
  for (i = 128; i < 160; i++) escape["\302" sprintf("%c", i)] = sprintf("\\x%02X", i)
  escape["\342\200\250"] = "\\u2028"
  escape["\342\200\251"] = "\\u2029"
  escape["\357\273\277"] = "\\uFEFF"
  escape["\357\277\276"] = "\\uFFFE"
  escape["\357\277\277"] = "\\uFFFF"
  placeholder = "@(MYSQL_PASSWORD|S3_ACCESS_KEY|S3_SECRET_KEY)@"
}

{
  lines[NR] = $0
  rest = $0
  while (match(rest, placeholder)) {
    needed[substr(rest, RSTART + 1, RLENGTH - 2)] = 1
    rest = substr(rest, RSTART + RLENGTH)
  }
}

END {
  if ("MYSQL_PASSWORD" in needed) check("MYSQL_PASSWORD")
  if ("S3_ACCESS_KEY" in needed) check("S3_ACCESS_KEY")
  if ("S3_SECRET_KEY" in needed) check("S3_SECRET_KEY")
  close("cat 1>&2")
  if (failed) exit 1
  # One pass from left to right, so that a credential which looks like a placeholder stays as it is.
  for (n = 1; n <= NR; n++) {
    rest = lines[n]
    done = ""
    while (match(rest, placeholder)) {
      done = done substr(rest, 1, RSTART - 1) rendered[substr(rest, RSTART + 1, RLENGTH - 2)]
      rest = substr(rest, RSTART + RLENGTH)
    }
    print done rest
  }
}
' <"$template" >"$temporary" || exit 1

mv -f "$temporary" "$output"
echo "rendered $output"
