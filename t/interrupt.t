#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='an interrupt: exit 1 with a sentence, from every command that asks the API or a question'
. "${0%/*}/lib.sh"
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

# fresh [OPTIONS]: an emulator with built-in storage "docs", the tokens in the vault
EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator --bucket source=bucket "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token
}
# start ARGUMENTS: in the background, with the signals that a shell's background jobs ignore
start () {
	spawn env --default-signal=INT,TERM,HUP sh -c 'exec aisearch "$@" >out 2>err' sh "$@"
}
# begun METHOD GLOB: the emulator logs a request that it lets hang when it begins
begun () {
	grep -q " $1 [^ ]*$2[^ ]* 0 " requests.log
}
# interrupted SIGNAL: it ends with exit 1, and says so
interrupted () {
	kill -"$1" $SPAWNED && expect_exit 1 wait $SPAWNED && says "^aisearch: interrupted\$"
}

# empty_in: what was written to the FIFO on descriptor 8 has been read
empty_in () {
	perl -e 'my $n = pack("i", 0); ioctl(STDIN, 0x541b, $n) or exit 2; exit(unpack("i", $n) != 0)' <&8
}

test_expect_success 'setup: a bucket, files' '
	make_corpus bucket 3 && make_corpus tree 40 && echo one >one.txt && echo two >two.txt && echo three >three.txt &&
	fresh && ai provision docs && ai provision --type r2 --source source crawled --no-wait
'

test_expect_success 'upload of a folder: how far it came, and the same command goes on' '
	fresh --latency 15 && ai provision docs && : >requests.log && start item upload docs tree &&
	until_true 30 sh -c "test \$(grep -c \" POST .*/items \" requests.log) -ge 8" && interrupted INT &&
	says "hint: [0-9]* uploaded, 0 there already, of 40; the same command goes on" && test ! -s out &&
	ai item upload docs tree --json && jq -e ".failed == 0 and .there_already >= 4 and .files == 40" out
'

test_expect_success 'upload of files, in the middle of a request: by each of the three signals' '
	for signal in INT TERM HUP; do
		fresh --fault "POST *items hang" && ai instance create docs && start item upload docs one.txt two.txt &&
		until_true 30 begun POST items && interrupted $signal &&
		says "hint: 0 uploaded, 0 there already, of 2; " || return 1
	done
'

test_expect_success 'the second one ends it at once, also when it is another one' '
	for second in TERM INT; do
		fresh --fault "POST *items hang" && ai instance create docs && start item upload docs one.txt &&
		until_true 30 begun POST items && kill -STOP $SPAWNED && kill -TERM $SPAWNED &&
		kill -$second $SPAWNED; kill -CONT $SPAWNED; wait $SPAWNED; code=$?
		# two of one kind that wait are one
		case $second in INT) [ $code -gt 128 ] ;; *) [ $code = 1 ] ;; esac || { echo "exit $code"; return 1; }
	done
'

test_expect_success 'upload --wait while it waits: all is there' '
	fresh --pace 1 && ai instance create docs && start item upload docs one.txt two.txt three.txt --wait &&
	until_true 30 grep -q "GET .*/stats" requests.log && interrupted INT &&
	says "hint: all was uploaded, the indexing goes on without us: aisearch status --wait docs"
'

test_expect_success 'sync and delete: how many were done before' '
	fresh --state state && ai instance create docs &&
	ai item upload docs one.txt two.txt --wait && ai item list docs --json &&
	id=$(jq -r ".[] | select(.key == \"two.txt\").id" out) && test "$id" &&
	fresh --state state --fault "PATCH *items/$id hang" --fault "DELETE *items/$id hang" &&
	start item sync docs one.txt two.txt && until_true 30 begun PATCH "$id" && interrupted TERM &&
	says "hint: 1 of 2 were queued before" &&
	start item delete docs one.txt two.txt --yes && until_true 30 begun DELETE "$id" && interrupted INT &&
	says "hint: 1 of 2 were deleted before"
'

test_expect_success 'download: nothing is left behind' '
	fresh --fault "GET *download stall" && ai instance create docs && ai item upload docs one.txt --wait && mkdir dl &&
	start item download docs one.txt --output dl/one && until_true 30 sh -c "ls dl | grep -q one" && interrupted TERM &&
	test -z "$(ls dl)"
'

test_expect_success 'job create --wait: the job goes on' '
	fresh --pace 1 && ai provision --type r2 --source source crawled --no-wait &&
	start job create crawled --wait && until_true 30 grep -q " GET .*/jobs/[^/ ]* " requests.log && interrupted INT &&
	says "hint: it goes on without us: aisearch job logs --follow crawled "
'

test_expect_success 'a command that only asks' '
	fresh --fault "GET *instances hang" && start instance list && until_true 30 begun GET instances && interrupted INT &&
	test ! -s out && start whoami && wait $SPAWNED
'

test_expect_success 'stdin that does not come to its end' '
	mkfifo in && exec 8<>in &&
	for words in "login" "plan -" "instance create docs --body-file -" "token register --stdin"; do
		spawn env --default-signal=INT sh -c "exec aisearch \"\$@\" <in >out 2>err" sh $words &&
		echo "half" >&8 && until_true 30 empty_in && interrupted INT || { echo "of $words"; cat err; return 1; }
	done
'

# --- questions --------------------------------------------------------------------

# in_terminal COMMAND: on a pseudo-terminal, see t/status.t; its name is in tty, the command in pid
in_terminal () {
	rm -f tty keys pid && mkfifo keys && exec 9<>keys && : >typescript
	spawn sh -c 'exec env --default-signal=INT,QUIT,TSTP script -qfec "$1" typescript <keys >/dev/null 2>&1' sh \
		"trap : INT; sh -c 'echo \$\$ >pid.new; mv pid.new pid; exec $1'; echo CODE \$?; stty -a | grep -o -w -e '-*echo'; echo END"
}
# asked COMMAND QUESTION: interrupted there by the key, and by another process; the echo is on
asked () {
	for how in key TERM HUP; do
		in_terminal "$1" && until_true 20 grep -q "$2" typescript &&
		case $how in key) printf "\003" >&9 ;; *) kill -$how $(cat pid) ;; esac &&
		until_true 20 grep -q END typescript && exec 9>&-; wait $SPAWNED
		tr -d "\r" <typescript >shown
		grep -qx "aisearch: interrupted" shown && grep -qx "CODE 1" shown && grep -qx echo shown || {
			echo "$1 by $how:"; cat shown; return 1; }
	done
}

test_expect_terminal 'each question ends by it, and nothing was done' '
	fresh && ai provision docs && ai namespace create ns && ai item upload docs one.txt --wait && ai export --output account.json &&
	printf "protocol=https\nhost=git.example\nusername=me\npassword=x\n" | git-credential-aisearch store &&
	: >requests.log &&
	asked "aisearch login" "not shown" &&
	asked "aisearch instance delete docs" "y/N" &&
	asked "aisearch instance update docs --max-num-results 7" "y/N" &&
	asked "aisearch namespace delete ns" "y/N" &&
	asked "aisearch item delete docs one.txt" "y/N" &&
	asked "aisearch token revoke manager" "y/N" &&
	asked "aisearch vault erase https://git.example" "y/N" &&
	asked "aisearch vault passphrase" "not shown" &&
	asked "aisearch vault export --output new" "not shown" &&
	! grep -v " GET " requests.log && ai vault show https://git.example && test ! -e new
'

test_expect_terminal 'the end of the input is no, and what is said of it has a line of its own' '
	for command in "vault erase https://git.example" "token revoke manager"; do
		in_terminal "aisearch $command" && until_true 20 grep -q "y/N" typescript && printf "\004" >&9 &&
		until_true 20 grep -q END typescript && exec 9>&-; wait $SPAWNED
		tr -d "\r" <typescript >shown; grep -q "^aisearch: .*: \(not erased\|nothing was done\)" shown && grep -qx "CODE 1" shown || { cat shown; return 1; }
	done
'

test_expect_terminal 'an answer is still an answer' '
	in_terminal "aisearch vault erase https://git.example" && until_true 20 grep -q "y/N" typescript && echo no >&9 &&
	until_true 20 grep -q END typescript && exec 9>&-; wait $SPAWNED
	grep -q "not erased" typescript && grep -q "CODE 1" typescript &&
	in_terminal "aisearch vault erase https://git.example" && until_true 20 grep -q "y/N" typescript && echo yes >&9 &&
	until_true 20 grep -q END typescript && exec 9>&-; wait $SPAWNED
	grep -q "^erased" typescript && grep -q "CODE 0" typescript
'

test_expect_success 'a passphrase from a pipe that does not come' '
	spawn env --default-signal=INT sh -c "exec aisearch vault passphrase <in >out 2>err" &&
	printf half >&8 && until_true 30 empty_in && interrupted INT && exec 8>&-
'

test_done
