# SPDX-License-Identifier: MIT
#
# lib.sh -- the stories' common words.  A story is a POSIX sh script that says
#
#	test_description='git credential fill answers from the vault'
#	. "${0%/*}/lib.sh"
#	test_expect_success 'a stored token comes back' '
#		...
#	'
#	test_done
#
# Each runs in a sandbox of its own ($SANDBOX, which is also HOME and the
# current folder), with a canary secret ($CANARY) that must never show.  Every
# process started with `spawn` is stopped when the story ends, however it ends.
# No sleeps: `until_true` polls a condition with a ceiling.

set -u
TESTS=$(cd "$(dirname "$0")" && pwd)
TOP=$(dirname "$TESTS")
OUT=${OUT:-$TOP/build}
VARIANT=${VARIANT:-release}
PATH=$OUT:/usr/sbin:/sbin:$PATH
export PATH OUT VARIANT

SANDBOX=$(mktemp -d "${TMPDIR:-/tmp}/aisearch-t.XXXXXX") || exit 1
# A blank in it: a HOME with one is legal and finds careless quoting.
mkdir -m 700 "$SANDBOX/home dir" && cd "$SANDBOX/home dir" || exit 1
HOME=$PWD
export HOME
XDG_DATA_HOME=$HOME/data
XDG_CONFIG_HOME=$HOME/config
export XDG_DATA_HOME XDG_CONFIG_HOME
unset AISEARCH_VAULT CREDENTIALS_DIRECTORY CLOUDFLARE_API_TOKEN CLOUDFLARE_ACCOUNT_ID \
	CLOUDFLARE_API_BASE_URL http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY \
	all_proxy NO_COLOR GIT_DIR GIT_ASKPASS SSH_ASKPASS
GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$HOME/gitconfig GIT_TERMINAL_PROMPT=0
export GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL GIT_TERMINAL_PROMPT
LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ
umask 022

# 40 letters and digits, as the API's values; made anew for each run.
CANARY=canary$(od -An -N17 -tx1 /dev/urandom | tr -d ' \n')
ACCOUNT=023e105f4ecef8ad9ca31a8372d0c353

: >"$SANDBOX/pids"
tap_count=0
tap_failed=0

# When the process began, in ticks since the machine did; nothing when there is none.
began () {
	{ IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	set -- ${stat##*) }
	echo "${20}"
}
# A number may be another's by now: that of another story, which would lose its emulator.
is_still () {
	[ -n "$2" ] && [ "$(began "$1")" = "$2" ]
}
# Ends every process that was spawned: first kindly, then for good.
sweep () {
	while read -r pid since; do
		is_still "$pid" "$since" && kill "$pid" 2>/dev/null
	done <"$SANDBOX/pids"
	n=0
	while read -r pid since; do
		while is_still "$pid" "$since" && kill -0 "$pid" 2>/dev/null && [ $n -lt 200 ]; do
			n=$((n + 1))
			sleep 0.02
		done
		is_still "$pid" "$since" && kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done <"$SANDBOX/pids"
	cd / && chmod -R u+rwX "$SANDBOX" 2>/dev/null
	rm -rf "$SANDBOX"
}
trap 'sweep' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# spawn COMMAND...: in the background; its pid is in $SPAWNED.
spawn () {
	"$@" &
	SPAWNED=$!
	echo "$SPAWNED $(began "$SPAWNED")" >>"$SANDBOX/pids"
}

# until_true SECONDS COMMAND...: polls (the ceiling is generous, not a delay).
until_true () {
	ceiling=$1
	shift
	deadline=$(($(date +%s) + ceiling))
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s)" -gt "$deadline" ]; then
			echo "gave up after $ceiling s waiting for: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

# Waits for a lock: a process that was killed a moment ago may hold one until it is gone.
sqlite3 () {
	command sqlite3 -cmd '.timeout 10000' "$@"
}

# expect_exit CODE COMMAND...
expect_exit () {
	wanted=$1
	shift
	"$@"
	got=$?
	[ "$got" = "$wanted" ] && return 0
	echo "exit $got, expected $wanted: $*" >&2
	return 1
}

# keeps_secret FILE...: the canary is in none of them, as text or as hex.
keeps_secret () {
	hex=$(printf %s "$CANARY" | od -An -tx1 | tr -d ' \n')
	for file in "$@"; do
		[ -e "$file" ] || { echo "no file $file" >&2; return 1; }
		if grep -qa -e "$CANARY" -e "$hex" "$file"; then
			echo "the canary is in $file" >&2
			return 1
		fi
	done
}

# In a function of its own, so that a body may `return 1` from a loop.
test_body () {
	eval "$1"
}

test_expect_success () {
	tap_count=$((tap_count + 1))
	# not in a subshell: a test may leave variables for the next
	test_body "$2" >"$SANDBOX/test.out" 2>&1 </dev/null
	if [ $? = 0 ]; then
		echo "ok $tap_count - $1"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $1"
		echo "${0##*/}: not ok $tap_count - $1" >>"${FAILURES:-/dev/null}"
		echo >>"$SANDBOX/test.out"	# the last line may lack its end
		sed "s/$CANARY/(the canary)/g; s/^/# /" "$SANDBOX/test.out" |
			tee -a "${FAILURES:-/dev/null}"
	fi
}

test_skip () {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# As test_expect_success, for what needs a pseudo-terminal: a bare chroot has none.
# Its command is sh's, whatever the user's own shell is.  sh ends by Ctrl-C where bash
# goes on, so a command that is to survive it says `trap : INT` first.
SHELL=/bin/sh
export SHELL
test_expect_terminal () {
	if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
		test_expect_success "$@"
	else
		test_skip "$1" 'no pseudo-terminal here'
	fi
}

# on_terminal COLUMNS COMMAND: what it shows there, without carriage returns
on_terminal () {
	script -qec "stty cols $1; $2" /dev/null </dev/null | tr -d '\r'
}

# widths FILE: the columns that each line takes
widths () {
	perl -CSD -ne 'chomp; s/\p{Mn}//g; my $wide = () = /[\x{1100}-\x{115f}\x{2e80}-\x{a4cf}\x{ac00}-\x{d7a3}\x{f900}-\x{faff}\x{fe30}-\x{fe6f}\x{ff00}-\x{ff60}\x{ffe0}-\x{ffe6}\x{1f300}-\x{1faff}]/g;
		print length($_) + $wide, "\n"' "$1"
}

test_done () {
	# The canary in any test's own output would have been a leak on a terminal.
	echo "1..$tap_count"
	[ $tap_failed = 0 ] && exit 0
	exit 1
}

# start_emulator [OPTIONS]: on a free port with a creator and a manager token.
# Sets PORT, API (base URL), HOSTPORT, EMULATOR_PID; the tokens are in the files
# creator.token and manager.token (the creator's value is the canary).
start_emulator () {
	(umask 077 &&
	 printf '%s\n' "$CANARY" >creator.token &&
	 printf '%s\n' "manager$CANARY" | tr a-m b-n >manager.token) || return 1
	rm -f port
	spawn aisearch-emulator --port 0 --port-file "$PWD/port" --account "$ACCOUNT" \
		--creator-token-file creator.token --manager-token-file manager.token \
		--request-log "$PWD/requests.log" "$@" 2>>emulator.err
	EMULATOR_PID=$SPAWNED
	until_true 20 test -s port || { cat emulator.err; return 1; }
	PORT=$(cat port)
	HOSTPORT=127.0.0.1:$PORT
	API=http://$HOSTPORT/client/v4
}

# ai ARGUMENTS: our command; what it prints is in out and err, and kept in everything.
ai () {
	aisearch "$@" >out 2>err
	code=$?
	cat out err >>everything
	return $code
}

# says PATTERN: the last ai() said so on stderr
says () {
	grep -q -e "$1" err && return 0
	echo "stderr does not say '$1':"
	cat err
	return 1
}

# stop_process PID: and wait until it is gone.
stop_process () {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# api METHOD PATH [curl options]: with the token in file $TOKEN_FILE (default
# manager.token), body to stdout; the status is in file status.
TOKEN_FILE=manager.token
api () {
	method=$1 path=$2
	shift 2
	(umask 077; printf 'Authorization: Bearer %s\n' "$(cat "$TOKEN_FILE")" >auth.header)
	curl -sS -X "$method" -H @auth.header -o body -w '%{http_code}' "$@" "$API$path" >status &&
	cat body
}

# make_corpus FOLDER COUNT: COUNT small text files in a few folders.
make_corpus () {
	mkdir -p "$1" && awk -v n="$2" -v d="$1" 'BEGIN {
		for (i = 0; i < n; i++) {
			sub_dir = d "/part" (i % 7)
			if (!(sub_dir in made)) { system("mkdir -p " sprintf("\047%s\047", sub_dir)); made[sub_dir] = 1 }
			f = sprintf("%s/file%05d.txt", sub_dir, i)
			printf "This is document number %d.\nIt speaks of topic%d and of search engines.\n", i, i % 13 >f
			close(f)
		}
	}'
}
