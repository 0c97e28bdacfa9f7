#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='what is shipped: manuals, licence lines, headers, make install'
. "${0%/*}/lib.sh"

list_files () {
	(cd "$TOP" && find Makefile plugin common contrib t .ci -type f \
		\( -name '*.[ch]' -o -name '*.sh' -o -name '*.t' -o -name '*.pl' -o -name '*.go' -o -name Makefile -o -path '.ci/*' \
		   -o -path 'contrib/*' ! -name '*.svg' ! -name '*.[0-9]' \))
}

test_expect_success 'every source file has its licence line' '
	list_files >files &&
	test "$(wc -l <files)" -gt 50 &&
	while read -r file; do
		head -n 3 "$TOP/$file" | grep -q "SPDX-License-Identifier: MIT" ||
			echo "no licence line: $file"
	done <files >without &&
	test ! -s without || { cat without; false; }
'

test_expect_success 'the manuals are clean mdoc' '
	mandoc -T lint -W style "$OUT/aisearch.1" >lint 2>&1
	! grep -vE "referenced manual not found|outdated mandoc.db" lint &&
	! grep "^@" "$OUT/aisearch.1" &&
	for page in plugin/credential/git-credential-aisearch.1 \
		    contrib/emulator/aisearch-emulator.1 plugin/collectd/collectd-aisearch.5 \
		    plugin/credential/aisearch-credential-protocols.7; do
		mandoc -T lint -W warning "$TOP/$page" || return 1
	done
'

test_expect_success 'every header stands on its own' '
	for header in "$TOP"/common/*/*.h; do
		${CC:-cc} -std=gnu17 -D_GNU_SOURCE -I"$TOP/common" $(pkg-config --cflags libcurl json-c) \
			-Wall -Wextra -Werror -fsyntax-only -x c "$header" || return 1
	done
'

test_expect_success 'make install puts each part where it belongs' '
	build=$(cd "$OUT" && pwd) &&
	make -s -C "$TOP" VARIANT="$VARIANT" install DESTDIR="$PWD/root" PREFIX=/usr >log 2>&1 ||
		{ cat log; false; } &&
	for program in aisearch git-credential-aisearch git-aisearch aisearch-emulator \
		       docker-credential-aisearch bazel-credential-aisearch \
		       terraform-credentials-aisearch; do
		test -x root/usr/bin/$program || return 1
	done &&
	test -f root/usr/lib/collectd/aisearch.so &&
	test -s root/usr/share/man/man1/aisearch.1 &&
	test -s root/usr/share/man/man5/collectd-aisearch.5 &&
	test -s root/usr/share/man/man7/aisearch-credential-protocols.7 &&
	for script in bash-completion/completions/aisearch bash-completion/completions/git-aisearch zsh/vendor-completions/_aisearch \
		      fish/vendor_completions.d/aisearch.fish; do
		test -s root/usr/share/$script || return 1
	done &&
	cmp "$OUT/aisearch" root/usr/bin/aisearch
'

test_expect_success 'make help names the targets' '
	make -s -C "$TOP" help >help &&
	for target in check demo bench install clean; do grep -q "$target" help || return 1; done
'

test_expect_success 'bootstrap says how it is used' '
	expect_exit 2 sh "$TOP/contrib/bootstrap" 2>err &&
	grep -q "usage: sh contrib/bootstrap" err &&
	expect_exit 2 sh "$TOP/contrib/bootstrap" frobnicate 2>err &&
	sh "$TOP/contrib/bootstrap" --help | grep -q demo
'

test_expect_success 'the programs are hardened' '
	for program in aisearch git-credential-aisearch aisearch-emulator aisearch.so; do
		readelf -dW "$OUT/$program" >dynamic && readelf -lW "$OUT/$program" >segments &&
		grep -q "BIND_NOW\|FLAGS.*NOW" dynamic && grep -q GNU_RELRO segments &&
		! grep "GNU_STACK.*RWE" segments && ! grep -q "RPATH\|RUNPATH" dynamic || return 1
	done
'

test_done
