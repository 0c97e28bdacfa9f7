#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='the API is away for a while: what waits for the indexing waits on, and says so once'
. "${0%/*}/lib.sh"
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT
make_corpus bucket 40
make_corpus tree 20

# begin: slow indexing, whose state outlives the emulator
EMULATOR_PID=
begin () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data state* err
	start_emulator --bucket source="$PWD/bucket" --state "$PWD/state" --pace 2 || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token
}
# outlives CODE PATTERN ARGUMENTS: stderr matches before the API goes away; then it comes back
outlives () {
	code=$1 pattern=$2
	shift 2
	: >requests.log
	spawn sh -c 'exec aisearch "$@" >out 2>err' sh "$@"
	waiting=$SPAWNED
	until_true 30 grep -q -e "$pattern" err requests.log && stop_process "$EMULATOR_PID" &&
	until_true 30 grep -q "it waits on" err && kill -0 "$waiting" &&
	start_emulator --port "$PORT" --bucket source="$PWD/bucket" --state "$PWD/state" &&
	expect_exit "$code" wait "$waiting" && cat err &&
	test "$(grep -c "it waits on" err)" = 1
}

test_expect_success 'status --wait of one' '
	begin && ai provision docs --source source --no-wait && outlives 0 "GET .*/stats" status --wait --timeout 120 docs &&
	grep -q "docs.*40" out
'
test_expect_success 'status --wait of all' '
	begin && ai provision docs --source source --no-wait && outlives 0 "GET .*/stats" status --wait --timeout 120 &&
	grep -q "docs.*40" out
'
test_expect_success 'provision' '
	begin && outlives 0 "GET .*/stats" provision docs --source source && grep -q "finished: 40 indexed" out
'
test_expect_success 'item upload --wait' '
	begin && ai instance create docs && outlives 0 "GET .*/stats" item upload docs tree --wait && grep -q "20 indexed" out
'
test_expect_success 'job create --wait' '
	begin && ai provision docs --source source --no-wait && outlives 0 "GET .*/jobs/" job create docs --wait
'
test_expect_success 'job logs --follow: no line twice' '
	begin && ai provision docs --source source --no-wait && ai job create docs --json && id=$(jq -r .id out) &&
	outlives 0 "GET .*/logs" job logs --follow docs "$id" && test -s out && test -z "$(sort out | uniq -d)"
'
test_expect_success 'until --timeout: exit 3, what was known is shown' '
	begin && ai provision docs --source source --no-wait && : >requests.log && rm -f err &&
	spawn sh -c "exec aisearch status --wait --timeout 8 docs >out 2>err" && waiting=$SPAWNED &&
	until_true 30 grep -q "GET .*/stats" requests.log && stop_process "$EMULATOR_PID" &&
	expect_exit 3 wait "$waiting" && says "it waits on" && grep -q docs out
'
test_expect_success 'a refusal ends it at once' '
	begin && ai provision docs --source source --no-wait && : >requests.log && rm -f err &&
	spawn sh -c "exec aisearch status --wait --timeout 60 docs >out 2>err" && waiting=$SPAWNED &&
	until_true 30 grep -q "GET .*/stats" requests.log && stop_process "$EMULATOR_PID" &&
	until_true 30 grep -q "it waits on" err &&
	start_emulator --port "$PORT" --state "$PWD/state" --bucket source="$PWD/bucket" --fault "GET *stats status=403" &&
	expect_exit 1 wait "$waiting" && says "HTTP 403"
'
test_expect_success 'counts that nobody could read are no zeros for Nagios' '
	stop_process "$EMULATOR_PID" && rm -rf data &&
	start_emulator --instances 3 --fault "GET *stats status=500" && CLOUDFLARE_API_BASE_URL=$API &&
	ai login <creator.token && ai login --role manager <manager.token &&
	expect_exit 3 ai status -f nagios && grep -q "^AISEARCH UNKNOWN - unread 3; 3 instances, no counts known |" out &&
	! grep -q -e "errors=" -e "queued=" out
'
test_expect_success 'an answer that does not come is exit 3, of all as of one; and what Nagios cannot be told is unknown' '
	stop_process "$EMULATOR_PID" && rm -rf data &&
	start_emulator --instances 2 --fault "GET *stats hang" && CLOUDFLARE_API_BASE_URL=$API &&
	ai login <creator.token && ai login --role manager <manager.token &&
	expect_exit 3 ai status --timeout 2 && expect_exit 3 ai status idle-00001 --timeout 2 &&
	expect_exit 3 ai status --wait --timeout 2 &&
	stop_process "$EMULATOR_PID" && start_emulator --instances 2 && CLOUDFLARE_API_BASE_URL=$API &&
	ai login <creator.token && ai login --role manager <manager.token &&
	{ aisearch status -f nagios >/dev/full 2>err; test $? = 3; } && says "cannot write to stdout"
'
test_expect_success '--watch ends with --timeout, however far the next look is' '
	spawn aisearch status --watch --interval 1h --timeout 2 >out 2>err && watching=$SPAWNED &&
	until_true 20 eval "! kill -0 $watching" && { wait $watching; test $? = 0; } && grep -q idle-00001 out
'
test_expect_success 'no secret in any output' '
	keeps_secret everything err out requests.log
'
test_done
