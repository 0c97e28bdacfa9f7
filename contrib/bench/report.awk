# SPDX-License-Identifier: MIT
#
# report.awk -- results.tsv (SIZE PEER METRIC VALUE, a line for each sample) -> the
# report in Markdown; with -v points=1 -> a block of lines for each peer, for plot.
# -v command=, -v long=, -v notes=FILE: what the report says.

{
	key = $1 SUBSEP $2 SUBSEP $3
	value[key, ++samples[key]] = $4
	if ($1 > 0 && $3 == "wall" && !($1 in known)) {
		known[$1]
		size[++sizes] = $1
	}
}

BEGIN {
	list = "ours minimal_plugin minimal script curl_json curl_json_hidden dispatch"
	peers = split(list, peer, " ")
	title["ours"] = "aisearch.so"
	title["minimal_plugin"] = "minimal client as a plugin"
	title["minimal"] = "minimal client, a program"
	title["script"] = "script: curl --parallel, one jq"
	title["curl_json"] = "curl_json, 5 read threads"
	title["curl_json_hidden"] = "curl_json, /etc/ssl/certs hidden"
	title["dispatch"] = "collectd alone, same values"
	FULL = 5000
}

# --- samples -----------------------------------------------------------------

function sort(key,    i, j, v) {	# once; they are few
	if (key in sorted)
		return samples[key]
	for (i = 2; i <= samples[key]; i++) {
		v = value[key, i]
		for (j = i - 1; j > 0 && value[key, j] + 0 > v + 0; j--)
			value[key, j + 1] = value[key, j]
		value[key, j + 1] = v
	}
	sorted[key]
	return samples[key]
}

function has(n, p, metric) {
	return samples[n, p, metric] > 0
}
function median(n, p, metric,    count, key) {
	key = n SUBSEP p SUBSEP metric
	count = sort(key)
	return (value[key, int((count + 1) / 2)] + value[key, int(count / 2) + 1]) / 2
}
function lowest(n, p, metric) {
	sort(n SUBSEP p SUBSEP metric)
	return value[n, p, metric, 1] + 0
}
function highest(n, p, metric,    count) {
	count = sort(n SUBSEP p SUBSEP metric)
	return value[n, p, metric, count] + 0
}
function ratio(n, metric, a, b) {
	return median(n, a, metric) / median(n, b, metric)
}
function full(metric) {		# ours of 5,000, one sample
	return median(FULL, "ours", metric)
}

# --- words -------------------------------------------------------------------

function short(x) {
	return sprintf(x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x)
}
function spread(n, p, metric) {
	if (!has(n, p, metric))
		return "--"
	return short(median(n, p, metric)) " (" short(lowest(n, p, metric)) ".." \
		short(highest(n, p, metric)) ")"
}
function comma(n) {
	return n >= 1000 ? int(n / 1000) "," sprintf("%03d", n % 1000) : n
}
function join(text, more) {
	return text (text == "" ? "" : " / ") more
}

# --- the targets ---------------------------------------------------------------

function row(what, target, measured, ok) {
	printf "| %s | %s | %s | %s |\n", what, target, measured, ok ? "met" : "**missed**"
}

# The ratio of two medians, at each of the sizes that was run.
function ratio_row(what, metric, against, limit, at,    i, n, p, count, text, r, worst, which) {
	count = split(at, n, " ")
	for (i = 1; i <= count; i++) {
		p = against
		if (p == "curl_json" && !has(n[i], p, metric))
			p = "curl_json_hidden"
		if (!has(n[i], "ours", metric) || !has(n[i], p, metric))
			continue
		r = ratio(n[i], metric, "ours", p)
		worst = r > worst ? r : worst
		text = join(text, sprintf(r < 1 ? "%.3f" : "%.2f", r))
		which = join(which, comma(n[i]))
	}
	if (text)
		row(what ", N = " which, "<= " limit, text, worst <= limit)
}

function memory_row(    mb) {
	mb = (full("rss") - median(FULL, "dispatch", "rss")) / 1024
	row("RSS at 5,000 above collectd alone dispatching the same values", "<= 12 MB",
	    sprintf("%.1f MB", mb), mb <= 12)
}

# The same with the default RequestRate: no more handles than its few requests need.
function paced_memory_row(    mb) {
	mb = (full("paced_rss") - median(FULL, "dispatch", "paced_rss")) / 1024
	row("the same at the default RequestRate; against one that lets the queue drain, too",
	    "<= 12 MB; --", sprintf("%.1f; %.1f MB", mb,
	    (full("paced_rss") - median(FULL, "dispatch_moments", "paced_rss")) / 1024), mb <= 12)
}

function connection_rows(    i, n, start, warm, bad) {
	for (i = 1; i <= sizes; i++) {
		n = size[i]
		if (!has(n, "ours", "conn_start"))
			continue
		start = join(start, highest(n, "ours", "conn_start"))
		warm = join(warm, highest(n, "ours", "conn_warm"))
		if (highest(n, "ours", "conn_start") != 1 || highest(n, "ours", "conn_warm") > 0)
			bad = 1
	}
	if (start)
		row("connections at start; new in a warm sweep; at every N", "1; 0",
		    start "; " warm, !bad)
	if (!has(100, "ours", "conn_idle"))
		return
	row("new connections at an interval of " median(100, "ours", "idle_s") " s" \
	    (long ? "" : " (130 s: BENCH_LONG=1)"), "0",
	    highest(100, "ours", "conn_idle"), highest(100, "ours", "conn_idle") == 0)
}

function goaway_row(    lost, used) {
	lost = highest(FULL, "ours", "goaway_lost")
	used = highest(FULL, "ours", "goaway_conn")
	row("a server that ends connections after 1,000 requests, N = 5,000: values lost /" \
	    " connections", "0 / <= 7", lost " / " used, lost == 0 && used <= 7)
}

function descriptor_rows(    i, most, text) {
	for (i = 1; i <= sizes; i++) {
		if (!has(size[i], "ours", "fds"))
			continue
		text = join(text, highest(size[i], "ours", "fds"))
		if (highest(size[i], "ours", "fds") > most)
			most = highest(size[i], "ours", "fds")
	}
	if (text)
		row("descriptors of the daemon at every N (idle: " highest(0, "idle", "fds") ")",
		    "<= 10", text, most <= 10)
	if (has(FULL, "ours", "wall"))
		row("sweeps of 5,000 under `ulimit -n 1024`: requests without an answer", "0",
		    highest(FULL, "ours", "bad"), highest(FULL, "ours", "bad") == 0)
}

function steady_rows(    s, seen) {
	s = full("steady_interval")
	row("steady state, N = 5,000, every " s " s for " full("steady_seconds") " s: refusals",
	    "0", full("steady_429"), full("steady_429") == 0)
	row("requests in any 5 minutes", "<= RequestBudget = " comma(full("steady_budget")),
	    comma(full("steady_in_300")), full("steady_in_300") <= full("steady_budget"))
	row("requests in any second", "<= RequestRate = 100",
	    full("steady_in_1"), full("steady_in_1") <= 100)
	seen = lowest(FULL, "ours", "steady_delay") >= 0
	row("an instance begins to index, until a published value tells, " \
	    samples[FULL, "ours", "steady_delay"] " times", "all seen",
	    !seen ? "not all" : sprintf("median %.1f, worst %.1f intervals",
		    full("steady_delay") / s, highest(FULL, "ours", "steady_delay") / s), seen)
}

function targets() {
	print "| | target | measured | |\n|---|---|---|---|"
	ratio_row("wall against the minimal program", "wall", "minimal", 1.15, "100 1000")
	ratio_row("wall against curl_json", "wall", "curl_json", 0.12, "100 1000")
	ratio_row("CPU against the minimal plugin", "cpu", "minimal_plugin", 1.3, "100 1000 5000")
	ratio_row("CPU against curl_json", "cpu", "curl_json", 0.33, "100 1000 5000")
	if (has(FULL, "ours", "rss") && has(FULL, "dispatch", "rss"))
		memory_row()
	if (has(FULL, "ours", "paced_rss"))
		paced_memory_row()
	connection_rows()
	if (has(FULL, "ours", "goaway_lost"))
		goaway_row()
	if (has(100, "ours", "cycles_slowest_ms"))
		row("300 back-to-back cycles of 100 without latency: slowest (median " \
		    short(median(100, "ours", "cycles_median_ms")) " ms)", "<= 100 ms",
		    short(highest(100, "ours", "cycles_slowest_ms")) " ms",
		    highest(100, "ours", "cycles_slowest_ms") <= 100)
	descriptor_rows()
	if (has(100, "ours", "read_longest_ms"))
		row("a read callback's longest stay of " highest(100, "ours", "read_reads") \
		    ", API hanging", "< 5 ms", short(highest(100, "ours", "read_longest_ms")) " ms",
		    highest(100, "ours", "read_longest_ms") < 5)
	if (has(FULL, "ours", "steady_429"))
		steady_rows()
}

# --- the numbers ---------------------------------------------------------------

function connections(n, p) {
	if (p == "dispatch")
		return "0 / 0"
	return highest(n, p, "conn_start") " / " (has(n, p, "conn_warm") ? highest(n, p, "conn_warm") : "--")
}

function numbers(n,    i, p) {
	printf "\n### N = %s\n\n", comma(n)
	print "| | wall, ms | CPU, ms a sweep | RSS, MB | connections: start / new | descriptors |"
	print "|---|---|---|---|---|---|"
	for (i = 1; i <= peers; i++) {
		p = peer[i]
		if (!has(n, p, "cpu"))
			continue
		printf "| %s | %s | %s | %s | %s | %s |\n", title[p],
			spread(n, p, "wall"), spread(n, p, "cpu"),
			has(n, p, "rss") ? sprintf("%.1f", median(n, p, "rss") / 1024) : "--",
			connections(n, p), has(n, p, "fds") ? highest(n, p, "fds") : "--"
	}
}

function hard_cases() {
	printf "\n### Hard cases, N = 5,000\n\n"
	if (has(FULL, "minimal", "goaway_lost"))
		print "- The minimal client, which repeats nothing, loses " \
			int(median(FULL, "minimal", "goaway_lost")) \
			" of 5,000 answers to the server that ends\n  connections after 1,000 requests."
	if (!has(FULL, "ours", "steady_429"))
		return
	print "- Steady state: " comma(full("steady_requests")) " requests in " \
		full("steady_seconds") " s, at most " full("steady_in_1") " in a second and " \
		comma(full("steady_in_25")) " in 25 s,"
	printf "  over %d connection%s; %d answers that were neither good nor 429; %.1f MB, %d descriptors.\n",
		full("steady_conn"), full("steady_conn") == 1 ? "" : "s", full("steady_other"),
		full("steady_rss") / 1024, full("steady_fds")
	if (has(FULL, "ours", "age_max"))
		printf "  Ages of what is published at its end: median %d s, p95 %d s, worst %d s.\n",
			full("age_median"), full("age_p95"), full("age_max")
	if (!long) {
		print "- It is twelve times faster than life: an interval of 5 s for 60 s, a budget of 7,200 for"
		print "  600 and limits of 14,400 for 1,200 in 300 s; that of 200 in a second is the real one."
		print "  It does not fill the budget's window; `BENCH_LONG=1` is in real time, and does."
	}
}

function tell_notes(    i, n, line, wall, cpu) {
	for (i = 1; i <= sizes; i++) {
		n = size[i]
		if (!has(n, "script", "wall") || !has(n, "ours", "wall"))
			continue
		wall = join(wall, sprintf("%.1f", ratio(n, "wall", "script", "ours")))
		cpu = join(cpu, sprintf("%.1f", ratio(n, "cpu", "script", "ours")))
	}
	while ((getline line <notes) > 0) {
		if (line ~ /SPDX/)
			continue
		sub(/@CORES@/, median(0, "run", "cores"), line)
		sub(/@SECONDS@/, median(0, "run", "seconds"), line)
		sub(/@WALL@/, wall ? wall : "--", line)
		sub(/@CPU@/, cpu ? cpu : "--", line)
		print line
	}
}

# --- the picture -----------------------------------------------------------------

function point(n, p, metric, unit) {
	return has(n, p, metric) ? median(n, p, metric) / unit : "-"
}

function all_points(    i, k, p) {
	for (i = 1; i <= peers; i++) {
		p = peer[i]
		printf "\"%s\"\n", title[p]
		for (k = 1; k <= sizes; k++)
			print size[k], p == "dispatch" ? "-" : point(size[k], p, "wall", 1),
				point(size[k], p, "cpu", 1), point(size[k], p, "rss", 1024)
		print "\n"
	}
}

END {
	if (points) {
		if (sizes)
			all_points()
		exit
	}
	print "# What polling an account costs\n"
	printf "    %s\n\n", command
	print "One warm sweep of the stats of all instances. Ratios of medians first: they carry over to"
	print "other machines, times do not.\n"
	targets()
	if (sizes)
		print "\n![cost against the number of instances](poller.png)"
	for (i = 1; i <= sizes; i++)
		numbers(size[i])
	if (has(FULL, "minimal", "goaway_lost") || has(FULL, "ours", "steady_429"))
		hard_cases()
	tell_notes()
}
