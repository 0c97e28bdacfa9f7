/* SPDX-License-Identifier: MIT */
#include "indexing/poller.h"

#include <string.h>

#include "indexing/fetch.h"
#include "indexing/listing.h"
#include "indexing/roster.h"

struct poller {
	struct poller_config config;
	struct client *paths;		/* knows the paths; sends nothing */
	struct fetch fetch;
	struct secret *token;
	struct roster roster;
	bool listed;
	size_t pages;			/* of the last list */
	int64_t listed_at;
	bool earned;			/* there was a cycle before */
	int64_t earned_at, credit;	/* schedule_earn() */
	struct err blocked;		/* the 429 that closed the budget */
	pthread_mutex_t lock;		/* of latest */
	struct snapshot *latest;
};

struct cycle {			/* what one cycle learns on its way */
	struct poller *p;
	struct err first;	/* its first error */
	bool failed;		/* the API could not be read */
	size_t good, bad;	/* stats answers */
};

static void note(struct cycle *c, const struct err *err)
{
	if (c->first.kind == ERR_NONE)
		c->first = *err;
	if (err->status == 429)
		c->p->blocked = *err;
}

static int list_instances(struct cycle *c, struct err *err)
{
	struct poller *p = c->p;
	SCOPED(listing_clear) struct listing l = { .fetch = &p->fetch, .paths = p->paths,
						   .instances = p->config.instances };

	if (listing_read(&l, err) < 0)
		return -1;
	if (l.bad_row.kind != ERR_NONE)
		note(c, &l.bad_row);
	if (!l.whole)	/* the budget did not allow it: no list, but no failure either */
		return 0;
	p->pages = l.pages;
	p->listed = true;
	p->listed_at = clock_mono_ms(p->config.clock);
	return roster_merge(&p->roster, &l.found, p->pages == 1, p->listed_at, err);
}

/* --- stats ----------------------------------------------------------------- */

struct sweep {
	struct cycle *cycle;
	struct schedule_item *items;
	bool *gone;		/* by roster index: deleted between list and stats */
};

static void stats_path(void *ctx, size_t i, struct buf *path)
{
	struct sweep *s = ctx;
	struct poller *p = s->cycle->p;

	client_add_instance(p->paths, p->roster.rows[s->items[i].index].known.id, path);
	buf_adds(path, "/stats");
}

static void stats_done(void *ctx, size_t i, struct envelope *e, const struct err *err)
{
	struct sweep *s = ctx;
	struct poller *p = s->cycle->p;
	struct roster_row *row = &p->roster.rows[s->items[i].index];
	struct err why = *err;
	struct stats stats;

	if (e && stats_decode(e->result, &stats, &why) == 0) {
		roster_put_stats(row, &stats, clock_mono_ms(p->config.clock));
		s->cycle->good++;
		return;
	}
	if (!e && why.status == 404) {
		s->gone[s->items[i].index] = true;
		s->cycle->good++;	/* an answer like any other */
		return;
	}
	s->cycle->bad++;
	err_context(&why, "stats of '%s'", row->known.id);
	note(s->cycle, &why);
}

static struct schedule_pace pace(const struct poller *p)
{
	return (struct schedule_pace){ .limit = p->fetch.window.limit,
				       .window_ms = p->fetch.window.window_ms,
				       .interval_ms = p->config.interval_ms,
				       .pages = p->pages ? p->pages : 1 };
}

/* How many stats the time since the last cycle pays for. */
static size_t share(struct poller *p, int64_t now)
{
	struct schedule_pace pc = pace(p);

	p->credit = schedule_earn(&pc, p->earned ? p->credit : schedule_burst(&pc),
				  p->earned ? now - p->earned_at : p->config.interval_ms);
	p->earned = true;
	p->earned_at = now;
	return (size_t)(p->credit / SCHEDULE_REQUEST);
}

static int fetch_stats(struct cycle *c, struct err *err)
{
	struct poller *p = c->p;
	struct roster *r = &p->roster;
	scoped_free struct schedule_item *items = calloc(r->count + 1, sizeof(*items));
	scoped_free bool *gone = calloc(r->count + 1, sizeof(*gone));
	struct sweep s = { .cycle = c, .items = items, .gone = gone };
	size_t sent;

	if (!items || !gone)
		return err_nomem(err);
	for (size_t i = 0; i < r->count; i++)
		items[i] = (struct schedule_item){ .class = roster_class(&r->rows[i]),
						   .stats_at = r->rows[i].known.stats_at,
						   .index = i };
	size_t count = schedule_order(items, r->count, share(p, clock_mono_ms(p->config.clock)));
	struct fetch_batch batch = { .count = count, .path = stats_path, .done = stats_done,
				     .ctx = &s };
	int result = fetch_all(&p->fetch, &batch, &sent, err);
	p->credit -= (int64_t)sent * SCHEDULE_REQUEST;
	for (size_t i = r->count; i-- > 0;)
		if (gone[i])
			roster_remove(r, i);
	return result;
}

/* --- one cycle ------------------------------------------------------------- */

static bool list_due(const struct poller *p, int64_t now)
{
	struct schedule_pace pc = pace(p);

	/* half an interval of slack: cycles do not start to the millisecond */
	return !p->listed ||
	       now - p->listed_at >= schedule_list_period_ms(&pc) - p->config.interval_ms / 2;
}

static int get_token(struct poller *p, struct err *err)
{
	if (p->token)
		return 0;
	if (p->config.token(p->config.token_ctx, &p->token, err) < 0)
		return -1;
	if (secret_check_token(p->token, err) < 0) {
		secret_free(p->token);
		p->token = NULL;
		return -1;
	}
	return 0;
}

static int read_api(struct cycle *c, struct err *err)
{
	struct poller *p = c->p;
	int64_t now = clock_mono_ms(p->config.clock);

	if (budget_blocked(&p->fetch.window, now)) {
		if (p->blocked.kind != ERR_NONE)
			*err = p->blocked;
		else
			err_set(err, ERR_LIMIT, "waiting, because the API said 429");
		return -1;
	}
	if (get_token(p, err) < 0)
		return -1;
	p->fetch.token = p->token;
	if (list_due(p, now) && list_instances(c, err) < 0)
		return -1;
	return fetch_stats(c, err);
}

static int publish(struct poller *p, const struct cycle *c, struct err *err)
{
	scoped_snapshot struct snapshot *s = snapshot_new();
	struct snapshot *old;

	if (!s)
		return err_nomem(err);
	s->taken_at = clock_mono_ms(p->config.clock);
	/* nothing asked (no budget, nothing due) is no news */
	s->up = !c->failed && (p->fetch.answers > 0 || !p->latest || p->latest->up);
	s->listed = p->listed;
	s->requests = p->fetch.requests;
	memcpy(s->codes, p->fetch.codes, sizeof(s->codes));
	s->code_count = p->fetch.code_count;
	s->has_response_time = p->fetch.answers > 0;
	if (s->has_response_time)
		s->response_time_s = p->fetch.seconds / (double)p->fetch.answers;
	s->ratelimit_remaining = p->fetch.remaining;
	s->last_error = c->first;
	if (roster_publish(&p->roster, s, err) < 0)
		return -1;
	pthread_mutex_lock(&p->lock);
	old = p->latest;
	p->latest = snapshot_ref(s);
	pthread_mutex_unlock(&p->lock);
	snapshot_unref(old);
	if (p->config.published)
		p->config.published(p->config.published_ctx, s);
	return 0;
}

int poller_cycle(struct poller *p, struct err *err)
{
	struct cycle c = { .p = p };
	struct err why = { 0 };

	fetch_begin(&p->fetch);
	if (read_api(&c, &why) < 0) {
		note(&c, &why);
		c.failed = true;
	}
	if (fetch_stopped(&p->fetch))
		return err_set(err, ERR_CANCELLED, "stopped on request");
	if (p->fetch.refused) {
		secret_free(p->token);	/* a rotated one may be there next time */
		p->token = NULL;
		p->fetch.token = NULL;
		c.failed = true;
	}
	if (c.bad > 0 && c.good == 0)
		c.failed = true;
	if (publish(p, &c, err) < 0)
		return -1;
	*err = c.first;
	return c.failed ? -1 : 0;
}

void poller_run(struct poller *p)
{
	while (!fetch_stopped(&p->fetch)) {
		int64_t start = clock_mono_ms(p->config.clock);
		struct err err = { 0 };

		poller_cycle(p, &err);	/* its errors are in the snapshot */
		fetch_sleep_ms(&p->fetch,
			       start + p->config.interval_ms - clock_mono_ms(p->config.clock));
	}
}

void poller_stop(struct poller *p)
{
	fetch_stop(&p->fetch);
}

struct snapshot *poller_snapshot(struct poller *p)
{
	struct snapshot *s;

	pthread_mutex_lock(&p->lock);
	s = p->latest ? snapshot_ref(p->latest) : NULL;
	pthread_mutex_unlock(&p->lock);
	return s;
}

/* --- life ------------------------------------------------------------------ */

static int setup(struct poller *p, const struct poller_config *config, struct err *err)
{
	struct client_config paths = { .base_url = config->base_url, .account = config->account,
				       .namespace = config->namespace, .flat = config->flat };
	struct fetch_config fetch = { .http = &config->http, .clock = p->config.clock,
				      .timeout_ms = config->timeout_ms,
				      .budget = config->request_budget ? config->request_budget
								       : BUDGET_REQUESTS,
				      .rate = config->request_rate ? config->request_rate
								   : BUDGET_RATE };

	if (!config->account || !config->token || config->interval_ms < 1000)
		return err_set(err, ERR_CONFIG,
			       "a poller needs an account, a token and an interval of a second or more");
	if (client_new(&paths, &p->paths, err) < 0)
		return -1;
	fetch.base_url = client_base_url(p->paths);
	return fetch_init(&p->fetch, &fetch, err);
}

int poller_new(const struct poller_config *config, struct poller **out, struct err *err)
{
	struct poller *p = calloc(1, sizeof(*p));

	if (!p)
		return err_nomem(err);
	p->config = *config;
	p->config.clock = config->clock ? config->clock : &clock_system;
	if (setup(p, config, err) < 0) {
		client_free(p->paths);
		free(p);
		return -1;
	}
	/* copied above, by the rooms that need them */
	p->config.base_url = p->config.account = p->config.namespace = NULL;
	memset(&p->config.http, 0, sizeof(p->config.http));
	pthread_mutex_init(&p->lock, NULL);
	*out = p;
	return 0;
}

void poller_free(struct poller *p)
{
	if (!p)
		return;
	fetch_clear(&p->fetch);
	client_free(p->paths);
	secret_free(p->token);
	roster_clear(&p->roster);
	snapshot_unref(p->latest);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
