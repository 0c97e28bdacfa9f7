# SPDX-License-Identifier: MIT
#
# cycles.awk -- a piece of nginx's log -> "cycle WALL-MS" for each full sweep in it,
# then "total REQUESTS STATS BAD CONNECTIONS NEW": requests, answered stats, other
# answers than 200, connections used, connections made.
#
#	awk -v n=N -v rtt=ROUND-TRIP-MS -f cycles.awk
#
# A sweep is over when N different instances have been answered; the next begins
# with the next request.  Wall is from the first request's arrival to the last
# answer's end, plus the round trip that these two spent on their way.

# Lines come in the order of the answers' ends.
{
	start = $1 - $2
	requests++
	if ($5 != 200)
		bad++
	if (!(($3) in connection))
		connections++
	connection[$3]
	if ($4 == 1)
		made++
	if (seen == 0 && !open) {
		from = start
		open = 1
	}
	if (start < from)
		from = start
	to = $1
	if ($6 ~ /\/stats$/ && $5 == 200) {
		stats++
		if (!($6 in have)) {
			have[$6]
			seen++
		}
	}
	if (seen == n) {
		printf "cycle %.1f\n", (to - from) * 1000 + rtt
		split("", have)
		seen = open = 0
	}
}

END { print "total", requests + 0, stats + 0, bad + 0, connections + 0, made + 0 }
