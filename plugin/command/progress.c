/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/err.h"
#include "output.h"

#define BAR_LONGEST 40

void progress_init(struct progress *p, const struct clock *clock)
{
	memset(p, 0, sizeof(*p));
	p->clock = clock;
	p->terminal = isatty(STDERR_FILENO);
	p->last_percent = -1;
}

static int window_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

void progress_end(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}

void progress_cut(char *text, int width)
{
	size_t n = strlen(text);

	while (n > 0 && text_width(text) > (width > 0 ? (size_t)width : 0)) {
		do
			n--;
		while (n > 0 && (text[n] & 0xc0) == 0x80);
		text[n] = '\0';
	}
}

/* In the last column some terminals wrap. */
static void shorten(char *text, int width)
{
	progress_cut(text, width - 1);
}

__attribute__((format(printf, 1, 0)))
static void show(const char *fmt, va_list ap, const char *end, int width)
{
	char text[1024], shown[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	escape_text(shown, sizeof(shown), text, strlen(text));
	if (width > 0)
		shorten(shown, width);
	fprintf(stderr, "%s%s", shown, end);
}

void progress_line(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	progress_end(p);
	va_start(ap, fmt);
	show(fmt, ap, "\n", 0);
	va_end(ap);
}

void progress_note(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	if (!p->terminal)
		return;
	progress_end(p);
	va_start(ap, fmt);
	show(fmt, ap, "", window_width());
	va_end(ap);
	p->drawn = true;
}

static void add_time(char *out, size_t size, double seconds)
{
	long s = seconds > 359999 ? 359999 : (long)(seconds + 0.5);

	if (s >= 3600)
		snprintf(out, size, "%ldh%02ldm left", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(out, size, "%ldm%02lds left", s / 60, s % 60);
	else
		snprintf(out, size, "%lds left", s);
}

static void add_bar(char *out, size_t size, double fraction, int cells)
{
	int full = (int)(fraction * cells);
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < cells && used + 1 < size; i++)
		out[used++] = i < full ? '#' : '.';
	out[used] = '\0';
}

/* What there is to say, the most important first; it ends where there is no more room. */
struct parts {
	char percent[16], counts[64], errors[48], rate[48], left[48];
};

static void fill_parts(const struct progress_view *v, struct parts *p)
{
	snprintf(p->percent, sizeof(p->percent), "%3d%%",
		 (int)(100.0 * (double)v->done / (double)v->total));
	snprintf(p->counts, sizeof(p->counts), " %lld/%lld", (long long)v->done,
		 (long long)v->total);
	if (v->errors > 0)
		snprintf(p->errors, sizeof(p->errors), ", %lld with errors", (long long)v->errors);
	if (v->per_second <= 0)
		return;
	snprintf(p->rate, sizeof(p->rate),
		 v->per_second < 10 ? ", %.1f/s" : ", %.0f/s", v->per_second);
	if (v->done < v->total) {
		strcpy(p->left, ", ");
		add_time(p->left + 2, sizeof(p->left) - 2,
			 (double)(v->total - v->done) / v->per_second);
	}
}

static void format_words(const struct progress_view *v, const char *words, char *out, size_t size)
{
	snprintf(out, size, "%s: %s", v->label, words);
	if (v->bar)
		shorten(out, v->width);
}

void progress_format(const struct progress_view *v, char *out, size_t size)
{
	struct parts p = { 0 };
	char *const by_worth[] = { p.left, p.rate, p.counts, p.errors };
	char numbers[sizeof(p)], bar[BAR_LONGEST + 1];
	size_t kept = 0;

	if (v->total < 0 || v->total == 0) {
		format_words(v, v->total < 0 ? "counts not known at the moment" : "nothing queued yet", out,
			     size);
		return;
	}
	fill_parts(v, &p);
	for (;;) {
		snprintf(numbers, sizeof(numbers), "%s%s%s%s%s", p.percent, p.counts,
			 p.errors, p.rate, p.left);
		const char *text = numbers + strspn(numbers, " ");
		int room = v->width - (int)text_width(v->label) - (int)strlen(numbers) - 6;

		if (v->bar && room >= 5) {
			add_bar(bar, sizeof(bar), (double)v->done / (double)v->total,
				room > BAR_LONGEST ? BAR_LONGEST : room);
			snprintf(out, size, "%s [%s] %s", v->label, bar, numbers);
			return;
		}
		snprintf(out, size, "%s: %s", v->label, text);
		if (!v->bar || text_width(out) < (size_t)v->width)
			return;
		if (kept == sizeof(by_worth) / sizeof(by_worth[0]))
			break;
		by_worth[kept++][0] = '\0';
	}
	/* the percentage is what it is all about: of the label as much as fits before it */
	char label[512];
	int room = v->width - (int)strlen(p.percent + strspn(p.percent, " ")) - 1;

	snprintf(label, sizeof(label), "%s", v->label);
	shorten(label, room > 0 ? room : 1);
	snprintf(out, size, "%s%s%s", label, *label ? " " : "", p.percent + strspn(p.percent, " "));
	shorten(out, v->width > 1 ? v->width : 2);
}

static bool worth_a_line(const struct progress *p, int percent, int64_t now)
{
	return p->last_percent < 0 || percent >= p->last_percent + PROGRESS_STEP ||
	       (percent == 100 && p->last_percent != 100) || now - p->last_ms >= PROGRESS_QUIET_MS;
}

void progress_stats(struct progress *p, const char *label, const struct stats *stats)
{
	struct count total = stats_total(stats);
	int64_t now = clock_mono_ms(p->clock);
	struct progress_view v = { .label = label, .total = -1, .bar = p->terminal };
	char text[512];

	if (total.known && !stats->degraded) {
		v.total = total.value;
		v.done = total.value - stats->queued.value - stats->running.value;
		v.errors = stats->error.value;
		if (!p->started) {
			p->started = true;
			p->first_ms = now;
			p->first_done = v.done;
		}
		if (now > p->first_ms)
			v.per_second = (double)(v.done - p->first_done) * 1000 /
				       (double)(now - p->first_ms);
	}
	v.width = window_width();
	progress_format(&v, text, sizeof(text));
	if (p->terminal) {
		progress_note(p, "%s", text);
		return;
	}
	int percent = v.total > 0 ? (int)(100 * v.done / v.total) : 0;
	if (!worth_a_line(p, percent, now))
		return;
	p->last_percent = percent;
	p->last_ms = now;
	progress_line(p, "%s", text);
}

bool progress_waits_on(struct progress *p, struct wait_outage *outage, struct err *err)
{
	bool told = outage->lasts;

	if (!wait_goes_on(outage, clock_mono_ms(p->clock), err))
		return false;
	if (!told)
		progress_line(p, "aisearch: %s; it waits on", err->what);
	*err = (struct err){ 0 };
	return true;
}
