/* SPDX-License-Identifier: MIT */
/*
 * launch.c -- what a credential helper costs its caller: from posix_spawn() to the
 * end of the process has been waited for.
 *
 *	launch get ROUNDS CASES
 *
 * starts each case in its rounds, in a new random order each round, after a round that
 * does not count.  A line of the file CASES is NAME, EVERY (1 = each round, 5 = each
 * fifth: for the slow ones), REQUEST (a small file), ANSWER (a line that has to be in the
 * output, or "-") and the program with its words, separated by tabs.  Prints
 * "NAME TAB MILLISECONDS", one line a sample.
 *
 *	launch store FIRST COUNT together|alone PROGRAM [WORDS]
 *
 * stores COUNT credentials, all at once or one after the other, for userFIRST and those
 * after it at bench.example, with the password secretN.  Prints "stored TAB N" for each
 * that was acknowledged (exit 0), and at the end "seconds TAB SECONDS".
 */
#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CASES_MAX 64
#define WORDS_MAX 16
#define REQUEST_MAX 4096	/* fits into a pipe: written before anybody reads */

extern char **environ;

struct run {
	const char *name, *answer;
	int every;
	char request[REQUEST_MAX];
	size_t len;
	char *word[WORDS_MAX + 1];
};

static void die(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Starts it with the request as its standard input, in a pipe, as git does. */
static pid_t start(char *const word[], const char *request, size_t len, int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int in[2];

	if (pipe(in) < 0 || write(in[1], request, len) != (ssize_t)len)
		die("request");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_addclose(&actions, in[0]);
	posix_spawn_file_actions_addclose(&actions, in[1]);
	/* git closes its end at once too: the helper sees the end of its input */
	close(in[1]);
	errno = posix_spawn(&pid, word[0], &actions, NULL, word, environ);
	if (errno)
		die(word[0]);
	close(in[0]);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static bool ended_well(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* --- get ----------------------------------------------------------------------- */

static void read_request(struct run *r, const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		die(path);
	r->len = fread(r->request, 1, sizeof(r->request), f);
	fclose(f);
}

static int read_cases(const char *path, struct run *run)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	int n = 0;

	if (!f)
		die(path);
	while (n < CASES_MAX && getline(&line, &room, f) > 0) {
		struct run *r = &run[n++];
		int words = 0;

		line[strcspn(line, "\n")] = '\0';
		r->name = strtok(line, "\t");
		const char *every = strtok(NULL, "\t");
		const char *request = strtok(NULL, "\t");
		r->answer = strtok(NULL, "\t");
		while (words < WORDS_MAX && (r->word[words] = strtok(NULL, "\t")))
			words++;
		r->every = every ? atoi(every) : 0;
		if (r->every < 1 || words == 0) {
			fprintf(stderr, "launch: %s, line %d\n", path, n);
			exit(2);
		}
		read_request(r, request);
		line = NULL;
	}
	free(line);
	fclose(f);
	return n;
}

static bool answered(int out, const char *line)
{
	char text[REQUEST_MAX + 2] = "\n";
	ssize_t n = pread(out, text + 1, REQUEST_MAX, 0);
	char wanted[256];

	if (!strcmp(line, "-"))
		return true;
	text[n < 0 ? 1 : n + 1] = '\0';
	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	return strstr(text, wanted);
}

static double once(const struct run *r, int out)
{
	if (ftruncate(out, 0) < 0 || lseek(out, 0, SEEK_SET) < 0)
		die("memfd");
	double began = now_ms();
	bool good = ended_well(start(r->word, r->request, r->len, out));
	double took = now_ms() - began;
	if (!good || !answered(out, r->answer)) {
		fprintf(stderr, "launch: %s did not answer '%s'\n", r->name, r->answer);
		exit(1);
	}
	return took;
}

static int get(int rounds, const char *cases)
{
	static struct run run[CASES_MAX];
	int n = read_cases(cases, run), order[CASES_MAX];
	int out = memfd_create("answer", MFD_CLOEXEC);

	if (out < 0)
		die("memfd");
	srandom((unsigned)time(NULL));
	for (int i = 0; i < n; i++)
		order[i] = i;
	for (int round = -1; round < rounds; round++) {
		for (int i = n - 1; i > 0; i--) {
			int k = (int)(random() % (i + 1)), was = order[i];

			order[i] = order[k];
			order[k] = was;
		}
		for (int i = 0; i < n; i++) {
			const struct run *r = &run[order[i]];

			if (round >= 0 && round % r->every != 0)
				continue;
			double took = once(r, out);
			if (round >= 0)
				printf("%s\t%.4f\n", r->name, took);
		}
	}
	return 0;
}

/* --- store --------------------------------------------------------------------- */

static pid_t start_store(char *const word[], int i, int out)
{
	char request[256];
	int len = snprintf(request, sizeof(request), "protocol=https\nhost=bench.example\n"
			   "username=user%d\npassword=secret%d\n\n", i, i);

	return start(word, request, (size_t)len, out);
}

static int store(int first, int count, bool together, char *const word[])
{
	pid_t *pid = calloc((size_t)count, sizeof(*pid));
	bool *good = calloc((size_t)count, sizeof(*good));
	int out = memfd_create("answer", MFD_CLOEXEC);

	if (!pid || !good || out < 0)
		die("memory");
	double began = now_ms();
	for (int i = 0; i < count; i++) {
		pid[i] = start_store(word, first + i, out);
		if (!together)
			good[i] = ended_well(pid[i]);
	}
	for (int i = 0; i < count && together; i++)
		good[i] = ended_well(pid[i]);
	double took = now_ms() - began;
	for (int i = 0; i < count; i++)
		if (good[i])
			printf("stored\t%d\n", first + i);
	printf("seconds\t%.4f\n", took / 1e3);
	free(pid);
	free(good);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "get"))
		return get(atoi(argv[2]), argv[3]);
	if (argc >= 6 && !strcmp(argv[1], "store"))
		return store(atoi(argv[2]), atoi(argv[3]), !strcmp(argv[4], "together"), argv + 5);
	fputs("usage: launch get ROUNDS CASES\n"
	      "       launch store FIRST COUNT together|alone PROGRAM [WORDS]\n", stderr);
	return 2;
}
