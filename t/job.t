#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch job: create, list, get, cancel, logs and --follow'
. "${0%/*}/lib.sh"
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

# fresh [OPTIONS]: an emulator with the bucket "source" indexed by "docs", and "uploads" without a source
EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator --bucket source=bucket "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token &&
	ai provision --type r2 --source source docs --no-wait && ai provision uploads
}

test_expect_success 'setup: a bucket that is indexed' '
	make_corpus bucket 8 && fresh
'

test_expect_success 'create tells the job, --wait until it has ended' '
	ai job create docs --description nightly --wait --json && job=$(jq -r .id out) &&
	jq -e ".source == \"user\" and .description == \"nightly\" and .ended_at" out &&
	expect_exit 1 ai job create docs && says 7020 && says "hint: .*30 seconds"
'

test_expect_success 'list and get, as a table and as the API has them' '
	ai job list docs && grep -q "^JOB  *SOURCE" out && grep -q "$job  user .*nightly" out &&
	ai job list docs --json && jq -e "length >= 2 and .[0].id == \"$job\"" out &&
	ai job get docs "$job" && grep -q "^job  *$job" out && grep -q "^end reason  *[a-z]" out &&
	ai job get docs "$job" --json && jq -e ".id == \"$job\" and has(\"last_seen_at\")" out &&
	expect_exit 1 ai job get docs nothing && says 7021 && says "hint: aisearch job list docs" &&
	expect_exit 1 ai job get nowhere x && says 7002 &&
	ai job list uploads --json && test "$(jq -c . out)" = "[]"
'

test_expect_success 'an empty word is no job' '
	: >requests.log && expect_exit 2 ai job get docs "" && says "id of the job is empty" && test ! -s requests.log
'

test_expect_success 'an ended job cannot be cancelled; built-in storage has no jobs' '
	expect_exit 1 ai job cancel docs "$job" && says 7039 &&
	expect_exit 1 ai job create uploads && says 7052
'

test_expect_success 'logs: a line each with its time, or the list of the API' '
	ai job logs docs "$job" && grep -q "^20[0-9-]*T[0-9:]*Z  Job started" out && n=$(wc -l <out) &&
	ai job logs docs "$job" --json && jq -e "length == $n and .[0].message == \"Job started\"" out &&
	expect_exit 1 ai job logs docs nothing && says 7021 &&
	ai job logs docs "$job" --follow && test $(wc -l <out) = $n
'

test_expect_success '--follow: lines as they come, each once, until the job has ended' '
	fresh --pace 4 && ai job list docs --json && job=$(jq -r ".[0].id" out) &&
	jq -e ".[0].ended_at == null" out && : >followed &&
	spawn sh -c "aisearch job logs docs $job --follow >followed" && pid=$SPAWNED &&
	until_true 20 grep -q "Job started" followed && kill -0 $pid && wait $pid &&
	ai job get docs "$job" --json && jq -e .ended_at out && ai job logs docs "$job" && cmp out followed &&
	test "$(sort followed | uniq -d | wc -l)" = 0 || test $(wc -l <followed) = $(wc -l <out)
'

test_expect_success '--follow: exit 3 when --timeout passes, 4 when the job was cancelled' '
	fresh --pace 1 && ai job list docs --json && job=$(jq -r ".[0].id" out) &&
	expect_exit 3 ai job logs docs "$job" --follow --timeout 1 && says "has not ended after 1 s" &&
	says "hint: .*job logs --follow docs" && grep -q "Job started" out &&
	spawn sh -c "aisearch job logs docs $job --follow --json >followed; echo \$? >code" && pid=$SPAWNED &&
	until_true 20 grep -q "Job started" followed && ai job cancel docs "$job" &&
	grep -q "^end reason  *cancelled" out && wait $pid && grep -qx 4 code &&
	jq -s -e "length >= 2 and ([.[].id] | length == (unique | length))" followed
'

test_expect_success '--follow: more than a page of lines, and none twice' '
	fresh --state state.db && ai status --wait docs && ai job list docs --json && job=$(jq -r ".[0].id" out) &&
	stop_process $EMULATOR_PID && sqlite3 state.db "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c
		WHERE i<1207) INSERT INTO job_log(job,time,type,message) SELECT (SELECT n FROM job WHERE id=\"$job\"),
		1766628600, 0, \"line \" || i FROM c" && start_emulator --bucket source=bucket --state state.db &&
	CLOUDFLARE_API_BASE_URL=$API && ai login <creator.token && ai login --role manager <manager.token &&
	ai job logs docs "$job" && grep -c "  line " out | grep -qx 1207 &&
	test "$(sed -n "s/.*  line //p" out | sort -u | wc -l)" = 1207 && tail -n 1 out | grep -q "line 1207" &&
	ai job logs docs "$job" --json && jq -e "length == $(aisearch job logs docs "$job" | wc -l)" out &&
	ai job logs docs "$job" --follow --json && jq -s -e "([.[].id] | unique | length) == length and
		([.[] | select(.message | startswith(\"line \"))] | length) == 1207" out
'

test_expect_success 'a foreign message cannot move the cursor' '
	stop_process $EMULATOR_PID && sqlite3 state.db "UPDATE job_log SET message=char(27) || \"[31m\" || char(10) || \"x\"" &&
	start_emulator --bucket source=bucket --state state.db && CLOUDFLARE_API_BASE_URL=$API &&
	ai login <creator.token && ai login --role manager <manager.token && ai job logs docs "$job" &&
	! grep -q "$(printf "\033")" out && grep -qF "\\x1b[31m\\x0ax" out
'

test_expect_success 'an API that fails or lies: exit 1, with the reason' '
	fresh --fault "GET *jobs wrong-types" --fault "GET *logs notjson" --fault "POST *jobs status=500" &&
	expect_exit 1 ai job list docs && says "expected a string" && expect_exit 1 ai job create docs && says "HTTP 500" &&
	expect_exit 1 ai job logs docs x && says "without the API.s JSON"
'

test_expect_success 'wrong usage: exit 2, nothing sent' '
	: >requests.log && expect_exit 2 ai job && expect_exit 2 ai job frob && says "create, list, get, cancel, logs" &&
	expect_exit 2 ai job get docs && says "usage: aisearch job get INSTANCE JOB" && expect_exit 2 ai job list Docs &&
	expect_exit 2 ai job create docs --description "$(awk "BEGIN { while (i++ < 256) printf \"x\" }")" &&
	says "255" && test ! -s requests.log
'

test_expect_success 'no secret in anything that was printed' '
	keeps_secret everything
'

test_done
