/* SPDX-License-Identifier: MIT */
/*
 * sink.c -- a collectd plugin for the stories: what the daemon was told, line by
 * line, in files.
 *
 *	<Plugin sink>
 *	  File "/path"		SEVERITY|host|plugin|instance|type|type instance|message|Key=value|...
 *	  Values "/path"	host/plugin-instance/type-instance value
 *	</Plugin>
 *
 * With SINK_PAUSE_MS in the environment it takes so long over each notification.
 *
 * A line is one write to a file opened for appending: whoever polls the file sees
 * whole lines only.
 */
#include <collectd/core/daemon/collectd.h>

#include <collectd/core/daemon/configfile.h>
#include <collectd/core/daemon/plugin.h>
#include <collectd/core/utils/common/common.h>

#include <fcntl.h>

static char *told_path, *values_path;

static void append(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		P_ERROR("cannot write %s", path);
	if (fd >= 0)
		close(fd);
}

static void add(char *line, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void add(char *line, size_t size, const char *fmt, ...)
{
	size_t n = strlen(line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + n, size - n, fmt, ap);
	va_end(ap);
}

static const char *severity(int s)
{
	return s == NOTIF_FAILURE ? "FAILURE" : s == NOTIF_WARNING ? "WARNING" :
	       s == NOTIF_OKAY ? "OKAY" : "?";
}

static void pause_as_told(void)
{
	const char *ms = getenv("SINK_PAUSE_MS");

	if (ms)
		usleep((useconds_t)atoi(ms) * 1000);
}

static int told(const notification_t *n, user_data_t *ud)
{
	char line[8192] = "";

	(void)ud;
	add(line, sizeof(line) - 1, "%s|%s|%s|%s|%s|%s|%s", severity(n->severity), n->host,
	    n->plugin, n->plugin_instance, n->type, n->type_instance, n->message);
	for (const notification_meta_t *m = n->meta; m; m = m->next) {
		switch (m->type) {
		case NM_TYPE_STRING:
			add(line, sizeof(line) - 1, "|%s=%s", m->name, m->nm_value.nm_string);
			break;
		case NM_TYPE_SIGNED_INT:
			add(line, sizeof(line) - 1, "|%s=%" PRIi64, m->name,
			    m->nm_value.nm_signed_int);
			break;
		case NM_TYPE_UNSIGNED_INT:
			add(line, sizeof(line) - 1, "|%s=%" PRIu64, m->name,
			    m->nm_value.nm_unsigned_int);
			break;
		case NM_TYPE_DOUBLE:
			add(line, sizeof(line) - 1, "|%s=%g", m->name, m->nm_value.nm_double);
			break;
		case NM_TYPE_BOOLEAN:
			add(line, sizeof(line) - 1, "|%s=%d", m->name, m->nm_value.nm_boolean);
			break;
		}
	}
	if (n->time == 0)
		add(line, sizeof(line) - 1, "|(no time)");
	add(line, sizeof(line), "\n");
	append(told_path, line);
	pause_as_told();
	return 0;
}

static int written(const data_set_t *ds, const value_list_t *vl, user_data_t *ud)
{
	char line[1024] = "";

	(void)ud;
	FORMAT_VL(line, sizeof(line) - 32, vl);
	if (ds->ds[0].type == DS_TYPE_GAUGE)
		add(line, sizeof(line), " %.10g\n", vl->values[0].gauge);
	else
		add(line, sizeof(line), " %" PRIi64 "\n", vl->values[0].derive);
	append(values_path, line);
	return 0;
}

static int configure(oconfig_item_t *block)
{
	for (int i = 0; i < block->children_num; i++) {
		oconfig_item_t *option = &block->children[i];

		if (!strcasecmp(option->key, "File"))
			cf_util_get_string(option, &told_path);
		else if (!strcasecmp(option->key, "Values"))
			cf_util_get_string(option, &values_path);
		else
			return -1;
	}
	if (told_path)
		plugin_register_notification("sink", told, NULL);
	if (values_path)
		plugin_register_write("sink", written, NULL);
	return 0;
}

static int shut_down(void)
{
	free(told_path);
	free(values_path);
	return 0;
}

__attribute__((visibility("default"))) void module_register(void);
void module_register(void)
{
	plugin_register_complex_config("sink", configure);
	plugin_register_shutdown("sink", shut_down);
}
