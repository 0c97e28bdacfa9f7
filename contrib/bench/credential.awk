# SPDX-License-Identifier: MIT
#
# credential.awk -- credential.tsv (KIND NAME VALUE, a line for each sample) -> the report
# in Markdown.  Exits 0 whatever the targets say.

{ value[$1, $2, ++samples[$1, $2]] = $3 }

function sort(key,    i, j, v) {
	if (key in sorted)
		return
	for (i = 2; i <= samples[key]; i++) {
		v = value[key, i]
		for (j = i - 1; j > 0 && value[key, j] + 0 > v + 0; j--)
			value[key, j + 1] = value[key, j]
		value[key, j + 1] = v
	}
	sorted[key]
}
function has(kind, name) { return samples[kind, name] > 0 }
function at(kind, name, share,    n) {	# 0.5 = the median
	sort(kind SUBSEP name)
	n = samples[kind, name]
	return value[kind, name, int((n - 1) * share + 0.5) + 1] + 0
}
function short(x) { return sprintf(x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x) }
function met(ok) { return ok ? "met" : "**missed**" }

function get_row(title, name) {
	if (!has("get", name))
		return
	printf "| %s | %s | %s-%s | %s |\n", title, short(at("get", name, 0.5)),
		short(at("get", name, 0.1)), short(at("get", name, 0.9)),
		short(at("get", name, 0.5) / at("get", "store-1", 0.5))
}
function rate_row(title, name) {
	printf "| %s | %.0f | %.0f-%.0f | %s |\n", title, at("rate", name, 0.5),
		at("rate", name, 0.1), at("rate", name, 0.9),
		short(at("rate", name, 0.5) / at("rate", "store", 0.5))
}
function together_row(title, name, n,    key) {
	key = name "-" n
	printf "| %d, %s | %d | %d | %s |\n", n, title, at("acknowledged", key, 0.5),
		at("lost", key, 0.5), short(at("seconds", key, 0.5))
}
function target(what, limit, measured, ok) {
	printf "| %s | %s | %s | %s |\n", what, limit, measured, met(ok)
}

END {
	r1 = at("get", "ours-1", 0.5) / at("get", "store-1", 0.5)
	r2 = at("get", "ours-100000", 0.5) / at("get", "ours-1", 0.5)
	r3 = at("rate", "ours", 0.5) / at("rate", "store", 0.5)
	lost = at("lost", "ours-50", 0.5) + at("lost", "ours-200", 0.5)
	kept = at("acknowledged", "ours-50", 0.5) + at("acknowledged", "ours-200", 0.5)

	print "# What the credential helper costs\n"
	print "    make bench-credential\n"
	print "Whole processes, from spawn to exit, in random order in each of " \
		samples["get", "ours-1"] " rounds; git " value["note", "git", 1] ","
	print value["note", "cores", 1] " virtual cores. Ratios carry over to other machines, times do not.\n"
	print "| target | | measured | |\n|---|---|---|---|"
	target("`get` against git-credential-store with one entry", "<= 1", short(r1), r1 <= 1)
	target("`get` of 100,000 entries against one", "<= 1.1", short(r2), r2 <= 1.1)
	target("stores a second against git-credential-store, which syncs nothing", ">= 0.5",
	       short(r3), r3 >= 0.5)
	target("simultaneous stores, 50 and 200: acknowledged and lost", "0", lost " of " kept, lost == 0)

	print "\n| `get`, the last entry matches | ms, median | p10-p90 | against store with one |"
	print "|---|---|---|---|"
	get_row("a program that does nothing, static", "nothing-static")
	get_row("the same, dynamic", "nothing")
	get_row("**git-credential-aisearch**, 1 entry", "ours-1")
	get_row("1,000 entries", "ours-1000")
	get_row("100,000 entries", "ours-100000")
	get_row("git-credential-store, 1 entry", "store-1")
	get_row("1,000 entries", "store-1000")
	get_row("100,000 entries", "store-100000")
	get_row("git-credential-cache, daemon up", "cache")
	get_row("git-credential-libsecret, keyring unlocked", "libsecret")

	print "\n| stores, one after the other | each second | p10-p90 of parts | |"
	print "|---|---|---|---|"
	rate_row("a program that does nothing", "nothing")
	rate_row("**git-credential-aisearch**, each on disk when it ends", "ours")
	rate_row("git-credential-store, no sync", "store")

	print "\n| stores at once | acknowledged | of these lost | seconds |\n|---|---|---|---|"
	for (i = 1; i <= 2; i++) {
		n = i == 1 ? 50 : 200
		together_row("**git-credential-aisearch**, no vault yet", "ours", n)
		together_row("git-credential-store, 10,000 entries there", "store", n)
	}
	for (name in samples) {
		split(name, part, SUBSEP)
		if (part[1] == "note" && (part[2] == "cache" || part[2] == "libsecret"))
			print "\nSkipped: " value[name, 1] "."
	}
}
