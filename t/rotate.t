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

test_done
