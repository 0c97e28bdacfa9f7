/* SPDX-License-Identifier: MIT */
/*
 * doctor_plugin.c -- does collectd load the plugin: it is asked itself, with a
 * configuration that has nothing else in it.
 *
 * `collectd -T` loads, configures, initializes and ends; `-t` does nothing at all in 5.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "doctor.h"
#include "doctor_path.h"

#define PLUGIN_DIR "/usr/lib/collectd"
#define SAID_MAX 16384

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool path_find(const char *path, const char *name, char *out, size_t size)
{
	if (strchr(name, '/'))
		return (size_t)snprintf(out, size, "%s", name) < size && is_program(out);
	for (; path && *path; path += *path == ':') {
		size_t n = strcspn(path, ":");
		size_t len = (size_t)snprintf(out, size, "%.*s/%s", (int)n, path, name);

		path += n;
		if (n > 0 && len < size && is_program(out))
			return true;
	}
	return false;
}

static bool find_daemon(char *out, size_t size)
{
	return path_find(cli_env("PATH"), "collectd", out, size) ||
	       path_find("/usr/sbin:/usr/local/sbin:/opt/collectd/sbin", "collectd", out, size);
}

/* A quote would end the string; anything else is a character of the name. */
static bool fits_quotes(const char *path)
{
	return !strpbrk(path, "\"\\\n\r");
}

static int write_config(const char *folder, const char *plugin_dir, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/c", folder);
	file = fopen(path, "wx");
	if (!file)
		return -1;
	fprintf(file, "Hostname \"doctor\"\nFQDNLookup false\nBaseDir \"%s\"\nPIDFile \"%s/pid\"\n"
		"PluginDir \"%s\"\nLoadPlugin %s\n", folder, folder, plugin_dir, name);
	return fclose(file) == 0 ? 0 : -1;
}

static void remove_folder(const char *folder)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/c", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/pid", folder);
	unlink(path);
	rmdir(folder);
}

/* What it says until its end, or until the time is over.  Exit status, or -1. */
static int listen_to(pid_t pid, int fd, int64_t wait_ms, struct buf *said)
{
	int64_t end = clock_mono_ms(&clock_system) + wait_ms;
	int status = 0;
	bool late = false;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - clock_mono_ms(&clock_system);
		char chunk[4096];

		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			late = true;
			break;
		}
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_add(said, chunk, (size_t)n);	/* what is too much is not needed */
	}
	/* its stderr may be closed while it goes on */
	while (!late && waitpid(pid, &status, WNOHANG) == 0) {
		const struct timespec moment = { .tv_nsec = 5000000 };

		late = clock_mono_ms(&clock_system) > end;
		nanosleep(&moment, NULL);
	}
	if (late) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int ask(const char *daemon, const char *folder, int64_t wait_ms, struct buf *said)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		/* a relative name: collectd takes a blank in it for the start of another */
		if (dup2(pipes[1], STDOUT_FILENO) < 0 || dup2(pipes[1], STDERR_FILENO) < 0 ||
		    chdir(folder) < 0)
			_exit(126);
		execl(daemon, "collectd", "-T", "-C", "c", (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	int status = pid < 0 ? -1 : listen_to(pid, pipes[0], wait_ms, said);
	close(pipes[0]);
	return status;
}

static void try_plugin(const char *daemon, const char *dir, const char *name, const char *path,
		       int64_t wait_ms, struct finding *f)
{
	scoped_buf struct buf said = BUF(SAID_MAX);
	char folder[] = "/tmp/aisearch-doctor.XXXXXX";

	if (!fits_quotes(dir)) {
		finding_set(f, VERDICT_FAIL, "collectd cannot be told of '%s'", path);
		finding_fix(f, "put it into a folder whose name has no quotes and backslashes");
		return;
	}
	if (!mkdtemp(folder) || write_config(folder, dir, name) < 0) {
		finding_set(f, VERDICT_WARN, "no temporary configuration could be written");
		finding_fix(f, "is /tmp full, or read-only?");
		remove_folder(folder);
		return;
	}
	int status = ask(daemon, folder, wait_ms, &said);
	remove_folder(folder);
	judge_plugin(path, status, said.data, f);
}

void doctor_plugin(struct doctor *d)
{
	const char *dir = d->plugin_dir ? d->plugin_dir : PLUGIN_DIR;
	char daemon[4096], path[4096], folder[4096], name[256];
	struct finding f;
	struct stat st;

	if (!find_daemon(daemon, sizeof(daemon))) {
		finding_set(&f, VERDICT_SKIP, "there is no collectd here");
		doctor_say(d, &f);
		return;
	}
	if (d->plugin_file)
		snprintf(path, sizeof(path), "%s", d->plugin_file);
	else
		snprintf(path, sizeof(path), "%s/aisearch.so", dir);
	if (!realpath(path, folder) || stat(folder, &st) < 0 || !S_ISREG(st.st_mode)) {
		finding_set(&f, d->plugin_file || d->plugin_dir ? VERDICT_FAIL : VERDICT_WARN,
			    "the plugin is not at %s", path);
		finding_fix(&f, "sudo make install; or name it: --plugin FILE");
		doctor_say(d, &f);
		return;
	}
	char *slash = strrchr(folder, '/');
	size_t len = strlen(slash + 1);
	if (len < 4 || len >= sizeof(name) || strcmp(slash + 1 + len - 3, ".so") != 0) {
		finding_set(&f, VERDICT_FAIL,
			    "%s is no plugin: its name does not end in .so", path);
		finding_fix(&f, "name the file aisearch.so");
		doctor_say(d, &f);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(len - 3), slash + 1);
	*slash = '\0';
	try_plugin(daemon, *folder ? folder : "/", name, path, doctor_wait_ms(d), &f);
	doctor_say(d, &f);
}
