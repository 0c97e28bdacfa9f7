#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch token rotate: another token in place of one, without a gap, once, whatever comes between'
. "${0%/*}/lib.sh"

make_corpus corpus 12
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT
DB=$XDG_DATA_HOME/aisearch/vault.db
STATE=$SANDBOX/state
git config --file gitconfig credential.helper "$OUT/git-credential-aisearch"
git config --file gitconfig credential.useHttpPath true

# start [OPTIONS]: the emulator, as it was left, with other faults.
EMULATOR_PID=
start () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	start_emulator --state "$STATE" --bucket docs=corpus "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
}
# fresh: a new emulator and a new vault with creator, manager and a service token that an instance uses.
fresh () {
	rm -rf data "$STATE"*
	start "$@" && ai login <creator.token && ai login --role manager <manager.token &&
	ai provision --type r2 --source docs docs --json && first=$(jq -r .api_token_id out) &&
	credential=$(jq -r .credential_id out) && get && cp token first.token
}
# again [OPTIONS]: the same account behind the same port, with other faults.
again () {
	start --port "$PORT" "$@"
}
# get: what git is given for the service token.
get () {
	printf 'protocol=https\nhost=%s\npath=accounts/%s\nusername=%s\n\n' "$HOSTPORT" "$ACCOUNT" \
		"${1:-service:default}" | git credential fill | sed -n 's/^password=//p' >token
	test -s token
}
alive () {
	TOKEN_FILE=$1 api GET /user/tokens/verify >verified && jq -e '.result.status == "active"' verified
}
# gives_working: git gets a token, and the API takes it.
gives_working () {
	get && alive token
}
# tokens: ids of the service tokens that the API has
tokens () {
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" >list.json &&
	jq -r '.result[] | select(.name | startswith("aisearch default ")) | .id' list.json
}
# whole: one live service token, one registration that has it and is enabled, the vault hands
# it out, no rotation is left.
whole () {
	tokens >ids && test $(wc -l <ids) = 1 || { echo "tokens: $(cat ids)"; return 1; }
	new=$(cat ids)
	api GET "/accounts/$ACCOUNT/ai-search/tokens" >registered.json &&
	jq -e --arg id "$new" --arg c "$credential" '.result | length == 1 and .[0].cf_api_id == $id and
		.[0].id == $c and .[0].enabled' registered.json || { cat registered.json; return 1; }
	gives_working && jq -e --arg id "$new" ".result.id == \$id" verified &&
	[ "$(sqlite3 "$DB" "SELECT count(*) FROM credential WHERE protocol='aisearch-rotate'")" = 0 ]
}
# rotated: whole, and the first token is dead.
rotated () {
	whole && test "$new" != "$first" && ! alive first.token
}
rotate () {
	ai token rotate "$@"
}

test_expect_success 'a rotation: a line per step, one token, and it is another one' '
	fresh && rotate && grep -q "^rotated service:default: token [0-9a-f]* in the place of $first$" out &&
	for step in mint replace check store revoke finish; do
		grep -q "^service:default \[[1-6]/6\] $step: done" err || return 1
	done && rotated && grep -q "1 instance uses it" err
'

test_expect_success 'the instance is indexed with the new one' '
	echo "A document about quokkas." >corpus/new.txt &&
	api POST "/accounts/$ACCOUNT/ai-search/namespaces/default/instances/docs/jobs" >job.json &&
	ai status --wait docs && ai search docs quokkas && grep -q new.txt out
'

test_expect_success 'JSON says which, and provision finds everything done' '
	rotate --json && jq -e ".[0].role == \"service:default\" and .[0].old_id == \"$new\" and
		(.[0].new_id | length) == 32 and .[0].registrations == 1 and .[0].instances == 1 and
		(.[0].in_place | not)" out && first=$new && whole && test "$new" != "$first" &&
	ai provision --type r2 --source docs docs && test $(grep -c "nothing to do" err) = 4
'

# --- answers that are lost or spoilt ------------------------------------------------------

# At each step; a second run continues.  At every moment git is given a token that works.
for action in drop truncate empty notjson success-false null-result html status=500; do
	for step in "POST /user/tokens" "PUT */ai-search/tokens/*" "GET */ai-search/tokens" \
		"GET */stats" "DELETE /user/tokens/*"; do
		test_expect_success "$step: $action, then again: one token, one registration, nothing lost" '
			fresh && again --fault "$step $action*1" && {
				rotate || { gives_working && rotate; }
			} && rotated
		'
	done
done

test_expect_success 'a lost mint answer is healed within the run' '
	fresh && again --fault "POST /user/tokens drop*1" && rotate && says "was found and got a new value" && rotated
'
test_expect_success 'a lost mint answer and a lost roll answer are, too' '
	fresh && again --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value drop*1" &&
	{ rotate || rotate; } && rotated
'
test_expect_success 'refused before the mint: the intent is kept, the old token serves, and it goes on' '
	fresh && again --fault "POST /user/tokens status=500*1" && expect_exit 1 rotate && gives_working &&
	test "$(tokens)" = "$first" && says "hint: .*run the same command again" && rotate && rotated
'
test_expect_success 'a registration that is not replaced stops it before anything is revoked' '
	fresh && again --fault "PUT */ai-search/tokens/* status=403*1" && expect_exit 1 rotate &&
	says "cannot replace the registered token" && gives_working && alive first.token &&
	test $(tokens | wc -l) = 2 && rotate && rotated && says "mint: nothing to do"
'
test_expect_success 'a token that may not be revoked: said, and the next run revokes it' '
	fresh && again --fault "DELETE /user/tokens/* status=403*1" --fault "DELETE /accounts/*/tokens/* status=403*1" &&
	expect_exit 1 rotate && says "cannot revoke the first token" && gives_working &&
	rotate && rotated && says "check: nothing to do" && says "store: nothing to do"
'

# --- killed -----------------------------------------------------------------------------

# killed_at METHOD GLOB: kill -9 while the answer hangs, once the API has done it.
killed_at () {
	fresh && : >requests.log && again --fault "$1 $2 hang*1" || return 1
	: >requests.log
	spawn aisearch token rotate >out 2>err
	victim=$SPAWNED
	until_true 20 eval "$3" || return 1
	kill -9 "$victim"
	wait "$victim" 2>/dev/null
	cat out err >>everything
	gives_working && cp token between.token && rotate && rotated
}
two_tokens () {
	test $(tokens | wc -l) = 2
}
replaced () {
	api GET "/accounts/$ACCOUNT/ai-search/tokens" >registered.json &&
	! jq -e --arg id "$first" '.result[0].cf_api_id == $id' registered.json
}
revoked () {
	! alive first.token
}
test_expect_success 'killed when the second token was minted and its value not stored' '
	killed_at POST /user/tokens two_tokens && says "was found and got a new value"
'
test_expect_success 'killed when the registration was replaced and the answer not read' '
	killed_at PUT "*/ai-search/tokens/*" replaced && says "mint: nothing to do"
'
test_expect_success 'killed while it looks whether indexing goes on' '
	killed_at GET "*/stats" "replaced && grep -q /stats requests.log || test -s err && grep -q replace err" &&
	says "mint: nothing to do"
'
test_expect_success 'killed when the first one was revoked and the answer not read' '
	killed_at DELETE "/user/tokens/*" revoked && says "store: nothing to do" && says "was gone already"
'

# The vault at every system call: killat ends the process as it enters its Nth.
if killat 0 - true 2>/dev/null; then can_kill=1; else can_kill=; fi
test_expect_killed () {
	if [ "$can_kill" ]; then test_expect_success "$@"; else test_skip "$1" 'no ptrace here'; fi
}
# Every rotation of the loop begins with the token of the one before: one emulator for all.
killed_everywhere () {
	stride=$2 rounds=0 n=$1 ended=137
	shift 2
	while [ $ended = 137 ]; do
		gives_working && cp token first.token && first=$(jq -r .result.id verified) || return 1
		killat $n - aisearch token rotate "$@" >out 2>err </dev/null
		ended=$?
		cat out err >>everything
		rounds=$((rounds + 1)) n=$((n + stride))
		case $ended in 0 | 137) ;; *) echo "exit $ended"; cat err; return 1 ;; esac
		"$between" || { echo "killed at $n: no token that works"; return 1; }
		cp err killed.err
		ai token rotate "$@" || { echo "killed at $n, and not continued"; cat err killed.err; return 1; }
		whole && "$after" || { echo "killed at $n"; cat err killed.err; return 1; }
	done
	echo "$rounds rounds, $n system calls"
	test $rounds -ge 40
}
first_is_dead () {
	! alive first.token
}
test_expect_killed 'killed at any system call: git is given a token that works, and one is left in the end' '
	fresh && again --rate-limit off --rate-limit off && between=gives_working after=first_is_dead &&
	killed_everywhere 200 13
'

test_done
