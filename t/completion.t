#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='completion: what the three shells themselves make of the scripts'
. "${0%/*}/lib.sh"

# The folders of the shells' own, so that what is installed here does not take part.
mkdir -p "$HOME/zsh" "$HOME/fish" "$HOME/config/fish" "$HOME/data/bash-completion/completions"
aisearch completion bash >"$HOME/data/bash-completion/completions/aisearch" || exit 1
aisearch completion zsh >"$HOME/zsh/_aisearch" || exit 1
aisearch completion fish >"$HOME/fish/aisearch.fish" || exit 1
cp "$HOME/data/bash-completion/completions/aisearch" script.bash

have () {
	command -v "$1" >/dev/null 2>&1
}

# if_have SHELL TITLE BODY; terminal_if_have: on a pseudo-terminal
if_have () {
	have "$1" || { test_skip "$2" "there is no $1 here"; return; }
	test_expect_success "$2" "$3"
}
terminal_if_have () {
	have "$1" || { test_skip "$2" "there is no $1 here"; return; }
	test_expect_terminal "$2" "$3"
}

# in_bash WORD...: what is offered for the last one
in_bash () {
	bash --norc -c '. ./script.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_aisearch && printf "%s\n" "${COMPREPLY[@]}"' bash aisearch "$@" 2>/dev/null
}

# in_zsh WORD...: the same, of the function alone
in_zsh () {
	zsh -f -c 'compdef () { : }
		_describe () { local -a all; all=("${(@P)@[-1]}"); print -rl -- "${(@)all%%:*}" }
		_files () { print "(files)" }
		compset () { : }
		compadd () { shift; print -rl -- "$@" }
		. ./zsh/_aisearch
		words=("$@") CURRENT=$#
		_aisearch' zsh aisearch "$@" 2>&1
}

# in_fish LINE: the words, without what they are
in_fish () {
	fish --no-config -c 'source ./fish/aisearch.fish
		complete -C "$argv[1]"' "$1" 2>&1 | cut -f 1
}

names () {
	ai help && sed -n '/^Commands/,/^$/s/^  \([a-z]* \{0,1\}[a-z]*\)  .*/\1/p' out | sed 's/ *$//'
}

test_expect_success 'setup: what the help says' '
	names >names && test $(wc -l <names) -gt 20 &&
	sed "s/ .*//" names | sort -u >firsts && touch "file one" file2 && mkdir -p folder &&
	test $(wc -l <firsts) -lt $(wc -l <names)
'

test_expect_success 'each script says by whom it was made, and the build has the same ones' '
	for shell in bash zsh fish; do
		aisearch completion $shell >script && grep -q "made by: aisearch completion $shell" script &&
		cmp script "$OUT/completion/$shell" || return 1
	done
'

test_expect_success 'another shell is refused, and so are two, and none: exit 2' '
	expect_exit 2 ai completion csh && says "no script for .csh" && says "bash, zsh or fish" &&
	expect_exit 2 ai completion && says "usage: aisearch completion bash|zsh|fish" &&
	expect_exit 2 ai completion bash zsh && test ! -s out
'

test_expect_success 'it needs neither home, vault nor network' '
	env -i PATH="$PATH" ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} aisearch completion bash |
		cmp - script.bash
'

# --- all commands and all options, as the function offers them ---------------------

for shell in bash zsh fish; do
	case $shell in fish) ask='in_fish "aisearch $1"' ;; *) ask="in_$shell \"\$@\"" ;; esac
	if_have $shell "$shell: every first word, and every second one" '
		offers () { '"$ask"'; } &&
		offers "" | sort -u >offered && diff firsts offered &&
		while read -r first; do
			grep "^$first " names | sed "s/^[a-z]* //" | sort -u >seconds
			test -s seconds || continue
			case '$shell' in
			fish) offers "$first " ;;
			*) offers "$first" "" ;;
			esac | sort -u >offered
			diff seconds offered || return 1
		done <firsts
	'
	if_have $shell "$shell: every option that a help has, and no other" '
		offers () { '"$ask"'; } &&
		while read -r name; do
			aisearch help $name | sed -n "/^Options/,\$p;/^Common options/,\$p" |
				sed "s/^\(.*\)--\[no-\]\([a-z0-9-]*\).*/\1--\2\n\1--no-\2/" |
				sed -n "s/^  \(.\{4\}\)\(--[a-z0-9-]*\).*/\2 \1/p" | tr " " "\n" | tr -d "," |
				grep "^-" | sort -u >wanted
			case '$shell' in
			fish) offers "$name -"; offers "$name --" ;;
			*) offers $name - ;;
			esac </dev/null | grep "^-" | sort -u >offered
			diff wanted offered || { echo "of $name"; return 1; }
		done <names
	'
done

# --- what becomes of a line --------------------------------------------------------

# line | the same after the tabulator key, in all three; "=" = nothing is added
cat >lines <<'EOF'
aisearch compl|aisearch completion
aisearch vault passp|aisearch vault passphrase
aisearch --timeout 5 vault passp|aisearch --timeout 5 vault passphrase
aisearch --vault=x vault passp|aisearch --vault=x vault passphrase
aisearch vault --json passp|aisearch vault --json passphrase
aisearch completion f|aisearch completion fish
aisearch help compl|aisearch help completion
aisearch help vault passp|aisearch help vault passphrase
aisearch instance update --cache --no-reranki|aisearch instance update --cache --no-reranking
aisearch vault unlock --fo|aisearch vault unlock --for
aisearch status --time|aisearch status --timeout
aisearch config check file2|aisearch config check file2
aisearch config check fold|aisearch config check folder/
aisearch --ca-cert fold|aisearch --ca-cert folder/
aisearch vault export --output fold|aisearch vault export --output folder/
aisearch token profile sh|aisearch token profile show
aisearch vault import -- fold|aisearch vault import -- folder/
aisearch status --account fold|=
aisearch login fold|=
aisearch vault unlock -- --fo|=
aisearch nonsense fold|=
aisearch status $(touch pwned)|=
aisearch status `touch pwned`; |=
aisearch $(touch pwned) stat|=
aisearch --vault $(touch pwned) --account fold|=
EOF

# wanted: the lines as they should be, without a blank at the end
sed 's/^\(.*\)|=$/\1|\1/; s/.*|//; s/ *$//' lines >wanted

# type_lines: each line with a tabulator; \C-x p writes what there is now to `got`.
type_lines () {
	rm -f keys got && mkfifo keys && exec 9<>keys
	spawn sh -c 'exec script -qfec "$1" typescript <keys >/dev/null 2>&1' sh "$1"
	# until the shell's editor answers
	until_true 20 sh -c 'printf "\025\030p" >&9; sleep 0.05; test -s got' 9>&9 || return 1
	printf '\025marker\030p' >&9 && until_true 20 grep -q '^marker$' got || return 1
	while IFS= read -r line; do
		before=$(wc -l <got)
		printf '\025%s\t\030p' "${line%|*}" >&9
		until_true 20 sh -c "test \$(wc -l <got) -gt $before" || return 1
	done <lines
	printf '\025exit\n' >&9
	exec 9>&-
	sed '1,/^marker$/d; s/ *$//' got >after
}

terminal_if_have bash 'bash: the tabulator key' '
	rm -f pwned && cat >bashrc <<-\EOF &&
	. ./script.bash
	bind "set bell-style none"
	bind "set show-all-if-ambiguous off"
	bind -x "\"\C-xp\": printf \"%s\\n\" \"\$READLINE_LINE\" >>got"
	EOF
	type_lines "bash --noprofile --rcfile bashrc -i" && diff wanted after && test ! -e pwned
'

terminal_if_have zsh 'zsh: the tabulator key' '
	rm -f pwned && mkdir -p zdot && cat >zdot/.zshrc <<-\EOF &&
	fpath=("$HOME/zsh" $fpath)
	autoload -Uz compinit && compinit -u -D
	unsetopt beep
	zstyle ":completion:*" matcher-list ""
	show () { print -r -- "$BUFFER" >>got }
	zle -N show
	bindkey -e
	bindkey "^Xp" show
	# by default the key makes zsh itself carry out a \$(command) it stands behind
	bindkey "^I" complete-word
	EOF
	ZDOTDIR=$PWD/zdot type_lines "zsh -d -i" && diff wanted after && test ! -e pwned
'

if_have fish 'fish: the same lines' '
	rm -f pwned &&
	while IFS= read -r line; do
		line=${line%|*}
		in_fish "$line" | head -n 2 >offered
		case $(wc -l <offered) in
		1) printf "%s%s\n" "${line%"${line##* }"}" "$(cat offered)" ;;
		*) printf "%s\n" "$line" ;;
		esac
	done <lines | sed "s/ *\$//" >after &&
	diff wanted after && test ! -e pwned
'

if_have bash 'bash: a value behind "=", in one word and in the three that bash makes of it' '
	in_bash vault export --output=fold | grep -x -e "--output=folder" -e folder &&
	in_bash vault export --output = fold | grep -x folder &&
	in_bash vault export --output = "" | grep -x "file\\\\ one"
'

if_have bash 'bash: a name behind "=" is one word of the shell, and nothing that it carries out' '
	rm -f pwned && name="odd\$(touch pwned) \";&name" && touch "$name" " odd" &&
	in_bash vault export --output=odd >offered && test $(wc -l <offered) = 1 &&
	( eval "set -- $(cat offered)" && test $# = 1 && test "$1" = "--output=$name" ) &&
	in_bash vault export "--output= " >offered &&
	( eval "set -- $(cat offered)" && test "$1" = "--output= odd" ) && test ! -e pwned; r=$?
	rm -f "$name" " odd" && test $r = 0
'

if_have fish 'fish: words that test(1) would take for its own' '
	for word in -n -f -d -u ! "(" -a -- x; do
		in_fish "aisearch status -n \"$word\" --for" >offered &&
		test "$(cat offered)" = --format || { echo "after $word"; cat offered; return 1; }
	done
'

if_have fish 'fish: a value behind "="' '
	in_fish "aisearch vault export --output=fold" | grep -qx -e "--output=folder/"
'

if_have bash 'bash-completion finds it by the name of the command' '
	test -e /usr/share/bash-completion/bash_completion || return 0
	# it splits the folder at a blank
	ln -sfn "$PWD/data" "$SANDBOX/data" &&
	XDG_DATA_HOME=$SANDBOX/data bash --norc -c ". /usr/share/bash-completion/bash_completion
		_completion_loader aisearch; complete -p aisearch" >out 2>&1 &&
	grep -q "_aisearch aisearch" out
'

if_have bash 'and so does that of git, for "git aisearch"' '
	git=/usr/share/bash-completion/completions/git && test -e $git || return 0
	ln -sf aisearch "$SANDBOX/data/bash-completion/completions/git-aisearch" &&
	cat >ask.bash <<-\EOF &&
	. /usr/share/bash-completion/bash_completion
	. /usr/share/bash-completion/completions/git
	COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
	read -r -a COMP_WORDS <<<"$1"
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	__git_wrap__git_main 2>/dev/null
	printf "%s\n" "${COMPREPLY[@]}"
	EOF
	XDG_DATA_HOME=$SANDBOX/data bash --norc ask.bash "git aisearch vault passp" | grep -qx passphrase &&
	XDG_DATA_HOME=$SANDBOX/data bash --norc ask.bash "git -C folder aisearch completion f" | grep -qx fish
'

test_done
