/* SPDX-License-Identifier: MIT */
#include "events_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "snapshots.h"

#define WALL_START (1000 * 86400)	/* day 1000 */
#define IDS 26

struct stage {			/* one table being played */
	struct events *events;
	int64_t taken_at;
	int64_t fresh_at[IDS];
	char told[512];
};

static struct count *count_of(struct stats *s, char letter)
{
	switch (letter) {
	case 'q': return &s->queued;
	case 'r': return &s->running;
	case 'c': return &s->completed;
	case 'e': return &s->error;
	case 's': return &s->skipped;
	case 'o': return &s->outdated;
	default:  return NULL;
	}
}

void set_all(struct stats *s, bool known)
{
	for (const char *l = "qrceso"; *l; l++)
		*count_of(s, *l) = (struct count){ known, 0 };
}

static void set_job(struct snapshot_jobs *j, const char *text)
{
	static const char *const words[] = { "none", "done", "cancelled", "failed" };

	j->known = true;
	for (int i = 0; i < 4; i++)
		if (!strncmp(text, words[i], strlen(words[i])))
			j->last_end = (enum job_end)i;
	if (strchr(text, '@'))
		j->last_ended_at = (struct instant){ true, atoll(strchr(text, '@') + 1) };
}

static void instance_word(struct stage *g, struct snapshot_instance *i, const char *w)
{
	if (!strcmp(w, "degraded")) {
		i->stats.degraded = true;
		set_all(&i->stats, false);
	} else if (!strcmp(w, "only")) {
		set_all(&i->stats, false);
	} else if (!strcmp(w, "paused")) {
		i->paused = (struct flag){ true, true };
	} else if (!strcmp(w, "old")) {
		i->fresh_at = g->fresh_at[i->id[0] - 'a'];
	} else if (!strcmp(w, "nostats")) {
		i->has_stats = false;
	} else if (!strcmp(w, "stirred")) {
		i->stirred = true;
	} else if (!strcmp(w, "listed-busy")) {
		i->indexing = (struct flag){ true, true };
	} else if (!strncmp(w, "job=", 4)) {
		set_job(&i->jobs, w + 4);
	} else if (count_of(&i->stats, w[0])) {
		*count_of(&i->stats, w[0]) = (struct count){ true, atoll(w + 1) };
	} else {
		unit_note("no such word: '%s'", w);
		CU_ASSERT(false);
	}
}

/* What the roster makes of it: see roster_put_stats(). */
static void conclude(struct stage *g, struct snapshot_instance *i)
{
	const struct stats *s = &i->stats;

	g->fresh_at[i->id[0] - 'a'] = i->fresh_at;
	if (!i->has_stats || !s->queued.known || !s->running.known)
		return;
	i->indexing = (struct flag){ true, s->queued.value > 0 || s->running.value > 0 };
	i->errors = s->error;
}

static void account_word(struct stage *g, struct snapshot *s, const char *w)
{
	if (w[0] == '+')
		g->taken_at += (atoll(w + 1) - 60) * 1000;
	else if (!strcmp(w, "down"))
		s->up = false;
	else if (!strcmp(w, "refused"))
		s->up = !(s->refused = true);
	else if (!strcmp(w, "unlisted"))
		s->listed = false;
	else if (!strncmp(w, "token=", 6)) {
		s->token = (struct snapshot_token){ .known = true, .active = true };
		if (strcmp(w + 6, "never"))
			s->token.expires_on = (struct instant){ true, atoll(w + 6) * 86400 };
	} else if (!strcmp(w, "inactive"))
		s->token.active = false;
	else
		CU_ASSERT(false);
}

static struct snapshot *snapshot_of(struct stage *g, const char *text)
{
	struct snapshot *s = snapshot_new();
	struct snapshot_instance *i = NULL;
	char copy[256], *rest = copy;
	bool account = false, first = true;

	s->up = s->listed = true;
	s->instances = calloc(IDS, sizeof(*s->instances));
	g->taken_at += 60 * 1000;
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word; (word = strsep(&rest, " "));) {
		bool last = strchr(word, ';');

		word[strcspn(word, ";")] = '\0';
		if (first && *word) {
			account = *word == '@';
			if (!account) {
				i = &s->instances[s->count++];
				snprintf(i->id, sizeof(i->id), "%s", word);
				snprintf(i->namespace, sizeof(i->namespace), "default");
				i->has_stats = true;
				i->fresh_at = g->taken_at;
				i->paused.known = true;
				set_all(&i->stats, true);
			}
		} else if (*word && account) {
			account_word(g, s, word);
		} else if (*word) {
			instance_word(g, i, word);
		}
		first = last;
	}
	s->taken_at = g->taken_at;
	for (size_t k = 0; k < s->count; k++)
		conclude(g, &s->instances[k]);
	return s;
}

static void write_event(void *ctx, const struct event *e)
{
	static const char *const words[] = {
		[EVENT_API_DOWN] = "down", [EVENT_API_UP] = "up",
		[EVENT_TOKEN_REFUSED] = "refused", [EVENT_TOKEN_ACCEPTED] = "accepted",
		[EVENT_TOKEN_EXPIRES] = "expires", [EVENT_TOKEN_RENEWED] = "renewed",
		[EVENT_APPEARED] = "appeared", [EVENT_DISAPPEARED] = "disappeared",
		[EVENT_STARTED] = "started", [EVENT_FINISHED] = "finished",
		[EVENT_STALLED] = "stalled", [EVENT_RESUMED] = "resumed",
		[EVENT_ERRORS] = "errors", [EVENT_ERRORS_GONE] = "errors-gone",
		[EVENT_DEGRADED] = "degraded", [EVENT_RESTORED] = "restored",
		[EVENT_PAUSED] = "paused", [EVENT_UNPAUSED] = "unpaused",
		[EVENT_JOB_FAILED] = "job-failed", [EVENT_JOB_DONE] = "job-done",
	};
	struct stage *g = ctx;
	char *out = g->told + strlen(g->told);
	size_t room = sizeof(g->told) - strlen(g->told);
	int n = 0;

	CU_ASSERT_PTR_NOT_NULL(e->after);
	if (e->instance)
		CU_ASSERT_STRING_EQUAL(e->instance->namespace, "default");
	n += snprintf(out + n, room - (size_t)n, "%s%s%s%s", *g->told ? ", " : "",
		      e->instance ? e->instance->id : "", e->instance ? " " : "", words[e->kind]);
	if (e->many)
		n += snprintf(out + n, room - (size_t)n, " %zu (%s)", e->many, e->first);
	if (e->kind == EVENT_TOKEN_EXPIRES)
		n += snprintf(out + n, room - (size_t)n, " %d", e->days_left);
	if (e->items.known)
		n += snprintf(out + n, room - (size_t)n, " %lld", (long long)e->items.value);
	if (e->duration_s.known)
		n += snprintf(out + n, room - (size_t)n, " %llds", (long long)e->duration_s.value);
	if (e->new_errors)
		n += snprintf(out + n, room - (size_t)n, " +%lld", (long long)e->new_errors);
}

void play_with(const struct events_config *config, const struct step *steps)
{
	struct stage g = { .events = events_new(config), .taken_at = 1000 };
	struct err err = { 0 };

	for (const struct step *s = steps; s->snapshot; s++) {
		scoped_snapshot struct snapshot *snapshot = snapshot_of(&g, s->snapshot);

		g.told[0] = '\0';
		CU_ASSERT_EQUAL(events_observe(g.events, snapshot, WALL_START + g.taken_at / 1000,
					       write_event, &g, &err), 0);
		if (strcmp(g.told, s->told))
			unit_note("step %td, '%s':", s - steps, s->snapshot);
		UNIT_STR(g.told, s->told);
	}
	events_free(g.events);
}
