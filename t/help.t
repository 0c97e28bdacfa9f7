#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='help, manual and tables on a terminal: all from the same tables'
. "${0%/*}/lib.sh"
MAN=$OUT/aisearch.1

names () {
	ai help && sed -n '/^Commands/,/^$/s/^  \([a-z]* \{0,1\}[a-z]*\)  .*/\1/p' out | sed 's/ *$//'
}

test_expect_success 'help lists all commands, each once' '
	names >names && test $(wc -l <names) -gt 25 && test -z "$(sort names | uniq -d)" &&
	for word in login provision status search doctor completion help version; do
		grep -qx $word names || { echo "not there: $word"; return 1; }
	done
'

test_expect_success 'each has a help of its own: usage, summary, and by both ways the same' '
	while read -r name; do
		ai help $name && cp out by-help && ai $name --help </dev/null && cmp out by-help &&
		head -n 1 out | grep -q "^usage: aisearch $name\( \|\$\)" &&
		ai help && grep "^  $name  " out | sed "s/^  $name  *//" >summary &&
		sed -n 3p by-help | cmp - summary && ! grep -n ".\{111,\}" by-help || {
			echo "of $name"; return 1
		}
	done <names
'

test_expect_success 'a first word lists its family, by all three ways' '
	for family in $(grep " " names | cut -d" " -f 1 | sort -u); do
		grep "^$family " names >members &&
		for way in "help $family" "$family --help" "$family -h"; do
			ai $way && head -n 1 out | grep -q "^usage: aisearch $family COMMAND" &&
			sed -n "/^Commands/,/^\$/s/^  \([a-z]* [a-z]*\)  .*/\1/p" out | sed "s/ *\$//" |
				cmp - members || { echo "$way"; return 1; }
		done
		expect_exit 2 ai $family && says "hint: .*$(sed "s/.* //" members | head -n 1)" || return 1
	done
'

test_expect_success 'a family or a command that is none' '
	expect_exit 2 ai help frobnicate && says "no command .frobnicate" &&
	expect_exit 2 ai help vault frobnicate && expect_exit 2 ai frobnicate --help &&
	expect_exit 2 ai help vault list list
'

test_expect_success 'the manual has what the tables have, word for word' '
	for part in commands options exits; do
		ai help --mdoc $part && test -s out &&
		perl -0777 -e "open(A, q(<), shift); open(B, q(<), shift); exit(index(<B>, <A>) < 0)" \
			out "$MAN" || { echo "$part is not in the manual"; return 1; }
	done &&
	! grep "^@" "$MAN"
'

test_expect_success 'and shows it: every command with its options, as a reader sees them' '
	mandoc -T ascii -O width=200 "$MAN" | col -bx >page &&
	while read -r name; do
		grep -q "^     $name\( \|\$\)" page || { echo "not in the manual: $name"; return 1; }
		aisearch help $name | sed -n "/^Options/,/^\$/s/^  .\{4\}\(--[][a-z0-9-]*\).*/\1/p" |
			sed "s/[][]/\\\\&/g" >options
		sed -n "/^     $name\( \|\$\)/,/^     [a-z]/p" page >section
		while read -r option; do
			grep -q -e "^ *\(-., \)\{0,1\}$option\( \|\$\)" section ||
				{ echo "$name: not in the manual: $option"; return 1; }
		done <options
	done <names
'

test_expect_success 'exit statuses: the same five in help and manual' '
	ai help && sed -n "/^Exit status/,/^\$/s/^  \([0-9]\)  .*/\1/p" out >of-help &&
	sed -n "/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It \([0-9]\)\$/\1/p" "$MAN" >of-manual &&
	printf "%s\n" 0 1 2 3 4 | cmp - of-help && cmp of-help of-manual
'

test_expect_success 'what makes the manual is in no help' '
	ai help help && ! grep mdoc out && expect_exit 2 ai help --mdoc frobnicate &&
	ai completion bash && ! grep -e "--mdoc " out
'

test_expect_success 'help, version and completion come out whatever the locale is' '
	for locale in C POSIX xx_YY.nonsense de_DE.ISO-8859-1; do
		LC_ALL=$locale ai help && LC_ALL=$locale ai version && LC_ALL=$locale ai completion fish || return 1
	done
'

# --- tables ------------------------------------------------------------------------

store () {
	printf 'protocol=https\nhost=%s\nusername=%s\npassword=x\n' "$1" "$2" | git-credential-aisearch store
}

test_expect_success 'setup: entries with plain, accented, combining and wide names' '
	store plain.example short &&
	store "a-host-with-a-name-that-is-quite-long.and-goes-on-and-on.example.com" "a user with a long name, too long" &&
	store accents.example "Žluťoučký kůň úpěl ďábelské ódy, a to celou noc až do rána" &&
	store combining.example "$(printf "e\314\201e\314\201e\314\201e\314\201e\314\201e\314\201e\314\201e\314\201")" &&
	store wide.example "日本語の名前はとても長いので短くされるはずです" &&
	ai vault list && cp out piped
'

test_expect_terminal 'on a terminal no row is wider than that, and columns stay in line' '
	for columns in 140 100 90 81; do
		on_terminal $columns "aisearch vault list" >shown &&
		test $(wc -l <shown) = $(wc -l <piped) &&
		widths shown | sort -n | tail -n 1 >widest && test $(cat widest) -le $columns || {
			cat shown widest; return 1
		}
	done &&
	grep -q "…" shown && iconv -f UTF-8 -t UTF-8 shown >/dev/null &&
	for file in shown piped; do
		sed -n "s/active.*//p" $file >fronts && test $(wc -l <fronts) = 5 &&
		test $(widths fronts | sort -u | wc -l) = 1 || { cat fronts; widths fronts; return 1; }
	done
'

test_expect_success 'nothing is cut that goes into a pipe or a file, whatever COLUMNS says' '
	COLUMNS=40 ai vault list && cmp out piped && ! grep "…" piped &&
	grep -q "and-goes-on-and-on.example.com" piped && grep -q "celou noc až do rána" piped
'

test_expect_terminal 'a wide terminal cuts nothing, and COLUMNS comes before the terminal' '
	on_terminal 400 "aisearch vault list" >shown && cmp shown piped &&
	on_terminal 400 "COLUMNS=90 aisearch vault list" >shown &&
	test $(widths shown | sort -n | tail -n 1) -le 90 && grep -q "…" shown &&
	for nonsense in 0 -5 12x 99999999999 ""; do
		on_terminal 400 "COLUMNS=$nonsense aisearch vault list" >shown && cmp shown piped || return 1
	done
'

test_expect_terminal 'a terminal that is much too narrow still shows a row for each' '
	for columns in 40 20 10 3 1; do
		on_terminal $columns "aisearch vault list" >shown && test $(wc -l <shown) = $(wc -l <piped) &&
		test $(widths shown | sort -n | tail -n 1) -le $columns || { cat shown; return 1; }
	done
'

# --- how long it takes ---------------------------------------------------------------

# The fastest counts: what others do meanwhile is not ours.
test_expect_success 'an offline command has started and ended within 10 ms' '
	[ "$VARIANT" = release ] || return 0
	for command in version help "help vault list" "completion zsh" "vault list --help"; do
		perl -MTime::HiRes=time -e "
			my \$best = 9; my @c = split / /, shift;
			for (my \$n = 0; \$n < 20 || \$n < 400 && \$best > 0.009; \$n++) {
				my \$t = time;
				my \$pid = fork;
				if (!\$pid) { open STDOUT, q(>/dev/null); exec qw(aisearch), @c; }
				waitpid \$pid, 0;
				exit 2 if \$?;
				\$best = time - \$t if time - \$t < \$best;
			}
			printf qq(%.1f ms: %s\n), \$best * 1000, qq(@c);
			exit(\$best < 0.010 ? 0 : 1)" "$command" || return 1
	done
'

test_done
