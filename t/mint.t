#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='a token on demand: git asks, aisearch mints, once, whatever comes between'
. "${0%/*}/lib.sh"

DB=$XDG_DATA_HOME/aisearch/vault.db
PROFILES=$XDG_CONFIG_HOME/aisearch/profiles.json
git config --global credential.helper 'aisearch --mint ci'

# fresh [OPTIONS]: a new emulator, a new vault with the creator, the profile ci.
EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data config requests.log "$STATE"*
	start_emulator "$@" || return 1
	ai login --url "$API" --account "$ACCOUNT" <creator.token &&
	ai token profile add ci --url "$API" --account "$ACCOUNT" \
		--permissions 'AI Search Read, AI Search Run' --ttl 3600
}
# again [OPTIONS]: the same emulator, after fresh --state "$STATE", with other faults.
STATE=$SANDBOX/state
again () {
	stop_process "$EMULATOR_PID" && : >requests.log &&
	start_emulator --port "$PORT" --state "$STATE" "$@"
}
# tokens: how many tokens of the profile the API has, of any state
tokens () {
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" >list.json &&
	jq '[.result[] | select(.name | startswith("aisearch mint:ci "))] | length' list.json
}
has_tokens () {
	got=$(tokens)
	[ "$got" = "$1" ] && return 0
	echo "the API has $got tokens of the profile, expected $1"
	return 1
}
minted () {
	grep -c ' POST /client/v4/user/tokens ' requests.log
}
ask () {
	printf 'protocol=https\nhost=%s\n\n' "$HOSTPORT"
}
# get [OPTIONS]: the helper's answer in answer, its messages in err; the value in token.
get () {
	ask | git-credential-aisearch --mint ci "$@" get >answer 2>err
	code=$?
	cat err >>everything
	sed -n 's/^password=//p' answer >token
	return $code
}
# alive FILE: the API takes the value in it.
alive () {
	test -s "$1" && TOKEN_FILE=$1 api GET /user/tokens/verify >verified &&
	jq -e '.result.status == "active"' verified
}
# aged SECONDS: the profile's entry is so much older than it is.
aged () {
	sqlite3 "$DB" "UPDATE credential SET stored_at=stored_at-$1 WHERE origin='mint:ci'"
}
# preload: what is started from here on has the clock that the file warp puts off.
preload () {
	export WARP="$SANDBOX/warp" LD_PRELOAD="$OUT/warp.so" \
		ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0"
}
unload () {
	unset WARP LD_PRELOAD
}
vault_says () {
	sqlite3 "$DB" "SELECT $1 FROM credential WHERE $2" >rows
	[ "$(cat rows)" = "$3" ] && return 0
	echo "the vault has '$(cat rows)', expected '$3'"
	return 1
}

test_expect_success 'git asks, and a token is minted' '
	fresh && ask | git credential fill >got 2>err && grep -qx username=ci got &&
	sed -n "s/^password=//p" got >first && alive first && has_tokens 1 && test "$(minted)" = 1
'

test_expect_success 'it is as the profile says, and the vault knows what it is' '
	jq -e ".result[] | select(.name | startswith(\"aisearch mint:ci 023e105f \")) |
		(.policies[0].permission_groups | map(.name) | sort) == [\"AI Search Read\", \"AI Search Run\"] and
		(.policies[0].resources | keys) == [\"com.cloudflare.api.account.$ACCOUNT\"] and
		(.condition == null)" list.json &&
	expires=$(jq -r ".result[] | select(.name | startswith(\"aisearch mint:ci \")) | .expires_on" list.json) &&
	id=$(jq -r ".result[] | select(.name | startswith(\"aisearch mint:ci \")) | .id" list.json) &&
	get && grep -qx "password_expiry_utc=$(date -d "$expires" +%s)" answer && cmp token first &&
	vault_says "username, state, token_id, expires_at - stored_at BETWEEN 3590 AND 3600" \
		"origin=\"mint:ci\"" "ci|1|$id|1" &&
	vault_says "count(*)" "protocol=\"aisearch-mint\"" 0
'

test_expect_success 'the second time the vault answers, also when there is no API' '
	: >requests.log && ask | git credential fill | grep -qx "password=$(cat first)" &&
	ask | git credential approve && test ! -s requests.log &&
	kill -9 "$EMULATOR_PID" && EMULATOR_PID= &&
	ask | git credential fill | grep -qx "password=$(cat first)" && get && cmp token first
'

test_expect_success 'no vault, no profile, no creator: what to do about it, and nothing on stdout' '
	fresh && expect_exit 1 get --vault "$PWD/other/vault.db" && test ! -s answer &&
	says "aisearch login --role creator" && test ! -e other &&
	mv config away && expect_exit 1 get && test ! -s answer && says "no profile .ci." && mv away config &&
	rm -rf data && expect_exit 1 get && test ! -s answer && says "creator token" && has_tokens 0
'

test_expect_success 'a profile answers for its own host, path and user only' '
	fresh && : >requests.log &&
	for field in host=github.com "host=$HOSTPORT.example.com" host=127.0.0.1 "path=x" username=other; do
		printf "%s\n" protocol=https "host=$HOSTPORT" "$field" "" |
			git-credential-aisearch --mint ci get >answer 2>err &&
		test ! -s answer && test ! -s err || return 1
	done &&
	printf "%s\n" protocol=http "host=$HOSTPORT" "" | git-credential-aisearch --mint ci get >answer &&
	test ! -s answer && test ! -s requests.log &&
	ai token profile add paths --url "$API" --account "$ACCOUNT" --permissions "AI Search Read" --ttl 600 \
		--host git.example.com:444 --path a/b.git --username robot &&
	printf "%s\n" protocol=https host=git.example.com:444 path=a/b.git "" |
		git-credential-aisearch --mint paths get | grep -qx username=robot &&
	: >requests.log && printf "%s\n" protocol=https host=git.example.com path=a/b.git "" |
		git-credential-aisearch --mint paths get >answer && test ! -s answer && test ! -s requests.log
'

test_expect_success 'what is not minted by the profile answers too, as long as it is valid' '
	fresh && printf "%s\n" protocol=https "host=$HOSTPORT" username=hand password=made "" |
		git credential approve && ask | git credential fill | grep -qx password=made && has_tokens 0 &&
	printf "%s\n" protocol=https "host=$HOSTPORT" username=hand password=made password_expiry_utc=1 |
		git-credential-aisearch store && get && grep -qx username=ci answer && alive token && has_tokens 1
'

test_expect_success '20 at once: one token, and all of them get it' '
	fresh --latency 30 && pids= &&
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		ask >in.$i && spawn sh -c "git-credential-aisearch --mint ci get <in.$i >out.$i 2>err.$i" &&
		pids="$pids $SPAWNED" || return 1
	done &&
	for pid in $pids; do wait $pid || return 1; done &&
	cat err.* >>everything && test ! -s err.1 && test "$(cat out.* | grep -c ^password=)" = 20 &&
	test "$(cat out.[0-9]* | grep ^password= | sort -u | wc -l)" = 1 && has_tokens 1 && test "$(minted)" = 1 &&
	get && alive token
'

# --- a life ---------------------------------------------------------------------

test_expect_success 'past half of its life it is renewed ahead; the old one is left to expire' '
	fresh && get && cp token first && aged 3500 && get && cmp token first && test "$(minted)" = 1 &&
	aged 200 && get && ! cmp token first && alive token && alive first && test "$(minted)" = 2 &&
	cp token second && get && cmp token second && test "$(minted)" = 2
'

test_expect_success 'an expired one is minted anew, and deleted at the API' '
	fresh --state "$STATE" && stop_process "$EMULATOR_PID" && preload && echo -7200 >"$SANDBOX/warp" &&
	start_emulator --port "$PORT" --state "$STATE" && aisearch token mint ci >out && echo 0 >"$SANDBOX/warp" && unload && grep -q "^minted token" out &&
	old=$(sed -n "s/^minted token \([0-9a-f]*\) .*/\1/p" out) && has_tokens 1 &&
	vault_says "expires_at < unixepoch()" "origin=\"mint:ci\"" 1 &&
	ask | git-credential-aisearch get >answer && ! grep -q ^password= answer &&
	printf "%s\n" protocol=https "host=$HOSTPORT" username=hand password=made >hand &&
	git credential approve <hand && sqlite3 "$DB" "UPDATE credential SET seq=0 WHERE username=\"hand\"" &&
	get && grep -qx password=made answer && git-credential-aisearch erase <hand &&
	get && alive token && has_tokens 1 && ! grep -q "$old" list.json
'

test_expect_success 'half past, and the API does not answer: the old one, in time, and no waiting after that' '
	fresh --state "$STATE" && get && cp token first && aged 3700 && again --fault "POST /user/tokens hang" &&
	began=$(date +%s) && get && cmp token first && test $(($(date +%s) - began)) -le 9 && grep -q POST requests.log &&
	says "^aisearch: " &&
	: >requests.log && get && cmp token first && test ! -s requests.log && test ! -s err &&
	touch -d "2 minutes ago" "$DB.mint-ci" && again && get && ! cmp token first && alive token
'

test_expect_success 'no API and no entry: an error in time, and nothing on stdout' '
	fresh && stop_process "$EMULATOR_PID" && EMULATOR_PID= && began=$(date +%s) &&
	expect_exit 1 get && test ! -s answer && says "^git-credential-aisearch: aisearch ended with 1" &&
	says "^aisearch: token mint: " && test $(($(date +%s) - began)) -le 33
'

# --- killed ---------------------------------------------------------------------

# killed_when CONDITION: kill -9 of the minter in mid-mint; the next one finds out.
killed_when () {
	ask >in && spawn sh -c "exec git-credential-aisearch --mint ci get <in >answer 2>err" &&
	helper=$SPAWNED && until_true 20 eval "$1" &&
	victim=$(pgrep -x aisearch -P "$helper") && kill -9 "$victim" &&
	{ wait "$helper"; test $? = 1; } && test ! -s answer && says "ended by signal 9" &&
	cat err >>everything
}
pending () {
	[ "$(sqlite3 "$DB" "SELECT count(*) FROM credential WHERE state=0")" = "$1" ]
}
healed () {
	get && alive token && has_tokens 1 && pending 0 && cp token first && get && cmp token first
}

test_expect_success 'killed while it waits for the answer to the mint: one token' '
	fresh --fault "POST /user/tokens hang*1" && killed_when "has_tokens 1" && pending 1 && healed &&
	test "$(minted)" = 1
'
test_expect_success 'token mint tells the name; after a lost answer it is found by that' '
	fresh && ai token mint ci && name=$(sed -n "s/^minted token [0-9a-f]* .\(aisearch mint:ci 023e105f [0-9a-f]\{8\}\). for ci at .*/\1/p" out) &&
	test -n "$name" && tokens >got && jq -e --arg name "$name" ".result[] | select(.name == \$name)" list.json && ai token mint ci && grep -q "^there is token [0-9a-f]* .$name. for" out &&
	ai token mint ci --json && jq -e --arg name "$name" ".name == \$name and (.minted or .found | not)" out &&
	fresh --fault "POST /user/tokens hang*1" && spawn aisearch token mint ci >out 2>err && victim=$SPAWNED && until_true 20 has_tokens 1 && kill -9 "$victim" &&
	{ wait "$victim"; name=$(sqlite3 "$DB" "SELECT label FROM credential WHERE state=0"); } && ai token mint ci --json &&
	jq -e --arg name "$name" ".name == \$name and .found and .minted" out && has_tokens 1 && ai token mint ci --json && jq -e ".found or .minted | not" out
'
test_expect_success 'killed before the API did anything: one token' '
	fresh --fault "POST /user/tokens status=500*1" && expect_exit 1 get && test ! -s answer && pending 1 && has_tokens 0 &&
	healed
'
test_expect_success 'killed before there is an intent: one token' '
	fresh --state "$STATE" && again --fault "GET /user/tokens/permission_groups* hang*1" && killed_when "grep -q name=AI%20Search%20Read requests.log" &&
	pending 0 && healed
'
test_expect_success 'killed while it looks for what it minted: one token' '
	fresh --fault "POST /user/tokens drop*1" --fault "GET /user/tokens hang*1" &&
	killed_when "grep -q \"GET /client/v4/user/tokens?\" requests.log" && healed
'
test_expect_success 'killed while it waits for the new value: one token' '
	fresh --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value hang*1" &&
	killed_when "grep -q \" PUT \" requests.log" && healed
'
test_expect_success 'killed when the value is stored, before it is done: one token, and that one' '
	fresh --fault "GET /user/tokens hang*1" &&
	ask >in && spawn sh -c "exec git-credential-aisearch --mint ci get <in >answer 2>err" && helper=$SPAWNED &&
	until_true 20 grep -q "GET /client/v4/user/tokens?" requests.log &&
	kill -9 "$(pgrep -x aisearch -P "$helper")" && { wait "$helper"; :; } && pending 1 &&
	get && alive token && has_tokens 1 && test "$(minted)" = 1 &&
	ai token mint --renew ci && has_tokens 2 && pending 0
'
test_expect_success 'killed at any moment, again and again: one token' '
	fresh --latency 5 &&
	for ms in 005 010 015 020 025 030 035 040 045 050 055 060 065 070; do
		spawn aisearch token mint ci >out 2>err
		victim=$SPAWNED
		sleep 0.$ms
		kill -9 $victim 2>/dev/null
		wait $victim
	done
	get && alive token && has_tokens 1 && cp token first && get && cmp token first &&
	ai token mint ci --renew && pending 0 && has_tokens 2
'
test_expect_success 'the helper is killed: the minter does not stay' '
	fresh --fault "POST /user/tokens hang*1" && ask >in &&
	spawn sh -c "exec git-credential-aisearch --mint ci get <in >answer 2>err" && helper=$SPAWNED &&
	until_true 20 has_tokens 1 && victim=$(pgrep -x aisearch -P "$helper") && kill -9 "$helper" &&
	until_true 20 eval "! kill -0 $victim" && healed
'
test_expect_success 'a profile that was changed meanwhile is not given the token of the old one' '
	fresh --fault "POST /user/tokens hang*1" && killed_when "has_tokens 1" &&
	ai token profile add ci --replace --url "$API" --account "$ACCOUNT" --permissions "AI Search Read" --ttl 3600 \
		--deny-ip 192.0.2.0/24 && healed &&
	jq -e "[.result[] | select(.name | startswith(\"aisearch mint:ci \"))][0] |
		(.policies[0].permission_groups | map(.name)) == [\"AI Search Read\"] and
		.condition.request_ip.not_in == [\"192.0.2.0/24\"]" list.json
'

test_expect_success 'what was left behind and has little of its life before it is not handed out' '
	fresh --fault "POST /user/tokens hang*1" && echo -2400 >"$SANDBOX/warp" &&
	spawn env WARP="$SANDBOX/warp" LD_PRELOAD="$OUT/warp.so" \
		ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" aisearch token mint ci >out 2>err &&
	victim=$SPAWNED && until_true 20 has_tokens 1 && kill -9 "$victim" && { wait "$victim"; :; } && healed &&
	vault_says "expires_at - unixepoch() > 3500" "origin=\"mint:ci\"" 1
'

# the emulator's database under --state
find_state () {
	STATE_DB=$(find "$STATE"* -type f | while read -r f; do
		head -c 15 "$f" | grep -q "SQLite format 3" && echo "$f"; done | head -1)
	test -n "$STATE_DB"
}

# --- erase ----------------------------------------------------------------------

test_expect_success 'what git rejects is revoked, and the next one minted' '
	fresh && ask | git credential fill >got 2>/dev/null && cp got right && sed -i "s/^password=.*/password=wrong/" got &&
	git credential reject <got && has_tokens 1 && git credential reject <right && has_tokens 0 &&
	vault_says "count(*)" "origin=\"mint:ci\"" 0 && get && alive token && has_tokens 1 && ! grep -qF -f token right
'

test_expect_success 'with no API to revoke it at, it is rejected and that is said' '
	stop_process "$EMULATOR_PID" && EMULATOR_PID= && ask >in &&
	expect_exit 1 sh -c "git-credential-aisearch --mint ci erase <in >answer 2>err" && test ! -s answer &&
	says "rejected, but token [0-9a-f]* not revoked" && says "hint: aisearch token revoke ci" &&
	vault_says "count(*)" "origin=\"mint:ci\" AND state=1" 0 && cat err >>everything
'

test_expect_success 'revoke by hand: what the vault knows of the profile, and only of it' '
	fresh && get && cp token first &&
	expect_exit 1 ai token revoke ci 00000000000000000000000000000000 && says "under that id" && has_tokens 1 &&
	expect_exit 2 ai token revoke ci ../creator && ai token revoke ci && has_tokens 0 &&
	printf "%s\n" protocol=https "host=$HOSTPORT" username=ci | git-credential-aisearch get >answer &&
	test ! -s answer && ! alive first
'

test_expect_success 'erase without a user leaves alone what login stored, and can revoke' '
	fresh && ai login --role manager --url "$API" --account $ACCOUNT <manager.token && get && has_tokens 1 &&
	printf "%s\n" protocol=https "host=$HOSTPORT" username=hand password=made "" | git-credential-aisearch store &&
	ask | git-credential-aisearch --mint ci erase && has_tokens 0 &&
	vault_says "group_concat(username)" "state=1" creator,manager,hand &&
	{ ask | sed /^$/d; printf "%s\n" username=hand password=made; } | git-credential-aisearch --mint ci erase &&
	vault_says "username" "state=2" hand &&
	get && alive token && has_tokens 1 &&
	sed "s/^/password=/" creator.token >line && { ask | sed /^$/d; cat line; } >in &&
	git-credential-aisearch --mint ci erase <in && vault_says "count(*)" "state=1 AND username=\"creator\"" 1 &&
	echo username=creator >>in && git-credential-aisearch --mint ci erase <in &&
	vault_says "state" "username=\"creator\"" 2
'

test_expect_success 'erase with no API: what the hint says does it later' '
	fresh --state "$STATE" && get && stop_process "$EMULATOR_PID" && EMULATOR_PID= && ask >in &&
	expect_exit 1 sh -c "git-credential-aisearch --mint ci erase <in >answer 2>err" && cat err >>everything &&
	says "hint: aisearch token revoke ci" && hint=$(sed -n "s/.*hint: \(aisearch token revoke ci [0-9a-f]*\)$/\1/p" err | tail -1) &&
	start_emulator --port "$PORT" --state "$STATE" && has_tokens 1 && $hint && has_tokens 0 &&
	vault_says "count(*)" "origin=\"mint:ci\"" 0
'

test_expect_success 'rejected but not revoked: it may be restored, with a note, and erased again' '
	fresh --state "$STATE" && get && cp token first && stop_process "$EMULATOR_PID" && EMULATOR_PID= && ask >in &&
	expect_exit 1 sh -c "git-credential-aisearch --mint ci erase <in 2>err" && says "not revoked" && cat err >>everything &&
	start_emulator --port "$PORT" --state "$STATE" && alive first && ai vault restore "https://$HOSTPORT" --user ci &&
	says "note: it was minted" && says "aisearch token revoke ci [0-9a-f]*" && get && cmp token first && has_tokens 1 &&
	git-credential-aisearch --mint ci erase <in && has_tokens 0 && ! alive first &&
	expect_exit 1 ai vault restore "https://$HOSTPORT" --user ci && get && alive token && ! cmp token first
'

test_expect_success 'restored, and dead after all: the next erase ends it' '
	fresh --state "$STATE" && get && stop_process "$EMULATOR_PID" && EMULATOR_PID= && ask >in &&
	expect_exit 1 sh -c "git-credential-aisearch --mint ci erase <in 2>>everything" && find_state &&
	sqlite3 "$STATE_DB" "DELETE FROM token WHERE name LIKE \"aisearch mint:%\"" &&
	start_emulator --port "$PORT" --state "$STATE" && ai vault restore "https://$HOSTPORT" --user ci && get && ! alive token &&
	git-credential-aisearch --mint ci erase <in && vault_says "count(*)" "origin=\"mint:ci\"" 0 && get && alive token
'

test_expect_success 'stored over what was minted: told, kept as rejected, and revoked by its id' '
	fresh && get && cp token first && { ask | sed /^$/d; echo username=ci; echo password=by-hand; } >in &&
	git-credential-aisearch store <in >answer 2>err && test ! -s answer && cat err >>everything &&
	says "warning: this takes the place of token [0-9a-f]*" && hint=$(sed -n "s/^  hint: //p" err) &&
	git-credential-aisearch store <in 2>err && test ! -s err &&
	vault_says "state" "origin=\"mint:ci\"" 2 && get && grep -qx password=by-hand answer && alive first &&
	$hint && has_tokens 0 && vault_says "count(*)" "origin=\"mint:ci\"" 0 && get && grep -qx password=by-hand answer
'

test_expect_success 'erase of the user that stands for none takes the entry without one' '
	fresh && printf "%s\n" "{\"aisearch_vault_export\":1}" "{\"protocol\":\"https\",\"host\":\"$HOSTPORT\",\"password\":\"nameless\"}" |
		ai vault import - && get && grep -qx username=aisearch answer && grep -qx password=nameless answer &&
	{ ask | sed /^$/d; cat answer; } >in &&
	printf "%s\n" protocol=https "host=$HOSTPORT" username=newer password=other | git-credential-aisearch store &&
	git-credential-aisearch --mint ci erase <in && vault_says "state" "username=\"newer\"" 1 &&
	vault_says "state" "username IS NULL" 2 && vault_says "state" "username=\"creator\"" 1 && has_tokens 0
'

test_expect_success 'what was revoked cannot be restored, nor a copy of it' '
	fresh && get && { ask | sed /^$/d; sed "s/^/password=/" token; echo username=copy; } | git-credential-aisearch store &&
	vault_says "count(*)" "state=1 AND username IN (\"ci\", \"copy\")" 2 && ai token revoke ci && has_tokens 0 &&
	vault_says "count(*)" "username IN (\"ci\", \"copy\")" 0 &&
	expect_exit 1 ai vault restore "https://$HOSTPORT" --user ci && says "no such rejected entry" && get && alive token
'

test_expect_success 'revoke: a token of the other owner is not taken for revoked; a name that is not ours is left alone' '
	(umask 077; echo "acct$CANARY" >account.token) && fresh --account-token-file account.token && get && cp token first &&
	ai login --url "$API" --account "$ACCOUNT" <account.token && expect_exit 1 ai token revoke ci && says "it is alive" && alive first &&
	vault_says state "origin=\"mint:ci\"" 2 && ai login --url "$API" --account "$ACCOUNT" <creator.token &&
	TOKEN_FILE=creator.token api POST /user/tokens -H "Content-Type: application/json" -d "{\"name\":\"aisearch mint:ci 023e105f my-token\",\"policies\":
		[{\"effect\":\"allow\",\"resources\":{\"com.cloudflare.api.account.$ACCOUNT\":\"*\"},\"permission_groups\":[{\"id\":\"1d3e5f7a9b0c4d2e8f6a7b8c9d0e1f2a\"}]}]}" |
		jq -r .result.value >theirs && alive theirs && ai token revoke ci && ! alive first && alive theirs
'

test_expect_success 'revoke also reaches what was renewed, by its id or with the rest' '
	fresh && ai token mint ci --json && old=$(jq -r .token_id out) && get && cp token first && ai token mint --renew ci &&
	ai token mint --renew ci && has_tokens 3 && alive first && ai token revoke ci "$old" && ! alive first && has_tokens 2 &&
	get && alive token && expect_exit 1 ai token revoke ci "$old" && says "under that id" &&
	ai token profile add c --url "$API" --account $ACCOUNT --permissions "AI Search Read" --ttl 600 &&
	ai token mint c --json && other=$(jq -r .token_id out) && expect_exit 1 ai token revoke ci "$other" &&
	sqlite3 "$DB" "DELETE FROM credential WHERE origin=\"mint:ci\"" && ai token revoke ci && has_tokens 0 &&
	grep -q "$other" list.json && ai token revoke ci && grep -qx "no token of profile ci is there: gone already" out &&
	ai token revoke ci --json && jq -e ".tokens == []" out && TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" | grep -q "$other"
'

test_expect_success 'the token of another profile is none of this one' '
	fresh && ai token profile add wide --url "$API" --account $ACCOUNT --permissions "AI Search Run" --ttl 3600 &&
	ask | git-credential-aisearch --mint wide get >wide && grep -qx username=wide wide &&
	get && grep -qx username=ci answer && alive token && ! grep -qF -f token wide &&
	sleep 1 && ai token mint --renew wide && get && grep -qx username=ci answer &&
	ask | expect_exit 1 git-credential-aisearch --mint none get >answer 2>err && test ! -s answer && says "no profile .none." &&
	printf "%s\n" protocol=https "host=$HOSTPORT" username=wide | git-credential-aisearch --mint ci get >answer && test ! -s answer &&
	ask | git-credential-aisearch --mint ci erase && vault_says "state" "origin=\"mint:wide\"" 1 && has_tokens 0
'

test_expect_success 'one identity, one profile; what an earlier one left there is replaced' '
	rival () { ai token profile add "$@" --url "$API" --account $ACCOUNT --permissions "AI Search Read" --ttl 600; } &&
	fresh && expect_exit 1 rival two --username ci && says "profile .ci. answers for ci" &&
	expect_exit 1 ai token profile show two && rival two --username ci --path x && rival ci --replace &&
	expect_exit 1 rival ci --replace --path x && get && cp token first &&
	ai token profile remove ci && rival three --username ci && ask | git-credential-aisearch --mint three get >answer &&
	grep -qx username=ci answer && ! grep -qF -f first answer && vault_says "origin" "state=1 AND username=\"ci\"" mint:three
'

# lying SQL: the API mints something else than it was asked for.
lying () {
	fresh --state "$STATE" && stop_process "$EMULATOR_PID" && find_state &&
	sqlite3 "$STATE_DB" "CREATE TRIGGER lie AFTER INSERT ON token BEGIN UPDATE token SET $1 WHERE id=NEW.id; END" &&
	start_emulator --port "$PORT" --state "$STATE"
}
test_expect_success 'what the API says of the token is not believed when it is not what was asked for' '
	for lie in "status=\"disabled\"" "expires=\"2020-01-01T00:00:00Z\"" "expires=\"2099-01-01T00:00:00Z\"" \
		"expires=\"$(date -u -d "+3 hours" +%FT%TZ)\""; do
		lying "$lie" && expect_exit 1 get && test ! -s answer && says "the API minted token" && has_tokens 0 &&
		vault_says "count(*)" "origin=\"mint:ci\"" 0 || { echo "$lie"; return 1; }
	done &&
	sqlite3 "$STATE_DB" "DROP TRIGGER lie" && get && alive token && has_tokens 1 && pending 0 &&
	lying "expires=\"$(date -u -d "+110 minutes" +%FT%TZ)\"" && get && alive token
'

# --- the program that is run ------------------------------------------------------

# A helper without aisearch beside it.
mkdir alone other-bin && cp "$OUT/git-credential-aisearch" alone
fake () {
	printf '#!/bin/sh\n%s\n' "$2" >"$1/aisearch" && chmod 755 "$1/aisearch"
}

test_expect_success 'its arguments, environment, descriptors and input' '
	fake alone "env >$SANDBOX/env; echo \"\$*\" >$SANDBOX/args; ls /proc/\$\$/fd >$SANDBOX/fds; cat >$SANDBOX/stdin; echo noise" &&
	printf "protocol=https\nhost=h\nusername=%s\npassword=%s\n" "$CANARY" "$CANARY" >in &&
	CLOUDFLARE_API_TOKEN=$CANARY GIT_DIR=/x LD_LIBRARY_PATH=/x XDG_CONFIG_HOME=config \
		alone/git-credential-aisearch --mint ci get <in 7<in >answer 2>err; cat err >>everything
	test ! -s answer && echo "token mint --request ci" | sed "s/^/--timeout 30 /" | cmp - $SANDBOX/args &&
	keeps_secret $SANDBOX/env $SANDBOX/args && grep -qx "HOME=$HOME" $SANDBOX/env &&
	! grep -q -e GIT -e CLOUDFLARE -e ^LD_ -e XDG_CONFIG $SANDBOX/env && test "$(grep -cv "^_=\|^PWD=\|^SHLVL=" $SANDBOX/env)" = 3 &&
	! grep -qx "[3-9]" $SANDBOX/fds && printf "protocol=https\nhost=h\nusername=%s\n" "$CANARY" | cmp - $SANDBOX/stdin
'

test_expect_success 'it is not looked for in the working folder, nor where anybody may write' '
	rm -f alone/aisearch && fake . "touch $SANDBOX/ran" && fake other-bin "touch $SANDBOX/ran" && chmod 777 other-bin &&
	expect_exit 1 env PATH=".::$PWD/other-bin:bin" alone/git-credential-aisearch --mint ci get <in >answer 2>err &&
	test ! -e $SANDBOX/ran && test ! -s answer && says "not beside this program" &&
	chmod 755 other-bin && PATH="$PWD/other-bin:$PATH" alone/git-credential-aisearch --mint ci get <in &&
	test -e $SANDBOX/ran && rm aisearch
'

test_expect_success 'one that never ends is ended' '
	fake alone "trap \"\" TERM; echo \$\$ >$SANDBOX/ignorant; exec sleep 1000" &&
	fresh && get && aged 3700 && ask >in && began=$(date +%s) &&
	alone/git-credential-aisearch --mint ci get <in >got && cmp got answer && test $(($(date +%s) - began)) -le 12 &&
	! kill -0 "$(cat $SANDBOX/ignorant)"
'

test_expect_success 'a name that is no profile' '
	for name in "" --help ../x "a b" A .x 1234567890123456789012345678901234567890123456789; do
		ask | expect_exit 2 git-credential-aisearch --mint "$name" get >answer 2>err && test ! -s answer || return 1
	done
'

# --- profiles ---------------------------------------------------------------------

test_expect_success 'profiles: add, list, show, remove' '
	fresh && expect_exit 1 ai token profile add ci --account $ACCOUNT --permissions X --ttl 60 && says "there is a profile .ci." &&
	says "hint: .*--replace" && ai token profile list && grep -q "^ci  .* 3600  ci  .*AI Search Read, AI Search Run" out &&
	ai token profile list --json && jq -e ".version == 1 and .profiles.ci.ttl == 3600" out &&
	ai token profile show ci && jq -e ".host == \"$HOSTPORT\"" out && test "$(stat -c %a "$PROFILES")" = 600 &&
	ai token profile remove ci && expect_exit 1 ai token profile show ci && expect_exit 1 ai token profile remove ci &&
	ai token profile list && test "$(wc -l <out)" -le 1
'

test_expect_success 'what is no profile is refused before anything is written' '
	add () { expect_exit 2 ai token profile add "$@" --account $ACCOUNT; } && rm -rf config &&
	add ci --ttl 60 && says permissions && add ci --permissions X && says "time to live" &&
	add ci --permissions X --ttl 59 && add ci --permissions "X,,Y" --ttl 60 && add "$CANARY/" --permissions X --ttl 60 &&
	add ci --permissions X --ttl 60 --allow-ip 1.2.3 && says "not an IP" &&
	add ci --permissions X --ttl 60 --deny-ip 1.2.3.4/33 && add ci --permissions X --ttl 60 --host a/b &&
	add ci --permissions X --ttl 60 --path /x && add ci --permissions X --ttl 60 --username creator && says "not for profiles" &&
	add ci --permissions X --ttl 60 --resources all && add ci --permissions X --ttl 60 --owner me &&
	add ci --permissions X --ttl 60 --resources com.cloudflare.api.user.1,com.cloudflare.api.account.1 && says "one kind" &&
	expect_exit 2 ai token profile && expect_exit 2 ai token profile frob && expect_exit 2 ai token profile show &&
	test ! -e config/aisearch/profiles.json
'

test_expect_success 'a profiles file of another making is refused as a whole' '
	fresh && cp "$PROFILES" good &&
	while read -r change; do
		jq "$change" good >bad && cat bad >"$PROFILES" && expect_exit 1 get && test ! -s answer &&
		says "profiles.json" || { echo "$change"; return 1; }
	done <<-\EOF &&
	.version = 2
	.extra = 1
	.profiles.ci.shell = "x"
	.profiles.ci.ttl = "3600"
	.profiles.ci.ttl = 31536001
	.profiles.ci.permissions = "all"
	.profiles.ci.permissions = []
	.profiles.ci.host = null
	.profiles.ci.username = "service:default"
	.profiles.ci.url = "http://api.cloudflare.com/client/v4"
	.profiles.ci.account = "../../user"
	.profiles.other = {}
	.profiles["-x"] = .profiles.ci
	EOF
	head -c 100 good >"$PROFILES" && expect_exit 1 get && printf "[]" >"$PROFILES" && expect_exit 1 get &&
	head -c 300000 /dev/zero >"$PROFILES" && expect_exit 1 get && test ! -s answer &&
	cat good >"$PROFILES" && chmod 640 "$PROFILES" && expect_exit 1 get && says "accessible to others" && says "chmod 600" &&
	chmod 600 "$PROFILES" && chmod 755 "${PROFILES%/*}" && expect_exit 1 get && says "chmod 700" && chmod 700 "${PROFILES%/*}" &&
	mv "$PROFILES" real && ln -s "$PWD/real" "$PROFILES" && expect_exit 1 get && says "symbolic link" &&
	has_tokens 0 && rm "$PROFILES" && mkdir -p work/config/aisearch && chmod 700 work/config/aisearch &&
	cp real work/config/aisearch/profiles.json && cp -r config/aisearch home.aisearch &&
	(cd work && XDG_CONFIG_HOME=config expect_exit 1 get 2>&1) && has_tokens 0
'

test_expect_success 'a permission or address that the API does not know: said, and nothing minted' '
	fresh && ai token profile add ci --replace --url "$API" --account $ACCOUNT --permissions Everything --ttl 60 &&
	expect_exit 1 get && says "no permission group .Everything." && pending 0 && has_tokens 0 &&
	ai token profile add ci --replace --url "$API" --account $ACCOUNT --ttl 60 --allow-ip 192.0.2.1,2001:db8::/32 \
		--permissions 1d3e5f7a9b0c4d2e8f6a7b8c9d0e1f2a && get && has_tokens 1 && ! alive token &&
	jq -e "[.result[] | select(.name | startswith(\"aisearch mint:ci \"))][0] |
		.condition.request_ip.in == [\"192.0.2.1\", \"2001:db8::/32\"]" list.json &&
	ai token profile add zone --url "$API" --account $ACCOUNT --ttl 60 --permissions "DNS Write" \
		--resources com.cloudflare.api.account.zone.023e105f4ecef8ad9ca31a8372d0c353 && ai token mint zone --json &&
	jq -e ".minted and .username == \"zone\" and (.token_id | length) == 32" out
'

test_expect_success 'a valid entry that the profile did not mint: not printed, kept for it, or rejected' '
	fresh && { ask | sed /^$/d; printf "%s\n" username=ci password=foreign; } >foreign &&
	git-credential-aisearch store <foreign && get && grep -qx password=foreign answer &&
	expect_exit 1 ai token print mint:ci && says "was not minted by this profile" && test ! -s out &&
	expect_exit 1 ai token mint ci && says "was not minted by this profile" && says "hint: " && test ! -s out &&
	expect_exit 1 ai token mint --renew ci && says "was not minted by this profile" && has_tokens 0 &&
	{ ask | sed /^$/d; echo username=ci; } >named &&
	expect_exit 1 git-credential-aisearch --mint ci erase <named 2>err && says "not minted by profile .ci." &&
	vault_says "state" "username=\"ci\"" 1 && get && grep -qx password=foreign answer &&
	git-credential-aisearch --mint ci erase <foreign && vault_says "state" "username=\"ci\"" 2 &&
	ai token print mint:ci && cp out value && alive value && has_tokens 1
'

test_expect_success 'no profile is for the user under which login stores the manager token' '
	expect_exit 2 ai token profile add boss --url "$API" --account $ACCOUNT --permissions X --ttl 60 \
		--path accounts/$ACCOUNT --username manager && says "not for profiles"
'

test_expect_success 'a time to live out of range is told so' '
	expect_exit 2 ai token profile add short --account $ACCOUNT --permissions X --ttl 59 && says "is out of range" &&
	says "from 60 to" && expect_exit 2 ai token profile add short --account $ACCOUNT --permissions X --ttl 1m &&
	says "not a whole number"
'

# --- print ------------------------------------------------------------------------

test_expect_success 'token print: a value for a pipe, a header for a descriptor or a private file' '
	fresh && ai login --role manager --url "$API" --account $ACCOUNT <manager.token &&
	export CLOUDFLARE_API_BASE_URL=$API CLOUDFLARE_ACCOUNT_ID=$ACCOUNT &&
	aisearch token print 2>err | cmp - manager.token && aisearch token print creator | cmp - creator.token &&
	aisearch token print mint:ci >value && alive value && has_tokens 1 &&
	aisearch token print mint:ci | cmp - value && has_tokens 1 &&
	aisearch token print mint:ci --header-file hdr >out && test ! -s out && test "$(stat -c %a hdr)" = 600 &&
	curl -sS -H @hdr "$API/user/tokens/verify" | jq -e .success &&
	aisearch token print mint:ci --header-file 3 3>&1 >out | cmp - hdr && test ! -s out &&
	echo old >open && chmod 666 open && aisearch token print mint:ci --header-file open && cmp open hdr &&
	test "$(stat -c %a open)" = 600 && rm hdr open
'

test_expect_success 'token print refuses a symlink, a FIFO, a descriptor that cannot be written' '
	ln -s target link && expect_exit 1 ai token print --header-file link && says "symbolic link" && test ! -e target &&
	mkfifo pipe && expect_exit 1 ai token print --header-file pipe && says "not a regular file" &&
	expect_exit 2 ai token print --header-file 9 && says "not open for writing" &&
	expect_exit 2 ai token print --header-file 0 && expect_exit 2 ai token print "$CANARY" &&
	expect_exit 1 ai token print --header-file no/such/folder && expect_exit 1 ai token print service:x &&
	test ! -s out && expect_exit 1 ai token print mint:none && test ! -s out &&
	expect_exit 1 sh -c "aisearch token print >/dev/full"
'

test_expect_terminal 'a terminal gets the value with --force only' '
	script -qec "aisearch token print creator" typescript >/dev/null </dev/null
	grep -q "that is a terminal" typescript && keeps_secret typescript &&
	script -qec "aisearch token print creator --force" typescript >/dev/null </dev/null &&
	grep -q "$CANARY" typescript && rm typescript
'

test_expect_success 'no secret in any output, log or file' '
	get && cp token first && for file in everything requests.log emulator.err $(find data config -type f); do
		! grep -qaF -f first "$file" || { echo "the token is in $file"; return 1; }
	done && keeps_secret everything requests.log emulator.err $(find data config -type f)
'

test_done
