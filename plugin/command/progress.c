/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/err.h"

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

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

void progress_end(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}

__attribute__((format(printf, 1, 0)))
static void show(const char *fmt, va_list ap, const char *end, int width)
{
	char text[1024], shown[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	/* Escaped text may be wide; bytes are an upper bound of its columns. */
	escape_text(shown, width > 0 && (size_t)width < sizeof(shown) ? (size_t)width : sizeof(shown),
		    text, strlen(text));
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

void progress_format(const struct progress_view *v, char *out, size_t size)
{
	char numbers[160], rate[80] = "", left[48] = "", errors[48] = "", bar[BAR_LONGEST + 1];
	double fraction = v->total > 0 ? (double)v->done / (double)v->total : 0;

	if (v->total < 0) {
		snprintf(out, size, "%s: counts not known at the moment", v->label);
		return;
	}
	if (v->total == 0) {
		snprintf(out, size, "%s: nothing queued yet", v->label);
		return;
	}
	if (v->errors > 0)
		snprintf(errors, sizeof(errors), ", %lld with errors", (long long)v->errors);
	if (v->per_second > 0) {
		if (v->done < v->total) {
			left[0] = ',';
			left[1] = ' ';
			add_time(left + 2, sizeof(left) - 2,
				 (double)(v->total - v->done) / v->per_second);
		}
		snprintf(rate, sizeof(rate), v->per_second < 10 ? ", %.1f/s%s" : ", %.0f/s%s",
			 v->per_second, left);
	}
	snprintf(numbers, sizeof(numbers), "%3d%% %lld/%lld%s%s", (int)(100 * fraction),
		 (long long)v->done, (long long)v->total, errors, rate);
	int cells = v->width - (int)strlen(v->label) - (int)strlen(numbers) - 6;
	if (v->bar && cells >= 5) {
		add_bar(bar, sizeof(bar), fraction, cells > BAR_LONGEST ? BAR_LONGEST : cells);
		snprintf(out, size, "%s [%s] %s", v->label, bar, numbers);
	} else {
		snprintf(out, size, "%s: %s", v->label, numbers + strspn(numbers, " "));
	}
	if (v->bar && v->width > 1 && strlen(out) >= (size_t)v->width)
		out[v->width - 1] = '\0';
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
