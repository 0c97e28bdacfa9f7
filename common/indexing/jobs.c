/* SPDX-License-Identifier: MIT */
#include "indexing/jobs.h"

#include <string.h>

enum job_end jobs_end_of(const char *reason)
{
	static const struct {
		const char *part;
		enum job_end end;
	} words[] = {
		{ "cancel", JOB_END_CANCELLED },
		{ "supersed", JOB_END_CANCELLED },
		{ "abort", JOB_END_CANCELLED },
		{ "fail", JOB_END_FAILED },
		{ "error", JOB_END_FAILED },
		{ "timeout", JOB_END_FAILED },
		{ "timed_out", JOB_END_FAILED },
		{ "invalid", JOB_END_FAILED },
		{ "not_found", JOB_END_FAILED },
		{ "unable", JOB_END_FAILED },	/* unable_to_read_source */
		{ "denied", JOB_END_FAILED },
	};

	for (size_t i = 0; reason && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(reason, words[i].part))
			return words[i].end;
	return JOB_END_DONE;
}

static void take(struct snapshot_jobs *jobs, const struct job *job)
{
	const struct instant *start = &job->started_at, *end = &job->ended_at;

	if (start->known && (!jobs->started_at.known || start->unix_s > jobs->started_at.unix_s))
		jobs->started_at = *start;
	if (!end->known) {
		jobs->running.value++;
		return;
	}
	if (jobs->last_ended_at.known && end->unix_s <= jobs->last_ended_at.unix_s)
		return;
	jobs->last_ended_at = *end;
	jobs->last_end = jobs_end_of(job->end_reason);
	jobs->last_duration_s = (struct count){ 0 };
	if (start->known && end->unix_s >= start->unix_s)
		jobs->last_duration_s = (struct count){ true, end->unix_s - start->unix_s };
}

int jobs_read(struct json_object *result, struct snapshot_jobs *out, struct err *err)
{
	struct snapshot_jobs jobs = { .known = true, .running.known = true };

	if (!json_object_is_type(result, json_type_array))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
			       json_type_to_name(json_object_get_type(result)));
	for (size_t i = 0; i < json_object_array_length(result); i++) {
		scoped_job struct job job = { 0 };

		if (job_decode(json_object_array_get_idx(result, i), &job, err) < 0)
			return -1;
		take(&jobs, &job);
	}
	*out = jobs;
	return 0;
}
