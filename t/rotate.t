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
EMULATOR_PID= first= new=
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
# rotate [OPTIONS]: without the grace, which t/renew.t is about.
rotate () {
	case " $* " in *" --in-place "*) ;; *) set -- --grace 0 "$@" ;; esac
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
# CREDENTIAL is the registration: other requests of the kind ask whether the manager may edit.
at () {
	printf "%s" "$1" | sed "s/CREDENTIAL/$credential/"
}
for action in drop truncate empty notjson success-false null-result html status=500; do
	for step in "POST /user/tokens" "PUT */ai-search/tokens/CREDENTIAL" "GET */ai-search/tokens" \
		"GET */stats" "DELETE /user/tokens/*"; do
		test_expect_success "$step: $action, then again: one token, one registration, nothing lost" '
			fresh && again --fault "$(at "$step $action*1")" && {
				rotate || { gives_working && rotate; }
			} && rotated
		'
	done
done

test_expect_success 'a token that takes its time to spread is handed out when the API takes it, not before' '
	fresh --spread 2 && until_true 10 gives_working && until_true 10 ai status &&
	spawn aisearch token rotate manager --grace 3 >rotated.out 2>rotated.err && rotating=$SPAWNED &&
	while kill -0 $rotating 2>/dev/null; do
		get manager && alive token || { echo "a gap"; cat rotated.err; return 1; }
	done &&
	wait $rotating && cat rotated.err && get manager && alive token && ai status
'
test_expect_success 'one that does not spread: the time limit is seen, nothing is revoked, and it goes on' '
	fresh && again --spread 60 && expect_exit 3 rotate --timeout 2 && says "has not spread yet: the time limit" &&
	says "hint: .*again in a minute.*Nothing was revoked" && again && gives_working && alive first.token && rotate && rotated
'
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
	fresh && again --fault "PUT */ai-search/tokens/$credential status=403*1" && expect_exit 1 rotate &&
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
	fresh && : >requests.log && again --fault "$(at "$1 $2 hang*1")" || return 1
	: >requests.log
	spawn aisearch token rotate --grace 0 >out 2>err
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
	killed_at PUT "*/ai-search/tokens/CREDENTIAL" replaced && says "mint: nothing to do"
'
test_expect_success 'killed while it looks whether indexing goes on' '
	killed_at GET "*/stats" "replaced && grep -q /stats requests.log || test -s err && grep -q replace err" &&
	says "mint: nothing to do"
'
test_expect_success 'killed when the first one was revoked and the answer not read' '
	killed_at DELETE "/user/tokens/*" revoked && says "store: nothing to do" && says "was gone already"
'

# The vault at every system call: killat ends the process as it enters its Nth.
# (nor under the sanitizers, whose check for leaks is a debugger itself)
if killat 0 - aisearch version >/dev/null 2>&1; then can_kill=1; else can_kill=; fi
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
	killed_everywhere 200 13 --grace 0
'

# --- in place ---------------------------------------------------------------------------

rolled () {
	whole && test "$new" = "$first" && ! alive first.token
}
test_expect_success 'in place: the same token, another value, at once' '
	fresh && rotate --in-place && grep -qx "rotated service:default: token $first has a new value" out && rolled &&
	gives_working && cp token first.token && rotate --in-place --json && jq -e ".[0].in_place and .[0].old_id == .[0].new_id" out && rolled
'
for action in drop truncate html status=500; do
	for step in "PUT /user/tokens/*/value" "PUT */ai-search/tokens/CREDENTIAL" "GET */stats"; do
		test_expect_success "in place, $step: $action, then again: nothing lost" '
			fresh && again --fault "$(at "$step $action*1")" && { rotate --in-place || rotate --in-place; } && rolled
		'
	done
done
test_expect_success 'in place, killed while the new value is on its way: it gets another one' '
	fresh && again --fault "PUT /user/tokens/*/value hang*1" && spawn aisearch token rotate --in-place >out 2>err &&
	victim=$SPAWNED && until_true 20 revoked && kill -9 $victim && { wait $victim; :; } && get && ! alive token &&
	rotate && rolled
'
anything () {
	:
}
test_expect_killed 'in place, killed at any system call: the same command mends it' '
	fresh && again --rate-limit off --rate-limit off && between=anything after=anything &&
	killed_everywhere 200 17 --in-place
'

# --- what it takes over, and what it does not touch -----------------------------------------

test_expect_success 'the second token is allowed what the first one was, as long as that' '
	fresh && ai token create narrow --permission "AI Search Index Engine" --permission "Workers R2 Storage Read" \
		--allow-ip 127.0.0.0/8 --expires 30d --json && old=$(jq -r .token_id out) &&
	TOKEN_FILE=creator.token api GET "/user/tokens/$old" >old.json && rotate service:narrow --json &&
	id=$(jq -r ".[0].new_id" out) && jq -e ".[0].registrations == 0" out && TOKEN_FILE=creator.token api GET "/user/tokens/$id" >new.json &&
	same="(.result.policies | map(del(.id))), .result.condition" && jq "$same" old.json >a && jq "$same" new.json | cmp - a &&
	jq -e "((.result.expires_on | fromdate) - now - 2592000) | fabs < 30" new.json && test "$(jq -r .result.name new.json)" != "$(jq -r .result.name old.json)" &&
	rotate "$id" --expires 1d && id=$(sed -n "s/^rotated service:narrow: token \([0-9a-f]*\) .*/\1/p" out) &&
	TOKEN_FILE=creator.token api GET "/user/tokens/$id" | jq -e "((.result.expires_on | fromdate) - now - 86400) | fabs < 30" &&
	test "$(tokens)" = "$first"
'
test_expect_success 'the manager, too; the creator is told how' '
	fresh && ai logout --role manager --forget && ai token create --role manager --json && old=$(jq -r .token_id out) &&
	rotate manager && get manager && cp token m && TOKEN_FILE=m api GET "/accounts/$ACCOUNT/ai-search/tokens" | jq -e .success &&
	TOKEN_FILE=creator.token api GET "/user/tokens/$old" | jq -e ".success | not" && ai instance list &&
	expect_exit 2 rotate creator && says "made by hand" && says "hint: .*aisearch login"
'
test_expect_success 'a manager token of the environment that is refused: nothing is minted, nothing rolled' '
	fresh && TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" | jq -c "[.result[].id] | sort" >before && : >requests.log &&
	for how in "manager" "manager --in-place" "service:default" "service:default --in-place" "--all"; do
		CLOUDFLARE_API_TOKEN=bogus0123456789012345678901234567890123 expect_exit 1 rotate $how &&
		says "it is from CLOUDFLARE_API_TOKEN" || return 1
	done &&
	! grep " POST \| PUT \| DELETE " requests.log && TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" | jq -c "[.result[].id] | sort" | cmp - before &&
	[ "$(sqlite3 "$DB" "SELECT count(*) FROM credential WHERE protocol=\"aisearch-rotate\"")" = 0 ] && gives_working
'
test_expect_success 'a manager that may look and not edit: nothing is minted, nothing rolled, unless nothing is registered' '
	fresh && ai logout --role manager --forget && ai token create --role manager --permission "AI Search Read" && ai token create free && : >requests.log &&
	for how in "service:default" "service:default --in-place" "--all"; do
		expect_exit 1 rotate $how && says "editing registered tokens" && says "hint: .*AI Search Edit" || return 1
	done &&
	test "$(tokens)" = "$first" && gives_working && grep -q "^rotated service:free" out && rotate service:free --in-place && rotate manager
'
test_expect_success 'a manager that was rolled elsewhere: its rotation mends it' '
	fresh && ai logout --role manager --forget && ai token create --role manager --json && id=$(jq -r .token_id out) && ai token create z &&
	TOKEN_FILE=creator.token api PUT "/user/tokens/$id/value" -d "{}" -H "Content-Type: application/json" >rolled && rm rolled && expect_exit 1 ai instance list &&
	rotate manager && ai instance list && rotate && rotated &&
	TOKEN_FILE=creator.token api GET "/user/tokens/$id" | jq -e ".success | not"
'
test_expect_success 'the entry is erased while it is unfinished, before the mint or behind it: it goes on' '
	for fault in "POST /user/tokens status=500*1" "PUT */value status=403*1" "GET */stats status=403*1"; do
		fresh && again --fault "$fault" && how= && case $fault in PUT*) how=--in-place ;; esac && expect_exit 1 rotate $how &&
		sqlite3 "$DB" "DELETE FROM credential WHERE username=\"service:default\" AND protocol=\"https\"" && rotate && whole || return 1
	done
'
test_expect_success 'a manager that is gone: the hints lead out of it, not in a circle' '
	fresh && ai logout --role manager --forget && ai token create --role manager --json && id=$(jq -r .token_id out) &&
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" && expect_exit 1 rotate manager && says "is gone, and so is what it was allowed" &&
	says "hint: .*aisearch logout --role manager, then aisearch token create --role manager" &&
	expect_exit 1 ai token create --role manager && says "hint: .*revoked: aisearch logout --role manager" &&
	ai logout --role manager && ai token create --role manager && ai instance list
'
# as FILE ROLE: git stores the token of the file as that role, too
as () {
	printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=%s\npassword=%s\n\n" "$HOSTPORT" "$ACCOUNT" "$2" "$(cat "$1")" |
		git credential approve
}
test_expect_success 'a token that two roles have is not rotated: the other one would die, were it the creator' '
	fresh && id=$(TOKEN_FILE=creator.token api GET /user/tokens/verify | jq -r .result.id) && as creator.token service:twin && : >requests.log &&
	expect_exit 1 rotate service:twin && says "token $id is also the vault.s creator, which would die with it" && says "hint: .*logout --role service:twin" &&
	expect_exit 1 rotate --all && says "service:twin: token" && grep -q "^rotated service:default" out && alive creator.token &&
	! grep " DELETE .*tokens/$id" requests.log && tokens | grep -c . | grep -qx 1
'
test_expect_success 'a registration that somebody named keeps its name, and each one is replaced' '
	fresh && ai token register service:default --name mine && api POST "/accounts/$ACCOUNT/ai-search/tokens" -H "Content-Type: application/json" \
		-d "{\"cf_api_id\":\"$first\",\"cf_api_key\":\"$(cat first.token)\",\"name\":\"second\"}" >made.json && rotate --json &&
	jq -e ".[0].registrations == 2" out && api GET "/accounts/$ACCOUNT/ai-search/tokens" |
		jq -e "(.result | map(.name) | sort) == [\"mine\", \"second\"] and (.result | all(.enabled))"
'
test_expect_success 'an account-owned token has an account-owned successor' '
	(umask 077 && printf "acct%s\n" "$CANARY" | tr c-y d-z >account.token) && rm -rf "$STATE"* data && start --account-token-file account.token &&
	ai login <account.token && ai login --role manager <manager.token && ai provision --type r2 --source docs docs && rotate && gets=$(sed -n "s/^rotated .*: token \([0-9a-f]*\) .*/\1/p" out) &&
	TOKEN_FILE=account.token api GET "/accounts/$ACCOUNT/tokens/$gets" | jq -e .success && get && TOKEN_FILE=token api GET "/accounts/$ACCOUNT/tokens/verify" | jq -e .success
'
test_expect_success 'a creator of another kind of owner may not: told before anything is minted' '
	fresh && again --account-token-file account.token && ai login <account.token && : >requests.log && expect_exit 1 rotate && says "may not manage token $first, which is user-owned" && says "hint: .*login" &&
	! grep " POST \| PUT \| DELETE " requests.log && gives_working
'
test_expect_success 'the first one is gone: it gets a successor all the same, but no new value' '
	fresh && TOKEN_FILE=creator.token api DELETE "/user/tokens/$first" && expect_exit 1 rotate --in-place && says "is gone" &&
	says "hint: without --in-place" && rotate && whole && says "was gone already"
'
test_expect_success 'the second one dies before it is done: a third one, and the registration has it' '
	fresh && again --fault "DELETE /user/tokens/* status=403*1" --fault "DELETE /accounts/*/tokens/* status=403*1" && expect_exit 1 rotate &&
	second=$(tokens | grep -v "$first") && TOKEN_FILE=creator.token api DELETE "/user/tokens/$second" && rotate && rotated && test "$new" != "$second" &&
	fresh && again --fault "GET */stats status=403*1" && expect_exit 1 rotate && second=$(tokens | grep -v "$first") &&
	TOKEN_FILE=creator.token api PUT "/user/tokens/$second/value" -d "{}" -H "Content-Type: application/json" && rotate && rotated
'
test_expect_success 'unfinished: provision refuses, token list and whoami tell, logout takes it along' '
	fresh && again --fault "GET */stats status=403*1" && expect_exit 1 rotate && says "indexing does not go on" &&
	expect_exit 1 ai provision --type r2 --source docs docs && says "rotation of service:default is unfinished" && says "hint: aisearch token rotate service:default" &&
	ai token list && grep -q "^vault  *service:default  *[0-9a-f]*  *rotating" out && ai whoami && grep -q "^service:default  *rotating" out &&
	ai logout -y --revoke --role service:default && ! tokens | grep . && sqlite3 "$DB" "SELECT count(*) FROM credential WHERE username=\"service:default\"" | grep -qx 0
'
test_expect_success 'a registration that AI Search disables stops it: nothing is revoked' '
	fresh && stop_process "$EMULATOR_PID" && EMULATOR_PID= && STATE_DB=$(find "$STATE"* -type f | head -n 1) &&
	sqlite3 "$STATE_DB" "CREATE TRIGGER lie AFTER UPDATE ON credential WHEN NEW.hash<>x'"'00'"' BEGIN UPDATE credential SET hash=x'"'00'"' WHERE id=NEW.id; END" &&
	start --port "$PORT" && expect_exit 1 rotate && says "AI Search has disabled registration $credential" && gives_working && alive first.token &&
	get && cmp token first.token && sqlite3 "$STATE_DB" "DROP TRIGGER lie" && rotate && rotated
'
test_expect_success 'another token was stored meanwhile: nothing is overwritten or revoked' '
	fresh && again --fault "GET */stats status=403*1" && expect_exit 1 rotate && ai token create other && aisearch token print service:other >given &&
	expect_exit 1 ai token register --service default --stdin --replace <given && says "is unfinished" &&
	{ printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=service:default\n" "$HOSTPORT" "$ACCOUNT"; } >ask &&
	printf "password=%s\n" "$(cat given)" >>ask && git credential approve <ask && rm ask && expect_exit 1 rotate && says "was stored as service:default while the rotation" &&
	get && cmp token given && alive first.token
'
test_expect_success 'two at once: one waits for the other, and nothing is lost' '
	fresh && again --latency 20 && spawn aisearch token rotate --grace 0 >out1 2>err1 && one=$SPAWNED && spawn aisearch token rotate --grace 0 >out2 2>err2 && two=$SPAWNED &&
	wait $one && wait $two && cat out1 out2 err1 err2 >>everything && rotated
'

# held COMMAND...: told once that another run is waited for, and --timeout is the end of that
held () {
	expect_exit 3 ai "$@" --timeout 1 && says "^waiting for another run of aisearch to end" &&
	test $(grep -c "waiting for another" err) = 1 && says "another run holds" && ! grep " POST \| PUT " requests.log
}
test_expect_success 'whoever is at the tokens waits for another run, says so, and no longer than --timeout' '
	fresh && mkfifo fifo && spawn flock "$DB.provision" cat fifo && holder=$SPAWNED && until_true 10 eval "! flock -n $DB.provision true" && : >requests.log &&
	ai export --output account.json && held token rotate && held token create x && held token register service:default &&
	held provision --type r2 --source docs docs && held apply account.json -y && : >fifo && wait $holder
'
test_expect_success 'register waits for a rotation, and gives what the vault has then' '
	fresh && again --latency 300 && spawn aisearch token rotate --grace 0 >out1 2>err1 && one=$SPAWNED &&
	until_true 20 grep -q "mint: done" err1 && ai token register service:default && wait $one && rotated
'

# --- for cron --------------------------------------------------------------------------------

aged () {
	sqlite3 "$DB" "UPDATE credential SET stored_at=stored_at-$2 WHERE username='$1' AND protocol='https'"
}
test_expect_success 'cron: with nothing to do it is quiet, asks no network, and exits 0' '
	fresh && ai token create young && : >requests.log && rotate --all --older-than 30d && test ! -s out && test ! -s err && test ! -s requests.log &&
	rotate --older-than 30d && test ! -s out && test ! -s err && rotate --all --older-than 30d --json && jq -e ". == []" out && test ! -s requests.log
'
test_expect_success 'cron: only what is old enough is rotated' '
	aged service:default 2592000 && ai token create --service z && rotate --all --older-than 30d --json &&
	jq -e "length == 1 and .[0].role == \"service:default\"" out && rotated && : >requests.log && rotate --all --older-than 30d && test ! -s requests.log &&
	rotate --all --json && jq -e "(map(.role) | sort) == [\"service:default\", \"service:young\", \"service:z\"]" out
'
test_expect_success 'cron: one that fails is told, the others are rotated, exit 1; an unfinished one is due' '
	aged service:default 2592000 && aged service:z 2592000 && again --fault "GET */stats status=403*1" && expect_exit 1 rotate --all --older-than 30d &&
	says "^aisearch: token rotate: service:default: indexing does not go on" && grep -q "^rotated service:z" out && ! grep -q young out &&
	aged service:default -2592000 && rotate --all --older-than 30d && grep -c "^rotated" out | grep -qx 1 && whole
'
test_expect_success 'a time limit is exit 3, and the same command goes on' '
	fresh && again --fault "PUT */ai-search/tokens/$credential hang*1" && expect_exit 3 rotate --timeout 1 && gives_working && rotate && rotated
'
test_expect_success 'an interrupt: told that nothing is lost, and it goes on' '
	fresh && again --fault "PUT */ai-search/tokens/$credential hang*1" && spawn env --default-signal=INT aisearch token rotate --grace 0 >out 2>err &&
	pid=$SPAWNED && until_true 20 grep -q "mint: done" err && kill -INT $pid && { wait $pid; test $? = 1; } && says "interrupted" &&
	says "same command continues" && rotate && rotated
'
test_expect_success 'wrong usage: exit 2; what is not there: exit 1' '
	: >requests.log && expect_exit 2 rotate --all x && expect_exit 2 rotate --all --service x && expect_exit 2 rotate service:x --service y && expect_exit 2 rotate a b &&
	expect_exit 2 rotate "$CANARY" && expect_exit 2 rotate --older-than soon && expect_exit 2 rotate --in-place --expires 1d && expect_exit 2 rotate --service "A B" &&
	expect_exit 2 ai token rotate --in-place --grace 0 && says "no grace" &&
	test ! -s requests.log && expect_exit 1 rotate --service none && says "no token as service:none" && expect_exit 1 rotate 00000000000000000000000000000000 &&
	says "no role with token" && ai logout --role creator && expect_exit 1 rotate && says "hint: .*login --role creator"
'

test_expect_success 'no secret in any output, log or file' '
	rm -f *.token auth.header token m given && for file in everything requests.log emulator.err; do keeps_secret "$file" || return 1; done &&
	keeps_secret $(find data -type f)
'

test_done
