#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch provision: from nothing to indexed, once, whatever comes between'
. "${0%/*}/lib.sh"
. "$TESTS/provision.sh"

make_corpus corpus 40
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

test_expect_success 'from nothing to indexed, a line per step' '
	fresh && provision && has "1 1 1" &&
	grep -q "^\[1/5\] check: done" err && grep -q "^\[2/5\] mint: done" err && grep -q "^\[3/5\] register: done" err &&
	grep -q "^\[4/5\] create: done" err && grep -q "^\[5/5\] wait: " err &&
	grep -q "^indexing .*finished: 40 indexed" out && service_alive
'

test_expect_success 'the second run finds everything done, and changes nothing' '
	: >requests.log && provision && cp requests.log second.log && has "1 1 1" &&
	test $(grep -c "nothing to do" err) = 4 &&
	! grep -q " POST \| PUT \| DELETE \| PATCH " second.log &&
	! grep "/user/tokens" second.log | grep -v "/user/tokens/verify " || { cat second.log; return 1; }
'

test_expect_success 'JSON says the same, and only JSON is on stdout' '
	provision --json &&
	jq -e ".finished and .waited and (.api_token_id | length) == 32 and .manager_token_id == null and
		(.instances | length) == 1 and (.instances[0] | .id == \"docs\" and .type == \"r2\" and
		.source == \"docs\" and .finished and (.created | not) and .stats.completed == 40 and
		.stats.queued == 0 and .upload == null and .answer == null)" out
'

test_expect_success 'a second instance uses the same service token; a website and built-in storage work' '
	ai provision --source https://example.com site && has "1 1 2" &&
	ai provision --type web-crawler --source example.com site && has "1 1 2" &&
	ai provision uploads && has "1 1 3" && says "nothing to index" &&
	ai provision --type builtin uploads && has "1 1 3"
'

test_expect_success 'an instance with other settings is not taken for ours' '
	expect_exit 1 ai provision --type r2 --source other docs && says "exists with other settings" &&
	says "hint:" && has "1 1 3" &&
	expect_exit 1 ai provision docs && says "r2 from docs"
'

test_expect_success 'another service name is another token' '
	provision --service nightly --no-wait && has "2 2 3" && grep -q "not waited for" out &&
	service_alive nightly
'

test_expect_success 'search finds what was indexed' '
	ai search docs topic3 --max-results 3 && test $(wc -l <out) -le 6 && grep -q "part.*file" out &&
	ai search docs search engines --json && jq -e ".hits | length > 0" out &&
	jq -e ".hits[0].score <= 1 and (.hits[0].text | length) > 0" out
'

test_expect_success 'the demo of the vault: git gets the service token, and only git sees it' '
	git config --file gitconfig credential.helper "$OUT/git-credential-aisearch" &&
	git config --file gitconfig credential.useHttpPath true &&
	printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=service:default\n\n" "$HOSTPORT" \
		"$ACCOUNT" | git credential fill | sed -n "s/^password=//p" >service.token &&
	test -s service.token && ! grep -qaF -f service.token everything requests.log &&
	! grep -qaF -f service.token data/aisearch/vault.db
'

test_expect_success 'an interrupt while waiting: told that nothing is lost, and it goes on' '
	fresh --pace 10 &&
	spawn env --default-signal=INT aisearch provision --type r2 --source docs docs >out 2>err &&
	pid=$SPAWNED && until_true 20 grep -q "4/5. create" err && kill -INT $pid &&
	{ wait $pid; test $? = 1; } && says "interrupted" && says "same command continues" &&
	test ! -s out && has "1 1 1" &&
	provision && has "1 1 1" && grep -q "40 indexed" out
'

test_expect_success 'an interrupt while the mint hangs ends at once, and the next run heals' '
	fresh --fault "POST /user/tokens hang*1" &&
	spawn env --default-signal=INT aisearch provision --type r2 --source docs docs >out 2>err &&
	pid=$SPAWNED && until_true 20 has "1 0 0" && kill -INT $pid &&
	{ wait $pid; test $? = 1; } && says "interrupted" && provision && has "1 1 1" && service_alive
'

test_expect_success 'a time limit is exit 3, and status --wait goes on from there' '
	fresh --pace 10 && expect_exit 3 provision --timeout 1 && says "hint: .*status --wait docs" &&
	ai status --wait docs && grep -q "^docs .*100%" out &&
	test $(grep -c "^docs" err) -le 12
'

test_expect_success 'the API going away in the middle: told, exit 3 in time, and the vault is whole' '
	fresh --pace 5 &&
	spawn aisearch provision --timeout 4 --type r2 --source docs docs >out 2>err &&
	pid=$SPAWNED && until_true 20 grep -q "4/5. create" err && kill -9 $EMULATOR_PID &&
	{ wait $pid; test $? = 3; } && says "^aisearch: provision: " && says "it waits on" && EMULATOR_PID= &&
	for role in creator manager service:default; do
		printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=%s\n\n" "$HOSTPORT" \
			"$ACCOUNT" $role | git credential fill | grep -q "^password=." || return 1
	done
'

test_expect_success 'two runs at once: one waits for the other, one token' '
	fresh --latency 50 &&
	spawn aisearch provision --type r2 --source docs docs >out1 2>err1 && one=$SPAWNED &&
	spawn aisearch provision --type r2 --source docs docs >out2 2>err2 && two=$SPAWNED &&
	wait $one && wait $two && has "1 1 1" && service_alive
'

test_expect_success 'an account-owned creator mints an account-owned token' '
	(umask 077 && printf "acct%s\n" "$CANARY" | tr c-y d-z >account.token) &&
	fresh --account-token-file account.token && ai login <account.token && provision &&
	api GET "/accounts/$ACCOUNT/ai-search/tokens" | jq -e ".result | length == 1" &&
	service_alive && grep -q "account" out
'

test_expect_success 'without a creator token it says how to get one; with a stored service token none is needed' '
	fresh && rm -rf data && ai login --role manager <manager.token &&
	expect_exit 1 provision && says "aisearch login --role creator" && has "0 0 0" &&
	ai login <creator.token && provision --no-wait &&
	printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=creator\n\n" "$HOSTPORT" "$ACCOUNT" |
		git credential reject && provision && has "1 1 1"
'

test_expect_success 'CLOUDFLARE_API_TOKEN stands for the manager, never for the creator' '
	fresh && rm -rf data && CLOUDFLARE_API_TOKEN=$(cat manager.token) && export CLOUDFLARE_API_TOKEN &&
	{ expect_exit 1 provision && says "login --role creator" && ai login <creator.token && provision
	result=$?; unset CLOUDFLARE_API_TOKEN; test $result = 0; } && has "1 1 1"
'

test_expect_success 'a creator that may not mint: 403, and the permission that is missing' '
	fresh && expect_exit 1 ai login <manager.token && says "this is no creator token" &&
	says "hint: .*API Tokens" && expect_exit 1 ai login --role manager <creator.token &&
	says "this is no manager token" && ai token verify &&
	printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=creator\npassword=%s\n\n" "$HOSTPORT" \
		"$ACCOUNT" "$(cat manager.token)" | git credential approve &&
	expect_exit 1 provision && says "403" && says "hint: .*API Tokens" && has "0 0 0"
'

test_expect_success 'a service token that was rolled elsewhere gets a new value, and so does its registration' '
	fresh && provision && id=$(service_id) &&
	TOKEN_FILE=creator.token api PUT "/user/tokens/$id/value" -d "{}" -H "Content-Type: application/json" &&
	! service_alive && provision && service_alive && has "1 1 1" && test "$(service_id)" = "$id"
'

test_expect_success 'one that was revoked is minted anew, and its registration is given the new one' '
	fresh && provision && id=$(service_id) && TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" &&
	provision && service_alive && has "1 1 1" && test "$(service_id)" != "$id" &&
	provision && grep -c "nothing to do" err | grep -qx 4
'

# --- from a creator token alone ------------------------------------------------------------------

test_expect_success 'with a creator token alone: the manager token is minted, and then all the rest' '
	bare && provision && has "2 1 1" && test "$(tokens manager)" = 1 && test "$(tokens default)" = 1 &&
	grep -q "^\[1/6\] manager: done, API token" err && grep -q "^\[6/6\] wait: " err && service_alive &&
	ai token verify manager && ai instance list && grep -q "^docs" out &&
	ai search docs topic3 && grep -q "part" out
'

test_expect_success 'the tokens may do what they are for, in this account, and nothing else' '
	test "$(granted manager)" = "AI Search Run,AI Search Write,Workers R2 Storage Read" &&
	test "$(granted default)" = "AI Search Index Engine,Workers R2 Storage Read" &&
	jq -e "[.result[] | select(.name | startswith(\"aisearch \")) | .policies[].resources | keys[]] |
		unique == [\"com.cloudflare.api.account.$ACCOUNT\"]" body &&
	bare && ai provision uploads && test "$(granted manager)" = "AI Search Run,AI Search Write" &&
	test "$(granted default)" = "AI Search Index Engine" &&
	ai provision uploads --service bulk --r2 &&
	test "$(granted bulk)" = "AI Search Index Engine,Workers R2 Storage Read"
'

test_expect_success 'the second run finds the manager, too' '
	bare && provision && : >requests.log && provision && cp requests.log second.log && has "2 1 1" &&
	test $(grep -c "nothing to do" err) = 5 && ! grep -q " POST \| PUT \| DELETE " second.log &&
	provision --json && jq -e "(.manager_token_id | length) == 32" out
'

test_expect_success 'a manager token that was rolled elsewhere is given a new value; one that was revoked is minted anew' '
	id=$(jq -r .manager_token_id out) &&
	TOKEN_FILE=creator.token api PUT "/user/tokens/$id/value" -d "{}" -H "Content-Type: application/json" &&
	expect_exit 1 ai token verify manager && provision && ai token verify manager && has "2 1 1" &&
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" && provision && ai token verify manager &&
	has "2 1 1" && test "$(tokens manager)" = 1
'

test_expect_success 'a manager token made by hand is left alone, even when it is dead' '
	fresh && provision && test "$(tokens manager)" = 0 &&
	id=$(TOKEN_FILE=creator.token api GET "/user/tokens" | jq -r ".result[] | select(.name == \"manager\") | .id") &&
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" && expect_exit 1 provision &&
	test "$(tokens manager)" = 0 && says "401"
'

test_expect_success 'tokens that take their time to spread are waited for' '
	bare --spread 2 && provision && has "2 1 1" && service_alive
'

test_expect_success 'a registration and a creation refused with 7012 are tried again, with pauses' '
	bare --fault "POST */ai-search/tokens status=400/7012*2" --fault "POST */instances status=400/7012*2" &&
	provision && has "2 1 1" && test $(grep -c "POST .*/ai-search/tokens 400" requests.log) = 2
'

# --- expiry, addresses, owner -------------------------------------------------------------------

service_field () {
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" |
		jq -c ".result[] | select(.name | startswith(\"aisearch default \")) | $1"
}

test_expect_success '--expires: a time from now, a day, an instant; the vault knows it' '
	bare && ai provision a --expires 30d && now=$(date +%s) &&
	test "$(service_field "(.expires_on | fromdate) - $now | (. > 2591900 and . <= 2592000)")" = true &&
	ai token list --json && jq -e ".vault[] | select(.name == \"service:default\") | .expires != null" out &&
	ai provision a --service day --expires 2099-12-31 && ai provision a --service hour --expires 2099-12-31T18:00:00Z &&
	TOKEN_FILE=creator.token api GET "/user/tokens" | jq -r ".result[].expires_on // empty" | sort >ends &&
	grep -qx "2099-12-31T00:00:00Z" ends && grep -qx "2099-12-31T18:00:00Z" ends
'
test_expect_success '--expires: what is neither, or over, is exit 2' '
	for text in soon 30x 2030-13-01 2001-01-01 -1d 0d 99999w 2030-12-31x; do
		expect_exit 2 ai provision a "--expires=$text" && says "^aisearch: provision: --expires" || return 1
	done
'
test_expect_success 'an expired service token is minted anew, its registration follows, and it is not left behind' '
	bare && ai provision a --expires 2s --no-wait && id=$(service_id) && until_true 20 eval "! service_alive" &&
	ai provision a && service_alive && has "2 1 1" && test "$(service_id)" != "$id"
'
test_expect_success '--allow-ip and --deny-ip are the condition; the token is not asked from here' '
	bare && ai provision a --allow-ip "192.0.2.0/24, 2001:db8::/32" --deny-ip 192.0.2.9 &&
	test "$(service_field .condition)" = \
		"{\"request_ip\":{\"in\":[\"192.0.2.0/24\",\"2001:db8::/32\"],\"not_in\":[\"192.0.2.9\"]}}" &&
	ai provision a && has "2 1 1" && grep -q "mint: nothing to do" err &&
	expect_exit 2 ai provision a --allow-ip 192.0.2.300 && says "not an IP address" &&
	expect_exit 2 ai provision a --allow-ip 192.0.2.3,, && says "empty"
'
test_expect_success 'a token that is there already stays as it is, which is said' '
	ai provision a --expires 30d && says "note: the service token was there already" && has "2 1 1"
'
test_expect_success 'the token that an interrupted run left was for something else: it is deleted, not taken over' '
	bare --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value status=400*1" &&
	expect_exit 1 ai provision a && ai provision a && stop_process $EMULATOR_PID && EMULATOR_PID= &&
	fresh --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value status=400*1" &&
	expect_exit 1 ai provision a && test "$(tokens default)" = 1 && old=$(service_field .id) &&
	ai provision a --allow-ip 192.0.2.1 && has "1 1 1" && test "$(service_field .id)" != "$old" &&
	test "$(service_field .condition.request_ip.in)" = "[\"192.0.2.1\"]"
'
test_expect_success '--owner: the account holds both' '
	bare && ai provision a --owner account && test "$(tokens manager)$(tokens default)" = 00 &&
	TOKEN_FILE=creator.token api GET "/accounts/$ACCOUNT/tokens" |
		jq -e "[.result[] | select(.name | startswith(\"aisearch \"))] | length == 2" &&
	expect_exit 2 ai provision a --owner nobody
'

# --- checks ------------------------------------------------------------------------------------------

problems () {
	jq -r ".checks[] | select(.state == \"problem\") | .check" out | sort | paste -sd, -
}

test_expect_success '--check makes nothing, not even a vault' '
	bare && ai provision docs --source docs --check && grep -q "^ok  *limit  *2 of 50 user-owned" out &&
	grep -q "^unknown  *instance" out && has "0 0 0" && ai vault list && ! grep -q manager out &&
	rm -rf data && expect_exit 1 ai provision docs --check && grep -q "^problem  *creator" out &&
	test ! -e data/aisearch/vault.db
'
test_expect_success '--check with a manager token looks at instances and buckets; JSON' '
	bare && provision && ai provision docs=docs more=docs site=https://example.com --check --json &&
	jq -e ".ok and ([.checks[].state] | unique == [\"ok\", \"unknown\"])" out &&
	jq -e ".checks[] | select(.check == \"bucket\") | .state == \"ok\"" out &&
	jq -e "[.checks[] | select(.check == \"instance\")] | length == 3" out
'
test_expect_success 'all problems at once, before anything is made' '
	cat >many.sh <<-EOF &&
	for i in \$(seq 1 46); do
		curl -sS -H @auth.header -H "Content-Type: application/json" -o /dev/null "$API/user/tokens" \
			-d "{\"name\":\"t\$i\",\"policies\":[{\"effect\":\"allow\",\"resources\":{\"com.cloudflare.api.account.$ACCOUNT\":\"*\"},\"permission_groups\":[{\"id\":\"9e9b428a0bcd46fd80e580b46a69963c\"}]}]}"
	done
	EOF
	TOKEN_FILE=creator.token api GET /user/tokens/verify && sh many.sh &&
	before=$(counts) &&
	expect_exit 1 ai provision docs=other more=nope site=https://example.com --service second &&
	test $(grep -c "^problem: " err) = 3 && test $(grep -c "^  hint: " err) = 3 && says "^problem: instance .docs. exists with other settings: r2 from docs" &&
	says "^problem: there is no R2 bucket .nope." && says "^problem: there is no room for 1 more user-owned API token: 50 of 50" &&
	says "^aisearch: provision: nothing more was made: there are 3 problems" && test "$(counts)" = "$before"
'

test_expect_success 'a name at the API that belongs to an intent needs no further room' '
	bare --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value status=400*1" &&
	TOKEN_FILE=creator.token api GET /user/tokens/verify && sed -i "s,https*://[^/]*,http://$HOSTPORT,; s/seq 1 46/seq 1 46/" many.sh &&
	expect_exit 1 provision && sh many.sh && ai provision docs --check && grep -q "^ok  *limit  *49 of 50.* 1 more needed" out &&
	provision && has "2 1 1"
'
test_expect_success 'R2 that is not enabled; a folder that is not there; both at once' '
	stop_process $EMULATOR_PID && rm -rf data && start_emulator --site example.com=corpus &&
	CLOUDFLARE_API_BASE_URL=$API && ai login <creator.token && ai provision up &&
	expect_exit 1 provision --service new && says "R2 is not enabled" && says "hint: enable it" && has "3 2 1" &&
	expect_exit 1 ai provision up --upload nowhere --check --json && test "$(problems)" = upload &&
	expect_exit 1 ai provision up --upload creator.token && says "is not a folder" &&
	expect_exit 2 provision --upload corpus && says "built-in storage only"
'
test_expect_success 'a namespace that is not there' '
	expect_exit 1 ai provision -n nowhere new && says "there is no namespace .nowhere." &&
	says "hint: aisearch namespace create" && has "3 2 1"
'
test_expect_success 'a domain of somebody else is told by the creation, with a hint; what was made stays' '
	expect_exit 1 ai provision site=https://example.org && says "code 7023" &&
	says "hint: the website.s domain has to be active in this account" &&
	ai provision site=https://example.com && has "3 2 2"
'
test_expect_success 'a creator that may look but not mint' '
	bare && TOKEN_FILE=creator.token api POST /user/tokens -H "Content-Type: application/json" -d \
		"{\"name\":\"weak\",\"policies\":[{\"effect\":\"allow\",\"resources\":{\"com.cloudflare.api.user.7c5dae5552338874e5053f2534d2767a\":\"*\"},\"permission_groups\":[{\"id\":\"0cc3a61731504c89b99ec1be78b77aa0\"}]}]}" |
		(umask 077 && jq -r .result.value >weak.token) && rm body && ai login <weak.token &&
	expect_exit 1 ai provision a --check --json && test "$(problems)" = permission &&
	expect_exit 1 ai provision a && says "may not mint user-owned tokens: it lacks .API Tokens Write." &&
	says "hint: give it User > API Tokens > Edit" && test "$(tokens manager)" = 0
'
test_expect_success 'a creator token that is refused' '
	bare && id=$(TOKEN_FILE=creator.token api GET /user/tokens/verify | jq -r .result.id) &&
	TOKEN_FILE=creator.token api DELETE /user/tokens/$id && expect_exit 1 ai provision a && says "the creator token: .*401" &&
	expect_exit 1 ai provision a --check && grep -q "^problem  *creator" out
'
test_expect_success 'an API that does not answer is no problem of the account: exit 1 by its own words' '
	bare --fault "GET /user/tokens status=503" && expect_exit 1 ai provision a && says "503" &&
	expect_exit 1 ai provision a --check && test ! -s out && ! grep -q " POST " requests.log
'

# --- several, settings, files, a question ---------------------------------------------------------------

test_expect_success 'several instances, each with a source of its own' '
	bare && ai provision docs=docs site=https://example.com uploads && has "2 1 3" &&
	grep -q "create: done, 3 instances: docs site uploads" err && grep -q "wait: .*, 80 indexed" err &&
	test $(grep -c "^instance  " out) = 3 && ai provision docs=docs site=https://example.com uploads &&
	has "2 1 3" && grep -q "create: nothing to do" err &&
	ai provision uploads docs=docs fourth --json && has "2 1 4" &&
	jq -e "[.instances[] | .created] == [false, false, true]" out &&
	expect_exit 2 ai provision a a && says "named twice" && expect_exit 2 ai provision a= && says "no source behind" &&
	expect_exit 2 ai provision a B && expect_exit 2 ai provision a=b --type builtin &&
	expect_exit 2 ai provision $(seq -f "i%g" 1 65) && says "at most 64"
'
test_expect_success '--body-file: settings go into the body, and are compared afterwards' '
	echo "{\"type\":\"r2\",\"source\":\"docs\",\"chunk_size\":512,\"index_method\":{\"vector\":true,\"keyword\":false}}" >b.json &&
	ai provision tuned --body-file b.json && api GET "/accounts/$ACCOUNT/ai-search/namespaces/default/instances/tuned" |
		jq -e ".result | .type == \"r2\" and .source == \"docs\" and (.index_method.keyword | not)" &&
	ai provision tuned --body-file b.json && grep -q "create: nothing to do" err &&
	sed "s/512/128/" b.json >c.json && expect_exit 1 ai provision tuned --body-file c.json &&
	says "chunk_size is 512 instead of 128" &&
	ai provision tuned2=docs other --body-file c.json && has "2 1 7" &&
	for bad in "[]" "{" "{\"chunk_size\":1}" "{\"token_id\":\"x\"}" "{\"type\":3}"; do
		echo "$bad" >bad.json && { ai provision x --body-file bad.json; test $? != 0; } && says "body" || return 1
	done && expect_exit 1 ai provision x --body-file nowhere.json && says "body-file" && has "2 1 7"
'
test_expect_success '--body-file: from stdin, and with no other instance in it' '
	echo "{\"id\":\"piped\",\"chunk_size\":300}" >p.json &&
	aisearch provision piped --body-file - <p.json >out 2>err &&
	api GET "/accounts/$ACCOUNT/ai-search/namespaces/default/instances/piped" | jq -e ".result.chunk_size == 300" &&
	expect_exit 2 ai provision else --body-file p.json && says "is that of .piped., not of .else." &&
	expect_exit 2 ai provision piped else --body-file p.json && says "is that of .piped., not of .else." &&
	ai instance delete piped --yes
'

test_expect_success '--upload fills built-in storage, once; --query shows the first hit' '
	mkdir -p up/deep && echo "The zebra has stripes." >up/zebra.md && echo "A lion has none." >up/deep/lion.txt &&
	ai provision zoo --upload up --query "zebra stripes" && grep -q "^uploaded  *2 of 2 files, 0 there" out &&
	grep -q "^indexing  *finished: 2 indexed" out && grep -q "^answer  *[01]\.[0-9]*  zebra.md" out &&
	grep -q "^  *The zebra has stripes.$" out && grep -q "query: done, the first hit is in zebra.md" err &&
	: >requests.log && ai provision zoo --upload up --query "zebra stripes" --json && ! grep -q "POST .*/items" requests.log &&
	jq -e ".instances[0] | .upload == {files: 2, uploaded: 0, skipped: 2, failed: 0} and .answer.hits >= 1 and
		.answer.first.key == \"zebra.md\" and .stats.completed == 2" out &&
	ai provision zoo --query "xylophone" && grep -q "^answer  *nothing was found for" out &&
	expect_exit 2 ai provision zoo --query x --no-wait
'
test_expect_success 'a file that the API would refuse is told and left out: exit 4' '
	head -c 5000000 /dev/zero | tr "\0" "x" >up/big.txt && expect_exit 4 ai provision zoo --upload up &&
	says "^left out: big.txt" && grep -q "^uploaded  *0 of 3 files, 2 there already, 1 failed" out
'

test_expect_terminal 'a terminal gets a bar on one line' '
	fresh --pace 20 &&
	script -qec "stty cols 70; aisearch provision --type r2 --source docs docs" typescript >/dev/null </dev/null &&
	tr "\r" "\n" <typescript >lines && grep -q "docs \[#*\.*\] *[0-9]*% [0-9]*/40" lines &&
	grep -q "/s.*left" lines &&
	sed "s/$(printf "\033")\[K//g" lines | awk "length(\$0) > 70 && /\[#*\./ { exit 1 }"
'

test_expect_success '--upload tells how far it is, and what the rate limit makes it wait for' '
	mkdir many && for i in $(seq 60); do echo "file $i" >many/$i.md; done &&
	bare --rate-limit 60/5 && ai provision lots --upload many && says "waiting [1-6] s" &&
	says "^lots: [1-9][0-9]% " && grep -q "^uploaded  *60 of 60 files" out
'

test_expect_success 'no secret in any output, log or file' '
	rm -f creator.token auth.header account.token weak.token && keeps_secret everything requests.log emulator.err &&
	keeps_secret $(find data -type f)
'

test_done
