/* SPDX-License-Identifier: MIT */
/*
 * host -- collectd's side of the plugin, as small as it can be: loads the shipped
 * aisearch.so, configures one account, and measures how long its read callback
 * stays while the API hangs.
 *
 *	host PLUGIN URL ACCOUNT TOKEN-FILE SECONDS
 *
 * Prints "reads N" and "longest_ms X".
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <collectd/core/daemon/collectd.h>

#include <collectd/core/daemon/configfile.h>
#include <collectd/core/daemon/globals.h>
#include <collectd/core/daemon/plugin.h>
#include <collectd/core/utils/common/common.h>

#define READ_EVERY_NS 2000000

char *hostname_g;

static int (*configure)(oconfig_item_t *);
static int (*init)(void);
static int (*shut_down)(void);
static int (*read_callback)(user_data_t *);
static user_data_t read_data;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* --- what the plugin asks of a daemon ---------------------------------------- */

cdtime_t cdtime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return TIMESPEC_TO_CDTIME_T(&t);
}

void daemon_log(int level, const char *format, ...)
{
	va_list ap;

	(void)level;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int plugin_register_complex_config(const char *type, int (*callback)(oconfig_item_t *))
{
	(void)type;
	configure = callback;
	return 0;
}

int plugin_register_init(const char *name, plugin_init_cb callback)
{
	(void)name;
	init = callback;
	return 0;
}

int plugin_register_shutdown(const char *name, plugin_shutdown_cb callback)
{
	(void)name;
	shut_down = callback;
	return 0;
}

int plugin_register_complex_read(const char *group, const char *name, plugin_read_cb callback,
				 cdtime_t interval, user_data_t const *user_data)
{
	(void)group, (void)name, (void)interval;
	read_callback = callback;
	read_data = *user_data;
	return 0;
}

cdtime_t plugin_get_interval(void)
{
	return TIME_T_TO_CDTIME_T(1);
}

int plugin_thread_create(pthread_t *thread, void *(*start)(void *), void *arg, char const *name)
{
	(void)name;
	return pthread_create(thread, NULL, start, arg);
}

int plugin_dispatch_values(value_list_t const *vl)
{
	(void)vl;
	return 0;
}

int notification_init(notification_t *n, int severity, const char *message, const char *host,
		      const char *plugin, const char *plugin_instance, const char *type,
		      const char *type_instance)
{
	(void)severity, (void)message, (void)host, (void)plugin, (void)plugin_instance;
	(void)type, (void)type_instance;
	memset(n, 0, sizeof(*n));
	return 0;
}

int plugin_dispatch_notification(const notification_t *n)
{
	(void)n;
	return 0;
}

int plugin_notification_meta_add_signed_int(notification_t *n, const char *name, int64_t value)
{
	(void)n, (void)name, (void)value;
	return 0;
}

int plugin_notification_meta_add_string(notification_t *n, const char *name, const char *value)
{
	(void)n, (void)name, (void)value;
	return 0;
}

int plugin_notification_meta_free(notification_meta_t *meta)
{
	(void)meta;
	return 0;
}

/* --- the measurement ------------------------------------------------------------ */

static oconfig_value_t text(const char *value)
{
	return (oconfig_value_t){ .value.string = strdup(value), .type = OCONFIG_TYPE_STRING };
}

static int configure_account(char **argv)
{
	oconfig_value_t values[] = { text("prod"), text(argv[2]), text(argv[3]), text(argv[4]) };
	char *keys[] = { strdup("URL"), strdup("AccountId"), strdup("TokenFile") };
	oconfig_item_t options[3], account = { .key = strdup("Account"), .values = values,
					       .values_num = 1, .children = options,
					       .children_num = 3 };
	oconfig_item_t plugin = { .key = strdup("Plugin"), .children = &account,
				  .children_num = 1 };

	for (int i = 0; i < 3; i++)
		options[i] = (oconfig_item_t){ .key = keys[i], .values = &values[i + 1],
					       .values_num = 1 };
	return configure(&plugin);
}

static void *read_for(void *seconds)
{
	const struct timespec pause = { .tv_nsec = READ_EVERY_NS };
	double end = now_ms() + 1e3 * atof(seconds), longest = 0;
	size_t reads = 0;

	for (double start; (start = now_ms()) < end; reads++) {
		read_callback(&read_data);
		if (now_ms() - start > longest)
			longest = now_ms() - start;
		nanosleep(&pause, NULL);
	}
	printf("reads %zu\nlongest_ms %.3f\n", reads, longest);
	return NULL;
}

int main(int argc, char **argv)
{
	static char name[] = "host";
	void (*registers)(void);
	pthread_t reader;
	void *plugin;

	if (argc != 6) {
		fprintf(stderr, "usage: host PLUGIN URL ACCOUNT TOKEN-FILE SECONDS\n");
		return 2;
	}
	hostname_g = name;
	plugin = dlopen(argv[1], RTLD_NOW);
	if (!plugin) {
		fprintf(stderr, "host: %s\n", dlerror());
		return 1;
	}
	*(void **)&registers = dlsym(plugin, "module_register");
	registers();
	if (configure_account(argv) != 0 || init() != 0 || !read_callback)
		return 1;
	/* not in the main thread: that is how the plugin knows `collectd -T` */
	pthread_create(&reader, NULL, read_for, argv[5]);
	pthread_join(reader, NULL);
	if (read_data.free_func)
		read_data.free_func(read_data.data);
	return shut_down();
}
