/* SPDX-License-Identifier: Apache-2.0
 *
 * delaylink: a link with a fixed one-way delay between two network namespaces, for kernels
 * without netem. Real TCP runs over it: packets, not bytes, are delayed. It opens the tun
 * device "dl0" in each namespace (those of "ip netns"; "-" is the present one), makes the
 * ready file, and from then on passes every packet to the other side DELAY_MS later. The
 * caller gives the devices their addresses; they go when the program ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 65536 /* packets in flight each way; more are dropped, as a real queue would */
#define MTU   2048

struct packet {
	long long due;
	ssize_t len;
	unsigned char data[MTU];
};

struct way {
	struct packet *ring;
	unsigned head, tail;
	int from, to;
};

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "delaylink: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void enter(const char *ns)
{
	char path[256];
	int fd;

	if (snprintf(path, sizeof(path), "/var/run/netns/%s", ns) >= (int)sizeof(path))
		exit(2);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		fail(path);
	close(fd);
}

static int open_tun(const char *ns)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "dl0" };
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd;

	if (strcmp(ns, "-") != 0)
		enter(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		fail("/dev/net/tun");
	if (setns(home, CLONE_NEWNET) < 0)
		fail("setns");
	close(home);
	return fd;
}

static void take(struct way *w, long long delay)
{
	for (;;) {
		unsigned char scrap[MTU];
		struct packet *p = &w->ring[w->tail % SLOTS];

		if (w->tail - w->head == SLOTS) {
			if (read(w->from, scrap, sizeof(scrap)) <= 0)
				return;
			continue;
		}
		p->len = read(w->from, p->data, MTU);
		if (p->len <= 0)
			return;
		p->due = now_ns() + delay;
		w->tail++;
	}
}

/* Pass on what is due; returns when the next is, or 0. */
static long long give(struct way *w, long long now)
{
	while (w->head != w->tail) {
		const struct packet *p = &w->ring[w->head % SLOTS];

		if (p->due > now)
			return p->due;
		if (write(w->to, p->data, (size_t)p->len) < 0 && errno == EAGAIN)
			return now + 100000;
		w->head++;
	}
	return 0;
}

static void loop(struct way *there, struct way *back, long long delay)
{
	for (;;) {
		struct pollfd p[2] = { { there->from, POLLIN, 0 }, { back->from, POLLIN, 0 } };
		long long now = now_ns(), next = give(there, now), other = give(back, now);
		struct timespec wait;

		if (!next || (other && other < next))
			next = other;
		now = now_ns();
		next = next && next < now ? now : next;
		wait.tv_sec = (next - now) / 1000000000LL;
		wait.tv_nsec = (next - now) % 1000000000LL;
		if (ppoll(p, 2, next ? &wait : NULL, NULL) < 0 && errno != EINTR)
			fail("ppoll");
		if (p[0].revents)
			take(there, delay);
		if (p[1].revents)
			take(back, delay);
	}
}

int main(int argc, char **argv)
{
	struct way there = { .ring = NULL }, back = { .ring = NULL };

	if (argc < 4) {
		fputs("usage: delaylink NS_A NS_B DELAY_MS [READY_FILE]\n", stderr);
		return 2;
	}
	there.from = back.to = open_tun(argv[1]);
	there.to = back.from = open_tun(argv[2]);
	there.ring = malloc(sizeof(struct packet) * SLOTS);
	back.ring = malloc(sizeof(struct packet) * SLOTS);
	if (!there.ring || !back.ring)
		fail("malloc");
	if (argc > 4)
		close(open(argv[4], O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	loop(&there, &back, (long long)(atof(argv[3]) * 1e6));
	return 0;
}
