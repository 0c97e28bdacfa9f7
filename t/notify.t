#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='a real collectd is told what happened, once, through a sink plugin'
. "${0%/*}/lib.sh"

# Switched on with the parts they need: the poller's jobs, token and 401; StallAfter.
JOBS_AND_TOKEN=1
STALL_AFTER=1

if ! [ -e "$OUT/sink.so" ]; then
	echo "Bail out! no $OUT/sink.so: make it first (make check does)"
	exit 1
fi

. "$TESTS/collectd.sh"

# sink_conf: the account blocks come on standard input; what is told goes to `told`.
sink_conf () {
	: >told && : >values &&
	conf "PluginDir \"$OUT\"
	LoadPlugin sink
	<Plugin sink>
	  File \"$PWD/told\"
	  Values \"$PWD/values\"
	</Plugin>
	PluginDir \"/usr/lib/collectd\""
}
# account [OPTION LINES]: the block "prod" for conf
account () {
	printf '%s\n' '<Account "prod">' "AccountId \"$ACCOUNT\"" "URL \"$API\"" \
		"TokenFile \"$PWD/manager.token\"" "RequestBudget 6000" "$@" '</Account>'
}

# values_of NAME [VALUE]: how many were written since the start
values_of () {
	grep -c "^ci/aisearch-$1 ${2:-}" values
}
at_least () {
	[ "$(values_of "$2" "${3:-}")" -ge "$1" ]
}
# cycles N NAME [VALUE]: waits for N more values of that name
cycles () {
	until_true 60 at_least $(($(values_of "$2" "${3:-}") + $1)) "$2" "${3:-}"
}

# told SEVERITY INSTANCE TYPE-TYPE_INSTANCE MESSAGE: exactly one such line comes; it is in $line.
lines_of () {
	awk -F'|' -v s="$1" -v h="${HOST:-ci}" -v i="$2" -v t="$3" -v m="$4" '
		$1 == s && $2 == h && $3 == "aisearch" && $4 == i && $5 "-" $6 == t && $7 ~ "^" m "$"
	' told
}
any_line () {
	lines_of "$@" | grep -q .
}
told () {
	until_true 40 any_line "$@"
	line=$(lines_of "$@")
	[ "$(printf '%s\n' "$line" | grep -c .)" = 1 ] && return 0
	echo "expected once: $*" && cat told && tail -n 20 log
	return 1
}
# with KEY=VALUE...: meta data of $line; the values are extended regular expressions
with () {
	for meta; do
		printf '%s\n' "$line" | tr '|' '\n' | grep -qxE -e "$meta" ||
			{ echo "no $meta in: $line"; return 1; }
	done
}
without () {
	! printf '%s\n' "$line" | grep -q -e "|$1="
}

AI=/accounts/$ACCOUNT/ai-search/namespaces
JSON='Content-Type: application/json'
call () {	# METHOD PATH BODY
	api "$1" "$2" -H "$JSON" -d "$3" >/dev/null &&
	case $(cat status) in 20*) ;; *) cat body; return 1 ;; esac
}
make_instance () {	# ID [NAMESPACE]
	call POST "$AI/${2:-default}/instances" \
		"{\"id\":\"$1\",\"type\":\"web-crawler\",\"source\":\"example.com\"}"
}

rests () {	# ID
	api GET "$AI/default/instances/$1/stats" >/dev/null &&
	jq -e ".result | .completed > 0 and .queued == 0 and .running == 0" body
}
index () {	# ID: one of its items again
	call PUT "$AI/default/instances/$1/items" \
		"{\"key\":\"https://example.com/bad.txt\",\"next_action\":\"INDEX\"}"
}

make_corpus site 30
printf 'not\000text\n' >site/bad.txt
start_emulator --instances 1 --site example.com="$PWD/site" --pace 8 --state state.db \
	--fault "GET *instances status=500*1" --fault "GET */shaky/stats degraded*4"

test_expect_success 'one lost answer is not told, nor what was there before' '
	{ account
	  cat <<-EOF
	<Account "team">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  Namespace "team"
	  RequestBudget 6000
	  Prefix "p"
	  Host "elsewhere"
	</Account>
	EOF
	} | sink_conf &&
	call POST "$AI" "{\"name\":\"team\"}" &&
	start_daemon &&
	cycles 4 account.prod/bool-up 1 &&
	grep "500" log &&
	cat told &&
	test ! -s told
'
test_expect_success 'an instance appears, indexing starts, fails for one item, finishes' '
	make_instance docs &&
	told OKAY docs duration-data_age "instance .docs.: appeared" &&
	with Account=prod Namespace=default InstanceId=docs &&
	told OKAY docs objects-queued "instance .docs.: indexing started" &&
	with ItemsQueued="[0-9]+" &&
	told WARNING docs objects-error "instance .docs.: more items in error .1 more, 1 in all." &&
	with NewErrors=1 ItemsError=1 &&
	told WARNING docs objects-queued \
		"instance .docs.: indexing finished: 30 items in [0-9]+ s, 1 in error" &&
	with Items=30 NewErrors=1 Duration="[1-9][0-9]*" ItemsQueued=0 ItemsRunning=0 \
		ItemsCompleted=30 ItemsError=1 ItemsSkipped=0 ItemsOutdated=0 &&
	! grep "no time" told
'
test_expect_success 'the item is mended: errors are gone' '
	echo "text" >site/bad.txt &&
	call PUT "$AI/default/instances/docs/items" \
		"{\"key\":\"https://example.com/bad.txt\",\"next_action\":\"INDEX\"}" &&
	told OKAY docs objects-error "instance .docs.: no items in error any more" &&
	with ItemsError=0
'
test_expect_success 'paused and no longer paused' '
	call PUT "$AI/default/instances/docs" "{\"paused\":true}" &&
	told WARNING docs bool-paused "instance .docs.: paused" &&
	call PUT "$AI/default/instances/docs" "{\"paused\":false}" &&
	told OKAY docs bool-paused "instance .docs.: no longer paused"
'
test_expect_success 'counts are not available, and are again' '
	make_instance shaky &&
	told WARNING shaky bool-degraded "instance .shaky.: counts are not available" &&
	without ItemsQueued &&
	told OKAY shaky bool-degraded "instance .shaky.: counts are available again" &&
	with ItemsQueued="[0-9]+"
'
test_expect_success 'another namespace, host and prefix name it as its values are named' '
	make_instance docs team &&
	HOST=elsewhere told OKAY p.team.docs duration-data_age "instance .p.team.docs.: appeared" &&
	with Account=team Namespace=team InstanceId=docs
'
test_expect_success 'an instance disappears' '
	api DELETE "$AI/default/instances/shaky" >/dev/null &&
	told WARNING shaky duration-data_age "instance .shaky.: disappeared" &&
	with Namespace=default InstanceId=shaky &&
	without ItemsQueued
'
test_expect_success 'the API is gone, and back: each told once' '
	HOST=elsewhere told OKAY p.team.docs objects-queued \
		"instance .p.team.docs.: indexing finished: 31 items in [0-9]+ s" &&
	stop_process $EMULATOR_PID &&
	told FAILURE account.prod bool-up "account .prod. cannot be read: .*" &&
	with Account=prod Error=".+" &&
	HOST=elsewhere told FAILURE account.team bool-up "account .team. cannot be read: .*" &&
	cycles 4 account.prod/bool-up 0 &&
	start_emulator --instances 1 --site example.com="$PWD/site" --state state.db --port "$PORT" &&
	told OKAY account.prod bool-up "account .prod. can be read again" &&
	without Error &&
	cycles 3 account.prod/bool-up 1 &&
	told FAILURE account.prod bool-up "account .prod. cannot be read: .*"
'
test_expect_success 'nothing else was told, and nothing twice' '
	stop_daemon &&
	cat told &&
	cut -d"|" -f1-7 told | sort | uniq -d >twice &&
	test ! -s twice &&
	# the mended item may have been seen at work: a start and an end; so may shaky, by the list
	grep -vE "(docs|shaky)\|objects\|queued" told >others &&
	test "$(wc -l <others)" = 14
'

test_expect_success 'many that appear or disappear at once are told as one' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1 --rate-limit off --rate-limit off &&
	account | sink_conf &&
	start_daemon &&
	cycles 2 account.prod/bool-up 1 &&
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1201 --rate-limit off --rate-limit off --port "$PORT" &&
	told OKAY account.prod count-instances "account .prod.: 1,200 instances appeared" &&
	with Account=prod Instances=1200 \
		"FirstInstances=idle-00002, idle-00003, idle-00004, idle-00005, idle-00006" &&
	without InstanceId &&
	stop_process $EMULATOR_PID &&
	start_emulator --instances 21 --rate-limit off --rate-limit off --port "$PORT" &&
	told WARNING account.prod count-instances "account .prod.: 1,180 instances disappeared" &&
	with Instances=1180 "FirstInstances=idle-00022, .*, idle-00026" &&
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1 --rate-limit off --rate-limit off --port "$PORT" &&
	told WARNING idle-00021 duration-data_age "instance .idle-00021.: disappeared" &&
	stop_daemon &&
	test "$(grep -c appeared told)" = 22
'
test_expect_success 'one whose stats came late has started when it was active meanwhile' '
	stop_process $EMULATOR_PID &&
	start_emulator --site example.com="$PWD/site" --state late.db &&
	make_instance docs &&
	until_true 40 rests docs &&
	stop_process $EMULATOR_PID &&
	start_emulator --site example.com="$PWD/site" --state late.db --instances 1 --pace 0.1 \
		--rate-limit off --rate-limit off --fault "GET */stats status=500*12" &&
	account | sink_conf &&
	start_daemon &&
	cycles 2 account.prod/bool-up 0 &&
	index docs &&
	told OKAY docs objects-queued "instance .docs.: indexing started" &&
	cycles 2 account.prod/bool-up 1 &&
	told OKAY docs objects-queued "instance .docs.: indexing started" &&
	stop_daemon
'
if [ -n "$STALL_AFTER" ]; then
test_expect_success 'indexing stalls, and goes on' '
	stop_process $EMULATOR_PID &&
	start_emulator --site example.com="$PWD/site" --pace 0.2 &&
	account "StallAfter 2" | sink_conf &&
	start_daemon &&
	cycles 2 account.prod/bool-up 1 &&
	make_instance slow &&
	told OKAY slow objects-queued "instance .slow.: indexing started" &&
	until_true 40 any_line WARNING slow objects-queued "instance .slow.: indexing has stalled: .*" &&
	line=$(lines_of WARNING slow objects-queued ".*stalled.*" | head -n 1) &&
	with Duration="[2-5]" ItemsQueued="[0-9]+" &&
	until_true 40 any_line OKAY slow objects-queued "instance .slow.: indexing goes on" &&
	# a paused one may rest
	call PUT "$AI/default/instances/slow" "{\"paused\":true}" &&
	told WARNING slow bool-paused "instance .slow.: paused" &&
	stalls=$(grep -c stalled told) &&
	cycles 7 account.prod/bool-up 1 &&
	test "$(grep -c stalled told)" -le $((stalls + 1)) &&
	stop_daemon
'
fi

if [ -n "$JOBS_AND_TOKEN" ]; then
test_expect_success 'a token that is refused, and accepted again' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1 &&
	cp -p manager.token good.token &&
	echo nobody >manager.token &&
	account | sink_conf &&
	start_daemon &&
	told FAILURE account.prod bool-up "account .prod.: the token is refused.*" &&
	with Status=401 Error=".+" &&
	cycles 4 account.prod/bool-up 0 &&
	cp good.token manager.token &&
	told OKAY account.prod bool-up "account .prod.: the token is accepted again" &&
	stop_daemon &&
	test "$(wc -l <told)" = 2
'

in_days () {	# N HOURS: an RFC 3339 time
	date -u -d "+$1 days +${2:-0} hours" +%Y-%m-%dT%H:%M:%SZ
}
READ=$(printf '[{"effect":"allow","resources":{"com.cloudflare.api.account.%s":"*"}' "$ACCOUNT")
# expiring TIME: gives the token in reader.token, id $READER, a new end
expiring () {
	TOKEN_FILE=creator.token call PUT "/user/tokens/$READER" "{\"name\":\"reader\",
		\"policies\":$READ,\"permission_groups\":[{\"id\":\"$GROUP\"}]}],\"expires_on\":\"$1\"}"
}
test_expect_success 'a token nears its end: each step is told once' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1 &&
	TOKEN_FILE=creator.token api GET \
		"/accounts/$ACCOUNT/tokens/permission_groups?name=AI+Search+Read" >/dev/null &&
	GROUP=$(jq -r ".result[0].id" body) &&
	TOKEN_FILE=creator.token call POST /user/tokens "{\"name\":\"reader\",
		\"policies\":$READ,\"permission_groups\":[{\"id\":\"$GROUP\"}]}],
		\"expires_on\":\"$(in_days 10 -1)\"}" &&
	READER=$(jq -r .result.id body) &&
	(umask 077; jq -r .result.value body >manager.token) &&
	for step in "10 WARNING" "2 WARNING" "1 FAILURE"; do
		days=${step% *} severity=${step#* } &&
		expiring "$(in_days "$days" -1)" &&
		account "CollectToken true" | sink_conf &&
		start_daemon &&
		told "$severity" account.prod duration-token_expires_in \
			"account .prod.: the token expires in $days days?" &&
		with DaysLeft=$days &&
		cycles 3 account.prod/bool-up 1 &&
		told "$severity" account.prod duration-token_expires_in ".*" &&
		stop_daemon || return 1
	done
'

test_expect_success 'a job fails: told once' '
	stop_process $EMULATOR_PID &&
	start_emulator --site example.com="$PWD/site" &&
	account "CollectJobs true" | sink_conf &&
	start_daemon &&
	cycles 2 account.prod/bool-up 1 &&
	mv site gone &&
	make_instance broken &&
	told WARNING broken bool-last_job_failed "instance .broken.: a sync job failed" &&
	cycles 4 account.prod/bool-up 1 &&
	told WARNING broken bool-last_job_failed "instance .broken.: a sync job failed" &&
	stop_daemon
'
fi

test_expect_success 'the canary is in nothing that was told' '
	keeps_secret told values log daemon.out &&
	! grep -qF "$(cat manager.token)" told
'

test_done
