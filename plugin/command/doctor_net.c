/* SPDX-License-Identifier: MIT */
/* doctor_net.c -- from the settings to the first answer. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "doctor.h"

int64_t doctor_wait_ms(const struct doctor *d)
{
	int64_t left = d->cli->began_ms + d->cli->s.timeout_s * 1000 - clock_mono_ms(&clock_system);

	if (d->cli->s.timeout_s == 0 || left > DOCTOR_WAIT_MS)
		return DOCTOR_WAIT_MS;
	return left > 1 ? left : 1;
}

void doctor_settings(struct doctor *d)
{
	struct finding f;
	struct err err = { 0 };

	if (cli_check(d->cli, &err) < 0) {
		finding_err(&f, VERDICT_FAIL, &err);
		doctor_say(d, &f);
		return;
	}
	d->settings_ok = true;
	finding_set(&f, VERDICT_OK, "the API is %s", d->cli->s.url);
	doctor_say(d, &f);
	if (cli_account(d->cli, &err) < 0) {
		finding_err(&f, VERDICT_FAIL, &err);
		/* a vault that cannot be read is told of as such */
		if (err.kind != ERR_USAGE)
			finding_set(&f, VERDICT_SKIP, "the account is not known without the vault");
	} else {
		d->account_known = true;
		finding_set(&f, VERDICT_OK, "the account is %s", d->cli->account);
	}
	doctor_say(d, &f);
}

/* Once, for all the probes that speak of it. */
static const struct contact *contact(struct doctor *d, struct finding *f)
{
	const struct http_config config = { .ca_file = d->cli->s.ca_cert };
	struct err err = { 0 };

	if (!d->contacted) {
		d->contacted = true;
		if (d->settings_ok && !d->offline && cli_http(d->cli, &err) == 0 &&
		    contact_try(d->cli->s.url, &config, doctor_wait_ms(d), &d->contact, &err) == 0)
			d->reached = true;
	}
	if (!d->reached)
		finding_set(f, VERDICT_SKIP, d->offline ? "not tried: --offline" : "not tried");
	return d->reached ? &d->contact : NULL;
}

static bool same(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

void doctor_proxy(struct doctor *d)
{
	static const char *const variables[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
						 "ALL_PROXY" };
	struct finding f;
	bool any = false;
	const struct contact *c = contact(d, &f);

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = cli_env(variables[i]);

		if (!value)
			continue;
		judge_proxy(variables[i], value, c && same(c->proxy_variable, variables[i]), &f);
		doctor_say(d, &f);
		any = true;
	}
	if (any)
		return;
	finding_set(&f, VERDICT_OK, "none is set");
	doctor_say(d, &f);
}

void doctor_dns(struct doctor *d)
{
	struct finding f;
	const struct contact *c = contact(d, &f);

	if (c)
		judge_dns(c, d->cli->host, &f);
	doctor_say(d, &f);
}

void doctor_connection(struct doctor *d)
{
	struct finding f;
	const struct contact *c = contact(d, &f);

	if (c)
		judge_connection(c, d->cli->host, &f);
	doctor_say(d, &f);
}

void doctor_tls(struct doctor *d)
{
	struct finding f;
	const struct contact *c = contact(d, &f);

	if (c)
		judge_tls(c, clock_wall_s(&clock_system), &f);
	doctor_say(d, &f);
}

void doctor_api(struct doctor *d)
{
	struct finding f;
	const struct contact *c = contact(d, &f);

	if (c) {
		judge_api(c, &f);
		d->reached = f.verdict == VERDICT_OK || f.verdict == VERDICT_WARN;
	}
	doctor_say(d, &f);
}

void doctor_clock(struct doctor *d)
{
	struct finding f;

	/* also when who answered was not the API: its clock is as good */
	if (d->contacted && d->settings_ok && !d->offline)
		judge_clock(&d->contact, &f);
	else
		finding_set(&f, VERDICT_SKIP, "not compared");
	doctor_say(d, &f);
}
