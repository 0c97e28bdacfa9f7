/* SPDX-License-Identifier: MIT */
/*
 * complete_text.c -- the part of each shell's script that does not depend on the tables:
 * finds out where on the command line one is, and offers what may stand there.
 *
 * What is on the line is compared, and never evaluated.
 */
#include "complete_text.h"

/* What bash and zsh say alike: the words before the cursor, one after the other; */
#define WALK \
"\t\telif [[ -z $ended && $word == -- ]]; then\n" \
"\t\t\tended=1\n" \
"\t\telif [[ -z $ended && $word == -* ]]; then\n" \
"\t\t\t_aisearch_value \"$name\" \"$word\" && pending=$word\n" \
"\t\telif [[ -n $name ]]; then\n" \
"\t\t\tat=$((at + 1)) last=$word\n" \
"\t\telif [[ -n $first ]]; then\n" \
"\t\t\tname=\"$first $word\"\n" \
"\t\telif _aisearch_seconds \"$word\"; then\n" \
"\t\t\tfirst=$word\n" \
"\t\telse\n" \
"\t\t\tname=$word\n" \
"\t\tfi\n" \
"\tdone\n"

/* and what may stand there when it is no option and no value. */
#define WORDS \
"\telif [[ -n $name ]]; then\n" \
"\t\t_aisearch_argument \"$name\" \"$at\"\n" \
"\t\tif [[ $kind == command ]]; then\n" \
"\t\t\tif ((at == 0)); then _aisearch_firsts; else _aisearch_seconds \"$last\"; fi\n" \
"\t\tfi\n" \
"\telif [[ -n $first ]]; then\n" \
"\t\t_aisearch_seconds \"$first\"\n" \
"\telse\n" \
"\t\t_aisearch_firsts\n" \
"\tfi\n"

const char complete_bash[] =
"_aisearch () {\n"
"\tlocal IFS=$' \\t\\n' cur=${COMP_WORDS[COMP_CWORD]} pending= ended= first= name= last=\n"
"\tlocal word kind= choices= prefix= i at=0\n"
"\tCOMPREPLY=()\n"
"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
"\t\tword=${COMP_WORDS[i]}\n"
"\t\tif [[ -n $pending ]]; then\n"
"\t\t\t[[ $word == = ]] || pending=\n"
WALK
"\tkind= choices=\n"
"\tif [[ -n $pending ]]; then\n"
"\t\t[[ $cur == = ]] && cur=\n"
"\t\t_aisearch_value \"$name\" \"$pending\"\n"
"\telif [[ -z $ended && $cur == --*=* ]]; then\n"
"\t\tprefix=${cur%%=*}= cur=${cur#*=}\n"
"\t\t_aisearch_value \"$name\" \"${prefix%=}\"\n"
"\telif [[ -z $ended && $cur == -* ]]; then\n"
"\t\t_aisearch_options \"$name\"\n"
WORDS
"\tif [[ $kind == file ]]; then\n"
"\t\t# readline's own way with names that have blanks in them\n"
"\t\tcompopt -o default 2>/dev/null && [[ -z $prefix ]] && return\n"
"\t\twhile IFS= read -r word; do\n"
"\t\t\tprintf -v word %q \"$word\"\n"
"\t\t\tCOMPREPLY+=(\"$prefix$word\")\n"
"\t\tdone < <(compgen -f -- \"$cur\")\n"
"\t\treturn\n"
"\tfi\n"
"\tfor word in $choices; do\n"
"\t\t[[ $word == \"$cur\"* ]] && COMPREPLY+=(\"$prefix$word\")\n"
"\tdone\n"
"}\n"
"# git's own completion asks this one for \"git aisearch\"\n"
"_git_aisearch () {\n"
"\tlocal i=1 words\n"
"\twhile ((i < COMP_CWORD)) && [[ ${COMP_WORDS[i]} != aisearch ]]; do i=$((i + 1)); done\n"
"\twords=(\"${COMP_WORDS[@]:i}\")\n"
"\tlocal COMP_CWORD=$((COMP_CWORD - i)) COMP_WORDS\n"
"\tCOMP_WORDS=(\"${words[@]}\")\n"
"\t_aisearch\n"
"}\n"
"complete -F _aisearch aisearch git-aisearch\n";

const char complete_zsh[] =
"_aisearch () {\n"
"\tlocal cur=\"$words[CURRENT]\" pending= ended= first= name= last= word= kind= choices=\n"
"\tlocal -i i at=0\n"
"\tlocal -a list\n"
"\tfor ((i = 2; i < CURRENT; i++)); do\n"
"\t\tword=\"$words[i]\"\n"
"\t\tif [[ -n $pending ]]; then\n"
"\t\t\tpending=\n"
WALK
"\tkind= choices= list=()\n"
"\tif [[ -n $pending ]]; then\n"
"\t\t_aisearch_value \"$name\" \"$pending\"\n"
"\telif [[ -z $ended && $cur == --*=* ]]; then\n"
"\t\t_aisearch_value \"$name\" \"${cur%%=*}\"\n"
"\t\tcompset -P '*='\n"
"\telif [[ -z $ended && $cur == -* ]]; then\n"
"\t\t_aisearch_options \"$name\"\n"
"\t\t_describe -o option list\n"
"\t\treturn\n"
WORDS
"\tcase $kind in\n"
"\tfile) _files ;;\n"
"\twords) compadd -- ${=choices} ;;\n"
"\tnothing) ;;\n"
"\t*) (( $#list )) && _describe command list ;;\n"
"\tesac\n"
"}\n"
"if [[ \"$funcstack[1]\" == _aisearch ]]; then\n"
"\t_aisearch \"$@\"\n"
"else\n"
"\tcompdef _aisearch aisearch git-aisearch\n"
"fi\n";

const char complete_fish[] =
"function __aisearch_complete\n"
"\tset -l words (commandline -opc)\n"
"\tset -l cur (commandline -ct)\n"
"\tset -l pending ''\n"
"\tset -l ended ''\n"
"\tset -l first ''\n"
"\tset -l name ''\n"
"\tset -l last ''\n"
"\tset -l at 0\n"
"\tset -e words[1]\n"
"\tfor word in $words\n"
"\t\tif test -n \"$pending\"\n"
"\t\t\tset pending ''\n"
"\t\telse if test -z \"$ended\"; and test \"x$word\" = x--\n"
"\t\t\tset ended 1\n"
"\t\telse if test -z \"$ended\"; and string match -q -- '-*' \"$word\"\n"
"\t\t\t__aisearch_value \"$name\" \"$word\" >/dev/null; and set pending \"$word\"\n"
"\t\telse if test -n \"$name\"\n"
"\t\t\tset at (math $at + 1)\n"
"\t\t\tset last \"$word\"\n"
"\t\telse if test -n \"$first\"\n"
"\t\t\tset name \"$first $word\"\n"
"\t\telse if __aisearch_seconds \"$word\" >/dev/null\n"
"\t\t\tset first \"$word\"\n"
"\t\telse\n"
"\t\t\tset name \"$word\"\n"
"\t\tend\n"
"\tend\n"
"\tif test -n \"$pending\"\n"
"\t\t__aisearch_offer \"$cur\" (__aisearch_value \"$name\" \"$pending\")\n"
"\telse if test -z \"$ended\"; and string match -q -- '--*=*' \"$cur\"\n"
"\t\tset -l pair (string split -m 1 = -- \"$cur\")\n"
"\t\tfor found in (__aisearch_offer \"$pair[2]\" (__aisearch_value \"$name\" \"$pair[1]\"))\n"
"\t\t\tprintf '%s=%s\\n' $pair[1] $found\n"
"\t\tend\n"
"\telse if test -z \"$ended\"; and string match -q -- '-*' \"$cur\"\n"
"\t\t__aisearch_options \"$name\"\n"
"\telse if test -n \"$name\"\n"
"\t\tset -l what (__aisearch_argument \"$name\" $at)\n"
"\t\tif test \"$what\" != command\n"
"\t\t\t__aisearch_offer \"$cur\" $what\n"
"\t\telse if test $at = 0\n"
"\t\t\t__aisearch_firsts\n"
"\t\telse\n"
"\t\t\t__aisearch_seconds \"$last\"\n"
"\t\tend\n"
"\telse if test -n \"$first\"\n"
"\t\t__aisearch_seconds \"$first\"\n"
"\telse\n"
"\t\t__aisearch_firsts\n"
"\tend\n"
"end\n"
"function __aisearch_offer\n"
"\tswitch \"$argv[2]\"\n"
"\tcase file\n"
"\t\t__fish_complete_path \"$argv[1]\"\n"
"\tcase words\n"
"\t\tprintf '%s\\n' $argv[3..-1]\n"
"\tend\n"
"end\n"
"complete -c aisearch -e\n"
"complete -c aisearch -f -a '(__aisearch_complete)'\n"
"complete -c git-aisearch -f -a '(__aisearch_complete)'\n";
