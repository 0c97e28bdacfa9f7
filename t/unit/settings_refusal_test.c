/* SPDX-License-Identifier: MIT */
/* What a block may not say, and what it is told then. */
#include <string.h>

#include "settings_room.h"
#include "unit.h"

static void a_refusal_names_block_option_and_what_is_allowed(void)
{
	static const struct {
		const char *option, *what, *hint;	/* NULL = "" */
	} cases[] = {
		{ "AddressFamily \"ipx\"", "AddressFamily: 'ipx' is not any, ipv4 or ipv6", NULL },
		{ "AddressFamily 4", "AddressFamily: expected one string in quotes",
		  "AddressFamily any | ipv4 | ipv6" },
		{ "CACert \"public\"", "CACert: 'public' is not an absolute path", NULL },
		{ "CACert \"@/none\"",
		  "CACert: cannot read '@/none': No such file or directory", NULL },
		{ "CACert \"@\"", "CACert: '@' is not a file", NULL },
		{ "CAPath \"@/public\"", "CAPath: '@/public' is not a folder", NULL },
		{ "CAPath \"@/none\"",
		  "CAPath: cannot read '@/none': No such file or directory", NULL },
		{ "ClientCert \"@/none\"",
		  "ClientCert: cannot read '@/none': No such file or directory", NULL },
		{ "ClientCert \"\"", "ClientCert: '' is not an absolute path", NULL },
		{ "ClientCert \"@/public\"\nClientKey \"@/public\"",
		  "ClientKey: file '@/public' is accessible to others (mode 0644)", "chmod 600 '@/public'" },
		{ "ClientKey \"private\"", "ClientKey: 'private' is not an absolute path", NULL },
		{ "ClientKey \"@/none\"",
		  "ClientKey: cannot look at '@/none': No such file or directory", NULL },
		{ "ClientKeyPass \"\"", "ClientKeyPass: must not be empty", NULL },
		{ "CollectEngine 1", "CollectEngine: expected true or false",
		  "CollectEngine true | false" },
		{ "CollectErrors \"maybe\"", "CollectErrors: expected true or false",
		  "CollectErrors true | false" },
		{ "CollectJobs true false", "CollectJobs: expected true or false",
		  "CollectJobs true | false" },
		{ "CollectSync none", "CollectSync: expected true or false",
		  "CollectSync true | false" },
		{ "CollectToken 0", "CollectToken: expected true or false",
		  "CollectToken true | false" },
		{ "Header \"Authorization: Bearer x\"",
		  "Header: 'Authorization' is not to be set, the plugin sends its own",
		  "for the token there is TokenFile or CredentialHelper" },
		{ "Header \"authorization:x\"",
		  "Header: 'Authorization' is not to be set, the plugin sends its own",
		  "for the token there is TokenFile or CredentialHelper" },
		{ "Header \"HOST: x\"",
		  "Header: 'Host' is not to be set, the plugin sends its own", NULL },
		{ "Header \"Content-Length: 1\"",
		  "Header: 'Content-Length' is not to be set, the plugin sends its own", NULL },
		{ "Header \"no colon\"", "Header: is not a name, a colon and a value",
		  "Header \"X-Name: value\"" },
		{ "Header \"X : y\"", "Header: is not a name, a colon and a value",
		  "Header \"X-Name: value\"" },
		{ "Header \": y\"", "Header: is not a name, a colon and a value",
		  "Header \"X-Name: value\"" },
		{ "Header \"\"", "Header: is not a name, a colon and a value",
		  "Header \"X-Name: value\"" },
		{ "Header \"X: \"", "Header: has no value after the colon", NULL },
		{ "Header \"X: a\nY: b\"", "Header: must not have control characters in it", NULL },
		{ "Header \"X: a\x7f\"", "Header: must not have control characters in it", NULL },
		{ "Header \"X: a\tb\"", "Header: must not have control characters in it", NULL },
		{ "Host \"\"", "Host: must not be empty", NULL },
		{ "Host \"a/b\"", "Host: 'a/b' has a slash in it",
		  "collectd's identifiers are HOST/PLUGIN-INSTANCE/TYPE-INSTANCE" },
		{ "Instance \"//\"", "Instance: '//' is an empty regular expression",
		  "without an Instance all are watched" },
		{ "Host \"a\nb\"", "Host: must not have control characters in it", NULL },
		{ "Interval 86400.5", "Interval: 86400.5 is not 1 to 86400 seconds", NULL },
		{ "Interval -5", "Interval: -5 is not 1 to 86400 seconds", NULL },
		{ "MeasureResponseCode \"\"", "MeasureResponseCode: expected true or false",
		  "MeasureResponseCode true | false" },
		{ "MeasureResponseTime 1", "MeasureResponseTime: expected true or false",
		  "MeasureResponseTime true | false" },
		{ "RequestBudget 0",
		  "RequestBudget: 0 is not a whole number from 1 to 1000000 requests in five minutes",
		  "0 does not mean 'none' here: leave RequestBudget out for the default" },
		{ "RequestBudget 1000001",
		  "RequestBudget: 1000001 is not a whole number from 1 to 1000000 requests in five minutes",
		  NULL },
		{ "RequestBudget 1.5",
		  "RequestBudget: 1.5 is not a whole number from 1 to 1000000 requests in five minutes", NULL },
		{ "RequestRate 0.5",
		  "RequestRate: 0.5 is not a whole number from 1 to 1000000 requests in a second", NULL },
		{ "RequestRate \"10\"", "RequestRate: expected one number, without quotes",
		  "RequestRate requests" },
		{ "SSLVersion \"TLSv1_1\"", "SSLVersion: 'TLSv1_1' is not TLSv1_2 or TLSv1_3",
		  "it is the lowest version to accept; nothing older is ever used" },
		{ "SSLVersion \"SSLv3\"", "SSLVersion: 'SSLv3' is not TLSv1_2 or TLSv1_3",
		  "it is the lowest version to accept; nothing older is ever used" },
		{ "StallAfter 604801",
		  "StallAfter: 604801 is not a whole number from 1 to 604800 seconds",
		  NULL },
		{ "StallAfter 1.5",
		  "StallAfter: 1.5 is not a whole number from 1 to 604800 seconds", NULL },
		{ "StatsMaxAge 0.9", "StatsMaxAge: 0.9 is not 1 to 604800 seconds", NULL },
		{ "StatsMaxAge 604801", "StatsMaxAge: 604801 is not 1 to 604800 seconds", NULL },
		{ "Timeout 0", "Timeout: 0 is not 1 to 3600000 milliseconds",
		  "0 does not mean 'none' here: leave Timeout out for the default" },
		{ "TokenFile \"@/public\"",
		  "TokenFile: file '@/public' is accessible to others (mode 0644)",
		  "chmod 600 '@/public'" },
		{ "Namespace \"Team\"", "Namespace: 'Team' is not a namespace",
		  "1 to 28 of a-z 0-9 and hyphens, none at the ends" },
		{ "Instance \"/a\"", "Instance: '/a' is not an instance id",
		  "a regular expression ends in / too" },
		/* blocks, and what is known from elsewhere */
		{ "<Interval 5>\nA 1\n</Interval>", "Interval: is an option, not a block",
		  "Interval seconds" },
		{ "<Statistics>\nTotalTime true\n</Statistics>",
		  "Statistics: there is no such block here",
		  "MeasureResponseTime and MeasureResponseCode, true or false" },
		{ "User \"x\"", "User: the API takes a bearer token",
		  "TokenFile or CredentialHelper" },
		{ "password \"x\"", "Password: the API takes a bearer token",
		  "TokenFile or CredentialHelper" },
		{ "Digest true", "Digest: the API takes a bearer token",
		  "TokenFile or CredentialHelper" },
		{ "Post \"x\"", "Post: the plugin only reads, with requests of its own",
		  "leave it out" },
		{ "Plugin \"x\"", "Plugin: the values always belong to the plugin aisearch",
		  "Prefix and Host tell blocks apart" },
		{ "<Key \"x\">\nType \"y\"\n</Key>",
		  "Key: the values are those of collectd-aisearch(5)",
		  "CollectEngine, CollectErrors, CollectJobs, CollectSync, CollectToken add to them" },
		{ "Sock \"/x\"", "Sock: the API is asked over HTTPS only",
		  "URL names another address" },
		{ "Colour \"red\"", "unknown option 'Colour'", "see collectd-aisearch(5)" },
		{ "interval 5\nINTERVAL 6", "Interval is given twice",
		  "once in a block is enough" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf text = BUF(65536), what = BUF(1024), hint = BUF(1024);
		struct settings *list = NULL;
		struct err err = { 0 };

		buf_addf(&text, "%s\n", cases[i].option);
		buf_adds(&what, "<Account \"a\">: ");
		settings_fill(&what, cases[i].what);
		settings_fill(&hint, cases[i].hint ? cases[i].hint : "");
		UNIT_ROW(i, settings_of_block(text.data, &list, &err) < 0 && !list);
		UNIT_ROW(i, err.kind == ERR_CONFIG && err.line >= 3);
		UNIT_STR(err.what, what.data);
		UNIT_STR(err.hint, hint.data);
		settings_free(list);
	}
}

static void a_whole_block_is_checked(void)
{
	static const struct {
		const char *options, *what;	/* what NULL = accepted */
	} cases[] = {
		{ "ClientCert \"@/public\"\nClientKey \"@/private\"\nClientKeyPass \"x\"\n", NULL },
		{ "ClientCert \"@/public\"\n", NULL },
		{ "ClientKey \"@/private\"\n", "ClientKey without ClientCert" },
		{ "ClientCert \"@/public\"\nClientKeyPass \"x\"\n",
		  "ClientKeyPass without ClientKey" },
		{ "ClientKeyPass \"x\"\n", "ClientKeyPass without ClientKey" },
		{ "Interval 60\nStatsMaxAge 60\n", NULL },
		{ "StatsMaxAge 59.5\nInterval 60\n", "StatsMaxAge 59.5 is less than Interval 60" },
		{ "StatsMaxAge 1\n", NULL },
		{ "Interval 60\nTimeout 60000\n", NULL },
		{ "Interval 1.5\nTimeout 1500.5\n", NULL },	/* whole milliseconds count */
		{ "Timeout 1501\nInterval 1.5\n", "Timeout 1501 ms is longer than Interval 1.5 s" },
		{ "Timeout 3600000\n", NULL },
		{ "Token \"x\"\nTokenFile \"@/private\"\n", "more than one source of the token" },
		{ "TokenFile \"@/private\"\nCredentialUsername \"x\"\n",
		  "CredentialUsername is for CredentialHelper only" },
		{ "CredentialUsername \"x\"\n", NULL },
		{ "Namespace \"team\"\nFlatPaths true\n",
		  "FlatPaths knows the namespace 'default' only, not 'team'" },
		{ "Prefix \"account\"\n", "'account.' stands before the accounts' own values" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings *list = NULL;
		struct err err = { 0 };
		int r = settings_of_block(cases[i].options, &list, &err);

		UNIT_ROW(i, r == (cases[i].what ? -1 : 0));
		UNIT_ROW(i, r == 0 ||
			 (err.line == 1 && !strncmp(err.what, "<Account \"a\">: ", 15)));
		UNIT_STR(r < 0 ? err.what + 15 : NULL, cases[i].what);
		settings_free(list);
	}
}

static void at_most_sixteen_headers(void)
{
	for (int n = HEADERS_MAX; n <= HEADERS_MAX + 1; n++) {
		scoped_buf struct buf text = BUF(65536);
		struct settings *list = NULL;
		struct err err = { 0 };

		for (int i = 0; i < n; i++)
			buf_addf(&text, "Header \"X-%d: y\"\n", i);
		CU_ASSERT_EQUAL(settings_of_block(text.data, &list, &err),
				n > HEADERS_MAX ? -1 : 0);
		if (n > HEADERS_MAX)
			UNIT_STR(err.what,
				 "<Account \"a\">: Header: at most 16 are allowed in a block");
		settings_free(list);
	}
}

WITH_FILES(a_refusal_names_block_option_and_what_is_allowed);
WITH_FILES(a_whole_block_is_checked);

UNIT_SUITE(settings_refusal,
	{ "a refusal names the block, the option and what is allowed",
	  a_refusal_names_block_option_and_what_is_allowed_ },
	{ "a whole block is checked", a_whole_block_is_checked_ },
	{ "at most sixteen headers", at_most_sixteen_headers });
