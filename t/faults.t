#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='a real collectd survives what a network and an API can do to it'
. "${0%/*}/lib.sh"
. "$TESTS/collectd.sh"

# Each fault has an <Account> block and a loopback address of its own, all in one
# daemon: so each is also the proof that it does not disturb the others.
mkdir "$SANDBOX/canned"

# --- the table -----------------------------------------------------------------
# name | from the start or later | which requests | fault | bool-up | the log's line or - |
# recovers | count-instances that may be told, beside 2
: >table
fault () {
	IFS='|' read -r name when scope what up says recovers counts <<-END
	$1
	END
	case $scope in
	all) scope='*' ;;
	list) scope='*/instances[?]*' ;;
	first-page) scope='*/instances[?]*page=1[&]*' ;;
	stats) scope='*/stats' ;;
	one) scope='*/idle-00002/stats' ;;
	esac
	hosts=$(($(wc -l <table) + 2))
	echo "$name|$when|127.0.0.$hosts/$scope|$what|$up|$says|$recovers|$counts" >>table
}

# canned NAME STATUS [HEADER]...: a whole answer, its body on standard input
canned () {
	file=$SANDBOX/canned/$1 status=$2
	shift 2
	cat >"$SANDBOX/canned/body" &&
	{
		printf 'HTTP/1.1 %s Whatever\r\n' "$status"
		for header in "Content-Type: application/json" "$@"; do
			printf '%s\r\n' "$header"
		done
		printf 'Content-Length: %s\r\nConnection: close\r\n\r\n' \
			"$(wc -c <"$SANDBOX/canned/body")"
		cat "$SANDBOX/canned/body"
	} >"$file"
}

# answer 'NAME|WHEN|SCOPE|BOOL-UP|SAYS|RECOVERS|COUNTS' STATUS [HEADER]...: as fault
answer () {
	IFS='|' read -r name when scope up says recovers counts <<-END
	$1
	END
	shift
	canned "$name" "$@"
	fault "$name|$when|$scope|canned $SANDBOX/canned/$name|$up|$says|$recovers|$counts"
}
result () {
	printf '{"success":true,"result":%s%s}' "$1" "${2:+,\"result_info\":$2}"
}
row () {
	printf '{"id":%s,"created_at":"2025-12-25T01:52:28Z","modified_at":"2025-12-25T01:52:28Z","status":"ready"}' "$1"
}
failure () {
	printf '{"success":false,"errors":[{"code":%s,"message":"%s"}],"result":null}' "$1" "$2"
}
repeat () {
	awk -v n="$1" -v s="$2" 'BEGIN { while (n-- > 0) printf "%s", s }'
}
ROWS="$(row '"idle-00001"'),$(row '"idle-00002"')"
HTML='<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>'

fault 'refuse|later|all|refuse|0|not reached|yes'
fault 'reset|later|all|reset|0|cut off|yes'
fault 'close|later|all|close|0|cut off|yes'
fault 'deaf|later|all|deaf|0|in time|yes'
fault 'deaf-at-start|start|all|deaf|0|no connection in time (|yes'
fault 'blackhole|later|all|blackhole|0|no complete answer in time|yes'
fault 'blackhole-at-start|start|all|blackhole|0|no complete answer in time|yes'
fault 'slow-headers|later|all|slow-headers|0|in time|yes'
fault 'endless-headers|later|all|endless-headers|0|.|yes'
fault 'drip|later|all|drip|0|in time|yes'
fault 'truncate|later|all|truncate|0|cut off|yes'
fault 'truncate-at-start|start|all|truncate|0|cut off|yes'
fault 'endless|later|all|endless|0|longer than|yes'
fault 'endless-list|start|list|endless|0|longer than|yes'

bomb () {
	head -c 268435456 /dev/zero | tr '\0' ' ' | gzip -1
}
bomb | answer 'gzip-bomb|later|all|0|longer than|yes' 200 'Content-Encoding: gzip'
echo 'not gzip at all' | answer 'gzip-damaged|later|all|0|compression|yes' 200 'Content-Encoding: gzip'
printf 'SSH-2.0-OpenSSH_9.2p1\r\n' >"$SANDBOX/canned/ssh"
fault "not-http|later|all|canned $SANDBOX/canned/ssh|0|not reached|yes"

: | answer 'empty-body|later|all|0|empty|yes' 200
echo "$HTML" | answer 'html-502|later|all|0|HTTP 502|yes' 502 'Content-Type: text/html'
echo "$HTML" | answer 'html-200|later|all|0|not JSON|yes' 200 'Content-Type: text/html'
echo 'It works!' | answer 'text|start|list|0|not JSON|yes' 200 'Content-Type: text/plain'
printf '{"success":true,"result":[' | answer 'half|start|list|0|middle of its JSON|yes' 200
{ repeat 200000 '['; } | answer 'deep|start|list|0|nesting|yes' 200
{ repeat 200000 '{"a":'; } | answer 'deep-stats|later|stats|0|nesting|yes' 200
echo null | answer 'null|start|list|0|null|yes' 200
echo '[]' | answer 'array|start|list|0|expected an object|yes' 200
printf '{"success":true,"result":[]}\001' | answer 'tail|start|list|0|not JSON|yes' 200
printf '{"success":true,"result":["\377"]}' | answer 'not-utf8|start|list|0|not JSON|yes' 200
echo '{"result":[]}' | answer 'no-success|start|list|0|success|yes' 200
echo '{"success":"true","result":[]}' | answer 'success-text|start|list|0|success|yes' 200
failure 7001 'bad things' | answer 'success-false|later|all|0|bad things|yes' 200
printf '{"success":false,"errors":[{"message":"\\u001b[2Jgone\\nforged line"}]}' |
	answer 'hostile-text|later|all|0|gone|yes' 400
echo '{"success":false,"errors":{"message":7}}' | answer 'odd-errors|later|all|0|no reason|yes' 400
echo '{"success":true}' | answer 'no-result|start|list|0|result|yes' 200
result null | answer 'null-result|start|list|0|result|yes' 200
result '{}' | answer 'object-result|start|list|0|result|yes' 200
result '"x"' | answer 'text-result|start|list|0|result|yes' 200

result '[]' '{"page":1,"per_page":100,"count":0,"total_count":0}' |
	answer 'no-instance|start|list|1|-|yes|0' 200
result "[7,\"x\",null,[]]" | answer 'odd-rows|start|list|0|an instance is|yes' 200
result "[$(row 5)]" | answer 'id-number|start|list|0|.id. is int|yes' 200
result '[{"status":"ready"}]' | answer 'id-missing|start|list|0|.id.|yes' 200
result "[$(row '"../x"')]" | answer 'id-dots|start|list|0|expected an instance id|yes' 200
result "[$(row '"Capitals"')]" | answer 'id-capitals|start|list|0|expected an instance id|yes' 200
result "[$(row "\"$(repeat 65 a)\"")]" | answer 'id-65-bytes|start|list|0|.id.|yes' 200
result "[$(row '"a\u0000b"')]" | answer 'id-nul|start|list|0|NUL|yes' 200
result "[$(row '"a\nb"')]" | answer 'id-line-feed|start|list|0|expected an instance id|yes' 200
result "[$(row '"../x"'),$ROWS]" | answer 'one-bad-id|start|list|1|expected an instance id|yes' 200
result "[$ROWS,$ROWS]" | answer 'duplicate-ids|start|list|1|-|yes' 200
result "[$ROWS]" '{"page":1,"per_page":100,"count":2,"total_count":1000}' |
	answer 'total-too-large|start|first-page|1|-|yes' 200
result "[$ROWS]" '{"page":1,"per_page":100,"count":2,"total_count":4611686018427387903}' |
	answer 'total-huge|start|first-page|1|-|yes' 200
result "[$ROWS]" '{"page":1,"per_page":100,"count":2,"total_count":1}' |
	answer 'total-too-small|start|list|1|-|yes' 200
result "[$ROWS]" '{"page":1,"per_page":0,"count":2,"total_count":2}' |
	answer 'per-page-0|start|list|1|-|yes' 200
result "[$ROWS]" '{"page":1,"per_page":100,"count":2,"total_count":-1}' |
	answer 'total-negative|start|list|0|total_count|yes' 200
result "[$ROWS]" '{"page":1,"per_page":100,"count":2,"total_count":"2"}' |
	answer 'total-text|start|list|0|total_count|yes' 200
# A full page, again and again.  A hundred of them in each cycle use up the budget, so
# the recovery may take until the window has moved on.
result "[$(repeat 49 "$ROWS,")$ROWS]" | answer 'never-ends|start|list|0|no end|maybe' 200

result '{"queued":null,"running":null,"completed":null,"error":null,"skipped":null,"outdated":null,"engine":null,"last_activity":null}' |
	answer 'stats-nulls|later|stats|1|-|yes' 200
result '{}' | answer 'stats-missing|later|stats|1|-|yes' 200
result null | answer 'stats-null|later|stats|0|result|yes' 200
result '[1]' | answer 'stats-array|later|stats|0|result|yes' 200
result '{"queued":"3"}' | answer 'stats-text|later|stats|0|.queued. is string|yes' 200
result '{"queued":1.5}' | answer 'stats-fraction|later|stats|0|.queued.|yes' 200
result '{"queued":true}' | answer 'stats-boolean|later|stats|0|.queued.|yes' 200
result '{"queued":-1}' | answer 'stats-negative|later|stats|0|out of range|yes' 200
result '{"queued":99999999999999999999}' | answer 'stats-huge|later|stats|0|out of range|yes' 200
result '{"queued":1e400}' | answer 'stats-infinite|later|stats|0|.queued.|yes' 200
result '{"queued":NaN}' | answer 'stats-nan|later|stats|0|.|yes' 200
result '{"degraded":true}' | answer 'stats-degraded|later|stats|1|-|yes' 200
failure 7002 'instance not found' | answer 'deleted|later|one|1|-|yes|1' 404
failure 7001 'internal' | answer 'one-500|later|one|1|stats of .idle-00002|yes' 500

failure 10000 'Authentication error' | answer 'status-401|later|all|0|HTTP 401|yes' 401
failure 9109 'may not' | answer 'status-403|later|all|0|AI Search Read|yes' 403
failure 7003 'no route' | answer 'status-404|start|list|0|HTTP 404|yes' 404
failure 7076 'in use' | answer 'status-409|later|all|0|HTTP 409|yes' 409
for status in 400 408 500 501 503 504; do
	failure 7001 'some reason' | answer "status-$status|later|all|0|HTTP $status|yes" "$status"
done
for status in 520 521 522 523 524 525 526 527 528 529 530; do
	echo "$HTML" | answer "status-$status|later|all|0|HTTP $status|yes" "$status" 'Content-Type: text/html'
done

limited () {
	failure 971 'Please wait' | answer "status-429-$1|later|all|0|HTTP 429|$2" 429 ${3:+"Retry-After: $3"}
}
limited none no
limited 1 yes 1
limited absurd no 99999999
limited negative no -5
limited words no 'some day'
limited past no 'Fri, 31 Dec 1999 23:59:59 GMT'

# --- the scene ------------------------------------------------------------------

start_emulator --instances 2 --rate-limit off --rate-limit off || exit 1
UPSTREAM=$PORT
: >control

start_peer () {
	rm -f "$1.port"
	spawn peer --port-file "$1.port" --upstream "$UPSTREAM" --control control \
		--log "$1.log" --hosts "$2"
	until_true 20 test -s "$1.port"
}

# A second one, to which the first sends: it must never see a request.
start_peer thief 1 || exit 1
for status in 301 302 303 307 308; do
	failure 0 moved | answer "redirect-$status|later|all|0|HTTP $status|yes" "$status" \
		"Location: http://127.0.0.1:$(cat thief.port)/client/v4/stolen"
done
COUNT=$(wc -l <table)
start_peer peer $((COUNT + 1)) || exit 1

# set_faults WHEN...: faults of the table; none = all is well
set_faults () {
	for set_when in "$@"; do
		awk -F'|' -v when="$set_when" '$2 == when { print $3, $4 }' table
	done >control.new
	mv control.new control
}

TIMEOUT=1500
[ "$VARIANT" = asan ] && TIMEOUT=4000
account () {	# NAME ADDRESS PREFIX
	cat <<-EOF
	<Account "$1">
	  AccountId "$ACCOUNT"
	  URL "http://$2/client/v4"
	  TokenFile "$PWD/manager.token"
	  Prefix "$3"
	  Timeout $TIMEOUT
	</Account>
	EOF
}
accounts () {
	account calm "127.0.0.1:$UPSTREAM" calm
	while IFS='|' read -r name when where rest; do
		account "$name" "${where%%/*}:$(cat peer.port)" "$name"
	done <table
}

# told NAME: lines of the log for this account, but for those of its recovery
told () {
	complaints | grep "account '$1': " | grep -v 'works again'
}
recovered () {
	grep "aisearch plugin: account '$1': works again" log
}
# lines NAME: how many values of bool-up there are
lines () {
	cat csv/ci/aisearch-account."$1"/bool-up-* | wc -l
}
asked () {
	for file in csv/ci/aisearch-account."$1"/http_requests-*; do tail -n 1 "$file"; done |
		awk -F, '{ n += $2 } END { print int(n) }'
}
has_lines () {
	[ "$(lines "$1")" -ge "$2" ]
}
# each REQUEST: is true of every fault of the table; in $name and so on
with () {	# WHEN COMMAND
	while IFS='|' read -r name when where what up says recovers counts; do
		[ "$when" = "$1" ] || continue
		eval "$2" || { echo "(of $name)"; return 1; }
	done <table
}
descriptors () {
	ls "/proc/$DAEMON/fd" | wc -l
}
rss_kb () {
	awk '/^VmRSS/ { print $2 }' "/proc/$DAEMON/status"
}

# strikes: the fault in $name and so on is seen as what it is
strikes () {
	becomes "account.$name/bool-up" "$up" 15 || return 1
	if [ "$says" = - ]; then
		! told "$name"
	else
		until_true 8 told "$name" &&
		told "$name" &&
		told "$name" | grep -q -e "$says" &&
		test "$(told "$name" | wc -l)" = 1
	fi
}
# heals: it is over, without a new complaint, and was told so
heals () {
	[ "$recovers" = maybe ] && return 0
	if [ "$recovers" = no ]; then
		is "account.$name/bool-up" 0
		return
	fi
	becomes "account.$name/bool-up" 1 12 &&
	becomes "account.$name/count-instances" 2 12 || return 1
	if [ "$says" = - ]; then
		! told "$name"
	else
		until_true 8 recovered "$name" &&
		test "$(recovered "$name" | wc -l)" = 1 &&
		test "$(told "$name" | wc -l)" = 1
	fi
}
# for each fault of a set: one line of TAP
each () {	# WHEN VERB TEXT
	while IFS='|' read -r name when where what up says recovers counts <&3; do
		[ "$when" = "$1" ] || continue
		test_expect_success "$name: $3" "$2"
	done 3<table
}

# --- the story ------------------------------------------------------------------

test_expect_success 'the daemon starts, with one account that is well' '
	GLOBAL="LoadPlugin load" &&
	set_faults start &&
	accounts | conf &&
	start_daemon &&
	becomes account.calm/bool-up 1 &&
	becomes calm.idle-00002/bool-degraded 0 &&
	with later "becomes account.\$name/bool-up 1" &&
	with start "until_true 20 has_lines \$name 3"
'
each start strikes 'told once, truthfully'
test_expect_success 'now others fail' '
	set_faults later &&
	with later "until_true 20 has_lines \$name 10"
'
each start heals 'over'
each later strikes 'told once, truthfully'

test_expect_success 'none of them disturbs another account or plugin' '
	requests=$(asked calm) &&
	calm=$(lines calm) &&
	load=$(cat csv/ci/load/load-* | wc -l) &&
	until_true 20 has_lines calm $((calm + 3)) &&
	test "$(awk -F, "NR > 1 && \$2 != \"1\" && \$2 != \"1.000000\"" csv/ci/aisearch-account.calm/bool-up-* | wc -l)" = 0 &&
	test "$(cat csv/ci/load/load-* | wc -l)" -ge $((load + 2)) &&
	test "$(asked calm)" -gt "$requests" &&
	! told calm
'
test_expect_success 'all is well again' '
	set_faults
'
each later heals 'over'

# what the csv files say of an instance is what the calm account's say of it
cat >same.awk <<'EOF'
function key(    part) {
	split(FILENAME, part, "/")
	sub(/.*\./, "", part[3])
	return part[3] "/" part[4]
}
FNR == 1 { calm = FILENAME ~ /aisearch-calm\./; files++; next }
calm { known[key(), $2]; next }
!((key(), $2) in known) { print FILENAME ": " $2; bad = 1 }
END { exit bad || files < 500 }
EOF
test_expect_success 'no wrong number was published, no zero for what is unknown, no NaN' '
	! grep -rqi nan csv &&
	awk -F, -f same.awk csv/ci/aisearch-calm.idle-0000[12]/[opr]* \
		csv/ci/aisearch-*.idle-0000[12]/[opr]* &&
	while IFS="|" read -r name when where what up says recovers counts; do
		ls csv/ci/aisearch-account.$name/count-instances-* >/dev/null 2>&1 || continue
		awk -F, -v also="$counts" "FNR > 1 && \$2 + 0 != 2 && (also == \"\" || \$2 + 0 != also + 0) {
			print FILENAME, \$2; bad = 1 } END { exit bad }" \
			csv/ci/aisearch-account.$name/count-instances-* || return 1
	done <table
'
test_expect_success 'no request was made of an id that is none, and none was repeated without need' '
	! grep -e "\.\./x" -e Capitals -e aaaaaaaa peer.log &&
	for kind in none absurd negative words past; do
		host=$(awk -F"|" -v name="status-429-$kind" "\$1 == name { split(\$3, a, \"/\"); print a[1] }" table)
		n=$(grep "^$host/.*canned" peer.log | wc -l)
		echo "429 $kind: $n requests"
		test "$n" -ge 1 && test "$n" -le 3 || return 1
	done &&
	host=$(awk -F"|" "\$1 == \"never-ends\" { split(\$3, a, \"/\"); print a[1] }" table) &&
	test "$(grep -c "^$host/" peer.log)" -le 600
'
test_expect_success 'a redirection is not followed: the token goes nowhere else' '
	grep -q "canned auth" peer.log &&
	cat thief.log &&
	test ! -s thief.log
'
test_expect_success 'a hostile text cannot forge a line' '
	! grep -q "^forged line" log &&
	! grep -q "$(printf "\033")" log
'
# once_more: all the faults again; what it cost is in $costs.
once_more () {
	before_kb=$(rss_kb) before_fds=$(descriptors) &&
	set_faults start later &&
	calm=$(lines calm) &&
	until_true 30 has_lines calm $((calm + 6)) &&
	set_faults &&
	with start "test \$recovers != yes || becomes account.\$name/bool-up 1" &&
	with later "test \$recovers != yes || becomes account.\$name/bool-up 1" &&
	calm=$(lines calm) &&
	until_true 20 has_lines calm $((calm + 2)) &&
	costs="RSS $before_kb kB, then $(rss_kb) kB; descriptors $before_fds, then $(descriptors)" &&
	echo "$costs" &&
	{ test "$VARIANT" = asan || test $(($(rss_kb) - before_kb)) -le 4096; } &&
	# a hundred hosts, each with up to six connections that may or may not be open now
	test $(($(descriptors) - before_fds)) -le 50
}
# A leak grows each time; a heap that has to find its size may grow once.
test_expect_success 'another time costs no memory and no descriptor' '
	once_more || once_more || once_more
'
echo "# $costs"
test_expect_success 'it stops at once, and the token is in no log' '
	stop_daemon &&
	at_once &&
	token=$(cat manager.token) &&
	! grep -rqF -e "$token" log daemon.out peer.log thief.log csv emulator.err requests.log &&
	! grep -rqF -e "$CANARY" log daemon.out peer.log thief.log csv emulator.err requests.log
'

test_done
