#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='every group of values equals what the API itself answers, in every output'
. "${0%/*}/lib.sh"
. "$TESTS/collectd.sh"

# account NAME [OPTION LINES]
account () {
	printf '%s\n' "<Account \"$1\">" "AccountId \"$ACCOUNT\"" "URL \"$API\""
	shift
	printf '%s\n' "$@" "</Account>"
}
TOKEN="TokenFile \"$PWD/manager.token\""
ALL='CollectEngine true
CollectErrors true
CollectJobs true
CollectSync true
CollectToken true'

# near NAME/TYPE SECONDS: a duration that runs, within the seconds that a look takes
near () {
	value "$1" | awk -v want="$2" '{ seen = $1; d = $1 - want; ok = d >= -10 && d <= 10 }
		END { if (!ok) print "'"$1"' is " seen ", expected about " want; exit !ok }'
}
# written NAME: the identifiers below a plugin instance
written () {
	collectdctl -s "$PWD/s" listval | sed -n "s|^ci/aisearch-$1/||p" | sort
}

# ask PATH FILTER: jq on the result of the API's own answer
ask () {
	api GET "/accounts/$ACCOUNT/ai-search/namespaces/default/$1" >/dev/null &&
	jq -r "$2" body
}
stats () {
	ask "instances/docs/stats" ".result$1"
}
# what only managed storage tells
engine () {
	ask "instances/idle-00001/stats" ".result.engine$1"
}
make_instance () {
	api POST "/accounts/$ACCOUNT/ai-search/namespaces/default/instances" \
		-H 'Content-Type: application/json' \
		-d "{\"id\":\"$1\",\"type\":\"web-crawler\",\"source\":\"example.com\",\"sync_interval\":3600}" \
		>/dev/null &&
	grep -q '^20[01]' status
}
paused () {
	api PUT "/accounts/$ACCOUNT/ai-search/namespaces/default/instances/docs" \
		-H 'Content-Type: application/json' -d "{\"paused\":$1}" >/dev/null &&
	grep -q 200 status
}
idle () {
	[ "$(stats '.queued + .result.running')" = 0 ] && [ "$(stats .completed)" -gt 0 ]
}

# One that is an error (no text, whatever its name says) and one that is skipped.
make_corpus site 40 && printf '\377\376\0\1' >site/broken.txt && : >site/odd.xyz
start_emulator --site example.com="$PWD/site" --instances 2 \
	--fault 'GET *idle-00002/stats degraded'

test_expect_success 'without groups an instance has nine values, an account its own' '
	make_instance docs &&
	until_true 30 idle &&
	account prod "$TOKEN" | conf &&
	start_daemon &&
	becomes docs/objects-completed "$(stats .completed)" &&
	becomes account.prod/bool-up 1 &&
	until_true 20 value account.prod/response_time-stats &&
	cat >expected <<-\EOF &&
	bool-degraded
	duration-data_age
	objects-completed
	objects-error
	objects-outdated
	objects-queued
	objects-running
	objects-skipped
	percent-processed
	EOF
	written docs >got && diff expected got &&
	printf "%s\n" bool-degraded duration-data_age >expected &&
	written idle-00002 >got && diff expected got &&
	written account.prod >got &&
	! grep token_ got &&
	stop_daemon
'
test_expect_success 'what is measured can be switched off' '
	account prod "$TOKEN" "MeasureResponseTime false" "MeasureResponseCode false" | conf &&
	start_daemon &&
	becomes docs/bool-degraded 0 &&
	becomes account.prod/bool-up 1 &&
	written account.prod >got &&
	grep http_requests-stats got &&
	! grep response got &&
	stop_daemon
'

upload () {
	api POST "/accounts/$ACCOUNT/ai-search/namespaces/default/instances/idle-00001/items" \
		-F "file=@site/part1/file00001.txt" >/dev/null &&
	test "$(cat status)" = 200
}
indexed () {
	[ "$(engine .vectorize.vectorsCount)" -ge 1 ]
}
test_expect_success 'the engine, the errors: the numbers of the API' '
	account prod "$TOKEN" "$ALL" | conf &&
	start_daemon &&
	upload &&
	until_true 20 indexed &&
	becomes idle-00001/records-vectors "$(engine .vectorize.vectorsCount)" &&
	test "$(engine .vectorize.vectorsCount)" -ge 1 &&
	is idle-00001/count-dimensions "$(engine .vectorize.dimensions)" &&
	is idle-00001/count-r2_objects "$(engine .r2.objectCount)" &&
	is idle-00001/bytes-payload "$(engine .r2.payloadSizeBytes)" &&
	is idle-00001/bytes-metadata "$(engine .r2.metadataSizeBytes)" &&
	gone docs/records-vectors &&
	is docs/count-file_embed_errors "$(stats ".file_embed_errors | map(numbers) | add // 0")" &&
	test "$(value docs/count-file_embed_errors)" -ge 1 &&
	is docs/count-index_source_errors "$(stats ".index_source_errors | map(numbers) | add // 0")" &&
	percent=$(stats "| .completed * 100 / (.queued + .running + .completed + .error +
					       .skipped + .outdated)") &&
	is docs/percent-indexed "$(printf %.6g "$percent")"
'
test_expect_success 'the jobs: running, the last one' '
	job=".result | map(select(.ended_at)) | max_by(.ended_at)" &&
	becomes docs/count-jobs_running 0 &&
	is docs/duration-last_job "$(ask instances/docs/jobs "$job |
		(.ended_at[:19] + \"Z\" | fromdate) - (.started_at[:19] + \"Z\" | fromdate)")" &&
	is docs/bool-last_job_done 1 &&
	is docs/bool-last_job_cancelled 0 &&
	is docs/bool-last_job_failed 0
'
test_expect_success 'the next sync is an interval after the last, until it is paused' '
	now=$(date +%s) &&
	near docs/duration-last_activity_age "$(stats ".last_activity[:19] + \"Z\" | $now - fromdate")" &&
	# the only job there was began it all
	near docs/duration-next_sync_due "$(ask instances/docs/jobs \
		".result[0].started_at[:19] + \"Z\" | fromdate + 3600 - $now")" &&
	is docs/bool-paused 0 &&
	is docs/bool-enabled 1 &&
	paused true &&
	becomes docs/bool-paused 1 &&
	until_true 20 gone docs/duration-next_sync_due &&
	value docs/duration-last_activity_age &&
	paused false &&
	becomes docs/bool-paused 0 &&
	until_true 20 value docs/duration-next_sync_due
'
test_expect_success 'what the API does not count is missing in the groups too' '
	is idle-00002/bool-degraded 1 &&
	gone idle-00002/objects-completed &&
	gone idle-00002/percent-indexed &&
	value idle-00002/duration-last_activity_age &&
	is idle-00002/bool-enabled 1
'
test_expect_success 'the account: instances by status, the budget, the token' '
	ask instances "[.result[].status] | group_by(.)[] | \"\(.[0]) \(length)\"" >by_status &&
	test -s by_status &&
	while read -r status n; do
		becomes "account.prod/count-instances_$status" "$n" || return 1
	done <by_status &&
	is account.prod/count-instances 3 &&
	is account.prod/count-instances_stale 0 &&
	is account.prod/count-budget_limit 600 &&
	test "$(value account.prod/count-budget_used)" -ge 4 &&
	value account.prod/duration-cycle &&
	value account.prod/count-ratelimit_remaining &&
	is account.prod/bool-token_active 1 &&
	gone account.prod/duration-token_expires_in &&
	is account.prod/errors-api 0
'

# last_of IDENTIFIER: the last number in the csv file
last_of () {
	tail -qn 1 "csv/ci/aisearch-$1"-* | sed 's/.*,//'
}
# not_above NAME PATTERN: counted are at most the requests that were answered, and some
not_above () {
	n=$(last_of "account.prod/$1") && all=$(grep -c -e "$2" requests.log) &&
	echo "$1: $n of $all" &&
	[ "$n" -ge 1 ] && [ "$n" -le "$all" ]
}
test_expect_success 'requests are counted by endpoint' '
	stop_daemon &&
	not_above http_requests-list "GET [^ ]*/instances?" &&
	not_above http_requests-stats "GET [^ ]*/stats " &&
	not_above http_requests-jobs "GET [^ ]*/jobs" &&
	not_above http_requests-token "GET [^ ]*/verify" &&
	not_above http_response_codes-200 " 200 "
'
test_expect_success 'no NaN in csv, and one value for one name and time' '
	! grep -rqi nan csv &&
	! grep "Value too old" log
'

test_expect_success 'a token that ends: seconds that are left' '
	end=$(($(date +%s) + 5000)) &&
	TOKEN_FILE=creator.token &&
	api GET "/user/tokens/permission_groups?name=AI%20Search%20Write" >/dev/null &&
	group=$(jq -r ".result[0].id" body) &&
	api POST /user/tokens -H "Content-Type: application/json" -d "{\"name\":\"short\",
		\"expires_on\":\"$(date -u -d "@$end" +%Y-%m-%dT%H:%M:%SZ)\",
		\"policies\":[{\"effect\":\"allow\",\"permission_groups\":[{\"id\":\"$group\"}],
		\"resources\":{\"com.cloudflare.api.account.$ACCOUNT\":\"*\"}}]}" >/dev/null &&
	TOKEN_FILE=manager.token &&
	(umask 077 && jq -r .result.value body >short.token) && rm -f body &&
	test "$(wc -c <short.token)" -gt 20 &&
	account prod "TokenFile \"$PWD/short.token\"" "CollectToken true" | conf &&
	start_daemon &&
	becomes account.prod/bool-token_active 1 &&
	near account.prod/duration-token_expires_in 5000 &&
	stop_daemon
'
TOKEN_FILE=manager.token

test_expect_success 'failures are counted by their class' '
	(umask 077 && echo "not$CANARY" >wrong.token) &&
	account prod "TokenFile \"$PWD/wrong.token\"" | conf &&
	start_daemon &&
	becomes account.prod/bool-up 0 &&
	until_true 20 grep -q ",[1-9]" csv/ci/aisearch-account.prod/errors-auth-* &&
	stop_daemon &&
	! grep -q ",[1-9]" csv/ci/aisearch-account.prod/errors-network-*
'

# --- outputs -------------------------------------------------------------------

RRD="LoadPlugin rrdtool
<Plugin rrdtool>
  DataDir \"$PWD/rrd\"
  StepSize 1
  HeartBeat 5
  RRARows 60
  RRATimespan 60
  CacheFlush 1
  CacheTimeout 1
</Plugin>"

# A file for each value, and none whose last value is unknown.
rrds_known () {
	find rrd -path '*aisearch-*' -name '*.rrd' >files
	[ "$(wc -l <files)" -gt 40 ] || return 1
	while read -r file; do
		rrdtool info "$file" | grep last_ds | grep -qvE '"(U|UNKN|nan)"' ||
			{ echo "unknown: $file"; return 1; }
	done <files
}
test_expect_success 'no NaN in round-robin files' '
	account prod "$TOKEN" "$ALL" | conf "$RRD" &&
	start_daemon &&
	becomes docs/bool-last_job_done 1 &&
	until_true 30 rrds_known || { rrds_known; return 1; } &&
	test -s rrd/ci/aisearch-docs/percent-indexed.rrd &&
	test ! -e rrd/ci/aisearch-idle-00002/percent-indexed.rrd &&
	stop_daemon &&
	! grep -i "rrdtool plugin.*\(illegal\|error\|fail\)" log
'

# collectd has no "any free port": one is tried, and another when it was taken.
start_prometheus () {
	for try in 1 2 3 4 5; do
		port=$(od -An -N2 -tu2 /dev/urandom | awk '{ print 20000 + $1 % 12000 }')
		account prod "$TOKEN" "$ALL" | conf "LoadPlugin write_prometheus
<Plugin write_prometheus>
  Host \"127.0.0.1\"
  Port \"$port\"
</Plugin>" && start_daemon || return 1
		grep -q 'MHD_start_daemon failed\|write_prometheus plugin: .*failed' log || return 0
		stop_daemon
	done
	return 1
}
scrape () {
	curl -sSf "http://127.0.0.1:$port/metrics" >scraped
}
scraped () {
	scrape && grep -q "^$1" scraped
}
test_expect_success 'Prometheus gets them under their names' '
	start_prometheus &&
	until_true 20 scraped "collectd_aisearch_bool{.*last_job_done" &&
	until_true 20 scraped "collectd_aisearch_bool{.*token_active" &&
	while read -r line; do
		grep -qF "$line" scraped || { echo "no $line"; cat scraped; return 1; }
	done <<-\EOF &&
	collectd_aisearch_objects{aisearch="docs",type="completed",instance="ci"}
	collectd_aisearch_percent{aisearch="docs",type="indexed",instance="ci"}
	collectd_aisearch_duration_seconds{aisearch="docs",type="next_sync_due",instance="ci"}
	collectd_aisearch_records{aisearch="idle-00001",type="vectors",instance="ci"}
	collectd_aisearch_bytes{aisearch="idle-00001",type="payload",instance="ci"}
	collectd_aisearch_count{aisearch="account.prod",type="instances_ready",instance="ci"}
	collectd_aisearch_http_requests_total{aisearch="account.prod",type="stats",instance="ci"}
	collectd_aisearch_errors_total{aisearch="account.prod",type="timeout",instance="ci"}
	collectd_aisearch_http_response_codes_total{aisearch="account.prod",type="200",instance="ci"}
	collectd_aisearch_response_time{aisearch="account.prod",type="list",instance="ci"}
	EOF
	! grep -i "} nan" scraped
'
if command -v promtool >/dev/null 2>&1; then
	# a type of collectd called "count" ends in what Prometheus keeps for summaries
	test_expect_success 'promtool finds nothing that is ours to change' '
		grep -q "^collectd_aisearch_count{" scraped &&
		code=0 && promtool check metrics <scraped >complaints 2>&1 || code=$? &&
		cat complaints &&
		test $code != 1 &&
		! grep -v "^collectd_aisearch_count non-histogram and non-summary metrics should not have \"_count\" suffix\$" complaints
	'
else
	test_skip 'promtool finds nothing that is ours to change' 'no promtool here (package prometheus)'
fi
test_expect_success 'it stops' 'stop_daemon'

test_done
