#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='--json: every command of the table prints JSON, or says that it has none'
. "${0%/*}/lib.sh"
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

test_expect_success 'help --json: the tables, whole, with kinds that are known' '
	ai help --json && jq -e ".version and (.commands | length) > 50 and
		([.commands[], {options: .common_options}] | [.[].options[].kind] | unique) ==
			[\"choice\", \"decimal\", \"duration\", \"flag\", \"list\", \"number\", \"switch\", \"text\"]" out &&
	jq -e "[.exit_statuses[].code] == [0, 1, 2, 3, 4]" out &&
	jq -e "[.common_options[].name] | index(\"json\") != null" out &&
	jq -r ".commands[].name" out >names && test -z "$(sort names | uniq -d)" &&
	ai help && sed -n "/^Commands/,/^\$/s/^  \([a-z]* \{0,1\}[a-z]*\)  .*/\1/p" out | sed "s/ *\$//" | cmp - names
'

test_expect_success 'help --json of a command or a family is the same without the others' '
	ai help --json && cp out all && ai help status --json && cp out one &&
	jq -e "(.commands | length) == 1 and .commands[0].name == \"status\"" one &&
	jq -S "del(.commands)" all >a && jq -S "del(.commands)" one | cmp - a &&
	jq -S ".commands[] | select(.name == \"status\")" all >a && jq -S ".commands[0]" one | cmp - a &&
	ai status --help --json && cmp out one && ai --json status -h && cmp out one &&
	ai help vault --json && jq -e "[.commands[].name | startswith(\"vault \")] | all and length > 5" out &&
	ai help token list --json && jq -e "[.commands[].name] == [\"token list\"]" out &&
	expect_exit 2 ai help frobnicate --json && test ! -s out
'

test_expect_success 'help --json: what an option takes, and null for what does not apply' '
	ai help item list --json && jq -e ".commands[0] | .arguments == \"INSTANCE\" and .min_arguments == 1 and
		.max_arguments == 1 and .common_options and (.options[] | select(.name == \"per-page\") |
		.kind == \"number\" and .min == 1 and .max == 100 and .words == null and .short == null) and
		(.options[] | select(.name == \"status\") | .words | index(\"outdated\"))" out &&
	ai help item upload --json && jq -e ".commands[0].max_arguments == null" out &&
	ai help version --json && jq -e ".commands[0].common_options == false" out
'

test_expect_success 'version --json' '
	ai version --json && jq -e "keys == [\"version\"]" out && v=$(jq -r .version out) &&
	ai version && grep -qx "aisearch $v" out && ai --json version && jq -e ".version == \"$v\"" out
'

test_expect_success 'setup: something of everything' '
	make_corpus bucket 3 && start_emulator --bucket source=bucket --instances 3 &&
	CLOUDFLARE_API_BASE_URL=$API && export CLOUDFLARE_API_BASE_URL &&
	ai login <creator.token && ai login --role manager <manager.token &&
	ai provision docs && ai provision --type r2 --source source crawled && ai instance create gone &&
	ai namespace create old && ai namespace create new && echo text >file.txt && echo more >more.txt &&
	ai item upload docs file.txt more.txt --wait && ai job list crawled --json && job=$(jq -r ".[0].id" out) &&
	ai token profile add --permissions "AI Search Read" --ttl 3600 ci && ai token mint ci &&
	echo "protocol=https
host=git.example
username=me
password=x" | git-credential-aisearch store &&
	ai vault export --plain --output exported && ai export --output account.json &&
	printf "LoadPlugin aisearch\n<Plugin aisearch>\n  <Account \"a\">\n    AccountId \"%s\"\n    Token \"x\"\n  </Account>\n</Plugin>\n" \
		"$ACCOUNT" >collectd.conf && chmod 600 collectd.conf
'

# call NAME: the command with arguments that make it work
call () {
	case $1 in
	login) ai login --json <creator.token ;;
	provision) ai provision docs --json ;;
	search|chat) ai "$1" docs text --json ;;
	"instance create") ai instance create fresh --json ;;
	"instance update") ai instance update docs --cache-ttl 30m --yes --json ;;
	"instance delete") ai instance delete gone --yes --json ;;
	instance\ list|namespace\ list|token\ list|token\ verify|status|whoami) ai $1 --json ;;
	instance\ *) ai $1 docs --json ;;
	"namespace create") ai namespace create third --json ;;
	"namespace update") ai namespace update new --description words --yes --json ;;
	"namespace delete") ai namespace delete old --yes --json ;;
	"namespace get") ai namespace get new --json ;;
	job\ create|job\ list) ai $1 crawled --json ;;
	job\ cancel) expect_exit 1 ai job cancel crawled "$job" --json && says 7039 && echo {} >out ;;
	job\ *) ai $1 crawled "$job" --json ;;
	"item list") ai item list docs --json ;;
	"item upload") ai item upload docs file.txt --key third.txt --json ;;
	"item delete") ai item delete docs third.txt --yes --json ;;
	"item download") rm -f file.txt && ai item download docs file.txt --json ;;
	item\ *) ai $1 docs file.txt --json ;;
	"token print") ai token print --json ;;
	"token profile") ai token profile list --json && jq -e . out && ai token profile show ci --json &&
		jq -e . out && ai token profile add --permissions "AI Search Read" --ttl 60 two --json &&
		jq -e ".stored == \"two\"" out && ai token profile remove two --json && jq -e ".removed == \"two\"" out ;;
	"token mint") ai token mint ci --json ;;
	"token revoke") ai token revoke ci --json && jq -e ".profile == \"ci\" and (.tokens | length) == 1" out ;;
	plan) ai plan account.json --json ;;
	apply) ai apply account.json --yes --json ;;
	export) ai export --json ;;
	"token rotate") ai token rotate service:second --json ;;
	logout) ai logout --yes --json ;;
	"token show") ai token show manager --json ;;
	"token create") ai token create --service second --json ;;
	"token register") ai token register --service default --json ;;
	"vault list") ai vault list --json ;;
	"vault show") ai vault show https://git.example --json ;;
	"vault restore") printf "protocol=https\nhost=git.example\nusername=me\npassword=x\n" |
		git-credential-aisearch erase && ai vault restore https://git.example --json ;;
	"vault erase") row=$(aisearch vault list --json | jq ".[] | select(.host == \"git.example\").row") &&
		ai vault erase "$row" --yes --json ;;
	"vault check") ai vault check --json ;;
	"vault export") rm -f again && ai vault export --plain --output again --json ;;
	"vault import") ai vault import exported --json ;;
	"vault unlock"|"vault lock"|"vault rekey") ai $1 --json </dev/null ;;
	"vault passphrase") ai vault passphrase --json </dev/null ;;
	doctor) ai doctor --offline --json; [ $? -le 1 ] ;;
	"config check") ai config check collectd.conf --json ;;
	completion) ai completion bash --json ;;
	help|version) ai $1 --json ;;
	*) echo "the story has no call of it"; return 99 ;;
	esac
}

# In the end what takes away the tokens that the others need.
order () {
	grep -vx -e logout -e "token rotate" -e "token revoke" -e "vault erase" names
	printf "%s\n" "token revoke" "token rotate" "vault erase" logout
}

test_expect_success 'each command: one JSON value, or exit 2 with a sentence about JSON' '
	order >all && test $(wc -l <all) = $(wc -l <names) && : >without &&
	while read -r name; do
		call "$name" 3<&-; code=$?
		if [ $code = 2 ]; then
			test ! -s out && says JSON && echo "$name" >>without && continue
		elif [ -s out ] && jq -e -s "length == 1" out >/dev/null && [ $code = 0 ]; then
			continue
		elif [ $code = 1 ] && [ ! -s out ]; then	# nothing to unlock; none was typed
			case $name in "vault unlock"|"vault passphrase") says passphrase && continue ;; esac
		fi
		echo "of $name: exit $code"; cat out err
		return 1
	done <all
	echo completion | cmp - without
'

test_expect_success 'token print --json: name and value, by the rules of the value alone' '
	ai login --role manager <manager.token && ai token print --json &&
	jq -e ".name == \"manager\" and (keys | length) == 2" out &&
	jq -r .value out | cmp - manager.token && ai token print && cmp out manager.token &&
	expect_exit 2 ai token print --json --header-file auth && says JSON && test ! -e auth && test ! -s out
'

test_expect_terminal 'token print --json is refused on a terminal, too' '
	script -qec "aisearch token print --json" /dev/null </dev/null >shown; test $? = 2 &&
	grep -q "that is a terminal" shown && ! grep -F "$(cat manager.token)" shown
'

test_expect_success 'vault export --json goes with --output' '
	expect_exit 2 ai vault export --plain --json && says JSON && says "hint: add --output FILE" &&
	rm -f again && ai vault export --plain --output again --json && test -s again &&
	jq -e ".exported > 0 and .rejected >= 0 and .damaged == 0 and .complete" out
'

test_done
