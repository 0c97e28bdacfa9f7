/* SPDX-License-Identifier: MIT */
#include "progress.h"

#define WIDTH_ON_TERMINAL 79
#define WIDTH_ELSEWHERE 200

void progress_upload(struct progress *p, struct progress_folder *f, const char *label,
		     const struct upload_progress *now)
{
	int64_t done = (int64_t)(now->done + now->skipped + now->failed);
	int64_t at = clock_mono_ms(p->clock);
	struct progress_view v = { .label = label, .done = done, .total = (int64_t)now->files,
				   .errors = (int64_t)now->failed, .bar = p->terminal,
				   .width = p->terminal ? WIDTH_ON_TERMINAL : WIDTH_ELSEWHERE };
	int percent = now->files ? (int)(100 * done / (int64_t)now->files) : 100;
	char text[256];

	if (f->label != label)
		*f = (struct progress_folder){ .label = label, .began_ms = at,
					       .last_percent = -PROGRESS_STEP };
	if (now->files == 0 || (!p->terminal && percent < f->last_percent + PROGRESS_STEP &&
				percent < 100))
		return;
	if (at > f->began_ms)
		v.per_second = (double)(now->done + now->failed) * 1000 / (double)(at - f->began_ms);
	progress_format(&v, text, sizeof(text));
	f->last_percent = percent;
	if (p->terminal)
		progress_note(p, "%s", text);
	else
		progress_line(p, "%s", text);
}

void progress_upload_waits(struct progress *p, int64_t ms)
{
	progress_line(p, "the rate limit is nearly used up: waiting %lld s",
		      (long long)((ms + 999) / 1000));
}
