/* SPDX-License-Identifier: MIT */
#include "indexing/ask.h"

#include "indexing/jobs.h"

void ask_add_path(const struct client *paths, enum snapshot_endpoint endpoint,
		  const struct roster_row *row, struct buf *path)
{
	client_add_instance(paths, row->known.id, path);
	if (endpoint == ENDPOINT_JOBS)
		buf_addf(path, "/jobs?page=1&per_page=%d", JOBS_PAGE);
	else
		buf_adds(path, "/stats");
}

int ask_take(enum snapshot_endpoint endpoint, const struct envelope *answer, int64_t sent_at,
	     struct roster_row *row, struct err *err)
{
	struct stats stats;
	struct snapshot_jobs jobs;

	if (endpoint == ENDPOINT_JOBS) {
		if (jobs_read(answer->result, &jobs, err) < 0)
			return -1;
		roster_put_jobs(row, &jobs);
		return 0;
	}
	if (stats_decode(answer->result, &stats, err) < 0)
		return -1;
	roster_put_stats(row, &stats, sent_at);
	return 0;
}
