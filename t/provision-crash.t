#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch provision, cut off anywhere: one token, one registration, one instance'
. "${0%/*}/lib.sh"
. "$TESTS/provision.sh"

make_corpus corpus 40
make_corpus up 3
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

# The whole of it, from a creator token alone: two tokens, two instances, three files each.
whole () {
	ai provision one two --upload up --query "topic1 search engines" "$@"
}
items () {
	api GET "/accounts/$ACCOUNT/ai-search/namespaces/default/instances/$1/items?per_page=100" |
		jq -r ".result[].key" | sort >keys && test "$(wc -l <keys)" = 3 && test "$(uniq <keys | wc -l)" = 3
}
# The state that a run without interruption leaves, and no other.
is_whole () {
	has "2 1 2" && test "$(tokens manager) $(tokens default)" = "1 1" && items one && items two &&
	service_alive && registered && ai token verify manager && ai token list --json &&
	jq -e "[.vault[] | .state] | unique == [\"stored\"]" out >/dev/null &&
	api GET "/accounts/$ACCOUNT/ai-search/tokens" >list.json && ai token list --json &&
	jq -e --slurpfile r list.json "(.vault[] | select(.name == \"service:default\") | .id) == \$r[0].result[0].cf_api_id" out >/dev/null &&
	ai instance list --json && jq -e "[.[].token_id] | unique | length == 1" out >/dev/null
}
# value ROLE: to a file of that name; the vault's one door.
value () {
	printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=%s\n\n" "$HOSTPORT" "$ACCOUNT" "$1" |
		git credential fill | sed -n "s/^password=//p" >value && test -s value
}
# The minted values are nowhere but in the vault, and there sealed.
keeps_minted () {
	git config --file gitconfig credential.helper "$OUT/git-credential-aisearch" &&
	git config --file gitconfig credential.useHttpPath true || return 1
	for role in manager service:default; do
		value "$role" || return 1
		find data -type f >files
		while read -r file; do
			grep -qaF -f value "$file" && { echo "$role is in $file"; return 1; }
		done <files
		grep -qaF -f value everything requests.log emulator.err && { echo "$role was told"; return 1; }
	done
	rm -f value
}

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

test_expect_success 'a lost creation answer is checked by reading, within the run' '
	for action in drop truncate html null-result; do
		fresh --fault "POST */instances $action*1" && provision && grep -q "create: done" err && has "1 1 1" || return 1
	done
'
test_expect_success 'so is 7022: it was not there a moment ago, and is now, as asked for or otherwise' '
	fresh --fault "GET */instances/docs status=404/7002*1" && provision && has "1 1 1" &&
	stop_process $EMULATOR_PID && fresh --state state.db && provision && stop_process $EMULATOR_PID && EMULATOR_PID= &&
	start_emulator --bucket docs=corpus --state state.db --fault "GET */instances/docs status=404/7002*1" &&
	CLOUDFLARE_API_BASE_URL=$API && rm -rf data && ai login <creator.token &&
	ai login --role manager <manager.token &&
	provision && grep -q "POST .*/instances 400" requests.log && grep -q "create: done" err
'
test_expect_success 'and when it is there with other settings, that is said' '
	stop_process $EMULATOR_PID && EMULATOR_PID= &&
	start_emulator --bucket docs=corpus --state state.db --fault "GET */instances/docs status=404/7002*1" &&
	CLOUDFLARE_API_BASE_URL=$API && rm -rf data && ai login <creator.token &&
	ai login --role manager <manager.token && expect_exit 1 ai provision docs &&
	says "exists with other settings: r2 from docs instead of built-in storage"
'

test_expect_success 'a lost mint answer is healed within the run' '
	fresh --fault "POST /user/tokens drop*1" && provision && has "1 1 1" && says "found and got a new value" &&
	service_alive
'

test_expect_success 'a lost mint answer and a lost roll answer are, too' '
	fresh --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value drop*1" &&
	{ provision || provision; } && has "1 1 1" && service_alive
'

# The same for what begins with a creator token alone: both mints, both instances, each file.
for action in drop truncate empty notjson null-result html status=500 success-false; do
	for step in "POST /user/tokens" "PUT /user/tokens/*/value" "POST */ai-search/tokens" "POST */instances" "POST */items"; do
		for times in 1 2; do
			test_expect_success "$step: $action, $times times, then again until it works" '
				bare --fault "$step $action*$times" || return 1
				for try in 1 2 3 4; do
					whole && break
				done
				is_whole && keeps_minted
			'
		done
	done
done

test_expect_success 'the mint and the roll that heals it both lost, twice' '
	bare --fault "POST /user/tokens drop*2" --fault "PUT /user/tokens/*/value truncate*2" || return 1
	for try in 1 2 3 4 5; do
		whole && break
	done
	is_whole && keeps_minted
'

test_expect_success 'refused before the mint: the intent is kept, and its name used again' '
	fresh --fault "POST /user/tokens status=500*1" && expect_exit 1 provision && has "0 0 0" &&
	says "hint: .*run the same command again" &&
	ai token list && grep -q "^vault  *service:default  *-  *pending" out &&
	name=$(sed -n "s/.*whether .\(aisearch [^.]*[0-9a-f]\). was.*/\1/p" everything | tail -n 1) &&
	provision && has "1 1 1" && service_alive && ai token list && grep -q "^API  *$name " out
'

# killed_at ACTION METHOD GLOB CONDITION COMMAND...: kill -9 while the answer is on its way (it
# hangs, or stalls in the middle), once the API has done it; then the same command again.
killed_at () {
	action=$1 method=$2 glob=$3 condition=$4
	shift 4
	spawn "$@" >out 2>err
	victim=$SPAWNED
	until_true 20 eval "$condition" || return 1
	kill -9 "$victim"
	wait "$victim" 2>/dev/null
	cat out err >>everything
}
logged () {
	grep -q "$1" requests.log
}
simple="aisearch provision --type r2 --source docs docs"
for action in hang stall; do
	test_expect_success "$action: killed when the token was minted and its value not stored" '
		fresh --fault "POST /user/tokens $action*1" && killed_at $action POST /user/tokens "has \"1 0 0\"" $simple &&
		provision && has "1 1 1" && service_alive
	'
	test_expect_success "$action: killed when the token was registered and the answer not read" '
		fresh --fault "POST */ai-search/tokens $action*1" && killed_at $action POST x "has \"1 1 0\"" $simple &&
		provision && has "1 1 1" && service_alive
	'
	test_expect_success "$action: killed when the instance was created and the answer not read" '
		fresh --fault "POST */instances $action*1" && killed_at $action POST x "has \"1 1 1\"" $simple &&
		provision && has "1 1 1" && service_alive
	'
	test_expect_success "$action: killed while waiting" '
		fresh --fault "GET */stats $action*1" && killed_at $action GET x "logged stats" $simple &&
		provision && has "1 1 1" && service_alive
	'
	test_expect_success "$action: killed when the manager token was minted and its value not stored" '
		bare --fault "POST /user/tokens $action*1" &&
		killed_at $action POST x "has \"1 0 0\"" aisearch provision one two --upload up &&
		whole && says "1/8. manager: done, .*found and got a new value" && is_whole && keeps_minted
	'
	test_expect_success "$action: killed when that one was rolled, and the new value not stored" '
		bare --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value $action*1" &&
		killed_at $action PUT x "logged \"PUT .*/value\"" aisearch provision one two --upload up &&
		whole && is_whole && keeps_minted
	'
	test_expect_success "$action: killed between two instances" '
		bare --fault "POST */instances $action*1" &&
		killed_at $action POST x "has \"2 1 1\"" aisearch provision one two --upload up &&
		whole && says "create: done" && is_whole && keeps_minted
	'
	test_expect_success "$action: killed while files are uploaded" '
		bare --fault "POST */items $action*1" &&
		killed_at $action POST x "logged POST.*/items" aisearch provision one two --upload up &&
		whole && is_whole && keeps_minted
	'
	test_expect_success "$action: killed at the question" '
		bare --fault "POST */search $action*1" &&
		killed_at $action POST x "logged POST.*/search" aisearch provision one two --upload up --query topic1 &&
		whole && is_whole && keeps_minted
	'
done

test_expect_success 'a found token was given a new value, which was lost' '
	fresh --fault "POST /user/tokens drop*1" --fault "PUT /user/tokens/*/value status=400*1" &&
	expect_exit 1 provision && has "1 0 0" &&
	provision && says "found and got a new value" && has "1 1 1" && service_alive
'


# With a token that was rolled or revoked elsewhere: what is registered is dead until it is replaced.
rolled () {
	TOKEN_FILE=creator.token api PUT "/user/tokens/$(service_id)/value" -d "{}" -H "Content-Type: application/json"
}
revoked () {
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$(service_id)"
}
for how in rolled revoked; do
	test_expect_success "$how elsewhere, and cut off before it is registered anew: the next run does that" '
		fresh --fault "PUT */ai-search/tokens/* status=400*1" && provision && registered && $how && ! registered &&
		expect_exit 1 provision && service_alive && ! registered && provision && has "1 1 1" &&
		service_alive && registered && provision && test $(grep -c "nothing to do" err) = 4
	'
	test_expect_success "$how elsewhere, killed when the new value was registered: the next run says it again" '
		fresh --fault "PUT */ai-search/tokens/* hang*1" && provision && $how &&
		killed_at hang PUT x "logged \"PUT .*/ai-search/tokens\"" $simple && provision && has "1 1 1" &&
		service_alive && registered && provision && test $(grep -c "nothing to do" err) = 4
	'
done

# Killed as it enters a system call: every PROVISION_STRIDE-th of them all, from the first to the last.
if killat 0 - true 2>/dev/null; then
	test_expect_success 'killed at any system call, and run again' '
		stride=${PROVISION_STRIDE:-41} n=${PROVISION_FIRST:-7} rounds=0 ended=137
		while [ $ended = 137 ]; do
			bare || return 1
			# what looks for leaks cannot do so under ptrace
			ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 killat $n - aisearch provision one two --upload up --query topic1 >out 2>err </dev/null
			ended=$?
			cat out err >>everything
			case $ended in 0 | 137) ;; *) echo "exit $ended"; cat err; return 1 ;; esac
			cp err killed.err
			whole && is_whole && keeps_minted || {
				echo "killed at $n:"; cat killed.err err
				return 1
			}
			n=$((n + stride)) rounds=$((rounds + 1))
		done
		echo "$rounds rounds, $n system calls" && test $rounds -ge 20
	'
else
	test_skip 'killed at any system call, and run again' 'no ptrace here'
fi

test_expect_success 'no secret in any output, log or file' '
	rm -f creator.token auth.header value && keeps_secret everything requests.log emulator.err &&
	keeps_secret $(find data -type f)
'

test_done
