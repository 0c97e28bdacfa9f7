#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch provision: from nothing to indexed, once, whatever comes between'
. "${0%/*}/lib.sh"

make_corpus corpus 40
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

# fresh [OPTIONS]: a new emulator and a new vault with creator and manager.
EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator --bucket docs=corpus --site example.com=corpus "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token
}
# counts: service tokens, registrations, instances, as the API sees them
counts () {
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" >list.json &&
	printf '%s ' "$(jq '[.result[] | select(.name | startswith("aisearch "))] | length' list.json)" &&
	api GET "/accounts/$ACCOUNT/ai-search/tokens" >list.json &&
	printf '%s ' "$(jq '.result | length' list.json)" &&
	api GET "/accounts/$ACCOUNT/ai-search/namespaces/default/instances" >list.json &&
	jq '.result | length' list.json
}
has () {
	got=$(counts)
	[ "$got" = "$1" ] && return 0
	echo "the API has '$got', expected '$1' (tokens, registrations, instances)"
	return 1
}
# The value in the vault is that of the one token the API knows.
service_alive () {
	ai token verify "service:${1:-default}" && grep -q "active" out
}
provision () {
	ai provision --type r2 --source docs docs "$@"
}

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

# An answer lost, spoilt or refused at each step; then the same command again.
for action in drop truncate empty notjson success-false null-result wrong-types html status=500; do
	for step in "POST /user/tokens" "POST */ai-search/tokens" "POST */instances"; do
		test_expect_success "$step: $action, then again: one token, one registration, one instance" '
			fresh --fault "$step $action*1" && {
				provision || provision
			} && has "1 1 1" && service_alive
		'
	done
done

test_expect_success 'a lost mint answer is healed within the run' '
	fresh --fault "POST /user/tokens drop*1" && provision && has "1 1 1" && says "found and got a new value" &&
	service_alive
'

test_expect_success 'a lost mint answer and a lost roll answer are, too' '
	fresh --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value drop*1" &&
	{ provision || provision; } && has "1 1 1" && service_alive
'

# killed_at METHOD GLOB CONDITION: kill -9 while the answer is on its way (it hangs),
# once the API has done it; then the same command again.
killed_at () {
	fresh --fault "$1 $2 hang*1" || return 1
	spawn aisearch provision --type r2 --source docs docs >out 2>err
	victim=$SPAWNED
	until_true 20 eval "$3" || return 1
	kill -9 "$victim"
	wait "$victim" 2>/dev/null
	cat out err >>everything
	provision && has "1 1 1" && service_alive
}
test_expect_success 'refused before the mint: the intent is kept, and its name used again' '
	fresh --fault "POST /user/tokens status=500*1" && expect_exit 1 provision && has "0 0 0" &&
	says "hint: .*run the same command again" &&
	ai token list && grep -q "^vault  *service:default  *-  *pending" out &&
	name=$(sed -n "s/.*whether .\(aisearch [^.]*[0-9a-f]\). was.*/\1/p" everything | tail -n 1) &&
	provision && has "1 1 1" && service_alive && ai token list && grep -q "^API  *$name " out
'

test_expect_success 'killed when the token was minted and its value not stored' '
	killed_at POST /user/tokens "has \"1 0 0\""
'
test_expect_success 'killed when the token was registered and the answer not read' '
	killed_at POST "/accounts/*/ai-search/tokens" "has \"1 1 0\""
'
test_expect_success 'killed when the instance was created and the answer not read' '
	killed_at POST "*/instances" "has \"1 1 1\""
'
test_expect_success 'killed while waiting' '
	killed_at GET "*/stats" "grep -q \"4/5. create\" err"
'

test_expect_success 'a found token was given a new value, which was lost' '
	fresh --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value status=400*1" &&
	expect_exit 1 provision && has "1 0 0" &&
	provision && says "found and got a new value" && has "1 1 1" && service_alive
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

test_expect_success 'the API going away in the middle is exit 1, and the vault is whole' '
	fresh --pace 5 &&
	spawn aisearch provision --type r2 --source docs docs >out 2>err &&
	pid=$SPAWNED && until_true 20 grep -q "4/5. create" err && kill -9 $EMULATOR_PID &&
	{ wait $pid; test $? = 1; } && says "^aisearch: provision: " && EMULATOR_PID= &&
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

service_id () {
	ai token list --json && jq -er ".vault[] | select(.name == \"service:default\") | .id" out
}

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

test_expect_terminal 'a terminal gets a bar on one line' '
	fresh --pace 20 &&
	script -qec "stty cols 70; aisearch provision --type r2 --source docs docs" typescript >/dev/null </dev/null &&
	tr "\r" "\n" <typescript >lines && grep -q "docs \[#*\.*\] *[0-9]*% [0-9]*/40" lines &&
	grep -q "/s.*left" lines &&
	sed "s/$(printf "\033")\[K//g" lines | awk "length(\$0) > 70 && /\[#*\./ { exit 1 }"
'

test_expect_success 'no secret in any output, log or file' '
	rm -f creator.token auth.header account.token && keeps_secret everything requests.log emulator.err &&
	keeps_secret $(find data -type f)
'

test_done
