/* SPDX-License-Identifier: MIT */
/* cmd_doctor.c -- what works, what does not, and what mends it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "doctor.h"
#include "output.h"

static struct {
	const char *config, *plugin;
	bool offline;
} set;

static const struct option options[] = {
	{ "config", 0, OPTION_TEXT, "FILE", "collectd's configuration (default: what is in /etc)",
	  offsetof(__typeof__(set), config), 0, 0 },
	{ "plugin", 0, OPTION_TEXT, "FILE", "collectd's plugin (default: in its PluginDir)",
	  offsetof(__typeof__(set), plugin), 0, 0 },
	{ "offline", 0, OPTION_FLAG, NULL, "ask nobody: only what is on this machine",
	  offsetof(__typeof__(set), offline), 0, 0 },
	{ 0 },
};

/* In this order: each may rely on what those before it found. */
static const struct probe {
	const char *name;
	void (*run)(struct doctor *doctor);
} probes[] = {
	{ "settings", doctor_settings },
	{ "vault", doctor_vault },
	{ "proxy", doctor_proxy },
	{ "dns", doctor_dns },
	{ "connection", doctor_connection },
	{ "tls", doctor_tls },
	{ "api", doctor_api },
	{ "clock", doctor_clock },
	{ "token", doctor_tokens },
	{ "budget", doctor_budget },
	{ "helper", doctor_helpers },
	{ "config", doctor_config },
	{ "plugin", doctor_plugin },
};

static const struct {
	const char *word;
	enum colour colour;
} verdicts[VERDICTS] = {
	[VERDICT_OK] = { "ok", COLOUR_GOOD },
	[VERDICT_WARN] = { "warn", COLOUR_WARNING },
	[VERDICT_FAIL] = { "fail", COLOUR_BAD },
	[VERDICT_SKIP] = { "skip", COLOUR_FAINT },
};

void doctor_say(struct doctor *d, const struct finding *f)
{
	const char *word = verdicts[f->verdict].word;
	enum colour colour = verdicts[f->verdict].colour;

	d->counts[f->verdict]++;
	if (d->json) {
		struct json_object *o = json_object_new_object();

		json_put_text(o, "check", d->check);
		json_put_text(o, "verdict", word);
		json_put_text(o, "detail", f->what);
		json_put_text(o, "fix", f->fix[0] ? f->fix : NULL);
		json_object_array_add(d->json, o);
		return;
	}
	printf("%s%-4s%s  %-10s  ", colour_on(stdout, colour), word,
	       colour_off(stdout, colour), d->check);
	output_line("%s", f->what);
	if (f->fix[0])
		output_line("                  fix: %s", f->fix);
	fflush(stdout);	/* the next one may take its time */
}

static int finish(struct doctor *d, struct json_object *json, struct err *err)
{
	bool ok = d->counts[VERDICT_FAIL] == 0;

	if (json) {
		json_object_object_add(json, "ok", json_object_new_boolean(ok));
		struct json_object *counts = json_object_new_object();

		for (int v = 0; v < VERDICTS; v++)
			json_object_object_add(counts, verdicts[v].word,
					       json_object_new_int(d->counts[v]));
		json_object_object_add(json, "counts", counts);
		if (output_json(json, err) < 0)
			return -1;
	} else {
		printf("\n%d ok, %d to be looked at, %d wrong, %d not tried\n",
		       d->counts[VERDICT_OK],
		       d->counts[VERDICT_WARN], d->counts[VERDICT_FAIL], d->counts[VERDICT_SKIP]);
	}
	return ok ? EXIT_DONE : EXIT_FAILED;
}

static int doctor(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_json struct json_object *json = cli->s.json ? json_object_new_object() : NULL;
	struct doctor d = {
		.cli = cli,
		.config_file = set.config,
		.plugin_file = set.plugin,
		.offline = set.offline,
	};

	(void)n, (void)args;
	if (json) {
		d.json = json_object_new_array();
		json_object_object_add(json, "checks", d.json);
	}
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		d.check = probes[i].name;
		probes[i].run(&d);
	}
	client_free(d.client);
	secret_free(d.manager);
	free(d.plugin_dir);
	return finish(&d, json, err);
}

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "tell what works, what does not, and what mends it",
	.details = "A line for each thing: ok, warn, fail, or skip for what could not be tried because\n"
		   "something before it failed; with what to do about it.  In this order: the settings,\n"
		   "the vault and its key, the way to the API (proxy, name, connection, TLS, answer),\n"
		   "the clock, each token of the vault with what it may do, the requests that are\n"
		   "left, the credential helpers, collectd's configuration, and whether collectd loads\n"
		   "the plugin.\n\n"
		   "Nothing is changed.  Whether a token may write is found out by requests that name a\n"
		   "thing which does not exist.  No answer is waited for longer than 10 seconds, and with\n"
		   "--timeout not beyond that.\n\n"
		   "With --json an object: ok (nothing failed), counts (how many lines have each verdict)\n"
		   "and checks, a list of objects with check, verdict, detail and fix.\n\n"
		   "Exit 1 when a line is fail.",
	.examples = "  aisearch doctor --json | jq -r '.checks[] | select(.verdict == \"fail\").detail'\n"
		    "  sudo -u collectd aisearch doctor --config /etc/collectd/collectd.conf",
	.options = options,
	.settings = &set,
	.local = true,
	.run = doctor,
};
