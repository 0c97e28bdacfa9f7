/* SPDX-License-Identifier: MIT */
/* cmd_status.c -- how far the indexing has come: once, until its end, or for ever. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/instance.h"
#include "indexing/budget.h"
#include "output.h"
#include "status.h"

#define PATIENCE_MS 5000	/* for a budget that is closed for a moment: a 429's Retry-After */

const struct status_format status_formats[] = {
	{ "table", status_print_table, false, true },
	{ "json", status_print_json, false, true },
	{ "prometheus", status_print_prometheus, true, false },
	{ "influx", status_print_influx, true, true },
	{ "graphite", status_print_graphite, true, true },
	{ "zabbix", status_print_zabbix, true, true },
	{ "nagios", status_print_nagios, true, false },
	{ 0 },
};

static struct status_set set;

/* --- what was asked for ------------------------------------------------------ */

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static int check_name(const char *option, const char *text, const char *allowed, struct err *err)
{
	if (!text || (strspn(text, allowed) == strlen(text) && strlen(text) <= 200))
		return 0;
	err_set(err, ERR_USAGE, "--%s: '%.60s' has a character that cannot stand there", option, text);
	return err_hint(err, "letters, digits and %s", strchr(allowed, '.'));
}

/* Between two points, before the first or after the last there would be no name. */
static int check_path(const char *text, struct err *err)
{
	if (!text || (text[0] != '.' && text[strlen(text) - 1] != '.' && !strstr(text, "..")))
		return 0;
	return err_set(err, ERR_USAGE, "--prefix: '%.60s' has a level without a name", text);
}

static int check(const struct cli *cli, const struct status_format **format, struct err *err)
{
	const char *name = set.format ? set.format : cli->s.json ? "json" : "table";
	const struct status_format *f = status_formats;

	while (strcmp(f->name, name) != 0)
		f++;	/* it is one of them: the option's words */
	*format = f;
	if (cli->s.json && set.format && strcmp(name, "json") != 0)
		return err_set(err, ERR_USAGE, "--json and --format %s contradict each other", name);
	if (set.watch && set.wait)
		return err_set(err, ERR_USAGE, "--wait has an end, --watch has none: one of them");
	if (set.watch && !f->stream)
		return err_set(err, ERR_USAGE, "--format %s is one answer: not with --watch", name);
	if (set.interval_s && !set.watch)
		return err_set(err, ERR_USAGE, "--interval is for --watch");
	if ((set.warning_text || set.critical_text) && f->print != status_print_nagios)
		return err_set(err, ERR_USAGE, "--warning and --critical are for --format nagios");
	if (set.wait && f->print == status_print_nagios)
		return err_set(err, ERR_USAGE, "--wait and --format nagios have exit statuses of their own:"
			       " one of them");
	if (set.output && (set.watch || !f->when_unread))
		return err_set(err, ERR_USAGE, "--output is for one answer to a program: not with %s",
			       set.watch ? "--watch" : name);
	if (set.prefix && f->print != status_print_graphite)
		return err_set(err, ERR_USAGE, "--prefix is for --format graphite");
	if (set.host && f->print != status_print_zabbix)
		return err_set(err, ERR_USAGE, "--host is for --format zabbix");
	if (check_name("prefix", set.prefix, PLAIN, err) < 0 || check_path(set.prefix, err) < 0 ||
	    check_name("host", set.host, PLAIN " ", err) < 0 ||	/* Zabbix allows blanks */
	    status_limits_read(set.warning_text, "warning", &set.warning, err) < 0 ||
	    status_limits_read(set.critical_text, "critical", &set.critical, err) < 0)
		return -1;
	if (!set.interval_s)
		set.interval_s = 10;
	return 0;
}

/* --- the way through ----------------------------------------------------------- */

static void tell_unasked(const struct status_reader *r, const struct status *s)
{
	char closed[80];

	if (s->unasked == 0)
		return;
	snprintf(closed, sizeof(closed), "the next request may go out in %lld s",
		 (long long)(survey_refill_ms(r->survey) + 999) / 1000);
	progress_line(r->progress, "aisearch: status: %zu of %zu instances were not asked (shown as -): %d of the "
		      "budget's %d requests in 5 minutes are used, %s",
		      s->unasked, s->snapshot.count, s->snapshot.budget_used, s->snapshot.budget_limit,
		      closed);
	progress_line(r->progress, "  hint: --complete waits for all; --budget N allows more");
}

/* All that is to be known, before it is shown: an exit code, or -1. */
static int look(struct status_reader *r, const struct secret *token,
		const struct status_format *format, struct status *s, struct err *err)
{
	if (status_open(r, token, err) < 0 ||
	    status_read(r, set.complete ? INT64_MAX : PATIENCE_MS, s, err) < 0)
		return -1;
	progress_end(r->progress);
	return set.watch ? status_watch(r, format, s, err) :
	       set.wait ? status_wait(r, s, err) : EXIT_DONE;
}

/* To stdout or into --output: what print() makes of it, or -1. */
static int show(const struct status_format *format, const struct status *s, struct err *err)
{
	scoped_output_file struct output_file file = { 0 };
	int shown;

	if (set.output && output_file_begin(&file, set.output, err) < 0)
		return -1;
	shown = format->print(s, &set, err);
	return shown >= 0 && set.output && output_file_end(&file, err) < 0 ? -1 : shown;
}

/*
 * Programs are told that there is nothing to tell, whatever the reason: what they were told
 * before must not stay.  Who interrupts sees it; a file's reader does not.
 */
static int show_unread(const struct status_reader *r, const struct status_format *format,
		       struct status *s, struct err *err)
{
	struct err why = { 0 };
	int shown;

	if (!format->when_unread || (err->kind == ERR_CANCELLED && !set.output))
		return -1;
	status_unread(r, s, err);
	shown = show(format, s, &why);
	if (shown < 0) {
		progress_line(r->progress, "aisearch: status: %s", err->what);
		*err = why;
	}
	return shown > 0 ? shown : -1;
}

static int show_read(struct status_reader *r, const struct status_format *format,
		     const struct status *s, int code, struct err *err)
{
	int shown = show(format, s, err);

	if (shown < 0)
		return -1;
	if (!set.wait)
		tell_unasked(r, s);
	if (code == EXIT_TIMED_OUT)
		progress_line(r->progress, "aisearch: status: indexing has not come to its end after %lld s",
			      (long long)r->cli->s.timeout_s);
	if (format->print == status_print_nagios)
		return shown;
	if (set.complete && s->unasked > 0)	/* there is not the time to wait for the budget */
		return EXIT_TIMED_OUT;
	if (status_failed(s))
		return cli_timed_out(r->cli) ? EXIT_TIMED_OUT : EXIT_FAILED;
	return code;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	const struct status_format *format = NULL;
	struct progress progress;
	struct status status = { 0 };
	struct status_reader reader = { .cli = cli, .set = &set, .id = n > 0 ? args[0] : NULL,
					.progress = &progress };
	int code;

	if ((reader.id && client_check_instance(reader.id, err) < 0) || check(cli, &format, err) < 0)
		return -1;
	if (format->print == status_print_nagios)
		cli->failed = STATUS_UNKNOWN;	/* 1 would be a warning */
	progress_init(&progress, &clock_system);
	code = cli_manager(cli, &token, &client, err);
	reader.client = client;
	if (code == 0)
		code = look(&reader, token, format, &status, err);
	progress_end(&progress);
	if (code < 0)
		code = show_unread(&reader, format, &status, err);
	else if (!set.watch)
		code = show_read(&reader, format, &status, code, err);
	status_clear(&status);
	status_close(&reader);
	return code;
}

static const struct option options[] = {
	{ "format", 'f', OPTION_CHOICE, "table|json|prometheus|influx|graphite|zabbix|nagios",
	  "how to print it", OPTION_IN(status_set, format), 0, 0 },
	{ "wait", 'w', OPTION_FLAG, NULL, "until the indexing has come to its end",
	  OPTION_IN(status_set, wait), 0, 0 },
	{ "watch", 0, OPTION_FLAG, NULL, "again and again, until Ctrl-C",
	  OPTION_IN(status_set, watch), 0, 0 },
	{ "interval", 0, OPTION_DURATION, "TIME", "between two looks of --watch (default: 10s)",
	  OPTION_IN(status_set, interval_s), 1, 86400 },
	{ "complete", 0, OPTION_FLAG, NULL, "wait for the budget until every instance was asked",
	  OPTION_IN(status_set, complete), 0, 0 },
	{ "budget", 0, OPTION_NUMBER, "N", "requests in any 5 minutes (default: 600)",
	  OPTION_IN(status_set, budget), 1, BUDGET_MAX },
	{ "rate", 0, OPTION_NUMBER, "N", "requests in any second (default: 100)",
	  OPTION_IN(status_set, rate), 1, BUDGET_MAX },
	{ "output", 'o', OPTION_TEXT, "FILE", "replace this file, readable by all; see below",
	  OPTION_IN(status_set, output), 0, 0 },
	{ "warning", 0, OPTION_TEXT, "LIMITS", "nagios: when to warn, as errors=1,queued=1000",
	  OPTION_IN(status_set, warning_text), 0, 0 },
	{ "critical", 0, OPTION_TEXT, "LIMITS", "nagios: when it is critical",
	  OPTION_IN(status_set, critical_text), 0, 0 },
	{ "prefix", 0, OPTION_TEXT, "PATH", "graphite: what stands before each path",
	  OPTION_IN(status_set, prefix), 0, 0 },
	{ "host", 0, OPTION_TEXT, "NAME", "zabbix: the host's name there (default: the agent's)",
	  OPTION_IN(status_set, host), 0, 0 },
	{ 0 },
};

const struct command cmd_status = {
	.name = "status",
	.args = "[INSTANCE]",
	.summary = "print how far the indexing has come, of one instance or of all",
	.details =
		"Of all instances: they are listed, 100 at a time, and then as many are asked as the\n"
		"budget allows (--budget), those at work first, over one connection. The others show -,\n"
		"and a line on stderr says how many they are. Of several instances, one whose counts\n"
		"cannot be read is told on stderr and does not hide the others: exit 1.\n"
		"\n"
		"With --wait: a line on stderr as each instance comes to its end; exit 0 when all have,\n"
		"3 when --timeout passed first, 4 when some items could not be indexed. An instance that is\n"
		"paused is not waited for. An outage of the API is told once and outlived, as in every\n"
		"command that waits, for ten minutes or until --timeout.\n"
		"\n"
		"--watch draws the table again and again on a terminal, and elsewhere appends a line for\n"
		"each instance that has changed; Ctrl-C ends it with 0.\n"
		"--wait and --watch pause longer than asked for when the budget would not last.\n"
		"\n"
		"Formats for other programs have the values of the collectd plugin under its names:\n"
		"  prometheus  text for node_exporter's textfile collector, collectd_aisearch_objects{...};\n"
		"              what the plugin calls collectd_aisearch_count is ..._number here\n"
		"  influx      line protocol: aisearch,account=,instance=,namespace= objects_queued=0,...\n"
		"  graphite    plain text: PREFIX.instances.INSTANCE.objects-queued; --prefix is\n"
		"              aisearch.ACCOUNT.NAMESPACE unless given\n"
		"  zabbix      for `zabbix_sender -i -`: aisearch.objects[INSTANCE,queued], and\n"
		"              aisearch.discovery for a low-level discovery rule ({#INSTANCE})\n"
		"  nagios      one line with performance data; see below\n"
		"When the API cannot be read, for want of a token too, the first four still tell it (bool,\n"
		"up: 0); the exit status is not 0. When the one INSTANCE is not there the API was read: up\n"
		"is 1, nothing is told of the instance, exit 1. Of an account that is not known they say\n"
		"unknown.\n"
		"\n"
		"From a timer use --output, which puts the file in place as a whole, mode 0644, whenever there\n"
		"is something to tell, up: 0 too: after `>FILE.new && mv` the old values would stay instead.\n"
		"Exit and stderr are as without it, so that cron mails and systemd notes the failure.\n"
		"  cron      */5 * * * * aisearch status -f prometheus -o DIR/aisearch.prom\n"
		"  systemd   OnCalendar=*:0/5 in the timer; in its service Type=oneshot and\n"
		"            ExecStart=/usr/bin/aisearch status -f prometheus -o DIR/aisearch.prom\n"
		"DIR is what node_exporter has as --collector.textfile.directory; its\n"
		"node_textfile_mtime_seconds tells of a timer that does not run.\n"
		"\n"
		"--format nagios ends with the exit statuses of Nagios, unlike everything else here: 0 OK,\n"
		"1 WARNING, 2 CRITICAL, 3 UNKNOWN (no token, no account, API not read, or instances not\n"
		"read and no limit on unread); a command line that is not understood is 2. LIMITS are, with commas:\n"
		"  queued=N    items that wait or are being indexed, from N on\n"
		"  errors=N    items that could not be indexed, from N on\n"
		"  percent=N   of items need no more work, below N\n"
		"  age=TIME    since the last activity of the instance idle for longest, from TIME on\n"
		"              (90, 15m, 12h, 2d); paused and disabled ones are left out\n"
		"  unread=N    instances whose counts are not known, from N on\n"
		"\n"
		"Colours are on a terminal only, and not with NO_COLOR.",
	.examples =
		"aisearch status\n"
		"aisearch status docs --wait --timeout 600\n"
		"aisearch status --watch --interval 30s\n"
		"aisearch status --format nagios --warning errors=1 --critical queued=1000,age=2d\n"
		"aisearch status --format zabbix --host search | zabbix_sender -z zabbix.example -i -\n"
		"aisearch status --format prometheus --output /var/lib/node_exporter/aisearch.prom",
	.options = options,
	.settings = &set,
	.max_args = 1,
	.run = run,
};
