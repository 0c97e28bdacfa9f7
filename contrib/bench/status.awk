# SPDX-License-Identifier: MIT
# status.awk -- the samples of `status` -> a report: medians, ranges, ratios.
$2 == "warm" { next }
{ sample[$1, $2, ++count[$1, $2]] = $3 + 0 }

function sorted(name, size,    i, j, t, n) {
	n = count[name, size]
	for (i = 1; i <= n; i++)
		v[i] = sample[name, size, i]
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] > v[j]; j--) {
			t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
		}
	return n
}
function median(name, size,    n) {
	n = sorted(name, size)
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
function ms(x) { return x < 10 ? sprintf("%.1f ms", x) : x < 10000 ? sprintf("%.0f ms", x) : sprintf("%.0f s", x / 1000) }
function range(name, size,    n) {
	n = sorted(name, size)
	return ms(v[1]) " .. " ms(v[n])
}
function line(size, name, label, factor, note,    m) {
	if (!count[name, size])
		return
	m = median(name, size) * factor
	printf "| %d | %s | %s | %s | %d | %.1f |\n", size, label, ms(m), \
		factor == 1 ? range(name, size) : note, count[name, size], m / median("ours", size)
}
END {
	print "### Start-up of an offline command\n"
	print "| command | median | range | samples |\n|---|---|---|---|"
	if (count["nothing", "start"])
		printf "| a C program that does nothing | %s | %s | %d |\n", ms(median("nothing", "start")), \
			range("nothing", "start"), count["nothing", "start"]
	printf "| `aisearch version` | %s | %s | %d |\n", ms(median("version", "start")), range("version", "start"), \
		count["version", "start"]
	printf "| `aisearch help status` | %s | %s | %d |\n", ms(median("help", "start")), range("help", "start"), \
		count["help", "start"]
	printf "\n### Counts of all instances, %d ms away, %d cores, curl %s\n\n", trip, cores, curl
	print "| instances | way | median | range | runs | times ours |\n|---|---|---|---|---|---|"
	n = split(sizes, size, " ")
	for (k = 1; k <= n; k++) {
		s = size[k]
		loop = s > 2 * most ? most : s
		line(s, "ours", "`aisearch status`, no limits", 1, "")
		line(s, "parallel", "`curl --parallel` + `jq`, no limits", 1, "")
		line(s, "loop-" loop, "loop of `curl` + `jq`", s / loop, "calculated from " loop)
		line(s, "wrangler", "`wrangler ai-search stats`", 1, "")
		line(s, "limited", "`aisearch status` as it comes, within the budget", 1, "")
	}
	print "\nNo limits: --budget and --rate 1000000; the API refuses such from 1,200 requests on. As it comes:"
	print "600 requests in 5 minutes, 100 in a second; of 5,000 instances that asks 550, and shows all."
	print "The curl ways ask the pages of the list one after the other, without order and without a limit."
	if (without != "" && without !~ /^-/)
		print "Without wrangler: " without "."
}
